"""Drafts put together: intro, one segment a story, sign-off, landing on time. Pure."""

import re
from collections.abc import Callable, Sequence

from broadcast.errors import Rejected
from broadcast.text import clean
from broadcast.types import Draft, Overlay, Script, Segment, Sentence, Story

from . import timing
from .captions import address
from .fit import Line, fit
from .kinds import Kind, Words
from .lint import OVERLAY, speakable_name
from .sanitise import fold

#: Shares of the time that was asked for: the least that will do, full enough, what is filled up to, the most.
LEAST, ENOUGH, FULL, MOST = 0.9, 0.95, 1.03, 1.05
SOURCES = 0.12  #: share of the time in which sources are named aloud; the screen shows them all
FRAME = 0.5  #: share of the time from which on opening and sign-off leave out their courtesies, for the stories
TITLE = 80  #: characters of a story's title in a note

Length = Callable[[str], float]


def compose(
    kind: Kind,
    *,
    title: str,
    language: str,
    date: str,
    stories: Sequence[Story],
    drafts: Sequence[Draft],
    seconds: float,
    rate: float | None = None,
    link: str = "",
) -> Script:
    """Return the script that tells *drafts* in the order of *stories* in about *seconds*.

    Every story keeps at least one sentence; the rest is chosen over all drafts by rank. Stories are dropped from
    the end where one sentence each is too much. The script takes 90 to 105 % of *seconds* whenever the drafts hold
    enough text. *rate* is as in `timing.seconds`; *link* is the show's own, for the kinds that end on one.
    A story without a draft is passed over: whoever has no draft of it knows why. Raises `Rejected` where there is
    nothing to tell.
    """
    by_key = {draft.story: _hooked(draft) if kind.hook else draft for draft in drafts if draft.sentences}
    told = [(story, by_key[story.key]) for story in stories if story.key in by_key]
    if not told:
        raise Rejected("there is no story to tell: no writer had anything to say")

    def length(text: str) -> float:
        return timing.seconds(text, language, rate=rate)

    words = kind.say(language)
    told, lines, dropped = _fresh(told, length)
    while True:
        for said in (words, words.briefly()):
            opening = _opening(said, title, date, len(told))
            closing = _closing(said, title, language, [story for story, _ in told], SOURCES * seconds, length)
            action = said.action if link else ""
            closing = [*closing[:-1], *filter(None, [action]), closing[-1]]
            frame = sum(map(length, (*opening, *closing))) + timing.SEGMENT_PAUSE * (len(told) + 1)
            if frame <= FRAME * seconds:
                break
        least, low, full, most = (share * seconds - frame for share in (LEAST, ENOUGH, FULL, MOST))
        kept = fit(lines[: len(told)], least=least, low=low, full=full, most=most)
        if kept is not None:
            break
        story, _ = told.pop()
        dropped.append(f"{clean(story.title, TITLE)}: no time for it in {seconds:g} seconds")

    segments = [_spoken("intro", opening, length)]
    for number, (story, draft) in enumerate(told):
        sentences = tuple(draft.sentences[line.place] for line in kept if line.story == number)
        segments.append(
            Segment(
                kind="story",
                story=story.key,
                sentences=sentences,
                overlays=_shown(draft, sentences),
                seconds=_rounded(sum(length(sentence.text) for sentence in sentences)),
                writer=draft.writer,
            )
        )
    shown = (Overlay(text=address(link, OVERLAY)),) if action else ()
    segments.append(_spoken("signoff", closing, length).model_copy(update={"overlays": shown}))
    writers = sorted({draft.writer for _, draft in told})
    missing = f"the kind {kind.name} has no words in {language!r}: intro and sign-off say names and the date only"
    return Script(
        title=title,
        kind=kind.name,
        language=language,
        segments=tuple(segments),
        seconds=_rounded(sum(part.seconds for part in segments) + timing.SEGMENT_PAUSE * (len(segments) - 1)),
        writer=writers[0] if len(writers) == 1 else "mixed",
        dropped=tuple(dropped),
        notes=() if kind.speaks(language) else (missing,),
    )


def transcript(script: Script) -> str:
    """Return everything that is said, a paragraph for each segment."""
    return "\n\n".join(segment.text for segment in script.segments)


def _hooked(draft: Draft) -> Draft:
    """Return *draft* begun with its best sentence that has a figure, if it has one."""
    best = sorted(draft.sentences, key=lambda sentence: sentence.rank)
    hook = next((one for one in best if re.search(r"\d", one.text)), None)
    if hook is None:
        return draft
    rest = [one for one in draft.sentences if one is not hook]
    return draft.model_copy(update={"sentences": (hook.model_copy(update={"rank": 0}), *rest)})


def _fresh(
    told: Sequence[tuple[Story, Draft]], length: Length
) -> tuple[list[tuple[Story, Draft]], list[list[Line]], list[str]]:
    """Return the stories that say what no earlier one can, the lines of each, and a word on the others."""
    fresh: list[tuple[Story, Draft]] = []
    every: list[list[Line]] = []
    dropped: list[str] = []
    seen: set[str] = set()
    for story, draft in told:
        lines = [
            Line(len(fresh), place, sentence.rank, length(sentence.text), fold(sentence.text).rstrip(".!?。！？। "))
            for place, sentence in enumerate(draft.sentences)
        ]
        if all(line.told in seen for line in lines):
            dropped.append(f"{clean(story.title, TITLE)}: another story says the same")
            continue
        seen.update(line.told for line in lines)
        fresh.append((story, draft))
        every.append(lines)
    return fresh, every, dropped


def _spoken(kind: str, texts: Sequence[str], length: Length) -> Segment:
    return Segment.model_validate(
        {
            "kind": kind,
            "sentences": [Sentence(text=text) for text in texts],
            "seconds": _rounded(sum(map(length, texts))),
        }
    )


def _rounded(seconds: float) -> float:
    return round(seconds, 2)


def _opening(words: Words, title: str, date: str, count: int) -> list[str]:
    return [(words.one if count == 1 else words.many).format(title=title, date=date)]


def _closing(
    words: Words, title: str, language: str, stories: Sequence[Story], time: float, length: Length
) -> list[str]:
    """Return the sign-off: as many sources as can be named in *time* seconds, and goodbye."""
    goodbye = words.goodbye.format(title=title)
    every: dict[str, str] = {}
    for story in stories:
        for publisher in story.publishers:
            if name := clean(publisher, TITLE):
                every.setdefault(fold(name), _short(name))
    said = [name for name in every.values() if speakable_name(name)]
    while said:
        template = words.some if len(said) < len(every) else words.sources if len(said) > 1 else words.source
        sources = template.format(sources=_listed(said, language))
        if length(sources) <= time:
            return [sources, goodbye]
        said.pop()
    return [goodbye]


def _short(name: str) -> str:
    """Return what is said of a publisher's *name*: "Al-Monitor" of "Al-Monitor: news from the Middle East"."""
    return name if speakable_name(name) else re.split(r"\s+[-–—|:·»>]\s+|:\s+|\s*\|\s*", name)[0]


def _listed(names: Sequence[str], language: str) -> str:
    from babel import Locale, UnknownLocaleError  # slow to import
    from babel.lists import format_list

    try:
        return str(format_list(list(names), locale=Locale.parse(language.replace("-", "_"))))
    except (UnknownLocaleError, ValueError):
        return ", ".join(names)


def _shown(draft: Draft, sentences: Sequence[Sentence]) -> tuple[Overlay, ...]:
    """Return the overlays of *draft* but those that prove a sentence which is not told."""
    told = {fold(quote) for sentence in sentences for quote in sentence.quotes}
    silent = {fold(quote) for sentence in draft.sentences for quote in sentence.quotes} - told
    return tuple(overlay for overlay in draft.overlays if fold(overlay.quote) not in silent)
