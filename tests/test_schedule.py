"""When a show is due: tables of instants."""

import random
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
import walls
from airing import Town
from pydantic import ValidationError

from broadcast.schedule import Schedule, coming, owed, slots, start
from broadcast.testing import FakeClock


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_slots(cron: str, zone: str, after: str, count: int) -> list[str]:
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
    assert expected == next_slots(cron, zone, after, len(expected))


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

    assert ((at(expected),) if expected else ()) == owed([schedule], at(now))


def test_the_latest_of_many_missed_slots_is_due() -> None:
    schedule = Schedule(cron="* * * * *", grace=timedelta(days=30))

    assert (at("2026-11-23T17:05"),) == owed([schedule], at("2026-11-23T17:05:59"))


HOURLY = "0 * * * *"
QUARTERLY = "15 */6 * * *"


@pytest.mark.parametrize(
    ("schedules", "now", "expected"),
    [
        # on time, whatever is made up for
        ([{"cron": HOURLY, "missed": "skip"}], "12:04:59", ["12:00"]),
        ([{"cron": HOURLY, "missed": "skip"}], "12:05:01", []),
        ([{"cron": HOURLY, "missed": "skip", "jitter": "10m"}], "12:14:59", ["12:00"]),
        # late: within the grace, the boundary included
        ([{"cron": QUARTERLY, "missed": "last"}], "14:15:00", ["12:15"]),
        ([{"cron": QUARTERLY, "missed": "last"}], "14:15:01", []),
        ([{"cron": HOURLY, "missed": "last", "grace": "5h"}], "12:59:59", ["12:00"]),
        ([{"cron": HOURLY, "missed": "all", "grace": "3h"}], "12:30:00", ["10:00", "11:00", "12:00"]),
        ([{"cron": HOURLY, "missed": "all", "grace": "3h"}], "12:00:00", ["09:00", "10:00", "11:00", "12:00"]),
        # several schedules: `last` makes up for the newest of the show only; both are aired where both are on time
        ([{"cron": "0 9 * * *", "grace": "9h"}, {"cron": "0 11 * * *", "grace": "9h"}], "12:00:00", ["11:00"]),
        ([{"cron": "0 11 * * *", "grace": "9h"}, {"cron": "0 9 * * *", "grace": "9h"}], "10:59:59", ["09:00"]),
        ([{"cron": "0 9 * * *"}, {"cron": "2 9 * * *"}], "09:03:00", ["09:00", "09:02"]),
        ([{"cron": "0 9 * * *"}, {"cron": "0 9 * * mon"}], "09:03:00", ["09:00"]),
        ([{"cron": "0 9 * * *", "missed": "all", "grace": "9h"}, {"cron": "0 11 * * *"}], "12:00:00",
         ["09:00", "11:00"]),
        ([{"cron": "0 9 * * *", "missed": "skip"}, {"cron": "0 8 * * *", "grace": "9h"}], "12:00:00", ["08:00"]),
        ([], "12:00:00", []),
    ],
)  # fmt: skip
def test_what_was_missed_is_made_up_for_as_the_schedule_says(
    schedules: list[dict[str, str]], now: str, expected: list[str]
) -> None:
    shows = [Schedule.model_validate(one) for one in schedules]

    assert expected == [f"{slot:%H:%M}" for slot in owed(shows, at(f"2026-11-23T{now}"))]


def test_no_more_is_made_up_for_than_a_hundred() -> None:
    schedule = Schedule(cron="* * * * *", missed="all", grace=timedelta(days=30))

    found = owed([schedule], at("2026-11-23T12:00"))

    assert (100, at("2026-11-23T10:21"), at("2026-11-23T12:00")) == (len(found), found[0], found[-1])


@pytest.mark.parametrize(
    "jump", [timedelta(hours=-3), timedelta(seconds=-1), timedelta(hours=8), timedelta(days=9)]
)
@pytest.mark.parametrize("missed", ["skip", "last", "all"])
def test_a_clock_that_jumps_owes_no_slot_that_it_does_not_owe_standing_still(jump: timedelta, missed: str) -> None:
    schedule = Schedule.model_validate({"cron": HOURLY, "missed": missed, "grace": "3h"})
    now = at("2026-11-23T12:30") + jump

    found = owed([schedule], now)

    assert {"skip": 0, "last": 1, "all": 3}[missed] == len(found)
    assert all(now - schedule.grace <= slot <= now for slot in found)


def test_several_schedules_make_one_line_of_slots() -> None:
    schedules = [
        Schedule(cron="0 9 * * mon-fri", timezone="Europe/Berlin"),
        Schedule(cron="0 10 * * sat,sun", timezone="Europe/Berlin"),
        Schedule(cron="0 9 * * mon", timezone="Europe/Berlin"),
    ]

    found = [f"{slot:%a %H:%M}" for slot in islice(coming(schedules, at("2026-11-20T12:00")), 4)]

    assert ["Sat 09:00", "Sun 09:00", "Mon 08:00", "Tue 08:00"] == found


@pytest.mark.parametrize(
    ("cron", "zone", "blackout", "after", "expected"),
    [
        ("0 9 * * *", "UTC", ["2026-12-25"], "2026-12-24T00:00", ["Thu 24 09:00", "Sat 26 09:00"]),
        ("0 9 * * *", "UTC", ["2026-12-24..2027-01-02"], "2026-12-23T00:00", ["Wed 23 09:00", "Sun 03 09:00"]),
        ("0 9 * * *", "UTC", ["2026-12-24", "2026-12-24..2026-12-26", "2026-12-25..2026-12-27"],
         "2026-12-23T12:00", ["Mon 28 09:00"]),
        # the day is the zone's: 25 December in Auckland is 24 December in UTC
        ("0 9 * * *", "Pacific/Auckland", ["2026-12-25"], "2026-12-23T00:00", ["Wed 23 20:00", "Fri 25 20:00"]),
        ("*/30 * * * *", "UTC", ["2026-12-25..2199-12-31"], "2026-12-24T23:00", ["Thu 24 23:30", "Wed 01 00:00"]),
    ],
)  # fmt: skip
def test_nothing_airs_on_a_day_of_a_blackout(
    cron: str, zone: str, blackout: list[str], after: str, expected: list[str]
) -> None:
    schedule = Schedule.model_validate({"cron": cron, "timezone": zone, "blackout": blackout})

    found = [f"{slot:%a %d %H:%M}" for slot in islice(slots(schedule, at(after)), len(expected))]

    assert expected == found


def test_jitter_moves_the_start_and_never_the_slot() -> None:
    plain = Schedule(cron=HOURLY)
    schedule = Schedule(cron=HOURLY, jitter=timedelta(minutes=10))
    day = list(islice(slots(schedule, at("2026-11-23T00:00")), 24))

    starts = [start("news", [schedule], slot) - slot for slot in day]

    assert day == list(islice(slots(plain, at("2026-11-23T00:00")), 24))
    assert starts == [start("news", [schedule], slot) - slot for slot in day]
    assert starts != [start("weekly", [schedule], slot) - slot for slot in day]
    assert all(timedelta(0) <= one < timedelta(minutes=10) for one in starts)
    assert len(set(starts)) > 20
    assert max(starts) - min(starts) > timedelta(minutes=6)
    assert day[0] == start("news", [schedule, plain], day[0]) == start("news", [], day[0])


def differences(zone: str, first: int, last: int) -> tuple[int, int, list[str]]:
    """Compare the slots around each change of *zone* with what its clocks show minute by minute.

    Returns how many changes and slots there were, and what was different in words.
    """
    info, count, wrong = ZoneInfo(zone), 0, []
    moments = list(walls.changes(info, first, last))
    for change in moments:
        table = walls.shown(info, change)
        begin, end = table[0][0], table[-1][0]
        near = (change - timedelta(minutes=1)).astimezone(info)  # the last wall time before it
        hours = {near.hour, (near.hour + 1) % 24, (near.hour + 2) % 24}
        listed = ",".join(map(str, sorted(hours)))
        for cron, minutes, of in (
            ("0,20,40 * * * *", {0, 20, 40}, None),
            (f"15,45 {listed} * * *", {15, 45}, hours),
            ("0 0 * * *", {0}, {0}),
            (f"{near.minute} {near.hour} * * *", {near.minute}, {near.hour}),
        ):
            # An hour at the ends is left out: the table does not know what was shown just before it began.
            inside = timedelta(hours=6)
            wanted = [one for one in walls.expected(table, minutes, of) if begin + inside < one < end - inside]
            schedule = Schedule(cron=cron, timezone=zone)
            found = list(takewhile(lambda slot: slot < end - inside, slots(schedule, begin + inside)))  # noqa: B023
            for slot, after in pairwise(wanted):  # asked at any moment, the answer is the same
                if abs(slot - change) < timedelta(hours=4) and (one := next(slots(schedule, slot))) != after:
                    wrong.append(f"{zone} {cron}: after {slot} comes {one}, not {after}")
            count += len(wanted)
            if wanted != found:
                lost, more = set(wanted) - set(found), set(found) - set(wanted)
                wrong.append(f"{zone} {change:%Y-%m-%d} {cron}: lost {sorted(lost)}, too many {sorted(more)}")
    return len(moments), count, wrong


STRANGE = ("Australia/Lord_Howe", "Antarctica/Troll", "America/Santiago", "Africa/Casablanca", "Asia/Beirut")


@pytest.mark.parametrize("zone", [*STRANGE, *random.Random(7).sample(sorted(available_timezones()), 20)])
def test_around_a_change_of_the_clocks_no_slot_is_lost_and_none_comes_twice(zone: str) -> None:
    _, _, wrong = differences(zone, 2021, 2030)

    assert [] == wrong


def test_the_reference_looks_at_changes() -> None:
    changes, count, _ = differences("Europe/Berlin", 2021, 2022)

    assert 4 == changes
    assert count > 4 * 70


async def test_a_show_makes_up_for_all_it_missed_one_call_each_and_a_new_show_for_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path, schedule={"cron": HOURLY, "missed": "all", "grace": "4h"})

    aired = [await town.air(clock=FakeClock(at("2026-11-23T09:30")))]
    aired += [await town.air(clock=FakeClock(at("2026-11-23T12:30"))) for _ in range(5)]

    assert ["09:00", "10:00", "11:00", "12:00", "12:00", "12:00"] == [f"{one.slot:%H:%M}" for one in aired]
    assert "this call did nothing" in aired[-1].notes[-1]


async def test_a_call_waits_for_the_start_that_the_jitter_gives(tmp_path: Path) -> None:
    town = Town(tmp_path, schedule={"cron": HOURLY, "jitter": "30m"})
    clock = FakeClock(at("2026-11-23T12:00"))

    report = await town.air(clock=clock)

    assert at("2026-11-23T12:00") == report.slot
    assert start("town", town.show().schedules, report.slot) <= clock.now()
    assert clock.now() > at("2026-11-23T12:00:01")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cron": "0 17 * *"}, "it needs 5"),
        ({"cron": "0 99 * * *"}, "is not a cron text"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"cron": "0 0 * * foo"}, "is not a weekday"),
        ({"cron": "0 0 1 * mon"}, "name one"),
        ({"cron": "0 0 * * *", "timezone": "Mars/Olympus"}, "Europe/Berlin"),
        ({"cron": "0 0 * * *", "missed": "some"}, "'skip', 'last' or 'all'"),
        ({"cron": "0 0 * * *", "jitter": "3h"}, "shorter than the grace"),
        ({"cron": "0 0 * * *", "blackout": ["soon"]}, "soon is no day; write it like 2026-12-25"),
        ({"cron": "0 0 * * *", "blackout": ["2026-12-25..2026-12-24"]}, "ends before it begins"),
        ({"cron": "0 0 * * *", "grace": "soon"}, "write it like 90s"),
        ({"cron": "0 0 * * *", "grace": "0"}, "more than nothing"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Schedule.model_validate(fields)
