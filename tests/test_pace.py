"""The limits of calls that a process keeps."""

import asyncio
from datetime import UTC, datetime

from broadcast.pace import Paces
from broadcast.testing import FakeClock

START = datetime(2026, 11, 23, 17, tzinfo=UTC)


class Waits(FakeClock):
    """A clock on which everybody waits at once: it notes until when."""

    def __init__(self) -> None:
        super().__init__(START)
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(round(seconds, 3))


async def test_so_many_calls_go_at_once_and_the_next_ones_wait_their_turn() -> None:
    clock = Waits()
    paces = Paces(clock)

    await asyncio.gather(*(paces.wait("bot", 3, 1.0) for _ in range(8)))

    assert [1.0, 1.0, 1.0, 2.0, 2.0] == clock.waited


async def test_names_do_not_hold_each_other_up() -> None:
    clock = Waits()
    paces = Paces(clock)

    await asyncio.gather(*(paces.wait(f"chat/{number}", 1, 1.0) for number in range(50)))

    assert [] == clock.waited


async def test_after_a_while_without_calls_the_limit_is_whole_again() -> None:
    clock = FakeClock(START)
    paces = Paces(clock)
    for _ in range(3):
        await paces.wait("bot", 3, 60.0)
    await clock.sleep(60)

    before = clock.now()
    await paces.wait("bot", 3, 60.0)

    assert before == clock.now()
