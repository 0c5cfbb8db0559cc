"""The pages of chosen stories, read where the feed has only a teaser."""

import sys
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from sources.test_page import LONG, page
from studio import Abroad

from broadcast.errors import ConfigError
from broadcast.feeds import Entry
from broadcast.testing import FakeClock, Server, rss
from broadcast.testing.wire import Reply
from broadcast.types import Report

PARAGRAPHS = [
    f"{sentence} Part {number} of the story has its own words." for number in range(4) for sentence in LONG
]


def town(folder: Path, clock: FakeClock, server: Server, *teasers: tuple[str, str], **source: Any) -> Town:
    entries = [
        Entry(id=url, title=f"Turbine {number} starts at sea", url=url, text=text, published=clock.now())
        for number, (url, text) in enumerate(teasers)
    ]
    url = server.put("/feed", rss("News", entries))
    return Town(folder, sources={"news": {"use": "rss", "url": url, **source}}, stories=len(teasers))


async def air(show: Town, clock: FakeClock, abroad: Abroad, **wishes: Any) -> Report:
    report = await show.air(clock=clock, http=abroad.client(clock), **wishes)
    assert "aired" == report.status, described(report)
    return report


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_the_page_of_a_chosen_teaser_is_read(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        url = abroad.put("/turbine", page("Turbine starts", *PARAGRAPHS).encode())
        show = town(tmp_path, clock, server, (url, "Short."), fetch="article")
        report = await air(show, clock, abroad)

        assert ["/robots.txt", "/turbine"] == [request.path for request in abroad.asked]
        assert not [note for note in report.notes if "teaser" in note]
        (edition,) = report.editions
        assert edition.script
        assert edition.script.seconds > 20


async def test_without_being_asked_for_no_page_is_read(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        url = abroad.put("/turbine", page("Turbine starts", *PARAGRAPHS).encode())
        await air(town(tmp_path, clock, server, (url, LONG[0])), clock, abroad)

        assert [] == abroad.asked


async def test_a_feed_that_gives_the_article_is_enough(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        url = abroad.put("/turbine", page("Turbine starts", *PARAGRAPHS).encode())
        await air(town(tmp_path, clock, server, (url, " ".join(PARAGRAPHS)), fetch="article"), clock, abroad)

        assert [] == abroad.asked


async def test_a_page_is_read_once_in_a_run_however_often_it_is_called(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        url = abroad.put("/turbine", page("Turbine starts", *PARAGRAPHS).encode())
        show = town(tmp_path, clock, server, (url, "Short."), fetch="article")
        first = await show.air(clock=clock, http=abroad.client(clock), until="script")
        await air(show, clock, abroad)

        assert "unfinished" == first.status
        assert 1 == len([request for request in abroad.asked if request.path == "/turbine"])


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(500, {}, b""), "the page answered 500: out of order"),
        (Reply(404, {}, b""), "the page answered 404: there is nothing at this address"),
        (Reply(200, {"Content-Type": "video/mp4"}, b"x"), "the page is video/mp4, not a web page"),
        (Reply(200, {}, b"<html><body></body></html>"), "the page holds no article that could be found"),
        (Reply(200, {}, b"x" * 2_000_001), "the page answered more than the 2 MB that are read"),
        (Reply(302, {"Location": "http://127.0.0.1:1/"}, b""), "the page leads to an address that is not public"),
    ],
)
async def test_where_a_page_cannot_be_read_the_teaser_is_told(
    tmp_path: Path, clock: FakeClock, reply: Reply, words: str
) -> None:
    async with Abroad() as abroad, Server() as server:
        abroad.pages["/turbine"] = reply
        show = town(tmp_path, clock, server, ("http://news.test/turbine", LONG[0]), fetch="article")
        report = await air(show, clock, abroad)

    assert [note for note in report.notes if f"is told from its teaser: {words}" in note], report.notes


async def test_a_page_that_never_comes_does_not_hold_up_the_show(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadcast.stages.reading.SECONDS", 0.5)
    async with Abroad() as abroad, Server() as server:
        abroad.pages["/turbine"] = None
        show = town(tmp_path, clock, server, ("http://news.test/turbine", LONG[0]), fetch="article")
        report = await air(show, clock, abroad)

    assert [note for note in report.notes if "its teaser: the page gave no answer within 0.5 s" in note], (
        report.notes
    )


async def test_a_page_that_keeps_its_reader_busy_is_given_up_and_its_teaser_told(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two million bytes of short paragraphs take trafilatura minutes."""
    monkeypatch.setattr("broadcast.material.articles.EXTRACTING", 1.0)
    async with Abroad() as abroad, Server() as server:
        url = abroad.put("/turbine", b"<html><body><article>" + b"<p>x y z" * 240_000)
        show = town(tmp_path, clock, server, (url, LONG[0]), fetch="article")
        report = await air(show, clock, abroad)

    assert [
        note for note in report.notes if "is told from its teaser: " in note and "it took longer than 1 s" in note
    ], report.notes


async def test_a_story_that_leads_into_our_own_network_is_not_followed(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        private = server.put("/admin", page("Secret", *PARAGRAPHS))
        report = await air(town(tmp_path, clock, server, (private, LONG[0]), fetch="article"), clock, abroad)

        assert 0 == server.count("/admin")
        assert [note for note in report.notes if "is told from its teaser: the page leads to an address" in note]


async def test_robots_are_respected_and_asked_once_a_host(tmp_path: Path, clock: FakeClock) -> None:
    async with Abroad() as abroad, Server() as server:
        abroad.put("/robots.txt", b"User-agent: broadcast\nDisallow: /turbine\n")
        closed = abroad.put("/turbine", page("Turbine starts", *PARAGRAPHS).encode())
        show = town(tmp_path, clock, server, (closed, LONG[0]), fetch="article")
        report = await air(show, clock, abroad)

        assert ["/robots.txt"] == [request.path for request in abroad.asked]
        assert [note for note in report.notes if "robots.txt says so" in note]


def test_the_key_is_one_of_the_show_and_not_of_the_source(tmp_path: Path) -> None:
    show = Town(tmp_path, sources={"news": {"use": "rss", "url": "https://x.example/", "fetch": "article"}})
    assert frozenset({"news"}) == show.show().articles

    show.tree["sources"]["news"]["fetch"] = "everything"
    with pytest.raises(ConfigError, match=r"`sources\.news\.fetch`: input should be 'article'"):
        show.show()


def test_without_its_extra_the_key_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    show = Town(tmp_path, sources={"news": {"use": "rss", "url": "https://x.example/", "fetch": "article"}})
    with pytest.raises(ConfigError, match=r"`fetch: article` needs an extra .*broadcast\[articles\]"):
        show.show()
