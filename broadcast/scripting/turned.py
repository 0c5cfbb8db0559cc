"""Whether a right number stands in a wrong place: at the other end of a change, in front of another verb. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from .derived import SOURCE, differs
from .fact import Fact

OTHER = {"by": "to", "to": "by"}


def turned(sentence: Sequence[Fact], sources: Sequence[Sequence[Fact]]) -> Iterator[Fact]:
    """Give the numbers that a *sentence* has at the other end of a change."""
    known = [change for source in sources for change in _changes(source)]
    said = list(_changes(sentence))
    whole = {id(fact) for change in said for fact in change}
    every = [fact for source in sources for fact in source if fact.kind == "amount"]
    for start, end in said:
        if any(_is(start, to) and _is(end, out) for out, to in known) and not any(
            _is(start, out) and _is(end, to) for out, to in known
        ):
            yield end
    for fact in sentence:
        if fact.kind != "amount" or fact.hedge in ("most", "least") or id(fact) in whole:
            continue
        leads = {other.lead for other in every if _is(fact, other)}
        if fact.lead == "by" and any(differs(fact, source) for source in sources):
            continue  # what fell from 90 to 45 fell by 45 as well
        if leads == {OTHER.get(fact.lead)}:  # "by 2 billion" of what fell "to 2 billion"
            yield fact
            continue
        wrong = {"to": (0,), "from": (1,), "base": (1,), "by": (0, 1)}.get(fact.lead, ())
        right = SOURCE if fact.lead in SOURCE else {fact.lead, ""}
        if not leads & right and any(_is(fact, change[end]) for change in known for end in wrong):
            yield fact
    timed = [fact for source in sources for fact in source if fact.kind in ("date", "time", "weekday")]
    for fact in sentence:
        if fact.kind in ("date", "time", "weekday") and fact.lead:
            leads = {other.lead for other in timed if _then(fact, other)}
            if leads == {"from" if fact.lead == "to" else "to"}:  # what ends then starts earlier
                yield fact


def _changes(facts: Sequence[Fact]) -> Iterator[tuple[Fact, Fact]]:
    """Give the two ends of each change: "from 24% to 30%"."""
    amounts = [fact for fact in facts if fact.kind == "amount" and fact.claim]
    for one, other in pairwise(amounts):
        if one.unit != other.unit or one.value == other.value:
            continue
        if one.lead in ("from", "base") and other.lead == "to":
            yield one, other
        elif other.lead == "base" and one.lead in ("", "to"):
            yield other, one


def _is(one: Fact, other: Fact) -> bool:
    return one.value == other.value and (one.unit == other.unit or "" in (one.unit, other.unit))


def _then(one: Fact, other: Fact) -> bool:
    """Say whether two dates or times of one kind are the same, as far as both are told."""
    years = {one.date[0], other.date[0]} - {None}
    return (one.kind, one.value, one.date[1:]) == (other.kind, other.value, other.date[1:]) and len(years) < 2
