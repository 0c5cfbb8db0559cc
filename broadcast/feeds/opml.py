"""What a list of feeds says: OPML (http://opml.org/spec2.opml). Pure.

`outlines` is meant for a worker process, like `parse`.
"""

from typing import Any, NamedTuple
from xml.parsers import expat

from broadcast.errors import Rejected
from broadcast.text import clean

from . import web
from .repair import ROOT, decode, repair

FEEDS = 2_000  #: of one list; more than the largest reader's export that was seen
DEPTH = 1_000  #: levels; whatever is deeper is an attack
LABELS = 5  #: of one feed
LABEL = 40  #: characters of one of them, as of a story's tag


class Outline(NamedTuple):
    """One feed of a list."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()  #: its folders from the outside in, and its categories


class Listed(NamedTuple):
    """The feeds of a list, each address once, in their order."""

    feeds: tuple[Outline, ...] = ()
    strange: int = 0  #: outlines that name a feed whose address cannot be one
    more: bool = False  #: it holds more than `FEEDS`
    damaged: str = ""  #: why it could not be read to its end


def outlines(body: bytes, charset: str = "") -> Listed:
    """Return the feeds that *body* lists. Raises `Rejected` where it is no OPML."""
    xml = repair(decode(body, charset).lstrip("\ufeff \t\r\n"))
    root = ROOT.match(xml)
    if not root or root[1].lower() != "opml":
        what = "is empty" if not xml.strip() else "is a feed: use `rss` for it" if _feed(root) else "is no OPML"
        raise Rejected(f"the list {what}; give a file that a feed reader exports, or its address")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    damaged = ""
    try:
        parser.Parse(xml.encode("utf-8", "replace"), True)
    except _Enough:
        pass
    except expat.ExpatError as error:
        damaged = f"line {error.lineno}: {expat.ErrorString(error.code)}"
    return Listed(feeds=tuple(reader.feeds.values()), strange=reader.strange, more=reader.more, damaged=damaged)


class _Enough(Exception):
    """The rest is not read."""


class _Reader:
    """Collects feeds while the list is read; nothing else of it is kept."""

    def __init__(self) -> None:
        self.feeds: dict[str, Outline] = {}
        self.folders: list[str] = []
        self.strange, self.more, self.depth = 0, False, 0

    def start(self, name: str, given: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise _Enough
        if name.lower() != "outline":
            return
        said = {key.lower(): value for key, value in given.items()}
        title = clean(said.get("title") or said.get("text") or "", 300)
        address = said.get("xmlurl", "").strip()
        folder = "" if address else cut_label(title)
        if address and said.get("iscomment", "").lower() != "true":
            self.add(address.removeprefix("feed:"), title, said.get("category", ""))
        self.folders.append(folder)

    def add(self, address: str, title: str, category: str) -> None:
        url = web(f"https:{address}" if address.startswith("//") else address)
        if not url:
            self.strange += 1
            return
        if url not in self.feeds and len(self.feeds) == FEEDS:
            self.more = True
            raise _Enough
        # A category is a path with slashes, several are separated by commas.
        said = (cut_label(word) for one in category.split(",") for word in one.split("/"))
        tags = tuple(dict.fromkeys(tag for tag in (*self.folders, *said) if tag))[:LABELS]
        known = self.feeds.get(url)
        both = tuple(dict.fromkeys((*known.tags, *tags)))[:LABELS] if known else tags
        self.feeds[url] = Outline(url=url, title=known.title if known else title, tags=both)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name.lower() == "outline":
            self.folders.pop()


def cut_label(text: str) -> str:
    return clean(text, LABEL)


def _feed(root: Any) -> bool:
    return bool(root) and root[1].lower() in ("rss", "feed", "rdf")
