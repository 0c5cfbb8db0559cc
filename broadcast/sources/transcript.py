"""Stories from transcripts: what was said in a podcast, a talk, a video."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import Field, model_validator

from broadcast.errors import Rejected, StageError
from broadcast.feeds import web
from broadcast.material import places
from broadcast.material.documents import title_of
from broadcast.material.records import digest
from broadcast.plugins import Plugin, Tools
from broadcast.scripting.subrip import between, spoken
from broadcast.text import clean
from broadcast.types import Story

LABEL = "the transcript"
KINDS = (".srt", ".vtt", ".txt")
SIZE = 5_000_000  #: bytes of one transcript; three hours are about 300 kB
READING = 15.0  #: seconds for one transcript
TEXT = 12_000  #: characters of one story that are kept: about a quarter of an hour of talk
PARTS = 50  #: of one transcript
#: Blocks of WebVTT that nobody says: https://www.w3.org/TR/webvtt1/#file-structure
BLOCK = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)\b.*?(?:\n\s*\n|\Z)", re.DOTALL | re.MULTILINE)


class Transcript(Plugin):
    """What was said in an episode: SRT, VTT or text, from a file, an address, or the newest files of a folder."""

    path: Path | None = Field(None, description="a file, or a folder whose newest files are read")
    url: str = Field("", description="or the address of one", repr=False)
    like: str = Field("*", pattern="^[^/].{0,99}$", description="which files of a folder, such as episode-*.srt")
    limit: int = Field(1, ge=1, le=20, description="how many of the newest files are read")
    minutes: float = Field(0, ge=0, le=120, description="make a story of so many minutes each; 0: one of it all")
    title: str = Field("", max_length=200, description="what it is called; default: the file's name")
    link: str = Field("", pattern=r"^(https?://\S+)?$", description="where the episode can be heard")
    publisher: str = Field("", description="who says so, such as the podcast")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1")
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_place(self) -> "Transcript":
        if (self.path is None) == (not self.url):
            raise ValueError("give either `path` or `url`")
        if self.url and not web(self.url):
            raise ValueError("`url` is no http or https address")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return what was said in the newest transcripts since *since*."""
        if self.url:
            name = self.url.partition("?")[0].rpartition("/")[2]
            body = await places.read(tools, self.url, label=LABEL, limit=SIZE)
            return await self._stories(tools, name, body, await _seen(tools, body))
        assert self.path
        files = await asyncio.to_thread(
            places.newest, self.path, self.like, self.limit, since, kinds=KINDS, label=LABEL
        )
        stories: list[Story] = []
        errors: list[StageError] = []
        for path, at in files:
            try:
                body = await places.read(tools, str(path), label=LABEL, limit=SIZE)
                stories += await self._stories(tools, path.name, body, min(at, tools.clock.now()))
            except StageError as error:
                errors.append(error)
        if errors and not stories:
            raise errors[0]
        for one in errors:
            tools.note(str(one))
        return stories

    async def _stories(self, tools: Tools, name: str, body: bytes, at: datetime) -> list[Story]:
        title = self.title or title_of(name)
        text = body.decode("utf-8-sig", "replace")
        if b"\0" in body or text.lstrip().startswith(("<", "%PDF")):
            raise Rejected(
                f"{LABEL} {name} is a web page or no text at all; check its place: it reads {', '.join(KINDS)}"
            )
        split = "broadcast.sources.transcript:parts", text, self.minutes * 60
        told: list[str] = await tools.compute(*split, deadline=READING)
        if not told:
            raise Rejected(f"{LABEL} {name} holds nothing that is said: it reads {', '.join(KINDS)}")
        long = [text for text in told if len(text) > TEXT]
        if long or len(told) > PARTS:
            tools.note(f"{LABEL} {name} is long: set `minutes`, as 10, to make several stories of it")
        return [
            Story(
                id=f"{digest(name)}-{digest(text)}",
                title=clean(f"{title} ({number} of {len(told)})" if len(told) > 1 else title, 300),
                text=text[:TEXT].rpartition(". ")[0] + "." if len(text) > TEXT else text,
                url=self.link,
                url_shared=bool(self.link),
                at=at,
                publisher=self.publisher,
                language=self.language,
                tags=self.tags,
            )
            for number, text in enumerate(told[:PARTS], 1)
        ]


def parts(text: str, seconds: float) -> list[str]:
    """Return what is said in each stretch of so many *seconds*, or in all of it where that is 0. Pure."""
    if "-->" not in text:  # no subtitles: lines of text
        lines = (clean(line, 4_000) for line in text.splitlines())
        return list(filter(None, [" ".join(line for line in lines if line)]))
    srt = BLOCK.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    stretches = between(srt, seconds) if seconds else [srt]
    return [said for stretch in stretches if (said := clean(" ".join(spoken(stretch, "")), SIZE))]


async def _seen(tools: Tools, body: bytes) -> datetime:
    """Return when this very transcript was first seen at its address."""
    now, name = tools.clock.now(), digest(body.decode("utf-8", "replace"))
    known = await tools.memory.get("seen")
    if isinstance(known, list) and len(known) == 2 and known[0] == name:
        return datetime.fromisoformat(known[1])
    await tools.memory.put("seen", [name, now.isoformat()])
    return now
