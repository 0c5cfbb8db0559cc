"""The main path: gather | choose | write | render | publish | deliver.

`air` and `produce` are the page to read first. Called again for the same run they go on where it stopped:
`run.step` remembers what a step returned, and `run.once` makes sure that a deed which spends money or speaks in
public is never done twice.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from . import editing, reporting
from .clock import attempt, surprise
from .delivery import climb, receipt
from .desk import Desk, Wish, side_by_side
from .errors import Lost, Refused, Rejected, StageError, Unconfirmed, Unwritten, Waiting
from .journal.run import Choosing, Run
from .plugins import Channel, Keep, Source
from .rendering import render
from .scripting import captions, kinds
from .show import Edition, Publisher, Show
from .types import (
    Chosen,
    Destination,
    EditionReport,
    Gathered,
    Order,
    Post,
    Receipt,
    Report,
    SourceReport,
    Story,
    Video,
    Written,
)
from .writing import write

log = logging.getLogger(__name__)

SOURCE_SECONDS = 30.0  #: for one source, tries included
CHANNEL_SECONDS = 30.0  #: for one channel to say whether it would have us
UNDERSTUDIES = 3  #: stories held ready for those of which nothing can be said


async def air(show: Show, run: Run, desk: Desk, since: datetime, wish: Wish) -> Report:
    """Make one broadcast, or go on with it. Stories older than *since* are not told."""
    try:
        gathered = await run.step("gather", Gathered, lambda: gather(show, desk, since, wish))
    except TooFew as error:
        return reporting.unheard(show, run, error.gathered)
    chosen = await run.choose("choose", Chosen, lambda told: choose(show, gathered, told, since, wish))
    if not chosen.pool:
        return reporting.quiet(show, run, gathered, chosen)
    refused = await preflight(show, desk, wish)
    editions = await side_by_side(
        produce(show, edition, chosen, run, desk, wish, refused) for edition in show.editions
    )
    if all(edition.script or edition.name not in chosen.editions for edition in editions):
        await run.keep_only(key for edition in editions for key in edition.stories)
    return reporting.report(show, run, gathered, chosen, editions)


async def produce(
    show: Show,
    edition: Edition,
    chosen: Chosen,
    run: Run,
    desk: Desk,
    wish: Wish,
    refused: Mapping[str, StageError],
) -> EditionReport:
    """Make one edition. What goes wrong is in its report: the other editions go on."""
    sheet = reporting.Sheet(edition)
    stories = chosen.stories(edition.name)
    if not stories:
        sheet.notes.append("nothing new to tell")
        return sheet.report()
    try:
        sheet.written = written = await run.step(
            f"write/{edition.name}", Written, lambda: write(show, edition, stories, run, desk)
        )
        if wish.until == "script":
            return sheet.report()
        if wish.dry_run:
            sheet.receipts = skip(show, edition, wish)
            return sheet.report()
        order = place(show, edition, written, run)
        sheet.video = video = await run.step(
            f"video/{edition.name}", Video, lambda: render(edition.ways, order, run, desk, wish, sheet.notes.append)
        )
        if publisher := show.publish:
            sheet.video = video = await run.step(
                f"publish/{edition.name}", Video, lambda: publish(publisher, video, order, run, desk)
            )
        if wish.until != "video":
            sheet.receipts = await deliver(show, edition, post(order, video, run), run, desk, wish, refused)
        if doubt := run.in_doubt(f"submit/{edition.name}/"):
            raise Unconfirmed(f"{', '.join(doubt)} may have been paid; another renderer stepped in")
    except (StageError, Waiting) as error:
        sheet.failure = error
    except (Lost, Unwritten):
        raise
    except Exception as error:
        log.exception("%s: edition %s", run.id, edition.name)
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
    answers = await side_by_side(ask(show, name, source, desk, since) for name, source in show.sources.items())
    gathered = Gathered(
        stories=tuple(story for answer in answers for story in answer.stories),
        sources=tuple(report for answer in answers for report in answer.sources),
        notes=tuple(note for answer in answers for note in answer.notes),
    )
    if sum(report.error is None for report in gathered.sources) < show.quorum:
        raise TooFew(gathered)
    return gathered


async def ask(show: Show, name: str, source: Source, desk: Desk, since: datetime) -> Gathered:
    """Ask one source."""
    notes: list[str] = []
    tools = desk.tools(f"{show.name}/sources/{name}", note=lambda text: notes.append(f"{name}: {text}"))
    try:
        stories = await attempt(desk.clock, lambda: source.fetch(tools, since), what=name, deadline=SOURCE_SECONDS)
        found = tuple(story.model_copy(update={"source": name}) for story in stories)
    except Exception as error:  # a source is not ours to trust: one with a bug must not end the broadcast
        if not isinstance(error, StageError):
            log.exception("source %s", name)
        kind, words = type(error).__name__, surprise(name, error)
        return Gathered(sources=(SourceReport(name=name, error=words, kind=kind),), notes=tuple(notes))
    return Gathered(stories=found, sources=(SourceReport(name=name, stories=len(found)),), notes=tuple(notes))


# --- choose


def choose(show: Show, gathered: Gathered, told: frozenset[str], since: datetime, wish: Wish) -> Choosing[Chosen]:
    """Decide what each edition tells, and which stories to reserve for it. Pure."""
    if wish.stories is not None:
        told, since = frozenset(), datetime.min.replace(tzinfo=since.tzinfo)
    editions: dict[str, tuple[str, ...]] = {}
    pool: dict[str, Story] = {}
    notes: list[str] = []
    for edition in show.editions:
        limit = len(wish.stories) if wish.stories is not None else edition.stories
        pick = partial(editing.choose, gathered.stories, told=told, since=since, tags=edition.tags)
        choice = pick(limit=limit)
        found = {story.key: story for story in (*choice.stories, *pick(limit=limit + UNDERSTUDIES).stories)}
        editions[edition.name] = tuple(found)
        pool |= found
        notes += [note for note in choice.notes if note not in notes]
    chosen = Chosen(pool=tuple(pool.values()), editions=editions, notes=tuple(notes))
    return Choosing(chosen, tuple((story, editing.identities(story)) for story in chosen.pool))


# --- preflight


async def preflight(show: Show, desk: Desk, wish: Wish) -> Mapping[str, StageError]:
    """Ask each channel, by reading only, whether it would have us. Raises when none would: then nothing is paid."""
    if wish.dry_run or wish.until:
        return {}
    names = {name for edition in show.editions for name in edition.channels if wanted(name, wish)}

    async def ask(name: str) -> StageError | None:
        tools = desk.tools(f"{show.name}/channels/{name}", note=lambda text: None)
        try:
            await attempt(
                desk.clock, lambda: show.channels[name].preflight(tools), what=name, deadline=CHANNEL_SECONDS
            )
        except (Refused, Rejected) as error:
            return error
        except StageError:
            return None  # out of reach for now: it may be back when the video is there
        return None

    answers = dict(zip(sorted(names), await side_by_side(ask(name) for name in sorted(names)), strict=True))
    refused = {name: error for name, error in answers.items() if error}
    if names and len(refused) == len(names):
        kind = Refused if any(isinstance(error, Refused) for error in refused.values()) else Rejected
        raise kind("no channel will have us: " + "; ".join(f"{name}: {error}" for name, error in refused.items()))
    return refused


def wanted(channel: str, wish: Wish) -> bool:
    return wish.channels is None or channel in wish.channels


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
    )


async def publish(publisher: Publisher, video: Video, order: Order, run: Run, desk: Desk) -> Video:
    """Give the video a lasting public address."""
    tools = desk.tools(f"{run.show}/publish", note=lambda text: None)
    url = await attempt(
        desk.clock, lambda: publisher.publish(tools, video, run.id, order.edition), what="publish", deadline=600
    )
    return video.model_copy(update={"url": url})


def post(order: Order, video: Video, run: Run) -> Post:
    """Return what the channels send. Pure."""
    return Post(
        run=run.id,
        show=order.show,
        slot=order.slot,
        edition=order.edition,
        language=order.script.language,
        title=order.title,
        date=order.date,
        caption=captions.caption(order.script, order.stories),
        disclosure=captions.disclosure(order.script.language),
        video=video,
        script=order.script,
        stories=order.stories,
        brand=order.brand,
    )


# --- deliver


async def deliver(
    show: Show, edition: Edition, post: Post, run: Run, desk: Desk, wish: Wish, refused: Mapping[str, StageError]
) -> tuple[Receipt, ...]:
    """Send the post on every channel at once. One that is broken or slow changes nothing for the others."""

    async def through(name: str) -> Receipt:
        channel = show.channels[name]
        sent = [await send(name, channel, to, post, run, desk, refused.get(name)) for to in channel.destinations()]
        return receipt(name, sent)

    receipts = await side_by_side(through(name) for name in edition.channels if wanted(name, wish))
    if any(one.status in ("sent", "unconfirmed") for one in receipts):
        await run.tell(story.key for story in post.stories)
    return tuple(receipts)


async def send(
    name: str, channel: Channel, to: str, post: Post, run: Run, desk: Desk, refusal: StageError | None
) -> Destination:
    """Send the post to one destination, once. What goes wrong is in the answer."""
    item = f"deliver/{post.edition}/{name}/{to}"
    missed: list[str] = []

    async def go(keep: Keep, kept: Mapping[str, str]) -> Destination:
        if refusal:
            raise refusal
        tools = desk.tools(f"{run.show}/channels/{name}", note=missed.append, keep=keep, kept=kept)
        return await climb(channel, tools, post, to, item=item, missed=missed)

    try:
        return await run.once(item, Destination, go, repeatable=channel.repeatable)
    except StageError as error:
        status = "unconfirmed" if isinstance(error, Unconfirmed) else "failed"
        kind = type(error).__name__
        return Destination(to=to, item=item, status=status, missed=tuple(missed), error=str(error), kind=kind)


def skip(show: Show, edition: Edition, wish: Wish) -> tuple[Receipt, ...]:
    """Return what a dry run says of each channel. Pure."""
    return tuple(
        Receipt(channel=name, item=f"deliver/{edition.name}/{name}/{to}", status="skipped", error="dry run")
        for name in edition.channels
        if wanted(name, wish)
        for to in show.channels[name].destinations()[:1]
    )
