"""One edition's post through its channels: each destination once, channels side by side.

A channel that is broken or slow changes nothing for the others. What goes wrong is in the receipts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from broadcast import errors, reporting
from broadcast.clock import attempt, surprise
from broadcast.delivery import arrived, climb, receipt
from broadcast.desk import Desk, Wish, side_by_side
from broadcast.errors import BroadcastError, Refused, Rejected, StageError, Unconfirmed
from broadcast.journal.run import Run
from broadcast.plugins import Channel, Keep, Reconciles
from broadcast.scripting import captions
from broadcast.show import Edition, Show
from broadcast.types import Destination, Post, Receipt

from . import rows

log = logging.getLogger(__name__)

CHANNEL_SECONDS = 60.0  #: for one channel to say whether it would have us, and whom it posts to

SHOWN = 3  #: destinations that an error about all of them names
#: After so many destinations in a row that were out of reach, and none before them, the service is: nobody waits
#: for the same silence a thousand times.
SILENT = 5

#: The channels that would not have us; or, of one that would, the destinations that would not.
Refusals = Mapping[str, StageError | Mapping[str, StageError]]


# --- before anything is paid


async def preflight(show: Show, desk: Desk, wish: Wish) -> Refusals:
    """Ask each channel, by reading only, whether it would have us. Returns those that would not, and why."""
    return await objections(show, {name for edition in show.editions for name in edition.channels}, desk, wish)


async def objections(show: Show, channels: Iterable[str], desk: Desk, wish: Wish) -> Refusals:
    """Ask those of *channels* that are wanted whether they would have us. Returns those that would not, and why."""
    names = [] if wish.dry_run or wish.until else sorted({name for name in channels if wanted(name, wish)})
    answers = await side_by_side(objection(show, name, desk) for name in names)
    # One that is out of reach for now may be back when the video is there.
    final = (Refused, Rejected)
    found: dict[str, StageError | Mapping[str, StageError]] = {}
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Mapping):
            shut = {to: error for to, error in answer.items() if isinstance(error, final)}
            found[name] = await _altogether(show, name, desk, shut) if shut else shut
        elif isinstance(answer, final):
            found[name] = answer
    return found


async def addressed(
    show: Show, edition: Edition, fields: Mapping[str, str], desk: Desk, wish: Wish, refused: Refusals
) -> tuple[Show, Refusals]:
    """Return *show* with *fields* in its blanks, and who would not have us, now that it is known whom it posts to.

    Raises `Rejected` where its title cannot be filled.
    """
    filled = rows.fitted(show, fields)
    closed = await objections(filled, rows.newly_filled(show, filled, edition), desk, wish)
    return filled, {**refused, **rows.unfilled(filled), **closed}


async def objection(show: Show, name: str, desk: Desk) -> StageError | Mapping[str, StageError]:
    """Return why nothing could be sent on the channel *name* now; or which of its destinations would refuse."""
    tools = desk.tools(f"{show.name}/channels/{name}", note=lambda text: None)
    ask = partial(show.channels[name].preflight, tools)
    try:
        return await attempt(desk.clock, ask, what=name, deadline=CHANNEL_SECONDS) or {}
    except StageError as error:
        return error
    except Exception as error:
        log.debug("channel %s", name, exc_info=True)
        return Rejected(surprise(name, error))


async def _altogether(
    show: Show, name: str, desk: Desk, shut: Mapping[str, StageError]
) -> StageError | Mapping[str, StageError]:
    """Return one error where the destinations that are *shut* are all that the channel has."""
    tools = desk.tools(f"{show.name}/channels/{name}", note=lambda text: None)
    ask = partial(show.channels[name].destinations, tools)
    try:
        there = await attempt(desk.clock, ask, what=name, deadline=CHANNEL_SECONDS)
    except Exception:  # said when it is asked again, to deliver
        log.debug("channel %s", name, exc_info=True)
        return shut
    if set(there) - set(shut):
        return shut
    kind = Refused if any(isinstance(error, Refused) for error in shut.values()) else Rejected
    return kind("; ".join(f"{to}: {error}" for to, error in list(shut.items())[:SHOWN]))


def unless_all_refuse(edition: Edition, refused: Refusals, run: Run, wish: Wish) -> None:
    """Raise where no channel would have us, before anything is paid. What is paid is not given up for that."""
    names = [name for name in edition.channels if wanted(name, wish)]
    closed = {name: why for name, why in refused.items() if isinstance(why, StageError)}
    if not names or not all(name in closed for name in names) or run.under(f"submit/{edition.name}/"):
        return
    error = Refused if any(isinstance(closed[name], Refused) for name in names) else Rejected
    raise error("no channel will have us: " + "; ".join(f"{name}: {closed[name]}" for name in names))


def wanted(channel: str, wish: Wish) -> bool:
    return wish.channels is None or channel in wish.channels


# --- deliver


@dataclass(frozen=True)
class Sending:
    """One edition's post on its way to its channels."""

    show: Show
    edition: Edition
    post: Post
    run: Run
    desk: Desk
    wish: Wish
    refused: Refusals

    async def deliver(self) -> tuple[Receipt, ...]:
        """Send the post on every channel at once, and return what became of it."""
        names = [name for name in self.edition.channels if wanted(name, self.wish)]
        receipts = await side_by_side(self._through(name) for name in names)
        if any(reporting.reached(one) for one in receipts):
            await self.run.tell(story.key for story in self.post.stories)
        return (*receipts, *skip(self.edition, self.wish))

    async def _through(self, name: str) -> Receipt:
        channel = self.show.channels[name]
        notes: list[str] = []
        tools = self.desk.tools(f"{self.run.show}/channels/{name}", note=notes.append)
        ask = partial(channel.destinations, tools)
        failure: tuple[Destination, ...] = ()
        found: Sequence[str] = ()
        try:
            channel.ladder()
            found = await attempt(self.desk.clock, ask, what=name, deadline=CHANNEL_SECONDS)
        except Exception as error:  # nothing was begun yet: it is this channel's affair alone
            log.debug("channel %s", name, exc_info=True)
            failure = (self._failed(name, errors.kind(error), surprise(name, error)),)
        # What earlier calls sent stays in the receipt, whoever the channel posts to by now.
        earlier = [item.key.split("/", 3)[3] for item in self.run.under(f"deliver/{self.edition.name}/{name}/")]
        destinations = list(dict.fromkeys((*found, *earlier)))  # the same one twice is one delivery
        if not destinations and not failure:
            failure = (self._failed(name, "Rejected", "there is nobody to send to"),)
        send = partial(self._send, name, channel, self._worded(name), frozenset(found))
        unreached = partial(self._unreached, name)
        ends = await spread(destinations, send, abreast=channel.abreast, unreached=unreached)
        made = receipt(name, [*ends, *failure])
        return made.model_copy(update={"missed": (*notes, *made.missed)})

    def _failed(self, name: str, kind: str, words: str) -> Destination:
        item = f"deliver/{self.edition.name}/{name}"
        return Destination(to="", item=item, status="failed", error=words, kind=kind)

    def _unreached(self, name: str, to: str) -> Destination | None:
        """Return what is said of a destination that is not tried; None where an earlier call knows more of it."""
        item = f"deliver/{self.edition.name}/{name}/{to}"
        if self.run.begun(item):
            return None
        words = f"not tried: {name} was out of reach for {SILENT} others; `broadcast retry` sends it"
        return Destination(to=to, item=item, status="failed", error=words, kind="Unavailable")

    def _worded(self, name: str) -> Post:
        """Return the post in the words that the show has for this channel."""
        outlet = self.show.outlets.get(name)
        if outlet is None:
            return self.post
        changes: dict[str, str] = {} if outlet.disclosure else {"disclosure": ""}
        if outlet.caption is not None:
            changes |= {"heading": "", "caption": captions.filled(outlet.caption, self.post)}
        return self.post.model_copy(update=changes)

    async def _send(self, name: str, channel: Channel, post: Post, there: frozenset[str], to: str) -> Destination:
        """Send *post* to one destination, once. What goes wrong is in the answer."""
        item = f"deliver/{post.edition}/{name}/{to}"
        missed: list[str] = []

        def note(text: str) -> None:
            if text not in missed:  # it was tried again
                missed.append(text)

        tools = partial(self.desk.tools, f"{self.run.show}/channels/{name}", note=note)

        async def go(keep: Keep, kept: Mapping[str, str]) -> Destination:
            if refusal := self._refusal(name, to):
                raise refusal
            if to not in there:
                raise Rejected(f"{name} does not post to {to} any more")
            return await climb(channel, tools(keep=keep, kept=kept), post, to, item=item, missed=missed)

        async def settle(kept: Mapping[str, str]) -> Destination | None:
            assert isinstance(channel, Reconciles)
            begun = self.run.begun(item) or self.desk.clock.now()
            look = partial(channel.reconcile, tools(kept=kept), post, to, begun)
            try:
                found = await attempt(self.desk.clock, look, what=name, deadline=CHANNEL_SECONDS)
            except BroadcastError:
                raise
            except Exception as error:  # a bug in a plugin tells nothing of what became of the post
                log.debug("channel %s", name, exc_info=True)
                raise Unconfirmed(surprise(name, error)) from error
            return arrived(found, to, item=item, rung=kept.get("rung", ""), missed=missed) if found else None

        try:
            return await self.run.once(
                item,
                Destination,
                go,
                reconcile=settle if isinstance(channel, Reconciles) else None,
                repeatable=channel.repeatable,
            )
        except StageError as error:
            doubtful = isinstance(error, Unconfirmed) or item in self.run.in_doubt(item)
            status = "unconfirmed" if doubtful else "failed"
            kind = "Unconfirmed" if doubtful else errors.kind(error)
            return Destination(to=to, item=item, status=status, missed=tuple(missed), error=str(error), kind=kind)

    def _refusal(self, name: str, to: str) -> StageError | None:
        why = self.refused.get(name)
        return why.get(to) if isinstance(why, Mapping) else why


async def spread(
    destinations: Sequence[str],
    send: Callable[[str], Awaitable[Destination]],
    *,
    abreast: int,
    unreached: Callable[[str], Destination | None] = lambda to: None,
) -> list[Destination]:
    """Send to every destination: to one alone until it got through, then to *abreast* at once.

    What the first one uploads, the others need not upload again. *unreached* says what becomes of one that is not
    tried because nobody was in reach; None: it is sent to all the same.
    """
    sent: list[Destination] = []
    waiting = list(destinations)
    while waiting and not any(one.status == "sent" for one in sent):
        if len(sent) >= SILENT and all(one.kind == "Unavailable" for one in sent):
            return [*sent, *[unreached(to) or await send(to) for to in waiting]]
        sent.append(await send(waiting.pop(0)))
    gate = asyncio.Semaphore(abreast)

    async def through(to: str) -> Destination:
        async with gate:
            return await send(to)

    return [*sent, *await side_by_side(through(to) for to in waiting)]


def skip(edition: Edition, wish: Wish) -> tuple[Receipt, ...]:
    """Return what is said of the channels that the run was begun for and this call leaves out. Pure."""
    return tuple(
        Receipt(
            channel=name, item=f"deliver/{edition.name}/{name}", status="skipped", error="left out by --channels"
        )
        for name in edition.channels
        if not wanted(name, wish) and (wish.of is None or name in wish.of)  # else the run was never meant for it
    )


async def rehearse(show: Show, edition: Edition, desk: Desk, wish: Wish) -> tuple[Receipt, ...]:
    """Return the receipts of a dry run: whom each channel would send to, by the names that a delivery has."""

    async def through(name: str) -> Receipt:
        item, why = f"deliver/{edition.name}/{name}", {"status": "skipped", "error": "dry run"}
        tools = desk.tools(f"{show.name}/channels/{name}", note=lambda text: None)
        ask = partial(show.channels[name].destinations, tools)
        try:
            found = await attempt(desk.clock, ask, what=name, deadline=CHANNEL_SECONDS)
        except Exception as error:  # a delivery would say so, too
            log.debug("channel %s", name, exc_info=True)
            return Receipt(channel=name, item=item, status="skipped", error=f"dry run; {surprise(name, error)}")
        ends = [Destination(to=to, item=f"{item}/{to}", **why) for to in dict.fromkeys(found)]
        return receipt(name, ends) if ends else Receipt(channel=name, item=item, **why)

    receipts = await side_by_side(through(name) for name in edition.channels if wanted(name, wish))
    return (*receipts, *skip(edition, wish))
