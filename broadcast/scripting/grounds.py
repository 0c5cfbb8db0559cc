"""Whether what a sentence states follows from what its sources state. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from .derived import derived
from .fact import Fact
from .facts import squeezed
from .vague import in_decade, so_many

ROUND = Decimal("0.06")  #: how far a hedged number may be from what it stands for
ROUGH = Decimal("0.1")  #: the same for one that is said in the usual rounding
SPAN = Decimal("0.25")  #: the same in another unit: "less than half an hour" for 25 minutes
CLOCK = re.compile(r"o'clock|uhr|uur|heures?|horas?|ore|बजे")  #: said behind an hour, or not
CLOSE = Decimal("0.005")  #: how far an unhedged one may be that is shown in fewer digits
LARGE = 1000  #: only larger numbers are rounded without a word
SHARE = Decimal("1.5")  #: percentage points between a share in words and in figures
SHARES = Decimal(8)  #: the same behind "more than" and "nearly"
Key = tuple[Decimal, str, tuple[int | None, int | None, int | None]]
CHANGES = {Decimal("0.5"): 50}  #: in percent, of a multiple; what is more than itself has grown by the rest
MONTH = 2_629_800  #: seconds of one, on average
NEAR = 6  #: characters between the parts of an amount in two units
SPANS = ("week", "month", "year")  #: against those of the story
DEGREES = frozenset(("celsius", "fahrenheit"))  #: units of which a number below zero is another one
DEGREE = frozenset(
    ("degre", "grad", "grado", "grade", "gradi", "graus", "डिग्र")
)  #: roots of a degree of no told scale
UP, DOWN = ("over", "least"), ("under", "most")
MONEY_SIGNS = frozenset(("USD", "EUR", "GBP", "INR", "JPY", "CNY", "CHF", "BRL", "KRW", "RUB"))


def unproven(
    sentence: Sequence[Fact], sources: Sequence[Sequence[Fact]], text: str, at: datetime
) -> Iterator[Fact]:
    """Give the facts of a *sentence* that none of its *sources* states, nor any two numbers of one of them.

    *text* is all of the sources, where identifiers are looked up; *at* is when the story was published.
    """
    every = [fact for source in sources for fact in source]
    every += [
        Fact("amount", number, hedge=_age(fact.raw))
        for fact in every
        if fact.kind == "name"
        for number in _spelled(fact.raw)
    ]
    every += [whole for source in sources for whole in _sums(source)]
    dense = squeezed(text)
    for fact in sentence:
        if not fact.claim or (fact.kind == "name" and fact.unit in dense):
            continue
        if any(same(fact, other, at) for other in every) or _published(fact, every, at):
            continue
        if any(derived(fact, source) for source in sources):
            continue
        if fact.kind in SPANS and not fact.value and not any(other.kind in SPANS for other in every):
            continue  # "this year", of which nobody said anything else
        yield fact
    yield from _instead(sentence, sources)


def _spelled(identifier: str) -> Iterator[Decimal]:
    """Give the numbers as which somebody may say an identifier: the "VIC twenty", "ten point three point one"."""
    for part in (*re.findall(r"\d+(?:\.\d+)?|(?<=\.)\d+", identifier[:80]), re.sub(r"\D", "", identifier[:80])):
        if part:
            yield Decimal(part)


def _age(identifier: str) -> str:
    """Return the hedge in the "under-12s"."""
    return next((hedge for hedge in ("under", "over") if identifier.lower().startswith(f"{hedge}-")), "")


def _sums(source: Sequence[Fact]) -> Iterator[Fact]:
    """Give what is said in two units as one amount: "two years and three months"."""
    for place, one in enumerate(source):
        total, last = one, one
        for other in source[place + 1 :]:
            close = other.start - last.end <= NEAR and other.unit == one.unit and other.factor < last.factor
            if other.kind != "amount" or one.kind != "amount" or not one.unit or not close:
                break
            value = total.value * total.factor / other.factor + other.value
            total, last = replace(one, value=value, factor=other.factor), other
            yield total


def _instead(sentence: Sequence[Fact], sources: Sequence[Sequence[Fact]]) -> Iterator[Fact]:
    """Give the numbers that a *sentence* has more often than its sources while another of theirs is gone."""
    said = Counter(
        _key(fact) for fact in sentence if fact.claim and fact.kind in ("amount", "date") and not fact.loose
    )
    known: Counter[Key] = Counter()
    for source in sources:
        known |= Counter(_key(fact) for fact in source if fact.kind in ("amount", "date"))
    if not known.keys() - said.keys():
        return
    for fact in sentence:
        if said[_key(fact)] > max(1, known[_key(fact)]) and known[_key(fact)]:
            said[_key(fact)] = 0
            yield fact


def _key(fact: Fact) -> Key:
    return (fact.value, fact.unit, fact.date)


def same(one: Fact, other: Fact, at: datetime) -> bool:
    """Say whether the sentence's fact *one* follows from the source's fact *other*."""
    clock = other.value // 60 * 100 + other.value % 60 if other.kind == "time" else None
    if other.kind == "time" and one.kind == "amount" and not one.unit and one.value * 60 == other.value:
        return True  # nobody says the minutes of a full hour
    if one.value == clock and clock >= 100 and not one.unit and one.date[1:] == (None, None):
        return True  # "eighteen thirty"
    if "many" in (one.kind, other.kind):
        return so_many(one, other)
    if one.kind == "decade":
        return in_decade(one, other)
    if one.kind in ("date", "weekday", "day"):
        return _same_day(one, other, at)
    if one.kind == "season" and other.kind == "date" and other.date[1]:
        return abs((other.date[1] - 3) % 12 - 3 * (one.value - 1) - 1) <= 2  # a month of it, or next to it
    if one.kind in SPANS and other.kind == "date":
        return _off(one.kind, other, at) == one.value
    if one.kind == "amount" and other.kind == "date" and not one.unit:
        return one.value in (other.date[0], other.date[2])
    if one.kind == "time" and other.kind == "amount" and other.unit == "time" and other.lead in ("from", "to"):
        return one.value * 60 == other.value * other.factor  # "de 10 a 20 horas"
    if one.kind == "time" and other.kind == "amount" and not other.unit:
        hours = (
            other.value * 60 % 720 == one.value % 720
            and (one.loose or other.value > 12)
            and (not other.counts or CLOCK.search(one.raw) is not None)
        )
        return hours or one.value // 60 * 100 + one.value % 60 == other.value  # "at nine", the "seven forty-seven"
    if one.kind != other.kind:
        return one.kind == "quarter" and other.kind == "amount" and one.value == other.value and not other.unit
    if one.kind == "time":
        apart = abs(one.value - other.value)
        return apart == 0 or (apart == 720 and (one.loose or other.loose))
    if one.kind == "name":
        return one.unit == other.unit
    if one.kind in ("quarter", "half", "season", *SPANS):
        return one.value == other.value
    return _same_amount(one, other)


def _off(kind: str, date_: Fact, at: datetime) -> int | None:
    """Return how many weeks, months or years after those of the story *date_* is."""
    year, month, _ = date_.date
    if kind == "year":
        return None if year is None else year - at.year
    if kind == "month":
        return None if month is None else ((year or at.year) - at.year) * 12 + month - at.month
    day = _day(date_, at)
    monday = at.date() - timedelta(days=at.weekday())
    return None if day is None else (day - monday).days // 7


def _same_amount(one: Fact, other: Fact) -> bool:
    value, stated = one.value * one.factor, other.value * other.factor
    if one.per and other.per and one.per != other.per:
        return False
    if one.below != other.below and ({one.unit, other.unit} & DEGREES or (one.counts | other.counts) & DEGREE):
        return False
    if one.factor == other.factor:
        value, stated = one.value, other.value
    if one.unit != other.unit:
        if {one.unit, other.unit} == {"time", "months"} and one.hedge:  # "about two months" for eight weeks
            spans = [each.value * each.factor * (MONTH if each.unit == "months" else 1) for each in (one, other)]
            return digits(one.value) <= 2 and abs(spans[0] - spans[1]) <= ROUGH * spans[1]
        if {one.unit, other.unit} == {"points", "pp"}:
            return one.value == other.value
        if {one.unit, other.unit} == {"x", "%"}:
            return _change(one, other)
        if {one.unit, other.unit} & {"cents"} and {one.unit, other.unit} & MONEY_SIGNS:
            return value * (100 if other.unit == "cents" else 1) == stated * (100 if one.unit == "cents" else 1)
        if "" not in (one.unit, other.unit) or {one.unit, other.unit} & {"%", "pp", "x"}:
            return False
        if one.unit in MONEY_SIGNS or (other.unit in ("time", "months") and one.counts):
            return False  # "14 cases" are no 14 days
        value, stated = one.value, other.value
    if one.loose or other.loose:
        return _near(one, other, value, stated)
    if value == stated:
        opposite = {one.hedge, other.hedge} in (
            {"over", "under"},
            {"over", "most"},
            {"under", "least"},
            {"least", "most"},
        )
        strict = one.hedge in ("over", "under") and other.hedge not in (one.hedge, "about", "least", "most")
        return not opposite and not strict
    return _rounded(one, other, value, stated)


def _near(one: Fact, other: Fact, value: Decimal, stated: Decimal) -> bool:
    """Say whether a share in words is one in figures: "half" and 50 %, "more than a third" and 38 %."""
    if (other.hedge in DOWN and one.hedge in UP) or (other.hedge in UP and one.hedge in DOWN):
        return False  # "nearly half" is not "more than half"
    if value == stated and one.hedge in ("over", "under") and not other.hedge:
        return False
    room = min(SHARES, max(Decimal(1), value / 4))
    if one.hedge in ("over", "least"):
        return 0 <= stated - value <= room or abs(stated - value) <= Decimal("0.7")
    if one.hedge in ("under", "most"):
        return 0 <= value - stated <= room
    return abs(value - stated) <= (min(Decimal(3), stated / 6) if one.hedge == "about" else min(SHARE, stated / 10))


def _rounded(one: Fact, other: Fact, value: Decimal, stated: Decimal) -> bool:
    """Say whether *value* is *stated* in fewer digits, in the direction that its hedge tells."""
    if not stated:
        return False
    apart = abs(value - stated) / abs(stated)
    if one.factor != other.factor and one.hedge and digits(one.value) <= 2:
        pass  # "more than an hour and a half" for 95 minutes
    elif digits(value) >= digits(stated) and _exponent(value) <= _exponent(stated):
        tens = value.normalize().as_tuple().digits
        return one.hedge == "about" and len(tens) == 2 and tens[-1] == 5 and apart <= ROUND  # "two and a half"
    step = Decimal(1).scaleb(_exponent(value))
    halves = abs(value - stated) <= step / 2
    match one.hedge:
        case "over" | "least":
            return value < stated and (
                apart <= (ROUND if one.factor == other.factor else SPAN) or stated - value < step
            )
        case "under" | "most":
            return value > stated and (
                apart <= (ROUND if one.factor == other.factor else SPAN)
                or (apart <= ROUGH and value - stated <= step * 2 / 5)
                or value - stated <= step / 10
            )
        case "about":
            fives = value.normalize().as_tuple().digits[-1] == 5 or one.factor != other.factor
            return (halves and apart <= ROUGH) or (fives and apart <= ROUND)
    spoken = abs(other.value) >= LARGE or value != int(value)  # "6.8 percent" for 6.81
    return halves and spoken and apart <= (ROUND if other.hedge == "about" else CLOSE)


def digits(value: Decimal) -> int:
    """Return how many significant digits *value* has."""
    return len(value.normalize().as_tuple().digits)


def _exponent(value: Decimal) -> int:
    return int(value.normalize().as_tuple().exponent)


def _change(one: Fact, other: Fact) -> bool:
    times, percent = (one, other) if one.unit == "x" else (other, one)
    return CHANGES.get(times.value, (times.value - 1) * 100) == abs(percent.value)


def _same_day(one: Fact, other: Fact, at: datetime) -> bool:
    if one.kind == "date" and other.kind == "amount":
        year = one.date[0]
        return other.value == year and one.date[1:] == (None, None) and not other.unit
    if one.kind == "date" and other.kind == "date":
        return all(said in (None, known) for said, known in zip(one.date, other.date, strict=True)) or _whole(
            one, other, at
        )
    day, known = _day(one, at), _day(other, at)
    if one.kind == other.kind == "weekday":
        return one.value == other.value
    if one.kind == "weekday" and known:
        return known.weekday() == int(one.value)
    if other.kind == "weekday" and day:
        return day.weekday() == int(other.value) and abs((day - at.date()).days) <= 7
    return day is not None and day == known


def _whole(one: Fact, other: Fact, at: datetime) -> bool:
    """Say whether the year that one of two dates adds is the year of the story."""
    filled = replace(other, date=(other.date[0] or at.year, *other.date[1:]))
    return other.date[2] is not None and one.date == filled.date


def _day(fact: Fact, at: datetime) -> date | None:
    """Return the day that *fact* is, where it can be told."""
    if fact.kind == "day":
        return at.astimezone(UTC).date() + timedelta(days=int(fact.value))
    year, month, day = fact.date
    if fact.kind == "date" and month and day:
        try:
            return date(year or at.year, month, day)
        except ValueError:
            return None
    return None


def _published(fact: Fact, every: Sequence[Fact], at: datetime) -> bool:
    """Say whether *fact* is the day of the story, where its sources name no day themselves."""
    if any(other.kind in ("weekday", "day") or (other.kind == "date" and other.date[2]) for other in every):
        return False
    today = at.date()
    if fact.kind == "weekday":
        return today.weekday() == int(fact.value)
    if fact.kind == "day":
        return fact.value == 0
    if fact.kind == "date":
        own = (today.year, today.month, today.day)
        if fact.date[2] is None and any(other.kind == "date" for other in every):
            return False
        return all(said in (None, known) for said, known in zip(fact.date, own, strict=True))
    return False
