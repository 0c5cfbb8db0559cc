"""The rules that hold a sentence against its own quotes. Pure."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

from broadcast.types import Brief, Draft, Sentence, Story

from .belongs import misplaced
from .claims import differences, stems, told
from .fact import Fact
from .facts import facts
from .finding import Finding
from .grounds import unproven
from .literals import bare, literals, spans
from .names import strange
from .opposites import reversals, unmade
from .roles import swapped
from .sanitise import DENSE, READ, base, fold, words
from .tongue import spoken_in
from .tongues import tongue
from .turned import turned
from .utterance import plainly, prepared
from .wider import wider

QUOTE = 12  #: characters; anything shorter is found in every text
OVERLAY = 40  #: characters of an overlay
COVERED = 0.4  #: share of a sentence's words that its story holds
THIN = 0.2  #: the same for a story of few words, which another wording soon leaves
MEANT = 4  #: words that say something; fewer say nothing about coverage
PLENTY = 60  #: words of a story that is not thin
FRESH = timedelta(hours=24)  #: of a story for which "yesterday" is still true
OLD = timedelta(days=400)  #: behind which a date that is left out makes old news new
SOON = timedelta(days=183)  #: before which a day without a year is one to come
CITED = re.compile(r"[“„«\"]([^“”„«»\"]{2,400})[”“»\"]|「([^「」]{2,400})」|『([^『』]{2,400})』")
#: What begins another clause, with a verb of its own behind it.
AND = {"en": re.compile(r"\band (?=(?:has|have|had|is|are|was|were|will|would|can|could)\b)")}
CLOSING = " .!?。！？।…\"'"


def verbatim(quote: str, story: Story) -> bool:
    """Say whether *quote* stands in *story* word for word, and is long enough to prove anything."""
    title, text = _evidence(story.title, story.text)
    folded = fold(quote)
    if len(folded) + len(DENSE.findall(folded)) < QUOTE:
        return bool(folded) and folded == title
    return folded in title or folded in text


@lru_cache(maxsize=64)
def _evidence(title: str, text: str) -> tuple[str, str]:
    return fold(title), fold(text)


def repeated(sentence: Sentence) -> bool:
    """Say whether *sentence* is one of its quotes, word for word: then it says what they say."""
    said = fold(sentence.text).strip(CLOSING)
    return any(said == fold(quote).strip(CLOSING) for quote in sentence.quotes)


def _reworded(draft: Draft, story: Story) -> Iterator[Sentence]:
    """Give the sentences that say what quotes of their story say in other words."""
    for sentence in draft.sentences:
        if sentence.quotes and not repeated(sentence) and all(verbatim(quote, story) for quote in sentence.quotes):
            yield sentence


def quotes_are_verbatim(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L2: every sentence has a quote, and every quote stands in its own story."""
    for sentence in draft.sentences:
        if not sentence.quotes:
            yield Finding("L2", "there is no quote for", sentence.text)
        for quote in sentence.quotes:
            if not verbatim(quote, story):
                yield Finding("L2", "the story does not say", quote)


def numbers_are_proven(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L3: every number, date and time is in the quotes of its sentence, in the title or among the figures."""
    for sentence in _reworded(draft, story):
        written = spoken_in(story, brief)
        evidence = [
            *sentence.quotes,
            story.title,
            *(f"{one.text} {one.label} {one.change}" for one in story.figures),
        ]
        sources = [facts(one, written) for one in evidence]
        stated = facts(sentence.text, brief.language)
        for fact in unproven(stated, sources, " ".join(evidence), story.at):
            yield Finding("L3", f"“{fact.raw}” is not in the quotes", sentence.text)
        for fact in turned(stated, sources):
            yield Finding("L3", f"“{fact.raw}” is said of something else in the quotes", sentence.text)
        for fact in misplaced(sentence.text, sentence.quotes, base(brief.language), base(written), story.at):
            yield Finding("L3", f"“{fact.raw}” is said of something else in the quotes", sentence.text)
        yield from _undated(sentence, stated, story, brief, written)


def _undated(
    sentence: Sentence, stated: tuple[Fact, ...], story: Story, brief: Brief, written: str
) -> Iterator[Finding]:
    """Give a finding for a date far from now that the sentence leaves out of what it tells."""
    timed = ("date", "weekday", "day", "time", "quarter", "half", "season", "week", "month", "year")
    years = any(fact.kind == "amount" and 1000 <= fact.value <= 2999 for fact in stated)
    if years or any(fact.kind in timed for fact in stated) or base(written) != base(brief.language):
        return
    said = stems(told(sentence.text, written), base(written))
    for quote in sentence.quotes:
        if not any(_far(fact, story) for fact in facts(quote, written)):
            continue
        for part in _parts(quote, base(written)):
            dates = [fact for fact in facts(part, written) if _far(fact, story)]
            if not dates:
                continue
            when = stems(" ".join(fact.raw for fact in dates), base(written))
            about = stems(told(part, written), base(written)) - when
            if len(about & said) >= 0.6 * len(about) > 0:
                yield Finding("L3", f"the date “{dates[0].raw}” is left out", sentence.text)
                return


def _parts(quote: str, language: str) -> Iterator[str]:
    """Give the clauses of *quote*."""
    for part in re.split(r"[,;:()。、，；：]+\s|[.!?。！？।]\s", quote):
        yield from AND[language].split(part) if language in AND else (part,)


def _far(fact: Fact, story: Story) -> bool:
    """Say whether *fact* is a date that is surely to come, or long past."""
    if fact.kind == "day":
        return fact.value > 0
    year, month, day = fact.date
    if fact.kind != "date" or (year is None and (month is None or day is None)):
        return False
    published = story.at.year * 372 + story.at.month * 31 + story.at.day
    if year is None:
        ahead = ((month or 0) * 31 + (day or 0) - story.at.month * 31 - story.at.day) % 372
        return 0 < ahead < SOON.days
    if month is None:
        return year > story.at.year
    then = year * 372 + month * 31 + (day or 31)
    return then > published or then < published - OLD.days


def names_are_proven(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L4: every name is in the quotes of its sentence or in the title."""
    language = base(brief.language)
    if base(spoken_in(story, brief)) != language:
        return
    for sentence in _reworded(draft, story):
        sources = " . ".join([*sentence.quotes, story.title, story.publisher])
        for name in strange(sentence.text, sources, language):
            yield Finding("L4", f"the name “{name}” is not in the quotes", sentence.text)


def overlays_are_proven(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L5: an overlay fits on the screen, its quote stands in the story, and its numbers stand in the quote."""
    for overlay in draft.overlays:
        if len(overlay.text) > OVERLAY:
            yield Finding("L5", f"an overlay has at most {OVERLAY} characters", overlay.text)
        if not verbatim(overlay.quote, story):
            yield Finding("L5", "the story does not say", overlay.quote)
            continue
        if fold(overlay.text).strip(CLOSING) in fold(overlay.quote):
            continue
        written = spoken_in(story, brief)
        known = facts(overlay.quote, written)
        for fact in unproven(facts(overlay.text, brief.language), [known], overlay.quote, story.at):
            yield Finding("L5", f"“{fact.raw}” is not in its quote", overlay.text)
        for fact in turned(facts(overlay.text, brief.language), [known]):
            yield Finding("L5", f"“{fact.raw}” is said of something else in its quote", overlay.text)
        if base(written) == base(brief.language):
            for name in strange(f"x {overlay.text}", f"{overlay.quote} . {story.title}", base(brief.language)):
                yield Finding("L5", f"the name “{name}” is not in its quote", overlay.text)
        if re.fullmatch(r"\W*\d{1,2}\W*", overlay.text) and not re.search(r"[%$€£¥₹°]", overlay.text):
            yield Finding("L5", "nobody knows what a bare number counts", overlay.text)


def covered(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L12: a sentence is made of the words of its story, where both are in one language."""
    language = base(brief.language)
    if base(spoken_in(story, brief)) != language:
        return
    least = COVERED if words(story.text) >= PLENTY else THIN
    for sentence in _reworded(draft, story):
        plain = " ".join(
            spans(literals(prepared(plainly(sentence.text[:2000]), tongue(language)), tongue(language)))
        )
        own = {one for one in stems(told(plain, language), language) if not one.isdigit()}
        near = frozenset[str]().union(*(stems(told(quote, language), language) for quote in sentence.quotes))
        if len(own) < MEANT or len(own & near) >= least * len(own):
            continue
        held = stems(bare(plainly(f"{story.title}. {story.text}"[:READ])).lower(), language)
        if len(own & held) < least * len(own):
            yield Finding("L12", "too little of it is in the story", sentence.text)


def still_true(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L13: "yesterday" is only said of a story that is fresh when it airs."""
    if brief.at is None or brief.at - story.at <= FRESH:
        return
    for sentence in draft.sentences:
        for fact in facts(sentence.text, brief.language):
            if fact.kind == "day":
                yield Finding("L13", f"“{fact.raw}” is no longer true when it airs", sentence.text)


def citations_are_verbatim(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L14: what stands in quotation marks stands in the story, word for word."""
    title, text = _evidence(story.title, story.text)
    for sentence in draft.sentences:
        for match in CITED.finditer(sentence.text):
            cited = fold(next(filter(None, match.groups()))).strip(CLOSING + ",")
            if cited and cited not in title and cited not in text:
                yield Finding("L14", "the story does not say in these words", match[0])


def claims_are_kept(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L18 negations, L19 hedges and denials, L20 who did it to whom, L21 opposites: they are as in the quotes."""
    written = spoken_in(story, brief)
    for sentence in _reworded(draft, story):
        for code, message in differences(sentence.text, sentence.quotes, brief.language, written):
            yield Finding(code, message, sentence.text)
        if base(written) == base(brief.language):
            for code, message in wider(sentence.text, sentence.quotes, base(written)):
                yield Finding(code, message, sentence.text)
            if swapped(sentence.text, sentence.quotes, base(written)):
                yield Finding("L20", "who did it to whom is the other way round", sentence.text)
            turned_round = reversals(sentence.text, sentence.quotes, base(written))
            for word, opposite in (*turned_round, *unmade(sentence.text, sentence.quotes, base(written))):
                yield Finding("L21", f"“{word}” stands where its quotes have “{opposite}”", sentence.text)
