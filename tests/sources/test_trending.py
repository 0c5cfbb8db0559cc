import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast.errors import Rejected, Unavailable
from broadcast.sources.trending import Trending
from broadcast.testing import Bench, FakeClock, Server
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
AT = int((NOW - timedelta(hours=2)).timestamp())
HN = "/search?tags=front_page&hitsPerPage=100"
REDDIT = "/r/python+rust/top.json?t=week&limit=100&raw_json=1"


def hit(number: int, points: Any, **changes: Any) -> dict[str, Any]:
    url = f"https://x.example/{number}?utm_source=hn"
    said = {"objectID": f"{number}", "title": f"Hit {number}", "url": url, "points": points}
    return {**said, "created_at_i": AT, **changes}


def post(number: int, score: Any, **changes: Any) -> dict[str, Any]:
    said = {
        "id": f"p{number}",
        "title": f"Post {number}",
        "url": "",
        "permalink": f"/r/x/{number}/",
        "score": score,
    }
    return {
        "kind": "t3",
        "data": {**said, "created_utc": AT + 0.5, "subreddit": "rust", "selftext": "It is.", **changes},
    }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, server: Server, **options: Any) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await Trending(**{"site": "hacker-news", "base": server.url("/"), **options}).fetch(tools, NOW)


async def test_the_most_liked_entries_come_first(bench: Bench) -> None:
    asking = hit(3, 200, url=None, story_text="<p>Why?<script>x</script>")
    async with Server() as server:
        server.put(HN, json.dumps({"hits": [hit(1, 50), hit(2, 300), asking, hit(4, 40), hit(5, 9)]}))
        two, three, one = await fetch(bench, server, limit=3, least=10)

    assert Story(
        id="2",
        title="Hit 2",
        url="https://x.example/2",
        at=NOW - timedelta(hours=2),
        publisher="Hacker News",
        language="en",
        score=300,
    ) == two  # fmt: skip
    assert ("Why?", "https://news.ycombinator.com/item?id=3") == (three.text, three.url)
    assert "Hit 1" == one.title


async def test_a_subreddit_is_read_without_what_is_pinned(bench: Bench) -> None:
    found = [
        post(1, 5),
        post(2, 900, stickied=True),
        post(3, 7, url="https://x.example/3"),
        post(4, 9, over_18=True),
    ]
    async with Server() as server:
        server.put(REDDIT, json.dumps({"data": {"children": found}}))
        three, one = await fetch(bench, server, site="reddit", subreddit="python+rust", span="week")

    assert ("p3", "https://x.example/3", "Reddit, r/rust") == (three.id, three.url, three.publisher)
    assert ("It is.", "https://www.reddit.com/r/x/1/") == (one.text, one.url)


def counted(*entries: tuple[str, int, str]) -> str:
    """Return a feed whose entries have *(title, comments, address)*, each an hour older than the one before."""
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><slash:comments>{comments}</slash:comments>"
        f"<pubDate>{format_datetime(NOW - timedelta(hours=age))}</pubDate></item>"
        for age, (title, comments, link) in enumerate(entries, 1)
    )
    return (
        '<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        f"<channel><title>T</title>{items}</channel></rss>"
    )


async def test_of_several_feeds_what_is_most_talked_of_in_each_comes_first(bench: Bench) -> None:
    big = counted(("Loud", 900, "https://x.example/1"), ("Quiet", 3, "https://x.example/2"))
    small = counted(
        ("Calm", 2, "https://y.example/1"),
        ("Talk", 12, "https://y.example/2"),
        ("Shared", 9, "https://x.example/1?utm_source=y"),
        *(("Old", 99, f"https://y.example/old{n}") for n in range(24)),
    )
    async with Server() as server, bench.tools() as tools:
        feeds = [server.put("/big", big), server.put("/small", small), server.url("/gone")]
        source = Trending(site="feeds", feeds=tuple(feeds), limit=3, least=3)
        found = await source.fetch(tools, NOW - timedelta(hours=3.5))

    assert ["Loud", "Talk", "Quiet"] == [story.title for story in found]
    loud, talk, quiet = (story.score or 0 for story in found)
    assert 150 < loud < 200
    assert (100.0, 20.4) == (talk, quiet)
    (said,) = bench.notes
    assert said.startswith("127.0.0.1: the feed answered 404")


async def test_feeds_that_count_nothing_give_their_newest_and_say_so(bench: Bench) -> None:
    feed = counted(("One", 0, "https://x.example/1"), ("Two", 0, "https://x.example/2"))
    async with Server() as server, bench.tools() as tools:
        source = Trending(site="feeds", feeds=(server.put("/feed", feed),))
        found = await source.fetch(tools, NOW - timedelta(days=1))
        again = await source.fetch(tools, NOW - timedelta(days=1))

    assert ["One", "Two"] == [story.title for story in found]
    assert found == again
    assert "none of the feeds counts comments or views: the newest entries are told" in bench.notes


async def test_where_no_feed_can_be_had_the_first_reason_is_the_error(bench: Bench) -> None:
    async with Server() as server, bench.tools() as tools:
        source = Trending(site="feeds", feeds=(server.url("/gone"), server.put("/page", "<html>")))
        with pytest.raises(Rejected, match="the feed answered 404"):
            await source.fetch(tools, NOW)


async def test_fields_that_are_null_or_hostile_do_no_harm(bench: Bench) -> None:
    rows: list[Any] = [hit(1, None), hit(2, "many"), hit(3, 1e300), hit(4, 5, title=None), None, 3]
    rows += [hit(5, 5, created_at_i=9e10), hit(6, 4, url="javascript:alert(1)"), hit(7, True, objectID=None)]
    async with Server() as server:
        server.put(HN, json.dumps({"hits": rows}))
        stories = await fetch(bench, server)

    assert ["5", "6", "1", "2", "3"] == [story.id for story in stories]
    assert NOW == stories[0].at
    assert "https://news.ycombinator.com/item?id=6" == stories[1].url


@pytest.mark.parametrize("body", ["<html>", "", "[]", '{"hits": null}', '{"hits": {}}', "[" * 100_000])
async def test_an_answer_of_another_shape_is_named(bench: Bench, body: str) -> None:
    async with Server() as server:
        server.put(HN, body)
        server.put(REDDIT, body)
        with pytest.raises(Rejected, match=r"Hacker News answered (something that is not JSON|no list of entries)"):
            await fetch(bench, server)
        with pytest.raises(Rejected, match="Reddit answered"):
            await fetch(bench, server, site="reddit", subreddit="python+rust", span="week")


async def test_nothing_is_no_story(bench: Bench) -> None:
    async with Server() as server:
        server.put(HN, '{"hits": []}')
        assert [] == await fetch(bench, server)


async def test_refusals_are_classified(bench: Bench) -> None:
    async with Server() as server:
        for path in (HN, REDDIT):
            server.put(path, status=403)
        with pytest.raises(Unavailable, match="Hacker News answered 403"):
            await fetch(bench, server)
        with pytest.raises(Rejected, match="the subreddit may be private, or Reddit turns programs away"):
            await fetch(bench, server, site="reddit", subreddit="python+rust", span="week")
        server.put(HN, status=429, headers={"Retry-After": "30"})
        with pytest.raises(Unavailable, match="too many requests; it asks to wait 30 s"):
            await fetch(bench, server)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"site": "digg"}, "Input should be 'hacker-news', 'reddit' or 'feeds'"),
        ({"site": "feeds"}, "`feeds` are needed with `site: feeds`"),
        ({"site": "hacker-news", "feeds": ["https://x.example/feed"]}, "`feeds` are needed with `site: feeds`"),
        ({"site": "feeds", "feeds": ["x.example/feed"]}, "give the http or https address of a feed"),
        ({"site": "feeds", "feeds": ["https://x.example/"], "base": "https://y.example/"}, "`base` is no use"),
        ({"site": "reddit"}, "`subreddit` is needed for reddit"),
        ({"site": "hacker-news", "subreddit": "x"}, "`subreddit` is needed for reddit, and for nothing else"),
        ({"site": "reddit", "subreddit": "../x"}, "String should match pattern"),
        ({"site": "hacker-news", "base": "ftp://x"}, "give the http or https address of an API"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Trending(**options)
    assert words in str(caught.value)
