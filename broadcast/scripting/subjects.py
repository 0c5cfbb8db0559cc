"""Whether a number is said of what its own clause is about: "wages grew 4 % while prices rose 3 %". Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from .claims import clauses, manner, stems, told
from .fact import Fact
from .facts import facts
from .grounds import same

KINDS = ("amount", "time")
ABOUT = 0.5  #: share of what a clause is about that the wrong clause of the quotes is about as well


def elsewhere(sentence: str, quotes: Sequence[str], language: str, at: datetime) -> Iterator[Fact]:
    """Give the numbers of *sentence* that its *quotes* have in a clause about something else.

    Only where that clause shares no word with the one of the sentence, and another one, with another number of the
    same unit, shares most of them.
    """
    if not any(_telling(fact) for fact in facts(sentence, language)):
        return
    if sum(_telling(fact) for quote in quotes for fact in facts(quote, language)) < 2:
        return
    evidence = [each for quote in quotes for each in _parts(quote, language)]
    for about, stated in _parts(sentence, language):
        for fact in stated:
            if not about:
                continue
            own = [words for words, found in evidence if any(same(fact, other, at) for other in found)]
            others = [
                words
                for words, found in evidence
                if any(other.kind == fact.kind and other.unit == fact.unit for other in found) and words not in own
            ]
            if not own or any(not words or words & about for words in own):
                continue
            if any(len(words & about) >= ABOUT * len(about) for words in others):
                yield fact


def _telling(fact: Fact) -> bool:
    """Say whether *fact* is something that a clause says of its subject, and not a part of a name."""
    return fact.kind == "time" or (fact.kind == "amount" and fact.claim and bool(fact.unit))


def _parts(text: str, language: str) -> list[tuple[frozenset[str], list[Fact]]]:
    """Return what each clause of *text* is about, and its numbers."""
    plain = told(text, language)
    found = []
    for start, end in clauses(plain, manner(language)):
        clause = plain[start:end]
        every = facts(clause, language)
        numbers = stems(" ".join(fact.raw for fact in every if fact.kind in KINDS), language)
        words = {one for one in stems(clause, language) - numbers if not one[0].isdigit()}
        found.append((frozenset(words), [fact for fact in every if _telling(fact)]))
    return found
