"""What follows from two numbers of one text: a difference, a share, a multiple, a part. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from .fact import Fact

COUNTED = frozenset(("time", "months"))  #: units that go without saying: "the average age fell from 41 to 38"
DAY = 86_400  #: seconds
SOURCE = frozenset(("from", "base"))  #: leads of where a change starts


def derived(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* follows from two numbers of one *source*."""
    if fact.kind != "amount":
        return False
    return (
        differs(fact, source)
        or _lasts(fact, source)
        or _times(fact, source)
        or (not fact.unit and _part(fact, source))
        or (fact.unit == "%" and fact.loose and not fact.more and _left(fact, source))
    )


def _lasts(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* is how long it is from one date of *source* to the next, with its last day or without."""
    days = [one.date for one in source if one.kind == "date" and one.date[1] and one.date[2]]
    for (year, month, day), (later, other, last) in pairwise(days):
        try:
            span = date(later or year or 2001, other or 1, last or 1) - date(
                year or later or 2001, month or 1, day or 1
            )
        except ValueError:
            continue
        if fact.unit == "time" and fact.value * fact.factor / DAY in (span.days, span.days + 1):
            return True
    return False


def _times(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* is a multiple or a difference in points of two numbers of one *source*."""
    if fact.unit not in ("x", "pp"):
        return False
    amounts = [
        other for other in source if other.kind == "amount" and other.unit not in ("x", "pp") and other.value
    ]
    for place, one in enumerate(amounts):
        for other in amounts[place + 1 :]:
            if one.unit != other.unit:
                continue
            if fact.unit == "pp" and one.unit == "%" and abs(one.value - other.value) == fact.value:
                return True
            old, new = (other, one) if other.lead == "base" else (one, other)
            if fact.unit == "x" and abs(new.value / old.value - fact.value) <= fact.value / 50:
                return True
    return False


def _part(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* is a told share of a number right behind it: 1,600 of "half of the 3,200 seats"."""
    amounts = [other for other in source if other.kind == "amount"]
    return any(
        share.unit == "%" and not whole.unit and abs(fact.value * 100 - share.value * whole.value) < 1
        for share, whole in pairwise(amounts)
    )


def _left(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* is the share of what was there before that is left: a quarter, of 512 that became 128."""
    amounts = [other for other in source if other.kind == "amount" and other.value]
    return any(
        one.unit == other.unit and one.lead in ("from", "base") and other.lead == "to"
        and abs(other.value * other.factor * 100 / (one.value * one.factor) - fact.value) < 1
        for one, other in pairwise(amounts)
    )  # fmt: skip


def differs(fact: Fact, source: Sequence[Fact]) -> bool:
    """Say whether *fact* is by how much two neighbouring numbers of one *source* differ, or in what share."""
    amounts = [other for other in source if other.kind == "amount" and other.claim and not other.loose]
    for one, other in pairwise(amounts):
        if one.unit == "cents" and other.unit.isupper():
            one = replace(one, unit=other.unit, value=one.value / 100)
        if one.unit != other.unit or not one.value or not other.value:
            continue
        low, high = sorted((one.value * one.factor, other.value * other.factor))
        if fact.more and fact.unit == one.unit != "%" and high - low == fact.value * fact.factor:
            return True
        if fact.more and one.unit.isupper() and fact.unit == "cents" and (high - low) * 100 == fact.value:
            return True
        if fact.more and not fact.unit and high - low == fact.value * one.factor:
            return True
        if fact.more and not one.unit and fact.unit in COUNTED and high - low == fact.value:
            return True
        if fact.unit == "points" and one.unit in ("", "%") and high - low == fact.value:
            return True
        if fact.unit == "%" and not fact.below:
            start = one if other.lead not in SOURCE else other
            change = abs(high - low) * 100 / (start.value * start.factor)
            room = Decimal("1.5") if fact.loose else Decimal(1).scaleb(int(fact.value.as_tuple().exponent)) / 2
            if abs(change - fact.value) <= room and SOURCE & {one.lead, other.lead}:
                return True
    return False
