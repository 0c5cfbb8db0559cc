"""A watch in this process, and a clock that a test puts forward and back."""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from airing import Town
from patience import until

from broadcast import runner
from broadcast.daemon.attempt import Attempt, attempt
from broadcast.daemon.duty import ROUND_SECONDS
from broadcast.daemon.shelf import Shelf
from broadcast.daemon.watch import Watch
from broadcast.logs import Redact

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class HandClock:
    """A time that passes when a test says so. As on a real machine, sleep does not follow a clock that jumps."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now, self._passed = now, 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._numbers), waking))
        await waking

    def pass_(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._passed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._passed:
            waking = heapq.heappop(self._sleepers)[2]
            if not waking.done():
                waking.set_result(None)

    @property
    def sleeping(self) -> int:
        """How many wait for it."""
        return sum(not waking.done() for _, _, waking in self._sleepers)

    def jump(self, by: timedelta) -> None:
        self._now += by


@contextlib.asynccontextmanager
async def watching(
    town: Town, clock: HandClock, *, concurrent: int = 8, air: Attempt = attempt
) -> AsyncIterator[Watch]:
    async with runner.on_duty(town.settings, clock=clock) as station:
        watch = Watch(station, Shelf(town.settings, Redact(())), concurrent=concurrent, air=air)
        task = asyncio.create_task(watch.keep())
        try:
            await until(lambda: watch.rounds or task.done())
            yield watch
        finally:
            watch.end()
            await task


async def rounds(watch: Watch, clock: HandClock, number: int = 2) -> None:
    """Let the watch go that many rounds, and finish what it began in them."""
    for _ in range(number):
        before = watch.rounds
        clock.pass_(ROUND_SECONDS)

        def gone(before: int = before) -> bool:
            watch.crew.idle.set()  # it may have begun to sleep after that time had passed
            return watch.rounds > before

        await until(gone, "the watch does not go its rounds")
    await rest(watch)


async def rounds_until(true: Callable[[], object], watch: Watch, clock: HandClock) -> None:
    """Let time pass, and the watch go its rounds, until something is so."""

    def passed() -> object:
        clock.pass_(ROUND_SECONDS)
        watch.crew.idle.set()
        return true()

    await until(passed)


async def rest(watch: Watch) -> None:
    """Wait until nothing is under way any more."""
    await until(lambda: not watch.crew.left(), "something is under way and does not end")
