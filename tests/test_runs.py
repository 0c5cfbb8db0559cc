"""Which run the next call takes up, and who may air it."""

import asyncio
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from journals import GRACE, SLOT, opened, report, story

from broadcast.journal.run import Run
from broadcast.journal.runs import Busy, Row, name
from broadcast.journal.told import Choosing
from broadcast.testing import FakeClock

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both


async def test_a_run_is_named_for_its_show_and_slot_in_utc(tmp_path: Path) -> None:
    assert "news@2026-11-23T17:00:00Z" == name("news", SLOT)


async def test_a_run_that_is_being_aired_cannot_be_taken(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        await one.claim()

        with pytest.raises(Busy):
            await other.claim()
        with pytest.raises(Busy):
            await one.claim()


async def test_a_run_given_back_is_taken_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as other:
        async with opened(tmp_path) as one:
            run = await one.claim()
            await run.put_down()
            one.runs.done(run)

        assert run.id == (await other.claim()).id


async def test_a_worker_that_leaves_gives_its_runs_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as other:
        async with opened(tmp_path) as one:
            await one.claim()

        await other.claim()


async def test_the_run_of_a_killed_process_is_taken_at_once(tmp_path: Path) -> None:
    owner = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from journals import opened

        async def main():
            async with opened(Path(sys.argv[1])) as journal:
                await journal.claim()
                print("claimed", flush=True)
                await asyncio.sleep(60)

        asyncio.run(main())
    """)
    path = {"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[1]}"}
    with subprocess.Popen(  # noqa: ASYNC220  # nothing else runs on this loop
        [sys.executable, "-c", owner, str(tmp_path)], stdout=subprocess.PIPE, env=path, cwd=tmp_path
    ) as process:
        assert process.stdout
        await asyncio.to_thread(process.stdout.readline)
        async with opened(tmp_path) as journal:
            with pytest.raises(Busy):
                await journal.claim()
            process.kill()
            process.wait()

            await journal.claim()  # its lease has half a minute left: the lock file tells


@pytest.mark.parametrize("status", ["aired", "quiet"])
async def test_a_final_run_is_only_shown(tmp_path: Path, status: str) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        await run.finish(report(run, status))
        journal.runs.done(run)

        shown = await journal.runs.claim("news", SLOT, grace=GRACE)

    assert isinstance(shown, Row)
    assert status == shown.status


@pytest.mark.parametrize(
    ("status", "held", "taken_up"),
    [
        ("unfinished", False, True),
        ("unfinished", True, False),
        ("failed", False, True),
        ("partial", False, False),
        ("aired", False, False),
        ("quiet", False, False),
    ],
)
async def test_what_is_unfinished_is_taken_up(tmp_path: Path, status: str, held: bool, taken_up: bool) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        await run.finish(report(run, status), held=held)

        found = await journal.runs.unfinished("news")

    assert taken_up == (found is not None)


async def test_a_run_that_was_cut_off_is_taken_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        await run.put_down()

        found = await journal.runs.unfinished("news")

    assert found
    assert (run.id, None) == (found.id, found.status)


async def test_a_failed_run_past_its_grace_is_closed_and_lets_its_stories_go(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()
        await run.choose("choose", str, lambda told: Choosing("", ((story("1"), {"wire/1"}),)))
        await run.finish(report(run, "failed"))
        journal.runs.done(run)
        before = await journal.runs.unfinished("news"), await journal.runs.told("news")

        await clock.sleep((GRACE + timedelta(seconds=1)).total_seconds())
        after = await journal.runs.unfinished("news"), await journal.runs.told("news")
        shown = await journal.runs.claim("news", SLOT, grace=GRACE)

    assert before[0] is not None
    assert {"wire/1"} == before[1]
    assert (None, frozenset()) == after
    assert isinstance(shown, Row)
    assert shown.closed


async def test_taking_a_run_reads_no_more_after_hundreds_that_aired(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        asked: list[str] = []
        sa.event.listen(
            journal.store._engine, "before_cursor_execute", lambda db, cursor, words, *_: asked.append(words)
        )

        async def questions() -> int:
            asked.clear()
            run = await journal.claim(slot=clock.now())
            count = len(asked)
            await run.finish(report(run, "aired"))
            journal.runs.done(run)
            await clock.sleep(86_400)
            return count

        first = [await questions() for _ in range(3)][-1]
        for _ in range(200):
            last = await questions()

    assert first == last


async def test_a_run_that_may_have_paid_is_never_closed(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim()

        async def pay(*_: object) -> str:
            return "job 1"

        await run.once("submit/main/heygen/1", str, pay)
        await run.put_down()
        journal.runs.done(run)
        await clock.sleep(GRACE.total_seconds() * 100)

        found = await journal.runs.unfinished("news")

    assert found
    assert run.id == found.id


async def test_a_slot_long_past_is_still_taken_up_after_a_kill(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim(slot=SLOT - timedelta(days=300))
        journal.runs.done(run)
        await clock.sleep(60)

        assert await journal.runs.unfinished("news")


async def test_any_number_of_callers_make_one_run(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        callers = [journal.runs.claim("news", SLOT, grace=GRACE) for journal in (one, other) * 20]

        answers = await asyncio.gather(*callers, return_exceptions=True)

    assert 1 == sum(isinstance(answer, Run) for answer in answers)
    assert 39 == sum(isinstance(answer, Busy) for answer in answers)
