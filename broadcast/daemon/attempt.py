"""One try at a run by whoever's turn it is, and when to try again."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from broadcast import reporting, runner
from broadcast.journal.run import FINAL
from broadcast.journal.runs import Row, name
from broadcast.show import Show
from broadcast.station import Station

from . import late
from .gauges import Gauges
from .turns import LONGEST_PAUSE, again

MINUTE = timedelta(minutes=1)  #: between looks at a run that another process airs, later on
BUSY = timedelta(seconds=2)  #: before the next such look, lest that one dies

#: Does what a turn at a run asks for: of *station*, *show* at *slot*, the number of earlier tries, the numbers to
#: count in. Returns after how long to look at the run again; None: nothing is left to do.
Attempt = Callable[[Station, Show, datetime, int, Gauges], Awaitable[timedelta | None]]


async def attempt(station: Station, show: Show, slot: datetime, tries: int, gauges: Gauges) -> timedelta | None:
    """Air a run in this process, or go on with it."""
    if await lapsed(station, show, slot, gauges):  # it stood in line for too long, or the show was paused
        return None
    report = await runner.run(station, show, slot, follow=False)
    found = await station.runs.find(name(show.name, slot))
    if found is None or found[0].closed or found[0].held or found[0].status in FINAL:
        return None
    if reporting.asking(report):
        return await until_answered(station, found[0].id)
    if found[0].status is None or not reporting.nothing_waits(report):
        return soon(tries)
    return again(tries)


async def until_answered(station: Station, id: str) -> timedelta:
    """Return after how long a run that waits for people is looked at: whoever hears an answer wakes it before."""
    now = station.clock.now()
    ends = [one.ends - now for one in await station.approvals.of_run(id) if one.verdict is None]
    return min(max(min(ends, default=BUSY), BUSY), LONGEST_PAUSE)


def asks(row: Row) -> bool:
    """Return whether a run waits for people, and for nothing else."""
    return row.report is not None and row.status == "unfinished" and reporting.asking(row.report)


def soon(tries: int) -> timedelta:
    """Return how long after its last try a run is looked at again that others, or the journal, kept from us."""
    return min(BUSY * (1 << min(tries, 6)), MINUTE)


async def lapsed(station: Station, show: Show, slot: datetime, gauges: Gauges) -> bool:
    """Return whether nobody began the run within its grace. Then that is written down, and told.

    A slot that came while a person had the show paused is no one's to begin either, and nothing to tell.
    """
    if await set_aside(station, show, slot):
        return True
    over = show.schedules and station.clock.now() > slot + show.grace
    return bool(over) and await missed(station, show, slot, gauges)


async def missed(station: Station, show: Show, slot: datetime, gauges: Gauges) -> bool:
    """Write down, and tell, that nobody began the run. Returns whether that was so."""
    if await set_aside(station, show, slot) or not await late.missed(station, show, slot):
        return False
    gauges.add("broadcast_missed_total", show=show.name)
    return True


async def set_aside(station: Station, show: Show, slot: datetime) -> bool:
    """Return whether *slot* came while the show was paused, and nothing was begun of it."""
    return bool(await station.pauses.spared(show.name, [slot])) and await late.untouched(
        station, name(show.name, slot)
    )


def stopped(row: Row) -> bool:
    """Return whether a person had the run stop where it is: nobody else goes on with it."""
    return row.status == "unfinished" and row.report is not None and reporting.exit_code(row.report) == 0
