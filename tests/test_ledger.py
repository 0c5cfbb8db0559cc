"""Money is reserved before it is spent, once, and never beyond a limit of the run, the day or the month."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airing import Town, described
from journals import SLOT, Journal, address, older, opened, select
from journals import report as report_of
from nursery import together

from broadcast.errors import Lost, Rejected
from broadcast.journal.ledger import OverBudget, Purse
from broadcast.journal.run import Rehearsal, Run
from broadcast.journal.store import Store
from broadcast.journal.tables import MIGRATIONS
from broadcast.testing import FakeClock
from broadcast.types import Budget, Cost, CostItem, Job

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both

HERE = Path(__file__).parent
KEY = "submit/main/heygen/1"
OTHER = "submit/main/heygen/2"
UTC_ = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")


def purse(journal: Journal, of: Run, clock: FakeClock, zone: ZoneInfo = UTC_, **budget: float) -> Purse:
    return Purse(journal.store, clock, of, Budget(**budget), zone)


def rows(folder: Path) -> list[tuple[Any, ...]]:
    return select(folder, "SELECT run, key, what, reserved, actual FROM spending ORDER BY run, key")


@pytest.mark.parametrize("limit", ["run", "day", "month"])
async def test_a_limit_that_does_not_bear_it_is_named_with_what_is_left(tmp_path: Path, limit: str) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        mine = purse(journal, await journal.claim(), clock, **{limit: 3.0})
        await mine.reserve(KEY, 2.0)

        with pytest.raises(OverBudget, match=rf"it would cost 1.50 USD, and 1.00 of the {limit}'s budget are left"):
            await mine.reserve(OTHER, 1.5)
        await mine.reserve(OTHER, 1.0)

    assert [2.0, 1.0] == [row[3] for row in rows(tmp_path)]


async def test_the_last_cent_can_be_spent(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        mine = purse(journal, await journal.claim(), clock, run=0.3)

        for number in range(3):
            await mine.reserve(f"script/main/{number}", 0.1)  # 0.1 + 0.1 + 0.1 > 0.3, to a computer


@pytest.mark.parametrize("usd", [None, float("nan"), float("inf"), -1.0])
async def test_what_is_no_price_is_refused_under_any_limit_and_borne_under_none(
    tmp_path: Path, usd: float | None
) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()
        with pytest.raises(Rejected, match="its price is not known, and the show has a budget"):
            await purse(journal, run, clock, month=100).reserve(KEY, usd)

        free = purse(journal, run, clock)
        await free.reserve(KEY, usd)
        await free.settle(KEY, 1.25)  # it is known now, and counts from now on

        with pytest.raises(OverBudget, match=r"0\.75 of the month's"):
            await purse(journal, run, clock, month=2).reserve(OTHER, 1.0)


async def test_the_same_deed_is_reserved_once_whoever_goes_on_with_it(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()
        await purse(journal, run, clock, run=3, day=3).reserve(KEY, 2.0)
        run = await journal.again(run)
        mine = purse(journal, run, clock, run=3, day=3)

        await mine.reserve(KEY, 2.0)
        await mine.reserve(OTHER, 1.0)
        with pytest.raises(OverBudget):
            await mine.reserve("submit/main/heygen/3", 0.01)


async def test_what_was_settled_counts_with_what_it_did_cost_and_what_was_released_not_at_all(
    tmp_path: Path,
) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        mine = purse(journal, await journal.claim(), clock, run=3)
        await mine.reserve(KEY, 2.0)
        await mine.reserve("script/main/story/1", 1.0)
        await mine.settle(KEY, 1.75)
        await mine.release(KEY)  # what was paid cannot be given back
        await mine.settle("script/main/story/1", float("nan"))  # no figure: what was reserved stays
        with pytest.raises(OverBudget, match=r"0\.25 of the run's"):
            await mine.reserve(OTHER, 1.0)

        await mine.release("script/main/story/1")
        await mine.reserve("speech/main/1", 1.0)

        expected = (
            CostItem(what="render", usd=1.75, estimate=2.0),
            CostItem(what="speech", usd=0.0, estimate=1.0),
        )
        assert Cost(usd=1.75, items=expected) == await mine.spent()


@pytest.mark.parametrize(
    ("zone", "at", "seconds", "free"),
    [
        (NEW_YORK, datetime(2026, 11, 24, 4, 59, tzinfo=UTC), 59, ""),  # 23:59:59 there
        (NEW_YORK, datetime(2026, 11, 24, 4, 59, tzinfo=UTC), 60, "day"),  # midnight there, five in the morning UTC
        (NEW_YORK, datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 60, ""),  # midnight UTC, evening there
        (NEW_YORK, datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC), 1, "day month"),
        (NEW_YORK, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), 25 * 3600 - 1, ""),  # the day the clocks go back
        (NEW_YORK, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), 25 * 3600, "day"),
        (ZoneInfo("Asia/Kolkata"), datetime(2026, 12, 31, 18, 29, 59, tzinfo=UTC), 1, "day month"),
        (
            ZoneInfo("Asia/Beirut"),
            datetime(2027, 3, 27, 21, 59, 59, tzinfo=UTC),
            1,
            "day",
        ),  # a day without midnight
    ],
)
async def test_a_day_and_a_month_begin_at_midnight_of_the_show_s_zone(
    tmp_path: Path, zone: ZoneInfo, at: datetime, seconds: float, free: str
) -> None:
    clock = FakeClock(at)
    async with opened(tmp_path, clock) as journal:
        first = await journal.claim()
        await purse(journal, first, clock, zone).reserve(KEY, 1.0)
        second = await journal.claim(slot=SLOT + timedelta(hours=1))
        await clock.sleep(seconds)

        for limit in ("day", "month"):
            mine = purse(journal, second, clock, zone, **{limit: 1.0})
            if limit in free:
                await mine.reserve(KEY, 1.0)
                await mine.release(KEY)
            else:
                with pytest.raises(OverBudget, match=f"0.00 of the {limit}'s"):
                    await mine.reserve(KEY, 1.0)


async def test_another_show_has_a_budget_of_its_own(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        for show in ("news", "weekly"):
            await purse(journal, await journal.claim(show), clock, day=1, month=1).reserve(KEY, 1.0)


async def test_who_lost_the_run_can_neither_reserve_nor_settle_nor_release(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        old = await journal.claim()
        mine = purse(journal, old, clock, run=3)
        await mine.reserve(KEY, 2.0)
        await journal.again(old)

        for deed in (mine.reserve(OTHER, 0.5), mine.settle(KEY, 0.0), mine.release(KEY)):
            with pytest.raises(Lost):
                await deed

    assert [(2.0, None)] == [row[3:] for row in rows(tmp_path)]


async def test_a_rehearsal_reserves_nothing(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = Rehearsal(journal.store, clock, id="news@now", show="news", slot=SLOT, options="", epoch=0)
        with pytest.raises(RuntimeError, match="rehearsed"):
            await purse(journal, run, clock, run=3).reserve(KEY, 1.0)

    assert [] == rows(tmp_path)


def race(folder: Path, processes: int, runs: int, month: float, *, of_all: bool = False) -> list[str]:
    """Have *runs* runs of each process reserve a dollar at the same moment; return those that got it.

    They are of one show and its month; or, with *of_all*, each of its own, and the month is that of all shows.
    """
    spend = str(HERE / "spender.py"), str(folder), str(runs)
    more = str(month), *(["all"] if of_all else [])
    return " ".join(together([(*spend, str(runs * number), *more) for number in range(processes)], folder)).split()


@pytest.mark.parametrize("of_all", [False, True], ids=["one show", "all shows"])
@pytest.mark.parametrize(("month", "winners"), [(1, 1), (7.5, 7)])
def test_fifty_runs_of_two_processes_race_for_the_last_dollar_and_never_overspend(
    tmp_path: Path, month: float, winners: int, of_all: bool
) -> None:
    Store.open(address(tmp_path)).close()

    got = race(tmp_path, 2, 25, month, of_all=of_all)

    assert winners == len(got) == len(set(got))
    assert sorted(got) == [row[0] for row in rows(tmp_path)]


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_an_older_database_learns_to_count(tmp_path: Path, version: int) -> None:
    older(tmp_path, version)
    clock = FakeClock(SLOT)

    async with opened(tmp_path, clock) as journal:
        await purse(journal, await journal.claim(), clock, run=3).reserve(KEY, 2.0)

    assert [2.0] == [row[3] for row in rows(tmp_path)]


async def test_a_closed_run_gives_back_what_it_never_asked_for_and_keeps_what_is_in_doubt(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)

    async def dies(*_: object) -> str:
        raise asyncio.CancelledError

    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()
        mine = purse(journal, run, clock, month=100)
        for key in (KEY, OTHER, "script/main/story/1"):
            await mine.reserve(key, 1.0)
        with pytest.raises(asyncio.CancelledError):
            await run.once(KEY, str, dies)
        await run.finish(report_of(run, "failed"))
        journal.runs.done(run)
        await clock.sleep(30 * 3600)
        await journal.claim(slot=clock.now())

    assert ["script/main/story/1", KEY] == [row[1] for row in rows(tmp_path)]


async def test_a_rehearsed_show_leaves_no_row(tmp_path: Path, database: str) -> None:
    town = Town(tmp_path, budget={"run": 1, "day": 1, "month": 1})
    town.on(database)
    first = await town.air(SLOT)  # makes the database

    report = await town.air(SLOT + timedelta(days=1), dry_run=True)

    assert "failed" == first.status, described(first)
    assert () == report.cost.items
    assert [] == rows(tmp_path)


@pytest.mark.parametrize(
    ("budget", "worst", "writers", "usd"),
    [
        ({}, 0.5, {"scribe"}, 1.0),
        ({"run": 2.0}, 0.5, {"scribe"}, 1.0),
        ({"run": 0.6}, 0.5, {"mixed", "extractive"}, 0.25),
        ({"day": 0.3}, 0.5, {"extractive"}, 0.0),
        ({"month": 5}, None, {"extractive"}, 0.0),  # its price is not known
        ({}, None, {"scribe"}, 1.0),
    ],
)
async def test_a_writer_that_is_paid_reserves_for_each_edition_and_makes_room_for_one_that_is_not(
    tmp_path: Path, budget: dict[str, float], worst: float | None, writers: set[str], usd: float
) -> None:
    town = Town(tmp_path, budget=budget)
    town.tree["renderer"] = town.of("FreeStudio")
    town.tree["editions"] = {"main": {"channels": ["chat"]}, "tall": {"channels": ["chat"]}}
    town.tree["writer"] = [town.of("Scribe", worst=worst), "extractive"]

    report = await town.air(SLOT)

    assert "aired" == report.status, described(report)
    assert writers == {edition.script.writer for edition in report.editions if edition.script}, described(report)
    assert usd == report.cost.usd, described(report)


@pytest.mark.parametrize(("answer", "kept"), [(None, []), (Job(id="session-1"), [KEY])])
async def test_a_person_who_says_that_it_was_not_sent_gives_the_money_back(
    tmp_path: Path, answer: Job | None, kept: list[str]
) -> None:
    clock = FakeClock(SLOT)

    async def dies(*_: object) -> Job:
        raise asyncio.CancelledError

    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()
        await purse(journal, run, clock, run=3).reserve(KEY, 2.0)
        with pytest.raises(asyncio.CancelledError):
            await run.once(KEY, Job, dies)
        await run.finish(report_of(run, "unfinished"), held=True)
        journal.runs.done(run)

        await journal.runs.settle(run.id, KEY, answer, lambda report, run: (report, False))

    assert kept == [row[1] for row in rows(tmp_path)]
