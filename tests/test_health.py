"""How sources fare: what is kept of it, who is spared, and who hears of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described

from broadcast import health
from broadcast.cli import checking
from broadcast.errors import Rejected, StageError, Unavailable
from broadcast.health import Health
from broadcast.logs import Redact
from broadcast.testing import FakeClock, Server, rss
from broadcast.types import Report

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
DOWN = Unavailable("the feed answered 500: out of order")


def failed(
    times: int, error: StageError = DOWN, luck: float = 1.0, apart: timedelta = timedelta(hours=1)
) -> Health:
    state = Health()
    for n in range(times):
        state = state.failed(error, NOW + n * apart, luck)
    return state


# --- pure


@pytest.mark.parametrize(
    ("fails", "minutes"), [(1, None), (2, None), (3, 15), (4, 30), (5, 60), (7, 240), (8, 360), (400, 360)]
)
def test_pauses_grow_and_end_before_a_day_does(fails: int, minutes: int | None) -> None:
    state = failed(fails)

    assert (timedelta(minutes=minutes) if minutes else None) == (state.until - state.at if state.until else None)
    assert state.broken == (fails >= 3)


def test_pauses_are_spread() -> None:
    ends = {failed(5, luck=luck).until for luck in (0.0, 0.3, 1.0)}

    assert 3 == len(ends)
    assert all(end and NOW + timedelta(hours=4, minutes=48) <= end <= NOW + timedelta(hours=5) for end in ends)


@pytest.mark.parametrize(
    ("wish", "pause"), [(30.0, 30), (7200.0, 7200), (1e9, 86_400)], ids=["soon", "later", "in thirty years"]
)
def test_what_a_server_asks_for_is_kept_within_a_day(wish: float, pause: float) -> None:
    state = failed(1, Unavailable("busy", retry_after=wish))

    assert timedelta(seconds=pause) == (state.until or NOW) - NOW
    assert state.wished


def test_tries_of_one_call_are_one_failure() -> None:
    assert 1 == failed(3, apart=timedelta(seconds=3)).fails


def test_whatever_worked_is_well_again() -> None:
    later = NOW + timedelta(days=2)

    assert Health(good=later) == failed(9).worked(later)


@pytest.mark.parametrize(
    ("known", "needed", "spared"),
    [
        ({"a": failed(3), "b": Health()}, 1, {"a"}),
        ({"a": failed(3), "b": Health()}, 2, set()),  # without it too few could answer
        ({"a": failed(3)}, 1, set()),
        ({"a": failed(1, Unavailable("busy", retry_after=9000))}, 1, {"a"}),  # it would only say so again
        ({"a": failed(2), "b": Health()}, 1, set()),
    ],
)
def test_a_broken_source_is_spared_where_it_can_be(
    known: Mapping[str, Health], needed: int, spared: set[str]
) -> None:
    assert spared == health.spared(known, needed, NOW + timedelta(hours=2, minutes=1))


@pytest.mark.parametrize("value", [None, {}, [], "x", {"fails": "many"}, {"at": 3.5e300}, {"unknown": 1}])
def test_what_another_version_kept_does_no_harm(value: Any) -> None:
    assert Health() == health.recalled(value)


def test_health_is_told_in_one_sentence() -> None:
    state = Health(good=NOW - timedelta(days=1)).failed(Rejected("the feed answered 404"), NOW, 1.0)

    assert "failed once, last worked 2026-11-22 17:00 UTC: the feed answered 404" == state.words()


# --- in a run


def town(folder: Path, **more: Any) -> Town:
    one = Town(folder)
    one.tree["sources"]["other"] = one.of("Wire", prefix="other", trouble="unavailable")
    one.tree["alerts"] = one.of("Talk", to=["@ops"])
    one.tree |= more
    return one


async def hour(one: Town, number: int) -> Report:
    one.tree["sources"]["wire"] = one.of("Wire", prefix=f"hour-{number}")
    slot = NOW + timedelta(hours=number)
    return await one.air(slot, clock=FakeClock(slot))


async def test_a_source_that_breaks_is_told_of_once_and_once_more_when_it_is_back(tmp_path: Path) -> None:
    one = town(tmp_path)
    for number in range(2):
        await hour(one, number)
    assert [] == one.lines("say")  # a blip

    for number in range(2, 5):
        await hour(one, number)
    (broken,) = one.lines("say")
    one.tree["sources"]["other"]["trouble"] = ""
    for number in range(5, 7):
        await hour(one, number)

    assert "source other: failed 3 times in a row: the service says unavailable" in broken
    assert "works again: source other" in one.lines("say")[1]
    assert 2 == len(one.lines("say"))


async def test_so_is_a_feed_of_a_list_while_the_list_itself_is_well(tmp_path: Path) -> None:
    one = town(tmp_path)
    del one.tree["sources"]["other"]
    async with Server() as server:
        good, dead = server.put("/good", rss("Good", [])), server.put("/dead", status=500)
        outlines = "".join(f'<outline text="{url[-4:]}" xmlUrl="{url}"/>' for url in (good, dead))
        (tmp_path / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>")
        one.tree["sources"]["list"] = {"use": "opml", "path": str(tmp_path / "feeds.opml")}
        for number in range(5):
            report = await hour(one, number)
        (broken,) = one.lines("say")
        (told,) = next(source.ailing.values() for source in report.sources if source.name == "list")
        one.file()
        (found,) = await checking.check(["town"], one.settings, Redact(frozenset()))
        server.put("/dead", rss("Dead", []))
        for number in range(7, 9):
            report = await hour(one, number)

    assert "source list: dead: failed 3 times in a row since 2026-11-23 17:00 UTC, has not worked yet" in broken
    assert "dead: failed 5 times in a row" in told, described(report)
    assert any("source list: dead: failed 5 times" in note for note in found["notes"])
    assert "works again: source list: dead" in one.lines("say")[1]
    assert 2 == len(one.lines("say"))
    assert [{}, {}] == [source.ailing for source in report.sources]


async def test_a_source_without_which_nothing_airs_is_told_of_at_once(tmp_path: Path) -> None:
    one = town(tmp_path, quorum=2)

    await hour(one, 0)
    await hour(one, 1)

    (said,) = one.lines("say")
    assert "1 of 2 sources answered" in said
    assert "source other: the service says unavailable" in said


async def test_the_report_says_how_a_source_fares(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["sources"]["other"]["trouble"] = ""
    await hour(one, 0)
    one.tree["sources"]["other"]["trouble"] = "unavailable"
    for number in range(1, 3):
        report = await hour(one, number)

    other, wire = sorted(report.sources, key=lambda source: source.name)
    assert ("unavailable", 2, NOW) == (str(other.error).split()[-1], other.fails, other.worked), described(report)
    assert (None, 0, None) == (wire.error, wire.fails, wire.worked)


async def test_a_broken_source_is_left_in_peace_and_asked_again(tmp_path: Path) -> None:
    one = town(tmp_path)
    for number in range(5):
        await hour(one, number)
    asked = len(one.lines("fetch"))
    slot = NOW + timedelta(hours=4, minutes=10)

    report = await one.air(slot, clock=FakeClock(slot))

    assert 1 == len(one.lines("fetch")) - asked  # of the other source only
    assert any("not asked before 2026-11-23" in str(source.error) for source in report.sources), described(report)
    await hour(one, 9)
    assert 1 < len(one.lines("fetch")) - asked - 1


async def test_a_rehearsal_changes_no_health(tmp_path: Path) -> None:
    one = town(tmp_path)
    for _ in range(4):
        report = await one.air(NOW, clock=FakeClock(NOW), dry_run=True)

    assert {0, 1} == {source.fails for source in report.sources}


async def test_check_shows_it_without_asking(tmp_path: Path) -> None:
    one = town(tmp_path)
    for number in range(3):
        await hour(one, number)
    asked = len(one.lines("fetch"))
    one.file()
    (found,) = await checking.check(["town"], one.settings, Redact(frozenset()))

    (line,) = [note for note in found["notes"] if "source other" in note]
    assert line.startswith("source other: failed 3 times in a row since 2026-11-23 17:00 UTC, has not worked yet")
    assert asked == len(one.lines("fetch"))
