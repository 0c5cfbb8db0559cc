"""Gather: every source at once, each under its own deadline. A dead one is a note."""

import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from broadcast import health
from broadcast.clock import attempt, surprise
from broadcast.desk import Desk, Wish, side_by_side
from broadcast.errors import Rejected, StageError
from broadcast.health import Health
from broadcast.plugins import Manifold, Memory, Source, Tools
from broadcast.show import Show
from broadcast.types import Gathered, SourceReport, Story
from broadcast.witness import Witness

log = logging.getLogger(__name__)

SOURCE_SECONDS = 30.0  #: for one source, tries included


class TooFew(Exception):
    """Fewer sources than the quorum answered: the next call asks all of them again."""

    def __init__(self, gathered: Gathered) -> None:
        super().__init__(f"{len(gathered.sources)} sources")
        self.gathered = gathered


async def gather(show: Show, desk: Desk, since: datetime, wish: Wish) -> Gathered:
    """Ask every source at once. One that fails is noted; fewer than the quorum are `TooFew`."""
    if wish.stories is not None:
        count = SourceReport(name="story", stories=len(wish.stories))
        return Gathered(stories=wish.stories, sources=(count,))
    known = {name: health.recalled(await _memory(show, name, desk).get("health")) for name in show.sources}
    rest = health.spared(known, show.quorum, desk.clock.now())
    answers = await side_by_side(
        spare(name, known[name]) if name in rest else ask(show, name, source, desk, since, known[name])
        for name, source in show.sources.items()
    )
    gathered = Gathered(
        stories=tuple(story for answer in answers for story in answer.stories),
        sources=tuple(report for answer in answers for report in answer.sources),
        notes=tuple(note for answer in answers for note in answer.notes),
        bodies=tuple(body for answer in answers for body in answer.bodies),
    )
    if sum(report.error is None for report in gathered.sources) < show.quorum:
        raise TooFew(gathered)
    return gathered


async def ask(show: Show, name: str, source: Source, desk: Desk, since: datetime, before: Health) -> Gathered:
    """Ask one source, and remember how it fares."""
    notes: list[str] = []
    tools = desk.tools(f"{show.name}/sources/{name}", note=lambda text: notes.append(f"{name}: {text}"))
    witness = Witness(tools.http, name)
    tools = replace(tools, http=witness)
    found: tuple[Story, ...] = ()
    failure: StageError | None = None
    try:
        stories = await attempt(desk.clock, lambda: source.fetch(tools, since), what=name, deadline=SOURCE_SECONDS)
        found = tuple(fit_to_show(story, name, show.secrets, notes) for story in stories)
    except StageError as error:
        failure = error
    except Exception as error:  # a source is not ours to trust: one with a bug must not end the broadcast
        log.debug("source %s", name, exc_info=True)
        failure = Rejected(surprise(name, error))
    now = desk.clock.now()
    after = before.failed(failure, now, random.random()) if failure else before.worked(now)
    await _memory(show, name, desk).put("health", after.model_dump(mode="json"))
    report = _fared(name, after, len(found), await _ailing(name, source, tools))
    return Gathered(stories=found, sources=(report,), notes=tuple(notes), bodies=tuple(witness.bodies))


async def spare(name: str, state: Health) -> Gathered:
    """Leave a source in peace that asked for it, or fails all the time."""
    report = _fared(name, state, 0, {}).model_copy(update={"error": state.rest(), "kind": "Unavailable"})
    return Gathered(sources=(report,))


async def _ailing(name: str, source: Source, tools: Tools) -> Mapping[str, str]:
    """Return what of a source is broken, where it can tell."""
    try:
        return await source.ailing(tools) if isinstance(source, Manifold) else {}
    except Exception as error:  # as above
        log.debug("source %s", name, exc_info=True)
        return {"": surprise(name, error)}


def _fared(name: str, state: Health, stories: int, ailing: Mapping[str, str]) -> SourceReport:
    return SourceReport(
        name=name,
        stories=stories,
        error=state.error if state.fails else None,
        kind=state.kind if state.fails else None,
        fails=state.fails,
        worked=state.good if state.fails else None,
        ailing=ailing,
    )


def _memory(show: Show, name: str, desk: Desk) -> Memory:
    """Return where the health of a source is kept: apart from what the source keeps itself."""
    return desk.memory(health.scope(show.name, name))


def fit_to_show(story: Story, source: str, secrets: frozenset[str], notes: list[str]) -> Story:
    """Return *story* as of *source*, without an address that would show a secret of the configuration. Pure."""
    url = story.url
    if any(secret in url or quote(secret, safe="") in url for secret in secrets):
        notes.append(f"{source}: the address of {story.title!r} holds a secret of the configuration: left out")
        url = ""
    return story.model_copy(update={"source": source, "url": url})
