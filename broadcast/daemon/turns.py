"""What a process that keeps watch must air now. Pure: the same watch and the same instant give the same slots."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from broadcast.schedule import Schedule, due, slots

PUNCTUAL = timedelta(minutes=1)  #: a slot that came no longer ago was not missed
LONGEST_PAUSE = timedelta(minutes=15)  #: before a run that came to nothing is tried again
MOST = 100  #: slots that `missed: all` airs at once: the newest
COUNTED = 1000  #: slots that are looked through for those that lapsed


@dataclass(frozen=True)
class Look:
    """What one look at a schedule finds."""

    air: tuple[datetime, ...]  #: in order
    lapsed: datetime | None  #: the newest that was missed beyond its grace
    next: datetime | None


def look(schedule: Schedule, since: datetime | None, now: datetime) -> Look:
    """Return which slots after *since* have come. None: nobody has looked before.

    A clock that was put back finds nothing new: what comes again is known to the journal.
    """
    coming = next(slots(schedule, now), None)
    if since is not None and since >= now:
        return Look((), None, coming)
    oldest = now - schedule.grace
    latest = due(schedule, now)
    if latest is None or (since is not None and latest <= since):
        air: tuple[datetime, ...] = ()
    elif schedule.missed == "all" and since is not None:
        first = max(since, oldest - timedelta(microseconds=1))
        air = tuple(deque(takewhile(lambda slot: slot <= now, slots(schedule, first)), maxlen=MOST))
    elif schedule.missed == "skip" and now - latest > PUNCTUAL:
        air = ()
    else:
        air = (latest,)
    lapsed = None
    if since is not None and since < oldest and schedule.missed != "skip":
        gone = islice(takewhile(lambda slot: slot < oldest, slots(schedule, since)), COUNTED)
        lapsed = next(iter(deque(gone, maxlen=1)), None)
    return Look(air, lapsed, coming)


def again(tries: int) -> timedelta:
    """Return how long after its last try a run that came to nothing is tried again."""
    return min(timedelta(minutes=1) * (1 << min(tries, 10)), LONGEST_PAUSE)
