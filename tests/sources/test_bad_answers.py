"""What every source says of an answer that is no good: the kind of error, and what the operator should do.

One table for all that ask a server, so that a new source is held to the same. Reading is done in this process.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unheard import AHEAD, MANY, NOW, outcome, tools

from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.feeds import Entry
from broadcast.sources.changelog import Changelog
from broadcast.sources.csv import Csv
from broadcast.sources.github_releases import GithubReleases
from broadcast.sources.metrics import Metrics
from broadcast.sources.opml import Opml
from broadcast.sources.page import Page
from broadcast.sources.prometheus import Prometheus
from broadcast.sources.rss import Rss
from broadcast.sources.stories import Stories
from broadcast.sources.transcript import Transcript
from broadcast.sources.trending import Trending
from broadcast.testing import Server, rss
from broadcast.testing.servers import Page as Served
from broadcast.types import Story

#: What a sentence has that tells somebody what to do, or what is the matter on the other side.
ADVICE = re.compile(
    r"check|give|use the|say with|see [A-Z]|token|credentials|out of order|broke off|within|may have changed|"
    r"may be|an outline of one|there are:|it knows|not an object with|it reads|pick one|nothing is told|look for|"
    r"holds no article|may not be read|not a web page|the first line names|save it as"
)


class Town(Server):
    """A server that gives the same answer at every address."""

    def __init__(self, **answer: Any) -> None:
        super().__init__()
        body = answer.pop("body", b"")
        self.answer = Served(body.encode() if isinstance(body, str) else body, **answer)

    async def respond(self, request: Any) -> Any:
        self.pages[request.target] = self.answer
        return await super().respond(request)


SOURCES: dict[str, Callable[[str], Any]] = {
    "rss": lambda url: Rss(url=url),
    "opml": lambda url: Opml(url=url),
    "metrics": lambda url: Metrics(url=url, title="{users} users", summary="Of them {new} are new"),
    "csv": lambda url: Csv(file=url, title="{title}", at="at", told="each"),
    "prometheus": lambda url: Prometheus(url=url, queries={"up": "sum(up)"}, title="{up} up", summary="{up} up"),
    "github-releases": lambda url: GithubReleases(repo="acme/app", base=url),
    "hacker-news": lambda url: Trending(site="hacker-news", base=url),
    "reddit": lambda url: Trending(site="reddit", subreddit="rust", base=url),
    "trending-feeds": lambda url: Trending(site="feeds", feeds=(url,)),
    "changelog": lambda url: Changelog(file=url, project="App"),
    "stories": lambda url: Stories(file=url),
    "transcript": lambda url: Transcript(url=url),
    "page": lambda url: Page(url=url),
    "page-links": lambda url: Page(url=url, links="a.story"),
}
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
ANSWERS: dict[str, tuple[Mapping[str, Any], tuple[type[StageError], ...]]] = {
    "wrong-url": ({"status": 404, "body": "no such page"}, (Rejected,)),
    "401": ({"status": 401}, (Refused, Rejected, Unavailable)),
    "403": ({"status": 403}, (Refused, Rejected, Unavailable)),
    "500": ({"status": 500, "body": "oops"}, (Unavailable,)),
    "timeout": ({"fault": "hang"}, (Unavailable,)),
    "broken-off": ({"fault": "drop-body", "body": "x" * 100}, (Unavailable,)),
    "empty": ({"body": ""}, (Rejected,)),
    "web-page": ({"body": "<!doctype html><html><title>Log in</title><form></form></html>", "headers": HTML},
                 (Rejected,)),
    "pdf": ({"body": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "headers": {"Content-Type": "application/pdf"}}, (Rejected,)),
    "other-shape": ({"body": '{"data": [1, null], "x": {"y": []}}', "headers": JSON},
                    (Rejected,)),
    "null": ({"body": "null", "headers": JSON}, (Rejected,)),
}  # fmt: skip
#: Answers that are good ones to some: an empty file holds no story, and anybody may have said "null".
FINE = {
    ("csv", "other-shape"),
    ("csv", "null"),
    ("stories", "empty"),
    ("transcript", "other-shape"),
    ("transcript", "null"),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("source", SOURCES)
async def test_a_bad_answer_is_an_error_that_says_what_to_do(tmp_path: Path, source: str, answer: str) -> None:
    options, kinds = ANSWERS[answer]
    async with Town(**options) as server, tools(tmp_path, hasty=answer == "timeout") as (given, _):
        found = await outcome(SOURCES[source](server.url("/it")), given)

    if (source, answer) in FINE:
        assert isinstance(found, list)
        return
    assert isinstance(found, kinds), found
    assert ADVICE.search(str(found)), found
    assert "127.0.0.1" not in str(found)  # an address may hold a secret


@pytest.mark.parametrize("source", SOURCES)
async def test_a_server_that_is_not_there_is_asked_again_later(tmp_path: Path, source: str) -> None:
    async with Server() as server:
        gone = server.url("/it")
    async with tools(tmp_path) as (given, _):
        with pytest.raises(Unavailable, match=r"cannot be reached .*; check the address and the network"):
            await SOURCES[source](gone).fetch(given, NOW)


def feed(items: int, at: datetime | None, title: str | None) -> str:
    return rss("T", [Entry(id=f"{n}", title=title or "", text="Words.", published=at) for n in range(items)])


def json_feed(items: int, at: datetime | None, title: str | None) -> str:
    said = [{"id": f"{n}", "title": title, "content_text": "Words.", "date_published": at and at.isoformat()}
            for n in range(items)]  # fmt: skip
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": said})


def hits(items: int, at: datetime | None, title: str | None) -> str:
    said = [{"objectID": f"{n}", "title": title, "points": 3, "created_at_i": at and int(at.timestamp())}
            for n in range(items)]  # fmt: skip
    return json.dumps({"hits": [*said, {"objectID": "good", "title": "Good", "url": None, "points": None}]})


def posts(items: int, at: datetime | None, title: str | None) -> str:
    said = [{"id": f"{n}", "title": title, "score": 3, "created_utc": at and at.timestamp()} for n in range(items)]
    good = {"id": "good", "title": "Good", "url": None, "selftext": None, "permalink": "/r/x/good"}
    return json.dumps({"data": {"children": [{"data": one} for one in (*said, good)]}})


def releases(items: int, at: datetime | None, title: str | None) -> str:
    said = [
        {"id": n, "tag_name": title, "name": title, "published_at": at and at.isoformat()} for n in range(items)
    ]
    return json.dumps([*said, {"id": "good", "tag_name": "v1", "name": None, "body": None, "html_url": None}])


def records(items: int, at: datetime | None, title: str | None) -> str:
    said = [{"title": f"{title}{n}" if title else None, "at": at and at.isoformat()} for n in range(items)]
    return json.dumps([*said, {"title": "Good", "text": None, "url": None}])


def table(items: int, at: datetime | None, title: str | None) -> str:
    said = [f"{title or ''},{at.isoformat() if at else ''}" for _ in range(items)]
    return "\n".join(("title,at", *said, f"Good,{NOW - timedelta(hours=1)}"))


LISTS: dict[str, Callable[[int, datetime | None, str | None], str]] = {
    "rss": feed,
    "trending-feeds": feed,
    "json-feed": json_feed,
    "hacker-news": hits,
    "reddit": posts,
    "github-releases": releases,
    "stories": records,
    "csv": table,
}


async def told(folder: Path, source: str, body: str) -> tuple[list[Story], list[str]]:
    async with (
        Town(body=body, headers={"Content-Type": "application/json"}) as server,
        tools(folder) as (given, notes),
    ):
        made = SOURCES["rss" if source == "json-feed" else source](server.url("/it"))
        return list(await made.fetch(given, NOW - timedelta(days=1))), notes


@pytest.mark.parametrize("source", LISTS)
async def test_a_date_in_the_future_is_now(tmp_path: Path, source: str) -> None:
    stories, _ = await told(tmp_path, source, LISTS[source](2, AHEAD, "Ahead"))

    assert stories
    assert all(story.at <= NOW + timedelta(hours=1) for story in stories)


@pytest.mark.parametrize("source", LISTS)
async def test_what_is_null_is_left_out_and_the_rest_is_told(tmp_path: Path, source: str) -> None:
    stories, _ = await told(tmp_path, source, LISTS[source](2, None, None))

    assert stories
    assert all(story.title and story.at <= NOW for story in stories)


@pytest.mark.parametrize("source", LISTS)
async def test_of_a_hundred_thousand_items_few_are_told_or_it_is_said_why_none_is(
    tmp_path: Path, source: str
) -> None:
    body = LISTS[source](MANY, NOW - timedelta(hours=1), "N")
    async with Town(body=body) as server, tools(tmp_path) as (given, _):
        found = await outcome(SOURCES["rss" if source == "json-feed" else source](server.url("/it")), given)

    said = (
        bool(re.search(r"more than the (\d+ MB|10,000 rows)", str(found)))
        if isinstance(found, StageError)
        else False
    )
    assert said or (isinstance(found, list) and 0 < len(found) <= 50)


async def test_a_number_that_is_null_is_named(tmp_path: Path) -> None:
    async with Town(body='{"users": 3, "new": null}') as server, tools(tmp_path) as (given, _):
        with pytest.raises(
            Rejected, match="the field 'new' of the metrics API is empty; nothing is told without it"
        ):
            await SOURCES["metrics"](server.url("/it")).fetch(given, NOW)


ROW = '{"metric": {}, "value": [1, "2"]}'
FLOODS = {
    "metrics": '{"users": 3, "new": 1, "rows": [' + ", ".join("7" * MANY) + "]}",
    "prometheus": '{"data": {"result": [' + ", ".join([ROW] * 40_000) + "]}}",
    "transcript": "\n".join(f"Line {number} of what was said." for number in range(MANY)),
}


@pytest.mark.parametrize("source", FLOODS)
async def test_of_an_answer_that_is_far_too_much_one_story_is_told_or_it_is_said_why_none_is(
    tmp_path: Path, source: str
) -> None:
    async with Town(body=FLOODS[source], headers=JSON) as server, tools(tmp_path) as (given, notes):
        found = await outcome(SOURCES[source](server.url("/it")), given)

    if isinstance(found, StageError):
        assert "40000 series; make one of them" in str(found)
        assert "prometheus" == source
    else:
        assert 1 == len(found)
        assert bool(notes) == (source == "transcript")
