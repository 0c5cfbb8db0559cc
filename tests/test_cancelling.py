"""A person has a run stop: what is under way comes to its end, nothing more is begun, and it is closed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from airing import Town
from patience import PATIENCE
from watching import until

from broadcast import after, runner
from broadcast.desk import Wish
from broadcast.errors import ConfigError
from broadcast.journal.tables import berths
from broadcast.station import Station
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
RUN = "town@2026-11-23T17:00:00Z"


@pytest.fixture
def town(tmp_path: Path, database: str) -> Town:
    one = Town(tmp_path)
    one.on(database)
    return one


@contextlib.asynccontextmanager
async def airing(town: Town) -> AsyncIterator[tuple[Station, "asyncio.Task[Report]"]]:
    """A process that airs the show. What asks for a stop in these tests is another one, as far as it can tell."""
    async with runner.on_duty(town.settings) as station:
        task = asyncio.create_task(runner.run(station, town.show(), SLOT))
        try:
            yield station, task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def asked_elsewhere(town: Town) -> str:
    async with runner.on_duty(town.settings) as other:
        return await after.cancel(other, RUN, "anna")


async def test_a_run_that_waits_for_its_render_ends_and_the_paid_render_is_named(town: Town) -> None:
    town.tree["renderer"] = {**town.of("Studio", ready_after=10_000), "patience": "10m"}
    async with airing(town) as (station, task):
        await until(lambda: town.lines("look"))

        assert "it stops" in await asked_elsewhere(town)
        report = await asyncio.wait_for(task, PATIENCE)

        assert ("failed", "Refused") == (report.status, report.kind)
        assert report.error is not None
        assert "cancelled by anna" in report.error
        assert "submit/main/Studio/1 is paid and under way" in report.error
        found = await station.runs.find(RUN)
        assert found is not None
        assert found[0].closed
        assert ["pay main"] == town.lines("pay")
        assert [] == town.lines("post")

        again = await runner.run(station, town.show(), SLOT)
        assert again.error == report.error  # it is not taken up again
        assert {} == await station.cancels.asked()


async def test_a_post_that_is_being_sent_is_finished_and_the_next_is_not_begun(town: Town) -> None:
    town.tree["channels"] = {"chat": town.of("Chat", to=["@one", "@two"], pause=1.5)}
    async with airing(town) as (station, task):
        await until(lambda: any(run.in_doubt("deliver/") for run in station.airing.values()))

        await after.cancel(station, RUN, "anna")
        report = await asyncio.wait_for(task, PATIENCE)

        assert "partial" == report.status
        (receipt,) = report.editions[0].receipts
        became = {one.to: (one.status, one.error) for one in receipt.to}
        assert ("sent", None) == became["@one"]
        assert ("failed", "cancelled by anna") == became["@two"]
        assert ["post @one url"] == town.lines("post")
        found = await station.runs.find(RUN)
        assert found is not None
        assert found[0].closed
        assert not found[0].held
        assert [] == [item for item in found[1] if not item.done]


async def test_a_run_that_nobody_airs_is_closed_at_once_and_its_stories_may_air(town: Town) -> None:
    town.tree["channels"] = {"chat": town.of("Chat", trouble="rejected", all=True)}
    assert "failed" == (await town.air(SLOT)).status
    async with runner.on_duty(town.settings) as station:
        assert "it is closed" == await after.cancel(station, RUN, "anna")
        found = await station.runs.find(RUN)
        assert found is not None
        row = found[0]
        assert (True, "failed") == (row.closed, row.status)
        assert row.report is not None
        assert row.report.error is not None
        assert row.report.error.startswith("cancelled by anna: chat")
        assert await station.runs.unfinished("town") is None

    town.tree["channels"] = {"chat": town.of("Chat")}
    report = await town.air(now=True)
    assert "aired" == report.status
    assert {story.title for story in row.report.stories} == {story.title for story in report.stories}


async def test_a_wish_that_outlives_its_process_is_heeded_by_the_next(town: Town) -> None:
    async with runner.on_duty(town.settings) as station:
        run = await runner.take(station, town.show(), SLOT, Wish())
        assert "it stops" in await after.cancel(station, RUN, "anna")
        station.runs.done(run)  # type: ignore[arg-type]

        report = await runner.run(station, town.show(), SLOT)

        assert report.error is not None
        assert "cancelled by anna" in report.error
        found = await station.runs.find(RUN)
        assert found is not None
        assert found[0].closed
        assert [] == town.lines("pay")


async def test_what_is_over_or_was_never_there_cannot_be_cancelled(town: Town) -> None:
    await town.air(SLOT)
    async with runner.on_duty(town.settings) as station:
        with pytest.raises(ConfigError, match="there is nothing to cancel"):
            await after.cancel(station, RUN, "anna")
        with pytest.raises(ConfigError, match="there is no run"):
            await after.cancel(station, "town@2020-01-01T00:00:00Z", "anna")


async def test_a_place_in_the_line_for_renders_is_given_up(town: Town) -> None:
    other = "town@2026-11-23T17:00:01Z"
    async with runner.on_duty(town.settings) as station:
        for id in (RUN, other):
            run = runner.rehearsal_run(station, town.show(), datetime.fromisoformat(id.partition("@")[2]))
            assert not await station.berths.take("key", run, "submit/main/heygen/1", 2)

        await station.berths.leave(RUN)

        query = sa.select(berths.c.item)
        left = await station.store.do(lambda db: db.execute(query).scalars().all())
        assert [f"{other}/submit/main/heygen/1"] == left
