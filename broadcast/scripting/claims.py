"""Whether a sentence claims what its quotes claim: negations, hedges and denials. Pure.

What a quote denies or doubts in a clause that the sentence leaves out is no fault; so a negation or a hedge only
counts where most of what it stands before is in the sentence as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls

from .facts import facts
from .literals import LETTERS, bare
from .ranking import terms
from .sanitise import DENSE, base
from .tongues import tongue
from .utterance import plainly, prepared, upright

READ = 2_000  #: characters of a sentence or quote that are compared
SCOPE = 60  #: characters behind a negation or hedge that it is about
HALF = 0.5  #: share of them that the sentence must repeat
SIMPLE = 2  #: clauses of a quote in another language, which cannot be compared word by word
WISH = (
    "want",
    "will ",
    "wollen",
    "quier",
    "veut",
    "veulent",
)  #: starts of what says nothing about whether it is so
CLAUSE = r"[,;:.!?()。、，；：！？।]+(?=\s|$|[^\x00-\x7f])|\s-\s"
FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
LIKE = 6  #: letters that two forms of a word begin with
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*+")
MAY = re.compile(
    r"\bMay\b(?=,?\s\d)|(?<=\d\s)May\b"
    r"|\b(?i:in|of|by|since|until|last|this|next|early|late|mid)[ -]May\b"
)
MOOD = re.compile(r"\b(?i:würd|könnt|dürft)(?=(?:e|en|est|et)\b)")


@dataclass(frozen=True)
class Manner:
    """What tells claims of a language apart; a pattern that matches nothing where nobody described it."""

    language: str
    idioms: re.Pattern[str]
    no: re.Pattern[str]
    soft: re.Pattern[str]
    strong: re.Pattern[str]
    may: re.Pattern[str]
    core: re.Pattern[str]
    condition: re.Pattern[str]
    ranked: re.Pattern[str]
    will: re.Pattern[str]
    plan: re.Pattern[str]
    deny: re.Pattern[str]
    lacking: re.Pattern[str]
    gone: re.Pattern[str]
    clause: re.Pattern[str]
    passive: re.Pattern[str]
    orders: re.Pattern[str]
    after: bool
    prefix: tuple[str, ...] = ()
    opposites: tuple[tuple[str, str], ...] = ()
    converses: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = ()

    def whole(self, words: str) -> re.Pattern[str]:
        """Return the pattern of *words*, alternatives of one, as whole words."""
        return _whole(words, self.language)


@cache
def _tables() -> dict[str, Any]:
    every: dict[str, Any] = yamls.table(Path(__file__).with_name("claims.yaml"))
    return every


def _whole(words: str, language: str) -> re.Pattern[str]:
    before, after = ("", "") if language in ("ja", "zh") else (f"(?<![{LETTERS}])", f"(?![{LETTERS}])")
    return re.compile(f"{before}(?:{words}){after}")


@cache
def manner(language: str) -> Manner:
    """Return how claims are made in *language*, a base language."""
    table = _tables().get(language, {})

    def listed(name: str) -> re.Pattern[str]:
        return _whole(table[name], language) if table.get(name) else re.compile("(?!)")

    but = f"|{_whole(table['but'], language).pattern}" if table.get("but") else ""
    return Manner(
        language=language,
        no=listed("not"),
        clause=re.compile(CLAUSE + but),
        orders=re.compile(f"(?:{table['orders']})(?![{LETTERS}])" if table.get("orders") else "(?!)"),
        opposites=tuple((one, other) for one, other in table.get("opposites", [])),
        converses=tuple(
            (_whole(one, language), _whole(other, language)) for one, other in table.get("converses", [])
        ),
        prefix=tuple(table.get("prefix", "").split()),
        after=bool(table.get("after")),
        condition=listed("if"),
        **{
            name: listed(name)
            for name in (
                "idioms",
                "soft",
                "strong",
                "may",
                "core",
                "will",
                "plan",
                "deny",
                "lacking",
                "gone",
                "passive",
                "ranked",
            )
        },
    )


@lru_cache(maxsize=512)
def told(text: str, language: str) -> str:
    """Return *text* as the patterns read it: lower case, no accents, "not" apart, the month of May left out."""
    text = MAY.sub(" ", plainly(text[:READ])) if language == "en" else plainly(text[:READ])
    if language == "de":  # without accents "würde" would be "wurde"
        text = MOOD.sub(lambda match: match[0].replace("ü", "ue").replace("ö", "oe"), text)
    return bare(prepared(upright(text, language), tongue(language))).lower()


@lru_cache(maxsize=512)
def stems(text: str, language: str) -> frozenset[str]:
    """Return what *text* is about, as `terms` has it, without counting."""
    if DENSE.search(text):
        return frozenset(terms(text, language))
    if language in ("fr", "it"):
        text = text.replace("'", " ")  # "n'est"
    return frozenset().union(*(_stem(word, language) for word in set(WORD.findall(text))))


@lru_cache(maxsize=20_000)
def _stem(word: str, language: str) -> frozenset[str]:
    return frozenset(terms(word, language))


def differences(sentence: str, quotes: Sequence[str], spoken: str, written: str) -> Iterator[tuple[str, str]]:
    """Give (code, message) where *sentence*, in *spoken*, claims something else than its *quotes*, in *written*."""
    spoken, written = base(spoken), base(written)
    said, evidence = told(sentence, spoken), [told(quote, written) for quote in quotes]
    own, theirs = manner(spoken), manner(written)
    across = spoken != written
    negated = [theirs.idioms.sub(" ", quote) for quote in evidence]
    yield from _negations(own.idioms.sub(" ", said), negated, own, theirs, across)
    yield from _hedges(said, evidence, own, theirs, across)


def _negations(
    said: str, evidence: Sequence[str], own: Manner, theirs: Manner, across: bool
) -> Iterator[tuple[str, str]]:
    demanding = evidence
    if across:  # what one language says with a preposition another one says with a verb: "sin luz", "lost power"
        demanding = [theirs.lacking.sub(" ", quote) for quote in evidence]
    if not own.no.search(said):
        if any(
            any(not _repeated(one, said, theirs.language) for one in _kept(quote, pattern, theirs, said, across))
            and not _fresh(own.soft, said, quote, own.language)
            for quote in demanding
            for pattern in (theirs.no, theirs.strong)
        ):
            yield "L18", "the quote has a negation that the sentence has not"
    elif across and not own.no.search(own.lacking.sub(" ", said)):
        return
    elif not any(_answers(quote, said, theirs, across) for quote in evidence):
        yield "L18", "the sentence has a negation that its quotes have not"


def _repeated(word: str, said: str, language: str) -> bool:
    """Say whether *word*, which negates by what it means, is in *said* itself."""
    own = stems(word, language)
    return bool(own) and own <= stems(said, language)


def _fresh(pattern: re.Pattern[str], said: str, quote: str, language: str) -> bool:
    """Say whether *said* has a word of *pattern* that *quote* has not: it may stand for one that it left out."""
    there = stems(quote, language)
    for match in pattern.finditer(said):
        own = stems(match[0], language)
        if match[0] not in quote and not (own and own <= there):  # "blocked" is none for "declined to block"
            return True
    return False


def _answers(quote: str, said: str, theirs: Manner, across: bool) -> bool:
    """Say whether a clause of *quote* that *said* tells of is a negative one."""
    if across:
        return any(one.search(quote) for one in (theirs.no, theirs.soft, theirs.deny, theirs.gone))
    words = stems(said, theirs.language)
    for start, end in clauses(quote, theirs):
        clause = quote[start:end]
        near = stems(clause, theirs.language)
        if near and not near & words:
            continue
        if theirs.no.search(clause):
            return True
        # "did not refuse" says the opposite of "refused", not the same in other words.
        softly = [match[0] for one in (theirs.soft, theirs.deny) for match in one.finditer(clause)]
        if any(
            not stems(one, theirs.language) <= words if stems(one, theirs.language) else one not in said
            for one in softly
        ):
            return True
    return False


def _hedges(
    said: str, evidence: Sequence[str], own: Manner, theirs: Manner, across: bool
) -> Iterator[tuple[str, str]]:
    refused = any(one.search(said) for one in (own.deny, own.no, own.soft))
    if not refused and any(_kept(quote, theirs.deny, theirs, said, across) for quote in evidence):
        yield "L19", "the quote has a denial that the sentence has not"
    elif any(_unhedged(quote, said, own, theirs, across) for quote in evidence):
        yield "L19", "the quote has a hedge that the sentence has not"
    every = (theirs.may, theirs.core, theirs.plan, theirs.will, theirs.deny)
    hedged = own.core.search(said) or (own.plan.search(said) and not own.no.search(said))
    if hedged and not any(one.search(quote) for quote in evidence for one in every):
        yield "L19", "the sentence has a hedge that its quotes have not"
    answers = (theirs.deny, theirs.no, theirs.soft)
    if own.deny.search(said) and not any(one.search(quote) for quote in evidence for one in answers):
        yield "L19", "the sentence has a denial that its quotes have not"


def _unhedged(quote: str, said: str, own: Manner, theirs: Manner, across: bool) -> bool:
    """Say whether *said* leaves out a hedge of *quote*; a word that hedges something else is none for this."""
    for pattern in (theirs.core, theirs.plan):
        demanded = _kept(quote, pattern, theirs, said, across)
        if demanded and not any(
            (match[0] not in quote and (pattern is theirs.plan or not match[0].startswith(WISH)))
            or any(match[0] in word or word in match[0] for word in demanded)
            for one in (own.may, own.plan, own.deny)
            for match in one.finditer(said)
        ):
            return True
    return False


def clauses(text: str, own: Manner) -> list[tuple[int, int]]:
    """Return where the clauses of *text* begin and end."""
    found, start = [], 0
    for match in own.clause.finditer(text):
        if text[start : match.start()].strip():
            found.append((start, match.start()))
        start = match.end()
    return [*found, (start, len(text))] if text[start:].strip() else found


def _figures(text: str) -> set[str]:
    """Return the figures of *text* as any language may have them: 40 and 40,000 are one."""
    return {number.rstrip("0") for one in FIGURES.findall(text) if (number := re.sub(r"\D", "", one))}


def _kept(quote: str, pattern: re.Pattern[str], theirs: Manner, said: str, across: bool) -> list[str]:
    """Return the words by which *pattern* negates or hedges in *quote* what *said* tells as well."""
    parts = clauses(quote, theirs)
    if across:
        if len(parts) > SIMPLE:
            return []
        told = [(a, b) for a, b in parts if _figures(quote[a:b]) & _figures(said)]
        return [m[0] for m in pattern.finditer(quote) if not told or any(a <= m.start() < b for a, b in told)]
    words, found = stems(said, theirs.language), []
    for match in pattern.finditer(quote):
        start, end = next(((a, b) for a, b in parts if a <= match.start() < b), (0, len(quote)))
        end = max(end, min(match.end(), len(quote)))
        if _other_numbers(quote[start:end], said, theirs.language):
            continue  # "400 were cancelled and 1,900 delayed"
        around = quote[match.end() : min(end, match.end() + SCOPE)]
        about = stems(around, theirs.language) if theirs.after else frozenset()
        if not about:
            about = stems(quote[start : match.start()] + " " + quote[match.end() : end], theirs.language)
        if not about:  # "according to rumours, ..." is a clause of its own
            about = stems(quote[: match.start()] + " " + quote[match.end() :], theirs.language)
        if about and sum(_alike(one, words) for one in about) >= HALF * len(about):
            found.append(match[0])
    return found


def _other_numbers(clause: str, said: str, language: str) -> bool:
    """Say whether both texts have numbers, and none of them in common."""
    here, there = (
        {fact.value for fact in facts(text, language) if fact.kind == "amount" and fact.claim}
        for text in (said, clause)
    )
    return bool(here and there) and not here & there


def _alike(stem: str, others: frozenset[str]) -> bool:
    """Say whether one of *others* is *stem*, or begins like it: "Verkauf" and "verkauft"."""
    return stem in others or (len(stem) >= LIKE and any(other.startswith(stem[:LIKE]) for other in others))
