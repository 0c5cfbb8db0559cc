"""The lull of a run: when all that is left of it waits, it is put down: no more is held than what it waits for.

To go on it is called again, as after a crash: what was done is in the journal. What is not there is kept here:
since when it waits, what was noted on the way, and what became of editions that wait for nothing any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from .errors import Waiting
from .plugins import Overseen
from .types import EditionReport, Job

T = TypeVar("T")

GROWTH, LONGEST = 0.25, 6.0  #: pauses between looks grow by a quarter of themselves, to six times the first


class PutDown(Waiting):
    """All that is left of the run waits. It is called again when there is something to do."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What one edition waits for: the video of *job*; where there is none yet, a place in the line of *account*."""

    key: str  #: of its submit
    account: str
    since: datetime
    until: datetime  #: then it is called, whatever is known
    words: str  #: for the report
    renderer: Overseen | None = None
    job: Job | None = None


class Lull:
    """The lull of one run. With *puts_down* a run that only waits is put down; else it is held until it goes on."""

    def __init__(self, *, puts_down: bool = False) -> None:
        self.puts_down = puts_down
        self._since: dict[str, datetime] = {}
        self._notes: dict[str, list[str]] = {}
        self._over: dict[str, EditionReport] = {}
        self.begin(0)

    def begin(self, parts: int) -> None:
        """Begin a call of the run, with so many *parts* at work."""
        self._left, self.put_down = parts, False
        self._waits: dict[str, Wait] = {}
        self._limits: dict[str, asyncio.Timeout] = {}  #: of the waits that are not at their end

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Return what each part waits for."""
        return tuple(self._waits.values())

    def since(self, what: str, now: datetime) -> datetime:
        """Return since when *what* is waited for: *now*, or, in a run that was put down, an earlier call."""
        return self._since.setdefault(what, now) if self.puts_down else now

    def notes(self, edition: str) -> list[str]:
        """Return the notes of an edition, to add to: those of earlier calls are there."""
        return self._notes.setdefault(edition, []) if self.puts_down else []

    def over(self, edition: str) -> EditionReport | None:
        """Return what became of an edition that came to its end in an earlier call: it is not made again."""
        return self._over.get(edition)

    def is_over(self, report: EditionReport) -> EditionReport:
        """Remember what became of an edition, and return it. What failed is tried again when the run is over."""
        if self.puts_down:
            self._over[report.name] = report
        return report

    async def part(self, deed: Awaitable[T]) -> T:
        """Do one part of the run. One that ends with an error ends them all."""
        result = await deed
        self._left -= 1
        self._look()
        return result

    async def rest(self, wait: Wait | None, rest: Callable[[], Awaitable[None]]) -> None:
        """Rest. Raises `PutDown` as soon as every part rests that is not done; one without a *wait* is at work."""
        if wait is None or not self.puts_down:
            await rest()
            return
        try:
            async with asyncio.timeout(None) as limit:
                self._waits[wait.key], self._limits[wait.key] = wait, limit
                self._look()
                if not self.put_down:
                    await rest()
        except TimeoutError:
            if not self.put_down:
                raise
        finally:
            del self._limits[wait.key]  # it would hold its task for as long as the run lies
        if self.put_down:
            raise PutDown(wait.words)
        del self._waits[wait.key]

    def _look(self) -> None:
        if self._waits and len(self._waits) == self._left and not self.put_down:
            self.put_down = True
            for limit in self._limits.values():
                limit.reschedule(asyncio.get_running_loop().time())


def until_next_look(first: float, waited: timedelta) -> float:
    """Return the seconds before the next look at a job. Each pause is a quarter longer than the one before.

    Reckoned from all that were *waited*: a run that is called again need not know how often was looked. Pure.
    """
    return min(first + GROWTH * max(waited.total_seconds(), 0.0), first * LONGEST)
