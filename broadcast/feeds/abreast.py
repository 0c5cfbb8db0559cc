"""Hundreds of feeds asked side by side, those of one server one after the other: over one connection, politely."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping

from broadcast.errors import StageError, Unavailable

from .subscription import origin

ROWS = 64  #: at once; more of them are no faster. Feeds of one server stand in one row, and share a connection
FEW = 2  #: a server with more feeds has two rows
HELD_UP = 2.0  #: seconds after which any that has feeds left gets a second row: one of them may never answer

#: Asks the feed of that name, told whether others are asked over its connection, and returns what went wrong.
Ask = Callable[[str, bool], Awaitable[StageError | None]]


async def ask_abreast(addresses: Mapping[str, str], ask: Ask, ends: float) -> None:
    """Ask the feeds at *addresses*, by their names, in this order, until the loop's time is *ends*.

    Those under way are cancelled then, and the others not asked; nor are any of a server that asks to wait. What
    *ask* raises is raised when all is done.
    """
    room, now = asyncio.Semaphore(ROWS), asyncio.get_running_loop().time

    async def stand(left: deque[str], more: bool) -> None:
        while left:
            async with room:
                failure = None
                while left and not failure:  # after a failure other servers come first: the next may take as long
                    failure = await ask(left.popleft(), more)
            if isinstance(failure, Unavailable) and failure.retry_after:
                left.clear()

    def row(left: deque[str], more: bool = True) -> asyncio.Task[None]:
        return asyncio.create_task(stand(left, more))

    servers = [deque(names) for names in by_server(addresses)]
    many = [left for left in servers if len(left) > FEW]
    few = [left for left in servers if len(left) <= FEW]
    rows = [row(left, len(left) > 1) for left in servers] + [row(left) for left in many]
    try:
        await done(rows, min(HELD_UP, ends - now()))
        if now() < ends:
            for _ in range(ROWS):
                room.release()  # as many may be held up by servers that never answer
            rows += [row(left) for left in few if left]
            await done(rows, ends - now())
    finally:
        for one in rows:
            one.cancel()
        ended = await asyncio.gather(*rows, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


async def done(rows: Iterable[asyncio.Task[None]], seconds: float) -> None:
    if tasks := set(rows):
        await asyncio.wait(tasks, timeout=seconds)


def by_server(addresses: Mapping[str, str]) -> list[list[str]]:
    """Return the names of feeds, those of one server together."""
    servers: dict[tuple[str, str | None, int | None], list[str]] = {}
    for name, url in addresses.items():
        servers.setdefault(origin(url), []).append(name)
    return list(servers.values())
