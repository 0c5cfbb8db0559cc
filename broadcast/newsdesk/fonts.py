"""Which font draws which character: the bundled families, their coverage, and fallbacks by script."""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import ImageFont, features

SS = 2  #: everything is drawn at twice its size and scaled down: smooth edges, half-pixel positions

#: Scripts beyond Latin, Greek and Cyrillic, each with a font of its own; the order decides who draws a character.
SCRIPTS = (
    "Sans", "SansArabic", "SansHebrew", "SansDevanagari", "SansThai", "SansBengali", "SansTamil", "SansTelugu",
    "SansGujarati", "SansGurmukhi", "SansKannada", "SansMalayalam", "SansOriya", "SansSinhala", "SansKhmer",
    "SansLao", "SansMyanmar", "SansEthiopic", "SansArmenian", "SansGeorgian",
)  # fmt: skip
#: Faces of the collection of Noto Sans CJK: the same code point is written differently per language.
CJK = {"ja": 0, "ko": 1, "zh": 2, "zh-tw": 3, "zh-hant": 3, "zh-hk": 4}


@dataclass(frozen=True)
class Face:
    """How text is set: *size* in pixels of the frame, *weight* 100 to 900, *tracking* in pixels per letter."""

    size: int
    weight: int = 600
    family: Literal["text", "label"] = "text"
    tracking: float = 0.0


@dataclass(frozen=True)
class Source:
    """One font in one file."""

    path: Path
    index: int = 0


def shapes() -> bool:
    """Say whether letters can be joined: Pillow brings HarfBuzz along, and looks for FriBidi on the system."""
    return bool(features.check("raqm"))


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return Path(spec.origin).parent


@lru_cache
def chain(family: str, weight: int, language: str) -> tuple[Source, ...]:
    """Return the fonts to ask for a character, the first first."""
    inter = Source(_folder("fontpkg_inter") / "files" / "Inter[opsz,wght].ttf")
    barlow = _folder("fontpkg_barlow_condensed") / "files"
    label = Source(barlow / f"BarlowCondensed-{'Bold' if weight >= 700 else 'SemiBold'}.ttf")
    noto = _folder("manimgx_fonts")
    cjk = _folder("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"
    face = CJK.get(language.lower(), CJK.get(language[:2].lower(), 2))
    return (
        *((label,) if family == "label" else ()),
        inter,
        *(Source(noto / f"Noto{script}[wght].ttf") for script in SCRIPTS),
        Source(cjk, face),
        Source(noto / "NotoSansSymbols[wght].ttf"),
    )


@lru_cache(maxsize=256)
def load(source: Source, face: Face) -> ImageFont.FreeTypeFont:
    """Return the font at the face's size and weight, supersampled."""
    engine = ImageFont.Layout.RAQM if shapes() else ImageFont.Layout.BASIC
    font = ImageFont.truetype(str(source.path), face.size * SS, index=source.index, layout_engine=engine)
    if "[" in source.path.name or source.path.name.endswith("-VF.otf.ttc"):
        wanted = {b"Weight": float(face.weight), b"Optical size": face.size / 1.4}
        places = []
        for axis in font.get_variation_axes():
            low, high = float(axis["minimum"] or 0), float(axis["maximum"] or 0)
            places.append(min(max(wanted.get(axis["name"] or b"", float(axis["default"] or 0)), low), high))
        font.set_variation_by_axes(places)
    return font


def pick(character: str, sources: tuple[Source, ...]) -> int | None:
    """Return which of *sources* is the first to draw *character*, or None."""
    code = ord(character)
    return next((number for number, source in enumerate(sources) if covers(source, code)), None)


def covers(source: Source, code: int) -> bool:
    """Say whether the font has a glyph of its own for the code point."""
    starts, ends = _coverage(source)
    at = bisect_right(starts, code) - 1
    return at >= 0 and code <= ends[at]


@lru_cache(maxsize=64)
def _coverage(source: Source) -> tuple[list[int], list[int]]:
    """Read the font's `cmap`: the first and last code points of its ranges, sorted (OpenType 1.9, "cmap")."""
    with source.path.open("rb") as file:
        head = file.read(12 + 4 * (source.index + 1))
        at = struct.unpack_from(">I", head, 12 + 4 * source.index)[0] if head[:4] == b"ttcf" else 0
        file.seek(at)
        tables = struct.unpack(">4xH6x", file.read(12))[0]
        directory = file.read(16 * tables)
        offset, length = next(
            struct.unpack_from(">II", directory, row + 8)
            for row in range(0, len(directory), 16)
            if directory[row : row + 4] == b"cmap"
        )
        file.seek(offset)
        cmap = file.read(length)
    subtables = {
        struct.unpack_from(">H", cmap, start)[0]: start
        for start in (
            struct.unpack_from(">I", cmap, 8 + 8 * n)[0] for n in range(struct.unpack_from(">H", cmap, 2)[0])
        )
    }
    ranges: list[tuple[int, int]] = []
    if 12 in subtables:
        start = subtables[12]
        for group in range(struct.unpack_from(">I", cmap, start + 12)[0]):
            ranges.append(struct.unpack_from(">II", cmap, start + 16 + 12 * group))
    else:
        start = subtables[4]
        count = struct.unpack_from(">H", cmap, start + 6)[0] // 2
        ends = struct.unpack_from(f">{count}H", cmap, start + 14)
        starts = struct.unpack_from(f">{count}H", cmap, start + 16 + 2 * count)
        ranges.extend((a, b) for a, b in zip(starts, ends, strict=True) if b != 0xFFFF)
    ranges.sort()
    return [a for a, _ in ranges], [b for _, b in ranges]
