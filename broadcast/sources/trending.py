"""What is talked about most: on Hacker News, on Reddit, in a list of feeds."""

import asyncio
import json
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import Field, model_validator

from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.feeds import web
from broadcast.feeds.subscription import Subscription, digest
from broadcast.material.places import address
from broadcast.material.records import moment, paragraphs
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean, plain
from broadcast.text.urls import canonical
from broadcast.types import Noun, Story

SIZE = 5_000_000  #: bytes
READING = 10.0  #: seconds
ASKED = 100  #: entries of one answer: the most that either gives
BASES = {"hacker-news": "https://hn.algolia.com/api/v1", "reddit": "https://www.reddit.com"}
NAMES = {"hacker-news": "Hacker News", "reddit": "Reddit"}
Site = Literal["hacker-news", "reddit", "feeds"]
LOOKED_AT = 50  #: of the newest entries of each feed


class Entry(Noun):
    """One entry, as far as it is told."""

    id: str
    title: str
    url: str
    text: str
    at: float | None
    score: int
    publisher: str


class Trending(Plugin):
    """The entries of Hacker News or of a subreddit that got the most points; or those of several feeds that have
    the most comments or views, as far as a feed counts them, each beside the best of its feed. What several feeds
    link to counts for each."""

    site: Site = Field(description="whose entries: hacker-news, reddit, or those of `feeds`")
    feeds: tuple[Annotated[str, address("a feed")], ...] = Field(
        (), max_length=20, description="their addresses, with `site: feeds`", repr=False
    )
    subreddit: str = Field("", pattern="^[A-Za-z0-9_+]{0,100}$", description="of reddit: one, or several with +")
    span: Literal["hour", "day", "week", "month"] = Field("day", description="of reddit: the best of how long")
    least: int = Field(0, ge=0, description="the points that an entry must have")
    limit: int = Field(10, ge=1, le=ASKED, description="how many of the best are told")
    base: Annotated[str, address("an API", base=True, needed=False)] = Field(
        "", description="the address of its API; default: the site's own"
    )
    language: str = Field(
        "", pattern="^([a-z]{2})?$", description="of the entries; default: en, or what each feed says"
    )
    publisher: str = Field("", description="who says so; default: the site")
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "Trending":
        if (self.site == "reddit") != bool(self.subreddit):
            raise ValueError("`subreddit` is needed for reddit, and for nothing else")
        if (self.site == "feeds") != bool(self.feeds):
            raise ValueError("`feeds` are needed with `site: feeds`, and for nothing else")
        if self.site == "feeds" and self.base:
            raise ValueError("`base` is no use with `site: feeds`: they are asked where they are")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the entries with the most points, the best first."""
        if self.site == "feeds":
            return await self._of_feeds(tools, since)
        label, base = NAMES[self.site], self.base or BASES[self.site]
        if self.site == "reddit":
            asked = urlencode({"t": self.span, "limit": ASKED, "raw_json": 1})
            url = f"{base}/r/{self.subreddit}/top.json?{asked}"
        else:
            url = f"{base}/search?{urlencode({'tags': 'front_page', 'hitsPerPage': ASKED})}"
        headers = {"Accept": "application/json"}
        try:
            answer = await tools.http.get(url, label=label, headers=headers, limit=SIZE)
        except Refused as error:  # neither asks for credentials: it is a limit, or a private place
            if self.site == "reddit":
                raise Rejected(f"{error}; the subreddit may be private, or Reddit turns programs away") from None
            raise Unavailable(str(error)) from None
        found: list[Entry] = await tools.compute(f"{__name__}:read", answer.body, self.site, deadline=READING)
        best = sorted((one for one in found if one.score >= self.least), key=lambda one: one.score, reverse=True)
        now = tools.clock.now()
        return [
            Story(
                id=one.id,
                title=one.title,
                text=one.text,
                url=canonical(one.url),
                at=moment(one.at, now) or now,
                publisher=self.publisher or one.publisher,
                language=self.language or "en",
                tags=self.tags,
                score=max(one.score, 0),
            )
            for one in best[: self.limit]
        ]

    async def _of_feeds(self, tools: Tools, since: datetime) -> list[Story]:
        """Return the best entries of the feeds since *since*. One feed that fails is a note."""
        answers = await asyncio.gather(*(self._of_feed(tools, url) for url in dict.fromkeys(self.feeds)))
        found = [
            [story for story in one if story.at >= since] for one in answers if not isinstance(one, StageError)
        ]
        failed = [one for one in answers if isinstance(one, StageError)]
        if not found and failed:
            raise failed[0]
        if any(found) and not any(story.score for one in found for story in one):
            tools.note("none of the feeds counts comments or views: the newest entries are told")
        return best_of(found, self.least)[: self.limit]

    async def _of_feed(self, tools: Tools, url: str) -> list[Story] | StageError:
        name = digest(url.encode())
        one = Subscription(url=url, limit=LOOKED_AT, name=f"feed/{name}")
        try:
            return await one.stories(
                tools, publisher=self.publisher, language=self.language, tags=self.tags, prefix=f"{name[:8]} "
            )
        except StageError as error:
            if len(self.feeds) > 1:
                tools.note(f"{urlsplit(url).hostname}: {error}")
            return error


def best_of(feeds: Sequence[Sequence[Story]], least: int) -> list[Story]:
    """Return the stories of all *feeds* that have *least* points, by their shares of the best of their feeds.

    A score is then the sum of these shares, 100 for the best of one. Pure.
    """
    stories: dict[str, Story] = {}
    sums: dict[str, float] = {}
    for feed in feeds:
        best = math.log1p(max((story.score or 0.0 for story in feed), default=0.0))
        for story in feed:
            name, points = canonical(story.url) or story.id, story.score or 0.0
            if points >= least:
                stories.setdefault(name, story)
                sums[name] = sums.get(name, 0.0) + (math.log1p(points) / best if best else 0.0)
    ranked = sorted(stories, key=lambda name: (-sums[name], -stories[name].at.timestamp()))
    return [stories[name].model_copy(update={"score": round(100 * sums[name], 1)}) for name in ranked]


# --- reading an answer, purely


def read(body: bytes, site: Site) -> list[Entry]:
    """Return the entries that an answer holds. Raises `Rejected` where its shape is another."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected(f"{NAMES[site]} answered something that is not JSON; check `base`") from None
    if site == "reddit":
        data = found.get("data") if isinstance(found, dict) else None
        listed = data.get("children") if isinstance(data, dict) else None
        rows = [one.get("data") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else None
    else:
        listed = found.get("hits") if isinstance(found, dict) else None
        rows = listed if isinstance(listed, list) else None
    if rows is None:
        raise Rejected(f"{NAMES[site]} answered no list of entries; its API may have changed")
    one_of = of_reddit if site == "reddit" else of_hacker_news
    entries = [one_of(row) for row in rows[: ASKED * 2] if isinstance(row, dict)]
    return [entry for entry in entries if entry.id and entry.title]


def of_hacker_news(hit: dict[str, Any]) -> Entry:
    """Return one hit of https://hn.algolia.com/api."""
    id = clean(said(hit, "objectID"), 40)
    return Entry(
        id=id,
        title=clean(said(hit, "title"), 300),
        url=web(said(hit, "url")) or f"https://news.ycombinator.com/item?id={id}",
        text=plain(said(hit, "story_text"), 6_000),
        at=count(hit, "created_at_i"),
        score=count(hit, "points") or 0,
        publisher=NAMES["hacker-news"],
    )


def of_reddit(post: dict[str, Any]) -> Entry:
    """Return one post of https://www.reddit.com/dev/api; those that a moderator pinned are no news."""
    place = said(post, "permalink")
    pinned = post.get("stickied") is True or post.get("over_18") is True
    return Entry(
        id="" if pinned else clean(said(post, "id"), 40),
        title=clean(said(post, "title"), 300),
        url=web(said(post, "url")) or web(f"https://www.reddit.com{place}"),
        text=paragraphs(said(post, "selftext")),
        at=count(post, "created_utc"),
        score=count(post, "score") or 0,
        publisher=clean(f"{NAMES['reddit']}, r/{said(post, 'subreddit')}", 80),
    )


def said(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def count(row: dict[str, Any], key: str) -> int | None:
    value = row.get(key)
    return int(value) if isinstance(value, int | float) and abs(value) < 1e12 else None
