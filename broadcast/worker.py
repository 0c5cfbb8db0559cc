"""`broadcast worker`: a process that airs what `broadcast serve --queue` puts in line, until it is asked to end.

It makes the call that everybody makes, `run(show, slot)`. A run that waits for its render keeps its job and gives
its place at work away, as in the daemon: a look at a render costs no write, and one process holds a thousand that
wait.
"""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from .clock import surprise
from .daemon import leave_alone_what_is_there, on_signals
from .daemon.attempt import BUSY, asks, attempt, soon, stopped
from .daemon.door import Door
from .daemon.duty import ROUND_SECONDS, Duty
from .daemon.shelf import Shelf
from .daemon.turns import again
from .errors import ConfigError, Unwritten
from .journal.runs import name
from .logs import Redact, about
from .queue import demand
from .queue.jobs import Hands, Queue
from .queue.schema import bring_up_to_date
from .schedule import is_slot
from .settings import Settings
from .show import Show
from .station import Station, on_duty

log = logging.getLogger(__name__)

AWAY_SECONDS = 2.0  #: before a queue that went away is asked for again


async def work(
    known: Settings, redact: Redact, *, host: str, port: int, only: frozenset[str], concurrent: int
) -> None:
    """Air what is in the queue until SIGTERM or SIGINT. SIGHUP has every show read anew. Raises `ConfigError`."""
    demand(known.database_url)
    async with on_duty(known) as station:
        await asyncio.to_thread(bring_up_to_date, known.database_url)
        async with Queue(known.database_url).opened() as queue:
            shift = Shift(station, Shelf(known, redact, only), queue, concurrent=concurrent)
            on_signals(shift)
            leave_alone_what_is_there(shift)
            async with Door(shift).open(host, port) as address:
                log.info("working; %s/metrics", address)
                await shift.keep()
    log.info("ended")


class Shift(Duty):
    """Airs what is in *queue* of the shows of a shelf. *concurrent* runs work at once, beside those that wait."""

    def __init__(self, station: Station, shelf: Shelf, queue: Queue, *, concurrent: int) -> None:
        super().__init__(station, shelf, concurrent=concurrent)
        self._queue = queue
        self._hands = Hands(
            queue,
            self._take,
            self._upkeep,
            shows=lambda: self.shelf.shows,
            places=self.crew.places,
            ending=self.crew.ending,
        )

    async def keep(self) -> None:
        """Take jobs until asked to end."""
        await self._round()
        if not self.shelf.shows:
            raise ConfigError("; ".join(self.shelf.broken.values()) or "there is no show to work for")
        working = asyncio.create_task(self._work())
        try:
            while not self.crew.ending.is_set():
                await self._nap()
                await self._round()
            await self.crew.wind_down(self.station.airing)
        finally:
            working.cancel()
            await asyncio.wait({working})

    async def _round(self) -> None:
        at_once, self._reload = self._reload or not self.begun, False
        changes = await asyncio.to_thread(self.shelf.look, now=at_once)
        for gone in changes.gone:
            log.info("%s is gone: nothing more of it is begun", gone)
        for broken, words in changes.broken.items():  # the daemon alerts, once for all
            log.error("%s%s", words, "; the show goes on as it was" if broken in self.shelf.shows else "")
        for new in changes.new:
            log.info("%s is read", new)
        self.begun = True
        self.look_for_late()
        await self.hear_knocks()
        self.rounds += 1
        self.looked()

    async def _nap(self) -> None:
        self.crew.idle.clear()
        if not (self.crew.ending.is_set() or self._reload):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.crew.idle.wait(), ROUND_SECONDS)

    # --- the queue

    async def _work(self) -> None:
        """Take jobs, and come back when the queue was away. What is in hand goes on meanwhile."""
        while not self.crew.ending.is_set():
            try:
                await self._hands.work()
            except Unwritten as error:
                log.error("%s; it is asked again", error)
            except Exception as error:  # whatever it is, the runs in hand go on, and the queue is asked again
                log.error("%s", surprise("the queue", error))
                log.debug("the queue", exc_info=True)
            await asyncio.sleep(AWAY_SECONDS)

    async def _take(self, show: str, slot: datetime, tries: int) -> None:
        """Do a job. If it is cancelled, as the queue is away, the run goes on by itself."""
        id, known = name(show, slot), self.shelf.shows.get(show)
        if known is None:
            log.warning("%s: this worker knows no such show any more", id)
        elif self.crew.has(id):  # the queue was away, and thought this process dead
            await self._queue.put(known, slot, tries=tries + 1, after=soon(tries))
        else:
            await asyncio.wait({self.crew.begin(id, self._turn(id, known, slot, tries))})

    async def _turn(self, id: str, show: Show, slot: datetime, tries: int) -> None:
        with about(show=show.name, run=id):
            pause: timedelta | None
            try:
                async with self.crew.places:
                    ending = self.crew.ending.is_set()
                    pause = BUSY if ending else await attempt(self.station, show, slot, tries, self.gauges)
            except Unwritten as error:
                log.error("%s: %s", id, error)
                pause = soon(tries)
            except Exception as error:  # whatever it is, the worker goes on, and this run is tried again
                log.error("%s: %s", id, surprise(id, error))
                log.debug("%s", id, exc_info=True)
                pause = again(tries)
            if pause is None or await self._asks(id):
                self.over(id)
                return
            await self._put_back(id, show, slot, tries + 1, pause)

    async def _asks(self, id: str) -> bool:
        """Return whether the run waits for people: the daemon puts it in line again when somebody answered."""
        try:
            found = await self.station.runs.find(id)
        except Unwritten:
            return False
        return found is not None and asks(found[0])

    async def _put_back(self, id: str, show: Show, slot: datetime, tries: int, pause: timedelta) -> None:
        """Put a run in line again, as soon as the queue is there. At the end, whoever does the upkeep finds it."""
        while True:
            try:
                return await self._queue.put(show, slot, tries=tries, after=pause)
            except Unwritten as error:
                log.error("%s: %s", id, error)
                if self.crew.ending.is_set():
                    return None
            await asyncio.sleep(AWAY_SECONDS)

    async def _upkeep(self) -> None:
        """Put back in line what dead workers had in hand, and what was written down and never came there."""
        for id in await self._queue.revive():
            log.warning("%s: its worker is gone, and another goes on with it", id)
        left = [row for row in await self.station.runs.left() if not stopped(row)]
        known = await self._queue.known() if left else frozenset()
        for row in left:
            show = self.shelf.shows.get(row.show)
            # What a person began and left is theirs, or a daemon's that was told of it.
            if show is not None and row.id not in known and is_slot(show.schedules, row.slot):
                log.warning("%s stood in no line", row.id)
                await self._queue.put(show, row.slot)

    # --- what is known of it from outside

    def wrong(self) -> str:
        return super().wrong() or ("" if self._hands.at_work else "the queue cannot be reached")

    async def measure(self) -> None:
        await super().measure()
        for state, number in (await self._queue.counts()).items():
            self.gauges.set("broadcast_queue_jobs", number, state=state)
