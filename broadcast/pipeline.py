"""The main path: gather | choose | write | render | publish | deliver.

`air` and `produce` are the page to read first. Called again for the same run they go on where it stopped:
`run.step` remembers what a step returned, and `run.once` makes sure that a deed which spends money or speaks in
public is never done twice.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import quote

from . import editing, errors, reporting
from .clock import attempt, surprise
from .delivery import climb, receipt
from .desk import Desk, Wish, side_by_side
from .errors import Lost, Refused, Rejected, StageError, Unconfirmed, Unwritten, Waiting
from .journal.run import Choosing, Run
from .plugins import Channel, Keep, Source
from .rendering import Rendering
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
PUBLISH_SECONDS = 600.0
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
    if all(edition.script or not chosen.editions.get(edition.name) for edition in editions):
        await run.keep_only(key for edition in editions for key in edition.stories)
    spent = () if wish.dry_run else await desk.purse.spent()
    return reporting.report(show, run, gathered, chosen, editions, spent)


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
            f"write/{edition.name}", Written, lambda: write(show, edition, stories, run, desk.within(edition.name))
        )
        if wish.until == "script":
            return sheet.report()
        if wish.dry_run:
            sheet.receipts = skip(show, edition, wish)
            return sheet.report()
        if not any(wanted(name, wish) for name in edition.channels) and wish.until != "video":
            sheet.notes.append("none of its channels was asked for: it is not rendered")
            sheet.receipts = skip(show, edition, wish)
            return sheet.report()
        unless_all_refuse(edition, refused, run, wish)
        if (made := run.recall(f"video/{edition.name}", Video)) and not made.path.is_file():
            sheet.notes.append(f"{made.path} is gone from the archive: it is made or fetched again")
            await run.forget(f"video/{edition.name}", f"publish/{edition.name}")
        order = place(show, edition, written, run)
        rendering = Rendering(order, run, desk, wish, sheet.notes.append)
        sheet.video = video = await run.step(
            f"video/{edition.name}", Video, lambda: rendering.by_first_that_can(edition.ways)
        )
        if show.publish:
            sheet.video = video = await published(show.publish, video, order, run, desk, sheet.notes)
        if wish.until != "video":
            sheet.receipts = await deliver(show, edition, post(order, video, run), run, desk, wish, refused)
    except (StageError, Waiting) as error:
        sheet.failure = error
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
        found = tuple(fit_to_show(story, name, show.secrets, notes) for story in stories)
    except Exception as error:  # a source is not ours to trust: one with a bug must not end the broadcast
        if not isinstance(error, StageError):
            log.debug("source %s", name, exc_info=True)
        kind, words = errors.kind(error), surprise(name, error)
        return Gathered(sources=(SourceReport(name=name, error=words, kind=kind),), notes=tuple(notes))
    return Gathered(stories=found, sources=(SourceReport(name=name, stories=len(found)),), notes=tuple(notes))


def fit_to_show(story: Story, source: str, secrets: frozenset[str], notes: list[str]) -> Story:
    """Return *story* as of *source*, without an address that would show a secret of the configuration. Pure."""
    url = story.url
    if any(secret in url or quote(secret, safe="") in url for secret in secrets):
        notes.append(f"{source}: the address of {story.title!r} holds a secret of the configuration: left out")
        url = ""
    return story.model_copy(update={"source": source, "url": url})


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
    """Ask each channel, by reading only, whether it would have us. Returns those that would not, and why."""
    if wish.dry_run or wish.until:
        return {}
    names = sorted({name for edition in show.editions for name in edition.channels if wanted(name, wish)})
    answers = await side_by_side(objection(show, name, desk) for name in names)
    # One that is out of reach for now may be back when the video is there.
    refusals = {name: error for name, error in zip(names, answers, strict=True) if error}
    return {name: error for name, error in refusals.items() if isinstance(error, Refused | Rejected)}


async def objection(show: Show, name: str, desk: Desk) -> StageError | None:
    """Return why nothing could be sent on the channel *name* now, or None where all is well."""
    tools = desk.tools(f"{show.name}/channels/{name}", note=lambda text: None)
    try:
        await attempt(desk.clock, lambda: show.channels[name].preflight(tools), what=name, deadline=CHANNEL_SECONDS)
    except StageError as error:
        return error
    except Exception as error:
        log.debug("channel %s", name, exc_info=True)
        return Rejected(surprise(name, error))
    return None


def unless_all_refuse(edition: Edition, refused: Mapping[str, StageError], run: Run, wish: Wish) -> None:
    """Raise where no channel would have us, before anything is paid. What is paid is not given up for that."""
    names = [name for name in edition.channels if wanted(name, wish)]
    if not names or not all(name in refused for name in names) or run.under(f"submit/{edition.name}/"):
        return
    error = Refused if any(isinstance(refused[name], Refused) for name in names) else Rejected
    raise error("no channel will have us: " + "; ".join(f"{name}: {refused[name]}" for name in names))


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


async def published(
    publisher: Publisher, video: Video, order: Order, run: Run, desk: Desk, notes: list[str]
) -> Video:
    """Give the video a lasting public address. Where that fails it airs without one; the next call tries again."""

    async def publish() -> Video:
        tools = desk.tools(f"{run.show}/publish", note=notes.append)
        go = partial(publisher.publish, tools, video, run.id, order.edition)
        url = await attempt(desk.clock, go, what="publish", deadline=PUBLISH_SECONDS)
        return video.model_copy(update={"url": url})

    try:
        return await run.step(f"publish/{order.edition}", Video, publish)
    except StageError as error:
        notes.append(f"the video has no lasting address: {error}")
        return video


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
        try:
            destinations, _ = list(channel.destinations()), channel.ladder()
        except Exception as error:  # nothing was begun yet: it is this channel's affair alone
            log.debug("channel %s", name, exc_info=True)
            words = surprise(name, error)
            item = f"deliver/{edition.name}/{name}"
            return Receipt(channel=name, item=item, status="failed", error=words, kind="Rejected")
        sent = [await send(name, channel, to, post, run, desk, refused.get(name)) for to in destinations]
        return receipt(name, sent)

    receipts = await side_by_side(through(name) for name in edition.channels if wanted(name, wish))
    if any(reporting.reached(one) for one in receipts):
        await run.tell(story.key for story in post.stories)
    return (*receipts, *skip(show, edition, wish))


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
        kind = errors.kind(error)
        return Destination(to=to, item=item, status=status, missed=tuple(missed), error=str(error), kind=kind)


def skip(show: Show, edition: Edition, wish: Wish) -> tuple[Receipt, ...]:
    """Return what is said of the channels that the run was begun for and this call leaves out. Pure."""
    skipped = []
    for name in edition.channels:
        if wish.of is not None and name not in wish.of:
            continue  # the run was never meant for it
        if wish.dry_run or not wanted(name, wish):
            why = "dry run" if wish.dry_run else "left out by --channels"
            item = f"deliver/{edition.name}/{name}"
            skipped.append(Receipt(channel=name, item=item, status="skipped", error=why))
    return tuple(skipped)
