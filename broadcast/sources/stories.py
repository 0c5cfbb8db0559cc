"""Stories that somebody wrote into a file."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field, SecretStr

from broadcast.errors import Rejected
from broadcast.material import places, records
from broadcast.plugins import Plugin, Tools
from broadcast.types import Story

LABEL = "the file of stories"
SIZE = 5_000_000  #: bytes
READING = 15.0  #: seconds


class Stories(Plugin):
    """Stories of a JSON or YAML file: each with `title` and `text`, and what else a story has."""

    file: str = Field(min_length=1, description="a path, or an http or https address", repr=False)
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    limit: int = Field(50, ge=1, le=2_000, description="how many of its newest stories are looked at")
    publisher: str = Field("", description="who says so, where a story does not tell")
    tags: tuple[str, ...] = Field((), description="given to every story, besides its own")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest stories; one without a date is of now."""
        body = await places.read(tools, self.file, label=LABEL, limit=SIZE, headers=self.headers)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Rejected(f"{LABEL} is not UTF-8 text; check its place, or save it as UTF-8") from None
        try:
            found = await tools.compute("broadcast.material.records:decode", text, deadline=READING)
        except Rejected as error:
            raise Rejected(f"{LABEL} cannot be read: {error}") from None
        return records.stories(
            found,
            tools.clock.now(),
            tools.note,
            label=LABEL,
            limit=self.limit,
            publisher=self.publisher,
            tags=self.tags,
        )
