"""When a show is due: tables of instants."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from pydantic import ValidationError

from broadcast.schedule import Schedule, due, slots


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def coming(cron: str, zone: str, after: str, count: int) -> list[str]:
    schedule = Schedule(cron=cron, timezone=zone)
    return [f"{slot:%a %d %H:%M}" for slot in islice(slots(schedule, at(after)), count)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 17 * * mon-fri", "UTC", "2026-11-20T12:00", ["Fri 20 17:00", "Mon 23 17:00"]),
        ("0 17 * * 1-5", "UTC", "2026-11-20T17:00", ["Mon 23 17:00", "Tue 24 17:00"]),
        ("0 0 * * 0", "UTC", "2026-11-20T12:00", ["Sun 22 00:00", "Sun 29 00:00"]),
        ("0 0 * * 7", "UTC", "2026-11-20T12:00", ["Sun 22 00:00", "Sun 29 00:00"]),
        ("0 0 * * fri-mon", "UTC", "2026-11-20T12:00", ["Sat 21 00:00", "Sun 22 00:00", "Mon 23 00:00"]),
        ("0 0 * * */2", "UTC", "2026-11-22T00:00", ["Tue 24 00:00", "Thu 26 00:00", "Sat 28 00:00"]),
        ("0 9 1 * *", "Europe/Berlin", "2026-11-20T12:00", ["Tue 01 08:00"]),
        # the clock goes forward: what does not exist airs moved by the gap, once
        ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["Sun 08 07:30", "Mon 09 06:30"]),
        # the clock goes back: what comes twice airs at its first occurrence
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["Sun 01 05:30", "Mon 02 06:30"]),
        ("30 3 * * *", "Europe/Kyiv", "2026-10-24T12:00", ["Sun 25 00:30", "Mon 26 01:30"]),
        # midnight itself may not exist: the day is not lost
        ("0 0 * * *", "America/Santiago", "2026-09-04T12:00", ["Sat 05 04:00", "Sun 06 04:00", "Mon 07 03:00"]),
        ("0 0 * * sun", "America/Santiago", "2026-09-04T12:00", ["Sun 06 04:00", "Sun 13 03:00"]),
        ("30 0 * * *", "Africa/Cairo", "2026-04-23T12:00", ["Thu 23 22:30", "Fri 24 21:30"]),
        # but every hour is every hour
        ("30 * * * *", "America/New_York", "2026-11-01T05:00", ["Sun 01 05:30", "Sun 01 06:30", "Sun 01 07:30"]),
        ("0 */1 * * *", "America/New_York", "2026-11-01T05:30", ["Sun 01 06:00", "Sun 01 07:00"]),
    ],
)
def test_slots_come_at_the_wall_time_that_was_meant(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert expected == coming(cron, zone, after, len(expected))


def test_slots_never_repeat_and_never_go_back() -> None:
    schedule = Schedule(cron="15,45 */3 * * *", timezone="Europe/Kyiv")

    year = list(islice(slots(schedule, at("2026-01-01T00:00")), 16 * 365))

    assert sorted(set(year)) == year


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23T16:59:59", None),
        ("2026-11-23T17:00:00", "2026-11-23T17:00"),
        ("2026-11-23T19:00:00", "2026-11-23T17:00"),
        ("2026-11-23T19:00:01", None),
        ("2026-11-22T17:30:00", None),  # a Sunday
    ],
)
def test_a_slot_is_due_within_its_grace(now: str, expected: str | None) -> None:
    schedule = Schedule(cron="0 17 * * mon-fri", grace=timedelta(hours=2))

    assert (at(expected) if expected else None) == due(schedule, at(now))


def test_the_latest_of_many_missed_slots_is_due() -> None:
    schedule = Schedule(cron="* * * * *", grace=timedelta(days=30))

    assert at("2026-11-23T17:05") == due(schedule, at("2026-11-23T17:05:59"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cron": "0 17 * *"}, "it needs 5"),
        ({"cron": "0 99 * * *"}, "is not a cron text"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"cron": "0 0 * * foo"}, "is not a weekday"),
        ({"cron": "0 0 1 * mon"}, "name one"),
        ({"cron": "0 0 * * *", "timezone": "Mars/Olympus"}, "Europe/Berlin"),
        ({"cron": "0 0 * * *", "missed": "all"}, "not part of this version yet"),
        ({"cron": "0 0 * * *", "grace": "soon"}, "write it like 90s"),
        ({"cron": "0 0 * * *", "grace": "0"}, "more than nothing"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Schedule.model_validate(fields)
