"""Something that a text states and that can be checked. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or is not."""

    kind: str  #: amount, date, weekday, day (against today), time, quarter, name (an identifier)
    value: Decimal = Decimal(0)  #: for a time the minutes since midnight
    unit: str = ""  #: %, pp, x (a multiple), a currency, or a dimension
    factor: Decimal = Decimal(1)  #: of one of its unit against the smallest of its dimension
    date: tuple[int | None, int | None, int | None] = (None, None, None)
    hedge: str = ""  #: about, over, under, least, most
    loose: bool = False  #: half of a day not told, or a share in words
    claim: bool = True  #: a sentence that states it must prove it
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
