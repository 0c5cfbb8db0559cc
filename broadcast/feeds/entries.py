"""The entries of a feed, and how whatever a feed has of one is made fit to be told. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from broadcast.text import clean, cut, plain
from broadcast.text.urls import canonical

from .strict import Item, Words

TEXT = 6_000  #: characters of one entry that are kept
TITLE = 300
ADDRESS = 2_000  #: characters; longer ones are no links that anyone can open
FIRST_YEAR = 1995  #: no feed is older; earlier dates are defaults of somebody's program
LAST_YEAR = 9998
LONG_AGO = datetime.min.replace(tzinfo=UTC)

MARKUP = re.compile(r"</[A-Za-z][A-Za-z0-9]*>|<(?:a|b|br|div|em|i|img|p|span|strong|wbr)\b[^<>]*>", re.IGNORECASE)
#: An address that nobody reads in two ways: a host of letters and digits, nothing but ASCII behind it.
USUAL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*+(?:[/?#][!-~]*+)?+")
IMAGE_NAMES = (".jpg", ".jpeg", ".png", ".webp")
#: Where feedparser puts the files of an entry, its name for the address, and how wide one is that does not say so.
PICTURES = (("media_content", "url", 400), ("enclosures", "href", 400), ("media_thumbnail", "url", 100))
SENTENCE = re.compile(r"(.{15,}?[.!?。！？])(?:\s|$)")


class Entry(NamedTuple):
    """One entry of a feed, as plain text."""

    title: str
    id: str = ""  #: as the feed gives it; many give none
    url: str = ""  #: http(s), in its canonical form, or empty
    text: str = ""  #: paragraphs are separated by newlines
    published: datetime | None = None  #: aware, in UTC
    updated: datetime | None = None
    language: str = ""  #: ISO 639-1
    tags: tuple[str, ...] = ()
    image: str = ""  #: http(s), or empty
    score: float | None = None  #: comments or views, where the feed counts them


class Feed(NamedTuple):
    """What a feed said at one time."""

    title: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()  #: newest first, those without a date last
    found: int = 0  #: entries that the body seems to hold
    parsed: int = 0  #: entries that could be read


def fit(item: Item, language: str, url: str) -> Entry | None:
    """Return what a feed holds, or None where there is nothing to tell."""
    text = ""
    for words in sorted(item.texts, key=lambda one: len(one.text), reverse=True):
        if len(words.text) <= len(text):
            break  # plain text is never longer than its markup
        text = max(text, plainly(words, TEXT), key=len)
    title = clean(plainly(item.title, TITLE), TITLE) or headline(text)
    if not title:
        return None
    return Entry(
        id=clean(item.id, ADDRESS),
        title=title,
        url=canonical(web(item.link)),
        text=text,
        published=usable(item.published),
        updated=usable(item.updated),
        language=iso(item.language) or language,
        tags=labels(item.tags),
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
            address = resolved(url, one.get(field))
            if address and (name == "media_thumbnail" or _is_picture(one, address)):
                found.append((_width(one.get("width")) or usual, address))
    return max(found, key=lambda one: one[0], default=(0.0, ""))[1]  # of equally wide ones the first


def _is_picture(said: Mapping[str, Any], address: str) -> bool:
    """Say whether a file that a feed names is a picture, by what it says of it, else by its name."""
    kind = string(said.get("medium")) or string(said.get("type")).partition("/")[0]
    return kind == "image" if kind else urlsplit(address).path.lower().endswith(IMAGE_NAMES)


def _width(value: Any) -> float:
    """Return a width that a feed declares, in pixels, or 0."""
    digits = string(value).strip().removesuffix("px")
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0.0


def plainly(words: Words, limit: int) -> str:
    """Return a title or text as plain text, whatever it is."""
    if words.html or MARKUP.search(words.text[: limit * 8]):
        return plain(words.text, limit)
    return paragraphs(words.text, limit)


def paragraphs(text: str, limit: int) -> str:
    """Return plain text that came as such, line by line."""
    lines = (clean(line, limit) for line in text[: limit * 4].splitlines())
    return cut("\n".join(line for line in lines if line), limit)


def usable(moment: datetime | None) -> datetime | None:
    """Return *moment*, or None where nobody can have meant it."""
    return moment if moment and FIRST_YEAR <= moment.year <= LAST_YEAR else None


def resolved(url: str, link: Any) -> str:
    """Return *link*, which may be relative to *url*, where a browser opens it, or nothing."""
    try:
        return web(urljoin(url, text)) if (text := string(link).strip()) else ""
    except ValueError:
        return ""


def string(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def labels(values: Iterable[Any]) -> tuple[str, ...]:
    tags = (clean(string(value), 40) for value in values)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:10]


def iso(language: Any) -> str:
    """Return the ISO 639-1 code that a tag such as "en-GB" begins with, or nothing."""
    begin = string(language).strip().lower().replace("_", "-").partition("-")[0]
    return begin if len(begin) == 2 and begin.isascii() and begin.isalpha() else ""


def web(url: Any) -> str:
    """Return *url* where it is an address that a browser opens, or nothing."""
    address = string(url).strip().replace(" ", "%20")
    if USUAL.fullmatch(address) and len(address) <= ADDRESS:
        return address
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
