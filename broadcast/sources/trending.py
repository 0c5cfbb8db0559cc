"""What is talked about most: Hacker News, Reddit."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import Field, model_validator

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.feeds import web
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
Site = Literal["hacker-news", "reddit"]


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
    """The entries of Hacker News or of a subreddit that got the most points."""

    site: Site = Field(description="whose entries: hacker-news or reddit")
    subreddit: str = Field("", pattern="^[A-Za-z0-9_+]{0,100}$", description="of reddit: one, or several with +")
    span: Literal["hour", "day", "week", "month"] = Field("day", description="of reddit: the best of how long")
    least: int = Field(0, ge=0, description="the points that an entry must have")
    limit: int = Field(10, ge=1, le=ASKED, description="how many of the best are told")
    base: Annotated[str, address("an API", base=True, needed=False)] = Field(
        "", description="the address of its API; default: the site's own"
    )
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the entries")
    publisher: str = Field("", description="who says so; default: the site")
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "Trending":
        if (self.site == "reddit") != bool(self.subreddit):
            raise ValueError("`subreddit` is needed for reddit, and for nothing else")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the entries with the most points, the best first."""
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
                language=self.language,
                tags=self.tags,
                score=max(one.score, 0),
            )
            for one in best[: self.limit]
        ]


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
