"""Pages that follow a run while it is aired, by server-sent events.

One look a second at the journal serves all that follow, however many there are; what a page shows is sent again
only where it changed.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from broadcast.clock import surprise
from broadcast.errors import BroadcastError

from .house import House
from .run import regions
from .told import read
from .visit import Visit

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
QUIET_SECONDS = 15.0  #: then a line that says nothing, so that nobody between takes the connection for dead
MOST = 500  #: that follow at once


class Full(BroadcastError):
    """Too many follow already."""


@dataclass(eq=False)
class Follower:
    """Somebody who follows a run."""

    run: str
    stirred: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """All that follow, and the one who looks for them. `close` sends them away."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._followers: set[Follower] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def follow(self, run: str, visit: Visit) -> AsyncIterator[bytes]:
        """Yield events: what changed of the page of *run*, each part by its name; at last that it is over."""
        if len(self._followers) >= MOST:
            raise Full(f"{MOST} pages follow runs already; reload this one by hand")
        follower = Follower(run)
        self._followers.add(follower)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())
        shown: dict[str, str] = {}
        try:
            while not self._closed:
                follower.stirred.clear()
                told = await read(self._house, run)
                parts = {name: self._house.redact.text(html) for name, html in regions(told, visit).items()}
                changed = {name: html for name, html in parts.items() if shown.get(name) != html}
                if changed:
                    shown = parts
                    yield _event("changed", changed)
                if told.over:
                    yield _event("over", {})
                    return
                try:
                    await asyncio.wait_for(follower.stirred.wait(), QUIET_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._followers.discard(follower)

    async def close(self) -> None:
        """Send everybody away."""
        self._closed = True
        for follower in self._followers:
            follower.stirred.set()
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def _look(self) -> None:
        """Look at every run that is followed, and stir those whose run changed."""
        known: dict[str, object] = {}
        while self._followers:
            await asyncio.sleep(LOOK_SECONDS)
            runs = {follower.run for follower in self._followers}
            try:
                signs = await self._house.reading.signs(runs)
            except Exception as error:  # noqa: BLE001  # the journal is away, or it is a bug: the next look may do
                log.warning("%s", error if isinstance(error, BroadcastError) else surprise("live pages", error))
                continue
            airing = self._house.station.airing
            now = {run: (signs.get(run), dict(airing[run].progress) if run in airing else None) for run in runs}
            for follower in self._followers:
                if known.get(follower.run) != now.get(follower.run):
                    follower.stirred.set()
            known = dict(now)


def _event(name: str, data: object) -> bytes:
    """Return one event; JSON has no newlines of its own."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
