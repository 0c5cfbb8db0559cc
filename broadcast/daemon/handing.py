"""How the daemon leaves its runs to workers."""

from datetime import datetime, timedelta

from broadcast.journal.run import FINAL
from broadcast.journal.runs import name
from broadcast.queue.jobs import Queue
from broadcast.runner import Station
from broadcast.show import Show

from .attempt import MINUTE, Attempt, lapsed
from .gauges import Gauges


def handing_over(queue: Queue) -> Attempt:
    """Return what a daemon does with a run whose turn it is: it has a worker call it, and looks on till the end."""

    async def hand_over(
        station: Station, show: Show, slot: datetime, tries: int, gauges: Gauges
    ) -> timedelta | None:
        id = name(show.name, slot)
        found = await station.runs.find(id)
        if await lapsed(station, show, slot, gauges):  # no worker came to it in time, or it was paused
            return None
        if found is None:
            await station.runs.enrol(show.name, slot, grace=show.grace)
        elif found[0].closed or found[0].held or found[0].status in FINAL:
            if found[0].status in FINAL:
                gauges.succeeded(show.name, slot)
            return None
        if not await queue.has(id):
            await queue.put(show, slot)
        return MINUTE

    return hand_over
