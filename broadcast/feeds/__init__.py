"""What a feed says: RSS, RDF, Atom and JSON Feed. Pure.

`parse` is meant for a worker process: hostile input may keep it busy until it is killed.
"""

import calendar
import io
import json
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.expatreader import ExpatParser

from broadcast.editing.urls import canonical
from broadcast.errors import Rejected
from broadcast.text import clean, cut, plain
from broadcast.types import Noun

from .repair import ITEMS, count, decode, repair, rooted, shorten, stranger
from .strict import Item, Strange, Words, document, item, when

TEXT = 6_000  #: characters of one entry that are kept
TITLE = 300
ADDRESS = 2_000  #: characters; longer ones are no links that anyone can open
FIRST_YEAR = 1995  #: no feed is older; earlier dates are defaults of somebody's program
LAST_YEAR = 9998
LONG_AGO = datetime.min.replace(tzinfo=UTC)

MARKUP = re.compile(r"</[A-Za-z][A-Za-z0-9]*>|<(?:a|b|br|div|em|i|img|p|span|strong|wbr)\b[^<>]*>", re.IGNORECASE)
IMAGE_NAMES = (".jpg", ".jpeg", ".png", ".webp")
#: Where feedparser puts the files of an entry, its name for the address, and how wide one is that does not say so.
PICTURES = (("media_content", "url", 400), ("enclosures", "href", 400), ("media_thumbnail", "url", 100))
SENTENCE = re.compile(r"(.{15,}?[.!?。！？])(?:\s|$)")


class Entry(Noun):
    """One entry of a feed, as plain text."""

    id: str = ""  #: as the feed gives it; many give none
    title: str
    url: str = ""  #: http(s), in its canonical form, or empty
    text: str = ""  #: paragraphs are separated by newlines
    published: datetime | None = None  #: aware, in UTC
    updated: datetime | None = None
    language: str = ""  #: ISO 639-1
    tags: tuple[str, ...] = ()
    image: str = ""  #: http(s), or empty
    score: float | None = None  #: comments or views, where the feed counts them


class Feed(Noun):
    """What a feed said at one time."""

    title: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()  #: newest first, those without a date last
    found: int = 0  #: entries that the body seems to hold
    parsed: int = 0  #: entries that could be read


def parse(body: bytes, charset: str, url: str, limit: int) -> Feed:
    """Return the *limit* newest entries of the feed in *body*, which came from *url*.

    *charset* is what the server named, or empty. Raises `Rejected` where it is no feed, saying what it is instead.
    """
    url = bare(url)
    text = decode(body, charset).lstrip("\ufeff \t\r\n")
    if not text:
        raise Rejected("the feed answered an empty body; check its address")
    feed = from_json(text, url) if text.startswith(("{", "[")) else from_xml(text, url, limit)
    entries = sorted(feed.entries, key=lambda entry: entry.published or entry.updated or LONG_AGO, reverse=True)
    # A link that leads back to the feed itself is none: it was empty, and would show the feed's own address.
    itself = canonical(url)
    kept = (one.model_copy(update={"url": ""}) if one.url == itself else one for one in entries[:limit])
    return feed.model_copy(update={"entries": tuple(kept)})


def bare(url: str) -> str:
    """Return *url* without what is nobody's business: user name, password, query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def from_xml(text: str, url: str, limit: int) -> Feed:
    """Read RSS, RDF or Atom: what is well-formed, or is once it is repaired, in the fast way. Raises `Rejected`."""
    with suppress(Strange):
        return well_formed(rooted(text), url, limit)
    xml = repair(text)
    if what := stranger(xml, url):
        raise Rejected(f"the feed answered {what}")
    with suppress(Strange):
        return well_formed(xml, url, limit)
    return lenient(xml, url)


def well_formed(xml: str, url: str, limit: int) -> Feed:
    """Read a feed strictly, and of its entries only the newest. Raises `Strange`."""
    read = document(xml, url)
    dates = ((_usable(when(read, entry)) or LONG_AGO, entry) for entry in read.entries)
    language = iso(read.language)
    made = (
        _entry(item(read, one), language, url) for _, one in sorted(dates, key=lambda each: each[0], reverse=True)
    )
    return Feed(
        title=clean(_words(read.title, TITLE), TITLE),
        language=language,
        entries=tuple(islice((entry for entry in made if entry), limit)),
        found=read.found,
        parsed=len(read.entries),
    )


def lenient(xml: str, url: str) -> Feed:
    """Read whatever feedparser makes of *xml*. Raises `Rejected`."""
    import feedparser  # slow to import, and only a worker needs it

    found = count(xml)
    if __name__ not in feedparser.api.PREFERRED_XML_PARSERS:
        feedparser.api.PREFERRED_XML_PARSERS.insert(0, __name__)
    read = feedparser.parse(
        io.BytesIO(shorten(xml).encode()),  # it would fetch a str, and open bytes that are a path
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,  # we keep text only, and its sanitiser takes two thirds of the time
        resolve_relative_uris=False,
    )
    if not read.version and not read.entries:
        raise Rejected("the feed answered something that is not a feed; check its address")
    if found and not read.entries:
        raise Rejected(f"the feed is damaged: none of its {found} entries could be read")
    language = iso(read.feed.get("language"))
    entries = [_entry(_read(entry), language, url) for entry in read.entries]
    return Feed(
        title=clean(_words(_detail(read.feed.get("title_detail")), TITLE), TITLE),
        language=language,
        entries=tuple(entry for entry in entries if entry),
        found=found,
        parsed=len(entries),
    )


def create_parser() -> ExpatParser:
    """Return the SAX parser that feedparser finds here: one event per stretch of text, not one per entity."""
    return Buffered()


class Buffered(ExpatParser):
    """Gives each stretch of text at once, which halves feedparser's time."""

    def reset(self) -> None:
        super().reset()
        expat = vars(self)["_parser"]
        expat.buffer_text = True
        expat.buffer_size = 1 << 20


def _read(entry: Any) -> Item:
    """Return an entry as feedparser found it."""
    texts = (entry.get("summary_detail"), *(entry.get("content") or ())[:3])
    # `dict.get`, because feedparser's own answers with the other date where one is missing.
    views = (entry.get("media_statistics") or {}).get("views")
    published = dict.get(entry, "published_parsed") or dict.get(entry, "created_parsed")
    return Item(
        id=entry.get("id") or "",
        link=web(entry.get("feedburner_origlink")) or entry.get("link") or "",
        title=_detail(entry.get("title_detail")),
        language=(entry.get("title_detail") or {}).get("language") or "",
        texts=[_detail(text) for text in texts if text],
        published=_moment(published),
        updated=_moment(dict.get(entry, "updated_parsed")),
        tags=[tag.get("label") or tag.get("term") for tag in entry.get("tags") or ()],
        files={name: entry.get(name) or () for name, _, _ in PICTURES},
        score=next(filter(None, (entry.get("slash_comments"), entry.get("thr_total"), views)), ""),
    )


def _detail(detail: Mapping[str, Any] | None) -> Words:
    """Return a title, summary or content, which feedparser gives with its type."""
    return Words((detail or {}).get("value") or "", "html" in ((detail or {}).get("type") or ""))


def _entry(item: Item, language: str, url: str) -> Entry | None:
    """Return what a feed holds, or None where there is nothing to tell."""
    text = ""
    for words in sorted(item.texts, key=lambda one: len(one.text), reverse=True):
        if len(words.text) <= len(text):
            break  # plain text is never longer than its markup
        text = max(text, _words(words, TEXT), key=len)
    title = clean(_words(item.title, TITLE), TITLE) or headline(text)
    if not title:
        return None
    return Entry(
        id=clean(item.id, ADDRESS),
        title=title,
        url=canonical(web(item.link)),
        text=text,
        published=_usable(item.published),
        updated=_usable(item.updated),
        language=iso(item.language) or language,
        tags=_tags(item.tags),
        image=_picture(item.files, url),
        score=_score(item.score),
    )


def _score(said: str) -> float | None:
    return float(said) if said.isascii() and said.isdigit() and len(said) < 15 else None


def _picture(files: Mapping[str, Any], url: str) -> str:
    """Return the address of the widest picture among the files of an entry, or nothing. *url* is the feed's own."""
    found: list[tuple[float, str]] = []
    for name, field, usual in PICTURES:
        for one in files.get(name) or ():
            address = _resolved(url, one.get(field))
            if address and (name == "media_thumbnail" or _is_picture(one, address)):
                found.append((_width(one.get("width")) or usual, address))
    return max(found, key=lambda one: one[0], default=(0.0, ""))[1]  # of equally wide ones the first


def _is_picture(said: Mapping[str, Any], address: str) -> bool:
    """Say whether a file that a feed names is a picture, by what it says of it, else by its name."""
    kind = _string(said.get("medium")) or _string(said.get("type")).partition("/")[0]
    return kind == "image" if kind else urlsplit(address).path.lower().endswith(IMAGE_NAMES)


def _width(value: Any) -> float:
    """Return a width that a feed declares, in pixels, or 0."""
    digits = _string(value).strip().removesuffix("px")
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0.0


def _words(words: Words, limit: int) -> str:
    """Return a title or text as plain text, whatever it is."""
    if words.html or MARKUP.search(words.text[: limit * 8]):
        return plain(words.text, limit)
    return _paragraphs(words.text, limit)


def _paragraphs(text: str, limit: int) -> str:
    """Return plain text that came as such, line by line."""
    lines = (clean(line, limit) for line in text[: limit * 4].splitlines())
    return cut("\n".join(line for line in lines if line), limit)


def _moment(parsed: time.struct_time | None) -> datetime | None:
    """Return feedparser's date, which is in UTC."""
    if not parsed or not FIRST_YEAR <= parsed.tm_year <= LAST_YEAR:
        return None
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def _usable(moment: datetime | None) -> datetime | None:
    """Return *moment*, or None where nobody can have meant it."""
    return moment if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def from_json(text: str, url: str) -> Feed:
    """Read a JSON Feed (https://www.jsonfeed.org/version/1.1/). Raises `Rejected`."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        feed = None
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in str(feed.get("version")):
        raise Rejected(
            "the feed answered JSON that is no JSON Feed; for the numbers of an API use the source `metrics`"
        )
    items = [item for item in _list(feed.get("items")) if isinstance(item, dict)]
    both_ends = items if len(items) <= ITEMS else items[: ITEMS // 2] + items[-ITEMS // 2 :]
    language = iso(feed.get("language"))
    entries = [_item(item, url, language) for item in both_ends]
    return Feed(
        title=clean(_string(feed.get("title")), TITLE),
        language=language,
        entries=tuple(entry for entry in entries if entry),
        found=len(items),
        parsed=len(entries),
    )


def _item(item: Mapping[str, Any], url: str, language: str) -> Entry | None:
    """Return one item of a JSON Feed, or None where there is nothing to tell."""
    plainly = (_paragraphs(_string(item.get(name)), TEXT) for name in ("content_text", "summary"))
    text = max(plain(_string(item.get("content_html")), TEXT), *plainly, key=len)
    title = clean(_string(item.get("title")), TITLE) or headline(text)
    if not title:
        return None
    link = _string(item.get("url")) or _string(item.get("external_url"))
    return Entry(
        id=clean(_string(item.get("id")), ADDRESS),
        title=title,
        url=canonical(web(urljoin(url, link))) if link.strip("#? ") else "",
        text=text,
        published=_iso_moment(_string(item.get("date_published"))),
        updated=_iso_moment(_string(item.get("date_modified"))),
        language=iso(item.get("language")) or language,
        tags=_tags(_list(item.get("tags"))),
        image=next(filter(None, (_resolved(url, item.get(name)) for name in ("image", "banner_image"))), ""),
    )


def _resolved(url: str, link: Any) -> str:
    """Return *link*, which may be relative to *url*, where a browser opens it, or nothing."""
    try:
        return web(urljoin(url, text)) if (text := _string(link).strip()) else ""
    except ValueError:
        return ""


def _string(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _iso_moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return _usable(moment)


def _tags(values: Iterable[Any]) -> tuple[str, ...]:
    tags = (clean(_string(value), 40) for value in values)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:10]


def iso(language: Any) -> str:
    """Return the ISO 639-1 code that a tag such as "en-GB" begins with, or nothing."""
    begin = _string(language).strip().lower().replace("_", "-").partition("-")[0]
    return begin if len(begin) == 2 and begin.isascii() and begin.isalpha() else ""


def web(url: Any) -> str:
    """Return *url* where it is an address that a browser opens, or nothing."""
    address = _string(url).strip().replace(" ", "%20")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 80)
    except ValueError:
        return ""
    return address if usable and len(address) <= ADDRESS and address == clean(address, ADDRESS) else ""


def headline(text: str) -> str:
    """Return the first sentence of *text*, for an entry without a title."""
    line = clean(text.partition("\n")[0], TITLE)
    sentence = SENTENCE.match(line)
    return cut(sentence[1] if sentence else line, 120)
