"""The story of a run: happy, resumed, lost, refused, quiet."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airing import Town, described

from broadcast.reporting import exit_code
from broadcast.testing import FakeClock
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


def receipts(report: Report) -> list[tuple[str, str]]:
    return [(one.channel, one.status) for edition in report.editions for one in edition.receipts]


async def test_a_show_airs_and_asks_in_this_order(tmp_path: Path) -> None:
    town = Town(tmp_path)

    report = await town.air(SLOT)

    assert ["fetch", "pay main", "look job-1", "post @town url"] == town.lines()
    assert ("aired", 0) == (report.status, exit_code(report)), described(report)
    assert report.editions[0].script
    assert 36 <= report.editions[0].script.seconds <= 42
    assert "town@2026-11-23T17:00:00Z" == report.run


async def test_the_same_slot_again_does_nothing_and_says_so(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first = await town.air(SLOT)
    before = town.lines()

    again = await town.air(SLOT)

    assert before == town.lines()
    assert ("aired", 0, "already aired; this call did nothing") == (again.status, exit_code(again), again.notes[-1])
    assert first.editions == again.editions


async def test_a_story_is_told_once_and_then_there_is_nothing_new(tmp_path: Path) -> None:
    town = Town(tmp_path)
    clock = FakeClock(SLOT)
    told = [await town.air(SLOT + timedelta(hours=hour), clock=clock) for hour in range(3)]

    assert ["aired", "aired", "quiet"] == [report.status for report in told]
    assert [["story-0", "story-1"], ["story-2", "story-3"], []] == [
        [s.id for s in report.stories] for report in told
    ]
    assert 0 == exit_code(told[2])
    assert 2 == len(town.lines("post"))


async def test_a_dead_source_is_a_note_and_the_show_airs(tmp_path: Path) -> None:
    town = Town(tmp_path)
    for trouble in ("unavailable", "rejected", "bug"):
        town.tree["sources"][trouble] = town.of("Wire", prefix=trouble, trouble=trouble)

    report = await town.air(SLOT, clock=FakeClock(SLOT))

    errors = {source.name: source.error for source in report.sources}
    assert "aired" == report.status
    assert (None, "the service says rejected") == (errors["wire"], errors["rejected"])
    assert "bug: unexpected ZeroDivisionError at doubles.py" in str(errors["bug"])
    assert "hunter2" not in described(report)


async def test_fewer_sources_than_the_quorum_is_a_failure_that_the_next_call_repairs(tmp_path: Path) -> None:
    town = Town(tmp_path, quorum=2)
    town.tree["sources"]["second"] = town.of("Wire", prefix="second", trouble="unavailable")
    clock = FakeClock(SLOT)

    failed = await town.air(SLOT, clock=clock)
    town.tree["sources"]["second"]["trouble"] = ""
    aired = await town.air(clock=clock)

    assert ("failed", 1) == (failed.status, exit_code(failed))
    assert "1 of 2 sources answered, 2 are needed" in str(failed.error)
    assert ("aired", failed.run) == (aired.status, aired.run)


async def test_channels_fail_each_for_itself(tmp_path: Path) -> None:
    town = Town(tmp_path)
    for trouble in ("rejected", "refused", "unavailable", "unconfirmed", "bug"):
        fields = {"to": [f"@{trouble}"], "all": True}
        town.tree["channels"][trouble] = town.of("Chat", trouble=trouble, **fields)

    report = await town.air(SLOT, clock=FakeClock(SLOT))

    expected = {"chat": "sent", "rejected": "failed", "refused": "failed", "unavailable": "failed"}
    assert {**expected, "unconfirmed": "unconfirmed", "bug": "unconfirmed"} == dict(receipts(report))
    assert ("unfinished", 4) == (report.status, exit_code(report))
    assert ["post @town url"] == town.lines("post")


@pytest.mark.parametrize(("at", "rung"), [("url", "file"), ("file", "url")])
async def test_a_rung_that_is_rejected_leads_to_the_next(tmp_path: Path, at: str, rung: str) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", trouble="rejected", at=at)}

    report = await town.air(SLOT)

    missed = ("url: the service says rejected",) if at == "url" else ()
    assert ("aired", rung, missed) == (
        report.status,
        report.editions[0].receipts[0].rung,
        report.editions[0].receipts[0].missed,
    )


async def test_a_rung_that_may_have_got_through_ends_the_climb_for_good(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", trouble="unconfirmed", at="url")}

    first = await town.air(SLOT)
    town.tree["channels"]["chat"]["trouble"] = ""
    again = await town.air(SLOT)

    assert [] == town.lines("post")
    assert [("chat", "unconfirmed")] == receipts(first) == receipts(again)
    assert 4 == exit_code(again)


async def test_only_what_failed_is_tried_again(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {
        "chat": town.of("Chat", to=["@one"]),
        "other": town.of("Chat", to=["@two"], trouble="rejected", all=True),
    }

    first = await town.air(SLOT)
    town.tree["channels"]["other"]["trouble"] = ""
    again = await town.air(SLOT)

    assert ("partial", 5) == (first.status, exit_code(first))
    assert ("aired", 0) == (again.status, exit_code(again))
    assert ["post @one url", "post @two url"] == town.lines("post")
    assert ["pay main"] == town.lines("pay")


async def test_many_destinations_have_one_receipt_and_a_line_each(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", to=["@one", "@two"])}

    report = await town.air(SLOT)

    receipt = report.editions[0].receipts[0]
    assert ("sent", ["@one", "@two"]) == (receipt.status, [one.to for one in receipt.to])
    assert "deliver/main/chat/@two" == receipt.to[1].item


async def test_when_every_channel_refuses_nothing_is_paid(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", trouble="refused", at="preflight")}

    report = await town.air(SLOT)

    assert ("failed", 3) == (report.status, exit_code(report))
    assert [] == town.lines("pay")


async def test_one_channel_that_refuses_is_skipped_and_said(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["other"] = town.of("Chat", trouble="refused", at="preflight")

    report = await town.air(SLOT)

    assert {"chat": "sent", "other": "failed"} == dict(receipts(report))
    assert ["post @town url"] == town.lines("post")


async def test_a_lost_submit_is_not_repeated(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = town.of("Studio", trouble="unconfirmed")

    first = await town.air(SLOT)
    town.tree["renderer"]["trouble"] = ""
    again = await town.air(SLOT)

    assert ("unfinished", 4) == (first.status, exit_code(first)) == (again.status, exit_code(again))
    assert [] == town.lines("pay")


async def test_after_a_lost_submit_only_a_free_renderer_follows(tmp_path: Path) -> None:
    town = Town(tmp_path)
    paid, free = town.of("Studio"), town.of("FreeStudio")
    town.tree["renderer"] = [{**paid, "trouble": "unconfirmed"}, paid, free]

    report = await town.air(SLOT)

    assert report.editions[0].video
    assert "FreeStudio" == report.editions[0].video.renderer
    assert [("chat", "sent")] == receipts(report)
    assert 1 == len(town.lines("pay"))
    assert ("unfinished", 4) == (report.status, exit_code(report))  # somebody must look whether it was paid
    assert "submit/main/Studio/1 may have happened" in str(report.error)


@pytest.mark.parametrize("trouble", ["unavailable", "rejected", "refused"])
async def test_a_renderer_that_fails_makes_room_for_the_next(tmp_path: Path, trouble: str) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = [town.of("Studio", trouble=trouble), town.of("FreeStudio")]

    report = await town.air(SLOT, clock=FakeClock(SLOT))

    assert "aired" == report.status
    assert f"Studio: the service says {trouble}" in report.editions[0].notes


async def test_a_job_that_failed_is_not_looked_at_again(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = {**town.of("Studio", fails=True), "attempts": 2}

    first = await town.air(SLOT)
    town.tree["renderer"]["attempts"] = 3
    await town.air(SLOT)

    assert ("failed", 1) == (first.status, exit_code(first))
    assert 3 == len(town.lines("look")) == len(town.lines("pay"))


async def test_patience_ends_and_the_next_call_goes_on_waiting_and_pays_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = town.of("Studio", ready_after=3)
    clock = FakeClock(SLOT)

    first = await town.air(SLOT, clock=clock, patience=timedelta(0))
    again = await town.air(clock=clock)

    assert ("unfinished", 4, "Waiting") == (first.status, exit_code(first), first.editions[0].kind)
    assert ("aired", first.run) == (again.status, again.run)
    assert ["pay main"] == town.lines("pay")


async def test_a_render_that_never_comes_is_given_up(tmp_path: Path) -> None:
    town = Town(tmp_path)
    never = {**town.of("Studio", ready_after=10**6), "patience": "10h", "give_up": "1h"}
    town.tree["renderer"] = [never, town.of("FreeStudio")]
    clock = FakeClock(SLOT)

    report = await town.air(SLOT, clock=clock)

    assert report.editions[0].video
    assert "FreeStudio" == report.editions[0].video.renderer
    assert clock.now() - SLOT < timedelta(hours=1, minutes=2)


async def test_a_run_stops_where_it_is_asked_to_and_goes_on_from_there(tmp_path: Path) -> None:
    town = Town(tmp_path)

    script = await town.air(SLOT, until="script")
    after_script = town.lines()
    video = await town.air(SLOT, until="video")
    after_video = town.lines()
    aired = await town.air()

    assert ["unfinished", "unfinished", "aired"] == [one.status for one in (script, video, aired)]
    assert [0, 0, 0] == [exit_code(one) for one in (script, video, aired)]
    assert ["fetch"] == after_script
    assert ["fetch", "pay main", "look job-1"] == after_video
    assert 1 == len(town.lines("pay")) == len(town.lines("post"))


async def test_a_dry_run_pays_delivers_and_remembers_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)

    report = await town.air(dry_run=True)
    there = (tmp_path / "data").exists()
    aired = await town.air()

    assert [("chat", "skipped")] == receipts(report)
    assert 0 == exit_code(report)
    assert not there
    assert report.stories == aired.stories
    assert ["fetch", "fetch", "pay main", "look job-1", "post @town url"] == town.lines()


async def test_the_receipts_of_a_dry_run_are_named_as_a_delivery_names_them(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {
        "folder": {"use": "folder", "path": str(tmp_path / "out")},
        "chats": town.of("Chat", to=["@one", "@two"]),
        "lost": town.of("Lost"),
        "other": town.of("Chat", to=["@other"]),
    }
    asked = frozenset({"folder", "chats", "lost"})

    rehearsed = await town.air(dry_run=True, channels=asked)
    aired = await town.air(channels=asked)

    def named(report: Report) -> dict[str, list[str]]:
        receipts = report.editions[0].receipts
        return {one.channel: sorted([one.item, *(to.item for to in one.to)]) for one in receipts}

    said = {one.channel: one.error for one in rehearsed.editions[0].receipts}
    assert named(aired) == {name: items for name, items in named(rehearsed).items() if name in asked}
    assert f"deliver/main/folder/{tmp_path / 'out'}" in named(rehearsed)["folder"]
    assert {"skipped"} == {one.status for one in rehearsed.editions[0].receipts}
    assert "dry run; lost: unexpected ZeroDivisionError" in str(said["lost"])
    assert ("dry run", "left out by --channels") == (said["chats"], said["other"])
    assert "hunter2" not in described(rehearsed)


async def test_channels_can_be_narrowed_and_the_rest_follows_later(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"])

    report = await town.air(SLOT, channels=frozenset({"other"}))

    assert [("other", "sent")] == receipts(report)
    assert ["post @other url"] == town.lines("post")


async def test_a_story_in_another_language_makes_room_for_an_understudy(tmp_path: Path) -> None:
    town = Town(tmp_path, stories=1)
    town.tree["sources"] = {
        "german": town.of("Wire", prefix="de", language="de", stories=1),
        "english": town.of("Wire", prefix="en", language="en", stories=2),
    }
    clock = FakeClock(SLOT)

    first = await town.air(SLOT, clock=clock)
    second = await town.air(SLOT + timedelta(hours=1), clock=clock)

    assert [["en-0"], ["en-1"]] == [[story.id for story in report.stories] for report in (first, second)]
    assert first.editions[0].script
    assert 1 == len(first.editions[0].script.dropped)
    assert second.editions[0].script
    assert () == second.editions[0].script.dropped  # what cannot be told is not tried again


async def test_a_writer_that_cannot_hands_over_to_the_next(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["writer"] = [town.of("Mute", trouble="rejected"), town.of("Mute", trouble="bug"), "extractive"]

    report = await town.air(SLOT)

    assert report.editions[0].script
    assert ("aired", "extractive") == (report.status, report.editions[0].script.writer)


async def test_editions_are_made_side_by_side_from_one_gathering(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["phone"] = town.of("Chat", to=["@phone"])
    town.tree["editions"] = {
        "main": {},
        "short": {"seconds": 20, "stories": 1, "orientation": "portrait", "channels": ["phone"]},
    }

    report = await town.air(SLOT)

    assert ["fetch"] == town.lines("fetch")
    assert [("main", 2), ("short", 1)] == [(one.name, len(one.stories)) for one in report.editions]
    assert {"post @town url", "post @phone url"} == set(town.lines("post"))
    assert "aired" == report.status


async def test_one_edition_that_fails_changes_nothing_for_the_other(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["german"] = town.of("Chat", to=["@german"])
    town.tree["sources"]["wire"]["language"] = "en"
    town.tree["editions"] = {"main": {}, "german": {"language": "de", "channels": ["german"]}}

    report = await town.air(SLOT)

    assert {"main": None} == {one.name: one.error for one in report.editions if one.name == "main"}
    assert "nothing can be said of any story" in str(report.editions[1].error)
    assert ("partial", 5) == (report.status, exit_code(report))


async def test_the_stories_of_a_run_may_come_from_the_caller(tmp_path: Path) -> None:
    town = Town(tmp_path)
    aired = await town.air(SLOT)
    told = (await town.show().sources["wire"].fetch(*_bench(tmp_path)))[0].model_copy(update={"source": "story"})

    again = await town.air(stories=(told,))

    assert "aired" == aired.status == again.status
    assert [told.title] == [story.title for story in again.stories]


def _bench(folder: Path) -> tuple[object, datetime]:
    class Tools:
        clock = FakeClock(SLOT)

    return Tools(), SLOT


async def test_two_callers_of_one_slot_air_it_once_and_report_the_same(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = town.of("Studio", ready_after=0)

    reports = await asyncio.gather(*(town.air(SLOT) for _ in range(5)))

    assert ["pay main"] == town.lines("pay")
    assert ["post @town url"] == town.lines("post")
    assert {"aired"} == {report.status for report in reports}
    assert 1 == len({report.editions[0].model_dump_json() for report in reports})


async def test_a_folder_that_is_served_gives_the_video_a_lasting_address(tmp_path: Path) -> None:
    site = tmp_path / "site"
    town = Town(tmp_path, publish={"use": "folder", "path": str(site), "url": "https://news.example.com/shows"})

    report = await town.air(SLOT)

    video = report.editions[0].video
    assert video
    assert "https://news.example.com/shows/town/20261123T170000Z/video.mp4" == video.url
    assert video.path.read_bytes() == (site / "town/20261123T170000Z/video.mp4").read_bytes()


async def test_understudies_that_were_not_needed_are_free_for_the_next_run(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["trouble"] = "unconfirmed"

    held = await town.air(SLOT)
    town.tree["channels"]["chat"]["trouble"] = ""
    fresh = await town.air(now=True)

    assert [["story-0", "story-1"], ["story-2", "story-3"]] == [
        [s.id for s in one.stories] for one in (held, fresh)
    ]


async def test_a_held_run_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["trouble"] = "unconfirmed"
    held = await town.air(SLOT)
    town.tree["channels"]["chat"]["trouble"] = ""

    fresh = await town.air()

    assert held.run != fresh.run
    assert "aired" == fresh.status


async def test_with_a_schedule_the_run_is_that_of_the_slot_that_is_due(tmp_path: Path) -> None:
    town = Town(tmp_path, schedule={"cron": "0 17 * * *", "grace": "2h"})
    late = FakeClock(SLOT + timedelta(minutes=50))

    due = await town.air(clock=late)
    again = await town.air(clock=late)
    after = await town.air(clock=FakeClock(SLOT + timedelta(hours=2, minutes=1)))

    assert ("town@2026-11-23T17:00:00Z", "aired") == (due.run, due.status)
    assert (due.run, "already aired; this call did nothing") == (again.run, again.notes[-1])
    assert "town@2026-11-23T19:01:00Z" == after.run


async def test_a_fresh_run_gets_a_slot_of_its_own_even_within_a_second(tmp_path: Path) -> None:
    town = Town(tmp_path)
    clock = FakeClock(SLOT)

    runs = [(await town.air(now=True, clock=clock)).run for _ in range(3)]

    assert [f"town@2026-11-23T17:00:0{second}Z" for second in range(3)] == runs
