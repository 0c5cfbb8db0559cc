"""A template into a folder that Hyperframes can render. What is told is a file of variables, never HTML."""

import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broadcast.newsdesk import fonts

from .templates import COMMON, chosen, read, timed

BYTES = 20_000_000  #: of a template's own files
SIZES = {"landscape": (1920, 1080), "portrait": (1080, 1920)}


def write(
    template: Path, target: Path, variables: Mapping[str, Any], own: Mapping[str, Any], *,
    seconds: float, size: tuple[int, int],
) -> Path:  # fmt: skip
    """Write what Hyperframes renders into *target*, and return the file of variables.

    Raises `ValueError` where the template cannot be used.
    """
    text, declared = read(template)
    names = chosen(declared, own)
    if sum(path.stat().st_size for path in template.rglob("*") if path.is_file()) > BYTES:
        raise ValueError(f"the template's files are over {BYTES // 1_000_000} MB")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(COMMON, target)
    shutil.copytree(template, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "node_modules"))
    (target / "index.html").write_text(timed(text, seconds, size), encoding="utf-8")
    told = {name: value for name, value in {**variables, **own}.items() if name in names}
    _fonts(target, json.dumps(told, ensure_ascii=False), str(variables.get("language", "en")))
    path = target / "variables.json"
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path


# --- fonts: there is no network, and a bare system has hardly any


def _fonts(target: Path, text: str, language: str) -> None:
    """Put the fonts that draw *text* beside the composition, and say in fonts.css what they are called."""
    needed: dict[fonts.Source, str] = {}
    for family, name in (("text", "Text"), ("label", "Label")):
        chain = fonts.chain(family, 700, language)
        needed[chain[0]] = name
        for character in set(text):
            if (number := fonts.pick(character, chain)) is not None:
                needed.setdefault(chain[number], f"Script{number}")
    folder = target / "fonts"
    folder.mkdir(exist_ok=True)
    rules = []
    for number, (source, name) in enumerate(needed.items()):
        path = folder / f"{number}{'.otf' if source.path.name.endswith('.ttc') else '.ttf'}"
        path.write_bytes(_alone(source))
        rules.append(
            f'@font-face {{ font-family: "{name}"; font-weight: 100 900; src: url("fonts/{path.name}"); }}'
        )
    scripts = "".join(f', "{name}"' for name in needed.values() if name.startswith("Script"))
    rules.append(f':root {{ --text: "Text"{scripts}, sans-serif; --label: "Label", "Text"{scripts}, sans-serif; }}')
    (target / "fonts.css").write_text("\n".join(rules) + "\n", encoding="utf-8")


def _alone(source: fonts.Source) -> bytes:
    """Return the one font that *source* names; a browser reads no collections (OpenType, "Font Collections")."""
    data = source.path.read_bytes()
    if data[:4] != b"ttcf":
        return data
    at = struct.unpack_from(">I", data, 12 + 4 * source.index)[0]
    count = struct.unpack_from(">H", data, at + 4)[0]
    head, body = bytearray(data[at : at + 12]), bytearray()
    start = 12 + 16 * count
    for row in range(count):
        tag, checksum, offset, length = struct.unpack_from(">4sIII", data, at + 12 + 16 * row)
        head += struct.pack(">4sIII", tag, checksum, start + len(body), length)
        body += data[offset : offset + length] + b"\0" * (-length % 4)
    return bytes(head + body)
