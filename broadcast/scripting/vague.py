"""Numbers that nobody counted: "dozens", "tens of thousands", "the nineties". Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from .fact import Fact
from .literals import LETTERS, LITERAL, NUMBER, bare, table

SCALE = r"⟦10+\|\d+\|[spw]⟧"
#: What one language puts before a scale: several, or at least one.
DENSE = rf"(?:[数几幾何]|(?P<least>上))(?P<p>{SCALE})"
TWICE = Decimal("1.9")  #: "thousands" are almost two thousand at least
MOST = (1000, 20, 100)  #: times a thousand, ten and a hundred: more is called by a larger scale
UP = ("over", "least")


def vague(text: str, language: str) -> Iterator[tuple[re.Match[str], Fact]]:
    """Give the vague numbers of *text*, whose numbers are literals, and its decades."""
    many, decade = _patterns(language)
    for match in many.finditer(text):
        yield match, _many(match)
    for match in decade.finditer(text):
        first = _number(match["n"])
        if first % 10 == 0 and (10 <= first < 100 or 1500 <= first < 2100):
            yield match, Fact("decade", first)


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    ways: dict[str, Any] = table(language)
    decade = bare(ways.get("decade") or "(?!)").replace("{n}", f"(?P<n>{LITERAL})")
    if language in ("ja", "zh"):
        return re.compile(DENSE), re.compile(decade)
    before, after = f"(?<![{LETTERS}])", f"(?![{LETTERS}])"
    tens = "|".join(f"(?P<m{least}>{bare(words)})" for least, words in ways.get("many", {}).items()) or "(?!)"
    several = bare(ways.get("several") or "(?!)")
    alone = rf"(?P<p>⟦\d+\|\d+\|p⟧)|(?:{several})\s(?P<s>⟦\d+\|\d+\|[sp]⟧)|(?:{tens}){after}"
    many = rf"(?<!⟧ )(?<!⟧){before}(?:{alone})(?:\s?(?:of |von |van |di |de |d')?(?P<of>{SCALE}))?"
    return re.compile(many), re.compile(f"{before}{decade}{after}")


def _many(match: re.Match[str]) -> Fact:
    said = {name: value for name, value in match.groupdict().items() if value}
    scale = said.get("p") or said.get("s")
    value = _number(scale) if scale else next(Decimal(name[1:]) for name in said if name[1:].isdigit())
    if "of" in said:
        value = (Decimal(10) if value == 12 else value) * _number(said["of"])
    return Fact("many", value, hedge="least" if "least" in said else "")


def _number(text: str) -> Decimal:
    found = NUMBER.fullmatch(text)
    return Decimal(found[1]) if found else Decimal(0)


def so_many(one: Fact, other: Fact) -> bool:
    """Say whether "thousands" are as many as the source says, or what is hedged is less than the source's many."""
    if one.kind == other.kind:
        return one.value == other.value or {one.value, other.value} == {Decimal(10), Decimal(12)}
    if other.kind != "amount":
        return other.kind == "date" and one.kind == "many" and other.value > 2 * one.value
    if one.kind == "amount":
        return one.hedge in UP and one.value <= 2 * other.value
    least = one.value if one.hedge else one.value * TWICE
    return least <= other.value < one.value * MOST[one.value.adjusted() % 3]


def in_decade(decade: Fact, other: Fact) -> bool:
    """Say whether *decade* is that of *other*, a decade or a date; "the nineties" are of any century."""
    if other.kind not in ("decade", "date"):
        return False
    first = other.value if other.kind == "decade" else other.date[0] and other.date[0] // 10 * 10
    return first is not None and (decade.value in (first, first % 100) or first == decade.value % 100)
