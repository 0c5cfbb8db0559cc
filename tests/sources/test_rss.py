import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.feeds import Entry
from broadcast.feeds.subscription import lasting
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


@pytest.mark.parametrize("etag", ['"é"', '"1\t2"'])
async def test_an_etag_that_cannot_be_said_back_is_no_hindrance(bench: Bench, etag: str) -> None:
    async with Server() as server:
        source = Rss(url=server.put("/feed", FEED, headers={"ETag": etag}))
        first, second = await fetch(bench, source), await fetch(bench, source)

        assert first == second
        assert "if-none-match" not in server.asked[-1].headers


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


async def test_what_the_version_before_remembered_is_asked_for_again_and_what_outlives_it_stays(
    bench: Bench,
) -> None:
    undated = rss("T", [Entry(id="1", title="Old"), Entry(id="2", title="Dated", published=DAY)])
    async with Server() as server:
        source = Rss(url=server.put("/feed", undated, etag='"1"'))
        first = await fetch(bench, source)
        page = json.loads(bench.memory.pages["feed"])
        fields = ("title", "language", "entries", "found", "parsed")
        feed = dict(zip(fields, page["feed"], strict=True))
        feed["entries"] = [dict(zip(Entry._fields, entry, strict=True)) for entry in feed["entries"]]
        await bench.memory.put("feed", page | {"version": 3, "feed": feed})
        bench.clock.forward(3600)
        again = await fetch(bench, source)
        third = await fetch(bench, source)

        assert first == again == third
        assert [False, False, True] == ["if-none-match" in asked.headers for asked in server.asked]
        assert [PARSE, PARSE] == bench.calls


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


async def test_what_is_known_of_entries_without_a_date_outlives_a_new_format(bench: Bench) -> None:
    start = bench.clock.now() - timedelta(days=3)
    await bench.memory.put(
        "feed", {"version": 1, "asked": "", "body": "", "kept": {"seen": {"Old": start.isoformat()}}}
    )
    async with Server() as server:
        source = Rss(url=server.put("/feed", rss("T", [Entry(title="Old")])))
        stories = [*await fetch(bench, source), *await fetch(bench, source)]

    assert [start, start] == [story.at for story in stories]


# --- where it has moved to


async def test_a_feed_that_moved_for_good_is_asked_there_when_it_said_so_twice(bench: Bench) -> None:
    async with Server() as server:
        server.put("/new?key=s3cret", FEED)
        source = Rss(url=server.move("/old?key=s3cret", "/new?key=s3cret", status=301))
        stories = [await fetch(bench, source) for _ in range(4)]

        assert 2 == server.count("/old?key=s3cret")
        assert 4 == server.count("/new?key=s3cret")
        assert [stories[0]] * 3 == stories[1:]
        assert [PARSE] == bench.calls
    (note,) = bench.notes
    assert "the feed has moved for good" in note
    assert "s3cret" not in json.dumps([bench.memory.pages, bench.notes])


@pytest.mark.parametrize(("first", "second"), [(302, 302), (301, 302), (307, 301)])
async def test_a_detour_is_not_remembered(bench: Bench, first: int, second: int) -> None:
    async with Server() as server:
        server.put("/new", FEED)
        server.move("/between", "/new", status=second)
        source = Rss(url=server.move("/old", "/between", status=first))
        for _ in range(4):
            await fetch(bench, source)

        assert 4 == server.count("/old")


async def test_an_address_that_is_no_feed_is_not_remembered(bench: Bench) -> None:
    async with Server() as server:
        server.put("/parked", "<html>For sale!")
        source = Rss(url=server.move("/old", "/parked", status=301))
        for _ in range(3):
            with pytest.raises(Rejected, match="a web page"):
                await fetch(bench, source)

        assert 3 == server.count("/old")


async def test_a_new_home_that_fails_is_left_for_the_old_one(bench: Bench) -> None:
    async with Server() as server:
        server.put("/new", FEED)
        source = Rss(url=server.move("/old", "/new", status=308))
        for _ in range(3):
            await fetch(bench, source)
        assert 2 == server.count("/old")
        server.put("/new", status=404)
        server.put("/old", FEED)

        assert 2 == len(await fetch(bench, source))
        assert 3 == server.count("/old")


async def test_a_new_home_that_asks_to_wait_is_not_asked_again_by_way_of_the_old_one(bench: Bench) -> None:
    async with Server() as server:
        server.put("/new", FEED)
        source = Rss(url=server.move("/old", "/new", status=301))
        for _ in range(3):
            await fetch(bench, source)
        server.put("/new", status=429, headers={"Retry-After": "600"})
        with pytest.raises(Unavailable, match="it asks to wait 600 s"):
            await fetch(bench, source)

        assert (2, 4) == (server.count("/old"), server.count("/new"))


async def test_a_new_address_in_the_configuration_counts_at_once(bench: Bench) -> None:
    async with Server() as server:
        server.put("/new", FEED)
        for _ in range(3):
            await fetch(bench, Rss(url=server.move("/old", "/new", status=301)))
        await fetch(bench, Rss(url=server.put("/other", FEED)))

        assert 1 == server.count("/other")


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("http://a.example/x", "https://a.example/x", "https://a.example/x"),
        ("https://a.example/x", "http://a.example/x", ""),
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x?k=1", "https://b.example/y?k=1", "https://b.example/y?"),
        ("https://a.example/x?k=s3cret", "https://b.example/y?q=s3cret", ""),
        ("https://a.example/x?k=s3cret", "https://b.example/s3cret", ""),
        ("https://me:s3cret@a.example/x", "https://b.example/y?u=s3cret", ""),
        ("https://a.example/x?feed=rss", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x", "https://b.example/y?feed=rss", "https://b.example/y?feed=rss"),
    ],
)
def test_a_new_address_is_kept_without_what_may_be_secret(old: str, new: str, kept: str) -> None:
    assert kept == lasting(old, new)


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
        ({"status": 500}, Unavailable, "out of order"),
        ({"status": 410}, Rejected, "nothing at this address; check it"),
        ({"body": "", "status": 200}, Rejected, "empty body; check its address"),
        ({"body": '{"users": 3}'}, Rejected, "use the source `metrics`"),
        ({"body": b"%PDF-1.7", "headers": {"Content-Type": "application/pdf"}}, Rejected, "no feed"),
        ({"body": "<opml/>"}, Rejected, "OPML"),
    ],
)
async def test_a_feed_that_cannot_be_had_says_why(
    bench: Bench, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    async with Server() as server:
        with pytest.raises(error, match=words):
            await fetch(bench, Rss(url=server.put("/feed", **options)))
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


async def test_of_a_hundred_thousand_items_the_newest_are_told(bench: Bench) -> None:
    item = "<item><title>N{0}</title><guid>{0}</guid><pubDate>{1:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    items = (item.format(n, DAY - timedelta(seconds=n)) for n in range(100_000))
    async with Server() as server:
        stories = await fetch(
            bench, Rss(url=server.put("/feed", f"<rss><channel>{''.join(items)}</channel></rss>"))
        )

    assert [f"N{n}" for n in range(20)] == [story.title for story in stories]
    assert [] == bench.notes
