"""Ways to lose, double or hide something that were found by trying: each stays closed."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from airing import Town, described
from journals import SLOT as FIRST
from journals import opened

from broadcast.errors import ConfigError, Rejected, Unconfirmed, Unwritten, kind
from broadcast.journal.store import Store
from broadcast.reporting import exit_code
from broadcast.testing import FakeClock, Server

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
DAY = timedelta(days=1)


async def test_a_channel_that_refuses_later_does_not_give_up_a_paid_job(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock(SLOT)
    town.tree["renderer"] = town.of("Studio", ready_after=1)
    await town.air(SLOT, clock=clock, patience=timedelta(0))
    town.tree["channels"]["chat"] |= {"trouble": "refused", "at": "preflight"}

    refused = await town.air(clock=clock)
    town.tree["channels"]["chat"]["trouble"] = ""
    await clock.sleep(3600)
    again = await town.air(clock=clock)

    assert "town@2026-11-23T17:00:00Z" == refused.run == again.run
    assert ("failed", 3, "aired") == (refused.status, exit_code(refused), again.status)
    assert ["pay main"] == town.lines("pay")


async def test_what_is_in_doubt_is_not_hidden_by_a_later_refusal(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["trouble"] = "unconfirmed"
    await town.air(SLOT)
    town.tree["channels"]["chat"] |= {"trouble": "refused", "at": "preflight"}

    again = await town.air(SLOT)

    assert ("unfinished", 4) == (again.status, exit_code(again))
    assert "deliver/main/chat/@town may have happened" in str(again.error)


async def test_a_story_that_reached_one_of_two_destinations_is_told(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", to=["@good"]), "other": town.of("Chat", to=["@a", "@b"])}
    town.tree["channels"]["other"] |= {"trouble": "rejected", "all": True}

    first = await town.air(SLOT, now=True)
    second = await town.air(now=True)

    assert "partial" == first.status
    assert not {one.id for one in first.stories} & {one.id for one in second.stories}


async def test_kinds_of_error_below_ours_count_as_ours() -> None:
    class Vanished(Unconfirmed):
        pass

    assert ["Unconfirmed", "Rejected", "Rejected"] == [
        kind(one) for one in (Vanished(""), Rejected(""), KeyError())
    ]


@pytest.mark.parametrize("at", ["preflight", "destinations"])
async def test_a_bug_in_one_channel_is_its_own_affair(tmp_path: Path, at: str) -> None:
    town = Town(tmp_path)
    if at == "preflight":
        town.tree["channels"]["other"] = town.of("Chat", trouble="bug", at="preflight")
    else:
        town.tree["channels"]["other"] = town.of("Lost")

    report = await town.air(SLOT)

    assert {"chat": "sent", "other": "failed"} == {
        one.channel: one.status for one in report.editions[0].receipts
    }, described(report)
    assert "hunter2" not in described(report)


@pytest.mark.parametrize("state", ["in doubt", "under way"])
async def test_a_changed_list_of_renderers_pays_nothing_again(tmp_path: Path, state: str) -> None:
    town = Town(tmp_path)
    if state == "in doubt":
        town.tree["renderer"] = town.of("Studio", trouble="unconfirmed")
        await town.air(SLOT)
    else:
        town.tree["renderer"] = town.of("Studio", ready_after=9)
        await town.air(SLOT, patience=timedelta(0))
    before = town.lines("pay")
    town.tree["renderer"] = town.of("OtherStudio")

    again = await town.air(SLOT)

    assert before == town.lines("pay")
    assert 4 == exit_code(again)
    assert "Studio" in str(again.error)


async def test_a_key_that_is_refused_while_a_job_is_under_way_keeps_the_job(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock(SLOT)
    town.tree["renderer"] = [town.of("Studio", looks="refused"), town.of("OtherStudio")]
    first = await town.air(SLOT, clock=clock)
    town.tree["renderer"][0]["looks"] = ""

    again = await town.air(clock=clock)

    assert (4, 0) == (exit_code(first), exit_code(again)), described(first)
    assert ["pay main"] == town.lines("pay")


async def test_a_job_that_can_never_be_reached_is_given_up_and_stands_in_nobodys_way(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock(SLOT)
    town.tree["renderer"] = town.of("Studio", looks="unavailable")
    await town.air(SLOT, clock=clock)
    await clock.sleep(timedelta(hours=7).total_seconds())

    given_up = await town.air(clock=clock)
    await clock.sleep(DAY.total_seconds())
    town.tree["renderer"]["looks"] = ""
    fresh = await town.air(clock=clock)

    assert ("failed", "aired") == (given_up.status, fresh.status)
    assert given_up.run != fresh.run


async def test_an_edition_of_which_no_channel_is_wanted_is_not_paid(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["german"] = town.of("Chat", to=["@german"])
    town.tree["editions"] = {"main": {}, "second": {"channels": ["german"]}}

    report = await town.air(SLOT, channels=frozenset({"chat"}))

    assert ["pay main"] == town.lines("pay")
    assert "aired" == report.status


async def test_an_edition_whose_channels_all_refuse_is_not_paid(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["german"] = town.of("Chat", to=["@german"], trouble="refused", at="preflight")
    town.tree["editions"] = {"main": {}, "second": {"channels": ["german"]}}

    report = await town.air(SLOT)

    assert ["pay main"] == town.lines("pay")
    assert ("partial", 5) == (report.status, exit_code(report))


def test_an_edition_without_a_channel_is_refused(tmp_path: Path) -> None:
    town = Town(tmp_path, editions={"main": {}, "phone": {"channels": ["chat"]}})

    with pytest.raises(ConfigError, match="edition 'main' has no channel"):
        town.show()


async def test_a_run_begun_for_one_channel_never_reaches_another(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["public"] = town.of("Chat", to=["@public"])
    town.tree["renderer"] = town.of("Studio", ready_after=1)
    await town.air(SLOT, channels=frozenset({"chat"}), patience=timedelta(0))

    await town.air(clock=FakeClock(SLOT))

    assert ["post @town url"] == town.lines("post")
    with pytest.raises(ConfigError, match="was begun for chat only"):
        await town.air(SLOT, channels=frozenset({"public"}))


async def test_a_narrowed_call_leaves_the_other_channels_for_the_next_one(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"])
    await town.air(SLOT, until="video")

    narrowed = await town.air(SLOT, channels=frozenset({"chat"}))
    rest = await town.air(SLOT)

    assert ("unfinished", 0, "aired") == (narrowed.status, exit_code(narrowed), rest.status)
    assert ["post @town url", "post @other url"] == town.lines("post")


async def test_a_writer_out_of_order_costs_no_story(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock(SLOT)
    town.tree["writer"] = town.of("Mute", trouble="unavailable")
    failed = await town.air(SLOT, clock=clock)
    await clock.sleep(2 * DAY.total_seconds())
    town.tree["writer"] = "extractive"

    aired = await town.air(now=True, clock=clock)

    assert ("failed", 1, "aired") == (failed.status, exit_code(failed), aired.status)


async def test_a_writer_that_refuses_is_exit_3(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["writer"] = town.of("Mute", trouble="refused")

    assert 3 == exit_code(await town.air(SLOT))


async def test_a_cancelled_caller_does_not_take_back_what_it_learned(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()

        async def deed(*_: object) -> str:
            task.cancel()
            return "sent"

        task = asyncio.ensure_future(run.once("send", str, deed))
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.1)

        assert "sent" == (await journal.again(run)).recall("send", str)


async def test_the_store_lives_through_whatever_the_database_throws(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a.db")
    connect = store._engine.connect

    def broken() -> object:
        store._engine.connect = connect  # type: ignore[method-assign]
        raise sa.exc.TimeoutError("no connection")

    store._engine.connect = broken  # type: ignore[assignment, method-assign]
    with pytest.raises(Unwritten):
        await store.do(lambda db: None)

    assert 1 == await store.do(lambda db: db.execute(sa.text("SELECT 1")).scalar())
    store.close()


async def test_giving_a_run_back_late_robs_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        first = await journal.claim()
        await first.put_down()
        second = await journal.again(first)

        journal.runs.done(first)

        assert second.epoch > first.epoch
        with pytest.raises(Exception, match="news@"):
            await journal.claim()


async def test_a_free_render_that_was_cut_off_is_never_in_doubt(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        run = await journal.claim(slot=FIRST)

        async def cut_off(*_: object) -> str:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await run.once("submit/main/newsdesk/1", str, cut_off, repeatable=True)
        doubt = run.in_doubt()
        await run.put_down()
        journal.runs.done(run)
        await clock.sleep(3 * DAY.total_seconds())

        assert [] == doubt
        assert None is await journal.runs.unfinished("news")  # past its grace, and nothing was paid
    assert town.lines() == []


async def test_another_story_for_a_slot_that_has_one_is_refused(tmp_path: Path) -> None:
    town = Town(tmp_path)
    stories = [
        one.model_copy(update={"source": "story"})
        for one in await town.show().sources["wire"].fetch(type("T", (), {"clock": FakeClock(SLOT)})(), SLOT)
    ]
    await town.air(SLOT, stories=(stories[0],), until="script")

    with pytest.raises(ConfigError, match="was begun with the story"):
        await town.air(SLOT, stories=(stories[1],))


async def test_a_publisher_that_fails_does_not_keep_the_show_off_air(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("in the way")
    publish = {"use": "folder", "path": str(tmp_path / "site"), "url": "https://news.example.com"}
    town = Town(tmp_path, publish=publish)

    report = await town.air(SLOT)

    assert "aired" == report.status
    assert any("has no lasting address" in note for note in report.editions[0].notes)


async def test_a_video_that_is_gone_from_the_archive_is_fetched_again_and_not_paid(tmp_path: Path) -> None:
    town = Town(tmp_path)
    made = await town.air(SLOT, until="video")
    assert made.editions[0].video
    made.editions[0].video.path.unlink()

    aired = await town.air(SLOT)

    assert "aired" == aired.status
    assert ["pay main"] == town.lines("pay")


@pytest.mark.parametrize(("feed", "link"), [("/feed.xml?token={}", ""), ("/{}/feed.xml", "a/1")])
async def test_a_secret_of_a_feed_s_address_is_on_no_page(tmp_path: Path, feed: str, link: str) -> None:
    secret = "s3cr3t-TOKEN-zz99"
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Ops</title><entry><id>1</id><title>The harbour of
    Velmora opens on Monday</title><link href="{link}"/><updated>2026-11-23T16:00:00Z</updated>
    <summary>The harbour of Velmora opened on Monday after three years of work.</summary></entry></feed>"""
    town = Town(tmp_path)
    async with Server() as server:
        url = server.put(feed.format(secret), body)
        town.tree["sources"] = {"feed": {"use": "rss", "url": url}}
        town.tree["renderer"] = town.of("FreeStudio")
        town.tree["channels"] = {"folder": {"use": "folder", "path": str(tmp_path / "out")}}
        show = town.show()
        from dataclasses import replace

        from broadcast import runner

        async with runner.on_duty(town.settings, clock=FakeClock(SLOT)) as station:
            report = await runner.run(station, replace(show, secrets=frozenset({secret})), SLOT)

    assert "aired" == report.status, described(report)
    pages = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert pages
    assert not [one for one in pages if secret.encode() in one.read_bytes()]


async def test_an_older_slot_s_failure_is_closed_by_a_call_for_a_new_one(tmp_path: Path) -> None:
    town, clock = Town(tmp_path, stories=4), FakeClock(SLOT)
    town.tree["channels"]["chat"] |= {"trouble": "rejected", "all": True}
    await town.air(now=True, clock=clock)
    town.tree["channels"]["chat"]["trouble"] = ""
    await clock.sleep(2 * DAY.total_seconds())

    fresh = await town.air(now=True, clock=clock)

    assert "aired" == fresh.status
    assert 4 == len(fresh.stories)
