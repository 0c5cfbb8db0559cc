"""A run that was asked for is written down once, however often somebody asks, and found until it has ended."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from journals import GRACE, SLOT, opened, report

from broadcast.errors import Unavailable
from broadcast.journal.calls import AHEAD, Calls
from broadcast.journal.runs import REMEMBERED
from broadcast.testing import FakeClock

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both

DAY = timedelta(days=1)


async def accept(calls: Calls, *keys: str, show: str = "news", **how: object) -> tuple[datetime, bool]:
    return await calls.accept(show, keys, options="", grace=GRACE, **how)  # type: ignore[arg-type]


async def test_however_many_processes_are_asked_at_once_one_key_is_one_run(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as one, opened(tmp_path, clock) as other:
        doors = [Calls(journal.store, clock) for journal in (one, other)]
        keys = [("a",), ("b", "b2"), ("b2",), ("a", "c"), ("c",)]
        found = await asyncio.gather(*(accept(door, *each) for each in keys for door in doors * 3))
        rows = await one.runs.newest()

    new = [slot for slot, made in found if made]
    assert len(new) == len(set(new)) == len(rows)
    by_key = {keys[at // 6]: {slot for slot, _ in found[at : at + 6]} for at in range(0, len(found), 6)}
    assert all(1 == len(slots) for slots in by_key.values()), by_key
    assert by_key["b", "b2"] == by_key["b2",]


async def test_each_gets_the_first_second_that_no_run_and_no_schedule_has(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        calls = Calls(journal.store, clock)
        await journal.claim(slot=SLOT + timedelta(seconds=1))
        taken = {SLOT + timedelta(seconds=2)}
        slots = [(await accept(calls, f"{number}", taken=taken))[0] for number in range(3)]
        elsewhere, _ = await accept(calls, "0", show="other")

    assert [0, 3, 4] == [(slot - SLOT).total_seconds() for slot in slots]
    assert SLOT == elsewhere


async def test_what_waits_is_found_in_order_until_it_has_ended(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        calls = Calls(journal.store, clock)
        first, second = [(await accept(calls, key))[0] for key in "ab"]
        await journal.claim(slot=SLOT - DAY)  # nobody asked for this one
        assert [first, second] == [row.slot for row in await calls.waiting(["news", "other"])]
        run = await journal.claim(slot=first)
        await run.finish(report(run, "aired"))
        assert [second] == [row.slot for row in await calls.waiting(["news"])]
        assert [] == await calls.waiting(["other"])
        await clock.sleep((GRACE + DAY).total_seconds())
        await journal.runs.unfinished("news")  # closes what is overdue

        assert [(second, True)] == [(row.slot, row.closed) for row in await calls.waiting(["news"])]


async def test_more_than_there_are_seconds_wait_and_nothing_of_them_is_written(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        calls = Calls(journal.store, clock)
        taken = {SLOT + timedelta(seconds=ahead) for ahead in range(AHEAD)}
        with pytest.raises(Unavailable, match="than there were seconds"):
            await accept(calls, "a", taken=taken)

        assert [] == await journal.runs.newest()
        assert (SLOT, True) == await accept(calls, "a")


async def test_a_call_is_known_longer_than_its_run_and_forgotten_after_a_year(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        calls = Calls(journal.store, clock)
        for key in "abc":
            run = await journal.claim(slot=(await accept(calls, key))[0])
            await run.finish(report(run, "aired"))
            journal.runs.done(run)
        await clock.sleep((60 * DAY).total_seconds())
        gone = await journal.runs.prune("news", before=clock.now() - 30 * DAY, most=100)
        known = await accept(calls, "a")
        await clock.sleep((REMEMBERED + DAY).total_seconds())
        await journal.runs.prune("news", before=clock.now() - 30 * DAY, most=100)
        later = await accept(calls, "a")

    assert SLOT in gone
    assert (SLOT, False) == known
    assert later[1]
