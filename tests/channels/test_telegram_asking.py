"""Telegram: people are asked with buttons, and what they press is an answer, once. Over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import described
from telegrams import SLOT, Room, newsroom

from broadcast.reporting import exit_code
from broadcast.testing.telegram import Place, Shown

EVIL = "<b>Mayor</b> & </i><script>alert(1)</script> \u202eevil\u202c"


@asynccontextmanager
async def asking(folder: Path, **approval: Any) -> AsyncIterator[tuple[Room, Place]]:
    async with newsroom(folder) as room:
        place = room.telegram.group(title="Editors")
        known = {"use": "telegram", "token": room.telegram.token, "base": room.telegram.url, "seconds": 5}
        room.town.tree["approval"] = {
            "script": True,
            "ask": {"telegram": {**known, "chat": [place.id]}},
            "wait": "2h",
            **approval,
        }
        room.town.tree["channels"] = {"chat": room.town.of("Chat")}
        yield room, place


def question(room: Room, place: Place) -> Shown:
    return room.telegram.seen(place.id)[-1]


async def test_a_button_that_is_pressed_lets_the_show_air_and_goes(tmp_path: Path) -> None:
    async with asking(tmp_path) as (room, place):
        first = await room.air()
        asked = question(room, place)
        assert 4 == exit_code(first), described(first)
        assert ["✓ Approve", "✗ Reject"] == list(asked.buttons)
        assert "may this script be rendered?" in asked.text
        assert "If nobody does, it is not aired." in asked.text
        assert "Town News" in asked.text

        press = room.telegram.press(asked, "✓ Approve", by=7, username="ann")
        report = await room.air()
        assert "aired" == report.status, described(report)
        assert "Thank you: the script is approved." == press.told
        assert {} == asked.buttons
        assert "Approved (by Ann (@ann), telegram)." in asked.text
        assert [] == room.telegram.refused


async def test_nothing_is_confirmed_so_that_others_who_look_lose_nothing(tmp_path: Path) -> None:
    async with asking(tmp_path) as (room, place):
        room.telegram.wrote(place)
        await room.air()
        room.telegram.press(question(room, place), "✓ Approve", by=7)
        await room.air()

        assert 2 == len(room.telegram.updates)


async def test_when_telegrams_hundred_are_full_the_older_half_makes_room(tmp_path: Path) -> None:
    async with asking(tmp_path) as (room, place):
        await room.air()
        for _ in range(120):
            room.telegram.wrote(place)
        press = room.telegram.press(question(room, place), "✓ Approve", by=7)
        report = await room.air()

        assert "aired" == report.status, described(report)
        assert press.told
        assert 71 == len(room.telegram.updates)


async def test_a_press_is_dealt_with_once_and_the_second_person_is_told_who_was_first(tmp_path: Path) -> None:
    async with asking(tmp_path) as (room, place):
        await room.air()
        asked = question(room, place)
        first = room.telegram.press(asked, "✗ Reject", by=7, username="ben", name="Ben")
        second = room.telegram.press(asked, "✓ Approve", by=8, username="ann")
        report = await room.air()
        await room.air()

        assert "failed" == report.status
        assert ["Thank you: the script is rejected.", "Ben (@ben) was first: the script was rejected."] == [
            first.told,
            second.told,
        ]
        assert 2 == room.telegram.counts["answerCallbackQuery"]


@pytest.mark.parametrize(("by", "username", "name"), [(8, "mallory", "ann"), (8, "", "@ann"), (70, "", "Ann")])
async def test_nobody_passes_for_somebody_else(tmp_path: Path, by: int, username: str, name: str) -> None:
    async with asking(tmp_path, by=["@ann", "7"]) as (room, place):
        await room.air()
        press = room.telegram.press(question(room, place), "✓ Approve", by=by, username=username, name=name)

        assert 4 == exit_code(await room.air())
        assert "You are not among those who may answer." == press.told
        room.telegram.press(question(room, place), "✓ Approve", by=7, name="Who")
        assert "aired" == (await room.air()).status


async def test_a_video_is_shown_with_the_question_and_uploaded_once_for_all_chats(tmp_path: Path) -> None:
    async with asking(tmp_path, script=False, video=True) as (room, place):
        other = room.telegram.person()
        room.town.tree["approval"]["ask"]["telegram"]["chat"] = [place.id, other.id]
        await room.air()

        shown = question(room, place)
        assert ("video", "upload") == (shown.kind, shown.way)
        assert "may this video be published?" in shown.text
        assert "file_id" == question(room, other).way
        room.telegram.press(question(room, other), "✓ Approve", by=other.id)
        assert "aired" == (await room.air()).status
        assert {} == shown.buttons | question(room, other).buttons
        assert "Approved (by Ann" in shown.text


@pytest.mark.parametrize("fault", ["drop", 502, "Bad Request: query is too old", "garbage"])
async def test_who_cannot_be_told_has_answered_all_the_same(tmp_path: Path, fault: Any) -> None:
    async with asking(tmp_path) as (room, place):
        await room.air()
        room.telegram.fault("answerCallbackQuery", fault, times=None)
        room.telegram.fault("editMessageText", fault if fault != "garbage" else 500, times=None)
        room.telegram.press(question(room, place), "✓ Approve", by=7)

        assert "aired" == (await room.air()).status


async def test_two_who_look_at_once_are_no_trouble_and_a_webhook_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with asking(tmp_path) as (room, place):
        await room.air()
        room.telegram.press(question(room, place), "✓ Approve", by=7)
        room.telegram.busy = True
        assert 4 == exit_code(await room.air())
        assert "" == caplog.text
        room.telegram.busy, room.telegram.webhook = False, True
        assert 4 == exit_code(await room.air())
        assert "webhook" in caplog.text
        room.telegram.webhook = False
        assert "aired" == (await room.air()).status


async def test_hostile_titles_are_words_and_a_long_script_is_cut(tmp_path: Path) -> None:
    async with asking(tmp_path) as (room, place):
        room.town.tree["title"] = EVIL[:110]
        room.town.tree["seconds"] = 60
        await room.air()

        [asked] = room.telegram.seen(place.id)
        assert "<script>" in asked.text, "as text, for the double takes no such tag"
        assert "\u202e" not in asked.text
        assert [] == room.telegram.refused


async def test_the_deadline_is_said_in_the_message_when_it_is_over(tmp_path: Path) -> None:
    async with asking(tmp_path, then="air") as (room, place):
        await room.air()
        asked = question(room, place)
        assert "If nobody does, it is aired." in asked.text
        await room.clock.sleep(2 * 3600)
        late = room.telegram.press(asked, "✗ Reject", by=7)
        report = await room.air()

        assert "aired" == report.status, described(report)
        assert "nobody answered in time" in asked.text
        assert {} == asked.buttons
        assert late.told is None
        assert room.clock.now() >= SLOT + timedelta(hours=2)
