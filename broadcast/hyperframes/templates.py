"""What a template is: a folder whose index.html declares variables and has a root. Pure but for its files.

Those that come along differ in their looks alone, and share the page in `stages/common`.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

#: What a template may declare, with the type that it has there (Hyperframes, "Variables").
KNOWN = {
    "title": "string", "brand": "string", "date": "string", "language": "string", "direction": "string",
    "accent": "color", "on_accent": "color", "bright": "color", "seconds": "number", "headlines": "string",
    "scenes": "string", "captions": "string",
}  # fmt: skip
TEMPLATES = Path(__file__).with_name("stages")
COMMON = TEMPLATES / "common"


def built_in() -> list[str]:
    """Return the names of the templates that come along."""
    return sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir() and path != COMMON)


def folder(template: str) -> Path:
    """Return where *template* lies: one that comes along, or a folder. Raises `ValueError`."""
    if template in built_in():
        return TEMPLATES / template
    path = Path(template)
    if not (path / "index.html").is_file():
        names = ", ".join(built_in())
        raise ValueError(f"there is no template {template!r}: name one of {names}, or a folder with an index.html")
    return path


class _Reader(HTMLParser):
    """Finds the declared variables and the root of a composition."""

    def __init__(self) -> None:
        super().__init__()
        self.declared = "[]"
        self.root: tuple[str, dict[str, str | None]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "html":
            self.declared = found.get("data-composition-variables") or "[]"
        if "data-composition-id" in found and self.root is None:
            self.root = self.get_starttag_text() or "", found


def read(path: Path) -> tuple[str, frozenset[str]]:
    """Return the HTML of the template in *path*, and the names of the variables that it declares.

    Raises `ValueError` where it is no composition.
    """
    own = path / "index.html"
    try:
        text = (own if own.is_file() else COMMON / own.name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError("its index.html is not UTF-8 text") from None
    reader = _Reader()
    reader.feed(text)
    if reader.root is None:
        raise ValueError("its index.html has no element with `data-composition-id`")
    try:
        names = [one["id"] for one in json.loads(reader.declared)]
    except (ValueError, TypeError, KeyError):
        raise ValueError("its `data-composition-variables` are no JSON list of objects with an `id`") from None
    return text, frozenset(map(str, names))


def chosen(declared: frozenset[str], own: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that are told to a template that *declared* its variables; *own* are the operator's.

    Raises `ValueError` where somebody would wait for a value that nobody has, or give one that nobody takes.
    """
    if unknown := sorted(declared - KNOWN.keys() - own.keys()):
        raise ValueError(
            f"the template wants the variable {unknown[0]!r}, which nobody gives: set it under `variables:`, "
            f"or use one of {', '.join(KNOWN)}"
        )
    if idle := sorted(own.keys() - declared):
        raise ValueError(f"the template declares no variable {idle[0]!r}; it has {', '.join(sorted(declared))}")
    return declared


def timed(text: str, seconds: float, size: tuple[int, int]) -> str:
    """Return a composition's HTML with its length and size: those cannot be variables."""
    reader = _Reader()
    reader.feed(text)
    assert reader.root is not None
    tag, attributes = reader.root
    told = attributes | {
        "data-start": "0",
        "data-duration": f"{seconds:.3f}",
        "data-width": str(size[0]),
        "data-height": str(size[1]),
    }
    name = re.match(r"<([A-Za-z][^\s/>]*)", tag)
    assert name
    made = "".join(
        f' {key}="{html.escape(value)}"' if value is not None else f" {key}" for key, value in told.items()
    )
    return text.replace(tag, f"<{name[1]}{made}>", 1)


def check(template: str, own: Mapping[str, Any]) -> None:
    """Raise `ValueError` where *template* is none, or does not fit the operator's *own* variables."""
    _, declared = read(folder(template))
    chosen(declared, own)


def digest(template: str) -> str:
    """Return a name made of all that *template* is drawn with: another one gives another film."""
    made = hashlib.sha256()
    for place in (COMMON, folder(template)):
        for path in sorted(path for path in place.rglob("*") if path.is_file()):
            made.update(f"{path.relative_to(place)}\n{path.stat().st_size}\n".encode())
            made.update(path.read_bytes())
    return made.hexdigest()
