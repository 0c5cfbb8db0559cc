"""What feedparser makes of a feed that is not as it should be. Pure."""

import calendar
import io
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from broadcast.errors import Rejected
from broadcast.text import clean

from .entries import FIRST_YEAR, LAST_YEAR, PICTURES, TITLE, Feed, fit, iso, plainly, web
from .repair import count, shorten
from .strict import Item, Words

BUFFERED = f"{__package__}.buffered"  #: where feedparser finds the parser that it is to use


def lenient(xml: str, url: str) -> Feed:
    """Read whatever feedparser makes of *xml*. Raises `Rejected`."""
    import feedparser  # slow to import, and only a worker needs it

    found = count(xml)
    if BUFFERED not in feedparser.api.PREFERRED_XML_PARSERS:
        feedparser.api.PREFERRED_XML_PARSERS.insert(0, BUFFERED)
    try:
        read = feedparser.parse(
            io.BytesIO(shorten(xml).encode()),  # it would fetch a str, and open bytes that are a path
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,  # we keep text only, and its sanitiser takes two thirds of the time
            resolve_relative_uris=False,
        )
    except Exception as error:  # it stumbles over what nobody has thought of
        raise Rejected(f"the feed is damaged, and cannot be read ({type(error).__name__})") from error
    if not read.version and not read.entries:
        raise Rejected("the feed answered something that is not a feed; check its address")
    if found and not read.entries:
        raise Rejected(f"the feed is damaged: none of its {found} entries could be read")
    language = iso(read.feed.get("language"))
    entries = [fit(as_item(entry), language, url) for entry in read.entries]
    return Feed(
        title=clean(plainly(_detail(read.feed.get("title_detail")), TITLE), TITLE),
        language=language,
        entries=tuple(entry for entry in entries if entry),
        found=found,
        parsed=len(entries),
    )


def as_item(entry: Any) -> Item:
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


def _moment(parsed: time.struct_time | None) -> datetime | None:
    """Return feedparser's date, which is in UTC."""
    if not parsed or not FIRST_YEAR <= parsed.tm_year <= LAST_YEAR:
        return None
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
