"""Tells a story in its own sentences. Needs no key, no model and no network."""

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from broadcast.errors import Rejected
from broadcast.plugins import Plugin, Tools
from broadcast.scripting import quantities, timing
from broadcast.scripting.lint import lint
from broadcast.scripting.ranking import likeness, scores, terms
from broadcast.scripting.sanitise import base, closed, headline, lines, speakable, stripped
from broadcast.scripting.tongue import foreign
from broadcast.text import clean
from broadcast.types import Brief, Draft, Overlay, Sentence, Story

#: Splits of text that no splitter knows the language of go by the rules of English.
FALLBACK = "en"
ALIKE = 0.6  #: likeness of two sentences of which one is enough
SAID = 0.7  #: share of the title's words that a sentence may repeat before the title is not said as well
#: A draft holds this many times the time that was asked for, because other stories may have less to say.
PLENTY = 3.0
OVERLAYS = 4
LONG = 4  #: sentences of a story of which the title is never needed to fill the time
TITLE = -1  #: the place of the title among the sentences


class Extractive(Plugin):
    """Tells a story in its own words: its best sentences, verbatim, each with its quote. It cannot translate."""

    repeatable: ClassVar[bool] = True

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:
        """Return the sentences of *story* that matter, the best with rank 0.

        Raises `Rejected` for a story in another language than the brief's, and for one that holds no sentence
        which may be said.
        """
        return draft(story, brief)


def draft(story: Story, brief: Brief) -> Draft:
    """Return what `Extractive.write` does. Pure."""
    language = base(brief.language)
    if story.language and base(story.language) != language:
        raise Rejected(
            f"the story is in {story.language!r} and the show in {brief.language!r}; this writer cannot translate"
        )
    if not story.language and foreign(f"{story.title}\n{story.text}", language):
        raise Rejected(f"the story is not in {brief.language!r}, and this writer cannot translate")
    chosen = _chosen(story, brief, language)
    while not _air([sentence for _, sentence in sorted(chosen)], story, brief):
        chosen.pop()  # sentences that may be said, each for itself, may be in another language as a whole
    if not chosen:
        raise Rejected("the story holds no sentence that could be said")
    ranks = {place: rank for rank, (place, _) in enumerate(chosen)}
    ordered = sorted(chosen)
    overlays = [
        Overlay(text=shown, quote=sentence.quotes[0])
        for _, sentence in chosen[:OVERLAYS]
        if (shown := quantities.span(sentence.text, language))
    ]
    return Draft(
        story=story.key,
        sentences=tuple(sentence.model_copy(update={"rank": ranks[place]}) for place, sentence in ordered),
        overlays=tuple(overlays),
        writer="extractive",
    )


def _chosen(story: Story, brief: Brief, language: str) -> list[tuple[int, Sentence]]:
    """Return (place, sentence), the best first."""
    title = clean(story.title, 300)
    texts = _sentences(story.text, language)
    ranked = sorted(enumerate(scores(texts, title, language)), key=lambda pair: (-pair[1], pair[0]))
    counted = {place: terms(texts[place], language) for place, _ in ranked}
    kept: list[tuple[int, Sentence]] = []
    time = 0.0
    for place, _ in ranked:
        if time > PLENTY * brief.seconds:
            break
        if any(likeness(counted[place], counted[other]) > ALIKE for other, _ in kept):
            continue
        sentence = Sentence(text=texts[place], quotes=(texts[place],))
        if _air([sentence], story, brief):
            kept.append((place, sentence))
            time += timing.seconds(sentence.text, language)
    return _with_title(kept, title, story, brief, language)


def _with_title(
    kept: list[tuple[int, Sentence]], title: str, story: Story, brief: Brief, language: str
) -> list[tuple[int, Sentence]]:
    """Put the title in where it says something that the best sentence does not.

    It is what a sentence from the middle of the text needs before it; else it comes second. Last comes one that
    asks, that is but a word or two, or that a long text repeats: for a show that has no time for more.
    """
    spoken = headline(title, clean(story.publisher, 100))
    if not kept and not (spoken and _air([_titled(spoken, title, language)], story, brief)):
        spoken = stripped(title)
    sentence = _titled(spoken, title, language)
    if not spoken or not _air([sentence], story, brief):
        return kept
    named = terms(spoken, language)
    best = terms(kept[0][1].text, language) if kept else {}
    told = sum(term in best for term in named) >= SAID * len(named)
    if kept and told and len(kept) < LONG:
        return kept
    if told or len(named) < 3 or spoken.endswith(("?", "？", "؟")):
        rank = len(kept)
    else:
        rank = 1 if kept and kept[0][0] == 0 else 0
        fresh = [one for one in kept if any(term not in named for term in terms(one[1].text, language))]
        if len(fresh) < len(kept):  # the title says all of it: "Acme: Fixed: Crash on an empty list"
            return [(TITLE, sentence), *fresh]
    return [*kept[:rank], (TITLE, sentence), *kept[rank:]]


def _titled(spoken: str, title: str, language: str) -> Sentence:
    return Sentence(text=closed(spoken, language), quotes=(title,))


@lru_cache(maxsize=64)  # a story is told in every edition
def _sentences(text: str, language: str) -> tuple[str, ...]:
    """Return the sentences of a story's *text* that can be said, each once, in its order."""
    import sentencex  # a compiled module that only a writer needs

    found: dict[str, None] = {}
    for line in lines(text):
        for piece in sentencex.segment(language or FALLBACK, line):
            if said := speakable(piece):
                found.setdefault(said)
    return tuple(found)


def _air(sentences: Sequence[Sentence], story: Story, brief: Brief) -> bool:
    """Say whether *sentences* may be said, one after the other."""
    found = Draft(story=story.key, sentences=tuple(sentences), writer="extractive")
    return not sentences or not lint(found, story, brief)
