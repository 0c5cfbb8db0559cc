"""The chosen stories made into a script: each told by the first writer that can, and proven."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from broadcast.clock import attempt, stopwatch, surprise
from broadcast.desk import Desk, side_by_side
from broadcast.errors import Held, Lost, Refused, Rejected, StageError, Unavailable, Unwritten
from broadcast.journal.run import Run
from broadcast.scripting import compose, kinds
from broadcast.scripting.lint import lint, lint_script
from broadcast.scripting.triage import triage
from broadcast.show import Edition, Show
from broadcast.text import cut
from broadcast.types import Brief, Draft, Script, Story, Written

from .voices import rate

log = logging.getLogger(__name__)

T = TypeVar("T")

FRAME_SECONDS = 13.0  #: about what intro and sign-off take
WRITER_SECONDS = 60.0  #: for one story by one writer that costs nothing, tries included
STAGE_SECONDS = 60.0  #: for all that writers who are paid do for one edition; then the others tell the rest
TITLE, FAULT = 60, 160  #: characters of a title and of a finding in a note


@dataclass
class Told:
    """What became of one story."""

    story: Story
    draft: Draft | None = None  #: none where nobody could tell it
    reasons: list[StageError] = field(default_factory=list)  #: why the writers before could not
    notes: list[str] = field(default_factory=list)
    held: Held | None = None  #: only a person can have it told


@dataclass(frozen=True)
class Telling:
    """One edition's stories on their way through the writers."""

    show: Show
    edition: Edition
    run: Run
    desk: Desk
    elapsed: Callable[[], float] = field(default_factory=stopwatch)

    async def by_first_that_can(self, story: Story, brief: Brief) -> Told:
        """Have *story* told. Every sentence of the draft is proven."""
        told = Told(story)
        if aside := triage(story):
            told.reasons.append(Rejected(aside))
            return told
        for name, writer in self.show.writers.items():
            notes: list[str] = []
            try:
                told.draft = await self._drafted(name, writer, story, brief, notes)
            except StageError as error:
                told.reasons.append(error)
            except Held as error:  # others that are asked meanwhile come to their end: they may be charged
                told.held = error
                return told
            except (Lost, Unwritten):
                raise
            except Exception as error:  # a writer with a bug is a writer that cannot: the next one may
                log.debug("writer %s", name, exc_info=True)
                told.reasons.append(Unavailable(surprise(name, error)))
            told.notes += notes
            if told.draft:
                break
        return told

    async def _drafted(self, name: str, writer: Any, story: Story, brief: Brief, notes: list[str]) -> Draft:
        """Return what is proven of a writer's draft, which it may repair once. Raises where that is nothing."""

        async def recall(part: str, type: type[T], do: Callable[[], Awaitable[T]]) -> T:
            return await self.run.step(f"{place}/{part}", type, do)

        place = f"tell/{self.edition.name}/{hashlib.sha256(story.key.encode()).hexdigest()[:16]}/{name}"
        tools = self.desk.tools(f"{self.show.name}/writers/{name}", note=notes.append, recall=recall)
        draft = await self._asked(name, writer, partial(writer.write, tools, story, brief))
        await self.desk.turn()
        findings = faults(draft, story, brief)
        good = proven(draft, story, brief)
        if findings and (repair := getattr(writer, "repair", None)):
            log.info("%s: %s: %s", name, story.key, "; ".join(findings))
            try:
                again = await self._asked(name, writer, partial(repair, tools, story, brief, draft, findings))
            except StageError:
                if not good.sentences:
                    raise
            else:
                await self.desk.turn()
                draft, findings = again, faults(again, story, brief)
                good = max(proven(again, story, brief), good, key=lambda one: len(one.sentences))
        if not good.sentences:
            raise Rejected(f"{name}: {'; '.join(findings) or 'it has nothing to say'}")
        if findings:
            notes.append(f"{name}: what is not proven was left out: {cut(findings[0], FAULT)}")
        return good

    async def _asked(self, name: str, writer: Any, ask: Callable[[], Awaitable[Draft]]) -> Draft:
        await self.desk.turn()
        seconds = WRITER_SECONDS
        if not getattr(writer, "repeatable", False):
            seconds = round(STAGE_SECONDS - self.elapsed(), 1)
            if seconds <= 0:
                raise Unavailable(f"{name}: the {STAGE_SECONDS:g} s for writing are over")
        return await attempt(self.desk.clock, ask, what=name, deadline=seconds)


async def write(show: Show, edition: Edition, stories: tuple[Story, ...], run: Run, desk: Desk) -> Written:
    """Have each story told; one of which nothing can be said makes room for an understudy."""
    limit = min(edition.stories, len(stories))
    brief = Brief(
        kind=show.kind.name,
        language=edition.language,
        seconds=max(edition.seconds - FRAME_SECONDS, edition.seconds / 2) / limit,
        tone=edition.tone or show.kind.tone,
        audience=edition.audience,
        structure=show.kind.structure,
        at=run.slot,
    )
    telling = Telling(show, edition, run, desk)
    every: list[Told] = []
    drafts: dict[str, Draft] = {}
    waiting = list(stories)
    while waiting and len(drafts) < limit:
        batch = [waiting.pop(0) for _ in range(min(limit - len(drafts), len(waiting)))]
        every += await side_by_side(telling.by_first_that_can(story, brief) for story in batch)
        if held := next((told.held for told in every if told.held), None):
            raise held
        drafts = {told.story.key: told.draft for told in every if told.draft}
    dropped = [told for told in every if not told.draft]
    # A writer out of order may tell the story another day; one of which nothing can be said is not tried again.
    await run.tell(
        (one.story.key for one in dropped if all(isinstance(why, Rejected) for why in one.reasons)), passed=True
    )
    reasons = [f"{one.story.title}: {'; '.join(map(str, one.reasons))}" for one in dropped]
    if not drafts:
        why = [error for one in dropped for error in one.reasons]
        kind = next(
            (one for one in (Refused, Unavailable) if any(isinstance(error, one) for error in why)), Rejected
        )
        raise kind("nothing can be said of any story: " + "; ".join(reasons))
    date = kinds.date(run.slot, show.zone.key, edition.language)
    known = await rate(show, edition, desk)
    await desk.turn()
    script = put_together(show, edition, brief, stories, drafts, date=date, rate=known)
    script = script.model_copy(
        update={"dropped": (*reasons, *script.dropped), "notes": (*script.notes, *remarks(every))}
    )
    segments = {segment.story for segment in script.segments}
    return Written(script=script, stories=tuple(story for story in stories if story.key in segments))


def put_together(
    show: Show,
    edition: Edition,
    brief: Brief,
    stories: Sequence[Story],
    drafts: Mapping[str, Draft],
    *,
    date: str,
    rate: float | None,
) -> Script:
    """Return the script made of *drafts*, of which every word has passed the lint as it stands together. Pure.

    A story whose segment does not pass is left out, and the rest is put together again. Raises `Rejected` where
    nothing is left.
    """
    drafts, aside = dict(drafts), list[str]()
    while True:
        told = [story for story in stories if story.key in drafts]
        script = compose.compose(
            show.kind,
            title=show.title,
            language=edition.language,
            date=date,
            stories=told,
            drafts=[drafts[story.key] for story in told],
            seconds=edition.seconds,
            rate=rate,
            link=show.link,
        )
        found = lint_script(script, told, edition.seconds, kind=show.kind, brief=brief, link=show.link)
        faulty = faults_by_story(script, told, brief) if found else {}
        if not faulty:  # what is left is the length, or stands around the stories and holds names alone: it airs
            notes = (*script.notes, *(f"the script: {finding}" for finding in found))
            return script.model_copy(update={"notes": notes, "dropped": (*script.dropped, *aside)})
        titles = {story.key: story.title for story in told}
        aside += [f"{titles[key]}: {finding}" for key, finding in faulty.items()]
        drafts = {key: draft for key, draft in drafts.items() if key not in faulty}


def faults_by_story(script: Script, stories: Sequence[Story], brief: Brief) -> dict[str, str]:
    """Return the stories whose segment of *script* does not pass the lint, each with a finding. Pure."""
    known = {story.key: story for story in stories}
    found = {}
    for segment in script.segments:
        if segment.kind == "story":
            said = Draft(
                story=segment.story, sentences=segment.sentences, overlays=segment.overlays, writer=segment.writer
            )
            if findings := lint(said, known[segment.story], brief):
                found[segment.story] = str(findings[0])
    return found


def remarks(every: Iterable[Told]) -> list[str]:
    """Return what is to be said of how the stories were told, what is the same of several once. Pure."""
    found: dict[str, list[str]] = {}
    for told in every:
        if told.draft and told.reasons:
            why = "; ".join(map(str, told.reasons))
            told.notes.append(f"told by {told.draft.writer}, because {why}")
        for note in told.notes:
            found.setdefault(note, []).append(cut(told.story.title, TITLE))
    return [f"{', '.join(dict.fromkeys(titles))}: {note}" for note, titles in found.items()]


def faults(draft: Draft, story: Story, brief: Brief) -> list[str]:
    """Return what is wrong with *draft*, by its writer's own word and by the lint. Pure."""
    return [*draft.flaws, *map(str, lint(draft, story, brief))]


def proven(draft: Draft, story: Story, brief: Brief) -> Draft:
    """Return what of *draft* may air: each sentence and each overlay must pass by itself, and then all together.

    The first sentence must be among them: what follows says "it" and "she" of what that one names. Pure.
    """
    bare = draft.model_copy(update={"sentences": (), "overlays": (), "flaws": ()})
    sentences = [
        one for one in draft.sentences if not lint(bare.model_copy(update={"sentences": (one,)}), story, brief)
    ]
    overlays = [
        one for one in draft.overlays if not lint(bare.model_copy(update={"overlays": (one,)}), story, brief)
    ]
    good = bare.model_copy(update={"sentences": tuple(sentences), "overlays": tuple(overlays)})
    headless = sentences[:1] != list(draft.sentences[:1])
    return bare if headless or lint(good, story, brief) else good
