"""The money for one question: reserved before it is asked, settled by what was counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.plugins import Tools


@dataclass
class Bill:
    """What one question costs, in USD: unknown until it is answered."""

    usd: float | None = None


@asynccontextmanager
async def paying(tools: Tools, key: str, worst: float | None) -> AsyncIterator[Bill]:
    """Reserve *worst* for what is asked within, and settle what its `Bill` says.

    What was surely not charged is released. A question that was sent and not answered may have been: its
    reservation stands, and it is asked again under another key. Raises `Refused` where the budget does not bear it:
    that is the show's trouble and not the story's, which may be told another day.
    """
    bill = Bill()
    try:
        await tools.purse.reserve(key, worst)
    except Rejected as error:
        raise Refused(f"claude is not asked: {error}") from None
    try:
        yield bill
    except (Unavailable, Rejected, Refused):  # not Unconfirmed, and not the end of the stage
        await tools.purse.release(key)
        raise
    if bill.usd is not None:
        await tools.purse.settle(key, bill.usd)
