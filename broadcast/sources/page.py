"""Stories from web pages that have no feed."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from broadcast.errors import StageError
from broadcast.material import articles
from broadcast.material.places import address
from broadcast.material.records import digest, moment
from broadcast.plugins import Plugin, Tools
from broadcast.text.urls import canonical
from broadcast.types import Story

REMEMBERED = 100  #: pages that are not read again
ABREAST = 2  #: pages of one host that are read at once
DAY = timedelta(hours=23, minutes=59)


class Page(Plugin):
    """A web page: one article, or with `links` each of the articles that it leads to. robots.txt is respected."""

    url: Annotated[str, address("a page")] = Field(description="the address of the page", repr=False)
    links: str = Field("", max_length=300, description="where its links to articles are: CSS, or XPath from / on")
    article: str = Field("", max_length=300, description="where the text is, if it is not found: CSS or XPath")
    limit: int = Field(5, ge=1, le=20, description="how many of the links are followed, from the top")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1; default: what the page says")
    publisher: str = Field("", description="who says so; default: the name of the site")
    tags: tuple[str, ...] = ()

    def ready(self) -> None:
        articles.ready("page")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the articles. One that was read before is not asked for again."""
        if not self.links:
            found = await articles.read(tools, self.url, trusted=True, selector=self.article)
            return [await self._kept(tools, self.url, found)] if found.title and found.text else []
        body, at, charset = await articles.page(tools, self.url, trusted=True)
        links: list[tuple[str, str]] = await tools.compute(
            "broadcast.material.articles:links",
            body,
            at,
            charset,
            self.links,
            self.limit,
            deadline=articles.EXTRACTING,
        )
        room = asyncio.Semaphore(ABREAST)
        known = await self._known(tools)
        read = await asyncio.gather(*(self._linked(tools, url, words, known, room) for url, words in links))
        stories = [story for story in read if story]
        fresh = {story.url: story.model_dump(mode="json") for story in stories if story.url not in known}
        if fresh:
            kept = {url: story.model_dump(mode="json") for url, story in known.items()} | fresh
            await tools.memory.put("stories", dict(list(kept.items())[-REMEMBERED:]))
        return stories

    async def _linked(
        self, tools: Tools, url: str, words: str, known: dict[str, Story], room: asyncio.Semaphore
    ) -> Story | None:
        """Return the article that a link leads to, or None with a note: the others are told."""
        if before := known.get(canonical(url)):
            return before
        # A link was found in content: only where it stays on the configured site may it be private.
        trusted = urlsplit(url).netloc == urlsplit(self.url).netloc
        try:
            async with room:
                found = await articles.read(tools, url, trusted=trusted, selector=self.article)
        except StageError as error:
            tools.note(f"{words[:60]!r} is left out: {error}")
            return None
        found = found if found.title else found.model_copy(update={"title": words})
        return self._story(url, found, tools.clock.now()) if found.title and found.text else None

    async def _known(self, tools: Tools) -> dict[str, Story]:
        value: Any = await tools.memory.get("stories")
        try:
            return {url: Story.model_validate(one) for url, one in value.items()} if isinstance(value, dict) else {}
        except ValidationError:
            return {}

    async def _kept(self, tools: Tools, url: str, found: articles.Article) -> Story:
        """Return the one article, as of when it was first seen like this."""
        story = self._story(url, found, tools.clock.now())
        known = await self._known(tools)
        if (before := known.get(story.url)) and (before.title, before.text) == (story.title, story.text):
            return before
        await tools.memory.put("stories", {story.url: story.model_dump(mode="json")})
        return story

    def _story(self, url: str, found: articles.Article, now: datetime) -> Story:
        day = moment(found.day, now)
        return Story(
            id=canonical(url) if len(canonical(url)) <= 200 else digest(canonical(url)),
            title=found.title,
            text=found.text,
            url=canonical(url),
            at=min(day + DAY, now) if day else now,
            publisher=self.publisher or found.publisher or (urlsplit(url).hostname or ""),
            language=self.language or found.language,
            tags=self.tags,
            image=found.image,
        )
