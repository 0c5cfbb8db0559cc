"""What a feed, a list or a server may try: nothing is fetched that must not be, and memory stays bounded.

Nothing here leaves the machine: every connection is made by a stub that writes down where it was to lead, and leads
to a server of ours where that is a name of ours. Anything else it refuses.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from bombed import BOMBS
from inplace import at_once
from nursery import HERE, ran
from test_http import VECTORS, names

from broadcast.errors import StageError
from broadcast.feeds import Entry
from broadcast.http import Client
from broadcast.plugins import Plugin, Tools
from broadcast.sources.metrics import Metrics
from broadcast.sources.opml import Opml
from broadcast.sources.page import Page
from broadcast.sources.rss import Rss
from broadcast.testing import FakeClock, Server, detour, rss
from broadcast.testing.bench import Notebook

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
OURS = frozenset(("public.test", "93.184.216.34"))
GOOD = rss("Good", [Entry(title="Hello", text="World")])


class Names(Server):
    """A server that goes by any name."""

    def _problem(self, asked: Any, page: Any) -> str:
        return ""


class Gate:
    """Leads to our server by names of ours, and counts everything else."""

    def __init__(self, port: int) -> None:
        self.port, self.astray = port, list[str]()

    def __call__(self, host: str, port: int) -> tuple[str, int]:
        if host not in OURS:
            self.astray.append(host)
            raise ConnectionRefusedError("stubbed")
        return "127.0.0.1", self.port


@contextlib.asynccontextmanager
async def town(folder: Path) -> AsyncIterator[tuple[Names, Gate, Tools]]:
    async with Names() as server:
        gate, clock = Gate(server.port), FakeClock()
        client = Client(clock, network=detour(gate), resolve=names)
        try:
            yield server, gate, Tools(http=client, clock=clock, memory=Notebook(), compute=at_once, folder=folder)
        finally:
            await client.close()


async def outcome(source: Any, tools: Tools) -> int | StageError:
    try:
        return len(await source.fetch(tools, LONG_AGO))
    except StageError as error:
        return error


def on_the_wire(url: str) -> str:
    return url.encode().decode("latin-1")  # a header holds bytes


def moved(server: Names, to: str) -> Plugin:
    server.move("/feed", on_the_wire(to), status=301)
    return Rss(url="http://public.test/feed")


def listed(server: Names, to: str) -> Plugin:
    good = '<outline text="Good" xmlUrl="http://public.test/good"/>'
    server.put("/good", GOOD)
    server.put("/list", f"<opml><body>{good}<outline text='Bad' xmlUrl={quoteattr(to)}/></body></opml>")
    return Opml(url="http://public.test/list")


def listed_and_moved(server: Names, to: str) -> Plugin:
    server.move("/detour", on_the_wire(to))
    return listed(server, "http://public.test/detour")


def list_moved(server: Names, to: str) -> Plugin:
    server.move("/list", on_the_wire(to))
    return Opml(url="http://public.test/list")


def linked(server: Names, to: str) -> Plugin:
    server.put("/page", f"<html><a href={quoteattr(to)}>A story</a></html>", headers={"Content-Type": "text/html"})
    return Page(url="http://public.test/page", links="a")


def linked_and_moved(server: Names, to: str) -> Plugin:
    server.move("/detour", on_the_wire(to))
    return linked(server, "http://public.test/detour")


def next_page(server: Names, to: str) -> Plugin:
    server.put("/api", json.dumps({"n": 1, "next": to}))
    return Metrics(url="http://public.test/api", title="{n}", summary="", fields={"n": "[0].n"}, next="next")


WAYS = [moved, listed, listed_and_moved, list_moved, linked, linked_and_moved, next_page]


@pytest.mark.parametrize("url", VECTORS)
@pytest.mark.parametrize("way", WAYS)
async def test_nothing_found_in_content_leads_astray(
    tmp_path: Path, way: Callable[[Names, str], Plugin], url: str
) -> None:
    async with town(tmp_path) as (server, gate, tools):
        source = way(server, url)
        for _ in range(3):  # a feed that has moved for good is asked there from the third time on
            found = await outcome(source, tools)

        assert [] == gate.astray
        assert isinstance(found, StageError) or found <= 1


async def test_the_way_is_open_where_it_may_be(tmp_path: Path) -> None:
    async with town(tmp_path) as (server, gate, tools):
        server.put("/real", GOOD)
        for way in (moved, listed, listed_and_moved):
            assert await outcome(way(server, "http://public.test/real"), tools) in (1, 2)

        assert [] == gate.astray


async def test_a_feed_that_has_moved_cannot_be_moved_on_to_what_is_private(tmp_path: Path) -> None:
    """Public when it was remembered, private when it is asked again: a name server that changes its mind."""
    answers = {"turn.test": ["93.184.216.34"]}

    async def turning(host: str, port: int) -> Any:
        return answers.get(host) or await names(host, port)

    async with town(tmp_path) as (server, gate, tools):
        client = Client(FakeClock(), network=detour(gate), resolve=turning)
        tools = Tools(http=client, clock=FakeClock(), memory=tools.memory, compute=at_once, folder=tmp_path)
        server.put("/there", GOOD)
        server.move("/feed", "http://turn.test/there", status=301)
        source = Rss(url="http://public.test/feed")
        assert [1, 1, 1] == [await outcome(source, tools) for _ in range(3)]
        assert 2 == server.count("/feed")
        await client.close()
        answers["turn.test"] = ["127.0.0.1"]
        again = Client(FakeClock(), network=detour(gate), resolve=turning)
        tools = Tools(http=again, clock=FakeClock(), memory=tools.memory, compute=at_once, folder=tmp_path)
        found = await outcome(source, tools)
        await again.close()

        assert "not public" in str(found)
        assert [] == gate.astray


async def test_what_is_for_one_host_is_not_told_to_the_one_it_moved_to(tmp_path: Path) -> None:
    async with town(tmp_path) as (server, _, tools):
        server.put("/there", GOOD)
        server.move("/feed", "http://93.184.216.34/there", status=301)
        source = Rss.model_validate({"url": "http://public.test/feed", "headers": {"X-Key": "s3cret"}})
        for _ in range(4):
            assert 1 == await outcome(source, tools)

        assert 2 == server.count("/feed")
        assert {"/feed"} == {asked.path for asked in server.asked if "x-key" in asked.headers}


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_a_bomb_of_any_kind_costs_little_and_ends(tmp_path: Path, bomb: str) -> None:
    done = ran((str(HERE / "bombed.py"), bomb), tmp_path, {})
    assert 0 == done.returncode, done.stderr
    cost = json.loads(done.stdout)

    assert isinstance(cost["found"], str) or cost["found"] <= 1
    assert cost["own"] < 80_000  # KB
    assert cost["child"] < 900_000
