import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast.errors import ConfigError, Refused, Rejected, Unavailable
from broadcast.sources.page import Page
from broadcast.testing import Bench, FakeClock, Server
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(title: str, *paragraphs: str, head: str = "") -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<html lang='en-GB'><head><title>{title} | The Site</title>{head}</head><body><nav><a href='/'>Home</a>"
        f"<a href='/about'>About us</a></nav><article><h1>{title}</h1>{body}</article>"
        "<footer>All rights reserved, cookies, imprint</footer></body></html>"
    )


LONG = (
    "The town of Velmora switched on the first of twelve tidal turbines on Monday morning.",
    "The turbine supplies electricity to about 900 homes along the eastern shore of the bay.",
    "Eleven more machines follow before the end of next year, according to the operator.",
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, **options: Any) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await Page(**options).fetch(tools, NOW - timedelta(days=1))


async def test_the_article_of_a_page_is_a_story(bench: Bench) -> None:
    when = "<meta property='article:published_time' content='2026-11-22'>"
    head = f"<meta property='og:site_name' content='The Site'>{when}"
    async with Server() as server:
        url = server.put("/news", page("Turbine starts", *LONG, head=head), headers=HTML)
        (story,) = await fetch(bench, url=url, tags=("sea",))

    assert ("Turbine starts", "\n".join(LONG), url) == (story.title, story.text, story.url)
    assert ("The Site", "en", ("sea",)) == (story.publisher, story.language, story.tags)
    assert datetime(2026, 11, 22, 23, 59, tzinfo=UTC) == story.at


@pytest.mark.parametrize("when", ["2031-01-01", "", "soon"])
async def test_a_date_that_is_to_come_or_is_none_is_now(bench: Bench, when: str) -> None:
    head = f"<meta property='article:published_time' content='{when}'>"
    async with Server() as server:
        (story,) = await fetch(
            bench, url=server.put("/news", page("Turbine starts", *LONG, head=head), headers=HTML)
        )

    assert NOW == story.at


async def test_of_a_page_with_fifty_thousand_links_the_first_few_are_followed(bench: Bench) -> None:
    links = "".join(f"<a class=s href=/{number}>{number}</a>" for number in range(50_000))
    async with Server() as server:
        server.put("/0", page("First", *LONG), headers=HTML)
        (story,) = await fetch(
            bench, url=server.put("/", f"<html><body>{links}", headers=HTML), links="a.s", limit=2
        )

    assert "First" == story.title
    assert 1 == len(bench.notes)  # the second link leads nowhere


async def test_each_article_that_a_page_links_to_is_a_story_and_read_once(bench: Bench) -> None:
    async with Server() as server:
        server.put("/a", page("First", *LONG), headers=HTML)
        server.put("/b", page("Second", *LONG), headers=HTML)
        listed = "<a href='/a?utm_source=x'>One</a><li><a href=/b>Two</a><li><a href=/a>One</a>"
        listing = f"<ul class=news><li>{listed}</ul>"
        server.put("/a?utm_source=x", page("First", *LONG), headers=HTML)
        url = server.put("/", f"<html><body><a href=/about>About</a>{listing}</body></html>", headers=HTML)
        found = await fetch(bench, url=url, links="ul.news a", limit=2)
        bench.clock.forward(86_400)
        again = await fetch(bench, url=url, links="//ul[@class='news']", limit=2)

        assert ["First", "Second"] == [story.title for story in found]
        assert list(found) == list(again)
        assert (2, 1, 1) == (server.count("/"), server.count("/b"), server.count("/robots.txt") - 1)
        assert 0 == server.count("/about")


async def test_a_link_that_cannot_be_read_is_noted_and_the_others_are_told(bench: Bench) -> None:
    async with Server() as server:
        server.put("/a", page("First", *LONG), headers=HTML)
        private = "http://127.0.0.2:1/secret"
        links = f"<a href='/gone'>Gone</a><a href='{private}'>In</a><a href='javascript:x'>No</a><a href='/a'>A</a>"
        url = server.put("/", f"<html><body><main>{links}</main></body></html>", headers=HTML)
        stories = await fetch(bench, url=url, links="main")

    assert ["First"] == [story.title for story in stories]
    assert (
        "'Gone' is left out: the page answered 404: there is nothing at this address; check it"
        == sorted(bench.notes)[0]
    )
    assert "'In' is left out: the page leads to an address that is not public" in sorted(bench.notes)[1]


async def test_robots_are_respected(bench: Bench) -> None:
    async with Server() as server:
        server.put("/robots.txt", "User-agent: *\nDisallow: /private\nAllow: /private/but-this\n")
        server.put("/private/but-this", page("Open", *LONG), headers=HTML)
        closed = server.put("/private/page", page("Closed", *LONG), headers=HTML)

        assert ["Open"] == [story.title for story in await fetch(bench, url=server.url("/private/but-this"))]
        with pytest.raises(Rejected, match=r"the page may not be read by programs: its robots\.txt says so"):
            await fetch(bench, url=closed)
        assert (0, 1) == (server.count("/private/page"), server.count("/robots.txt"))
        bench.clock.forward(90_000)
        server.put("/robots.txt", "User-agent: other\nDisallow: /\n")
        assert ["Closed"] == [story.title for story in await fetch(bench, url=closed)]


async def test_robots_that_cannot_be_asked_leave_the_page_alone(bench: Bench) -> None:
    async with Server() as server:
        server.put("/robots.txt", status=503)
        with pytest.raises(Unavailable, match=r"robots\.txt answered 503"):
            await fetch(bench, url=server.put("/a", page("A", *LONG), headers=HTML))
        assert 0 == server.count("/a")


async def test_a_part_of_a_page_can_be_named(bench: Bench) -> None:
    parts = "<div id=x>Soup</div>after<div class='dish main'>Fish <script>x</script></div>"
    html = f"<html><body><h1>Menu of today</h1>{parts}</body></html>"
    async with Server() as server:
        url = server.put("/", html, headers=HTML)
        (soup,) = await fetch(bench, url=url, article="//div[@id='x']")
        (fish,) = await fetch(bench, url=url, article=".dish.main")

        assert ("Menu of today", "Soup") == (soup.title, soup.text)
        assert "Fish" == fish.text
        with pytest.raises(Rejected, match="the page holds nothing at 'article'; it may have changed"):
            await fetch(bench, url=url, article="article")
        with pytest.raises(Rejected, match=r"'//\[' is no XPath"):
            await fetch(bench, url=url, article="//[")
        with pytest.raises(Rejected, match="'div:::' is no CSS selector"):
            await fetch(bench, url=url, article="div:::")
        with pytest.raises(Rejected, match="has no links where `links` looks for them"):
            await fetch(bench, url=url, links="#x")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("", "text/html", "the page is empty, or no HTML"),
        ("<html><body></body></html>", "text/html", "the page holds no article that could be found"),
        ("%PDF", "application/pdf", "the page is application/pdf, not a web page"),
        ("x" * 2_000_001, "text/html", "the page answered more than the 2 MB that are read"),
    ],
)
async def test_what_is_no_article_says_so(bench: Bench, body: str, kind: str, words: str) -> None:
    async with Server() as server:
        with pytest.raises(Rejected) as caught:
            await fetch(bench, url=server.put("/", body, headers={"Content-Type": kind}))
    assert words in str(caught.value)


@pytest.mark.parametrize(("status", "kind"), [(401, Refused), (404, Rejected), (500, Unavailable)])
async def test_a_refusal_is_classified(bench: Bench, status: int, kind: type[Exception]) -> None:
    async with Server() as server:
        with pytest.raises(kind, match=f"the page answered {status}"):
            await fetch(bench, url=server.put("/", status=status))


def test_a_configuration_that_cannot_work_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="give the http or https address of a page"):
        Page(url="file:///etc/passwd")


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    Page(url="https://x.example/").ready()
    monkeypatch.setitem(sys.modules, "protego", None)
    with pytest.raises(ConfigError, match=r"page needs an extra .*: `pip install broadcast\[articles\]`"):
        Page(url="https://x.example/").ready()
