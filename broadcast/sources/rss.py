"""Stories from a feed."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator

from broadcast.editing.urls import canonical
from broadcast.errors import Rejected
from broadcast.feeds import Entry, Feed, web
from broadcast.feeds.repair import ITEMS
from broadcast.plugins import Answer, Plugin, Tools
from broadcast.types import Noun, Story

LABEL = "the feed"
MEMORY = 1  #: the version of `Remembered`; one of another version is forgotten
PARSING = 10.0  #: seconds; the largest recorded feed takes a tenth of one
EARLY = timedelta(hours=1)  #: a date further ahead is a wrong clock, or an announcement


class Remembered(Noun):
    """What the last answer was, in one record: validators that outlive their entries would lose the feed."""

    version: int = MEMORY
    asked: str  #: a fingerprint of what was asked for
    etag: str = ""
    modified: str = ""
    body: str  #: a fingerprint of the body
    feed: Feed
    seen: Mapping[str, datetime]  #: when an entry without a usable date was first seen


class Rss(Plugin):
    """Entries of an RSS, RDF, Atom or JSON feed, the newest first."""

    url: str = Field(description="the address of the feed", repr=False)
    limit: int = Field(20, ge=1, le=200, description="how many of its newest entries are looked at")
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1; default: what the feed says")
    publisher: str = Field("", description="who says so; default: the title of the feed")
    tags: tuple[str, ...] = Field((), description="given to every story, besides those of the feed")

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if not web(url):
            raise ValueError("give the http or https address of a feed")
        return url

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest entries; those older than *since* are left to the editor."""
        before = self._recalled(await tools.memory.get("feed"))
        answer = await tools.http.get(self.url, label=LABEL, headers=self._asking(before))
        if answer.status == 304:
            if not before:
                raise Rejected(f"{LABEL} answered 304, as if it had been read before; check its address")
            return self._stories(before)
        now = await self._read(tools, answer, before)
        await tools.memory.put("feed", now.model_dump(mode="json"))
        return self._stories(now)

    def _asking(self, before: Remembered | None) -> dict[str, str]:
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        if before and before.etag:
            headers["If-None-Match"] = before.etag
        if before and before.modified:
            headers["If-Modified-Since"] = before.modified
        return headers

    def _recalled(self, value: Any) -> Remembered | None:
        """Return what is remembered of this very request, or None."""
        try:
            before = Remembered.model_validate(value)
        except ValidationError:
            return None
        return before if (before.version, before.asked) == (MEMORY, self._fingerprint()) else None

    def _fingerprint(self) -> str:
        """Return what identifies the request, without the secrets that it may hold."""
        said = [
            self.url,
            str(self.limit),
            *(f"{k}: {v.get_secret_value()}" for k, v in sorted(self.headers.items())),
        ]
        return digest("\n".join(said).encode())

    async def _read(self, tools: Tools, answer: Answer, before: Remembered | None) -> Remembered:
        """Read a new body; an equal one needs no parsing. Validators are those of this answer, or none."""
        body = digest(answer.body)
        if before and before.body == body:
            feed = before.feed
        else:
            charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", answer.headers.get("content-type", ""), re.I)
            feed = await tools.compute(
                "broadcast.feeds:parse",
                answer.body,
                charset[1] if charset else "",
                answer.url,
                self.limit,
                deadline=PARSING,
            )
        if feed.parsed < min(feed.found, ITEMS):
            tools.note(f"{feed.parsed} of {feed.found} entries of the feed could be read")
        now = tools.clock.now()
        seen = before.seen if before else {}
        dateless = (name for name, entry in named(feed.entries) if not dated(entry, now))
        return Remembered(
            asked=self._fingerprint(),
            etag=answer.headers.get("etag", "")[:1000],
            modified=answer.headers.get("last-modified", "")[:100],
            body=body,
            feed=feed,
            seen={name: seen.get(name, now) for name in dateless},
        )

    def _stories(self, remembered: Remembered) -> list[Story]:
        feed = remembered.feed
        publisher = self.publisher or feed.title or (urlsplit(self.url).hostname or "")
        return [
            Story(
                id=name,
                title=entry.title,
                text=entry.text,
                url=canonical(entry.url),
                at=remembered.seen.get(name) or entry.published or entry.updated,
                publisher=publisher,
                language=self.language or entry.language or feed.language,
                tags=tuple(dict.fromkeys((*self.tags, *entry.tags))),
                image=entry.image,
            )
            for name, entry in named(feed.entries)
        ]


def dated(entry: Entry, now: datetime) -> bool:
    """Say whether the date of *entry* can be true."""
    at = entry.published or entry.updated
    return at is not None and at <= now + EARLY


def named(entries: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """Return each entry with a name that stays: what the feed calls it, else its address, else title and day.

    A name that the feed gives to several stories is nobody's. The second of two equal entries is left out.
    """
    uses = Counter(name for name, _ in {(entry.id, canonical(entry.url) or entry.title) for entry in entries})
    names: dict[str, Entry] = {}
    for entry in entries:
        name = entry.id if uses[entry.id] == 1 else ""
        if not name:
            at = entry.published or entry.updated
            name = canonical(entry.url) or (f"{entry.title} {at:%Y-%m-%d}" if at else entry.title)
        names.setdefault(name if 0 < len(name) <= 200 else digest(name.encode()), entry)
    return list(names.items())


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
