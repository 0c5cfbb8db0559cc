"""The watch airs each slot once, at its time, whatever the clock, the files and other processes do."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from airing import Town
from watching import NOON, HandClock, rest, rounds, rounds_until, until, watching

from broadcast import runner
from broadcast.daemon.door import Door
from broadcast.daemon.shelf import Changes
from broadcast.daemon.watch import LEAST_SECONDS
from broadcast.errors import ConfigError
from broadcast.journal.run import FINAL
from broadcast.journal.runs import Row
from broadcast.show import Show
from broadcast.station import Station

HOURLY = {"cron": "0 * * * *", "grace": "90m"}
NEXT = 3600.0


def town(folder: Path, name: str = "town", **changes: object) -> Town:
    """A show every hour, on a machine that was never on watch."""
    one = Town(folder, schedule=HOURLY, stories=4, **changes)
    one.tree["alerts"] = one.of("Talk", to=["@ops"])
    one.file(name)
    return one


async def rows(one: Town, clock: HandClock) -> list[Row]:
    async with runner.on_duty(one.settings, clock=clock, rehearsal=True) as station:
        return sorted(await station.runs.newest(), key=lambda row: row.slot)


def hours(found: list[Row]) -> list[tuple[int, str | None]]:
    return [(row.slot.hour, row.status) for row in found]


async def test_every_slot_airs_at_its_time_and_a_new_watch_airs_none_again(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON - timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        assert [11] == [row.slot.hour for row in await rows(one, clock)], "what is due at the start airs at once"
        clock.pass_(57)
        await rounds(watch, clock, 1)
        clock.pass_(NEXT)
        await rounds(watch, clock)
    async with watching(one, clock) as watch:
        await rounds(watch, clock)

    assert [11, 12, 13] == [row.slot.hour for row in await rows(one, clock)]
    assert all(row.status in FINAL for row in await rows(one, clock))
    assert 1 == len(one.lines("post"))  # the source tells the same each hour
    assert [] == one.lines("say")


async def test_a_suspended_machine_airs_the_latest_and_says_once_that_one_was_missed(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        clock.jump(timedelta(hours=7, minutes=20))
        await rounds(watch, clock, 3)
        clock.pass_(NEXT)
        await rounds(watch, clock, 3)

    assert [(12, "aired"), (17, "failed"), (19, "quiet"), (20, "quiet")] == hours(await rows(one, clock))
    said = one.lines("say")
    assert 2 == len(said), said
    assert "town@2026-11-23T17:00:00Z was missed: nobody aired it within 1:30:00 of its time" in said[0]
    assert "works again" in said[1]


async def test_a_watch_that_was_away_says_what_was_missed_and_only_one_of_two_does(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
    clock.jump(timedelta(days=1, hours=0.4))
    async with watching(one, clock) as watch, watching(one, clock) as other:
        await rounds(watch, clock)
        await rest(other)

    assert 1 == sum("something needs you" in line for line in one.lines("say")), one.lines("say")
    assert [(12, "aired"), (10, "failed"), (12, "quiet")] == hours(await rows(one, clock))


@pytest.mark.parametrize("back", [timedelta(milliseconds=40), timedelta(hours=3), timedelta(days=400)])
async def test_a_clock_that_is_put_back_airs_nothing_twice_and_goes_on(tmp_path: Path, back: timedelta) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(milliseconds=20))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        clock.jump(-back - (clock.now() - NOON) + timedelta(milliseconds=20))
        await rounds(watch, clock, 3)
        before = await rows(one, clock)
        clock.pass_(NEXT)
        await rounds(watch, clock)

    assert [12] == [row.slot.hour for row in before]
    after = [row.slot for row in await rows(one, clock)]
    assert len(after) == len(set(after))
    assert 1 == len(one.lines("pay"))
    assert any(slot > NOON - back for slot in after), "the watch stands still"


async def test_a_broken_edit_leaves_the_show_as_it_was_and_alerts_once_and_once_when_it_is_mended(
    tmp_path: Path,
) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        good = one.file().read_text()
        one.file().write_text(good.replace("title:", "titel:"))
        await rounds(watch, clock, 4)
        broken = dict(watch.shelf.broken)
        clock.pass_(NEXT)
        await rounds(watch, clock)
        aired = hours(await rows(one, clock))
        one.file().write_text(good + "language: en\n")
        await rounds(watch, clock, 4)

        assert {} == watch.shelf.broken
    assert "there is no key `titel`; did you mean `title`?" in broken["town"]
    assert [(12, "aired"), (13, "quiet")] == aired
    wrong, well = one.lines("say")
    assert "did you mean `title`?" in wrong
    assert "works again" in well


async def test_a_file_in_the_middle_of_being_written_is_not_read(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        good = one.file().read_text()
        for size in range(len(good) // 2, len(good), len(good) // 8):
            one.file().write_text(good[:size])
            await rounds(watch, clock, 1)
        one.file().write_text(good)
        await rounds(watch, clock, 3)

        assert {} == watch.shelf.broken
        assert {"town"} == set(watch.shelf.shows)
    assert [] == one.lines("say")


async def test_shows_come_and_go_with_their_files(tmp_path: Path) -> None:
    one, clock = town(tmp_path, "first"), HandClock(NOON + timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        (tmp_path / "config" / "first.yaml").unlink()
        one.file("second")
        await rounds(watch, clock, 3)
        clock.pass_(NEXT)
        await rounds(watch, clock, 3)

    assert ["first@12", "second@12", "second@13"] == [
        f"{row.show}@{row.slot.hour}" for row in sorted(await rows(one, clock), key=lambda row: row.id)
    ]


async def test_without_its_folder_the_watch_goes_on_with_what_it_knows(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        (tmp_path / "config").rename(tmp_path / "elsewhere")
        await rounds(watch, clock, 3)
        clock.pass_(NEXT)
        await rounds(watch, clock, 3)
        away = watch.shelf.unreadable
        (tmp_path / "elsewhere").rename(tmp_path / "config")
        await rounds(watch, clock, 3)

        assert "" == watch.shelf.unreadable
    assert "there is no such folder" in away
    assert [(12, "aired"), (13, "quiet")] == hours(await rows(one, clock))


async def test_a_run_ends_with_the_configuration_it_began_with(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    one.tree["renderer"] = one.of("Studio", ready_after=1)
    one.file()
    async with watching(one, clock) as watch:
        await until(lambda: one.lines("look"))
        one.tree["channels"] = {"other": one.of("Chat", to=["@other"])}
        one.file()
        await rounds_until(lambda: "other" in watch.shelf.shows["town"].channels, watch, clock)
        await rounds_until(lambda: one.lines("post"), watch, clock)
        await rest(watch)

        assert ["other"] == list(watch.shelf.shows["town"].channels)
    assert ["post @town url"] == one.lines("post")


async def test_a_schedule_that_is_changed_makes_up_for_nothing_that_would_have_been(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
    one.tree["schedule"] = {"cron": "30 * * * *", "grace": "90m"}
    one.file()
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        assert [(12, "aired")] == hours(await rows(one, clock))
        clock.pass_(NEXT)
        await rounds(watch, clock)

    assert [(12, "aired"), (12, "quiet")] == hours(await rows(one, clock))
    assert [] == one.lines("say")


async def test_what_failed_is_tried_again_and_again_until_its_grace_is_over(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON + timedelta(minutes=1))
    one.tree["sources"]["wire"] = one.of("Wire", trouble="refused")
    one.tree["schedule"] = {"cron": "0 12 * * *", "grace": "30m"}
    one.file()
    async with watching(one, clock) as watch:
        await rounds(watch, clock)
        for _ in range(60):
            clock.pass_(58)
            await rounds(watch, clock, 1)

    tries = len(one.lines("fetch"))
    assert 4 <= tries <= 7, tries  # at once, then after 1, 2, 4, 8, 15 minutes
    (row,) = await rows(one, clock)
    assert ("failed", True) == (row.status, row.closed)
    assert 1 == len(one.lines("say"))


async def test_a_run_that_waits_for_its_render_keeps_no_other_from_the_air(tmp_path: Path) -> None:
    one, clock = town(tmp_path, "fast"), HandClock(NOON + timedelta(minutes=1))
    one.tree["renderer"] = one.of("Studio", ready_after=1000)
    one.tree["channels"]["chat"]["to"] = ["@slow"]
    for number in range(3):
        one.file(f"a-slow-{number}")
    async with watching(one, clock, concurrent=1) as watch:
        await until(lambda: one.lines("post") and "fast" not in {run.show for run in watch.station.airing.values()})

        assert ["post @town url"] == one.lines("post")
        assert {"a-slow-0", "a-slow-1", "a-slow-2"} == {run.show for run in watch.station.airing.values()}
    assert 4 == len(one.lines("pay"))
    assert {"fast": "aired"} == {
        row.show: row.status for row in await rows(one, clock) if row.status != "unfinished"
    }


async def test_what_is_not_on_air_in_time_is_told_once_and_once_when_it_is(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON)
    one.tree["renderer"] = one.of("Studio", ready_after=1000) | {"patience": "5h"}
    one.tree["schedule"] = {"cron": "0 12 * * *", "grace": "30m"}
    one.file()
    async with watching(one, clock) as watch:
        await until(lambda: one.lines("look"))
        clock.pass_(3000)
        await rounds_until(lambda: one.lines("say"), watch, clock)
        clock.pass_(600)
        await rounds_until(lambda: len(one.lines("look")) > 3, watch, clock)
        late = one.lines("say")
        with one.ledger.open("a") as ledger:
            ledger.write("look job-1\n" * 1000)
        await rounds_until(lambda: len(one.lines("say")) > 1, watch, clock)
        await rest(watch)

    assert 1 == len(late), late
    assert "town@2026-11-23T12:00:00Z is not on air 0:30:00 after its time" in late[0]
    assert "works again" in one.lines("say")[1]
    assert ["post @town url"] == one.lines("post")


async def test_what_was_cut_off_is_taken_up_at_the_start_and_paid_once(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON)
    one.tree["renderer"] = one.of("Studio", ready_after=1000)
    one.file()
    async with watching(one, clock):
        await until(lambda: one.lines("look"))
    assert [(12, "unfinished")] == hours(await rows(one, clock))
    one.tree["renderer"] = one.of("Studio")
    one.file()

    async with watching(one, clock) as watch:
        await rounds(watch, clock)

    assert [(12, "aired")] == hours(await rows(one, clock))
    assert 1 == len(one.lines("pay"))
    assert [] == one.lines("say")


async def test_what_a_person_stopped_on_purpose_is_left_alone(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock(NOON)
    one.tree["schedule"] = {"cron": "0 3 * * *"}
    one.file()
    await one.air(NOON, clock=clock, until="video")

    async with watching(one, clock) as watch:
        await rounds(watch, clock)

    assert [] == one.lines("post")
    assert [(12, "unfinished")] == hours(await rows(one, clock))


async def test_two_watches_air_each_slot_once(tmp_path: Path) -> None:
    one, clock = town(tmp_path, "one"), HandClock(NOON)
    for number in range(9):
        one.file(f"show-{number}")
    async with watching(one, clock) as watch, watching(one, clock) as other:
        await rounds(watch, clock)
        await rest(other)

    assert 10 == len(one.lines("pay")) == len(one.lines("post"))
    assert {"aired"} == {row.status for row in await rows(one, clock)}


async def test_of_the_shows_whose_turn_it_is_the_one_of_highest_priority_begins_first(tmp_path: Path) -> None:
    clock, first = HandClock(NOON), town(tmp_path, "a-plain", priority=0)
    for name, priority in (("b-urgent", 50), ("c-idle", -50)):
        first.tree["priority"] = priority
        first.tree["channels"]["chat"]["to"] = [f"@{name}"]
        first.file(name)
    async with watching(first, clock, concurrent=1) as watch:
        await rounds(watch, clock)

    assert ["@b-urgent", "@town", "@c-idle"] == [line.split()[1] for line in first.lines("post")]


async def test_of_a_thousand_that_are_due_no_more_are_begun_than_there_is_room_for_and_who_is_urgent_comes_next(
    tmp_path: Path,
) -> None:
    clock, one = HandClock(NOON), town(tmp_path, "plain")
    one.tree["priority"] = 50
    one.tree.pop("schedule")
    one.file("urgent")
    begun, go_on = list[str](), asyncio.Semaphore(0)

    async def air(_: Station, show: Show, *__: object) -> None:
        begun.append(show.name)
        await go_on.acquire()

    async with watching(one, clock, concurrent=2, air=air) as watch:
        for hour in range(1000):
            watch.air("plain", NOON - timedelta(hours=hour))
        await until(lambda: len(begun) == 2 and len(watch.crew.left()) == 4, "they are not begun")
        watch.air("urgent", NOON)
        for _ in range(40):
            clock.pass_(LEAST_SECONDS)
            await asyncio.sleep(0.01)
        stood = len(watch.crew.left())
        for _ in range(1001):
            go_on.release()
        await until(lambda: len(begun) == 1001 and not watch.crew.left(), "they are not all begun")

    assert 4 == stood, "two at work, two in line"
    assert 4 == begun.index("urgent")


async def test_many_calls_of_a_moment_are_no_reason_to_look_at_every_file_each_time(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with watching(one, clock) as watch:
        looks, look = list[bool](), watch.shelf.look

        def counted(*, now: bool = False) -> Changes:
            looks.append(now)
            return look(now=now)

        watch.shelf.look = counted  # type: ignore[method-assign]
        await rounds(watch, clock, 1)
        looks.clear()
        before = watch.rounds
        while watch.rounds < before + 20:
            watch.call("town", NOON)
            await asyncio.sleep(0)
        of_a_moment = len(looks)
        watch.reload()
        await until(lambda: looks, "it is not read anew")
        await rounds_until(lambda: len(looks) > 1, watch, clock)
        assert (0, [True, False]) == (of_a_moment, looks[:2])


async def test_a_watch_with_nothing_right_does_not_begin(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.file().write_text("titel: Town\n")

    with pytest.raises(ConfigError, match="did you mean `title`"):
        async with watching(one, HandClock()):
            pass


async def test_a_journal_that_cannot_be_written_is_not_ready_and_is_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, clock = town(tmp_path), HandClock()
    async with (
        watching(one, clock) as watch,
        Door(watch).open("127.0.0.1", 0) as address,
        aiohttp.ClientSession(address) as web,
    ):

        async def page(path: str) -> tuple[int, dict[str, object]]:
            async with web.get(path) as answer:
                return answer.status, await answer.json()

        await rest(watch)
        before = await page("/ready")
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "broadcast.db", isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            with monkeypatch.context() as patch:
                patch.setattr("broadcast.daemon.door.ANSWER_SECONDS", 0.3)
                locked = await page("/ready")
            alive = await page("/live")
        after = await page("/ready")
        monkeypatch.setattr("broadcast.daemon.door.STALE_SECONDS", 0.0)
        stale = await page("/live")
        watch.end()
        ending = await page("/ready")

    assert (200, {"ready": True, "wrong": "", "shows": ["town"], "broken": []}) == before
    assert (503, "the journal gave no answer within 0.3 s") == (locked[0], locked[1]["wrong"])
    assert ((200, {"live": True}), (503, {"live": False})) == (alive, stale)
    assert (200, 503) == (after[0], ending[0])
