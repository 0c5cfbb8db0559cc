"""A text as the words that are said, however they are written: "3.4m" is "three point four million". Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from . import numerals
from .ranking import stopwords
from .sanitise import DASHES, DENSE, QUOTES, base

LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e])"
FIGURES = r"\d{1,40}(?:[.,']\d{1,40}){0,20}"
HAN = "〇零一二三四五六七八九十百千万萬億亿兆两兩"
COUNTED = rf"(?:{FIGURES}|[{HAN}]){{1,40}}"
SIGN = r"(?P<sign>\bR\$|[%$€£¥₹₽₩°&]|(?<![^\s(\"'])-(?=[\d$€£¥₹]))"
STOP = r"(?P<stop>[.!?。！？।…]+)|(?P<comma>,(?=\s))"
PIECE = re.compile(rf"(?P<figures>{FIGURES})|{SIGN}|(?P<word>{LETTER}+)|{STOP}")
DENSE_PIECE = re.compile(
    rf"(?P<figures>{COUNTED}(?:[点點]{COUNTED})?)|{SIGN}|(?P<name>[ァ-ヺ][ァ-ヺー]+)"
    rf"|(?P<no>なかった|なければ|ません|ない)|(?P<one>{DENSE.pattern})|(?P<word>{LETTER}+)|{STOP}"
)
#: Digits in groups of three that spaces part, where that is usual.
SPACED = re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d])")
NOT = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need|ca|wo|ai)n'?t\b", re.IGNORECASE
)
CONTRACTED = {"is": "s", "are": "re", "am": "m", "have": "ve", "will": "ll"}
SHORT = {"mr": "mister", "dr": "doctor", "vs": "versus", "okay": "ok"}
MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
})  # fmt: skip
LONGEST = 8  #: words of a number below a thousand

#: Inside a number a word agrees with its noun, or is shorter: as `numerals` has it, and as it may stand there.
VARIANTS = {
    "de": (("eins", "ein"), ("zwei", "zwo"), ("einhundert", "hundert")),
    "fr": (("cents", "cent"), ("vingts", "vingt")),
    "es": (("cientos", "cientas"), ("quinientos", "quinientas"), ("uno", "un"), ("uno", "una")),
    "pt": (("entos", "entas"), ("dois", "duas"), ("um", "uma")),
}


@dataclass(frozen=True, slots=True)
class Word:
    """Something that is said."""

    raw: str  #: as it stood there
    key: str  #: what two ways to write it have in common; digits for a number
    kind: str = ""  #: number, unit, negation, weighty, and, little, name, stop, or "" for an ordinary word
    spoken: str = ""  #: its letters as it is said
    sentence: int = 0


@dataclass(frozen=True)
class Tongue:
    """What is known of a language."""

    language: str
    kinds: dict[str, str]
    ones: frozenset[str]
    scales: dict[str, int]
    points: frozenset[str]
    percent: tuple[str, ...]
    money: dict[str, str]
    values: dict[str, int]
    begins: frozenset[str]
    ways: dict[str, Any]


def words(text: str, language: str) -> list[Word]:
    """Return what is said in *text*: numbers as digits, signs as words behind their number.

    The end of a sentence is a word of the kind "stop"; what is a name is not told here.
    """
    known = tongue(base(language))
    text = text.translate(QUOTES).translate(DASHES)
    text = unicodedata.normalize("NFKC", " ".join(text.split())).translate(QUOTES).translate(DASHES)
    text = "".join(str(unicodedata.digit(one)) if one > "\x7f" and one.isdecimal() else one for one in text)
    if known.language == "zh":
        text = re.sub(rf"百分之({COUNTED}(?:点{COUNTED})?)", r"\1%", text)
    text = re.sub(r"\b(?:US|CA?|AU?|HK)(?=\$)", "", text)
    text = re.sub(r"(?<=\w):(?:00|zero)\b", "", text)  # nobody says the minutes of a full hour
    if known.language == "ja":
        text = text.replace("パーセント", "%")
    if known.language == "en":
        text = NOT.sub(lambda match: {"ca": "can", "wo": "will"}.get(match[1].lower(), match[1]) + " not", text)
        text = re.sub(r"\b(can)(not)\b", r"\1 \2", text, flags=re.IGNORECASE)
    if known.language not in ("en", "hi", "ja", "zh"):
        text = SPACED.sub(lambda match: match[1] + match[2].replace(" ", ""), text)
    said = list(_folded(list(_pieces(text, known)), known))
    return list(_dated(said)) if known.language == "en" else said


def plain(word: str) -> str:
    """Return *word* without case, accents of Latin letters, and what two keyboards write differently."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFD", word.casefold())
    # A nasal vowel of Devanagari is written with either sign, its borrowed consonants with or without a dot.
    word = re.sub(r"[\u0300-\u036f\u093c\u200c\u200d]", "", word).replace("\u0901", "\u0902")
    return unicodedata.normalize("NFC", word)


@cache
def tongue(language: str) -> Tongue:
    """Return what is known of *language*, a base language."""
    path = Path(__file__).with_name("heard.yaml")
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    own: dict[str, Any] = table.get(language) or table["other"]
    spoken = yaml.safe_load(path.with_name("spoken.yaml").read_text(encoding="utf-8"))
    ways: dict[str, Any] = spoken.get(language) or spoken["other"]

    def listed(name: str) -> list[str]:
        return [plain(word) for word in str(own.get(name, "")).split()]

    kinds = dict.fromkeys((plain(word) for word in stopwords(language) if len(word) <= 4), "little")
    kinds |= dict.fromkeys(listed("ands"), "and")
    kinds |= dict.fromkeys([*listed("weighty"), plain(ways["minus"])], "weighty")
    kinds |= dict.fromkeys(listed("negations"), "negation")
    ones, scales = listed("ones"), {plain(word): power for word, power in own.get("scales", {}).items()}
    values: dict[str, int] = {}
    begins = {*ones}
    for spelled, number in _spelled(language, own):
        for written in _variants(spelled, language):
            begins.add(written[0])
            values["".join(written)] = number
            if language == "en":
                values.setdefault("".join(word for word in written if word != "and"), number)
    for word in (*ones, *scales, *listed("articles")):
        values.pop(word, None)
    units = [plain(name) for name in ways["money"].values() if " " not in name]
    return Tongue(
        language=language,
        kinds=kinds,
        ones=frozenset([*ones, *listed("articles")]),
        scales=scales,
        points=frozenset(map(plain, [ways["point"], ways.get("dot", ways["point"]), *listed("points")])),
        percent=tuple(map(plain, re.findall(rf"{LETTER}+", ways["percent"]))),
        money={unit.removesuffix("s"): unit for unit in units} | {unit: unit for unit in units},
        values=values,
        begins=frozenset(begins),
        ways=ways,
    )


def _spelled(language: str, own: dict[str, Any]) -> Iterator[tuple[list[str], int]]:
    """Give the words of every number below a thousand, and of every ordinal up to a hundred."""
    if language in ("ja", "zh") or not own:
        return
    endings = [plain(ending) for ending in str(own.get("endings", "")).split()]
    for number in range(1000):
        text = plain(numerals.words(number, language))
        yield re.findall(rf"{LETTER}+", text), number
        if not 1 <= number <= 100:
            continue
        stem = text if language == "hi" else plain(numerals.words(number, language, "ordinal"))
        if endings and language != "hi":
            stem = stem.removesuffix(endings[0])
        for ending in endings or [""]:
            yield re.findall(rf"{LETTER}+", stem + ending), number
    for word, number in own.get("ordinals", {}).items():
        yield [plain(word)], number


def _variants(spelled: list[str], language: str) -> Iterator[list[str]]:
    yield spelled
    for usual, other in VARIANTS.get(language, ()):
        if any(usual in word for word in spelled):
            yield [word.replace(usual, other) for word in spelled]


def _pieces(text: str, known: Tongue) -> Iterator[Word]:
    """Give the words, numbers in figures, signs and stops of *text*, one by one."""
    dense = known.language in ("ja", "zh")
    for match in (DENSE_PIECE if dense else PIECE).finditer(text):
        raw, group = match[0], match.lastgroup
        if group == "figures":
            yield Word(raw, _figures(raw, known), "number")
        elif group == "sign":
            yield Word(raw, raw, "sign")
        elif group == "comma":
            yield Word(raw, raw, "comma")
        elif group == "stop":
            # A dot inside "U.S." or "4.2" ends nothing.
            if text[match.end() : match.end() + 1] in ("", " ", '"', "'", ")") or raw > "\x7f":
                yield Word(raw, raw, "stop")
        elif group == "no":
            yield Word(raw, "ない", "negation", raw)
        elif group == "name":
            yield Word(raw, raw.rstrip("ー"), "name", raw.rstrip("ー"))
        elif not _suffix(match, text, known):
            key = plain(raw)
            for short in known.ways["scales"]:  # "ninebn", as one has it who spells out figures only
                if key.endswith(plain(short)) and known.values.get(key.removesuffix(plain(short)), 0) > 0:
                    left = key.removesuffix(plain(short))
                    yield Word(raw[: len(left)], left, "", left)
                    raw, key = raw[len(left) :], plain(known.ways["scales"][short])
                    break
            if known.language == "en":
                key = SHORT.get(key, CONTRACTED.get(key, key))
            yield Word(raw, key, known.kinds.get(key) or known.kinds.get(plain(raw), ""), key)


def _suffix(match: re.Match[str], text: str, known: Tongue) -> bool:
    """Say whether a word is what makes the figures before it an ordinal."""
    pattern = known.ways.get("ordinal")
    before = text[match.start() - 1 : match.start()]
    return bool(pattern and before.isdigit() and re.fullmatch(rf"(?:{pattern})", match[0], re.IGNORECASE))


def _figures(raw: str, known: Tongue) -> str:
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
    total, section, figures = Decimal(0), Decimal(0), ""
    for one in raw:
        if one in small:
            section += _decimal(figures, 1) * 10 ** small[one]
        elif one in large:
            section += _decimal(figures, 0)
            if section == 0:  # "万亿"
                total *= 10 ** large[one]
            total, section = total + section * 10 ** large[one], Decimal(0)
        else:
            figures += str(digits.get(one, one))
            continue
        figures = ""
    return _digits(total + section + _decimal(figures, 0))


def _decimal(figures: str, otherwise: int) -> Decimal:
    return Decimal(figures) if re.fullmatch(r"\d{1,40}(?:\.\d{1,40})?", figures) else Decimal(otherwise)


def _digits(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _folded(pieces: list[Word], known: Tongue) -> Iterator[Word]:
    """Give *pieces* with every number that is written in words as one word, signs behind the number they are of."""
    at, held = 0, ""
    while at < len(pieces):
        piece = pieces[at]
        if piece.kind == "comma":
            at += 1
            continue
        if piece.kind == "sign":
            at += 1
            if piece.key in known.ways["money"] and at < len(pieces) and _value(pieces, at, known)[1] > at:
                held = piece.key
            else:
                yield from _sign(piece.key, known)
            continue
        value, end = _number(pieces, at, known)
        if end > at:
            raw = " ".join(one.raw for one in pieces[at:end])
            one = end == at + 1 and value == "1" and piece.kind != "number"
            yield Word(
                raw,
                value,
                known.kinds.get(piece.key, "") if one else "number",
                _spoken(pieces[at:end], value, known),
            )
            at = end
            if held:
                yield from _sign(held, known)
                held = ""
            if (
                at < len(pieces)
                and pieces[at].kind in ("", "little")
                and re.match("[\u3400-\u9fff]", pieces[at].raw)
            ):
                pieces[at] = replace(pieces[at], kind="unit")  # "42日" is not "42時"
            if known.percent and tuple(one.key for one in pieces[at : at + len(known.percent)]) == known.percent:
                yield Word(" ".join(one.raw for one in pieces[at : at + len(known.percent)]), "%", "unit", "%")
                at += len(known.percent)
            elif known.language == "en" and [one.key for one in pieces[at : at + 2]] == ["per", "cent"]:
                yield Word("per cent", "%", "unit", "%")
                at += 2
            continue
        if piece.key in known.money:
            yield Word(piece.raw, known.money[piece.key], "unit", known.money[piece.key])
        else:
            yield piece
        at += 1


def _dated(said: list[Word]) -> Iterator[Word]:
    """Give *said* with every day before its month: "November 23rd" and "the 23rd of November" are "23 November"."""
    at = 0
    while at < len(said):
        keys = [word.key for word in said[at : at + 4]]
        if keys[0] in MONTHS and len(keys) > 1 and _day(said[at + 1]) and not _year(said[at + 1 : at + 4]):
            yield said[at + 1]
            yield said[at]
            at += 2
        elif keys[0] in MONTHS and keys[1:2] == ["the"] and len(keys) > 2 and _day(said[at + 2]):
            yield said[at + 2]
            yield said[at]
            at += 3
        elif len(keys) == 4 and keys[0] == "the" and _day(said[at + 1]) and keys[2] == "of" and keys[3] in MONTHS:
            yield said[at + 1]
            yield said[at + 3]
            at += 4
        else:
            yield said[at]
            at += 1


def _year(said: list[Word]) -> bool:
    """Say whether what follows a month is "twenty twenty-eight", and not "twenty, twenty twenty-eight"."""
    numbers = [word.key if word.kind == "number" else "" for word in said] + ["", "", ""]
    return numbers[0] in ("18", "19", "20") and len(numbers[1]) == 2 and not numbers[2]


def _day(word: Word) -> bool:
    return len(word.key) < 3 and word.key.isdigit() and 1 <= int(word.key) <= 31


def _sign(sign: str, known: Tongue) -> Iterator[Word]:
    if sign == "%":
        yield Word(sign, "%", "unit", "%")
    elif sign == "&":
        yield Word(sign, sign, "and", "")
    else:
        said = (
            known.ways["minus"]
            if sign == "-"
            else known.ways["degrees"]
            if sign == "°"
            else known.ways["money"].get(sign, sign)
        )
        for word in said.split():
            key = plain(word)
            yield Word(word, key, "weighty" if sign == "-" else "unit", key)


def _value(pieces: list[Word], at: int, known: Tongue) -> tuple[str, int]:
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
            if joined in known.values:
                best = (str(known.values[joined]), end + 1)
        if best[1] > at:
            return best
    if known.language == "en" and piece.key == "oh" and at and pieces[at - 1].key in known.values:
        return "0", at + 1
    if piece.key in known.ones:
        scale = pieces[at + 1].key if at + 1 < len(pieces) else ""
        if scale in known.scales or piece.key not in ("a", "an"):
            return "1", at + 1
    if (value := _compound(piece.key, known)) is not None:
        return str(value), at + 1
    return "", at


@cache
def _scales_inside(language: str) -> list[tuple[str, int]]:
    return {
        "de": [("tausend", 1000), ("hundert", 100)],
        "nl": [("duizend", 1000), ("honderd", 100)],
        "it": [("mila", 1000), ("mille", 1000)],
    }.get(language, [])


def _compound(word: str, known: Tongue) -> int | None:
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


def _number(pieces: list[Word], at: int, known: Tongue) -> tuple[str, int]:
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
        value, after = _value(pieces, begin, known)
        if after == begin:
            if end > at or _scale(pieces, begin, known) is None:
                break
            value = "1"  # "a", or nothing, before "thousand"
        value, after = _with_point(pieces, value, after, known)
        powers: list[int] = []
        part = _decimal(value, 0)
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
    return (_digits(total), end) if end > at else ("", at)


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
        digits, after = _value(pieces, at + 1, known)
        if after == at + 1:
            break
        while after < len(pieces):
            more, further = _value(pieces, after, known)
            if further == after or len(more) != 1:
                break
            digits, after = digits + more, further
        parts.append(digits)
        at = after
    joined = ".".join(parts)
    return joined if joined.count(".") < 2 else joined.replace(".", ""), at


def _spoken(pieces: list[Word], value: str, known: Tongue) -> str:
    """Return the letters of a number as it is said, without what joins them."""
    said = ""
    for piece in pieces:
        if piece.kind == "number" and piece.key.isdigit() and len(piece.key) <= numerals.DIGITS:
            text = plain(numerals.words(int(piece.key), known.language))
            said += "".join(word for word in re.findall(rf"{LETTER}+", text) if known.kinds.get(word) != "and")
        elif known.kinds.get(piece.key) != "and":
            said += piece.key
    return said
