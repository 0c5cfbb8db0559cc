"""One post through one channel: the ladder, written once."""

from collections.abc import Sequence
from functools import partial

from .clock import attempt
from .errors import Rejected, Unavailable, Unconfirmed
from .plugins import Channel, Tools
from .types import Destination, Post, Receipt, Sent

RUNG_SECONDS = 600.0  #: for one rung with its tries: a slow upload of 50 MB fits


async def climb(
    channel: Channel, tools: Tools, post: Post, to: str, *, item: str, missed: list[str]
) -> Destination:
    """Try each rung of the channel's ladder until one holds. What did not hold is added to *missed*.

    A rung that says no, or stays out of reach, costs nothing: go on down. One that may have got through
    (`Unconfirmed`), or a channel that will not have us (`Refused`), ends the climb: those are for the caller.
    """
    last: Rejected | Unavailable = Rejected("the channel has no way to send")
    late = Unavailable if channel.repeatable else Unconfirmed
    ladder = channel.ladder()
    for rung in ladder:
        send = partial(rung, tools, post, to)
        if len(ladder) > 1 and not channel.repeatable:
            await tools.keep("rung", rung.__name__)  # should its answer never come, it is known what was sent
        try:
            sent = await attempt(tools.clock, send, what=rung.__name__, deadline=RUNG_SECONDS, late=late)
        except (Rejected, Unavailable) as error:
            missed.append(f"{rung.__name__}: {error}")
            last = error
        else:
            return arrived(sent, to, item=item, rung=rung.__name__, missed=missed)
    raise last


def arrived(sent: Sent, to: str, *, item: str, rung: str, missed: Sequence[str]) -> Destination:
    """Return what became of a post that got through."""
    named = sent.rung or rung or None
    return Destination(
        to=to, item=item, status="sent", rung=named, ref=sent.ref, url=sent.url, missed=tuple(missed)
    )


def receipt(channel: str, destinations: list[Destination]) -> Receipt:
    """Put what became of each destination of a channel into one receipt: the worst of them decides."""
    if len(destinations) == 1:
        return Receipt(channel=channel, **destinations[0].model_dump(exclude={"to"}))
    order = ("unconfirmed", "failed", "skipped", "sent")
    worst = min(destinations, key=lambda one: order.index(one.status))
    fields = worst.model_dump(include={"item", "status", "rung", "ref", "url", "error", "kind"})
    missed = tuple(f"{one.to}: {rung}" for one in destinations for rung in one.missed)
    return Receipt(channel=channel, **fields, missed=missed, to=tuple(destinations))
