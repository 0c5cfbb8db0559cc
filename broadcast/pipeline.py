"""The main path: gather | choose | read | write | render | publish | deliver.

`air` and `produce` are the page to read first. Called again for the same run they go on where it stopped:
`run.step` remembers what a step returned, and `run.once` makes sure that a deed which spends money or speaks in
public is never done twice.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote

from . import editing, health, reporting
from .clock import attempt, surprise
from .desk import Desk, Wish, side_by_side
from .errors import Lost, Rejected, StageError, Unwritten, Waiting
from .health import Health
from .journal.run import Choosing, Run
from .plugins import Manifold, Memory, Publishes, Source, Tools
from .scripting import captions, kinds
from .show import Edition, Show
from .stages import dubs, reading, rows
from .stages.gates import Gates
from .stages.rendering import Rendering
from .stages.sending import Refusals, Sending, addressed, preflight, rehearse, skip, unless_all_refuse, wanted
from .stages.voices import learn
from .stages.writing import write
from .types import (
    Chosen,
    Cost,
    EditionReport,
    Gathered,
    Order,
    Past,
    Post,
    Report,
    SourceReport,
    Story,
    Video,
    Why,
    Window,
    Written,
)
from .witness import Witness

log = logging.getLogger(__name__)

Gate = contextlib.AbstractAsyncContextManager[None]  #: lets in as many editions as may be at work at once

SOURCE_SECONDS = 30.0  #: for one source, tries included
PUBLISH_SECONDS = 600.0
REASONS = 100  #: why so many stories were not chosen is kept with the run: those that came nearest
UNDERSTUDIES = 3  #: stories held ready for those of which nothing can be said


async def air(show: Show, run: Run, desk: Desk, window: Window, wish: Wish) -> Report:
    """Make one broadcast, or go on with it. Stories that are not in *window* are not told."""
    try:
        gathered = await run.step("gather", Gathered, lambda: gather(show, desk, window.opens, wish))
    except TooFew as error:
        return reporting.unheard(show, run, error.gathered)
    if show.rows:
        decide = partial(rows.choose, show, gathered, wish=wish)
    else:
        decide = partial(choose, show, gathered, window=window, now=run.slot, wish=wish)
    chosen = await run.choose("choose", Chosen, decide)
    # A render takes an hour, and hundreds of stories were looked through: while it waits, a run holds what it airs.
    gathered = gathered.model_copy(update={"stories": ()})
    del decide
    for done in ("gather", "choose"):
        run.let_go(done)
    if not chosen.pool:
        return reporting.quiet(show, run, gathered, chosen)
    chosen = await reading.read(show, chosen, run, desk)
    refused = await preflight(show, desk, wish)
    gate: Gate = asyncio.Semaphore(show.rows.concurrent) if show.rows else contextlib.nullcontext()
    make = partial(produce, show, chosen=chosen, run=run, desk=desk, wish=wish, refused=refused)
    wanted = rows.editions(show, chosen)
    first = [one for one in wanted if not one.dubs]
    desk.lull.begin(len(first))
    families = await side_by_side(desk.lull.part(with_dubs(show, one, make, gate)) for one in first)
    made = {edition.name: edition for family in families for edition in family}
    editions = [made[edition.name] for edition in wanted]
    if all(edition.script or not chosen.editions.get(edition.name) for edition in editions):
        await run.keep_only(key for edition in editions for key in edition.stories)
    cost = Cost() if wish.dry_run else await desk.purse.spent()
    return reporting.report(show, run, gathered, chosen, editions, cost)


async def with_dubs(
    show: Show,
    edition: Edition,
    make: Callable[[Edition], Awaitable[EditionReport]],
    gate: Gate,
) -> list[EditionReport]:
    """Make one edition when the *gate* lets it, then those that dub its video."""
    async with gate:
        first = await make(edition)
    others = [other for other in show.editions if other.dubs == edition.name]
    if first.held and first.video is None:  # there is nothing to dub before somebody has answered
        return [first, *(reporting.behind(other, first) for other in others)]
    return [first, *await side_by_side(make(other) for other in others)]


async def produce(
    show: Show,
    edition: Edition,
    chosen: Chosen,
    run: Run,
    desk: Desk,
    wish: Wish,
    refused: Refusals,
) -> EditionReport:
    """Make one edition. What goes wrong is in its report: the other editions go on."""
    sheet = reporting.Sheet(edition, desk.lull.notes(edition.name))
    stories = chosen.stories(edition.name)
    if not stories:
        sheet.notes.append("nothing new to tell")
        return sheet.report()
    try:
        fields = rows.fields(show, edition.name, chosen, wish)
        show, refused = await addressed(show, edition, fields, desk, wish, refused)
        sheet.receipts = rows.turned_away(show, edition, wish)
        if sheet.receipts:
            return sheet.report()

        async def say() -> Written:
            if edition.dubs:
                return dubs.script_of(edition, run)
            return await write(show, edition, stories, run, desk.within(edition.name))

        sheet.written = written = await run.step(f"write/{edition.name}", Written, say)
        run.let_go(f"tell/{edition.name}/")
        if wish.until == "script":
            return sheet.report()
        if wish.dry_run:
            sheet.receipts = await rehearse(show, edition, desk, wish)
            return sheet.report()
        if not any(wanted(name, wish) for name in edition.channels) and wish.until != "video":
            sheet.notes.append("none of its channels was asked for: it is not rendered")
            sheet.receipts = skip(edition, wish)
            return sheet.report()
        unless_all_refuse(edition, refused, run, wish)
        gates = Gates(show, edition, run, desk, sheet.notes.append)
        sheet.written = written = await gates.script(written)
        if (kept := run.recall(f"video/{edition.name}", Video)) and not kept.path.is_file():
            sheet.notes.append(f"{kept.path} is gone from the archive: it is made or fetched again")
            await run.forget(f"video/{edition.name}", f"publish/{edition.name}")
        order = place(show, edition, written, run)
        if edition.dubs:
            order = order.model_copy(update={"dub": dubs.dub_of(edition, run)})
        rendering = Rendering(order, run, desk, wish, sheet.notes.append)

        async def make() -> Video:
            made = await rendering.by_first_that_can(edition.ways)
            await learn(show, edition, written.script, made, desk)
            return made

        sheet.video = video = await run.step(f"video/{edition.name}", Video, make)
        if edition.dubs:
            order = await dubs.as_spoken(order, video)
        if wish.until != "video":
            await gates.video(written, post(order, video, run))
        if show.publish:
            unpublished = post(order, video, run)
            sheet.video = video = await published(show.publish, unpublished, run, desk, sheet.notes)
        if wish.until != "video":
            sending = Sending(show, edition, post(order, video, run), run, desk, wish, refused)
            sheet.receipts = await sending.deliver()
    except (StageError, Waiting) as error:
        sheet.failure = error.with_traceback(None)  # which would hold all that a run that is put down lets go
    except (Lost, Unwritten):
        raise
    except Exception as error:
        log.debug("%s: edition %s", run.id, edition.name, exc_info=True)
        sheet.failure = Rejected(surprise(f"edition {edition.name}", error))
    return sheet.report()


# --- gather


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


# --- choose


def choose(
    show: Show, gathered: Gathered, past: Past, *, window: Window, now: datetime, wish: Wish
) -> Choosing[Chosen]:
    """Decide what each edition tells, and which stories to reserve for it. Pure."""
    if wish.stories is not None:
        past, window = Past(), Window(since=datetime.min.replace(tzinfo=UTC))
    sifted = editing.sift(gathered.stories, past, window, now, show.weights, updates=show.updates)
    editions: dict[str, tuple[str, ...]] = {}
    pool: dict[str, Story] = {}
    notes: list[str] = []
    why = [Why(story=one.story, title=one.title, chosen=False, reason=one.reason) for one in sifted.left_out]
    for edition in show.editions:
        if edition.dubs:
            continue
        limit = len(wish.stories) if wish.stories is not None else edition.stories
        span = max(now - window.since, timedelta()) if wish.stories is None else timedelta()
        pick = partial(editing.pick, sifted, window=span, tags=edition.tags, taste=edition.taste)
        choice = pick(limit=limit)
        found = {story.key: story for story in (*choice.stories, *pick(limit=limit + UNDERSTUDIES).stories)}
        editions[edition.name] = tuple(found)
        pool |= found
        notes += [note for note in choice.notes if note not in notes]
        why += [one.model_copy(update={"edition": edition.name}) for one in choice.why]
    editions |= {edition.name: editions[edition.dubs] for edition in show.editions if edition.dubs}
    candidates = [one for one in sifted.candidates if one.story.key in pool]
    notes += [f"{one.story.title!r} is told once more: {one.news}" for one in candidates if one.news]
    if not wish.dry_run:  # of thousands that were not chosen the report holds the sums
        passed = sorted(
            (one for one in why if not one.chosen), key=lambda one: (one.rank is None, -(one.rank or 0))
        )
        why = [*(one for one in why if one.chosen), *passed[:REASONS]]
    chosen = Chosen(pool=tuple(pool.values()), editions=editions, notes=tuple(notes), why=tuple(why))
    return Choosing(
        chosen,
        tuple((one.story, one.names) for one in candidates),
        {one.story.key: one.memory for one in candidates},
    )


# --- render, publish


def place(show: Show, edition: Edition, written: Written, run: Run) -> Order:
    """Return what a renderer is asked for. Pure."""
    return Order(
        show=show.name,
        edition=edition.name,
        slot=run.slot,
        title=show.title,
        date=kinds.date(run.slot, show.zone.key, edition.language),
        script=written.script,
        stories=written.stories,
        brand=show.brand,
        avatar_id=edition.avatar_id or presenter(show, written.stories),
        voice_id=edition.voice_id,
    )


def presenter(show: Show, stories: tuple[Story, ...]) -> str:
    """Return who presents *stories*: whoever the tag has that most of them bear; the first where two do. Pure."""
    have = [{tag.casefold() for tag in story.tags} for story in stories]
    counts = {tag: sum(tag.casefold() in tags for tags in have) for tag in show.presenters}
    best = max(counts, key=lambda tag: counts[tag], default="")
    return show.presenters[best] if best and counts[best] else ""


async def published(publisher: Publishes, post: Post, run: Run, desk: Desk, notes: list[str]) -> Video:
    """Give the video a lasting public address. Where that fails it airs without one; the next call tries again."""

    async def publish() -> Video:
        tools = desk.tools(f"{run.show}/publish", note=notes.append)
        go = partial(publisher.publish, tools, post)
        found = await attempt(desk.clock, go, what="publish", deadline=PUBLISH_SECONDS)
        return post.video.model_copy(update={"url": found.url, "page": found.page})

    try:
        return await run.step(f"publish/{post.edition}", Video, publish)
    except StageError as error:
        notes.append(f"the video has no lasting address: {error}")
        return post.video


def post(order: Order, video: Video, run: Run) -> Post:
    """Return what the channels send. Pure."""
    return Post(
        run=run.id,
        show=order.show,
        slot=order.slot,
        edition=order.edition,
        language=order.language,
        title=order.title,
        date=order.date,
        heading=f"{order.title} · {order.date}",
        caption=captions.caption(order.script, order.stories),
        disclosure=captions.disclosure(order.language),
        video=video,
        script=order.script,
        stories=order.stories,
        brand=order.brand,
    )
