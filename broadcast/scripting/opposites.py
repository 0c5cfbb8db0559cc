"""Whether a sentence says "rose" where its quotes say "fell". Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from .claims import Manner, clauses, manner, stems, told

LEAST = 0.5  #: share of what a clause is about that a clause of the quotes must be about as well


@cache
def _pairs(language: str) -> tuple[re.Pattern[str], list[tuple[re.Pattern[str], re.Pattern[str]]]]:
    """Return what finds any of the words, in a group for each side of each pair, and the pairs."""
    known = manner(language)
    sides = [
        f"(?P<s{at}_{side}>{words})" for at, pair in enumerate(known.opposites) for side, words in enumerate(pair)
    ]
    every = known.whole("|".join(sides)) if sides else re.compile("(?!)")
    return every, [(known.whole(one), known.whole(other)) for one, other in known.opposites]


@lru_cache(maxsize=512)
def sides(text: str, language: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return (pair, side, start, end) of each word of *text* that has an opposite; pair 0 is more and less."""
    every = ((match.lastgroup or "", *match.span()) for match in _pairs(language)[0].finditer(text))
    return tuple((*map(int, name[1:].split("_")), start, end) for name, start, end in every)  # type: ignore[misc]


def _sides(text: str, language: str) -> frozenset[tuple[int, int]]:
    return frozenset((pair, side) for pair, side, *_ in sides(text, language))


def reversals(sentence: str, quotes: Sequence[str], language: str) -> Iterator[tuple[str, str]]:
    """Give (word, its opposite) for each word of *sentence* that stands where its *quotes* have the opposite.

    A clause is held against the one of the quotes that is most about the same; where both or neither word stands in
    either, or one of them is negated, nothing is said.
    """
    said, every = told(sentence, language), [told(quote, language) for quote in quotes]
    there = frozenset().union(*(_sides(quote, language) for quote in every))
    turned = [(at, side) for at, side in _sides(said, language) if (at, 1 - side) in there]
    if not turned:
        return
    own = manner(language)
    evidence = [clause for quote in every for clause in _told(quote, own)]
    for at, side in sorted(turned):
        pair = _pairs(language)[1][at]
        yield from _turned(_parts(said, own), evidence, pair[side], pair[1 - side], own)


def _turned(
    parts: Sequence[str], evidence: Sequence[str], here: re.Pattern[str], there: re.Pattern[str], own: Manner
) -> Iterator[tuple[str, str]]:
    for clause in parts:
        found = here.search(clause)
        if not found or there.search(clause):
            continue
        about = _about(clause, here, there, own.language)
        if any(_tells(one, about, here, there, own.language) for one in evidence):
            continue
        shared = [len(about & _about(one, here, there, own.language)) for one in evidence]
        most = max(shared, default=0)
        if not about or most < LEAST * len(about):
            continue
        against = evidence[shared.index(most)]
        if (word := there.search(against)) and _negated(clause, own) == _negated(against, own):
            yield found[0], word[0]


def _tells(
    clause: str, about: frozenset[str], here: re.Pattern[str], there: re.Pattern[str], language: str
) -> bool:
    """Say whether *clause* has the same word, of what a sentence is *about* or of what no word of its own tells.

    "Imports fell" is told by "exports rose and imports fell", and by "imports rose and fell".
    """
    found = here.search(clause)
    if not found:
        return False
    return bool(about & _about(clause, here, there, language)) or not stems(clause[: found.start()], language)


def _told(quote: str, own: Manner) -> Iterator[str]:
    """Give the clauses of *quote*; one without a subject, as ", down from 5", is told with the one before it."""
    before = ""
    for clause in _parts(quote, own):
        found = _pairs(own.language)[0].search(clause)
        if before and found and not stems(clause[: found.start()], own.language):
            clause = f"{before} {clause}"
        yield clause
        before = clause


def _parts(text: str, own: Manner) -> list[str]:
    return [text[start:end] for start, end in clauses(text, own)]


def _negated(clause: str, own: Manner) -> bool:
    return bool(own.no.search(own.idioms.sub(" ", clause)))


def _about(clause: str, here: re.Pattern[str], there: re.Pattern[str], language: str) -> frozenset[str]:
    return stems(there.sub(" ", here.sub(" ", clause)), language)
