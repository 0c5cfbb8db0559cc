"""A video podcast: an RSS feed whose enclosures are the videos, for every podcast app."""

import asyncio
import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from xml.etree import ElementTree as xml

from pydantic import AfterValidator, Field

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.page import Record
from broadcast.page.markup import host
from broadcast.plugins import Plugin, Rung, Tools
from broadcast.text import clean
from broadcast.types import Destination, Post, Sent

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
ATOM = "http://www.w3.org/2005/Atom"
GENERATOR = "broadcast"
TITLE, NOTES = 150, 4_000  #: characters that Apple shows of a title and of an episode's notes
#: The first level of Apple's list.
Category = Literal[
    "Arts", "Business", "Comedy", "Education", "Fiction", "Government", "Health & Fitness", "History",
    "Kids & Family", "Leisure", "Music", "News", "Religion & Spirituality", "Science", "Society & Culture",
    "Sports", "TV & Film", "Technology", "True Crime",
]  # fmt: skip


def _web(url: str) -> str:
    if host(url) is None:
        raise ValueError("is no address on the web; write https://…")
    return url


Web = Annotated[str, AfterValidator(_web)]


class Podcast(Plugin):
    """Keeps a video podcast: a feed in a file, one episode a run, ready to be submitted to podcast directories.

    The videos need a lasting address: set `publish:` in the show. Whatever serves the file must serve byte ranges.
    """

    repeatable: ClassVar[bool] = True

    path: Path = Field(description="the feed; relative to the working directory")
    url: Web = Field(description="where the feed is served")
    title: str = Field(min_length=1, max_length=TITLE)
    description: str = Field(min_length=1, max_length=NOTES)
    site: Web = Field(description="of the show, for people")
    image: Web = Field(description="artwork: square, JPEG or PNG, 1400 to 3000 pixels")
    author: str = Field(min_length=1, max_length=TITLE)
    category: Category = "News"
    explicit: bool = False
    email: str | None = Field(
        None, pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="of the owner, who is asked there"
    )
    keep: int = Field(100, ge=1, le=1000, description="how many episodes stay")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (str(self.path),)

    def ladder(self) -> Sequence[Rung]:
        return (self.link,)

    async def preflight(self, tools: Tools) -> None:
        """Raise where the feed could not be written, or is somebody else's."""
        with self._plainly():
            await asyncio.to_thread(self._episodes)
            there = next(each for each in (self._file.parent, *self._file.parents) if each.exists())
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                raise Refused(f"{there} cannot be written: give this user the right to, or choose another `path`")

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Put the episode into the feed, in the place of its earlier self."""
        if post.video.url is None:
            raise Rejected("an episode needs a lasting address of the file: set `publish:` (s3, or a folder)")
        if host(post.video.url) is None:
            raise Rejected("the lasting address of the video is none that a podcast app could open")
        made = episode(post)
        with self._plainly():
            await asyncio.to_thread(self._change, post.language, made, _guid(made))
        return Sent(ref=_guid(made), url=post.link)

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Take the episode out of the feed. What apps have fetched already stays with them."""
        with self._plainly():
            await asyncio.to_thread(self._change, None, None, sent.ref)
        return Sent(ref=sent.ref, rung="deleted")

    @property
    def _file(self) -> Path:
        return self.path.expanduser().absolute()

    def _change(self, language: str | None, made: xml.Element | None, guid: str) -> None:
        """Write the feed anew, with *made* in it and nothing else by this *guid*."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self._file):
            known, spoken = self._episodes()
            others = [one for one in known if _guid(one) != guid]
            kept = newest([*others, made] if made is not None else others, self.keep)
            text = feed(self, kept, language or spoken or "en")
            part = self._file.with_name(f".{self._file.name}.part")
            with part.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)

    def _episodes(self) -> tuple[list[xml.Element], str]:
        """Return the episodes that the feed has, and its language. Raises `Refused` where it is not ours."""
        if not self._file.exists():
            return [], ""
        try:
            channel = xml.parse(self._file).getroot().find("channel")  # noqa: S314, our own file
        except xml.ParseError:
            channel = None
        if channel is None or channel.findtext("generator") != GENERATOR:
            raise Refused(f"{self._file} was not made by broadcast: move it, or choose another `path`")
        return channel.findall("item"), channel.findtext("language") or ""

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f"{error.filename or self._file}: {error.strerror}"
            raise (Refused if isinstance(error, PermissionError) else Unavailable)(where) from error


# --- the feed, pure


def episode(post: Post) -> xml.Element:
    """Return the episode of *post*. Its guid is the run's name and never changes."""
    record, video = Record.of(post), post.video
    item = xml.Element("item")
    _add(item, "title", clean(post.heading or post.title, TITLE))
    _add(item, "description", _notes(record, post.caption))
    _add(item, "guid", post.run if post.edition == "main" else f"{post.run}/{post.edition}", isPermaLink="false")
    _add(item, "pubDate", format_datetime(post.slot.astimezone(UTC), usegmt=True))
    if video.page and host(video.page):
        _add(item, "link", video.page)
    _add(item, "enclosure", url=video.url or "", length=str(video.bytes), type="video/mp4")
    _add(item, f"{{{ITUNES}}}duration", str(round(video.seconds)))
    _add(item, f"{{{ITUNES}}}episodeType", "full")
    return item


def newest(items: Iterable[xml.Element], keep: int) -> list[xml.Element]:
    """Return the *keep* newest episodes, the newest first."""
    return sorted(items, key=_when, reverse=True)[:keep]


def feed(show: Podcast, items: Sequence[xml.Element], language: str) -> bytes:
    """Return the feed of *show*."""
    xml.register_namespace("itunes", ITUNES)
    xml.register_namespace("atom", ATOM)
    root = xml.Element("rss", version="2.0")
    channel = xml.SubElement(root, "channel")
    _add(channel, "title", show.title)
    _add(channel, "link", show.site)
    _add(channel, "description", show.description)
    _add(channel, "language", language)
    _add(channel, "generator", GENERATOR)
    _add(channel, f"{{{ATOM}}}link", href=show.url, rel="self", type="application/rss+xml")
    _add(channel, f"{{{ITUNES}}}author", show.author)
    _add(channel, f"{{{ITUNES}}}image", href=show.image)
    _add(channel, f"{{{ITUNES}}}category", text=show.category)
    _add(channel, f"{{{ITUNES}}}explicit", str(show.explicit).lower())
    _add(channel, f"{{{ITUNES}}}type", "episodic")
    if show.email:
        owner = xml.SubElement(channel, f"{{{ITUNES}}}owner")
        _add(owner, f"{{{ITUNES}}}name", show.author)
        _add(owner, f"{{{ITUNES}}}email", show.email)
    channel.extend(items)
    xml.indent(root)
    written: bytes = xml.tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"


def _notes(record: Record, caption: str) -> str:
    told = "\n".join(" ".join(filter(None, (part.title, host(part.url) and part.url))) for part in record.stories)
    lines = "\n".join(clean(line, TITLE * 4) for line in caption.split("\n"))
    return "\n\n".join(filter(None, (lines, told, record.disclosure)))[:NOTES]


def _guid(item: xml.Element) -> str:
    return item.findtext("guid") or ""


def _when(item: xml.Element) -> datetime:
    try:
        return parsedate_to_datetime(item.findtext("pubDate") or "")
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _add(parent: xml.Element, tag: str, content: str = "", /, **attributes: str) -> None:
    made = xml.SubElement(parent, tag, attributes)
    made.text = content or None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the feed against other processes: several editions may share it."""
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
