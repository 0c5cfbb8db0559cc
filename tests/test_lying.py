"""In a process that keeps watch, a run that only waits is put down, and is called when there is something to do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airing import Town, described
from daemons import ENDS, due, over, serving
from watching import NOON, HandClock, rest, rounds_until, until, watching

from broadcast import after, runner
from broadcast.daemon.watch import Watch
from broadcast.journal.runs import Row
from broadcast.journal.tables import runs
from broadcast.lull import Lull, PutDown, Wait, until_next_look
from broadcast.testing import HeyGen

SUBMIT = "POST /v3/video-agents"
STAGES = "GET /v3/videos/statuses"
VIDEO = "GET /v3/videos/{id}"
ID = "town@2026-11-23T12:00:00Z"


@contextlib.asynccontextmanager
async def studio(folder: Path, shows: int = 1, **way: Any) -> "AsyncIterator[tuple[Town, HeyGen, HandClock]]":
    """So many shows, due at noon, whose renderer is a HeyGen on the watch's clock."""
    clock = HandClock(NOON + timedelta(seconds=1))
    async with HeyGen(clock=clock) as heygen:
        heygen.render_seconds, heygen.thinks = 200, 0.0
        town = Town(folder, schedule={"cron": "0 12 * * *", "grace": "3h"})
        town.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, **way}
        for number in range(shows):
            town.tree["title"] = f"Town {number}"
            town.file("town" if shows == 1 else f"town-{number}")
        yield town, heygen, clock
        assert [] == heygen.refused, "the client made a mistake"


async def until_lying(watch: Watch, clock: HandClock, number: int = 1) -> None:
    """Wait until so many runs were put down, and nothing of them is held but their renders."""

    def lying() -> bool:
        clock.pass_(0.05)  # looks that are shared wait for each other
        return len(watch.lying) == number == len(watch.station.airing)

    await until(lying, "they are not put down")
    held = [item.key for run in watch.station.airing.values() for item in run.under("")]
    assert all(key.startswith("submit/") for key in held), held


async def passed(seconds: float, watch: Watch, clock: HandClock) -> None:
    """Let time pass, and what was begun by that be done."""
    sleeping = clock.sleeping
    clock.pass_(seconds)

    def done() -> bool:
        if clock.sleeping > sleeping:
            clock.pass_(0.05)  # looks that are shared wait for each other
        return clock.sleeping == sleeping and not watch.lying._asking

    await until(done, "who was woken does not sleep again")


async def reported(town: Town, clock: HandClock) -> list[Row]:
    async with runner.on_duty(town.settings, clock=clock, rehearsal=True) as station:
        return sorted(await station.runs.newest(), key=lambda row: row.id)


async def test_a_run_that_waits_is_let_go_of_and_airs_when_its_video_is_done(tmp_path: Path) -> None:
    async with studio(tmp_path) as (town, heygen, clock):
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            looked = heygen.count(VIDEO)
            for _ in range(18):
                await passed(10, watch, clock)
            meanwhile = heygen.count(VIDEO), heygen.count(STAGES)
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await rest(watch)

        (row,) = await reported(town, clock)
        assert row.report is not None
        assert "aired" == row.status, described(row.report)
        assert 1 == len(heygen.renders) == len(town.lines("fetch"))
        assert looked == meanwhile[0], "each look was at one video"
        assert 3 <= meanwhile[1] <= 15


async def test_those_that_wait_are_asked_about_in_one_call(tmp_path: Path) -> None:
    async with studio(tmp_path, shows=6, concurrent=6) as (town, heygen, clock):
        heygen.limit = 6
        async with watching(town, clock) as watch:
            await until_lying(watch, clock, 6)
            await rounds_until(lambda: 6 == len(town.lines("post")), watch, clock)
            await rest(watch)
        assert 6 == len(heygen.renders)
        assert heygen.count(STAGES) <= 40, "200 seconds, and a look each 10 to 60 for all of them"


async def test_who_stands_in_line_lies_as_well_and_is_called_when_its_turn_comes(tmp_path: Path) -> None:
    async with studio(tmp_path, shows=4, concurrent=1) as (town, heygen, clock):
        heygen.render_seconds = 100
        async with watching(town, clock, concurrent=2) as watch:
            await until_lying(watch, clock, 4)
            first = len(heygen.renders)
            await rounds_until(lambda: 4 == len(town.lines("post")), watch, clock)
            await rest(watch)

        assert (1, 4, 1) == (first, len(heygen.renders), heygen.ledger.peak)
        assert 4 == len(town.lines("fetch")), "gathered once each"
        assert {"aired"} == {row.status for row in await reported(town, clock)}


async def test_what_was_noted_before_it_was_put_down_is_in_the_report(tmp_path: Path) -> None:
    async with studio(tmp_path) as (town, _, clock):
        town.tree["renderer"] = [town.of("Studio", trouble="refused"), town.tree["renderer"]]
        town.file()
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await rest(watch)

        (row,) = await reported(town, clock)
        assert row.report is not None
        (edition,) = row.report.editions
        assert 1 == sum("refused" in note for note in edition.notes), edition.notes


@pytest.mark.parametrize("what", ["drop", "garbage", "blank", 429, 500, 503])
async def test_a_service_that_cannot_be_asked_for_a_while_costs_time_only(tmp_path: Path, what: Any) -> None:
    async with studio(tmp_path) as (town, heygen, clock):
        heygen.fault(STAGES, what, times=3)
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await rest(watch)
        assert 1 == len(heygen.renders)
        assert heygen.count(VIDEO) <= 8


@pytest.mark.parametrize("what", [400, 403, 404, "unknown-status", "null-ids"])
async def test_a_service_that_tells_nothing_of_many_is_asked_about_each(tmp_path: Path, what: Any) -> None:
    async with studio(tmp_path) as (town, heygen, clock):
        heygen.fault(STAGES, what, times=1000)
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await rest(watch)
        (row,) = await reported(town, clock)
        assert ("aired", 1) == (row.status, len(heygen.renders))


async def test_a_render_that_failed_leads_to_the_next_attempt_which_waits_as_well(tmp_path: Path) -> None:
    async with studio(tmp_path, attempts=2) as (town, heygen, clock):
        heygen.fault("render", "fails")
        async with watching(town, clock) as watch:
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await rest(watch)
        (row,) = await reported(town, clock)
        assert ("aired", 2) == (row.status, len(heygen.renders))


async def test_patience_counts_from_the_first_call_and_its_end_is_reported(tmp_path: Path) -> None:
    async with studio(tmp_path, patience="5m", give_up="12m") as (town, heygen, clock):
        heygen.render_seconds = 1e6
        town.tree["renderer"] = [town.tree["renderer"], town.of("FreeStudio")]
        town.file()
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            ended: list[str] = []
            inner = watch.station.ended
            object.__setattr__(watch.station, "ended", lambda report: (ended.append(report.status), inner(report)))
            begun = clock.now()
            await rounds_until(lambda: ended, watch, clock)
            first = clock.now() - begun
            await rounds_until(lambda: town.lines("post"), watch, clock)
            given_up = clock.now() - begun
            await rest(watch)
        assert "unfinished" == ended[0]
        assert "aired" == ended[-1]
        assert timedelta(minutes=4) < first < timedelta(minutes=11), first
        assert timedelta(minutes=11) < given_up < timedelta(minutes=30), given_up
        assert 1 == len(heygen.renders)


async def test_asked_to_end_it_is_reported_unfinished_and_the_next_watch_airs_it(tmp_path: Path) -> None:
    async with studio(tmp_path, shows=5, concurrent=2) as (town, heygen, clock):
        heygen.render_seconds = 60
        async with watching(town, clock, concurrent=2) as watch:
            await until_lying(watch, clock, 5)
        rows = await reported(town, clock)
        assert ["unfinished"] * 5 == [row.status for row in rows]
        assert 2 == sum("is still being made" in (row.report.error or "") for row in rows if row.report)

        async with watching(town, clock) as watch:
            await rounds_until(lambda: 5 == len(town.lines("post")), watch, clock)
            await rest(watch)
        assert 5 == len(heygen.renders)


async def test_a_run_that_another_took_over_meanwhile_is_left_to_it(tmp_path: Path) -> None:
    async with studio(tmp_path) as (town, heygen, clock):
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            taken = {"owner": None, "epoch": 7, "status": "quiet"}
            await watch.station.store.do(lambda db: db.execute(runs.update().values(**taken)) and None)
            clock.pass_(600)
            await rounds_until(lambda: not watch.station.airing, watch, clock)
            await rest(watch)
            epoch = await watch.station.store.do(lambda db: db.execute(sa.select(runs.c.epoch)).scalar())
        assert 7 == epoch
        assert [] == town.lines("post")
        assert 1 == len(heygen.renders)


async def test_a_clock_that_is_put_back_leaves_nobody_lying(tmp_path: Path) -> None:
    async with studio(tmp_path) as (town, heygen, clock), watching(town, clock) as watch:
        await until_lying(watch, clock)
        looked = heygen.count(VIDEO)
        clock.jump(timedelta(hours=-2))
        await rounds_until(lambda: heygen.count(VIDEO) > looked, watch, clock)
        heygen.refused.clear()  # by this clock the video is not there yet


async def test_a_run_of_two_editions_lies_when_both_wait_and_airs_both(tmp_path: Path) -> None:
    async with studio(tmp_path, concurrent=1) as (town, heygen, clock):
        heygen.render_seconds = 100
        town.tree["channels"] = {"chat": town.of("Chat"), "other": town.of("Chat", to=["@other"])}
        town.tree["editions"] = {"one": {"channels": ["chat"]}, "two": {"channels": ["other"]}}
        town.file()
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            paid = len(heygen.renders)
            await rounds_until(lambda: 2 == len(town.lines("post")), watch, clock)
            await rest(watch)

        (row,) = await reported(town, clock)
        assert row.report is not None
        assert ("aired", 1, 2) == (row.status, paid, len(heygen.renders)), described(row.report)


async def test_an_edition_that_failed_is_not_tried_again_while_another_one_waits(tmp_path: Path) -> None:
    async with studio(tmp_path, concurrent=1) as (town, heygen, clock):
        heygen.render_seconds = 100
        wrong = town.of("Chat", to=["@other"], trouble="rejected", words=True, all=True)
        town.tree["channels"] = {"chat": town.of("Chat"), "wrong": wrong}
        town.tree["editions"] = {"one": {"channels": ["wrong"]}, "two": {"channels": ["chat"]}}
        town.file()
        tried = list[int]()
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            await rounds_until(lambda: town.lines("words"), watch, clock)
            for _ in range(3):
                await until_lying(watch, clock)
                tried.append(len(town.lines("words")))
                looked = heygen.count(VIDEO)
                assert watch.crew.wake(ID)
                await until(lambda looked=looked: heygen.count(VIDEO) > looked, "it is not called")  # type: ignore[misc]
            await rounds_until(lambda: town.lines("post"), watch, clock)
            await until(lambda: not watch.station.airing)
            ended = len(town.lines("words"))
            await rounds_until(lambda: len(town.lines("words")) > ended, watch, clock)
            await rest(watch)

        (row,) = await reported(town, clock)
        assert row.report is not None
        assert [1, 1, 1] == tried, "it was tried at each call"
        assert ("partial", 1) == (row.status, len(town.lines("post"))), described(row.report)
        assert 1 == ended, "when the run is over it is tried again, as any that failed"


async def test_a_run_that_lies_is_one_task(tmp_path: Path) -> None:
    async with studio(tmp_path, shows=6, concurrent=6) as (town, heygen, clock):
        heygen.limit = 6
        async with watching(town, clock) as watch:
            await until_lying(watch, clock, 6)
            ours = [task for task in asyncio.all_tasks() if _of_the_package(task)]
            lying = [task for task in ours if "@" in task.get_name()]

        assert 6 == len(lying)
        assert len(ours) - len(lying) < 10, "tasks that a run does not need to lie"


async def test_what_a_process_does_when_its_first_run_lies_is_done_once(tmp_path: Path) -> None:
    done = list[int]()
    async with studio(tmp_path, shows=2, concurrent=2) as (town, heygen, clock):
        heygen.limit = 2
        async with watching(town, clock) as watch:
            watch.when_steady(partial(done.append, 1))
            before = list(done)
            await until_lying(watch, clock, 2)
            await rounds_until(lambda: 2 == len(town.lines("post")), watch, clock)
            await rest(watch)

    assert ([], 1) == (before, len(done))


def _of_the_package(task: "asyncio.Task[Any]") -> bool:
    file = str(getattr(task.get_coro(), "cr_code").co_filename)  # noqa: B009
    return "/broadcast/" in file and "/testing/" not in file


def test_a_daemon_that_is_killed_while_its_runs_lie_pays_once_and_airs_at_the_next_start(
    tmp_path: Path,
) -> None:
    with HeyGen() as heygen:
        heygen.render_seconds, heygen.thinks = 3.0, 0.0
        town = due(tmp_path)
        town.tree["renderer"] = {
            "use": "heygen", "key": heygen.key, "base": heygen.url, "poll": 0.5, "concurrent": 3,
            "look_again": [0.2, 0.4],
        }  # fmt: skip
        for number in range(6):
            town.tree["title"] = f"Town {number}"
            town.file(f"town-{number}")
        for moment in (0.3, 2.7):  # while some lie, and when the first are called again
            with serving(town) as daemon:
                daemon.until(lambda: heygen.renders, "nothing is rendered")
                daemon.kill_after(moment)
        with serving(town) as daemon:
            daemon.until(lambda: over(town, 6), "they do not air")
            ended, seconds = daemon.ask_to_end()

    assert (0, True) == (ended, seconds < ENDS)
    assert 6 == len(heygen.renders) == len(town.lines("post"))
    assert heygen.ledger.peak <= 3
    assert [] == heygen.refused


# --- the lull by itself


def wait(key: str) -> Wait:
    return Wait(key, "account", NOON, NOON, "it waits")


async def test_a_run_is_put_down_when_the_last_of_its_parts_waits_or_is_done() -> None:
    lull, work, forever = Lull(puts_down=True), asyncio.Event(), asyncio.Event()
    lull.begin(3)

    async def waits(key: str) -> str:
        try:
            await lull.rest(wait(key), forever.wait)  # type: ignore[arg-type]
        except PutDown:
            return "put down"
        return "went on"

    async def works() -> str:
        await work.wait()
        return "done"

    parts = [asyncio.create_task(lull.part(part)) for part in (waits("a"), works(), waits("b"))]
    await asyncio.sleep(0.01)
    before = [part.done() for part in parts], lull.put_down
    work.set()

    assert ["put down", "done", "put down"] == await asyncio.gather(*parts)
    assert ([False] * 3, False) == before
    assert {"a", "b"} == {one.key for one in lull.waits}


async def test_what_is_not_put_down_rests_as_long_as_it_would() -> None:
    rested = list[str]()

    async def nap() -> None:
        rested.append("nap")

    alone, held = Lull(puts_down=True), Lull()
    alone.begin(2)
    held.begin(1)
    await alone.rest(wait("a"), nap)  # another part is at work
    await alone.rest(None, nap)
    await held.rest(wait("a"), nap)

    assert (["nap"] * 3, (), False) == (rested, alone.waits, alone.put_down or held.put_down)


@pytest.mark.parametrize(
    ("waited", "pause"), [(-1e6, 10), (0, 10), (10, 12.5), (22.5, 15.625), (200, 60), (1e6, 60)]
)
def test_pauses_grow_by_what_was_waited(waited: float, pause: float) -> None:
    assert pause == until_next_look(10.0, timedelta(seconds=waited))


async def test_a_run_that_lies_stops_at_once_when_a_person_says_so(tmp_path: Path) -> None:
    async with studio(tmp_path) as (town, heygen, clock):
        async with watching(town, clock) as watch:
            await until_lying(watch, clock)
            async with runner.on_duty(town.settings, clock=clock) as elsewhere:
                await after.cancel(elsewhere, ID, "anna")
            await until(lambda: not watch.station.airing, "it lies on")
            await rest(watch)

        (row,) = await reported(town, clock)
        assert row.report is not None
        assert row.closed
        assert "cancelled by anna" in str(row.report.error)
        assert (1, []) == (len(heygen.renders), town.lines("post"))
