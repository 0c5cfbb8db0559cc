"""One feed that is asked again and again: only for what is new, at the address where it lives now."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, ValidationError

from broadcast.errors import Rejected, StageError, Unavailable
from broadcast.plugins import Answer, Tools
from broadcast.types import Noun, Story

from . import Entry, Feed
from .repair import ITEMS

LABEL = "the feed"
MEMORY = 4  #: the version of `Remembered`; the answer that another version remembers is asked for again
PARSING = 10.0  #: seconds; the largest recorded feed takes a tenth of one
MOST = 600_000_000  #: bytes that reading one feed of 10 MB may take; the largest recorded one takes 30 million
EARLY = timedelta(hours=1)  #: a date further ahead is a wrong clock, or an announcement
SEEN = 1_000  #: entries without a date whose first sight is remembered
SURE = 2  #: runs in which a feed must say that it has moved for good
ITS_OWN = frozenset(("accept", "accept-language", "user-agent"))  #: headers that may follow a feed that has moved


class Remembered(Noun):
    """What the last answer was, in one record: validators that outlive their entries would lose the feed.

    Beside it, as `kept`, lies what outlives it.
    """

    version: int
    asked: str  #: a fingerprint of what was asked for
    etag: str = ""
    modified: str = ""
    body: str  #: a fingerprint of the body
    feed: Feed


class Kept(Noun):
    """What is kept of a feed whatever it answers, and whatever version wrote it."""

    seen: Mapping[str, datetime] = {}  #: when an entry without a usable date was first seen
    home: str = ""  #: the address it has moved to for good
    said: int = 0  #: in how many runs it said so
    of: str = ""  #: a fingerprint of the address it had


class Subscription(Noun):
    """A feed, and how it is asked."""

    url: str = Field(repr=False)
    limit: int
    headers: Mapping[str, SecretStr] = {}
    trusted: bool = True  #: its address is the operator's own
    name: str = "feed"  #: of what is remembered of it
    label: str = LABEL

    async def stories(
        self,
        tools: Tools,
        *,
        publisher: str = "",
        language: str = "",
        tags: tuple[str, ...] = (),
        prefix: str = "",
    ) -> list[Story]:
        """Return the newest entries of the feed, and remember what it answered; arguments are those of `ask`."""
        stored = await tools.memory.get(self.name)
        found, learned = await self.ask(tools, stored, publisher, language, tags, prefix)
        if learned:
            await tools.memory.put(self.name, learned)
        return found

    async def ask(
        self,
        tools: Tools,
        stored: Any,
        publisher: str = "",
        language: str = "",
        tags: tuple[str, ...] = (),
        prefix: str = "",
        *,
        more: bool = False,
    ) -> tuple[list[Story], dict[str, Any] | None]:
        """Return the newest entries of the feed, and what to remember of it, or None where that is *stored*.

        One that answers 304, or the same again, is not parsed again. *prefix* is put before their ids, where ids of
        several feeds meet. *more*: feeds of the same server are asked one after the other.
        """
        record = stored if isinstance(stored, dict) else {}
        before, kept = self._recalled(record), recalled(record.get("kept"))
        at = self.home(kept)
        try:
            answer = await self._ask(tools, at, before, more)
        except StageError as error:
            if at == self.url or (isinstance(error, Unavailable) and error.retry_after):
                raise
            kept, at = Kept(seen=kept.seen), self.url  # it is not there, or not any more: where it was
            answer = await self._ask(tools, at, before, more)
        if answer.status == 304:
            if not before:
                raise Rejected(f"{self.label} answered 304, as if it had been read before; check its address")
            now = before
        else:
            now = await self._read(tools, answer, before)
        feed = now.feed
        if feed.parsed < (seen := min(feed.found, ITEMS)):
            tools.note(f"{feed.parsed} of {seen} items parsed: {self.label} is damaged; tell whoever runs it")
        entries = named(feed.entries)
        after = self._learned(tools, kept, at, answer, entries)
        learned = None
        if (now, after) != (before, kept):
            learned = {**now.model_dump(mode="json", exclude_defaults=True), "kept": after.model_dump(mode="json")}
        publisher = publisher or feed.title or self._host()
        return told(entries, after.seen, publisher, language, tags, prefix), learned

    def home(self, kept: Kept) -> str:
        """Return the address to ask: the one it has moved to, when it said so often enough."""
        if kept.said < SURE or kept.of != digest(self.url.encode()):
            return self.url
        return kept.home + urlsplit(self.url).query if kept.home.endswith("?") else kept.home

    def _host(self) -> str:
        return urlsplit(self.url).hostname or ""

    async def _ask(self, tools: Tools, at: str, before: Remembered | None, more: bool) -> Answer:
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        trusted = self.trusted
        if at != self.url and origin(at) != origin(self.url):
            headers = {name: value for name, value in headers.items() if name.lower() in ITS_OWN}
            trusted = trusted and urlsplit(at).hostname == self._host()
        if before and before.etag:
            headers["If-None-Match"] = before.etag
        if before and before.modified:
            headers["If-Modified-Since"] = before.modified
        return await tools.http.get(at, label=self.label, headers=headers, trusted=trusted, more=more)

    def _recalled(self, value: Any) -> Remembered | None:
        """Return what is remembered of this very request, or None."""
        try:
            before = Remembered.model_validate(value)
        except ValidationError:
            return None
        return before if (before.version, before.asked) == (MEMORY, self._fingerprint()) else None

    def _fingerprint(self) -> str:
        """Return what identifies the request, without the secrets that it may hold."""
        headers = (f"{name}: {value.get_secret_value()}" for name, value in sorted(self.headers.items()))
        return digest("\n".join((self.url, str(self.limit), *headers)).encode())

    async def _read(self, tools: Tools, answer: Answer, before: Remembered | None) -> Remembered:
        """Read a new body; an equal one needs no parsing. Validators are those of this answer, or none."""
        body = answer.sha256[:32]  # as `digest` has it
        if before and before.body == body:
            feed = before.feed
        else:
            charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", answer.headers.get("content-type", ""), re.I)
            said = charset[1] if charset else ""
            call = (answer.body, said, answer.url, self.limit)
            feed = await tools.compute("broadcast.feeds:parse", *call, deadline=PARSING, memory=MOST)
        return Remembered(
            version=MEMORY,
            asked=self._fingerprint(),
            etag=sendable(answer.headers.get("etag", "")[:1000]),
            modified=sendable(answer.headers.get("last-modified", "")[:100]),
            body=body,
            feed=feed,
        )

    def _learned(self, tools: Tools, kept: Kept, at: str, answer: Answer, entries: Mapping[str, Entry]) -> Kept:
        """Return what is kept from now on."""
        now = tools.clock.now()
        fresh = [name for name, entry in entries.items() if name in kept.seen or not dated(entry, now)][:SEEN]
        seen = {name: kept.seen.get(name, now) for name in fresh}
        if at != self.url:
            return kept.model_copy(update={"seen": seen})
        home = lasting(self.url, answer.url) if answer.moved else ""
        if not home:
            return Kept(seen=seen)
        of = digest(self.url.encode())
        said = kept.said + 1 if (kept.home, kept.of) == (home, of) else 1
        if said == SURE:
            tools.note(f"{self.label} has moved for good, and is asked there from now on; put its new address down")
        return Kept(seen=seen, home=home, said=said, of=of)


def sendable(header: str) -> str:
    """Return *header* where it can be said back to the server, or nothing."""
    return header if header.isascii() and header.isprintable() else ""


def lasting(old: str, new: str) -> str:
    """Return the address to remember for one that moved from *old* to *new*, or nothing. Pure.

    Never one less secure, and never one that repeats what may be a secret: a query that stays is left to be put
    back, which a "?" at the end says.
    """
    before, after = urlsplit(old), urlsplit(new)
    if (before.scheme, after.scheme) == ("https", "http") or after.username or after.password:
        return ""
    if before.query and after.query == before.query:
        return after._replace(query="", fragment="").geturl() + "?"
    words = [before.username, before.password, *(value for _, value in parse_qsl(before.query))]
    return "" if any(word and word in new for word in words) else new


def origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def recalled(value: Any) -> Kept:
    """Return what is kept, as far as it can be read."""
    try:
        return Kept.model_validate(value or {})
    except ValidationError:
        return Kept()


def told(
    entries: Mapping[str, Entry],
    seen: Mapping[str, datetime],
    publisher: str,
    language: str,
    tags: tuple[str, ...],
    prefix: str,
) -> list[Story]:
    """Return *entries* as stories. Pure."""
    return [
        Story(
            id=prefix + name,
            title=entry.title,
            text=entry.text,
            url=entry.url,
            at=at,
            publisher=publisher,
            language=language or entry.language,
            tags=tuple(dict.fromkeys((*tags, *entry.tags))),
            image=entry.image,
            score=entry.score,
        )
        for name, entry in entries.items()
        if (at := seen.get(name) or entry.published or entry.updated)
    ]


def dated(entry: Entry, now: datetime) -> bool:
    """Say whether the date of *entry* can be true."""
    at = entry.published or entry.updated
    return at is not None and at <= now + EARLY


def named(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return each entry by a name that stays: what the feed calls it, else its address, else title and day.

    A name that the feed gives to several stories is nobody's. The second of two equal entries is left out.
    """
    uses = Counter(name for name, _ in {(entry.id, entry.url or entry.title) for entry in entries})
    names: dict[str, Entry] = {}
    for entry in entries:
        name = entry.id if uses[entry.id] == 1 else ""
        if not name:
            at = entry.published or entry.updated
            name = entry.url or (f"{entry.title} {at:%Y-%m-%d}" if at else entry.title)
        names.setdefault(name if 0 < len(name) <= 200 else digest(name.encode()), entry)
    return names


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
