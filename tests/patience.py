"""Wait for what others do, as long as it takes on a machine that does much else, and not for ever."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 240.0  #: seconds for what takes one


async def until(true: Callable[[], object], what: str = "it never came") -> None:
    """Wait in real time for what other tasks and threads do."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


def held_until(true: Callable[[], object], what: Callable[[], object] = lambda: "it never came") -> None:
    """Wait for what other processes and threads do."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)
