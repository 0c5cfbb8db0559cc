"""How the daemon leaves its runs to workers."""

from datetime import datetime, timedelta

from broadcast.journal.run import FINAL
from broadcast.journal.runs import name
from broadcast.queue.jobs import Queue
from broadcast.show import Show
from broadcast.stages.gates import closed_key
from broadcast.station import Station

from .attempt import MINUTE, Attempt, asks, lapsed
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
        if found is not None and asks(found[0]) and not await answered(station, id):
            return MINUTE  # whoever hears an answer has it looked at before
        if not await queue.has(id):
            await queue.put(show, slot)
        return MINUTE

    return hand_over


async def answered(station: Station, id: str) -> bool:
    """Return whether a run that waited for people has something to go on with: an answer, or a deadline."""
    now, found = station.clock.now(), await station.runs.find(id)
    done = {item.key for item in found[1] if item.done} if found else set()
    for gate in await station.approvals.of_run(id):
        if gate.ends <= now if gate.verdict is None else closed_key(gate.edition, gate.about) not in done:
            return True
    return False
