"""A podcast feed: one episode a run, for ever by the same name, whole or not at all."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import feedparser
import pytest
from airing import Town, described
from pydantic import ValidationError

from broadcast.channels.podcast import ITUNES, Podcast
from broadcast.errors import Refused, Rejected
from broadcast.plugins import Retracts, Tools, find
from broadcast.testing import FakeClock
from broadcast.types import Destination, Post, Sent
from tests.posts import SLOT, a_post, a_story, a_video

URL = "https://cdn.example.com/v/20261123.mp4"
nothing: Any = None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "site" / "feed.xml"


def a_channel(path: Path, **fields: Any) -> Podcast:
    known = {
        "path": path,
        "url": "https://news.example.com/feed.xml",
        "title": "Daily <Signal>",
        "description": "The news in a minute & more.",
        "site": "https://news.example.com/",
        "image": "https://news.example.com/cover.jpg",
        "author": "Daily Signal",
        "email": "news@example.com",
    }
    return Podcast.model_validate({**known, **fields})


def on_day(tmp_path: Path, day: int = 0, *stories: Any, **fields: Any) -> Post:
    slot = SLOT + timedelta(days=day)
    video = a_video(tmp_path / "archive", url=URL, page="https://news.example.com/page")
    return a_post(video, *stories, slot=slot, run=f"daily-news@{slot:%Y-%m-%dT%H:%M:%SZ}", **fields)


def put(channel: Podcast, post: Post) -> Sent:
    tools = Tools(nothing, nothing, nothing, nothing, channel.path)
    return asyncio.run(channel.ladder()[0](tools, post, str(channel.path)))  # type: ignore[arg-type]


def guids(path: Path) -> list[str]:
    return [entry.id for entry in feedparser.parse(path.read_bytes()).entries]


def test_an_episode_has_what_podcast_apps_need(path: Path, tmp_path: Path) -> None:
    sent = put(a_channel(path), on_day(tmp_path))

    feed = feedparser.parse(path.read_bytes())
    assert not feed.bozo
    (entry,) = feed.entries
    (enclosure,) = entry.enclosures
    assert sent == Sent(ref="daily-news@2026-11-23T17:00:00Z", url="https://news.example.com/page")
    assert (sent.ref, False) == (entry.id, entry.guidislink)
    assert (URL, "video/mp4", "15") == (enclosure.href, enclosure.type, enclosure.length)
    assert ("58", "full", "Mon, 23 Nov 2026 17:00:00 GMT") == (
        entry.itunes_duration, entry.itunes_episodetype, entry.published,
    )  # fmt: skip
    assert "Made by a machine." in entry.summary
    assert "https://www.news.example/ferries" in entry.summary
    channel = xml.parse(path).getroot().find("channel")
    assert channel is not None
    itunes = {one.tag.removeprefix(f"{{{ITUNES}}}"): one for one in channel if one.tag.startswith(f"{{{ITUNES}}}")}
    assert ("News", "false", "episodic") == (
        itunes["category"].get("text"), itunes["explicit"].text, itunes["type"].text,
    )  # fmt: skip
    assert "https://news.example.com/cover.jpg" == itunes["image"].get("href")
    assert ("Daily <Signal>", "en") == (channel.findtext("title"), channel.findtext("language"))


def test_done_twice_there_is_one_episode(path: Path, tmp_path: Path) -> None:
    channel = a_channel(path)
    put(channel, on_day(tmp_path))
    before = path.read_bytes()
    put(channel, on_day(tmp_path))
    assert before == path.read_bytes()


def test_the_newest_comes_first_and_as_many_stay_as_it_was_told(path: Path, tmp_path: Path) -> None:
    channel = a_channel(path, keep=2)
    for day in (-1, 0, -2):
        put(channel, on_day(tmp_path, day))
    assert ["daily-news@2026-11-23T17:00:00Z", "daily-news@2026-11-22T17:00:00Z"] == guids(path)


def test_editions_are_episodes_of_their_own(path: Path, tmp_path: Path) -> None:
    channel = a_channel(path)
    put(channel, on_day(tmp_path))
    put(channel, on_day(tmp_path, edition="de"))
    assert {"daily-news@2026-11-23T17:00:00Z", "daily-news@2026-11-23T17:00:00Z/de"} == set(guids(path))


def test_an_episode_can_be_taken_out(path: Path, tmp_path: Path) -> None:
    channel = a_channel(path)
    assert isinstance(channel, Retracts)
    put(channel, on_day(tmp_path, -1))
    sent = put(channel, on_day(tmp_path))
    there = Destination(to=str(path), item="deliver/main/podcast", status="sent", ref=sent.ref)
    done = asyncio.run(channel.retract(nothing, str(path), there, "wrong"))
    assert ("deleted", ["daily-news@2026-11-22T17:00:00Z"]) == (done.rung, guids(path))


def test_a_hostile_headline_stays_text(path: Path, tmp_path: Path) -> None:
    story = a_story(title="</title><script>\x00&\"'", url="javascript:alert(1)")
    put(a_channel(path), on_day(tmp_path, 0, story, heading="<b>&\"'\x0b</title>"))

    (entry,) = feedparser.parse(path.read_bytes()).entries
    item = xml.parse(path).getroot().find("channel/item")
    assert item is not None
    assert "<b>&\"' </title>" == item.findtext("title")
    assert "javascript" not in (item.findtext("description") or "")
    assert not entry.get("bozo")


@pytest.mark.parametrize("url", [None, "ftp://cdn.example.com/v.mp4"])
def test_without_a_lasting_address_there_is_no_episode(path: Path, tmp_path: Path, url: str | None) -> None:
    post = on_day(tmp_path)
    video = post.video.model_copy(update={"url": url, "fleeting": "https://signed.example/v.mp4?sig=1"})
    with pytest.raises(Rejected, match="lasting address"):
        put(a_channel(path), post.model_copy(update={"video": video}))
    assert not path.exists()


@pytest.mark.parametrize("text", ["<rss><channel><title>Mine</title></channel></rss>", "not xml", "<rss/>", ""])
def test_a_feed_that_is_somebody_elses_is_never_written_over(path: Path, tmp_path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    for deed in (
        lambda: put(a_channel(path), on_day(tmp_path)),
        lambda: asyncio.run(a_channel(path).preflight(nothing)),
    ):
        with pytest.raises(Refused, match="was not made by broadcast: move it, or choose another `path`"):
            deed()
    assert text == path.read_text()


def test_the_preflight_makes_nothing(path: Path) -> None:
    asyncio.run(a_channel(path).preflight(nothing))
    assert not path.parent.exists()


FILL = """
import sys
from datetime import datetime
from pathlib import Path
from tests.channels.test_podcast import a_channel, on_day, put
for day in range(10):
    put(a_channel(Path(sys.argv[1])), on_day(Path(sys.argv[2]), day, edition=sys.argv[3]))
"""


def test_two_processes_at_once_lose_no_episode(path: Path, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {"PYTHONPATH": f"{root}:{root}/tests"}
    processes = [
        subprocess.Popen([sys.executable, "-c", FILL, path, tmp_path / name, name], env=environment)
        for name in ("de", "fr")
    ]
    assert [0, 0] == [process.wait(60) for process in processes]
    assert 20 == len(set(guids(path)))


async def test_a_show_with_a_served_folder_has_a_podcast(path: Path, tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["publish"] = {"use": "folder", "path": str(tmp_path / "out"), "url": "https://news.example.com"}
    fields = a_channel(path).model_dump(mode="json")
    town.tree["channels"] = {"podcast": {"use": "podcast", **fields}}
    report = await town.air(datetime(2026, 11, 23, 17, 0, tzinfo=UTC), clock=FakeClock())
    assert "aired" == report.status, described(report)
    assert ["town@2026-11-23T17:00:00Z"] == guids(path)


@pytest.mark.parametrize(
    "fields", [{"category": "Gossip"}, {"image": "cover.jpg"}, {"email": "a@b>\n"}, {"keep": 0}, {"title": ""}]
)
def test_bad_settings_are_errors(path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_channel(path, **fields)


def test_it_is_found_by_its_name() -> None:
    assert find("channels", "podcast") is Podcast
