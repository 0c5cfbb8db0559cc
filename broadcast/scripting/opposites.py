"""Whether a sentence says "rose" where its quotes say "fell". Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from .claims import WORD, Manner, clauses, manner, stems, told

REST = 5  #: letters of a word that a prefix negates
LEAST = 0.5  #: share of what a clause is about that a clause of the quotes must be about as well


@cache
def _pairs(language: str) -> tuple[re.Pattern[str], list[tuple[re.Pattern[str], re.Pattern[str]]]]:
    """Return what finds any of the words, and the pairs."""
    known = manner(language)
    every = known.whole("|".join(words for pair in known.opposites for words in pair) or "(?!)")
    return every, [(known.whole(one), known.whole(other)) for one, other in known.opposites]


@lru_cache(maxsize=512)
def sides(text: str, language: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return (pair, side, start, end) of each word of *text* that has an opposite; pair 0 is more and less."""
    any_of, pairs = _pairs(language)
    return tuple(
        (at, side, match.start(), match.end())
        for match in any_of.finditer(text)  # what begins a word of any of them is looked for once
        for at, pair in enumerate(pairs)
        for side, one in enumerate(pair)
        if one.match(text, match.start())
    )


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


def unmade(sentence: str, quotes: Sequence[str], language: str) -> Iterator[tuple[str, str]]:
    """Give (word, its opposite) where one has a word and the other has it with a prefix: "unchanged"."""
    own = manner(language)
    if not own.prefix:
        return
    said, every = told(sentence, language), [told(quote, language) for quote in quotes]
    here, there = set(WORD.findall(said)), set(WORD.findall(" ".join(every)))
    if not own.no.search(said):
        for word in there - here:
            yield from ((rest, word) for rest in _without(word, own) & here - there)
    if not any(own.no.search(quote) for quote in every):
        for word in here - there:
            yield from ((word, rest) for rest in _without(word, own) & there - here)


def _without(word: str, own: Manner) -> set[str]:
    return {
        word[len(prefix) :] for prefix in own.prefix if word.startswith(prefix) and len(word) - len(prefix) >= REST
    }
