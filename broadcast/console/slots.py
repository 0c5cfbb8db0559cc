"""The coming slots of shows, for pages: a bounded number, computed once an hour. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from broadcast.schedule import Schedule, coming

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
MOST = 200  #: slots of one show that are looked at: a show may air every minute


def next_slot(schedules: Sequence[Schedule], now: datetime) -> datetime | None:
    """Return the next slot, if there is one."""
    known = tuple(schedules)
    within = next((slot for slot in _week(known, _hour(now)) if slot > now), None)
    return within or _next(known, _hour(now))


def week(schedules: Sequence[Schedule], now: datetime) -> tuple[tuple[datetime, ...], bool]:
    """Return the slots of the coming week, and whether there may be more than were looked at."""
    found = _week(tuple(schedules), _hour(now))
    return tuple(slot for slot in found if now < slot <= now + WEEK), len(found) == MOST


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=512)
def _week(schedules: tuple[Schedule, ...], after: datetime) -> tuple[datetime, ...]:
    until = after + WEEK + HOUR
    return tuple(islice(takewhile(lambda slot: slot <= until, coming(schedules, after)), MOST)) if schedules else ()


@lru_cache(maxsize=512)
def _next(schedules: tuple[Schedule, ...], after: datetime) -> datetime | None:
    """Return a slot that is farther away than a week."""
    return next(coming(schedules, after + WEEK), None) if schedules else None
