"""What a process that keeps watch must air now. Pure: the same watch and the same instant give the same slots."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from broadcast.schedule import Schedule, coming, owed, slots

LONGEST_PAUSE = timedelta(minutes=15)  #: before a run that came to nothing is tried again
COUNTED = 1000  #: slots that are looked through for those that lapsed


@dataclass(frozen=True)
class Look:
    """What one look at a schedule finds."""

    air: tuple[datetime, ...]  #: in order
    lapsed: datetime | None  #: the newest that was missed beyond its grace
    next: datetime | None


def look(schedules: Sequence[Schedule], since: datetime | None, now: datetime) -> Look:
    """Return which slots after *since* have come. None: nobody has looked before, and nothing is made up for.

    A clock that was put back finds nothing new: what comes again is known to the journal.
    """
    ahead = next(coming(schedules, now), None)
    if since is not None and since >= now:
        return Look((), None, ahead)
    due = owed(schedules, now)
    air = due[-1:] if since is None else tuple(slot for slot in due if slot > since)
    lapsed = [slot for one in schedules if since is not None and (slot := _lapsed(one, since, now))]
    return Look(air, max(lapsed, default=None), ahead)


def _lapsed(schedule: Schedule, since: datetime, now: datetime) -> datetime | None:
    """Return the newest slot of *schedule* after *since* that is to be made up for and is too late for it."""
    oldest = now - schedule.grace
    if schedule.missed == "skip" or since >= oldest:
        return None
    gone = islice(takewhile(lambda slot: slot < oldest, slots(schedule, since)), COUNTED)
    return next(iter(deque(gone, maxlen=1)), None)


def again(tries: int) -> timedelta:
    """Return how long after its last try a run that came to nothing is tried again."""
    return min(timedelta(minutes=1) * (1 << min(tries, 10)), LONGEST_PAUSE)
