"""What did not go on air in time, and whatever else an operator must hear that no run reports."""

import asyncio
import logging
from datetime import datetime, timedelta

from broadcast import alerts, reporting, runner
from broadcast.errors import Unavailable
from broadcast.journal.run import Run
from broadcast.journal.runs import Busy, name
from broadcast.show import Show
from broadcast.station import Station

log = logging.getLogger(__name__)


async def missed(station: Station, show: Show, slot: datetime) -> bool:
    """Write down that nobody aired *slot*, which is past its grace, and alert. Returns whether that was so.

    It becomes a failed run, closed at once: of all processes that notice, one says it, and the next run that airs
    says that all is well again. One that was written down, and that nobody did anything for, was missed as well.
    """
    id = name(show.name, slot)
    if not await untouched(station, id):
        return False
    try:
        run = await station.runs.claim(show.name, slot, grace=timedelta(0), over=True, as_is=True)
    except Busy:
        return False
    if not isinstance(run, Run):
        return False
    try:
        if run.under("") or not await untouched(station, id):  # somebody was there in this very moment
            await run.put_down()
            return False
        error = Unavailable(f"{run.id} was missed: nobody aired it within {show.grace} of its time")
        log.error("%s", error)
        report = reporting.failed(show, run, error)
        for note in await alerts.alert(show, report, station.desk(show, run, rehearsal=False)):
            log.warning("%s: %s", show.name, note)
        await run.finish(report)
        return True
    except asyncio.CancelledError:
        await run.put_down()
        raise
    finally:
        station.runs.done(run)


async def untouched(station: Station, id: str) -> bool:
    """Return whether nothing was ever done for a run, and nothing said."""
    found = await station.runs.find(id)
    return found is None or (found[0].report is None and not found[1])


async def announce(station: Station, show: Show, trouble: str, words: str | None, *, on: str) -> None:
    """Alert to a *trouble* that no report holds, or, without *words*, that it is over."""
    desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=False)
    for note in await alerts.announce(show, on, desk, trouble, words):
        log.warning("%s: %s", show.name, note)
