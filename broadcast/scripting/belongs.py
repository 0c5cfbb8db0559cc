"""Whether a number is said of what it is a number of: "wages grew 4 % while prices rose 3 %". Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from .context import Context, contexts
from .fact import Fact
from .facts import facts
from .grounds import same
from .literals import LETTERS, bare, table
from .utterance import plainly

Placed = tuple[Fact, Context]


def misplaced(sentence: str, quotes: Sequence[str], spoken: str, written: str, at: datetime) -> Iterator[Fact]:
    """Give the numbers of *sentence* that its *quotes* have of something else, of another time, or the other way.

    *spoken* and *written* are the languages of both; what a number is of can be told in one language only, which
    way it went in two.
    """
    evidence = [placed for quote in quotes for placed in contexts(quote, written)]
    for fact, here in contexts(sentence, spoken):
        like = [(other, there) for other, there in evidence if same(fact, other, at)]
        own = [there for other, there in like if other.value == fact.value] or [there for _, there in like]
        if not own:
            continue
        wrong = _reversed(fact, here, own, every=spoken == written) or _exchanged(fact, here, evidence)
        if not wrong and spoken == written:
            others = [
                there
                for other, there in evidence
                if (other.kind, other.unit) == (fact.kind, fact.unit) and there not in own and not there.whole
            ]
            wrong = (
                _alone(fact, here, own, sentence, spoken)
                or _then(fact, here, own, evidence)
                or any(_of(here, own, other) for other in others)
            )
        if wrong:
            yield fact


def _reversed(fact: Fact, here: Context, own: Sequence[Context], *, every: bool) -> bool:
    """Say whether the opposite of a word by a number stands *here*; in two languages only "more" for "less"."""
    for pair, side in here.ways.items():
        if pair and not every:
            continue
        if {there.ways.get(pair) for there in own} == {1 - side}:
            return True
    return False


def _of(here: Context, own: Sequence[Context], other: Context) -> bool:
    """Say whether what stands *here* is what stands around another number, and not around its *own*."""
    if here.part:
        return False  # "208 of the 630"
    about, near, names, counted = (_every(own, kind) for kind in ("about", "near", "names", "counted"))
    if here.near & (other.near - about) and not here.near & near:
        return True
    # In "A has 5, B 3" what B has is told by its name alone.
    if here.led & (other.led - about) and not here.led & about and not here.names & names:
        return True
    if names and here.names & (other.names - names) and not here.names & names:
        return True
    # "5 % dropped out" counts nothing.
    return bool(counted and here.counted & (other.counted - counted) and not counted & here.near)


def _then(fact: Fact, here: Context, own: Sequence[Context], evidence: Sequence[Placed]) -> bool:
    """Say whether *here* stands another date or version of the quotes than by its *own*."""
    right, against = _every(own, "marks"), _every(own, "against")
    if not fact.more:  # "by four points in May" is right where it is "four points more than in April"
        right |= against
    every = [there for _, there in evidence]
    marks = _every(every, "marks") | _every(every, "against")
    return bool(right and here.marks & (marks - right) and not here.marks & right)


def _every(contexts: Sequence[Context], kind: str) -> frozenset[str]:
    return frozenset[str]().union(*(getattr(one, kind) for one in contexts))


def _exchanged(fact: Fact, here: Context, evidence: Sequence[Placed]) -> bool:
    """Say whether a score, or a part of so many, has its two numbers the other way round."""
    pairs = [(other.value, there) for other, there in evidence if there.then is not None]
    if here.then in (None, fact.value) or any(
        (value, there.then) == (fact.value, here.then) for value, there in pairs
    ):
        return False
    return any(
        (there.then, value) == (fact.value, here.then)
        and (here.of or here.first == there.first or bool(here.first & there.first))
        for value, there in pairs
    )


def _alone(fact: Fact, here: Context, own: Sequence[Context], sentence: str, language: str) -> bool:
    """Say whether a number stands for what it is only an end of, a difference from, or the whole of."""
    if all(there.part for there in own) and not here.part:
        return any(here.about & (there.about - there.counted) for there in own)
    if all(there.excess for there in own) and not (here.excess or here.ways or fact.more):
        return True
    if fact.hedge or fact.lead or not all(there.end is not None for there in own):
        return False
    if {there.end for there in own} & {other.value for other in facts(sentence, language)}:
        return False
    return not _limits(language).search(bare(plainly(sentence)).lower())


@cache
def _limits(language: str) -> re.Pattern[str]:
    """Return what says that a number is one end of a range; what finds anything where nobody described it."""
    words = table(language).get("limits")
    return re.compile(rf"(?<![{LETTERS}])(?:{words})(?![{LETTERS}])" if words else "")
