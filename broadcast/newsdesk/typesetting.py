"""Text of any script into lines that fit: what can be drawn, where it may break, which font draws what."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PIL import ImageDraw

from broadcast.text import clean as tidy

from . import fonts
from .bidi import base_level, levels, reordered
from .fonts import SS, Face

ELLIPSIS = "…"
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
EMOJI = re.compile("[\U0001f000-\U0001faff\U000e0000-\U000e007f\ufe00-\ufe0f\u20e3]")
#: What must not begin a line, and what must not end one (JIS X 4051, "kinsoku"; GB/T 15834 agrees).
NOT_FIRST = set(
    "、。，．・：；？！‼⁇⁈⁉）〕］｝〉》」』】〙〗〟’”»ーァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎゕゖ々〻ゝゞヽヾ゠〜～…‥%％‰℃°,.!?:;)]}"
)
NOT_LAST = set("（〔［｛〈《「『【〘〖〝‘“«([{$£¥€￥＄#№")
#: Thai and Lao write no spaces between words; these begin a syllable, or end a word, for certain.
SYLLABLE_STARTS = set("เแโใไເແໂໃໄ")
WORD_ENDS = set("ๆฯໆ")
#: Scripts whose lines stand taller than Latin ones.
TALL = re.compile("[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1200-\u137f\u1780-\u17ff]")
HYPHEN = "-"
NO_LATIN = 0x250  #: the first code point behind the letters of Latin script


@dataclass(frozen=True)
class Run:
    """A stretch of a line that one font draws in one direction."""

    text: str
    source: fonts.Source
    rightward: bool
    width: float


@dataclass(frozen=True)
class Line:
    """One line, its runs from left to right. *width* is in pixels of the frame."""

    text: str
    runs: tuple[Run, ...]
    face: Face
    width: float


@dataclass(frozen=True)
class Block:
    """Lines that fit, and how they are set. *leading* is from baseline to baseline, in pixels."""

    lines: tuple[Line, ...]
    face: Face
    leading: int
    rtl: bool

    @property
    def width(self) -> float:
        return max((line.width for line in self.lines), default=0.0)

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)


class Typesetter:
    """Sets text of one language; *language* decides how Chinese characters look and which way a show reads."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.rtl = language[:2] in ("ar", "fa", "he", "ur", "iw", "yi", "ps")
        self._lines: dict[tuple[str, Face, int], Line] = {}

    def clean(self, text: str, limit: int = 400) -> str:
        """Return *text* on one line, without control characters, emoji, and what no font here can draw."""
        text = EMOJI.sub("", tidy(text, limit))
        sources = fonts.chain("text", 600, self.language)
        drawn = (character for character in text if character in "\u200c\u200d" or _drawable(character, sources))
        return " ".join("".join(drawn).split())

    def line(self, text: str, face: Face, base: int | None = None) -> Line:
        """Set *text* on one line, however long. *base* is its paragraph's direction, 1 for right to left."""
        base = self.base(text) if base is None else base
        key = (text, face, base)
        if key not in self._lines:
            if len(self._lines) > 4000:
                self._lines.clear()
            self._lines[key] = self._set(text, face, base)
        return self._lines[key]

    def base(self, text: str) -> int:
        """Return the direction of a paragraph: of its first letter; in an Arabic show, of any Arabic letter."""
        if self.rtl and any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
            return 1
        return base_level(text)

    def width(self, text: str, face: Face) -> float:
        """Return the width of *text* on one line, in pixels."""
        return self.line(text, face).width

    def fit(self, text: str, width: float, faces: Sequence[Face], rows: Sequence[int]) -> Block:
        """Set *text* in at most *width* pixels: in the first of *faces* that needs at most its number of *rows*.

        A word is broken, and the text ended with "…", only in the last face.
        """
        for face, most in zip(faces, rows, strict=True):
            lines = self._wrap(text, width, face)
            if len(lines) <= most and all(self.width(line, face) <= width for line in lines):
                return self._block(self._balanced(text, lines, width, face), face)
        face, most = faces[-1], rows[-1]
        lines = self._wrap(text, width, face, anywhere=True)
        if len(lines) > most:
            lines = [*lines[: most - 1], self._shortened(" ".join(lines[most - 1 :]), width, face)]
        return self._block(lines, face)

    def shorten(self, text: str, width: float, face: Face) -> str:
        """Return *text*, or as much of it as fits into *width* pixels with "…" behind it."""
        return text if self.width(text, face) <= width else self._shortened(text, width, face)

    def draw(self, pen: ImageDraw.ImageDraw, x: float, y: float, line: Line) -> None:
        """Draw *line* on a mask, with its left end at *x* and its baseline at *y*, in pixels of the frame."""
        for run in line.runs:
            font = fonts.load(run.source, line.face)
            if line.face.tracking and run.rightward and _latin(run.text):
                for character in run.text:
                    pen.text((x * SS, y * SS), character, font=font, fill=255, anchor="ls")
                    x += font.getlength(character) / SS + line.face.tracking
                continue
            pen.text((x * SS, y * SS), run.text, font=font, fill=255, anchor="ls", direction=_direction(run))
            x += run.width

    def _block(self, lines: Sequence[str], face: Face) -> Block:
        tall = any(TALL.search(line) for line in lines)
        base = self.base(" ".join(lines))
        set_lines = tuple(self.line(line, face, base) for line in lines)
        return Block(set_lines, face, round(face.size * (1.42 if tall else 1.17)), bool(base))

    def _set(self, text: str, face: Face, base: int) -> Line:
        sources = fonts.chain(face.family, face.weight, self.language)
        heights = levels(text, base)
        runs: list[tuple[str, int, int]] = []
        for character, level in zip(text, heights, strict=True):
            number = _font_of(character, sources, runs[-1] if runs else None)
            if runs and runs[-1][1:] == (number, level):
                runs[-1] = (runs[-1][0] + character, number, level)
            else:
                runs.append((character, number, level))
        made = [self._run(part, sources[number], level, face) for part, number, level in runs]
        ordered = tuple(reordered(made, [level for _, _, level in runs]))
        return Line(text, ordered, face, sum(run.width for run in ordered))

    @staticmethod
    def _run(text: str, source: fonts.Source, level: int, face: Face) -> Run:
        rightward = level % 2 == 0
        if not rightward and not fonts.shapes():  # nobody else turns it round
            text = "".join(reversed(list(clusters(text.translate(MIRRORED)))))
        font = fonts.load(source, face)
        if face.tracking and rightward and _latin(text):
            return Run(text, source, rightward, sum(font.getlength(c) / SS + face.tracking for c in text))
        run = Run(text, source, rightward, 0.0)
        return Run(text, source, rightward, font.getlength(text, direction=_direction(run)) / SS)

    def _wrap(self, text: str, width: float, face: Face, anywhere: bool = False) -> list[str]:
        lines: list[str] = []
        current = ""
        for unit in breaks(text):
            if current and self.width((current + unit).rstrip(), face) > width:
                lines.append(current.rstrip())
                current = ""
            if anywhere and self.width(unit.rstrip(), face) > width:
                *full, unit = self._chopped(unit, width, face)
                lines.extend(full)
            current += unit
        return [*lines, current.rstrip()] if current.strip() else lines

    def _chopped(self, word: str, width: float, face: Face) -> list[str]:
        """Cut a word that is wider than a line between characters, with a hyphen where letters are parted."""
        pieces = [""]
        for cluster in clusters(word):
            parted = _latin(pieces[-1][-1:] + cluster) and (pieces[-1][-1:] + cluster).isalpha()
            if pieces[-1] and self.width(pieces[-1] + cluster + HYPHEN * parted, face) > width:
                pieces[-1] += HYPHEN * parted
                pieces.append("")
            pieces[-1] += cluster
        return pieces

    def _balanced(self, text: str, lines: list[str], width: float, face: Face) -> list[str]:
        """Wrap into as many lines as *lines*, as evenly as can be: no lone word at the end."""
        low, high = width / 2, width
        while len(lines) > 1 and high - low > face.size / 4:
            middle = (low + high) / 2
            tried = self._wrap(text, middle, face)
            if len(tried) == len(lines) and all(self.width(line, face) <= middle for line in tried):
                lines, high = tried, middle
            else:
                low = middle
        return lines

    def _shortened(self, text: str, width: float, face: Face) -> str:
        parts = list(clusters(text[:400]))
        low, high = 0, len(parts)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width("".join(parts[:middle]).rstrip() + ELLIPSIS, face) <= width:
                low = middle
            else:
                high = middle - 1
        head = "".join(parts[:low])
        if low < len(parts) and " " in head[len(head) // 2 :] and not parts[low].isspace():
            head = head[: head.rindex(" ")]
        return head.rstrip(" ,;:–—-.") + ELLIPSIS


def _latin(text: str) -> bool:
    """Say whether *text* is a row of single characters that may be spaced out: "DANS CETTE ÉDITION"."""
    return all(ord(character) < NO_LATIN for character in text)


def _direction(run: Run) -> str | None:
    return ("ltr" if run.rightward else "rtl") if fonts.shapes() else None


@lru_cache(maxsize=4096)
def _drawable(character: str, sources: tuple[fonts.Source, ...]) -> bool:
    return character.isspace() or fonts.pick(character, sources) is not None


def _font_of(character: str, sources: tuple[fonts.Source, ...], last: tuple[str, int, int] | None) -> int:
    """Marks, spaces and punctuation stay in the font of what they follow, where it has them."""
    loose = unicodedata.category(character)[0] in "MZCPS"
    if last is not None and loose and fonts.covers(sources[last[1]], ord(character)):
        return last[1]
    found = fonts.pick(character, sources)
    return found if found is not None else last[1] if last is not None else 0


def clusters(text: str) -> Iterator[str]:
    """Give the characters of *text* as a reader counts them: letters with their marks, Indic conjuncts whole."""
    current = ""
    for character in text:
        joins = unicodedata.category(character)[0] == "M" or character in "\u200c\u200d"
        joins = joins or (bool(current) and (unicodedata.combining(current[-1]) == 9 or current[-1] == "\u200d"))
        if current and not joins:
            yield current
            current = ""
        current += character
    if current:
        yield current


def breaks(text: str) -> list[str]:
    """Cut *text* into the smallest units that may stand on a line of their own, spaces at their ends."""
    units: list[str] = []
    for word in re.findall(r"\s*\S+\s*", text):
        current = ""
        for before, after in pairwise((*clusters(word), "")):
            current += before
            if not after or _may_break(before, after):
                units.append(current)
                current = ""
    return units


def _may_break(before: str, after: str) -> bool:
    """Say whether a line may end between two neighbouring characters of one word."""
    last, first = before[0], after[0]
    if last.isspace() or first.isspace() or first in NOT_FIRST or last in NOT_LAST:
        return False
    if first in SYLLABLE_STARTS or before[-1] in WORD_ENDS:
        return _thai(last) and _thai(first)
    if last.isdigit() and _ideographic(first):
        return False  # a number keeps its counter: 500億
    if _hiragana(first) or (_katakana(last) and _katakana(first)):
        return False  # an ending stays with its word, and a foreign word whole
    if _ideographic(last) or _ideographic(first):
        return True
    return last in "-–—/" and (first.isalpha() and len(before) == 1)


def _thai(character: str) -> bool:
    return "\u0e00" <= character <= "\u0eff"


def _hiragana(character: str) -> bool:
    return "\u3040" <= character <= "\u309f"


def _katakana(character: str) -> bool:
    return "\u30a0" <= character <= "\u30ff"


def _ideographic(character: str) -> bool:
    """Say whether lines may break around the character: Han and kana. Hangul breaks at spaces."""
    return (
        "\u3000" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uff60"
        or "\U00020000" <= character <= "\U0003ffff"
    )
