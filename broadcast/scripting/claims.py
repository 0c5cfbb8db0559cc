"""Whether a sentence claims what its quotes claim: negations, hedges, and who did it to whom. Pure.

What a quote denies or doubts in a clause that the sentence leaves out is no fault; so a negation or a hedge only
counts where most of what it stands before is in the sentence as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from .literals import LETTERS, bare
from .ranking import terms
from .sanitise import base
from .tongues import tongue
from .utterance import plainly, prepared

READ = 2_000  #: characters of a sentence or quote that are compared
SCOPE = 60  #: characters behind a negation or hedge that it is about
HALF = 0.5  #: share of them that the sentence must repeat
SIMPLE = 2  #: clauses of a quote in another language, which cannot be compared word by word
CLAUSE = r"[,;:.!?()。、，；：！？।]+(?=\s|$|[^\x00-\x7f])|\s-\s"
MAY = re.compile(r"\bMay\b(?=,?\s\d)|(?<=\d\s)May\b|\b(?:in|of|by|since|until|last|this|next|early|late|mid)[ -]May\b")


@dataclass(frozen=True)
class Manner:
    """What tells claims of a language apart; a pattern that matches nothing where nobody described it."""

    language: str
    idioms: re.Pattern[str]
    no: re.Pattern[str]
    soft: re.Pattern[str]
    may: re.Pattern[str]
    core: re.Pattern[str]
    will: re.Pattern[str]
    plan: re.Pattern[str]
    deny: re.Pattern[str]
    clause: re.Pattern[str]
    passive: re.Pattern[str]
    orders: re.Pattern[str]
    after: bool


@cache
def manner(language: str) -> Manner:
    """Return how claims are made in *language*, a base language."""
    table = yaml.safe_load(Path(__file__).with_name("claims.yaml").read_text(encoding="utf-8")).get(language, {})
    dense = language in ("ja", "zh")
    before, after = ("", "") if dense else (f"(?<![{LETTERS}])", f"(?![{LETTERS}])")

    def listed(name: str) -> re.Pattern[str]:
        return re.compile(f"{before}(?:{table[name]}){after}" if table.get(name) else "(?!)")

    but = f"|{before}(?:{table['but']}){after}" if table.get("but") else ""
    return Manner(
        language=language,
        no=listed("not"),
        clause=re.compile(CLAUSE + but),
        orders=re.compile(f"(?:{table['orders']}){after}" if table.get("orders") else "(?!)"),
        after=bool(table.get("after")),
        **{name: listed(name) for name in ("idioms", "soft", "may", "core", "will", "plan", "deny", "passive")},
    )


@lru_cache(maxsize=512)
def told(text: str, language: str) -> str:
    """Return *text* as the patterns read it: lower case, no accents, "not" apart, months and idioms left out."""
    text = MAY.sub(" ", plainly(text[:READ])) if language == "en" else plainly(text[:READ])
    low = bare(prepared(text, tongue(language))).lower()
    return manner(language).idioms.sub(" ", low)


@lru_cache(maxsize=2048)
def stems(text: str, language: str) -> frozenset[str]:
    return frozenset(terms(text, language))


def differences(sentence: str, quotes: Sequence[str], spoken: str, written: str) -> Iterator[tuple[str, str]]:
    """Give (code, message) for each claim of *sentence*, in *spoken*, that differs from its *quotes*, in *written*."""
    spoken, written = base(spoken), base(written)
    said, evidence = told(sentence, spoken), [told(quote, written) for quote in quotes]
    own, theirs = manner(spoken), manner(written)
    across = spoken != written
    yield from _negations(said, evidence, own, theirs, across)
    yield from _hedges(said, evidence, own, theirs, across)
    if not across and any(_swapped(said, quote, own) for quote in evidence):
        yield "L20", "who did it to whom is the other way round"


def _negations(
    said: str, evidence: Sequence[str], own: Manner, theirs: Manner, across: bool
) -> Iterator[tuple[str, str]]:
    negated = bool(own.no.search(said))
    if not negated and not own.soft.search(said):
        if any(_kept(quote, theirs.no, theirs, said, across) for quote in evidence):
            yield "L18", "the quote has a negation that the sentence has not"
    elif negated and not any(_answers(quote, said, theirs, across) for quote in evidence):
        yield "L18", "the sentence has a negation that its quotes have not"


def _answers(quote: str, said: str, theirs: Manner, across: bool) -> bool:
    """Say whether a clause of *quote* that *said* tells of is a negative one."""
    if across:
        return bool(theirs.no.search(quote) or theirs.soft.search(quote) or theirs.deny.search(quote))
    words = stems(said, theirs.language)
    for start, end in _clauses(quote, theirs):
        clause = quote[start:end]
        if theirs.no.search(clause) or theirs.soft.search(clause) or theirs.deny.search(clause):
            near = stems(clause, theirs.language)
            if not near or near & words:
                return True
    return False


def _hedges(
    said: str, evidence: Sequence[str], own: Manner, theirs: Manner, across: bool
) -> Iterator[tuple[str, str]]:
    may, plan, deny = (bool(pattern.search(said)) for pattern in (own.may, own.plan, own.deny))
    refused = deny or bool(own.no.search(said) or own.soft.search(said))
    if not refused and any(_kept(quote, theirs.deny, theirs, said, across) for quote in evidence):
        yield "L19", "the quote has a denial that the sentence has not"
    elif not may and not plan and not deny:
        if any(_kept(quote, pattern, theirs, said, across) for quote in evidence for pattern in (theirs.core, theirs.plan)):
            yield "L19", "the quote has a hedge that the sentence has not"
    every = (theirs.may, theirs.core, theirs.plan, theirs.will, theirs.deny)
    if (own.core.search(said) or plan) and not any(one.search(quote) for quote in evidence for one in every):
        yield "L19", "the sentence has a hedge that its quotes have not"
    if deny and not any(one.search(quote) for quote in evidence for one in (theirs.deny, theirs.no, theirs.soft)):
        yield "L19", "the sentence has a denial that its quotes have not"


def _clauses(text: str, own: Manner) -> list[tuple[int, int]]:
    """Return where the clauses of *text* begin and end."""
    found, start = [], 0
    for match in own.clause.finditer(text):
        if text[start : match.start()].strip():
            found.append((start, match.start()))
        start = match.end()
    return [*found, (start, len(text))] if text[start:].strip() else found


def _kept(quote: str, pattern: re.Pattern[str], theirs: Manner, said: str, across: bool) -> bool:
    """Say whether *said* tells what *pattern* negates or hedges in *quote*."""
    clauses = _clauses(quote, theirs)
    if across:
        return len(clauses) <= SIMPLE and bool(pattern.search(quote))
    words = stems(said, theirs.language)
    for match in pattern.finditer(quote):
        start, end = next(((a, b) for a, b in clauses if a <= match.start() < b), (0, len(quote)))
        end = max(end, min(match.end(), len(quote)))
        around = quote[match.end() : min(end, match.end() + SCOPE)]
        about = stems(around, theirs.language) if theirs.after else frozenset()
        if not about:
            about = stems(quote[start : match.start()] + " " + quote[match.end() : end], theirs.language)
        if about and len(about & words) >= HALF * len(about):
            return True
    return False


def _swapped(said: str, quote: str, own: Manner) -> bool:
    """Say whether two words of *quote* changed places around one that stands between them in both."""
    if own.language in ("ja", "zh", "hi"):
        return False
    one, other = _order(said, own.language), _order(quote, own.language)
    shared = [word for word in one if word in other]
    if len(shared) < 3 or len(shared) < 0.6 * len(one):
        return False
    turned = bool(own.passive.search(said)) != bool(own.passive.search(quote))
    for place, first in enumerate(shared):
        for last in shared[place + 2 :]:
            back = other[first] > other[last]
            if back == turned:
                continue
            low, high = sorted((other[first], other[last]))
            between = [word for word in shared if one[first] < one[word] < one[last] and low < other[word] < high]
            if between and (not turned or len(shared) <= 6):
                return True
    return False


def _order(text: str, language: str) -> dict[str, int]:
    """Return the first place of each stem of *text*."""
    found: dict[str, int] = {}
    for place, word in enumerate(re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text)):
        for stem in stems(word, language):
            found.setdefault(stem, place)
    return found
