"""The main path: gather | choose | read | write | render | publish | deliver.

`air` and `produce` are the page to read first. Called again for the same run they go on where it stopped:
`run.step` remembers what a step returned, and `run.once` makes sure that a deed which spends money or speaks in
public is never done twice.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from . import reporting
from .clock import attempt, surprise
from .desk import Desk, Wish, side_by_side
from .errors import Lost, Rejected, StageError, Unconfirmed, Unwritten, Waiting
from .journal.run import Run
from .plugins import Publishes
from .scripting import captions, kinds
from .show import Edition, Show
from .stages import dubs, reading, rows
from .stages.choosing import choose
from .stages.gates import Gates
from .stages.gathering import TooFew, gather
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
    Post,
    Report,
    Story,
    Video,
    Window,
    Written,
)

log = logging.getLogger(__name__)

Gate = contextlib.AbstractAsyncContextManager[None]  #: lets in as many editions as may be at work at once

PUBLISH_SECONDS = 600.0


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
    if (over := desk.lull.over(edition.name)) is not None:
        return over
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
    if isinstance(sheet.failure, Waiting | Unconfirmed):
        return sheet.report()
    return desk.lull.is_over(sheet.report())


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
