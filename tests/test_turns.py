"""Which slots a watch airs: a table of schedules, of what was seen before, and of what the clock says now."""

from datetime import UTC, datetime, timedelta

import pytest

from broadcast.daemon.turns import COUNTED, again, look
from broadcast.schedule import MOST_MISSED, Schedule

DAY = "2026-11-23T"


def at(text: str) -> datetime:
    return datetime.fromisoformat(DAY + text if "T" not in text else text).replace(tzinfo=UTC)


def hourly(missed: str = "last", grace: str = "3h", cron: str = "0 * * * *") -> Schedule:
    return Schedule.model_validate({"cron": cron, "grace": grace}).model_copy(update={"missed": missed})


@pytest.mark.parametrize(
    ("missed", "since", "now", "air", "lapsed"),
    [
        # on time
        ("last", "16:59:58", "17:00:00", ["17:00"], None),
        ("all", "16:59:58", "17:00:00", ["17:00"], None),
        ("skip", "16:59:58", "17:00:00", ["17:00"], None),
        ("skip", "16:59:00", "17:01:00", ["17:00"], None),
        # nothing came
        ("last", "17:00:00", "17:00:02", [], None),
        ("all", "17:00:00", "17:59:59", [], None),
        # it was away for some hours, within the grace
        ("last", "15:30", "17:30", ["17:00"], None),
        ("all", "15:30", "17:30", ["16:00", "17:00"], None),
        ("skip", "15:30", "17:30", [], None),
        # it was away for longer than the grace: three hours are caught up with, one slot before them is told
        ("last", "10:30", "17:30", ["17:00"], "14:00"),
        ("all", "10:30", "17:30", ["15:00", "16:00", "17:00"], "14:00"),
        ("skip", "10:30", "17:30", [], None),
        # the grace is whole: its last instant is within
        ("all", "13:30", "17:00", ["14:00", "15:00", "16:00", "17:00"], None),
        # nobody looked before: the latest at most, and nothing was missed
        ("last", None, "17:30", ["17:00"], None),
        ("all", None, "17:30", ["17:00"], None),
        ("skip", None, "17:30", [], None),
        ("skip", None, "17:00:30", ["17:00"], None),
        # the clock was put back
        ("last", "17:30", "16:30", [], None),
        ("all", "17:00:00", "16:59:59", [], None),
    ],
)
def test_what_is_aired_and_what_was_missed(
    missed: str, since: str | None, now: str, air: list[str], lapsed: str | None
) -> None:
    found = look([hourly(missed)], at(since) if since else None, at(now))

    assert ([at(one) for one in air], at(lapsed) if lapsed else None) == (list(found.air), found.lapsed)
    assert found.next is not None
    assert at(now) < found.next <= at(now) + timedelta(hours=1)


def test_a_schedule_that_never_comes_again_airs_nothing() -> None:
    found = look([hourly(cron="0 0 29 2 *", grace="1h")], at("11:00"), at("17:00"))

    assert ((), None, datetime(2028, 2, 29, tzinfo=UTC)) == (found.air, found.lapsed, found.next)


@pytest.mark.parametrize("missed", ["last", "all"])
def test_a_clock_that_leaps_ten_years_is_looked_through_in_bounds(missed: str) -> None:
    schedule = hourly(missed, grace="2d", cron="* * * * *")
    now = datetime(2036, 11, 23, tzinfo=UTC)

    found = look([schedule], at("00:00"), now)

    assert (MOST_MISSED if missed == "all" else 1) == len(found.air)
    assert now == found.air[-1]
    assert at("00:00") + timedelta(minutes=COUNTED) == found.lapsed


def test_the_pauses_before_another_try_grow_to_a_quarter_of_an_hour() -> None:
    assert [1, 2, 4, 8, 15, 15] == [again(tries).total_seconds() / 60 for tries in (0, 1, 2, 3, 4, 1000)]
