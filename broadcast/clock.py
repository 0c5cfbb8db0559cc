"""The time, and the end of waiting."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from .errors import BroadcastError, StageError, Unavailable
from .plugins import Clock

T = TypeVar("T")

TRIES = 3
PAUSES = (1.0, 3.0)  #: seconds before the second and the third try
LONGEST_PAUSE = 60.0  #: a service that asks for more ends the stage: the run is called again later


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def stopwatch() -> Callable[[], float]:
    """Return a function that tells the seconds since this call, whatever happens to the system's clock."""
    start = time.monotonic()
    return lambda: time.monotonic() - start


class Turnstile:
    """Lets one pass at a time, and the loop go round in between: so that many who compute hold up nobody else."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __call__(self) -> None:
        async with self._lock:
            await asyncio.sleep(0)


async def rest(clock: Clock, seconds: float, called: asyncio.Event | None = None) -> None:
    """Sleep so many *seconds*, or until *called*."""
    if called is None:
        await clock.sleep(seconds)
        return
    if not called.is_set():
        waits = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(called.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


async def attempt(
    clock: Clock,
    do: Callable[[], Awaitable[T]],
    *,
    what: str,
    deadline: float,
    late: type[StageError] = Unavailable,
) -> T:
    """Do something that may have to be asked for again, at most three times within *deadline* seconds.

    Only `Unavailable` is worth another try. A service's own Retry-After wins over our pauses; one beyond a
    minute, or beyond the deadline, ends the stage. Past the deadline it is cut off and *late* is raised: pass
    `Unconfirmed` where it may have happened by then. Plugins and SDKs never retry: this is the one place.
    """
    elapsed = stopwatch()
    for tried in range(TRIES):
        try:
            async with asyncio.timeout(max(deadline - elapsed(), 0.001)):
                return await do()
        except TimeoutError:
            raise late(f"{what} gave no answer within {deadline:g} s") from None
        except Unavailable as error:
            if tried == TRIES - 1:
                raise
            pause = error.retry_after
            if pause is None:
                pause = PAUSES[tried] * random.uniform(0.8, 1.2)
            if pause > LONGEST_PAUSE or elapsed() + pause >= deadline:
                raise
            await clock.sleep(pause)
    raise AssertionError("unreachable")


def surprise(what: str, error: Exception) -> str:
    """Return one line about an exception that nobody foresaw. Its own text may hold a secret: it is left out."""
    if isinstance(error, BroadcastError):
        return str(error)
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    at = f" at {place.tb_frame.f_code.co_filename.rpartition('/')[2]}:{place.tb_lineno}" if place else ""
    return f"{what}: unexpected {type(error).__name__}{at}"
