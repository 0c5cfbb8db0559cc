"""What a feed says: RSS, RDF, Atom and JSON Feed. Pure.

`parse` is meant for a worker process: hostile input may keep it busy until it is killed.
"""

from contextlib import suppress
from itertools import islice
from urllib.parse import urlsplit

from broadcast.errors import Rejected
from broadcast.text import clean
from broadcast.text.urls import canonical

from .entries import LONG_AGO, TITLE, Entry, Feed, fit, headline, iso, plainly, usable, web
from .jsonfeed import from_json
from .loose import lenient
from .repair import decode, repair, rooted, stranger
from .strict import Document, Strange, document, item, when

__all__ = ["Entry", "Feed", "bare", "from_xml", "headline", "iso", "lenient", "parse", "web", "well_formed"]


def parse(body: bytes, charset: str, url: str, limit: int) -> Feed:
    """Return the *limit* newest entries of the feed in *body*, which came from *url*.

    *charset* is what the server named, or empty. Raises `Rejected` where it is no feed, saying what it is instead.
    """
    url = bare(url)
    feed = _read(body, charset, url, limit)
    entries = sorted(feed.entries, key=lambda entry: entry.published or entry.updated or LONG_AGO, reverse=True)
    # A link that leads back to the feed itself is none: it was empty, and would show the feed's own address.
    itself = canonical(url)
    kept = (one._replace(url="") if one.url == itself else one for one in entries[:limit])
    return feed._replace(entries=tuple(kept))


def _read(body: bytes, charset: str, url: str, limit: int) -> Feed:
    if body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        with suppress(Strange):
            return well_formed(rooted(body), url, limit)  # as most are: UTF-8, which nothing needs to be done to
    text = decode(body, charset).lstrip("\ufeff \t\r\n")
    if not text:
        raise Rejected("the feed answered an empty body; check its address")
    return from_json(text, url) if text.startswith(("{", "[")) else from_xml(text, url, limit)


def bare(url: str) -> str:
    """Return *url* without what is nobody's business: user name, password, query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def from_xml(text: str, url: str, limit: int) -> Feed:
    """Read RSS, RDF or Atom: what is well-formed once it is repaired in the fast way. Raises `Rejected`."""
    xml = repair(text)
    if what := stranger(xml, url):
        raise Rejected(f"the feed answered {what}")
    with suppress(Strange):
        return well_formed(xml.encode(), url, limit)
    return lenient(xml, url)


def well_formed(xml: bytes, url: str, limit: int) -> Feed:
    """Read a feed in UTF-8 strictly, and of its entries only the newest. Raises `Strange`."""
    try:
        return _newest(document(xml, url), url, limit)
    except RecursionError:
        raise Strange from None  # nobody but an attacker goes that deep, and feedparser keeps no stack


def _newest(read: Document, url: str, limit: int) -> Feed:
    dates = ((usable(when(read, entry)) or LONG_AGO, entry) for entry in read.entries)
    language = iso(read.language)
    made = (fit(item(read, one), language, url) for _, one in sorted(dates, key=lambda each: each[0], reverse=True))
    return Feed(
        title=clean(plainly(read.title, TITLE), TITLE),
        language=language,
        entries=tuple(islice((entry for entry in made if entry), limit)),
        found=read.found,
        parsed=len(read.entries),
    )
