"""Slack: people answer by a button or by a reaction, and are told what came of it. Over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from patience import PATIENCE
from slacks import stage
from watching import until

from broadcast.errors import Rejected, StageError, Unavailable
from broadcast.reporting import exit_code
from broadcast.slack.asking import pressed
from broadcast.testing import FakeClock
from broadcast.testing.slack import Message, Slack
from broadcast.types import Decision, Report

HOSTILE = "<!channel> <https://evil.example|bank> & *bold* \u202e"


@asynccontextmanager
async def asking(folder: Path, *, app: bool = False, **approval: Any) -> AsyncIterator["Room"]:
    clock = FakeClock()
    async with Slack(clock=clock) as slack:
        town = Town(folder)
        known = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
        known |= {"app_token": slack.app_token} if app else {}
        town.tree["approval"] = {"script": True, "ask": {"slack": known}, "wait": "2h", **approval}
        yield Room(town, slack, clock)


class Room:
    def __init__(self, town: Town, slack: Slack, clock: FakeClock) -> None:
        self.town, self.slack, self.clock = town, slack, clock

    async def air(self) -> Report:
        return await self.town.air(FakeClock().now(), clock=self.clock)

    @property
    def asked(self) -> Message:
        return self.slack.shown()[-1]


def words(message: Message) -> str:
    texts = [
        part.get("text", "") for block in message.blocks for part in block.get("elements", [block.get("text")])
    ]
    return "\n".join(str(text) for text in texts)


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


@pytest.mark.parametrize(
    ("reaction", "status", "told"),
    [("white_check_mark", "aired", "approved"), ("x", "failed", "rejected")],
)
async def test_without_a_daemon_a_reaction_is_the_answer(
    tmp_path: Path, reaction: str, status: str, told: str
) -> None:
    async with asking(tmp_path) as room:
        assert 4 == exit_code(await room.air())
        assert "actions" not in kinds(room.asked), "nobody would hear a button"
        assert "React to this message with :white_check_mark:" in words(room.asked)
        assert "it is not aired" in words(room.asked)

        room.slack.react(room.asked, reaction, "U7")
        report = await room.air()
        assert status == report.status, described(report)
        assert [("C1", "U7", f"Thank you: the script is {told}.")] == room.slack.space.whispers
        assert f"{told.title()} (by U7, slack)" in room.asked.text
        assert [] == room.slack.refused


async def test_only_the_named_may_answer_and_each_reaction_is_told_once(tmp_path: Path) -> None:
    async with asking(tmp_path, by=["U1"]) as room:
        await room.air()
        room.slack.react(room.asked, "white_check_mark", "U7")
        await room.air()
        assert 4 == exit_code(await room.air())
        assert [("C1", "U7", "You are not among those who may answer.")] == room.slack.space.whispers

        room.slack.react(room.asked, "white_check_mark", "U1")
        assert "aired" == (await room.air()).status


async def test_where_both_reactions_are_there_it_is_not_let_through(tmp_path: Path) -> None:
    async with asking(tmp_path) as room:
        await room.air()
        room.slack.react(room.asked, "white_check_mark", "U1")
        room.slack.react(room.asked, "x", "U2")
        assert "failed" == (await room.air()).status
        assert [] == room.town.lines("pay")
        assert ("C1", "U1", "U2 was first: the script was rejected.") in room.slack.space.whispers


async def test_the_video_stands_above_its_question(tmp_path: Path) -> None:
    async with asking(tmp_path, script=False, video=True) as room:
        await room.air()
        shown, asked = room.slack.shown()
        assert shown.file
        assert "may this video be published?" in asked.text
        room.slack.react(asked, "white_check_mark", "U7")
        assert "aired" == (await room.air()).status


async def test_a_missing_scope_is_named_and_the_gate_stands(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(tmp_path) as room:
        room.slack.scopes.discard("reactions:read")
        assert 4 == exit_code(await room.air())
        assert "add the scope reactions:read" in caplog.text


async def test_hostile_words_are_words(tmp_path: Path) -> None:
    async with asking(tmp_path, app=True) as room:
        room.town.tree["title"] = HOSTILE
        await room.air()
        assert "\u202e" not in words(room.asked)
        assert [] == room.slack.refused, "the double takes nothing that is not escaped"


async def test_a_button_is_heard_by_whoever_listens_and_slack_may_hang_up(tmp_path: Path) -> None:
    async with asking(tmp_path, app=True) as room, stage(tmp_path / "stage") as other:
        await room.air()
        assert ["header", *["section"] * 4, "context", "actions", "context"] == kinds(room.asked)
        assert not await room.slack.press(room.asked, "approve", "U7", "ann"), "nobody listens"

        channel = room.town.show().approval
        assert channel
        slack: Any = channel.ask["slack"]
        heard: list[Decision] = []
        async with other.tools() as tools:

            async def listen() -> None:
                async for one in slack.listen(tools):
                    heard.append(one)

            task = asyncio.ensure_future(listen())
            await until(lambda: room.slack.socket.wires, "nobody listens")
            assert await room.slack.press(room.asked, "reject", "U7", "ann")
            await room.slack.socket.hang_up()
            await asyncio.wait_for(task, PATIENCE)

        assert [(False, "U7", "ann (U7)", "C1/U7/")] == [
            (one.approves, one.who, one.shown, one.ref) for one in heard
        ]
        assert [] == room.slack.socket.refused


@pytest.mark.parametrize(
    ("fault", "error"),
    [("drop", Unavailable), ("invalid_auth", StageError), ("garbage", Unavailable)],
)
async def test_a_connection_that_cannot_be_opened_is_an_error_of_ours(
    tmp_path: Path, fault: str, error: type[StageError]
) -> None:
    async with asking(tmp_path, app=True) as room, stage(tmp_path / "stage") as other:
        room.slack.fault("apps.connections.open", fault)
        gate = room.town.show().approval
        assert gate
        slack: Any = gate.ask["slack"]
        async with other.tools() as tools:
            with pytest.raises(error) as caught:
                await anext(slack.listen(tools))
        assert room.slack.app_token not in str(caught.value)


async def test_an_address_that_is_not_slacks_is_not_listened_to(tmp_path: Path) -> None:
    from broadcast.slack import socket

    for address in (
        "wss://evil.example/link",
        "ws://wss.slack.com/",
        "wss://slack.com.evil.example/",
        "",
        "wss:///",
    ):
        assert not socket._trusted(address, "https://slack.com/api/"), address
    assert socket._trusted("wss://wss-primary.slack.com/link/?ticket=1", "https://slack.com/api/")
    async with asking(tmp_path, app=True) as room, stage(tmp_path / "stage") as other:
        room.slack.socket.ticket = lambda: "wss://evil.example/link"  # type: ignore[method-assign]
        gate = room.town.show().approval
        assert gate
        slack: Any = gate.ask["slack"]
        async with other.tools() as tools:
            with pytest.raises(Rejected, match="not its own"):
                await anext(slack.listen(tools))


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "block_actions"},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "approve", "block_id": "other"}]},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "buy", "block_id": "broadcast"}]},
        {"type": "view_submission", "user": {"id": "U1"}},
    ],
)
def test_what_is_no_button_of_ours_answers_nothing(payload: dict[str, Any]) -> None:
    assert [] == pressed(payload)
