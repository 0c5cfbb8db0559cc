"""What is old makes room, and nothing that may still matter goes with it."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from airing import Town, described
from journals import SLOT, Journal, change, opened, report, select, story

from broadcast.errors import ConfigError
from broadcast.journal.audit import Audit
from broadcast.journal.ledger import Purse
from broadcast.journal.run import Run
from broadcast.journal.runs import name
from broadcast.journal.told import Choosing
from broadcast.plugins import Keep
from broadcast.testing import FakeClock
from broadcast.types import Budget, Status

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both

DAY = timedelta(days=1)
KEEP = 90 * DAY


async def aired(journal: Journal, days_ago: int, status: Status = "aired", show: str = "news", **more: bool) -> Run:
    """A run as it would be had it aired so many days before SLOT."""
    run = await journal.claim(show, SLOT - days_ago * DAY)
    await run.choose("choose", str, lambda told: Choosing("", ((story(str(days_ago)), {f"wire/{days_ago}"}),)))
    await run.tell([f"wire/{days_ago}"])
    await run.finish(report(run, status), **more)
    journal.runs.done(run)
    return run


def long_ago(folder: Path) -> None:
    """Have all runs been made when their slots were, and not by this test."""
    change(folder, f"UPDATE run SET created = created - {400 * 86400}, closes = closes - {400 * 86400}")


async def pruned(journal: Journal, most: int = 100, *, rehearsal: bool = False) -> list[int]:
    """Prune, and return how many days ago the runs were."""
    gone = await journal.runs.prune("news", before=SLOT - KEEP, most=most, rehearsal=rehearsal)
    return [(SLOT - slot).days for slot in gone]


async def test_runs_beyond_their_time_go_with_their_items_and_the_others_stay(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        for days in (200, 100, 91, 90, 89, 1):
            await aired(journal, days)
        await aired(journal, 200, show="newsletter")
        long_ago(tmp_path)

        assert [200, 100, 91] == await pruned(journal)

    left = {name("news", SLOT - days * DAY) for days in (90, 89, 1)} | {name("newsletter", SLOT - 200 * DAY)}
    assert left == {row[0] for row in select(tmp_path, "SELECT id FROM run")}
    assert left == {row[0] for row in select(tmp_path, "SELECT run FROM item")}


async def test_a_run_of_an_old_slot_that_was_made_today_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        await aired(journal, 200)
        await aired(journal, 1)

        assert [] == await pruned(journal)


@pytest.mark.parametrize(
    ("status", "held", "goes"),
    [
        ("aired", False, True),
        ("quiet", False, True),
        ("partial", False, True),  # its grace is over: it is closed first
        ("failed", False, True),
        ("unfinished", False, True),  # nothing was paid: closed as well
        ("unfinished", True, False),
        ("aired", True, False),
        ("failed", True, False),
    ],
)
async def test_only_what_has_ended_goes(tmp_path: Path, status: Status, held: bool, goes: bool) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        await aired(journal, 200, status, held=held)
        await aired(journal, 1)
        long_ago(tmp_path)

        assert ([200] if goes else []) == await pruned(journal)


async def test_a_run_that_never_came_to_an_end_stays_while_it_may_have_paid(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        for days, paid in ((200, True), (199, False)):
            run = await journal.claim(slot=SLOT - days * DAY)
            if paid:
                await run.once("submit/main/heygen/1", str, _pays)
            await run.put_down()
            journal.runs.done(run)
        await aired(journal, 1)
        long_ago(tmp_path)

        assert [199] == await pruned(journal)


async def test_a_deed_in_doubt_or_a_render_that_is_waited_for_keeps_its_run(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        for days, deed in ((200, _dies), (199, _pays)):
            run = await journal.claim(slot=SLOT - days * DAY)
            with pytest.raises(asyncio.CancelledError) if deed is _dies else nullcontext():
                await run.once("submit/main/heygen/1", str, deed)
            await run.finish(report(run, "aired"))
            journal.runs.done(run)
        await aired(journal, 1)
        long_ago(tmp_path)

        assert [] == await pruned(journal)
        change(tmp_path, "UPDATE item SET key = 'deliver/main/chat/1'")
        assert [199] == await pruned(journal)
        change(tmp_path, "UPDATE item SET state = 'done'")
        assert [200] == await pruned(journal)


async def test_a_run_that_somebody_works_on_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal, opened(tmp_path, FakeClock(SLOT)) as other:
        run = await aired(journal, 200)
        await aired(journal, 1)
        taken = await other.runs.claim("news", run.slot, grace=DAY, over=True)
        long_ago(tmp_path)

        assert [] == await pruned(journal)
        assert isinstance(taken, Run)
        await taken.put_down()
        assert [200] == await pruned(journal)


async def test_the_newest_that_told_something_stays_and_so_does_the_newest_of_all(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        await aired(journal, 200)
        await aired(journal, 150)
        await aired(journal, 120, "quiet")
        await aired(journal, 100, "quiet")
        long_ago(tmp_path)

        assert [200, 120] == await pruned(journal)
        newest = await journal.runs.last_aired("news", before=SLOT)
        assert newest
        assert SLOT - 150 * DAY == newest[0]


async def test_what_was_told_stays_known_for_a_year(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        for days in (400, 360, 1):
            await aired(journal, days)
        long_ago(tmp_path)

        assert [400, 360] == await pruned(journal)
        assert {"wire/360", "wire/1"} == await journal.runs.told("news")


async def test_money_stays_in_the_books_for_a_year_even_where_its_run_is_gone(tmp_path: Path) -> None:
    clock = FakeClock(SLOT - 420 * DAY)
    async with opened(tmp_path, clock) as journal:
        for days, then in ((420, 40), (380, 380)):
            run = await journal.claim(slot=SLOT - days * DAY)
            await Purse(journal.store, clock, run, Budget(month=9), ZoneInfo("UTC")).reserve("script/main/1", 1.0)
            await run.finish(report(run, "aired"))
            journal.runs.done(run)
            await clock.sleep((then * DAY).total_seconds())
        await aired(journal, 0)
        long_ago(tmp_path)

        gone = await journal.runs.prune("news", before=SLOT - DAY, most=9)

    assert 2 == len(gone)
    assert [(name("news", SLOT - 380 * DAY),)] == select(tmp_path, "SELECT run FROM spending")


async def test_what_was_done_by_hand_stays_as_long_as_its_run_and_else_as_long_as_runs_do(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        for days in (200, 100, 1):
            await aired(journal, days)
        doubt = await journal.claim("news", SLOT - 150 * DAY)
        journal.runs.done(doubt)
        change(tmp_path, f"UPDATE run SET held = true WHERE id = '{doubt.id}'")
        log = Audit(journal.store, clock)
        deeds = [("retry", 200), ("settle", 150), ("retract", 100), ("retry", 1), ("pause", 0), ("resume", 0)]
        for deed, days in deeds:
            run = name("news", SLOT - days * DAY) if days else ""
            await log.begin(deed, "news", who="anna", via="console", run=run)
        await log.begin("pause", "newsletter", who="anna", via="console")
        change(tmp_path, f"UPDATE audit SET at = at - {120 * 86400} WHERE deed <> 'resume'")
        long_ago(tmp_path)

        assert [200, 100] == await pruned(journal, rehearsal=True)
        assert 7 == len(await log.newest(limit=9))
        assert [200, 100] == await pruned(journal)
        left = [(one.deed, one.show) for one in await log.newest(limit=9)]

    # Those of a run that is there stay, be it in doubt; what was said of a show this month; another show's.
    assert [("pause", "newsletter"), ("resume", "news"), ("retry", "news"), ("settle", "news")] == sorted(left)


async def test_a_call_removes_so_many_and_a_rehearsal_none(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeClock(SLOT)) as journal:
        for days in (203, 202, 201, 1):
            await aired(journal, days)
        long_ago(tmp_path)

        assert [203, 202, 201] == await pruned(journal, rehearsal=True)
        assert [203, 202] == await pruned(journal, most=2)
        assert [201] == await pruned(journal, most=2)


async def test_a_show_prunes_after_it_aired_and_its_files_go(tmp_path: Path, database: str) -> None:
    town = Town(tmp_path, keep="30d")
    town.on(database)
    first = await town.air(SLOT, clock=FakeClock(SLOT))
    second = await town.air(SLOT + DAY, clock=FakeClock(SLOT + DAY))
    folder = tmp_path / "data" / "archive" / "town"
    before = sorted(path.name for path in folder.iterdir())
    later = SLOT + 60 * DAY

    third = await town.air(later, clock=FakeClock(later))

    assert ["aired", "aired"] == [first.status, second.status], described(second)
    assert ["20261123T170000Z", "20261124T170000Z"] == before
    kept = [third.run] if third.status == "aired" else [second.run, third.run]  # the newest that told something
    assert kept == sorted(row[0] for row in select(tmp_path, "SELECT id FROM run"))
    assert len(kept) - (third.status != "aired") == len(list(folder.iterdir()))


async def test_a_folder_whose_run_another_machine_pruned_goes_and_a_fresh_journal_prunes_nothing(
    tmp_path: Path, database: str
) -> None:
    town = Town(tmp_path, keep="30d")
    town.on(database)
    strays = [tmp_path / "data" / place / "town" / "20260101T000000Z" for place in ("archive", "work")]
    others = [tmp_path / "data" / "archive" / "town" / "by-hand", tmp_path / "data" / "archive" / "town2"]
    for path in (*strays, *others):
        path.mkdir(parents=True)
        (path / "video.mp4").write_bytes(b"x" * 1000)

    from broadcast import pruning, runner

    async with runner.on_duty(town.settings) as station:
        data = town.settings.broadcast_data_dir
        fresh = await pruning.prune(town.show(), station.runs, data, SLOT)
        run = await station.runs.claim("town", SLOT, grace=DAY)
        assert isinstance(run, Run)
        would = await pruning.prune(town.show(), station.runs, data, SLOT, rehearsal=True)
        assert all(path.exists() for path in strays)
        done = await pruning.prune(town.show(), station.runs, data, SLOT)

    assert pruning.Pruned() == fresh
    assert would == done == pruning.Pruned((), tuple(sorted(strays)), 2000)
    assert [False, False, True, True] == [path.exists() for path in (*strays, *others)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"keep": "1h"}, "at least 1d"),
        ({"keep": "forever"}, "write it like 90s"),
        ({"keep": "2d", "schedule": {"cron": "0 9 * * *", "grace": "3d"}}, "shorter than the schedule's grace"),
    ],
)
def test_a_time_that_would_forget_too_soon_is_refused(tmp_path: Path, fields: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Town(tmp_path, **fields).show()


async def _pays(keep: Keep, kept: Mapping[str, str]) -> str:
    return "job"


async def _dies(keep: Keep, kept: Mapping[str, str]) -> str:
    raise asyncio.CancelledError
