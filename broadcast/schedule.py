"""When a show is due. Pure: the same schedule and the same instant give the same slots.

APScheduler's cron trigger computes wall times; where it differs from cron is put right here, and what happens when
the clocks are changed is ours. A slot is always UTC. A wall time that does not exist airs moved by the gap (02:30
becomes 03:30). One that comes twice airs at its first occurrence, unless the hours are `*` or a step: then every
hour counts. A blackout is about the days of the wall times.
"""

import hashlib
import heapq
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from .types import Duration

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LONGEST_CHANGE = timedelta(hours=3)  #: that clocks are put forward or back by
ON_TIME = timedelta(minutes=5)  #: a crontab's process, or a daemon that was restarted, is there by then
MOST_MISSED = 100  #: slots of one schedule that are made up for
LOOKS_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=32))


def _days(value: Any) -> Any:
    """Return the first and the last day that a blackout means."""
    if isinstance(value, tuple):
        return value
    first, _, last = str(value).partition("..")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f"{value} is no day; write it like 2026-12-25, or 2026-12-24..2027-01-02") from None
    if days[1] < days[0]:
        raise ValueError(f"{value} ends before it begins")
    return days


Days = Annotated[
    tuple[date, date],
    BeforeValidator(_days),
    WithJsonSchema({"type": "string", "examples": ["2026-12-25", "2026-12-24..2027-01-02"]}),
]


class Schedule(BaseModel):
    """When a show airs by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cron: str  #: minute, hour, day of month, month, day of week
    timezone: str = "UTC"
    missed: Literal["skip", "last", "all"] = Field(
        default="last", description="what is made up for within the grace when nobody was there to air it"
    )
    grace: Duration = timedelta(hours=2)  #: how late a slot is still aired, and a failed run retried
    jitter: Duration = Field(
        default=timedelta(0), description="a run starts up to so much after its slot, so that not all start at once"
    )
    blackout: tuple[Days, ...] = Field(
        default=(), description="days without a broadcast, as 2026-12-25 or 2026-12-24..2027-01-02"
    )

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; write it like Europe/Berlin") from None
        return name

    @field_validator("grace")
    @classmethod
    def _grace_is_positive(cls, grace: timedelta) -> timedelta:
        if grace <= timedelta(0):
            raise ValueError("must be more than nothing")
        return grace

    @model_validator(mode="after")
    def _it_comes(self) -> "Schedule":
        _trigger(self.cron)
        if not timedelta(0) <= self.jitter < self.grace:
            raise ValueError("`jitter` is shorter than the grace: a run that starts later than that is not aired")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def slots(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield the slots later than *after*, in order, without end unless the cron text never fires again.

    The trigger is asked for wall times as if there were no time zone, and each is put on the real time line here:
    asked in a zone, it leaves out whole days on which midnight does not exist.
    """
    trigger, zone = _trigger(schedule.cron), schedule.zone
    every_hour = schedule.cron.split()[1].startswith("*")
    wall = after.astimezone(zone).replace(tzinfo=UTC) - 2 * LONGEST_CHANGE
    coming: list[datetime] = []  # instants that are known and whose turn may not have come, as a heap
    last = after
    while True:
        fire = trigger.get_next_fire_time(None, wall)
        if fire is not None and (end := _blackout(schedule, fire.date())):
            wall = datetime.combine(end, time(), UTC) + timedelta(days=1)
            continue
        if fire is not None:
            wall = fire + timedelta(microseconds=1)
            for instant in _instants(fire.replace(tzinfo=None), zone, twice=every_hour):
                heapq.heappush(coming, instant)
        # A later wall time is never earlier on the time line by more than the clock is put back.
        sure = None if fire is None else _instants(fire.replace(tzinfo=None), zone, twice=False)[0] - LONGEST_CHANGE
        while coming and (sure is None or coming[0] <= sure):
            if (instant := heapq.heappop(coming)) > last:
                yield instant
                last = instant
        if fire is None:
            return


def _blackout(schedule: Schedule, day: date) -> date | None:
    """Return the last day of the blackout that *day* is in, if it is in one."""
    return max((last for first, last in schedule.blackout if first <= day <= last), default=None)


def _instants(wall: datetime, zone: ZoneInfo, *, twice: bool) -> list[datetime]:
    """Return when the clocks of *zone* show *wall*. One that they leave out is moved by the gap."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return [first, second] if twice and second > first else [first]


def coming(schedules: Iterable[Schedule], after: datetime) -> Iterator[datetime]:
    """Yield the slots of all *schedules* later than *after*, in order, each once."""
    last = after
    for slot in heapq.merge(*(slots(one, after) for one in schedules)):
        if slot > last:
            yield slot
            last = slot


def owed(schedules: Iterable[Schedule], now: datetime) -> tuple[datetime, ...]:
    """Return the slots that have come and are to be aired at *now* unless they were, the oldest first.

    A schedule's latest slot is, while it is on time. One that is later is made up for within its grace: by
    `missed: all` with those before it, by `last` where no other slot of the show has come since, by `skip` not.
    """
    come = {one: _come(one, now) for one in schedules}
    newest = max((slot for found in come.values() for slot in found), default=None)
    wanted = set[datetime]()
    for schedule, found in come.items():
        for slot in found:
            on_time = slot == found[-1] and now - slot <= schedule.jitter + ON_TIME
            if on_time or schedule.missed == "all" or (schedule.missed == "last" and slot == newest):
                wanted.add(slot)
    return tuple(sorted(wanted))


def _come(schedule: Schedule, now: datetime) -> Sequence[datetime]:
    """Return the slots that have come within the grace: all where all are made up for, else the latest."""
    most = MOST_MISSED if schedule.missed == "all" else 1
    for back in sorted({*(min(back, schedule.grace) for back in LOOKS_BACK), schedule.grace}):
        first = now - back - timedelta(microseconds=1)
        found = deque(takewhile(lambda slot: slot <= now, slots(schedule, first)), maxlen=most)
        if len(found) == most or back == schedule.grace:
            return found
    return ()


def is_slot(schedules: Iterable[Schedule], slot: datetime) -> bool:
    """Return whether *slot* is one of a show with these *schedules*."""
    return next(coming(schedules, slot - timedelta(microseconds=1)), None) == slot


def start(show: str, schedules: Iterable[Schedule], slot: datetime) -> datetime:
    """Return when the run of *slot* begins: later by the jitter, the same for everybody who asks."""
    one = timedelta(microseconds=1)
    jitter = min((each.jitter for each in schedules if next(slots(each, slot - one), None) == slot), default=None)
    if not jitter:
        return slot
    digest = hashlib.sha256(f"{show}@{slot.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode()).digest()
    return slot + timedelta(seconds=int(jitter.total_seconds() * int.from_bytes(digest[:4]) / 2**32))


@lru_cache(maxsize=256)
def _trigger(cron: str) -> "CronTrigger":
    """Return APScheduler's trigger for a cron text. Raises ValueError that says what is wrong with it."""
    from apscheduler.triggers.cron import CronTrigger  # costs 0.1 s: only a show with a schedule pays it

    fields = cron.split()
    if len(fields) != 5:
        raise ValueError(f'"{cron}" has {len(fields)} fields; it needs 5: minute hour day month weekday')
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise ValueError(f'"{cron}" names a day of the month and a weekday; cron programs differ on that: name one')
    options: dict[str, Any] = {"minute": minute, "hour": hour, "day": day, "month": month}
    if weekday != "*":
        options["day_of_week"] = ",".join(_weekdays(weekday))
    try:
        trigger = CronTrigger(timezone=UTC, **options)
    except (ValueError, TypeError) as error:
        raise ValueError(f'"{cron}" is not a cron text: {error}') from None
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f'"{cron}" never comes')
    return trigger


def _weekdays(field: str) -> list[str]:
    """Return the names of the days a cron field means. Sunday is 0 and 7 in cron; in APScheduler Monday is 0."""
    found: set[int] = set()
    for part in field.lower().split(","):
        match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", part)
        if not match:
            raise ValueError(f'"{field}" is not a weekday: write mon-fri, or 1-5 with 0 for Sunday')
        first, last, step = match.groups()
        start, end = (0, 6) if first == "*" else (_weekday(first), _weekday(last or first))
        if last is None and step and first != "*":
            end = 6
        if end < start or (last == "7" and end == 0):
            end += 7
        found |= {day % 7 for day in range(start, end + 1, int(step or 1) or 1)}
    return [DAYS[day] for day in sorted(found)]


def _weekday(name: str) -> int:
    if name in DAYS:
        return DAYS.index(name)
    if name.isdigit() and int(name) <= 7:
        return int(name) % 7
    raise ValueError(f'"{name}" is not a weekday: write sun, mon … or 0 to 7')
