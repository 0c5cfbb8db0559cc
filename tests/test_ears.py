"""A daemon hears answers while something is asked, and the run goes on: wherever that was, and after a restart."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from watching import NOON, HandClock, rounds, until, watching

from broadcast import runner
from broadcast.daemon.ears import Ears
from broadcast.daemon.watch import Watch
from broadcast.journal.approvals import Approval
from broadcast.journal.runs import name
from broadcast.testing.slack import Slack

RUN = name("town", NOON)


def asking(folder: Path, **approval: Any) -> Town:
    town = Town(folder)
    ask = {"panel": town.of("Panel", to=["@editors"])}
    town.tree["approval"] = {"script": True, "ask": ask, "wait": "2h", **approval}
    town.file()
    return town


def answers(town: Town, *lines: str) -> None:
    town.ledger.with_suffix(".answers").write_text("\n".join(lines))


@contextlib.asynccontextmanager
async def on_watch(town: Town, clock: HandClock) -> AsyncIterator[tuple[Watch, Ears]]:
    async with watching(town, clock) as watch:
        await rounds(watch, clock, 1)
        yield watch, Ears(watch.station, lambda: watch.shelf.shows, watch.wake)


async def asked(watch: Watch, clock: HandClock) -> Approval:
    watch.air("town", NOON)
    await rounds(watch, clock, 2)
    [gate] = await watch.station.approvals.unanswered()
    return gate


async def status(watch: Watch) -> str | None:
    found = await watch.station.runs.find(RUN)
    assert found
    return found[0].status


async def test_what_is_answered_on_a_channel_has_the_run_go_on_at_once(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), HandClock()
    async with on_watch(town, clock) as (watch, ears):
        await asked(watch, clock)
        assert "unfinished" == await status(watch)
        answers(town, "yes ann")
        await ears.look()
        await rounds(watch, clock, 2)

        assert "aired" == await status(watch)
        assert 1 == len(town.lines("pay"))
        assert ["tell ann Thank you: the script is approved."] == town.lines("tell")
        assert ["close @editors script approved (by ann, panel)"] == town.lines("close")


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_what_another_process_wrote_down_has_the_run_go_on(tmp_path: Path, elsewhere: bool) -> None:
    town, clock = asking(tmp_path), HandClock()
    async with on_watch(town, clock) as (watch, ears):
        gate = await asked(watch, clock)
        async with runner.on_duty(town.settings, clock=clock) as console:
            await console.approvals.answer(gate.token, "approved", who="ann", via="console")
        await replace(ears, others=elsewhere).look()
        await rounds(watch, clock, 2)

        assert ("aired" if elsewhere else "unfinished") == await status(watch)


@pytest.mark.parametrize(("then", "became"), [("air", "aired"), ("drop", "failed")])
async def test_at_the_deadline_the_run_goes_on_as_was_said(tmp_path: Path, then: str, became: str) -> None:
    town, clock = asking(tmp_path, then=then), HandClock()
    async with on_watch(town, clock) as (watch, ears):
        await asked(watch, clock)
        clock.pass_(2 * 3600 + 1)
        await ears.look()
        await rounds(watch, clock, 2)

        assert became == await status(watch)
        found = await watch.station.runs.find(RUN)
        assert found
        assert found[0].closed == (then == "drop"), "what nobody wants is not tried again"


async def test_an_answer_that_came_while_nobody_watched_is_found_at_the_start(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), HandClock()
    async with on_watch(town, clock) as (watch, _):
        gate = await asked(watch, clock)
    async with runner.on_duty(town.settings, clock=clock) as console:
        await console.approvals.answer(gate.token, "approved", who="ann", via="console")
    async with on_watch(town, clock) as (watch, ears):
        await ears.look()
        await rounds(watch, clock, 3)

        assert "aired" == await status(watch)
        assert 1 == len(town.lines("pay"))


async def test_a_run_that_waits_for_people_is_not_called_again_and_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    town, clock = asking(tmp_path), HandClock()
    async with on_watch(town, clock) as (watch, _):
        await asked(watch, clock)
        for _ in range(10):
            clock.pass_(60)
            await rounds(watch, clock, 1)
        assert 1 == caplog.text.count(f"{RUN}: unfinished")


async def test_slacks_buttons_are_listened_to_only_while_something_is_asked(tmp_path: Path) -> None:
    clock = HandClock()
    async with Slack(clock=clock) as slack:
        known = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
        town = asking(tmp_path, ask={"slack": {**known, "app_token": slack.app_token}}, by=["U7", "U8"])
        async with on_watch(town, clock) as (watch, ears):
            keeping = asyncio.ensure_future(ears.keep())
            await asked(watch, clock)
            await until(lambda: slack.socket.wires, "nobody listens")
            message = slack.shown()[-1]
            assert await slack.press(message, "approve", "U9", "mallory")
            await until(lambda: slack.space.whispers, "mallory is not told")
            assert await slack.press(message, "reject", "U7", "ann")
            assert await slack.press(message, "approve", "U8", "ben")
            await until(lambda: 3 == len(slack.space.whispers), "somebody is not told")
            await rounds(watch, clock, 3)

            assert "failed" == await status(watch)
            assert "Rejected (by ann (U7), slack)." in message.text
            assert [
                "You are not among those who may answer.",
                "Thank you: the script is rejected.",
                "ann (U7) was first: the script was rejected.",
            ] == [text for _, _, text in slack.space.whispers]
            await until(lambda: not slack.socket.wires, "it listens on")
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    assert [] == slack.refused + slack.socket.refused


async def test_a_connection_that_breaks_is_opened_again_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("broadcast.daemon.ears.PAUSES", (0.01,))
    clock = HandClock()
    async with Slack(clock=clock) as slack:
        known = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
        town = asking(tmp_path, ask={"slack": {**known, "app_token": slack.app_token}})
        async with on_watch(town, clock) as (watch, ears):
            await asked(watch, clock)
            slack.fault("apps.connections.open", "invalid_auth", times=3)
            await ears.look()
            await until(lambda: slack.socket.wires, "nobody listens")
            await slack.socket.hang_up()
            await until(lambda: 5 <= slack.calls["apps.connections.open"], "it is not opened again")
            await ears._leave(set(ears._listening))
    assert 1 == caplog.text.count("cannot be listened to")
