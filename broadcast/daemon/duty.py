"""A process on duty: who works in it, the shows that it knows, and what it counts."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

from broadcast.clock import stopwatch
from broadcast.errors import Unwritten
from broadcast.journal.memory import StoreMemory
from broadcast.journal.run import FINAL
from broadcast.station import Station
from broadcast.types import Report

from . import late
from .crew import Crew
from .gauges import Gauges
from .lying import Lying
from .shelf import Shelf

log = logging.getLogger(__name__)

ROUND_SECONDS = 2.0  #: between looks at the clock and at the files, at most


class Duty:
    """What a process needs that airs shows until it is asked to end. *concurrent* runs work at once."""

    def __init__(self, station: Station, shelf: Shelf, *, concurrent: int) -> None:
        self.crew = Crew(station.clock, concurrent)
        self.lying = Lying(station, self.crew.lie)
        self.station = replace(
            station,
            rest=self.crew.rest,
            ending=self.crew.ending.is_set,
            ended=self._ended,
            put_down=self.lying.until_called,
        )
        self._aired_one = False
        self._steady: Callable[[], object] | None = None
        self.shelf, self.gauges, self.rounds = shelf, Gauges(), 0
        self.begun = False  #: whether its shows were read
        self._reload = False
        self._overdue: set[str] = set()
        self._last_look = stopwatch()

    def end(self) -> None:
        """Begin nothing more, and end when what cannot be done twice is done. Said twice: end at once."""
        self.crew.end()
        self.crew.idle.set()

    def reload(self) -> None:
        """Read every show anew."""
        self._reload = True
        self.crew.idle.set()

    def looked(self) -> None:
        """A round is over."""
        self._last_look = stopwatch()
        if self._steady and (self._aired_one or len(self.lying)):
            self._steady()
            self._steady = None

    def when_steady(self, do: Callable[[], object]) -> None:
        """Have *do* done once a run has had all imported that runs need."""
        self._steady = do

    def over(self, id: str) -> None:
        """Forget a run: nothing is left to do."""
        self._overdue.discard(id)
        self.gauges.over(id)

    def look_for_late(self) -> None:
        """Tell of each run that is under way beyond its grace, once."""
        now = self.station.clock.now()
        for id, run in list(self.station.airing.items()):
            show = self.shelf.shows.get(run.show)
            if show is not None and id not in self._overdue and show.schedules and now > run.slot + show.grace:
                self._overdue.add(id)
                words = f"{id} is not on air {show.grace} after its time"
                self.crew.aside(late.announce(self.station, show, "late", words, on=id))

    async def hear_knocks(self) -> None:
        """Have runs of this process look that another process was called back for."""
        if self.station.airing:
            with contextlib.suppress(Unwritten):  # they look later, by themselves
                for id in await self.station.knocks.take(self.station.airing):
                    log.info("%s is called back, by way of another process: it looks", id)
                    self.crew.wake(id)

    def _ended(self, report: Report) -> None:
        words = f"{report.run}: {report.status}" + (f": {report.error}" if report.error else "")
        log.log(logging.INFO if report.status in FINAL else logging.WARNING, "%s", words)
        self.gauges.ended(report)
        self._aired_one = True

    # --- what is known of it from outside

    def since_last_look(self) -> float:
        """Return the seconds since the last round."""
        return self._last_look()

    async def measure(self) -> None:
        """Bring the numbers up to date that are not counted."""
        self.gauges.set("broadcast_runs_in_flight", len(self.station.airing))
        self.gauges.set("broadcast_shows", len(self.shelf.shows))
        for show in {*self.shelf.shows, *self.shelf.broken}:
            self.gauges.set("broadcast_config_broken", float(show in self.shelf.broken), show=show)

    def wrong(self) -> str:
        """Return what keeps it from airing shows, in words; empty: nothing."""
        if self.station.ending():
            return "it was asked to end"
        return "" if self.begun else "it has not read its shows yet"

    async def prove_writable(self) -> None:
        """Write into the journal. Raises `Unwritten`."""
        await StoreMemory(self.station.store, "watch").put("ready", self.station.clock.now().isoformat())
