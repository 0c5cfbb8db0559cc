"""The coming slots of shows, for pages: a bounded number, computed once a minute. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from broadcast.schedule import Schedule, coming

WEEK = timedelta(days=7)
MOST = 60  #: slots of one show in a week that are listed


def next_slot(schedules: Sequence[Schedule], now: datetime) -> datetime | None:
    """Return the next slot, if there is one."""
    return next(iter(_coming(tuple(schedules), _minute(now), 1)), None)


def week(schedules: Sequence[Schedule], now: datetime) -> tuple[tuple[datetime, ...], bool]:
    """Return the slots of the coming week, and whether there are more than are listed."""
    found = _coming(tuple(schedules), _minute(now), MOST + 1)
    within = tuple(takewhile(lambda slot: slot <= now + WEEK, found))
    return within[:MOST], len(within) > MOST


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


@lru_cache(maxsize=512)
def _coming(schedules: tuple[Schedule, ...], after: datetime, most: int) -> tuple[datetime, ...]:
    return tuple(islice(coming(schedules, after), most)) if schedules else ()
