import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.feeds import Entry
from broadcast.sources.rss import Rss
from broadcast.testing import Bench, FakeClock, Server, rss
from broadcast.types import Story

DAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENTRIES = [
    Entry(
        id="https://x.example/1",
        title="One",
        url="https://x.example/1?utm_source=rss",
        text="It was.",
        published=DAY,
    ),
    Entry(id="https://x.example/2", title="Two", url="https://x.example/2", published=DAY - timedelta(days=1)),
]
FEED = rss("The News", ENTRIES)
PARSE = "broadcast.feeds:parse"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(DAY + timedelta(hours=8)))


async def fetch(bench: Bench, source: Rss) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await source.fetch(tools, DAY - timedelta(days=7))


async def test_entries_become_stories(bench: Bench) -> None:
    async with Server() as server:
        stories = await fetch(bench, Rss(url=server.put("/feed", FEED)))

    first = Story(
        id="https://x.example/1",
        title="One",
        text="It was.",
        url="https://x.example/1",
        at=DAY,
        publisher="The News",
        language="en",
    )
    assert first == stories[0]
    assert ["One", "Two"] == [story.title for story in stories]


async def test_the_configuration_wins_over_the_feed(bench: Bench) -> None:
    async with Server() as server:
        url = server.put("/feed", FEED)
        (story,) = await fetch(bench, Rss(url=url, limit=1, language="de", publisher="Us", tags=("a",)))

    assert ("One", "de", "Us", ("a",)) == (story.title, story.language, story.publisher, story.tags)


async def test_a_story_brings_its_picture_along_from_the_feed_s_own_host(bench: Bench) -> None:
    picture = '<enclosure url="/a.png" type="image/png" length="1"/></item>'
    async with Server() as server:
        first, second = await fetch(bench, Rss(url=server.put("/feed", FEED.replace("</item>", picture, 1))))

        assert (server.url("/a.png"), "") == (first.image, second.image)


# --- asking only for what is new


async def test_an_unchanged_feed_is_neither_sent_nor_parsed_again(bench: Bench) -> None:
    async with Server() as server:
        source = Rss(url=server.put("/feed", FEED, etag='"1"', modified="Mon, 23 Nov 2026 09:00:00 GMT"))
        first, second = await fetch(bench, source), await fetch(bench, source)
        asked = server.asked[-1].headers

        assert first == second
        assert ('"1"', "Mon, 23 Nov 2026 09:00:00 GMT") == (asked["if-none-match"], asked["if-modified-since"])
        assert ([PARSE], ["feed"], []) == (bench.calls, [*bench.memory.pages], server.faults)


async def test_an_equal_body_is_not_parsed_again(bench: Bench) -> None:
    async with Server() as server:
        source = Rss(url=server.put("/feed", FEED))
        first, second = await fetch(bench, source), await fetch(bench, source)

        assert first == second
        assert [PARSE] == bench.calls
        assert "if-none-match" not in server.asked[-1].headers


async def test_validators_are_those_of_the_last_answer_or_none(bench: Bench) -> None:
    async with Server() as server:
        source = Rss(url=server.put("/feed", FEED, etag='"1"', modified="Mon, 23 Nov 2026 09:00:00 GMT"))
        await fetch(bench, source)
        server.put("/feed", rss("The News", ENTRIES[:1]), etag='"2"')
        await fetch(bench, source)
        server.put("/feed", FEED)
        await fetch(bench, source)
        assert '"2"' == server.asked[-1].headers["if-none-match"]
        assert "if-modified-since" not in server.asked[-1].headers
        await fetch(bench, source)
        assert "if-none-match" not in server.asked[-1].headers
        assert [] == server.faults


@pytest.mark.parametrize("change", [{"limit": 1}, {"headers": {"X-Key": "other"}}])
async def test_validators_are_dropped_when_something_else_is_asked_for(
    bench: Bench, change: dict[str, Any]
) -> None:
    async with Server() as server:
        url = server.put("/feed", FEED, etag='"1"')
        await fetch(bench, Rss(url=url))
        await fetch(bench, Rss(url=url, **change))

        assert "if-none-match" not in server.asked[-1].headers


@pytest.mark.parametrize("value", [{"version": 0}, "nonsense", None, [], {"feed": {}}])
async def test_what_another_version_remembered_is_forgotten(bench: Bench, value: Any) -> None:
    await bench.memory.put("feed", value)
    async with Server() as server:
        assert 2 == len(await fetch(bench, Rss(url=server.put("/feed", FEED, etag='"1"'))))


async def test_what_is_remembered_holds_no_secret(bench: Bench) -> None:
    async with Server() as server:
        url = server.put("/feed", FEED)
        source = Rss(url=url + "?key=s3cret", headers={"Authorization": SecretStr("Bearer s3cret")})
        server.put("/feed?key=s3cret", FEED)
        await fetch(bench, source)

        assert "Bearer s3cret" == server.asked[0].headers["authorization"]
        assert "s3cret" not in json.dumps(bench.memory.pages)
        assert "s3cret" not in repr(source)


async def test_what_is_remembered_is_bounded(bench: Bench) -> None:
    many = [Entry(id=f"{n}", title=f"{n}", text="word " * 3_000, published=DAY) for n in range(300)]
    async with Server() as server:
        await fetch(bench, Rss(url=server.put("/feed", rss("T", many))))

    assert len(bench.memory.pages["feed"]) < 20 * 7_000


# --- dates and names


async def test_an_entry_without_a_date_keeps_the_time_it_was_first_seen(bench: Bench) -> None:
    start = bench.clock.now()
    async with Server() as server:
        source = Rss(url=server.put("/feed", rss("T", [Entry(title="Old")])))
        await fetch(bench, source)
        bench.clock.forward(3600)
        server.put("/feed", rss("T", [Entry(title="New"), Entry(title="Old")]))
        stories = await fetch(bench, source)

    assert {"Old": start, "New": start + timedelta(hours=1)} == {story.title: story.at for story in stories}


async def test_a_date_in_the_future_is_the_time_it_was_first_seen(bench: Bench) -> None:
    start = bench.clock.now()
    ahead = [Entry(title="Far", published=start + timedelta(days=900)), Entry(title="Near", published=start)]
    async with Server() as server:
        source = Rss(url=server.put("/feed", rss("T", ahead)))
        await fetch(bench, source)
        bench.clock.forward(3600)
        stories = await fetch(bench, source)

    assert {start} == {story.at for story in stories}


async def test_an_entry_without_an_id_is_named_by_its_address_or_title(bench: Bench) -> None:
    entries = [
        Entry(title="Linked", url="https://x.example/1?utm_medium=rss"),
        Entry(title="Dated", published=DAY),
        Entry(title="Bare"),
        Entry(title="Long " + "x" * 290),
    ]
    async with Server() as server:
        stories = await fetch(bench, Rss(url=server.put("/feed", rss("T", entries))))
    names = {story.title[:6].strip(): story.id for story in stories}

    assert ("https://x.example/1", "Dated 2026-11-23", "Bare") == (names["Linked"], names["Dated"], names["Bare"])
    assert 32 == len(names["Long x"])


async def test_an_id_that_several_entries_share_is_nobodys(bench: Bench) -> None:
    entries = [Entry(id="urn:0", title=f"{n}", url=f"https://x.example/{n}") for n in range(3)]
    async with Server() as server:
        stories = await fetch(bench, Rss(url=server.put("/feed", rss("T", [*entries, entries[0]]))))

    assert [f"https://x.example/{n}" for n in range(3)] == [story.id for story in stories]


# --- trouble


async def test_a_web_page_is_named_with_the_feed_it_links_to(bench: Bench) -> None:
    page = '<html><link rel="alternate" type="application/rss+xml" href="/rss">'
    async with Server() as server:
        with pytest.raises(Rejected, match=f"it names this one: {server.url('/rss')}"):
            await fetch(bench, Rss(url=server.put("/", page)))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"status": 404}, Rejected, "the feed answered 404"),
        ({"status": 401}, Refused, "check the credentials"),
        ({"status": 503}, Unavailable, "out of order"),
        ({"status": 304}, Rejected, "answered 304"),
        ({"fault": "drop"}, Unavailable, "broke off"),
        ({"fault": "bomb"}, Rejected, "more than the 10 MB"),
    ],
)
async def test_a_feed_that_cannot_be_had_says_why(
    bench: Bench, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    async with Server() as server:
        with pytest.raises(error, match=words):
            await fetch(bench, Rss(url=server.put("/feed", "", **options)))
    assert {} == bench.memory.pages


async def test_entries_that_could_not_be_read_are_counted(bench: Bench) -> None:
    text = rss("T", [Entry(title=f"Story {n}") for n in range(4)])
    cut_off = text[: text.rindex("<item>")] + "<item about='"
    async with Server() as server:
        stories = await fetch(bench, Rss(url=server.put("/feed", cut_off)))

    assert ["Story 0", "Story 1", "Story 2"] == [story.title for story in stories]
    assert ["3 of 4 items parsed: the feed is damaged; tell whoever runs it"] == bench.notes


@pytest.mark.parametrize("url", ["", "news.example.com/feed", "file:///etc/passwd", "ftp://x.example/feed"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValidationError, match="give the http or https address of a feed"):
        Rss(url=url)
