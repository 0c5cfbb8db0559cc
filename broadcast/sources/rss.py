"""Stories from a feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from broadcast.feeds.subscription import Subscription
from broadcast.material.places import address
from broadcast.plugins import Plugin, Tools
from broadcast.types import Story


class Rss(Plugin):
    """Entries of an RSS, RDF, Atom or JSON feed, the newest first."""

    url: Annotated[str, address("a feed")] = Field(description="the address of the feed", repr=False)
    limit: int = Field(20, ge=1, le=200, description="how many of its newest entries are looked at")
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1; default: what the feed says")
    publisher: str = Field("", description="who says so; default: the title of the feed")
    tags: tuple[str, ...] = Field((), description="given to every story, besides those of the feed")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest entries; those older than *since* are left to the editor."""
        feed = Subscription(url=self.url, limit=self.limit, headers=self.headers)
        return await feed.stories(tools, publisher=self.publisher, language=self.language, tags=self.tags)
