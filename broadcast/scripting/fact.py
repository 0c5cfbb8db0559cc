"""Something that a text states and that can be checked. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or is not."""

    #: amount, many ("thousands"), date, weekday, day (against today), time, quarter, half (of a year), decade,
    #: season, month, week and year (against the story's own), name (an identifier)
    kind: str
    value: Decimal = Decimal(0)  #: for a time the minutes since midnight; for a season 1 (spring) to 4
    unit: str = ""  #: %, pp, x (a multiple), a currency, or a dimension
    factor: Decimal = Decimal(1)  #: of one of its unit against the smallest of its dimension
    date: tuple[int | None, int | None, int | None] = (None, None, None)
    hedge: str = ""  #: about, over, under, least, most
    loose: bool = False  #: half of a day not told, or a share in words
    claim: bool = True  #: a sentence that states it must prove it
    per: str = ""  #: day, month and so on: by what time it is counted
    below: bool = False  #: it is below zero
    counts: frozenset[str] = frozenset()  #: roots of the words behind it: what it counts
    more: bool = False  #: it is said to be a difference: "300 more", "by 300"
    lead: str = ""  #: from, to, by: which end of a change it is; base: what another number is held against
    power: int = 0
    raw: str = ""
    start: int = 0
    end: int = 0


def dated(year: int | None, month: int | None, day: int | None) -> Fact | None:
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    return Fact("date", date=(year, month, day))


def time(hour: int, minute: int, half: str) -> Fact | None:
    if hour > 24 or minute > 59:
        return None
    loose = not half and 1 <= hour <= 12
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return Fact("time", Decimal(hour % 24 * 60 + minute), loose=loose)
