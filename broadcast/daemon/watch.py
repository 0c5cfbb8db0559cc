"""The watch over the shows: it airs what is due, takes up what was left, and ends when it is asked to.

It airs by `runner.run(show, slot)`, as everybody does, and the journal decides who does: any number of watches,
cron jobs and people on one database air a slot once. Every round looks for slots by the clock, and counts on no
timer, so a machine that slept or whose clock was put right airs what `missed` says, and nothing twice.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from broadcast.clock import surprise
from broadcast.errors import ConfigError, Unwritten
from broadcast.journal.memory import StoreMemory
from broadcast.journal.runs import name
from broadcast.logs import about
from broadcast.schedule import start
from broadcast.show import Show
from broadcast.station import Station

from . import late
from .attempt import Attempt, attempt, missed, soon, stopped
from .duty import ROUND_SECONDS, Duty
from .shelf import Shelf
from .turns import LONGEST_PAUSE, again, look

log = logging.getLogger(__name__)

CALLS = timedelta(seconds=30)  #: between looks for runs that were asked for and that nobody airs
LEAST_SECONDS = 0.05  #: that it sleeps
SIDE_BY_SIDE = 16  #: shows that are looked at at once: they share a commit, and nothing else waits for long
FOREVER = datetime(2199, 12, 31, tzinfo=UTC)


@dataclass
class Turn:
    """A run that is to be aired, or tried again."""

    show: str
    slot: datetime
    at: datetime  #: not before
    tries: int = 0


class Watch(Duty):
    """Keeps watch over the shows of a shelf. *concurrent* runs work at once; those that wait for renders do not.

    *air* is what is done when a run has its turn: it is aired here, unless somebody says otherwise.
    """

    def __init__(self, station: Station, shelf: Shelf, *, concurrent: int, air: Attempt = attempt) -> None:
        super().__init__(station, shelf, concurrent=concurrent)
        self._air = air
        self._since: dict[str, datetime] = {}  #: of each show: slots up to then were looked at
        self._next: dict[str, datetime | None] = {}  #: of each show: when to look again
        self._turns: dict[str, Turn] = {}
        self._due: deque[str] = deque()  #: those whose turn it is, in their order, and that are not begun
        self._in_line: set[str] = set()  #: those that are begun, and have had no place yet
        self._strange: set[str] = set()  #: shows that were read, and not looked for in the journal yet
        self._looked_for_calls: datetime | None = None
        self._read_at: datetime | None = None

    def call(self, show: str, slot: datetime) -> None:
        """Air a run that was asked for, now."""
        self._add(show, slot, at=self.station.clock.now())
        self.crew.idle.set()

    async def keep(self) -> None:
        """Go the rounds until asked to end."""
        wrong = ""
        while not self.crew.ending.is_set():
            before, wrong = wrong, ""
            try:
                await self._round()
            except Unwritten as error:  # nothing was begun; the next round looks again
                wrong = str(error)
            if wrong != before:  # said once: a full disk is not made room on by a longer log
                log.log(logging.ERROR if wrong else logging.INFO, "%s", wrong or "the journal can be written again")
            self.looked()
            self.crew.idle.clear()
            if not (self.crew.ending.is_set() or self._reload):
                await self._nap(ROUND_SECONDS if wrong else self._until_next())
        await self.crew.wind_down(self.station.airing)

    async def _round(self) -> None:
        await self._read()
        now = self.station.clock.now()
        shows = [show for show in self.shelf.shows.values() if show.schedules and self._is_time(show.name, now)]
        await some_at_once(shows, lambda show: self._look(show, now))
        await self._look_for_calls(now)
        self._due = deque(self._whose_turn_it_is(now))
        self._begin_some()
        self.look_for_late()
        await self.hear_knocks()
        self.rounds += 1

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
        """Read what changed of the shows. Many calls of a moment are no reason to look at every file each time."""
        at_once, self._reload = self._reload or not self.begun, False
        now, read = self.station.clock.now(), self._read_at
        if not at_once and read is not None and timedelta(0) <= now - read < timedelta(seconds=ROUND_SECONDS):
            return
        self._read_at = now
        changes = await asyncio.to_thread(self.shelf.look, now=at_once)
        if not self.begun and not self.shelf.shows:
            raise ConfigError("\n".join(changes.broken.values()) or "there is no show to keep watch for")
        for gone in changes.gone:
            log.info("%s is gone: nothing more of it is begun", gone)
            self._forget(gone)
        for broken, words in changes.broken.items():
            show = self.shelf.shows.get(broken)
            for line in words.splitlines():
                log.error("%s%s", line, "; the show goes on as it was" if show else "")
            if show is not None:
                self.crew.aside(late.announce(self.station, show, "config", words, on=broken))
        for new in changes.new:
            log.info("%s is read", new)
            if new in changes.mended or not self.begun:
                self.crew.aside(late.announce(self.station, self.shelf.shows[new], "config", None, on=new))
        self._strange |= set(changes.new)
        self.begun = True
        strange = [self.shelf.shows[new] for new in sorted(self._strange & set(self.shelf.shows))]
        await some_at_once(strange, self._take_up)

    async def _take_up(self, show: Show) -> None:
        """Take up what was left of a show, and learn which of its slots were looked at."""
        if (left := await self.station.runs.unfinished(show.name)) is not None and not stopped(left):
            self._add(show.name, left.slot)
        if (aired := await self.station.runs.last_aired(show.name, before=FOREVER)) is not None:
            self.gauges.succeeded(show.name, aired[0])
        self._next.pop(show.name, None)
        seen = await self._seen(show).get("seen") if show.schedules else None
        if not show.schedules:
            self._since.pop(show.name, None)
        elif seen and seen["schedule"] != _times(show):
            self._since[show.name] = self.station.clock.now()  # what is past by the new times was not missed
        elif seen and show.name not in self._since:
            # Whoever saw a slot may have died before it aired: the journal knows which did, and is asked again.
            self._since[show.name] = datetime.fromisoformat(seen["until"]) - show.grace
        self._strange.discard(show.name)

    def _priority(self, turn: Turn) -> int:
        show = self.shelf.shows.get(turn.show)
        return show.priority if show else 0

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
            self.crew.aside(missed(self.station, show, found.lapsed, self.gauges))
        self._since[show.name], self._next[show.name] = now, found.next
        if found.next is not None:
            self.gauges.set("broadcast_next_slot_timestamp_seconds", found.next.timestamp(), show=show.name)
        else:
            self.gauges.drop("broadcast_next_slot_timestamp_seconds", show=show.name)
        await self._seen(show).put("seen", {"schedule": _times(show), "until": now.isoformat()})

    def _add(self, show: str, slot: datetime, *, at: datetime | None = None) -> None:
        id = name(show, slot)
        if id not in self._turns:
            known = self.shelf.shows.get(show)
            self._turns[id] = Turn(show, slot, at=at or (start(show, known.schedules, slot) if known else slot))
        elif at is not None and not self._turns[id].tries:
            self._turns[id].at = min(self._turns[id].at, at)

    async def _look_for_calls(self, now: datetime) -> None:
        """Take up what was asked for: of an earlier process, or of another one on this journal that died."""
        since = self._looked_for_calls
        if since is not None and timedelta(0) <= now - since < CALLS:
            return
        for row in await self.station.calls.waiting(self.shelf.shows):
            show = self.shelf.shows[row.show]
            if row.closed or (row.status is None and row.closes and now > row.closes):
                if not self.crew.has(row.id):
                    self.crew.aside(missed(self.station, show, row.slot, self.gauges))
            elif not stopped(row):
                self._add(row.show, row.slot, at=now)
        self._looked_for_calls = now

    # --- the runs

    def _whose_turn_it_is(self, now: datetime) -> list[str]:
        """Return the runs that are to be begun, the most urgent first."""
        due = list[tuple[int, datetime, str]]()
        for id, turn in self._turns.items():
            if self.crew.has(id):
                continue
            ahead = turn.at - now  # more than there can be: the clock was put back meanwhile
            if not timedelta(0) < ahead <= self._longest(turn):
                due.append((-self._priority(turn), turn.at, id))
        return [id for *_, id in sorted(due)]

    def _begin_some(self) -> None:
        """Begin those whose turn it is, no more than there are places: the others cost nothing yet, and whoever is
        more urgent and comes meanwhile comes before them."""
        while self._due and len(self._in_line) < self.crew.size and not self.crew.ending.is_set():
            id = self._due.popleft()
            if id in self._turns and not self.crew.has(id):
                self._begin(id, self._turns[id])

    def _begin(self, id: str, turn: Turn) -> None:
        show = self.shelf.shows.get(turn.show)
        if show is None:
            del self._turns[id]
            return
        self._in_line.add(id)
        self.crew.begin(id, self._turn(id, turn, show))

    async def _turn(self, id: str, turn: Turn, show: Show) -> None:
        with about(show=show.name, run=id):
            try:
                async with self.crew.places:
                    self._has_place(id)
                    ending = self.crew.ending.is_set()
                    pause = (
                        None if ending else await self._air(self.station, show, turn.slot, turn.tries, self.gauges)
                    )
            except Unwritten as error:
                log.error("%s: %s", id, error)
                pause = soon(turn.tries)
            except Exception as error:  # whatever it is, the watch goes on, and this run is tried again
                log.error("%s: %s", id, surprise(id, error))
                log.debug("%s", id, exc_info=True)
                pause = again(turn.tries)
            finally:
                self._has_place(id)
        if pause is None:
            self._turns.pop(id, None)
            self.over(id)
        else:
            turn.tries += 1
            turn.at = self.station.clock.now() + pause
            self.crew.idle.set()

    def _has_place(self, id: str) -> None:
        """One that stood in line does so no longer: somebody else may."""
        if id in self._in_line:
            self._in_line.discard(id)
            self._begin_some()

    # --- time

    def _until_next(self) -> float:
        """Return the seconds until something may be due. Never many: the clock may be put right."""
        now = self.station.clock.now()
        coming = [at for at in self._next.values() if at is not None]
        due = set(self._due)  # they are begun when there is room for them
        coming += [turn.at for id, turn in self._turns.items() if not self.crew.has(id) and id not in due]
        left = (min(coming) - now).total_seconds() if coming else ROUND_SECONDS
        return min(max(left, LEAST_SECONDS), ROUND_SECONDS)

    async def _nap(self, seconds: float) -> None:
        """Sleep, unless somebody calls."""
        naps = {
            asyncio.ensure_future(self.station.clock.sleep(seconds)),
            asyncio.ensure_future(self.crew.idle.wait()),
        }
        await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        for nap in naps:
            nap.cancel()


async def some_at_once(shows: Sequence[Show], deed: Callable[[Show], Awaitable[None]]) -> None:
    """Do something for each of *shows*, for some of them at once."""
    for first in range(0, len(shows), SIDE_BY_SIDE):
        await asyncio.gather(*(deed(show) for show in shows[first : first + SIDE_BY_SIDE]))


def _times(show: Show) -> str:
    """Return when *show* is due, as text: another text, other times."""
    return "\n".join(one.model_dump_json() for one in show.schedules)
