import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from inplace import at_once
from patience import until
from pydantic import ValidationError

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.feeds import Entry
from broadcast.feeds.opml import FEEDS, outlines
from broadcast.sources.opml import Opml, written
from broadcast.testing import Bench, FakeClock, Server, rss
from broadcast.testing.bench import Notebook
from broadcast.testing.wire import Raw, Reply, Request
from broadcast.types import Story

DAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PARSE = "broadcast.feeds:parse"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(DAY + timedelta(hours=8)))


async def fetch(bench: Bench, source: Opml) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await source.fetch(tools, DAY - timedelta(days=7))


async def ailing(bench: Bench, source: Opml) -> list[str]:
    async with bench.tools() as tools:
        return list((await source.ailing(tools)).values())


def opml(*bodies: str) -> str:
    return f'<?xml version="1.0"?><opml version="2.0"><head/><body>{"".join(bodies)}</body></opml>'


def outline(url: str, title: str = "", **more: str) -> str:
    given = {"text": title, "xmlUrl": url, "type": "rss", **more}
    return f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in given.items())}/>"


def feed(title: str, count: int = 8) -> str:
    return rss(
        title,
        [
            Entry(id=f"{n}", title=f"{title} {n}", url=f"https://{title}.example/{n}", published=DAY - timedelta(n))
            for n in range(count)
        ],
    )


# --- the list


def test_folders_and_categories_become_tags_and_nesting_is_followed() -> None:
    listed = outlines(
        opml(
            '<outline text="News"><outline title="Science">',
            outline("https://a.example/", "A", category="/space/mars,physics"),
            "</outline></outline>",
            outline("https://b.example/", "B"),
        ).encode()
    )

    assert [
        ("https://a.example/", "A", ("News", "Science", "space", "mars", "physics")),
        ("https://b.example/", "B", ()),
    ] == [(one.url, one.title, one.tags) for one in listed.feeds]


def test_a_feed_listed_twice_is_asked_once_with_the_tags_of_both_places() -> None:
    twice = f'<outline text="X">{outline("https://a.example/", "A")}</outline>'
    listed = outlines(opml(twice, twice.replace('"X"', '"Y"')).encode())

    assert [("https://a.example/", ("X", "Y"))] == [(one.url, one.tags) for one in listed.feeds]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("feed:https://a.example/", ["https://a.example/"]),
        ("//a.example/x", ["https://a.example/x"]),
        ("file:///etc/passwd", []),
        ("javascript:alert(1)", []),
        ("http://[", []),
        ("https://a.example/?a=1&amp;b=2", ["https://a.example/?a=1&b=2"]),
        ("https://a.example/?a=1&b=2", ["https://a.example/?a=1&b=2"]),  # many exports do not escape it
    ],
)
def test_an_address_is_a_web_address_or_counted(written: str, read: list[str]) -> None:
    listed = outlines(f'<opml><body><outline xmlurl="{written}"/></body></opml>'.encode())

    assert read == [one.url for one in listed.feeds]
    assert (not read) == listed.strange


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"<rss><channel/></rss>", "is a feed: use `rss`"),
        (b"<html><body/></html>", "is no OPML"),
        (b'{"feeds": []}', "is no OPML"),
        (b"\xff\xfe\x00", "give a file that a feed reader exports"),
    ],
)
def test_what_is_no_list_is_named(body: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        outlines(body)


def test_a_damaged_list_is_read_as_far_as_it_goes() -> None:
    listed = outlines(opml(outline("https://a.example/"), outline("https://b.example/")).encode()[:-40])

    assert ["https://a.example/"] == [one.url for one in listed.feeds][:1]
    assert listed.damaged


BOMB = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE opml [<!ENTITY l0 "lol">{BOMB}]>' + opml(outline("https://a.example/", "&l11;")),
        '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + opml(outline("https://a.example/"), "&x;"),
        opml(outline("https://a.example/"), "<outline>" * 200_000),
        opml(outline("https://a.example/"), "<outline " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>"),
        opml(outline("https://a.example/"), "<outline text='" + "x" * 4_000_000 + "'/>"),
    ],
    ids=["billion laughs", "external entity", "depth", "attributes", "a long name"],
)
def test_a_hostile_list_is_bounded(text: str) -> None:
    listed = outlines(text.encode())

    assert ["https://a.example/"] == [one.url for one in listed.feeds]
    assert "root:" not in repr(listed)
    assert len(repr(listed)) < 2_000


def test_of_an_endless_list_the_first_feeds_are_read() -> None:
    listed = outlines(opml(*(outline(f"https://a.example/{n}") for n in range(FEEDS + 5))).encode())

    assert (FEEDS, True) == (len(listed.feeds), listed.more)


@pytest.mark.parametrize(
    "fields", [{}, {"path": "a.opml", "url": "https://x.example/"}, {"url": "ftp://x.example/"}, {"limit": 0}]
)
def test_a_list_has_one_place(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Opml(**fields)


# --- its feeds


async def test_all_feeds_of_a_file_are_read_side_by_side(bench: Bench, tmp_path: Path) -> None:
    async with Server() as server:
        urls = [server.put(f"/{name}", feed(name)) for name in ("one", "two")]
        folder = f'<outline text="Town">{outline(urls[0], "First")}</outline>'
        path = tmp_path / "feeds.opml"
        path.write_text(opml(folder, outline(urls[1], "Second")))
        stories = await fetch(bench, Opml(path=path, limit=3, tags=("all",)))

    assert 6 == len(stories) == len({story.id for story in stories})
    assert {"one": ("all", "Town"), "two": ("all",)} == {story.publisher: story.tags for story in stories}
    assert [] == bench.notes


async def test_an_address_of_a_list_leads_to_its_own_host_and_to_public_ones_only(bench: Bench) -> None:
    async with Server() as server, Server() as other:
        near, far = server.put("/near", feed("near")), other.put("/far", feed("far"))
        far = far.replace("127.0.0.1", "127.0.0.2")
        url = server.put("/list", opml(outline(near, "Near"), outline(far, "Far")))
        stories = await fetch(bench, Opml(url=url))

        assert {"near"} == {story.publisher for story in stories}
        assert [] == other.asked
    assert any("Far: the feed leads to an address that is not public" in note for note in bench.notes)


async def test_a_dead_feed_is_a_note_and_the_others_air(bench: Bench) -> None:
    async with Server() as server:
        dead, good = server.put("/dead", status=500), server.put("/good", feed("good"))
        url = server.put("/list", opml(outline(dead, "Dead"), outline(good, "Good")))
        stories = await fetch(bench, Opml(url=url))

    assert 5 == len(stories)
    assert ["of 2 feeds 1 did not answer: Dead: the feed answered 500: out of order"] == bench.notes


async def test_a_feed_that_never_ends_does_not_hold_up_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadcast.sources.opml.SECONDS", 4.0)
    async with Server() as server, bench.tools() as tools:
        tools = replace(tools, compute=at_once)  # starting a process may take a busy machine longer than that
        slow, good = server.put("/slow", "x", fault="hang"), server.put("/good", feed("good"))
        url = server.put("/list", opml(outline(slow, "Slow"), outline(good, "Good")))

        assert 5 == len(await Opml(url=url).fetch(tools, bench.clock.now()))
    assert ["of 2 feeds 1 did not answer: Slow: it was not done within 4 s"] == bench.notes


class Together(Notebook):
    """Counts how often it is opened."""

    opened = 0

    async def get(self, name: str) -> Any | None:
        self.opened += 1
        return await super().get(name)

    async def put_all(self, values: Mapping[str, Any]) -> None:
        self.opened += 1
        self.pages |= {name: json.dumps(value) for name, value in values.items()}


async def test_what_is_remembered_of_all_feeds_is_read_and_written_together(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FakeClock(DAY + timedelta(hours=8)), memory := Together())
    async with Server() as server:
        few = Opml(url=server.put("/few", opml(outline(server.put("/0", feed("0"))))))
        await fetch(bench, few)
        needed, memory.opened = memory.opened, 0
        memory.pages.clear()
        urls = [server.put(f"/{number}", feed(f"{number}")) for number in range(20)]
        many = Opml(url=server.put("/many", opml(*(outline(url) for url in urls))))
        assert 100 == len(await fetch(bench, many))

    assert needed == memory.opened
    assert 20 == sum(name.startswith("feed/") for name in memory.pages)


class Lines(Server):
    """Counts its connections, and how many requests it answers at once."""

    lines = now = most = 0

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        super()._connected(reader, writer)

    async def respond(self, request: Request) -> Reply | Raw:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        return await super().respond(request)


async def test_feeds_of_one_server_share_two_connections(bench: Bench) -> None:
    async with Lines() as server:
        urls = [server.put(f"/{n}", feed(f"n{n}")) for n in range(30)]
        source = Opml(url=server.put("/list", opml(*(outline(url) for url in urls))))
        assert 150 == len(await fetch(bench, source))

        assert 2 >= server.most
        assert 2 == server.lines


async def test_a_server_that_asks_to_wait_is_not_asked_for_its_other_feeds(bench: Bench) -> None:
    async with Server() as server:
        busy = [server.put(f"/{n}", status=429, headers={"Retry-After": "600"}) for n in range(20)]
        bench.folder.joinpath("feeds.opml").write_text(opml(*(outline(url, "Busy") for url in busy)))
        source = Opml(path=bench.folder / "feeds.opml")
        with pytest.raises(Unavailable, match=r"none of its 20 feeds answered; most often .* 429") as caught:
            await fetch(bench, source)
        assert 600 == caught.value.retry_after  # nor is the list read again at once
        assert len(server.asked) <= 2
        health = json.loads(bench.memory.pages["health"]).values()
        assert len(server.asked) == sum(state["fails"] for state in health)  # whoever was not asked has not failed

        bench.clock.forward(1_200)
        first, server.asked = {asked.path for asked in server.asked}, []
        for n in range(20):
            server.put(f"/{n}", feed(f"n{n}"))
        assert 100 == len(await fetch(bench, source))
        assert first.isdisjoint(asked.path for asked in server.asked[:10])  # those that were not asked go first
        assert [] == await ailing(bench, source)


async def test_whoever_was_not_asked_is_named(bench: Bench) -> None:
    async with Server() as server, Server() as other:
        busy = [server.put(f"/{n}", status=429, headers={"Retry-After": "600"}) for n in range(2)]
        good = other.put("/good", feed("good"))
        path = bench.folder / "feeds.opml"
        path.write_text(opml(outline(busy[0], "Now"), outline(busy[1], "Later"), outline(good, "Good")))
        assert 5 == len(await fetch(bench, Opml(path=path)))

    did_not, were_not = bench.notes
    assert did_not.startswith("of 3 feeds 1 did not answer: Now: the feed answered 429")
    assert "of 3 feeds 1 were not asked, and are first next time" in were_not
    assert were_not.endswith(": Later")


async def test_a_feed_that_nobody_foresaw_takes_no_other_down(bench: Bench) -> None:
    async def stumbling(function: str, *args: Any, **options: Any) -> Any:
        if function == PARSE and b"evil" in args[0]:
            raise RecursionError
        return await at_once(function, *args)

    async with Server() as server, bench.tools() as tools:
        urls = [server.put(f"/{name}", feed(name)) for name in ("good", "evil")]
        source = Opml(url=server.put("/list", opml(*(outline(url, url[-4:]) for url in urls))))
        stories = await source.fetch(replace(tools, compute=stumbling), bench.clock.now())

    assert {"good"} == {story.publisher for story in stories}
    assert ["of 2 feeds 1 did not answer: evil: it cannot be read: unexpected RecursionError"] == bench.notes


async def test_hostile_feeds_of_a_list_are_notes(bench: Bench) -> None:
    hostile = {
        "address": '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T", "url": "http://["}]}',
        "character": "<rss><channel><item><title>&#xD800;&#x110000;T</title></item></channel></rss>",
        "depth": f"<rss><channel><item><title>T</title><description>{'<p>' * 9_000}{'</p>' * 9_000}</description>"
        "</item></channel></rss>",
        "nothing": "\0" * 1000,
    }  # fmt: skip
    async with Server() as server:
        urls = [server.put(f"/{name}", body) for name, body in {"good": feed("good"), **hostile}.items()]
        stories = await fetch(bench, Opml(url=server.put("/list", opml(*(outline(url) for url in urls)))))

    assert 5 + 3 == len(stories)
    assert 1 == len(bench.notes)


async def test_what_was_learned_outlives_a_write_that_was_cut_off(bench: Bench) -> None:
    class Stuck(Notebook):
        async def put_all(self, values: Mapping[str, Any]) -> None:
            learned["feed/2"] = "learned meanwhile"
            await asyncio.sleep(3600)

    bench.memory = Stuck()
    learned: dict[str, Any] = {"feed/1": "learned before"}
    async with bench.tools() as tools:
        writing = asyncio.create_task(written(tools, learned))
        await until(lambda: "feed/2" in learned)
        writing.cancel()
        await asyncio.wait([writing])

    assert {"feed/1", "feed/2"} == set(learned)


async def test_each_feed_has_a_memory_of_its_own(bench: Bench) -> None:
    async with Server() as server:
        urls = [server.put(f"/{n}", feed(f"n{n}"), etag=f'"{n}"') for n in range(5)]
        source = Opml(url=server.put("/list", opml(*(outline(url) for url in urls))))
        first = await fetch(bench, source)
        server.put("/3", feed("changed"), etag='"changed"')
        second = await fetch(bench, source)

        assert 5 + 1 == bench.calls.count(PARSE)
        assert {"changed"} == {s.publisher for s in second} - {s.publisher for s in first}
        assert [] == server.faults


async def test_what_left_the_list_is_forgotten(bench: Bench) -> None:
    async with Server() as server:
        urls = [server.put(f"/{n}", feed(f"n{n}")) for n in range(2)]
        source = Opml(url=server.put("/list", opml(*(outline(url) for url in urls))))
        await fetch(bench, source)
        before = sum(map(len, bench.memory.pages.values()))
        server.put("/list", opml(outline(urls[0])))
        await fetch(bench, source)

    assert sum(map(len, bench.memory.pages.values())) < before * 0.6


async def test_a_feed_that_fails_all_the_time_is_left_in_peace_and_never_given_up(bench: Bench) -> None:
    async with Server() as server:
        dead, good = server.put("/dead", status=500), server.put("/good", feed("good"))
        source = Opml(url=server.put("/list", opml(outline(dead, "Dead"), outline(good, "Good"))))
        for _ in range(3):
            await fetch(bench, source)
            bench.clock.forward(180)
        assert 3 == server.count("/dead")
        (words,) = await ailing(bench, source)
        assert words.startswith("Dead: failed 3 times in a row since 2026-11-23 17:00 UTC, has not worked yet")
        await fetch(bench, source)
        assert 3 == server.count("/dead")
        assert bench.notes[-1].startswith("of 2 feeds 1 were left in peace: Dead: not asked before 2026-11-23 17:")
        server.put("/dead", feed("alive"))
        bench.clock.forward(900)
        stories = await fetch(bench, source)

    assert {"alive", "good"} == {story.publisher for story in stories}
    assert [] == await ailing(bench, source)


async def test_a_list_of_which_nothing_answers_is_an_error_with_the_commonest_reason(bench: Bench) -> None:
    async with Server() as server:
        urls = [server.put(f"/{n}", status=503) for n in range(3)]
        url = server.put("/list", opml(*(outline(one) for one in urls), outline("http://127.0.0.1:1/")))
        with pytest.raises(Unavailable, match="none of its 4 feeds answered; most often the feed answered 503"):
            await fetch(bench, Opml(url=url))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"status": 404}, Rejected, "the list of feeds answered 404"),
        ({"status": 401}, Refused, "check the credentials"),
        ({"status": 500}, Unavailable, "out of order"),
        ({"body": ""}, Rejected, "is empty"),
        ({"body": "<opml><body/></opml>"}, Rejected, "names no feed; an outline of one has an `xmlUrl`"),
        ({"body": '{"a": 1}'}, Rejected, "is no OPML"),
        ({"fault": "bomb"}, Rejected, "more than the 5 MB"),
    ],
)
async def test_a_list_that_cannot_be_had_says_why(
    bench: Bench, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    async with Server() as server:
        with pytest.raises(error, match=words):
            await fetch(bench, Opml(url=server.put("/list", **options)))


async def test_a_file_that_is_not_there_is_named(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"none\.opml cannot be read: No such file or directory; check its path"):
        await fetch(bench, Opml(path=tmp_path / "none.opml"))


async def test_no_address_is_in_a_note_or_in_what_is_remembered(bench: Bench) -> None:
    async with Server() as server:
        urls = [server.put(f"/{n}?key=s3cret", status=status) for n, status in enumerate((200, 500))]
        server.put("/0?key=s3cret", feed("good"))
        await fetch(bench, Opml(url=server.put("/list", opml(*(outline(url) for url in urls)))))

    assert "s3cret" not in json.dumps([bench.memory.pages, bench.notes])
