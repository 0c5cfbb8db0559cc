"""A time that passes only when somebody waits."""

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    """A `Clock` whose `sleep` takes no time: it puts the clock forward and lets other tasks run."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            raise ValueError("the time must be aware: give it a tzinfo")
        self._now = now.astimezone(UTC)
        self.slept: list[float] = []  #: the seconds of each sleep, in order

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(seconds)
        await asyncio.sleep(0)

    def forward(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self._now += timedelta(seconds=seconds)
