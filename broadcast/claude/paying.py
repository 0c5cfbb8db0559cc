"""The money for one question: reserved before it is asked, settled by what was counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.plugins import Tools


class Purse(Protocol):
    """What a show may spend, in USD. *key* names one payment."""

    async def reserve(self, key: str, usd: float | None) -> None:
        """Raise `Rejected` where the budget does not bear it; None is a price that is not known."""

    async def settle(self, key: str, usd: float) -> None: ...
    async def release(self, key: str) -> None: ...


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
    purse: Purse | None = getattr(tools, "purse", None)
    if purse is None:
        yield bill
        return
    try:
        await purse.reserve(key, worst)
    except Rejected as error:
        raise Refused(str(error)) from None
    try:
        yield bill
    except (Unavailable, Rejected, Refused):  # not Unconfirmed, and not the end of the stage
        await purse.release(key)
        raise
    if bill.usd is not None:
        await purse.settle(key, bill.usd)
