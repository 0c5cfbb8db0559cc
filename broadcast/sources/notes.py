"""Stories from notes and documents."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import Field

from broadcast.errors import ConfigError, Rejected, StageError
from broadcast.material import documents, places
from broadcast.material.documents import Part
from broadcast.material.records import digest
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Story

LABEL = "the notes"
SIZE = 10_000_000  #: bytes of one document
READING = 15.0  #: seconds for one document


class Notes(Plugin):
    """Notes of meetings and other documents: Markdown, text, PDF and Word, in one file or a folder of them."""

    path: Path = Field(description="a file, or a folder whose newest files are read")
    like: str = Field("*", pattern="^[^/].{0,99}$", description="which of its files, such as *-standup.md")
    headings: bool = Field(True, description="make a story of each heading; else one of each file")
    limit: int = Field(5, ge=1, le=50, description="how many of the newest files are read")
    publisher: str = Field("", description="who says so, such as the team")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1")
    tags: tuple[str, ...] = ()

    def ready(self) -> None:
        documents.ready((self.path.name, self.like))

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return what was written or changed since *since*, the newest file first."""
        files = await asyncio.to_thread(
            places.newest, self.path, self.like, self.limit, since, kinds=documents.KINDS, label=LABEL
        )
        stories: list[Story] = []
        errors: list[StageError] = []
        for path, at in files:
            try:
                needs(path)
                body = await places.read(tools, str(path), label=LABEL, limit=SIZE)
                found: list[Part] = await tools.compute(
                    "broadcast.material.documents:parts", body, path.name, self.headings, deadline=READING
                )
            except StageError as error:
                errors.append(error)
                continue
            stories += [self._story(path, part, min(at, tools.clock.now())) for part in found]
        if errors and not stories:
            raise errors[0]
        for one in errors:
            tools.note(str(one))
        return stories

    def _story(self, path: Path, part: Part, at: datetime) -> Story:
        return Story(
            id=f"{digest(path.name)}-{digest(part.title, part.text)}",
            title=clean(part.title, 300),
            text=part.text,
            at=at,
            publisher=self.publisher,
            language=self.language,
            tags=self.tags,
        )


def needs(path: Path) -> None:
    """Raise `Rejected` where an extra that this file needs is not installed."""
    try:
        documents.ready((path.name,))
    except ConfigError as error:
        raise Rejected(f"{path.name} is left out: {error}") from None
