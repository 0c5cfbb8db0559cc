"""SIGKILL while Telegram is being sent to: what was on the wire is held, the rest is sent, nothing twice."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import Child
from patience import held_until
from telegrams import USELESS, WRONG, Room, Site

from broadcast.testing import FakeClock, Telegram

HERE = Path(__file__).parents[1]
SLOT = "2026-11-23T17:00:00Z"


@contextmanager
def killing(folder: Path) -> Iterator[Room]:
    with Telegram() as telegram, Site(folder / "site") as site:
        yield Room(Town(folder), telegram, site, FakeClock())


def start(room: Room, program: tuple[str, ...] = ("-m", "broadcast")) -> Child:
    return room.town.start("run", "town", "--slot", SLOT, "--json", "--verbose", program=program)


def killed(room: Room, when: Callable[[], bool], program: tuple[str, ...] = ("-m", "broadcast")) -> str:
    """Run the show until *when*, and kill it. Returns what it had logged."""
    process = start(room, program)
    held_until(lambda: when() or process.poll() is not None)
    assert when(), process.communicate()
    process.kill()
    logged = "".join(process.communicate())
    assert -signal.SIGKILL == process.returncode
    return logged


def aired(room: Room) -> tuple[dict[tuple[str, str], Any], str]:
    """Run the show to its end; return what became of each destination, by channel and chat, and what was logged."""
    process = start(room)
    out, err = process.communicate()
    receipts = json.loads(out)["editions"][0]["receipts"]
    found = {}
    for receipt in receipts:
        for one in receipt["to"] or [{**receipt, "to": receipt["item"].rpartition("/")[2]}]:
            found[receipt["channel"], one["to"]] = one
    return found, out + err


@pytest.mark.parametrize("after", [False, True])
def test_killed_between_intention_and_outcome_each_way_is_held_and_never_sent_again(
    tmp_path: Path, after: bool
) -> None:
    with killing(tmp_path) as room:
        telegram = room.telegram
        room.public()
        chats = {}
        for way in ("url", "file", "file_id", "link"):
            place = telegram.group()
            chats[way, str(place.id)] = place.id
            room.on(*([telegram.group().id] if way == "file_id" else []), place.id, name=way, seconds=60)
            if way == "file":
                telegram.fault("sendVideo", USELESS, chat=place.id)
            if way == "link":
                telegram.fault("sendVideo", WRONG, chat=place.id, times=2)
            method = "sendMessage" if way == "link" else "sendVideo"
            telegram.fault(method, "hang", after_effect=after, chat=place.id)
        room.town.file()

        killed(room, lambda: 4 == sum(one.struck for one in telegram._troubles if one.what == "hang"))
        telegram.calm()
        found, _ = aired(room)

        assert dict.fromkeys(chats, "unconfirmed") == {key: found[key]["status"] for key in chats}
        assert [int(after)] * 4 == [len(telegram.seen(chat)) for chat in chats.values()]


def test_killed_in_the_middle_of_200_chats_the_rest_get_it_and_nobody_gets_it_twice(tmp_path: Path) -> None:
    with killing(tmp_path) as room:
        places = [room.telegram.person() for _ in range(200)]
        room.on(*(place.id for place in places))
        room.town.file()

        calm = (str(HERE / "calm.py"),)
        logged = killed(room, lambda: len(room.telegram.everything) >= 80, calm)
        before = len(room.telegram.everything)
        found, more = aired(room)

        seen = {str(place.id): len(room.telegram.seen(place.id)) for place in places}
        status = {to: one["status"] for (_, to), one in found.items()}
        held = [to for to in status if status[to] == "unconfirmed"]
        print(f"{before} of 200 seen when killed; {len(held)} held, {200 - len(held)} sent")
        assert 1 == len(room.telegram.uploads)
        assert {0, 1} >= set(seen.values())
        assert all(seen[to] == 1 for to in status if status[to] == "sent")
        assert {"sent", "unconfirmed"} >= set(status.values())
        assert 200 == len(status)
        assert len(held) <= 10, "what waited for its turn is not held"
        assert room.telegram.token not in logged + more
