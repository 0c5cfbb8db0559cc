"""The numbers among the words of a text, in figures, in words and in Han characters. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from .tongues import Tongue, plain

HAN = "〇零一二三四五六七八九十百千万萬億亿兆两兩"
LONGEST = 8  #: words of a number below a thousand


@dataclass(frozen=True, slots=True)
class Word:
    """Something that is said."""

    raw: str  #: as it stood there
    key: str  #: what two ways to write it have in common; digits for a number
    kind: str = ""  #: number, unit, negation, weighty, and, little, name, stop, or "" for an ordinary word
    spoken: str = ""  #: its letters as it is said
    sentence: int = 0
    at: int = -1  #: where it begins in the text that it was read from


def figures(raw: str, known: Tongue) -> str:
    """Return figures without what groups them: "3.4" of "3,4" in German, "421" of the version 4.2.1."""
    if any(one in HAN or one in "点點" for one in raw):
        return _han(raw)
    decimal = known.ways["decimal"]
    group = "," if decimal == "." else "."
    if re.fullmatch(rf"\d{{1,3}}(?:[{group}']\d{{2,3}})*[{group}']\d{{3}}(?:\{decimal}\d+)?", raw):
        raw = raw.replace(group, "").replace("'", "")
    parts = re.split(r"[.,']", raw)
    return ".".join(parts) if len(parts) == 2 else "".join(parts)


def _han(raw: str) -> str:
    """Return a number in Han characters, figures or both as digits."""
    digits = {one: at for at, one in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
    small, large = {"十": 1, "百": 2, "千": 3}, {"万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
    raw = re.sub(r"[点點]", ".", raw.replace(",", ""))
    if not any(one in small or one in large for one in raw):
        return "".join(str(digits.get(one, one)) for one in raw)
    whole, point, part = raw.partition(".")
    if point and any(one in small or one in large for one in whole) and not re.search("[十百千万萬億亿兆.]", part):
        return f"{_han(whole)}.{_han(part)}"  # "七十点四六"
    total, section, figures, last = Decimal(0), Decimal(0), "", 0
    for one in raw:
        if one in small:
            section += decimal(figures, 1) * 10 ** small[one]
        elif one in large:
            section += decimal(figures, 0 if total or section else 1)  # "数万"
            if total and large[one] > last:  # "万亿", "一万两千亿"
                total, section = (total + section) * 10 ** large[one], Decimal(0)
            total, section, last = total + section * 10 ** large[one], Decimal(0), large[one]
        else:
            figures += str(digits.get(one, one))
            continue
        figures = ""
    return written(total + section + decimal(figures, 0))


def decimal(figures: str, otherwise: int) -> Decimal:
    return Decimal(figures) if re.fullmatch(r"\d{1,40}(?:\.\d{1,40})?", figures) else Decimal(otherwise)


def written(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_at(pieces: list[Word], at: int, known: Tongue) -> tuple[str, int]:
    """Return the number that begins at *at*, as digits, and where it ends; *at* where there is none.

    Two numbers in a row stay two: "twenty twenty-six" is 20 and 26, which the comparison knows to be like 2026.
    """
    total, end, room = Decimal(0), at, 0  # *room*: the power of ten of the last scale; what follows is below it
    while end < len(pieces):
        begin = end
        joint = (
            end > at
            and end + 1 < len(pieces)
            and (pieces[end].kind == "comma" or known.kinds.get(pieces[end].key) == "and")
        )
        if joint:
            begin = end + 1  # "two thousand and six", "one thousand, two hundred"
        value, after = value_at(pieces, begin, known)
        if after == begin:
            if end > at or _scale(pieces, begin, known) is None:
                break
            value = "1"  # "a", or nothing, before "thousand"
        value, after = _with_point(pieces, value, after, known)
        powers: list[int] = []
        part = decimal(value, 0)
        while (power := _scale(pieces, after, known)) is not None and len(powers) < 3:
            powers.append(power)
            after += 1
        if end > at and (part >= 10**room or (not powers and pieces[begin].kind == "number")):
            break  # "128 million, 12 percent"
        if end > at and part < 100 and not powers and (pieces[end].kind == "comma" or (room > 3 and not joint)):
            break  # the same in words
        for power in powers:
            if end > at and power > room:  # "mil doscientos millones"
                total, part = (total + part) * 10**power, Decimal(0)
            else:
                part *= 10**power
        if end > at and part >= 10**room:
            break
        if end == at and not powers:
            return value, after
        total, end = total + part, after
        if not powers or "." in value:
            break
        room = powers[-1]
    return (written(total), end) if end > at else ("", at)


def value_at(pieces: list[Word], at: int, known: Tongue) -> tuple[str, int]:
    """Return the number below a thousand, or in figures, that begins at *at*, and where it ends; *at* for none."""
    piece = pieces[at]
    if piece.kind == "number":
        return piece.key, at + 1
    if piece.kind in ("stop", "comma", "sign"):
        return "", at
    if piece.key in known.begins or piece.key in known.values:
        joined = ""
        best: tuple[str, int] = ("", at)
        for end in range(at, min(at + LONGEST, len(pieces))):
            if pieces[end].kind in ("stop", "comma", "sign", "number"):
                break
            joined += pieces[end].key
            below = known.values.get(joined, -1)
            if 0 <= below and (end == at or below < 100 or not _hundreds(pieces, end + 1, known)):
                best = (str(below), end + 1)  # "two hundred and two hundred" are two numbers
        if best[1] > at:
            return best
    if known.language == "en" and piece.key == "oh" and at and pieces[at - 1].key in known.values:
        return "0", at + 1
    if piece.key in known.ones:
        scale = pieces[at + 1].key if at + 1 < len(pieces) else ""
        if scale in known.scales or piece.key not in ("a", "an"):
            return "1", at + 1
    if (value := compound(piece.key, known)) is not None:
        return str(value), at + 1
    return "", at


def _hundreds(pieces: list[Word], at: int, known: Tongue) -> bool:
    """Say whether a scale of hundreds stands at *at*, so that what is before it is no end of a larger number."""
    return at < len(pieces) and known.scales.get(pieces[at].key) == 2


def compound(word: str, known: Tongue) -> int | None:
    """Return the number that is written as one word, where it is a thousand or more: "zweitausendsechs"."""
    if len(word) > 80:
        return None
    for scale, size in _scales_inside(known.language):
        left, found, right = word.partition(scale)
        if not found or (not left and not right):
            continue
        if left and left not in known.values and left not in known.ones:
            continue
        if right and right not in known.values and right not in known.ones:
            continue
        return known.values.get(left, 1) * size + (known.values.get(right, 1) if right else 0)
    return None


@cache
def _scales_inside(language: str) -> list[tuple[str, int]]:
    return {
        "de": [("tausend", 1000), ("hundert", 100)],
        "nl": [("duizend", 1000), ("honderd", 100)],
        "it": [("mila", 1000), ("mille", 1000)],
    }.get(language, [])


def _scale(pieces: list[Word], at: int, known: Tongue) -> int | None:
    if at >= len(pieces) or pieces[at].kind in ("stop", "comma", "sign", "number"):
        return None
    piece = pieces[at]
    if piece.key in known.scales:
        return known.scales[piece.key]
    shorts: dict[str, str] = known.ways["scales"]
    short = shorts.get(piece.raw) or (shorts.get(piece.key) if len(piece.key) > 1 else None)  # "BN"
    if short and at and pieces[at - 1].kind == "number":
        powers = [known.scales[word] for one in short.split() if (word := plain(one)) in known.scales]
        return sum(powers) if powers else None
    return None


def _with_point(pieces: list[Word], value: str, at: int, known: Tongue) -> tuple[str, int]:
    """Return *value* with the digits that are said behind a point, all of a version's points left out."""
    parts = [value]
    while at + 1 < len(pieces) and pieces[at].key in known.points and pieces[at].kind != "stop":
        digits, after = value_at(pieces, at + 1, known)
        if after == at + 1:
            break
        while after < len(pieces):
            more, further = value_at(pieces, after, known)
            end = pieces[after - 1].at + len(pieces[after - 1].raw)
            if further == after or len(more) != 1 or pieces[after].at - end > 1:
                break
            digits, after = digits + more, further
        parts.append(digits)
        at = after
    joined = ".".join(parts)
    return joined if joined.count(".") < 2 else joined.replace(".", ""), at
