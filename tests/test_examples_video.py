"""The shows of config/examples that a clock or a person airs, as they stand, against a world of our own."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import described
from studio import SLOT, Abroad

from broadcast import config, runner, settings
from broadcast.cli import storyfile
from broadcast.desk import Wish
from broadcast.feeds import Entry
from broadcast.reporting import exit_code
from broadcast.testing import FakeClock, HeyGen, Postiz, Server, Slack, Telegram, WordPress, rss
from broadcast.testing.heygen.films import png
from broadcast.testing.youtube import YouTube
from broadcast.types import Report

EXAMPLES = Path(__file__).parents[1] / "config" / "examples"
ARTICLE = {
    "title": "Why our API got twice as fast",
    "text": "We cut the median response time of our API from 840 to 410 milliseconds over six months. "
    "Most of the gain came from one change: we stopped asking the database for permissions on every request. "
    "Permissions are now cached for 60 seconds and dropped as soon as an administrator changes a role. "
    "The second change was to answer from the region that is nearest to the caller. "
    "Customers in Singapore saw the largest difference, with 71 percent less waiting. "
    "The third change was to drop 14 libraries that were loaded and never used. "
    "We measured every step with the same 2,000 requests, taken from a normal Tuesday. "
    "Errors went down as well, from 31 to 9 in a million requests.",
    "publisher": "Engineering blog",
    "language": "en",
}


@dataclass
class World:
    """Everything outside, on one clock."""

    folder: Path
    clock: FakeClock
    abroad: Abroad
    heygen: HeyGen
    telegram: Telegram
    slack: Slack
    postiz: Postiz
    tube: YouTube
    blog: WordPress
    web: Server

    async def air(self, name: str, calls: int = 4, **wishes: Any) -> Report:
        """Air the example *name* and call again, as a cron job would, until nothing waits."""
        known = settings.load(broadcast_config_dir=EXAMPLES, broadcast_data_dir=self.folder / "data")
        http = self.abroad.client(self.clock)
        for _ in range(calls):
            async with runner.on_duty(known, clock=self.clock, http=http) as station:
                show = config.load(name, known)
                report = await runner.run(station, show, SLOT, wish=Wish(**wishes))
            if exit_code(report) != 4:
                break
            await self.clock.sleep(600)
        return report


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a context in which the environment names servers of our own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[World]:
        clock = FakeClock(SLOT + timedelta(seconds=5))
        async with AsyncExitStack() as stack:
            heygen = await stack.enter_async_context(HeyGen(clock=clock))
            heygen.render_seconds = 300
            telegram = await stack.enter_async_context(Telegram(clock=clock))
            slack = await stack.enter_async_context(Slack(clock=clock, channels={"C0123456789": "news"}))
            postiz = await stack.enter_async_context(Postiz())
            tube = await stack.enter_async_context(YouTube())
            blog = await stack.enter_async_context(WordPress())
            web = await stack.enter_async_context(Server())
            abroad = await stack.enter_async_context(Abroad())
            youtube = {f"YOUTUBE_{name.upper()}": value for name, value in tube.fields().items() if name != "base"}
            named = {
                "HEYGEN_API_KEY": heygen.key, "HEYGEN_BASE_URL": heygen.url, "TELEGRAM_TOKEN": telegram.token,
                "TELEGRAM_BASE_URL": telegram.url, "SLACK_BOT_TOKEN": slack.token, "SLACK_BASE_URL": slack.base,
                "POSTIZ_API_KEY": postiz.key, "POSTIZ_BASE_URL": postiz.base, "WORDPRESS_SITE": blog.url,
                "WORDPRESS_USER": blog.user, "WORDPRESS_APP_PASSWORD": blog.password, **youtube,
                "YOUTUBE_BASE_URL": tube.fields()["base"],
                "METRICS_URL": web.url("/weekly"), "FEED_URL": web.url("/rss"),
            }  # fmt: skip
            for name, value in named.items():
                monkeypatch.setenv(name, value)
            monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
            yield World(tmp_path, clock, abroad, heygen, telegram, slack, postiz, tube, blog, web)
            for double in (heygen, postiz, blog):
                assert [] == double.refused, "a client made a mistake"

    return opened


async def test_the_report_of_a_week_goes_to_two_chats(world: Any) -> None:
    async with world() as there:
        there.telegram.channel("mychannel")
        numbers = {"new_users": 1240, "revenue": 48200, "growth_pct": 4.2, "deploys": 31, "incidents": 2}
        there.web.put("/weekly", json.dumps(numbers), headers={"Content-Type": "application/json"})
        report = await there.air("cron-report")

        assert "aired" == report.status, described(report)
        assert 1 == len(there.heygen.renders)
        assert "1,240 new users" in there.heygen.renders[0].spoken
        assert ["sent", "sent"] == [receipt.status for receipt in report.editions[0].receipts]


async def test_one_article_becomes_four_videos_and_stands_in_its_article(world: Any, tmp_path: Path) -> None:
    async with world() as there:
        there.telegram.channel("mychannel")
        id = there.blog.publish("fast", "<p>840 to 410 milliseconds.</p>")
        drawn = png((640, 360))
        picture = there.abroad.put("/latency.png", b"".join(drawn.pieces(0, drawn.size)))
        written = tmp_path / "article.json"
        written.write_text(json.dumps({**ARTICLE, "url": there.blog.articles[id]["link"], "image": picture}))
        story = await storyfile.load(str(written), there.abroad.client(there.clock), there.clock)
        report = await there.air("article-everywhere", stories=(story,), calls=8)

        assert "aired" == report.status, described(report)
        assert ["youtube", "linkedin", "tiktok", "teaser"] == [edition.name for edition in report.editions]
        assert 4 == len(there.heygen.renders)
        assert {"landscape": 2, "portrait": 2} == {
            shape: sum(job.asked["orientation"] == shape for job in there.heygen.renders)
            for shape in ("landscape", "portrait")
        }
        lengths = [edition.script.seconds for edition in report.editions if edition.script]
        assert sorted(lengths, reverse=True) == lengths
        assert all(job.asked["files"] and "Why our API" in job.text for job in there.heygen.renders)
        networks = [one["integration"]["providerIdentifier"] for one in there.postiz.shown]
        assert ["linkedin", "tiktok"] == sorted(networks)
        assert 1 == there.blog.articles[id]["content"].count("<video")
        assert 1 == len(there.tube.videos)


async def test_the_news_in_english_are_dubbed_in_spanish(world: Any) -> None:
    async with world() as there:
        there.telegram.channel("mychannel")
        there.telegram.channel("micanal")
        now = there.clock.now()
        entries = [
            Entry(
                id=f"{number}",
                title=f"Harbour {place} opens after {number} years",
                url=f"https://news.example/{number}",
                text=f"Engineers in {place} finished the piers at a cost of {number} million euros. "
                f"The harbour of {place} takes {number}00 ships a year.",
                published=now - timedelta(hours=number),
            )
            for number, place in ((14, "Velmora"), (15, "Norvik"), (16, "Aldery"))
        ]
        there.web.put("/rss", rss("Sample Wire", entries), headers={"Content-Type": "application/rss+xml"})
        report = await there.air("two-languages", calls=8)

        assert "aired" == report.status, described(report)
        assert ["video-agent", "translation"] == [job.kind for job in there.heygen.renders]
        assert ["en", "es"] == [edition.language for edition in report.editions]
        assert datetime(2026, 11, 23, 17, tzinfo=UTC) == report.slot


async def test_an_editor_reads_the_script_and_watches_the_video_before_they_air(world: Any) -> None:
    async with world() as there:
        there.telegram.channel("mychannel")
        editors = there.telegram.group()
        there.telegram.places[-1001234567890] = there.telegram.places.pop(editors.id)
        editors.id = -1001234567890
        entry = Entry(
            id="1",
            title="Harbour Velmora opens after 14 years",
            url="https://news.example/1",
            text="Engineers in Velmora finished the piers at a cost of 14 million euros. "
            "The harbour of Velmora takes 1400 ships a year.",
            published=there.clock.now() - timedelta(hours=1),
        )
        there.web.put("/rss", rss("Sample Wire", [entry]), headers={"Content-Type": "application/rss+xml"})
        asked = await there.air("approved", calls=1)
        assert (4, []) == (exit_code(asked), there.heygen.renders), described(asked)
        assert "may this script be rendered?" in there.slack.shown("C0123456789")[-1].text
        there.telegram.press(there.telegram.seen(editors.id)[-1], "✓ Approve", by=7, username="ann")

        asked = await there.air("approved")
        assert (4, 1) == (exit_code(asked), len(there.heygen.renders)), described(asked)
        film = there.telegram.seen(editors.id)[-1]
        assert "video" == film.kind
        assert [] == there.telegram.seen("@mychannel")
        there.slack.react(there.slack.shown("C0123456789")[-1], "white_check_mark", "U012ABC")

        report = await there.air("approved")
        assert "aired" == report.status, described(report)
        assert 1 == len(there.telegram.seen("@mychannel"))
        assert {} == film.buttons
