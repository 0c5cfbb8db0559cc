"""A text in which every number stands as one literal, however it was written. Pure.

"zweieinhalb Millionen", "2.5m" and "ढाई लाख" become `⟦value|power|flag⟧`, so that one set of patterns can tell what
a number is of. *power* is that of its scale; the flag is f for figures, w for words, o for a "one" that may be an
article, s for a scale that stands alone, p for one in the plural,
g for figures in groups, which are no year.
"""

import re
import unicodedata
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from broadcast.text import yamls

from .counting import Word, compound, number_at, value_at
from .tongues import Tongue, plain, tongue
from .utterance import pieces

LITERAL = r"⟦(?:\d+(?:\.\d+)?)\|\d+\|[fgwosp]⟧"
NUMBER = re.compile(r"⟦(\d+(?:\.\d+)?)\|(\d+)\|([fgwosp])⟧")
HAN_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
#: Ends of a word that make two and a half of two.
HALF_ENDINGS = {
    "de": {"einhalb": 1, "einhalbtausend": 1000},
    "nl": {"eneenhalf": 1, "enhalf": 1, "enhalve": 1, "eenhalf": 1, "enhalfduizend": 1000},
}
PRODUCT = re.compile(r"⟦(\d+(?:\.\d+)?)\|0\|[fgwo]⟧[ -]⟦(10+)\|(\d+)\|[sp]⟧")
YEAR = re.compile(r"⟦(1[1-9]|20)\|0\|w⟧ ⟦([1-9]\d)\|0\|w⟧(?! (?:[ap]\.?m\b|in the (?:morning|afternoon|evening)))")
OH_YEAR = re.compile(r"⟦(1[1-9]|20)\|0\|w⟧[ -]⟦0\|0\|w⟧[ -]⟦([1-9])\|0\|w⟧")
THOUSANDS = re.compile(r"⟦(\d{1,3})000\|\d+\|w⟧ ⟦(\d{1,3})\|0\|w⟧")  #: "drieduizend zevenhonderdvijftig"
LETTERS = r"\w\u0900-\u0963"


@cache
def table(language: str) -> dict[str, Any]:
    """Return how *language* writes quantities; an empty table for a language that nobody described."""
    found: dict[str, Any] = _tables().get(language, {})
    return found


@cache
def _tables() -> dict[str, Any]:
    every: dict[str, Any] = yamls.table(Path(__file__).with_name("facts.yaml"))
    return every


def bare(text: str) -> str:
    """Return *text* without the accents that only spelling knows; its case is kept."""
    if text.isascii():
        return text
    kept = []
    for letter in text.replace("ß", "ss").replace("\u0901", "\u0902"):
        if "\u00c0" <= letter <= "\u024f":
            kept.append(unicodedata.normalize("NFD", letter)[0])
        elif "\u0929" <= letter <= "\u095f":
            kept.append(unicodedata.normalize("NFD", letter).replace("\u093c", ""))
        elif not ("\u0300" <= letter <= "\u036f" or letter in "\u200c\u200d"):
            kept.append(letter)
    return "".join(kept)


def literal(value: Decimal, power: int = 0, flag: str = "w") -> str:
    return f"⟦{value.normalize():f}|{power}|{flag}⟧"


def literals(text: str, known: Tongue) -> str:
    """Return *text*, which is `prepared` and `bare`, in lower case with its numbers as literals."""
    said = list(pieces(text, known))
    out: list[str] = []
    last = at = 0
    while at < len(said):
        value, end, flag = _read(said, at, known)
        if end == at:
            at += 1
            continue
        out += text[last : said[at].at].lower(), literal(value, _power(said[at:end], known), flag)
        last = said[end - 1].at + len(said[end - 1].raw)
        at = end
    return _joined("".join([*out, text[last:].lower()]), known.language)


def _read(said: list[Word], at: int, known: Tongue) -> tuple[Decimal, int, str]:
    """Return (value, end, flag) of the number at *at*; the end is *at* where there is none."""
    ways, key = table(known.language), said[at].key
    if said[at].kind != "number" and not _begins(key, known.language):
        return Decimal(0), at, ""
    added = _words(known.language, "add").get(key)
    if added is not None and at + 1 < len(said) and (small := value_at(said, at + 1, known))[1] > at + 1:
        return Decimal(small[0]) + added, small[1], "w"
    if (worth := _words(known.language, "worth").get(key)) is not None:
        return worth, at + 1, "w"
    for ending, scale in HALF_ENDINGS.get(known.language, {}).items():
        if key.endswith(ending) and (left := key.removesuffix(ending)):
            whole = 1 if left in known.ones or left == "e" else known.values.get(left)
            if whole is not None:
                return (whole + Decimal("0.5")) * scale, at + 1, "w"
    value, end = number_at(said, at, known)
    if end == at or not re.fullmatch(r"\d{1,40}(?:\.\d{1,40})?", value):
        return Decimal(0), at, ""
    figures = any(piece.kind == "number" and re.search(r"\d", piece.raw) for piece in said[at:end])
    if not figures and end == at + 1 and value == "1" and ways:
        return Decimal(1), end, "o"
    alone = not figures and all(piece.key in known.scales for piece in said[at:end])
    if alone and end == at + 1 and (many := _plurals(known.language)) and many.fullmatch(key):
        return Decimal(value), end, "p"
    if end == at + 1 and len(value) == 4 and figures and not said[at].raw.isdigit():
        return Decimal(value), end, "g"
    return Decimal(value), end, "f" if figures else "s" if alone else "w"


@lru_cache(maxsize=16_384)
def _begins(word: str, language: str) -> bool:
    """Say whether a number may begin with *word*."""
    known = tongue(language)
    own = word == "oh" or any(word in listed for listed in (known.begins, known.values, known.ones, known.scales))
    ending = any(word.endswith(one) for one in HALF_ENDINGS.get(language, ()))
    return (
        own
        or ending
        or compound(word, known) is not None
        or any(word in _words(language, name) for name in ("add", "worth"))
    )


@cache
def _plurals(language: str) -> re.Pattern[str] | None:
    words = table(language).get("plurals")
    return re.compile(plain(words)) if words else None


@cache
def _words(language: str, name: str) -> dict[str, Decimal]:
    listed = table(language).get(name, {}).items()
    return {plain(word): Decimal(str(value)) for value, words in listed for word in words.split("|")}


def _power(said: list[Word], known: Tongue) -> int:
    """Return the power of ten of the scale that a number ends with."""
    if known.language in ("ja", "zh"):
        return HAN_POWERS.get(said[-1].raw[-1:], 0)
    shorts: dict[str, str] = known.ways["scales"]
    power = 0
    for piece in reversed(said):
        names = [piece.key] if piece.key in known.scales else plain(shorts.get(piece.raw, "")).split()
        if piece.kind == "number" or not names or any(name not in known.scales for name in names):
            break
        power += sum(known.scales[name] for name in names)
    return power


def _joined(text: str, language: str) -> str:
    """Return *text* with numbers that are said in two parts in one: "two and a half million", "twenty ten"."""
    ways = table(language)
    if dozen := ways.get("dozen"):
        many = ways.get("many", {}).get(12, "(?!)")
        text = re.sub(
            rf"(?:{NUMBER.pattern} )?(?<![{LETTERS}])(?:{dozen})(?![{LETTERS}])",
            lambda match: (
                literal(Decimal(match[1] or 1) * 12) if match[1] or not re.fullmatch(many, match[0]) else match[0]
            ),
            text,
        )
    if some := _collective(language):
        text = some.sub(lambda match: _some(match, ways["about"].partition("|")[0]), text)
    if "⟦" not in text:
        return text
    if language == "en":
        text = YEAR.sub(lambda match: literal(Decimal(match[1] + match[2])), text)
        text = OH_YEAR.sub(lambda match: literal(Decimal(f"{match[1]}0{match[2]}")), text)
    if language in ("nl", "de", "it"):
        text = THOUSANDS.sub(lambda match: literal(Decimal(match[1]) * 1000 + Decimal(match[2])), text)
    if half := ways.get("and_half"):
        text = re.sub(
            rf"{NUMBER.pattern} (?:{half})(?![{LETTERS}])",
            lambda match: literal(Decimal(match[1]) + Decimal(10) ** int(match[2]) / 2, int(match[2]), match[3]),
            text,
        )
    if half := ways.get("half"):
        part = rf"(?<![{LETTERS}])(?:{half})[ -]?(?:{ways.get('article') or '(?!)'})?⟦(100+)\|(\d+)\|[ws]⟧"
        text = re.sub(part, lambda match: literal(Decimal(match[1]) / 2, int(match[2])), text)
    if quarter := ways.get("quarter_of"):
        part = rf"(?<![{LETTERS}])(?:a )?(?:{quarter}) (?:of )?(?:{ways['article']})?⟦(10+)\|(\d+)\|[ws]⟧"
        text = re.sub(part, lambda match: literal(Decimal(match[1]) / 4, int(match[2])), text)
    return PRODUCT.sub(lambda match: literal(Decimal(match[1]) * Decimal(match[2]), int(match[3]), "w"), text)


@cache
def _collective(language: str) -> re.Pattern[str] | None:
    """Return what stands for about so many: "une vingtaine de", "a couple of"."""
    listed = table(language).get("some", {}).items()
    words = "|".join(f"(?P<v{value}>{words})" for value, words in listed)
    article = rf"(?<![{LETTERS}])(?:an?|une?|una|uma?|een)"
    return (
        re.compile(rf"(?:{NUMBER.pattern}|{article}) (?:{words})(?![{LETTERS}])(?: d[ei]\b| d')?")
        if words
        else None
    )


def _some(match: re.Match[str], about: str) -> str:
    """Return "une vingtaine de" as "environ 20", and two of them as 40."""
    value = next(int(name[1:]) for name, said in match.groupdict().items() if said)
    many = Decimal(match[1] or 1)
    return literal(many * value) if many > 1 else f"{about} {literal(Decimal(value))}"


def spelled(text: str) -> str:
    """Return *text* with its literals as plain figures, for a message."""
    return NUMBER.sub(lambda match: match[1], text).strip()


def spans(text: str) -> list[str]:
    """Return what stands between the literals of *text*."""
    ends = [(0, 0), *(match.span() for match in NUMBER.finditer(text)), (len(text), len(text))]
    return [text[one[1] : other[0]] for one, other in pairwise(ends)]
