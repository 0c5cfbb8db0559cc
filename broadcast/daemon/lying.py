"""Runs that were put down: one look for all of them, and each is called when there is something to do for it.

Nothing is written down here: a process that dies lets its runs lie, and whoever takes them up looks for itself.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcast import runner
from broadcast.clock import surprise
from broadcast.errors import StageError, Unavailable
from broadcast.journal.run import Run
from broadcast.lull import Wait, until_next_look
from broadcast.show import Show
from broadcast.station import Station

from .crew import rouse

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  #: between rounds
LONGEST = timedelta(hours=1)  #: that a run lies; then it looks for itself, should a word about it have been lost
SHARE = 0.1  #: of a pause: looks that fall due within are one


@dataclass(slots=True)
class Sleeper:
    """A run that lies, until `waking` is done."""

    show: Show
    until: datetime
    waking: "asyncio.Future[None]"

    def call(self) -> None:
        rouse(self.waking)


@dataclass(slots=True)
class Look:
    """A video that a sleeper waits for, and when its service is to be asked about it.

    There may be thousands, and each is passed over once a second: what is compared then is reckoned before.
    """

    wait: Wait
    sleeper: Sleeper
    due: datetime
    soon: datetime  #: from then on it comes along where others are asked about

    @classmethod
    def after(cls, wait: Wait, sleeper: Sleeper, now: datetime) -> "Look":
        look = cls(wait, sleeper, now, now)
        look.put_off(now)
        return look

    def put_off(self, now: datetime, at_least: float = 0.0) -> None:
        """Look again when it is worth it, and not within *at_least* seconds."""
        assert self.wait.renderer
        pause = until_next_look(self.wait.renderer.poll, now - self.wait.since)
        self.due = now + timedelta(seconds=max(pause, at_least))
        self.soon = self.due - timedelta(seconds=SHARE * pause)


class Lying:
    """The runs of this process that were put down. *lie* waits as such a run does."""

    def __init__(self, station: Station, lie: "Callable[[asyncio.Future[None]], Awaitable[None]]") -> None:
        self._station, self._lie = station, lie
        self._sleepers: dict[str, Sleeper] = {}
        self._looks: dict[tuple[str, str], Look] = {}
        self._rounds: asyncio.Task[None] | None = None
        self._asking: dict[str, asyncio.Task[None]] = {}  #: by the service

    def __len__(self) -> int:
        return len(self._sleepers)

    async def until_called(self, show: Show, run: Run, waits: Sequence[Wait]) -> None:
        """Let *run* lie until there is something to do for it, it is to stop, or this process is asked to end."""
        if run.halt.by:
            return
        now = self._station.clock.now()
        until = min([now + LONGEST, *(wait.until for wait in waits)])
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[run.id] = sleeper = Sleeper(show, until, waking)
        run.halt.ears.append(waking)
        for wait in waits:
            if wait.renderer is None:
                self._station.berths.call(wait.account, run, wait.key, sleeper.call)
            else:
                self._looks[run.id, wait.key] = Look.after(wait, sleeper, now)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._go_rounds())
        try:
            await self._lie(waking)
        finally:
            run.halt.ears.remove(waking)
            del self._sleepers[run.id]
            for wait in waits:
                self._looks.pop((run.id, wait.key), None)
            if not self._sleepers:
                self._stop()

    def _stop(self) -> None:
        for task in (self._rounds, *self._asking.values()):
            if task is not None:
                task.cancel()
        self._rounds = None
        self._asking.clear()

    async def _go_rounds(self) -> None:
        while True:
            await self._station.clock.sleep(LOOK_SECONDS)
            try:
                now = self._station.clock.now()
                self._call_overdue(now)
                self._ask_what_is_due(now)
                await self._station.berths.look()
            except Exception as error:  # noqa: BLE001  # whatever it is, the runs must be called in the end
                log.warning("%s", surprise("runs that wait", error))

    def _call_overdue(self, now: datetime) -> None:
        furthest = now + LONGEST  # more, and the clock was put back
        for sleeper in self._sleepers.values():
            if not now < sleeper.until <= furthest:
                sleeper.call()

    def _ask_what_is_due(self, now: datetime) -> None:
        due = defaultdict[str, list[Look]](list)
        for look in self._looks.values():
            if look.soon <= now and look.wait.account not in self._asking:
                due[look.wait.account].append(look)
        for service, looks in due.items():
            if any(look.due <= now for look in looks):  # those that are due soon come along
                self._asking[service] = asyncio.create_task(self._ask(service, looks))

    async def _ask(self, service: str, looks: Sequence[Look]) -> None:
        """Ask about several videos, and call those whose run has something to do."""
        station, first, pause = self._station, looks[0], 0.0
        making: frozenset[str] = frozenset()
        try:
            run = runner.rehearsal_run(station, first.sleeper.show)
            tools = station.desk(first.sleeper.show, run, rehearsal=True).tools("lying", note=log.debug)
            assert first.wait.renderer
            jobs = [look.wait.job for look in looks if look.wait.job]
            making = await first.wait.renderer.making(tools, jobs)
        except Unavailable as error:
            making, pause = frozenset(job.id for job in jobs), error.retry_after or 0.0
            log.debug("%s", error)
        except StageError as error:
            log.debug("%s; each run looks for itself", error)
        except Exception as error:  # noqa: BLE001  # as above: each run looks for itself, and says what it meets
            log.warning("%s", surprise("runs that wait", error))
        finally:
            if self._asking.get(service) is asyncio.current_task():
                del self._asking[service]
        now = station.clock.now()
        for look in looks:
            assert look.wait.job
            if look.wait.job.id in making:
                look.put_off(now, pause)
            else:
                look.sleeper.call()
