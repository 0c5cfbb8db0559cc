"""A paused show is begun by nobody; what fell into the pause is not made up for."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airing import Town
from watching import NOON, HandClock, rounds, watching

from broadcast import runner
from broadcast.cli import main
from broadcast.cli.checking import check
from broadcast.daemon.attempt import attempt, missed
from broadcast.daemon.gauges import Gauges
from broadcast.desk import Wish
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.station import Station

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture
def town(tmp_path: Path, database: str) -> Town:
    one = Town(tmp_path, schedule={"cron": "0 13 * * *", "grace": "2h"})
    one.on(database)
    one.file()
    return one


async def paused(station: Station) -> bool:
    return await station.pauses.now("town") is not None


async def test_whoever_calls_for_a_paused_show_begins_nothing(town: Town) -> None:
    async with runner.on_duty(town.settings) as station:
        await station.pauses.begin("town", "anna")
        show = town.show()
        reports = [
            await runner.run(station, show),
            await runner.run(station, show, SLOT),
            await runner.run(station, show, now=True),
            await runner.run(station, show, due_only=True),
        ]
        assert {"quiet"} == {one.status for one in reports}
        assert all("by anna; `broadcast resume town`" in one.notes[0] for one in reports)
        assert [] == town.lines()
        assert [] == await station.runs.newest()

        await station.pauses.end("town", "ben")
        assert "aired" == (await runner.run(station, show, now=True)).status


async def test_check_says_that_a_show_is_paused(town: Town) -> None:
    async with runner.on_duty(town.settings) as station:
        await station.pauses.begin("town", "anna")

    (found,) = await check(["town"], town.settings, Redact(()))

    assert found["ok"]
    assert any("town is paused since" in note and "`broadcast resume town`" in note for note in found["notes"])


async def test_a_paused_show_can_be_rehearsed(town: Town) -> None:
    async with runner.on_duty(town.settings) as station:
        await station.pauses.begin("town", "anna")

        report, written, _ = await runner.rehearse(station, town.show(), None, Wish())

        assert {"main"} == set(written)
        assert [] == town.lines("post")
        assert "dry run" in report.notes[-1]


async def test_one_show_is_paused_once_and_resumed_once(town: Town) -> None:
    async with runner.on_duty(town.settings) as station:
        with pytest.raises(ConfigError, match="town is not paused"):
            await station.pauses.end("town", "anna")
        await station.pauses.begin("town", "anna")
        with pytest.raises(ConfigError, match=r"paused already, since .* by anna"):
            await station.pauses.begin("town", "ben")
        await station.pauses.begin("other", "ben")
        assert {"town": "anna", "other": "ben"} == {k: one.by for k, one in (await station.pauses.open()).items()}


async def test_a_daemon_begins_nothing_of_a_paused_show_and_makes_nothing_up(town: Town) -> None:
    clock = HandClock()
    async with watching(town, clock) as watch:
        await rounds(watch, clock)
        await watch.station.pauses.begin("town", "anna")
        clock.pass_(timedelta(hours=1, minutes=5).total_seconds())  # 13:05: the slot of 13:00 came
        await rounds(watch, clock)
        await watch.station.pauses.end("town", "anna")
        clock.pass_(600)
        await rounds(watch, clock)
        assert [] == town.lines("pay")
        assert [] == await watch.station.runs.newest()

    async with watching(town, clock) as watch:  # a restart looks back over its grace
        await rounds(watch, clock)
        assert [] == town.lines("pay")
        clock.pass_(timedelta(hours=24).total_seconds())
        await rounds(watch, clock)
        assert ["town@2026-11-24T13:00:00Z"] == [row.id for row in await watch.station.runs.newest()]


async def test_a_call_without_a_slot_does_not_make_up_for_the_pause_either(town: Town) -> None:
    clock = HandClock(NOON)
    async with runner.on_duty(town.settings, clock=clock) as station:
        await station.pauses.begin("town", "anna")
        clock.pass_(timedelta(hours=1, minutes=30).total_seconds())
        await station.pauses.end("town", "anna")

        report = await runner.run(station, town.show(), due_only=True)

        assert ("nothing is due",) == report.notes
        clock.pass_(timedelta(hours=23, minutes=40).total_seconds())
        assert "aired" == (await runner.run(station, town.show(), due_only=True)).status


def test_the_command_line_pauses_and_resumes_and_both_are_in_the_audit_log(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("DATA_DIR", "data"), ("CONFIG_DIR", "config")):
        monkeypatch.setenv(f"BROADCAST_{name}", str(town.folder / value))

    def call(*arguments: str) -> tuple[int, str]:
        return main([*arguments, "--json"]), capsys.readouterr().out

    assert 2 == call("pause", "twon")[0]
    assert (0, {"show": "town", "paused": True}) == (lambda one: (one[0], json.loads(one[1])))(
        call("pause", "town")
    )
    code, out = call("run", "town", "--now")
    assert (0, "quiet") == (code, json.loads(out)["status"])
    assert "broadcast resume town" in json.loads(out)["notes"][0]
    assert 2 == call("pause", "town")[0]
    assert 0 == call("resume", "town")[0]
    assert 2 == call("resume", "town")[0]

    async def log() -> list[tuple[str, str | None]]:
        settings = town.settings.model_copy(update={"broadcast_database_url": None})
        async with runner.on_duty(settings) as station:
            return [(one.deed, one.outcome) for one in await station.audit.newest(limit=10)]

    import asyncio

    expected = [("resume", "failed"), ("resume", "done"), ("pause", "failed"), ("pause", "done")]
    assert expected == asyncio.run(log())


async def test_whoever_has_the_turn_of_a_paused_slot_begins_nothing_and_tells_nobody(town: Town) -> None:
    """What the daemon and every worker do with a run whose turn it is."""
    town.tree["alerts"] = town.of("Talk", to=["@ops"])
    clock = HandClock(NOON + timedelta(hours=1, minutes=1))
    slot, gauges = NOON + timedelta(hours=1), Gauges()
    async with runner.on_duty(town.settings, clock=clock) as station:
        clock.jump(timedelta(minutes=-2))
        await station.pauses.begin("town", "anna")
        clock.jump(timedelta(minutes=2))
        assert await attempt(station, town.show(), slot, 0, gauges) is None
        await station.pauses.end("town", "anna")
        clock.pass_(timedelta(hours=5).total_seconds())
        assert await attempt(station, town.show(), slot, 0, gauges) is None  # by now it would have been missed
        assert not await missed(station, town.show(), slot, gauges)
        assert [] == town.lines()
        assert [] == await station.runs.newest()
