"""The watch over the shows: it airs what is due, takes up what was left, and ends when it is asked to.

It airs by `runner.run(show, slot)`, as everybody does, and the journal decides who does: any number of watches,
cron jobs and people on one database air a slot once. Every round looks for slots by the clock, and counts on no
timer, so a machine that slept or whose clock was put right airs what `missed` says, and nothing twice.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from broadcast import reporting, runner
from broadcast.clock import stopwatch, surprise
from broadcast.errors import ConfigError, Unwritten
from broadcast.journal.memory import StoreMemory
from broadcast.journal.run import FINAL
from broadcast.journal.runs import Row, name
from broadcast.logs import about
from broadcast.runner import Station
from broadcast.schedule import start
from broadcast.show import Show
from broadcast.types import Report

from . import late
from .crew import Crew
from .gauges import Gauges
from .shelf import Shelf
from .turns import LONGEST_PAUSE, again, look

log = logging.getLogger(__name__)

ROUND_SECONDS = 2.0  #: between looks at the clock and at the files, at most
MINUTE = timedelta(minutes=1)  #: between such looks, later on
BUSY = timedelta(seconds=2)  #: before the next look at a run that another process airs, lest that one dies
LEAST_SECONDS = 0.05  #: that it sleeps
FOREVER = datetime(2199, 12, 31, tzinfo=UTC)


@dataclass
class Turn:
    """A run that is to be aired, or tried again."""

    show: str
    slot: datetime
    at: datetime  #: not before
    tries: int = 0


class Watch:
    """Keeps watch over the shows of a shelf. *concurrent* runs work at once; those that wait for renders do not."""

    def __init__(self, station: Station, shelf: Shelf, *, concurrent: int) -> None:
        self.crew, self._reload = Crew(station.clock, concurrent), False
        self.station = replace(station, rest=self.crew.rest, ending=self.crew.ending.is_set, ended=self._ended)
        self.shelf, self.gauges, self.rounds = shelf, Gauges(), 0
        self._since: dict[str, datetime] = {}  #: of each show: slots up to then were looked at
        self._next: dict[str, datetime | None] = {}  #: of each show: when to look again
        self._turns: dict[str, Turn] = {}
        self._strange: set[str] = set()  #: shows that were read, and not looked for in the journal yet
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

    async def keep(self) -> None:
        """Go the rounds until asked to end."""
        while not self.crew.ending.is_set():
            try:
                await self._round()
            except Unwritten as error:  # nothing was begun; the next round looks again
                log.error("%s", error)
            self._last_look = stopwatch()
            self.crew.idle.clear()
            if not (self.crew.ending.is_set() or self._reload):
                await self._nap()
        await self.crew.wind_down(self.station.airing)

    async def _round(self) -> None:
        await self._read()
        now = self.station.clock.now()
        for show in list(self.shelf.shows.values()):
            if show.schedules and self._is_time(show.name, now):
                await self._look(show, now)
        for id, turn in sorted(self._turns.items(), key=lambda one: (one[1].at, one[0])):
            ahead = turn.at - now  # more than there can be: the clock was put back meanwhile
            if not timedelta(0) < ahead <= self._longest(turn) and not self.crew.has(id):
                self._begin(id, turn)
        self._look_for_late(now)

    def air(self, show: str, slot: datetime) -> None:
        """Air *show* at *slot*, which no schedule may know of, and try again as with any other."""
        self._add(show, slot)
        self.crew.idle.set()

    def wake(self, show: str, slot: datetime) -> bool:
        """Go on with a run that waited for somebody, at once. False: it is at work, and may not have heard."""
        id = name(show, slot)
        if self.crew.has(id):
            return False
        self._add(show, slot)
        self._turns[id].at = self.station.clock.now()
        self.crew.idle.set()
        return True

    # --- the shows

    async def _read(self) -> None:
        at_once, self._reload = self._reload or not self.rounds, False
        changes = await asyncio.to_thread(self.shelf.look, now=at_once)
        if not self.rounds and not self.shelf.shows:
            raise ConfigError("; ".join(changes.broken.values()) or "there is no show to keep watch for")
        for gone in changes.gone:
            log.info("%s is gone: nothing more of it is begun", gone)
            self._forget(gone)
        for broken, words in changes.broken.items():
            show = self.shelf.shows.get(broken)
            log.error("%s%s", words, "; the show goes on as it was" if show else "")
            if show is not None:
                self.crew.aside(late.announce(self.station, show, "config", words, on=broken))
        for new in changes.new:
            log.info("%s is read", new)
            if new in changes.mended or not self.rounds:
                self.crew.aside(late.announce(self.station, self.shelf.shows[new], "config", None, on=new))
        self.rounds += 1
        self._strange |= set(changes.new)
        for new in sorted(self._strange & set(self.shelf.shows)):
            await self._take_up(self.shelf.shows[new])
            self._strange.discard(new)

    async def _take_up(self, show: Show) -> None:
        """Take up what was left of a show, and learn which of its slots were looked at."""
        if (left := await self.station.runs.unfinished(show.name)) is not None and not _stopped(left):
            self._add(show.name, left.slot)
        if (aired := await self.station.runs.last_aired(show.name, before=FOREVER)) is not None:
            self.gauges.succeeded(show.name, aired[0])
        self._next.pop(show.name, None)
        if not show.schedules:
            self._since.pop(show.name, None)
            return
        seen = await self._seen(show).get("seen")
        if seen and seen["schedule"] != _times(show):
            self._since[show.name] = self.station.clock.now()  # what is past by the new times was not missed
        elif seen and show.name not in self._since:
            # Whoever saw a slot may have died before it aired: the journal knows which did, and is asked again.
            self._since[show.name] = datetime.fromisoformat(seen["until"]) - show.grace

    def _longest(self, turn: Turn) -> timedelta:
        """Return how long a turn may have to wait: for its jitter, or to be tried again."""
        show = self.shelf.shows.get(turn.show)
        return max([LONGEST_PAUSE, *(one.jitter for one in (show.schedules if show else ()))])

    def _forget(self, gone: str) -> None:
        for of in (self._since, self._next):
            of.pop(gone, None)
        self._turns = {id: turn for id, turn in self._turns.items() if turn.show != gone or self.crew.has(id)}
        self.gauges.drop("broadcast_next_slot_timestamp_seconds", show=gone)

    def _seen(self, show: Show) -> StoreMemory:
        return StoreMemory(self.station.store, f"{show.name}/schedule")

    # --- the slots

    def _is_time(self, show: str, now: datetime) -> bool:
        if show not in self._next:
            return True
        coming, since = self._next[show], self._since.get(show)
        return (coming is not None and now >= coming) or (since is not None and now < since)

    async def _look(self, show: Show, now: datetime) -> None:
        since = self._since.get(show.name)
        found = look(show.schedules, since, now)
        for slot in found.air:
            self._add(show.name, slot)
        if found.lapsed is not None:
            self.crew.aside(self._missed(show, found.lapsed))
        self._since[show.name], self._next[show.name] = now, found.next
        if found.next is not None:
            self.gauges.set("broadcast_next_slot_timestamp_seconds", found.next.timestamp(), show=show.name)
        else:
            self.gauges.drop("broadcast_next_slot_timestamp_seconds", show=show.name)
        await self._seen(show).put("seen", {"schedule": _times(show), "until": now.isoformat()})

    def _add(self, show: str, slot: datetime) -> None:
        id = name(show, slot)
        if id not in self._turns:
            known = self.shelf.shows.get(show)
            self._turns[id] = Turn(show, slot, at=start(show, known.schedules, slot) if known else slot)

    async def _missed(self, show: Show, slot: datetime) -> None:
        if await self.station.pauses.spared(show.name, [slot]):
            return
        if await late.missed(self.station, show, slot):
            self.gauges.add("broadcast_missed_total", show=show.name)

    def _look_for_late(self, now: datetime) -> None:
        for id, run in list(self.station.airing.items()):
            show = self.shelf.shows.get(run.show)
            if show is not None and id not in self._overdue and show.schedules and now > run.slot + show.grace:
                self._overdue.add(id)
                words = f"{id} is not on air {show.grace} after its time"
                self.crew.aside(late.announce(self.station, show, "late", words, on=id))

    # --- the runs

    def _begin(self, id: str, turn: Turn) -> None:
        show = self.shelf.shows.get(turn.show)
        if show is None:
            del self._turns[id]
            return
        self.crew.begin(id, self._turn(id, turn, show))

    async def _turn(self, id: str, turn: Turn, show: Show) -> None:
        with about(show=show.name, run=id):
            try:
                async with self.crew.places:
                    pause = None if self.crew.ending.is_set() else await self._air(id, turn, show)
            except Exception as error:  # whatever it is, the watch goes on, and this run is tried again
                log.error("%s: %s", id, surprise(id, error))
                log.debug("%s", id, exc_info=True)
                pause = again(turn.tries)
        if pause is None:
            self._turns.pop(id, None)
            self._overdue.discard(id)
            self.gauges.over(id)
        else:
            turn.tries += 1
            turn.at = self.station.clock.now() + pause

    async def _air(self, id: str, turn: Turn, show: Show) -> timedelta | None:
        """Air a run, or go on with it. Returns after how long to look at it again; None: nothing is left to do."""
        runs, now = self.station.runs, self.station.clock.now()
        if show.schedules and now > turn.slot + show.grace and await runs.find(id) is None:
            await self._missed(show, turn.slot)  # it stood in line for too long
            return None
        if await self.station.pauses.spared(show.name, [turn.slot]) and await runs.find(id) is None:
            return None
        report = await runner.run(self.station, show, turn.slot, follow=False)
        found = await runs.find(id)
        if found is None or found[0].closed or found[0].held or found[0].status in FINAL:
            return None
        if reporting.asking(report):
            return await self._until_asked(id)
        if found[0].status is None or not reporting.nothing_waits(report):
            return min(BUSY * (1 << min(turn.tries, 6)), MINUTE)
        return again(turn.tries)

    async def _until_asked(self, id: str) -> timedelta:
        """Return after how long a run that waits for people is looked at: whoever hears an answer wakes it."""
        now = self.station.clock.now()
        ends = [one.ends - now for one in await self.station.approvals.of_run(id) if one.verdict is None]
        return min(max(min(ends, default=BUSY), BUSY), LONGEST_PAUSE)

    def _ended(self, report: Report) -> None:
        words = f"{report.run}: {report.status}" + (f": {report.error}" if report.error else "")
        log.log(logging.INFO if report.status in FINAL else logging.WARNING, "%s", words)
        self.gauges.ended(report)

    # --- time

    async def _nap(self) -> None:
        """Sleep until something may be due, or somebody calls. Never for long: the clock may be put right."""
        now = self.station.clock.now()
        coming = [at for at in self._next.values() if at is not None]
        coming += [turn.at for id, turn in self._turns.items() if not self.crew.has(id)]
        left = (min(coming) - now).total_seconds() if coming else ROUND_SECONDS
        naps = {
            asyncio.ensure_future(self.station.clock.sleep(min(max(left, LEAST_SECONDS), ROUND_SECONDS))),
            asyncio.ensure_future(self.crew.idle.wait()),
        }
        await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        for nap in naps:
            nap.cancel()

    # --- what is known of it from outside

    def since_last_look(self) -> float:
        """Return the seconds since the last round."""
        return self._last_look()

    def measure(self) -> None:
        """Bring the numbers up to date that are not counted."""
        self.gauges.set("broadcast_runs_in_flight", len(self.station.airing))
        self.gauges.set("broadcast_shows", len(self.shelf.shows))
        for show in {*self.shelf.shows, *self.shelf.broken}:
            self.gauges.set("broadcast_config_broken", float(show in self.shelf.broken), show=show)

    async def prove_writable(self) -> None:
        """Write into the journal. Raises `Unwritten`."""
        await StoreMemory(self.station.store, "watch").put("ready", self.station.clock.now().isoformat())


def _stopped(row: Row) -> bool:
    """Return whether a person had the run stop where it is: nobody else goes on with it."""
    return row.status == "unfinished" and row.report is not None and reporting.exit_code(row.report) == 0


def _times(show: Show) -> str:
    """Return when *show* is due, as text: another text, other times."""
    return "\n".join(one.model_dump_json() for one in show.schedules)
