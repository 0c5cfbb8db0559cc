"""A show's choice from end to end: merged, attributed, updated, late, explained."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from outlets import BODY, SLOT, lists
from test_kill import call

from broadcast.testing import FakeClock

HARBOUR = "Velmora council approves $3.4 billion harbour plan"
REWORDED = "Harbour plan worth $3.4bn approved by Velmora council"
HOUR = timedelta(hours=1)


def town(folder: Path, **sources: dict[str, Any]) -> Town:
    made = Town(folder, sources=sources, seconds=30)
    made.tree["channels"] = {"chat": made.of("Chat", words=True)}
    made.tree["renderer"] = made.of("FreeStudio")
    return made


async def test_an_event_of_two_outlets_airs_once_and_the_caption_and_the_voice_name_both(tmp_path: Path) -> None:
    show = town(
        tmp_path,
        post=lists(tmp_path, "post", {"title": HARBOUR}),
        wire=lists(tmp_path, "wire", {"title": REWORDED, "text": "Short."}),
    )

    report = await show.air(SLOT, clock=FakeClock(SLOT))

    assert [("post", ("Post", "Wire"))] == [(one.source, one.publishers) for one in report.stories], described(
        report
    )
    assert f"{HARBOUR} (Post, Wire)" in show.lines("words")[0]
    preview = call(show_file(show), "preview", "town", "--json")
    said = json.loads(preview.stdout)["editions"]["main"]["script"]["segments"][-1]["sentences"]
    assert any("Post and Wire" in one["text"] for one in said)


def show_file(show: Town) -> Town:
    """The show as a file, with an empty memory, for a process of its own at another time."""
    show.file()
    for source in show.tree["sources"].values():
        path = Path(source["path"])
        path.write_text(path.read_text().replace("2026-11-23T17:00:00", "2199-01-01T00:00:00"))
    show.settings.broadcast_data_dir.rename(show.folder / "data-of-before")
    return show


async def test_an_event_told_yesterday_is_not_told_in_another_outlet_s_words_today(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    show = town(tmp_path, post=lists(tmp_path, "post", {"title": HARBOUR}))
    await show.air(SLOT, clock=clock)
    show.tree["sources"]["wire"] = lists(tmp_path, "wire", {"title": REWORDED, "at": SLOT + 5 * HOUR})
    await clock.sleep(86_400)

    again = await show.air(SLOT + 24 * HOUR, clock=clock)

    assert "quiet" == again.status
    assert any(f"told before: same event as {HARBOUR!r}" in note for note in again.notes), again.notes


async def test_a_told_story_that_changed_airs_as_an_update_once(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    show = town(tmp_path, post=lists(tmp_path, "post", {"title": HARBOUR}))
    await show.air(SLOT, clock=clock)
    lists(tmp_path, "post", {"title": "Velmora council approves $5.1 billion harbour plan"})
    await clock.sleep(86_400)

    update = await show.air(SLOT + 24 * HOUR, clock=clock)
    await clock.sleep(3600)
    quiet = await show.air(SLOT + 25 * HOUR, clock=clock)

    assert [True] == [one.update for one in update.stories], described(update)
    assert "• Update: Velmora council approves $5.1 billion harbour plan (Post)" in show.lines("words")[1]
    assert any("is told once more: its headline now says 5.1" in note for note in update.notes)
    assert "quiet" == quiet.status


async def test_an_update_that_reached_nobody_is_told_by_the_next_run(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    show = town(tmp_path, post=lists(tmp_path, "post", {"title": HARBOUR}))
    await show.air(SLOT, clock=clock)
    lists(tmp_path, "post", {"title": "Velmora council approves $5.1 billion harbour plan"})
    show.tree["channels"]["chat"] |= {"trouble": "rejected", "all": True}
    failed = await show.air(now=True, clock=clock)
    show.tree["channels"]["chat"]["trouble"] = ""
    await clock.sleep(30 * 3600)

    update = await show.air(now=True, clock=clock)

    assert ("failed", "aired") == (failed.status, update.status), described(update)
    assert [True] == [one.update for one in update.stories]


async def test_a_source_that_was_down_when_the_show_aired_loses_nothing(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    show = town(tmp_path, post=lists(tmp_path, "post", {"title": HARBOUR}), wire=lists(tmp_path, "wire"))
    Path(show.tree["sources"]["wire"]["path"]).write_text("down")
    await show.air(SLOT, clock=clock)
    lists(tmp_path, "wire", {"title": "Museum opens late on Thursdays", "at": SLOT - 20 * HOUR})
    await clock.sleep(86_400)

    report = await show.air(SLOT + 24 * HOUR, clock=clock)

    assert ["wire"] == [one.source for one in report.stories], described(report)


async def test_a_story_of_the_caller_s_does_not_move_the_window(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    show = town(tmp_path, post=lists(tmp_path, "post", {"title": HARBOUR}))
    await show.air(SLOT, clock=clock)
    await clock.sleep(4 * 86_400)
    mine = (await show.show().sources["post"].fetch(None, SLOT))[0]  # type: ignore[arg-type]
    await show.air(stories=(mine.model_copy(update={"source": "story", "id": "mine"}),), clock=clock)
    lists(tmp_path, "post", {"title": HARBOUR}, {"title": "Museum opens late", "at": SLOT + HOUR})
    await clock.sleep(3600)

    report = await show.air(now=True, clock=clock)

    assert ["Museum opens late"] == [one.title for one in report.stories], described(report)


async def test_editions_choose_from_one_pool_each_by_its_own_taste(tmp_path: Path) -> None:
    stories = [
        {"title": "Ferry line opens", "tags": ["city"]},
        {"title": "Cup final is sold out", "tags": ["sport"]},
        {"title": "Budget vote is put off", "tags": ["city"]},
    ]
    show = town(tmp_path, post=lists(tmp_path, "post", *stories))
    show.tree["channels"]["phone"] = show.of("Chat", to=["@phone"], words=True)
    show.tree |= {"topics": {"avoid": ["Cup final"]}, "per_source": 2}
    show.tree["editions"] = {
        "main": {"topics": {"want": ["budget"], "avoid": ["sport"]}, "stories": 1},
        "sport": {"tags": ["sport"], "topics": {}, "channels": ["phone"]},
    }

    report = await show.air(SLOT, clock=FakeClock(SLOT))

    assert {"main": ("post/2",), "sport": ("post/1",)} == {one.name: one.stories for one in report.editions}


async def test_a_heavier_source_comes_first_and_no_source_gives_more_than_it_may(tmp_path: Path) -> None:
    many = [{"title": f"Post headline of {word}"} for word in ("apples", "bridges", "clouds")]
    show = town(
        tmp_path,
        post=lists(tmp_path, "post", *many),
        wire=lists(tmp_path, "wire", {"title": "Wire headline of dams", "at": SLOT - 10 * HOUR}) | {"weight": 3},
    )
    show.tree |= {"stories": 3, "per_source": 1, "seconds": 60}

    report = await show.air(SLOT, clock=FakeClock(SLOT))

    assert ["wire/0", "post/0"] == list(report.editions[0].stories), described(report)


def test_preview_says_of_every_story_why_it_airs_or_not(tmp_path: Path) -> None:
    far = {"at": SLOT.replace(year=2199)}
    show = town(
        tmp_path,
        post=lists(
            tmp_path, "post", {"title": HARBOUR, **far}, {"title": "Old news", "at": SLOT.replace(year=2001)}
        ),
        wire=lists(
            tmp_path, "wire", {"title": REWORDED, "text": "", **far}, {"title": "Cup final \x1b[31m", **far}
        ),
    )
    show.tree |= {"topics": {"avoid": ["cup"]}}
    show.file()

    done = call(show, "preview", "town", "--why")
    data = json.loads(call(show, "preview", "town", "--json").stdout)

    assert f"+ {HARBOUR} [post/0]" in done.stdout, done.stderr
    assert "    (source 1.00 + outlets 0.69) x freshness 1.00 = 1.693" in done.stdout
    assert "    same event as 'Velmora council approves $3.4 billion harbour plan' of post" in done.stdout
    assert "    about an unwanted topic: cup" in done.stdout
    assert "\x1b" not in done.stdout
    assert {"post/0": True, "post/1": False, "wire/0": False, "wire/1": False} == {
        one["story"]: one["chosen"] for one in data["why"]
    }


@pytest.mark.parametrize("field", ["outlets", "score", "update"])
def test_a_story_that_an_older_version_wrote_still_reads(field: str) -> None:
    from broadcast.types import Story

    old = {"id": "1", "source": "post", "title": HARBOUR, "text": BODY, "at": SLOT}

    assert not getattr(Story.model_validate(old), field)
