"""When the clocks of a zone show a wall time, by looking at them every minute: slow, and hard to get wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
AROUND = timedelta(hours=24)  #: before and after a change


def changes(zone: ZoneInfo, first: int, last: int) -> Iterator[datetime]:
    """Yield the minutes at which the clocks of *zone* change, from the year *first* to the year *last*."""
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, tzinfo=UTC)
    step = timedelta(hours=6)
    while at < end:
        if at.astimezone(zone).utcoffset() != (at + step).astimezone(zone).utcoffset():
            minute = at
            while minute.astimezone(zone).utcoffset() == (minute + MINUTE).astimezone(zone).utcoffset():
                minute += MINUTE
            yield minute + MINUTE
        at += step


def shown(zone: ZoneInfo, change: datetime) -> list[tuple[datetime, datetime]]:
    """Return each minute around *change* with the wall time that it shows; those that are left out come moved."""
    found: list[tuple[datetime, datetime]] = []
    at, before = change - AROUND, None
    while at < change + AROUND:
        wall = at.astimezone(zone).replace(tzinfo=None)
        if before is not None and wall - before > MINUTE:  # they jumped: what they left out, had they not
            missing = round((wall - before) / MINUTE) - 1
            found += [(at + n * MINUTE, before + (n + 1) * MINUTE) for n in range(missing)]
        found.append((at, wall))
        at, before = at + MINUTE, wall
    return sorted(found)


def expected(table: list[tuple[datetime, datetime]], minutes: set[int], hours: set[int] | None) -> list[datetime]:
    """Return the slots of `minutes hours * * *` in a table of `shown`: of every hour where *hours* is None."""
    slots, aired = [], set[datetime]()
    for at, wall in table:
        if wall.minute not in minutes or (hours is not None and wall.hour not in hours):
            continue
        if hours is None or wall not in aired:
            slots.append(at)
        aired.add(wall)
    return sorted(set(slots))
