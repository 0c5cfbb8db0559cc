"""Feeds that are well-formed XML, which nearly all are once they are repaired: read many times faster. Pure.

`read` finds the same in them as feedparser does. Whatever it does not know by heart is left to feedparser.
"""

import calendar
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError, XMLParser, tostring

from .repair import ITEMS

#: What a namespace is called here, in lower case; feeds write it as they like. Elements of others are not read.
NAMESPACES = {
    "": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://search.yahoo.com/mrss": "media:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://purl.org/rss/1.0/modules/slash/": "slash:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}
AFTER_THE_END = 9  #: expat's code for "junk after document element"
TAG_OF = attrgetter("tag")
ROOT = re.compile(rb"<[A-Za-z_:\x80-\xff]")  #: how an element begins: behind one, there is no DTD any more
XML = "{http://www.w3.org/XML/1998/namespace}"
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
TITLES = ("title", "dc:title", "media:title")
TEXTS = frozenset((
    "description", "summary", "content", "content:encoded", "media:description", "dc:description",
    "itunes:summary", "itunes:subtitle", "abstract", "body", "fullitem",
))  # fmt: skip
PUBLISHED = frozenset(("pubdate", "published", "issued", "dcterms:issued"))
CREATED = frozenset(("created", "dcterms:created"))
UPDATED = frozenset(("updated", "modified", "dc:date", "dcterms:modified", "lastbuilddate"))
DATES = PUBLISHED | CREATED | UPDATED
TAGS = frozenset(("category", "dc:subject", "keywords", "media:category", "itunes:category"))
#: How many comments an entry has, or views.
SCORES = frozenset(("slash:comments", "thr:total", "media:statistics"))
PICTURES = {"media:content": "media_content", "media:thumbnail": "media_thumbnail", "enclosure": "enclosures"}
#: Types of a text that are read here. Others hold something packed, or another XML language.
HTML = frozenset(("html", "text/html", "xhtml", "application/xhtml+xml"))
PLAIN = frozenset(("", "text", "plain", "text/plain"))
REFERENCE, LIKE_A_TAG = re.compile(r"&#?\w{1,30};"), re.compile(r"</?\w")
PREFIX = re.compile(r"<(/?)(?:html|ns\d+):")
RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) "
    r"(\d\d):(\d\d)(?::(\d\d))? (?:GMT|UTC|Z|([+-])(\d\d)(\d\d))"
)
ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Strange(Exception):
    """Something that is left to feedparser."""


class Words(NamedTuple):
    """A title or a text, as the feed has it."""

    text: str
    html: bool


class Item(NamedTuple):
    """One entry, as the feed has it: nothing of it is made fit to be shown."""

    id: str
    link: str
    title: Words
    language: str
    texts: Sequence[Words]
    published: datetime | None
    updated: datetime | None
    tags: Sequence[str]
    files: Mapping[str, Sequence[Mapping[str, str]]]
    score: str = ""  #: a number, if all is well


class Document(NamedTuple):
    """A feed, as it stands."""

    title: Words
    language: str
    found: int  #: elements that look like entries
    entries: Sequence[Element]  #: of both ends, where there are too many
    names: Callable[[str], str]
    base: str
    atom: bool  #: says what is HTML; other feeds leave it to be guessed


def document(xml: bytes, url: str) -> Document:
    """Return what *xml*, in UTF-8, holds. Raises `Strange` where it is not well-formed, or of another kind."""
    try:
        root = _tree(xml)
    except ParseError as error:
        if error.code != AFTER_THE_END or (whole := _whole(xml)) == xml:
            raise Strange from None
        return document(whole, url)
    names = Names().__getitem__  # asked of every element: no function of ours is as fast
    kind = names(root.tag)
    top = next((one for one in root if names(one.tag) == "channel"), None) if kind in ("rss", "rdf:rdf") else root
    if top is None or kind not in ("rss", "rdf:rdf", "feed"):
        raise Strange
    wanted = "entry" if kind == "feed" else "item"
    entries = [one for one in top if names(one.tag) == wanted]
    if top is not root:
        entries += [one for one in root if names(one.tag) == wanted]
    tags = Counter(map(TAG_OF, root.iter()))
    found = sum(many for tag, many in tags.items() if names(tag).rpartition(":")[2] in ("item", "entry"))
    if found != len(entries):
        raise Strange
    if len(entries) > ITEMS:
        entries = entries[: ITEMS // 2] + entries[-ITEMS // 2 :]
    said = {name: one for one in reversed(top) if (name := names(one.tag)) in ("title", "language", "dc:language")}
    language = next((_text(said[name]) for name in ("language", "dc:language") if name in said), "")
    atom = kind == "feed"
    title = _title(said["title"], atom) if "title" in said else Words("", html=False)
    base = _joined(url, root.get(f"{XML}base", ""))
    return Document(title, language or root.get(f"{XML}lang", ""), found, entries, names, base, atom)


def _tree(xml: bytes) -> Element:
    # Whatever expat is told, it takes what begins with the mark of another encoding, or has a NUL there, for that
    # encoding, in which nobody has looked for a DTD.
    if not ROOT.match(xml):
        raise Strange
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - without a DTD there are no entities, and so no bombs
    parser.feed(xml)
    root: Element = parser.close()
    return root


def _whole(xml: bytes) -> bytes:
    """Return *xml* up to the end of its root element."""
    name = re.match(rb"<([\w:.-]*)", xml)
    return xml[: xml.find(b">", xml.rfind(b"</" + (name[1] if name else b""))) + 1]


def when(document: Document, entry: Element) -> datetime | None:
    """Return the date that *entry* is sorted by."""
    dates = _dates(document, entry)
    return dates[0] or dates[1]


def item(document: Document, entry: Element) -> Item:
    """Return all that *entry* holds. Raises `Strange`."""
    names, base = document.names, _joined(document.base, entry.get(f"{XML}base", ""))
    id, link, permalink, origin = entry.get(ABOUT, ""), "", "", ""
    titles: dict[str, Words] = {}
    language = entry.get(f"{XML}lang", "")
    texts: list[Words] = []
    tags: list[str] = []
    files: dict[str, list[Mapping[str, str]]] = {}
    score = ""
    for one in _children(entry, names):
        name = names(one.tag)
        if name in TITLES:
            words = _title(one, document.atom)
            if words.text and name not in titles:
                titles[name] = words
                language = one.get(f"{XML}lang", language)
        elif name in TEXTS:
            texts.append(_words(one, plain=name not in ("description", "content:encoded", "media:description")))
        elif name in ("guid", "id"):
            id, permalink = _text(one), ""
            if id and one.get("isPermaLink", "true") == "true":
                id = permalink = _joined(base, id)
        elif name == "link":
            link = _link(one, base, link, files)
        elif name == "feedburner:origlink":
            origin = _text(one)
        elif name in TAGS:
            tags += [one.get("label") or one.get("term") or one.get("text") or _text(one)]
        elif name in SCORES:
            score = score or one.get("views") or _text(one)
        elif name in PICTURES:
            files.setdefault(PICTURES[name], []).append({**one.attrib, "href": one.get("url", "")})
    published, updated = _dates(document, entry)
    title = next((titles[name] for name in TITLES if name in titles), Words("", html=False))
    return Item(id, origin or link or permalink, title, language, texts, published, updated, tags, files, score)


def _children(entry: Element, names: Callable[[str], str]) -> Iterator[Element]:
    """Give what *entry* is made of, groups of files resolved."""
    for one in entry:
        if names(one.tag) in ("media:group", "media:content", "media:community") and len(one):
            if names(one.tag) == "media:content":
                yield one
            yield from _children(one, names)
        else:
            yield one


def _link(one: Element, base: str, before: str, files: dict[str, list[Mapping[str, str]]]) -> str:
    """Return the entry's link after *one*: the last that leads to its page. An enclosure goes to the *files*."""
    href = one.get("href")
    if href is None:
        text = _text(one)
        return _joined(base, text) if text else before
    rel, kind = one.get("rel", "alternate"), one.get("type", "text/html")
    if rel == "enclosure":
        files.setdefault("enclosures", []).append(dict(one.attrib))
    page = rel == "alternate" and kind in HTML
    return _joined(_joined(base, one.get(f"{XML}base", "")), href.strip()) if page else before


def _joined(base: str, link: str) -> str:
    """Return *link*, which may be relative to *base*."""
    if link.startswith(("https://", "http://")) or not link:
        return link or base
    try:
        return urljoin(base, link)
    except ValueError:
        return link  # nobody can open it


def _dates(document: Document, entry: Element) -> tuple[datetime | None, datetime | None]:
    """Return when *entry* was published, or made, and when it was changed. The last of several dates counts."""
    published = created = updated = None
    for one in entry:
        name = document.names(one.tag)
        if name not in DATES:
            continue
        if name in PUBLISHED:
            published = moment(_text(one)) or published
        elif name in CREATED:
            created = moment(_text(one)) or created
        elif name in UPDATED:
            updated = moment(_text(one)) or updated
    return published or created, updated


def moment(text: str) -> datetime | None:
    """Return a date in UTC. Those that are not written as they should be are read by feedparser."""
    try:
        if ISO_8601.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
        if (date := RFC_822.fullmatch(text)) and date[2] in MONTHS:
            day, year, hour, minute, second = (int(part or 0) for part in date.group(1, 3, 4, 5, 6))
            at = datetime(year, 1 + MONTHS.index(date[2]), day, hour, minute, second, tzinfo=UTC)
            ahead = timedelta(hours=int(date[8] or 0), minutes=int(date[9] or 0))
            return at + ahead if date[7] == "-" else at - ahead
    except (ValueError, OverflowError):
        pass  # a thirtieth of February; feedparser may make something of it
    return _lenient(text) if text else None


def _lenient(text: str) -> datetime | None:
    from feedparser.datetimes import _parse_date  # slow to import, and only careless feeds need it

    parsed = _parse_date(text[:100])
    if not parsed or not 1 <= parsed.tm_year <= 9998:
        return None
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def _words(one: Element, plain: bool) -> Words:
    """Return the words of a title or text; *plain* where it is no HTML unless it says so. Raises `Strange`."""
    kind = one.get("type", "").lower()
    if (kind not in PLAIN and kind not in HTML) or one.get("mode", "xml") == "base64":
        raise Strange
    if len(one):
        inner = "".join([escape(one.text or ""), *(tostring(each, encoding="unicode") for each in one)])
        return Words(PREFIX.sub(r"<\1", inner), html=True)
    return Words(one.text or "", html=kind in HTML or (not plain and not kind))


def _title(one: Element, atom: bool) -> Words:
    """Return the words of a title, which is HTML more often than it says."""
    words = _words(one, plain=True)
    html = words.html or (not atom and bool(REFERENCE.search(words.text)) and not LIKE_A_TAG.search(words.text))
    return words._replace(html=html)


def _text(one: Element) -> str:
    return (one.text or "").strip()


class Names(dict[Any, str]):
    """The short name of each element: `title`, `media:content`; "?" for one unknown."""

    def __missing__(self, tag: Any) -> str:
        space, _, local = tag.rpartition("}") if isinstance(tag, str) else ("?", "", "")
        prefix = NAMESPACES.get(space.lstrip("{").lower())
        short = self[tag] = "?" if prefix is None else prefix + local.lower()
        return short
