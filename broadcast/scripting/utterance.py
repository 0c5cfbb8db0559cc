"""A text as the words that are said, however they are written: "3.4m" is "three point four million". Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from . import numerals
from .counting import HAN, Word, figures, number_at, value_at
from .sanitise import DENSE, base, straight
from .tongues import LETTER, Tongue, plain, tongue

FIGURES = r"\d{1,40}(?:[.,']\d{1,40}){0,20}"
COUNTED = rf"(?:{FIGURES}|[{HAN}]){{1,40}}"
SIGN = r"(?P<sign>\bR\$|[%$€£¥₹₽₩°&]|(?<![^\s(\"'])-(?=[\d$€£¥₹]))"
STOP = r"(?P<stop>[.!?。！？।…]+)|(?P<comma>,(?=\s))"
PIECE = re.compile(rf"(?P<figures>{FIGURES})|{SIGN}|(?P<word>{LETTER}+)|{STOP}")
DENSE_PIECE = re.compile(
    rf"(?P<figures>{COUNTED}(?:[点點]{COUNTED})?)|{SIGN}|(?P<name>[ァ-ヺ][ァ-ヺー]+)"
    rf"|(?P<no>なかった|なければ|ません|ない)|(?P<one>{DENSE.pattern})|(?P<word>{LETTER}+)|{STOP}"
)
#: Parts of one as a single character, behind what is whole.
HALVES = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅕": "1/5", "⅛": "1/8", "⅜": "3/8"}
VULGAR = re.compile(rf"(\d*)\s?([{''.join(HALVES)}])")
MIXED = re.compile(r"(?<![\w/.,])(\d{1,4})[ -]([1-7])/([248])(?![\w/])")  #: "2 1/2"
#: Centuries in Roman numerals.
CENTURY = re.compile(
    r"\b(?P<lead>(?:siglos?|s[eé]culos?|secol[oi])\s)(?P<after>[IVX]{1,5})\b"
    r"|\b(?P<before>[IVX]{1,5})(?:e|ème|er)?(?P<tail>\ssi[eè]cles?|\ssecolo)\b"
)
#: Digits in groups of three that spaces part, where that is usual.
SPACED = re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d])")
IS = re.compile(r"(?<!\w)[èéÈÉ](?!\w)")
NOT = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need|ca|wo|ai)n'?t\b", re.IGNORECASE
)
CONTRACTED = {"is": "s", "are": "re", "am": "m", "have": "ve", "will": "ll"}
SHORT = {"mr": "mister", "dr": "doctor", "vs": "versus", "okay": "ok"}
#: What is so long, wide or far, and no million of anything.
METRES = re.compile(
    r"(?<![$€£¥₹\d.,])(?<!(?:USD|EUR|GBP) )(\d{1,3}(?:[.,]\d{1,3}){0,2})"
    r"(?: m(?!\w| (?:[a-z]+s|people|yen|yuan|won)\b)"
    r"|m(?=,? (?:by|x|wide|long|high|tall|deep|above|below|across|away|sprint|freestyle|hurdles|butterfly)\b))"
)
#: A unit of time behind what is counted by it, and no ordinal.
A_SECOND = re.compile(
    r"(?<=s) (?:a|per|each|every) second(?=[.,;:)]|$| (?:that|on|in|and|for|at|during|when|from|to|by)\b)"
)
#: What is said of a side without a goal.
NIL = re.compile(
    r"(?:(?<=\d)|(?<=(?:one|two|six|ten))|(?<=(?:four|five|nine))|(?<=(?:three|seven|eight)))"
    r"(?: to |[ -])(?:nil|nothing|nought)\b",
    re.IGNORECASE,
)
MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
})  # fmt: skip


def words(text: str, language: str) -> list[Word]:
    """Return what is said in *text*: numbers as digits, signs as words behind their number.

    The end of a sentence is a word of the kind "stop"; what is a name is not told here.
    """
    known = tongue(base(language))
    said = list(_folded(list(pieces(prepared(plainly(text), known), known)), known))
    return list(_dated(said)) if known.language == "en" else said


def plainly(text: str) -> str:
    """Return *text* on one line, its digits 0 to 9, its quotes, dashes and signs as a keyboard has them."""
    if text.isascii():
        return straight(" ".join(text.split()))
    text = VULGAR.sub(lambda match: f"{match[1]} " * bool(match[1]) + HALVES[match[2]], text)
    text = straight(unicodedata.normalize("NFKC", " ".join(straight(text).split())))
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(one)) if one > "\x7f" and one.isdecimal() else one for one in text)


def prepared(text: str, known: Tongue) -> str:
    """Return *text* with what belongs to a number or to a negation written so that it stands apart."""
    if known.language == "zh":
        text = re.sub(rf"百分之({COUNTED}(?:点{COUNTED})?)", r"\1%", text)
    text = re.sub(r"\b(?:US|CA?|AU?|HK)(?=\$)", "", text)
    if "/" in text:
        text = MIXED.sub(lambda match: _mixed(match, known.ways["decimal"]), text)
    if known.language in ("es", "pt", "it", "fr"):
        text = CENTURY.sub(_century, text)
    text = re.sub(r"(?<=\w):(?:00|zero)\b", "", text)  # nobody says the minutes of a full hour
    if known.language == "es":
        text = re.sub(r"\bmiles de (?=millones\b)", "mil ", text, flags=re.IGNORECASE)
    if known.language == "ja":
        text = text.replace("パーセント", "%")
    if known.language == "en":
        text = NOT.sub(lambda match: {"ca": "can", "wo": "will"}.get(match[1].lower(), match[1]) + " not", text)
        text = re.sub(r"\b(can)(not)\b", r"\1 \2", text, flags=re.IGNORECASE)
        text = A_SECOND.sub(" per sec", text)
        text = METRES.sub(r"\1 metres", text)
        text = NIL.sub(r" to 0", text)
    if known.language not in ("en", "hi", "ja", "zh"):
        text = SPACED.sub(lambda match: match[1] + match[2].replace(" ", ""), text)
    return text


def upright(text: str, language: str) -> str:
    """Return *text* with the Italian and Portuguese "is", which without its accent is an "and", as a "was"."""
    return IS.sub("era", text) if language in ("it", "pt") else text


def _mixed(match: re.Match[str], point: str) -> str:
    part = str(int(match[2]) / int(match[3])).partition(".")
    return f"{match[1]}{point}{part[2]}" if part[0] == "0" else match[0]


def _century(match: re.Match[str]) -> str:
    roman, number = match["after"] or match["before"], 0
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in roman]
    for one, following in zip(values, [*values[1:], 0], strict=True):
        number += -one if one < following else one
    return f"{match['lead']}{number}" if match["lead"] else f"{number}e{match['tail']}"


def pieces(text: str, known: Tongue) -> Iterator[Word]:
    """Give the words, numbers in figures, signs and stops of *text*, one by one."""
    dense = known.language in ("ja", "zh")
    shorts = _shorts(known.language)
    for match in (DENSE_PIECE if dense else PIECE).finditer(text):
        raw, group, at = match[0], match.lastgroup, match.start()
        if group == "figures":
            yield Word(raw, figures(raw, known), "number", at=at)
        elif group == "sign":
            yield Word(raw, raw, "sign", at=at)
        elif group == "comma":
            yield Word(raw, raw, "comma", at=at)
        elif group == "stop":
            # A dot inside "U.S." or "4.2" ends nothing.
            if text[match.end() : match.end() + 1] in ("", " ", '"', "'", ")") or raw > "\x7f":
                yield Word(raw, raw, "stop", at=at)
        elif group == "no":
            yield Word(raw, "ない", "negation", raw, at=at)
        elif group == "name":
            yield Word(raw, raw.rstrip("ー"), "name", raw.rstrip("ー"), at=at)
        elif not _suffix(match, text, known):
            key = plain(raw)
            for short in (
                shorts if key.endswith(tuple(shorts)) else ()
            ):  # "ninebn", where only figures are spelled out
                if key.endswith(short) and known.values.get(left := key.removesuffix(short), 0) > 0:
                    yield Word(raw[: len(left)], left, "", left, at=at)
                    at, raw, key = at + len(left), raw[len(left) :], shorts[short]
                    break
            if known.language == "en":
                key = SHORT.get(key, CONTRACTED.get(key, key))
            yield Word(raw, key, known.kinds.get(key) or known.kinds.get(plain(raw), ""), key, at=at)


@cache
def _shorts(language: str) -> dict[str, str]:
    return {plain(short): plain(word) for short, word in tongue(language).ways["scales"].items()}


def _suffix(match: re.Match[str], text: str, known: Tongue) -> bool:
    """Say whether a word is what makes the figures before it an ordinal."""
    if not text[match.start() - 1 : match.start()].isdigit():
        return False
    pattern = known.ways.get("ordinal")
    return bool(pattern and re.fullmatch(rf"(?:{pattern})", match[0], re.IGNORECASE))


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
            if piece.key in known.ways["money"] and at < len(pieces) and value_at(pieces, at, known)[1] > at:
                held = piece.key
            else:
                yield from _sign(piece.key, known)
            continue
        value, end = number_at(pieces, at, known)
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
