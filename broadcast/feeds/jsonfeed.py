"""What a JSON Feed says (https://www.jsonfeed.org/version/1.1/). Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from broadcast.errors import Rejected
from broadcast.text import clean, plain
from broadcast.text.urls import canonical

from .entries import (
    ADDRESS,
    TEXT,
    TITLE,
    Entry,
    Feed,
    headline,
    iso,
    labels,
    paragraphs,
    resolved,
    string,
    usable,
)
from .repair import ITEMS


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
        title=clean(string(feed.get("title")), TITLE),
        language=language,
        entries=tuple(entry for entry in entries if entry),
        found=len(items),
        parsed=len(entries),
    )


def _item(item: Mapping[str, Any], url: str, language: str) -> Entry | None:
    """Return one item of a JSON Feed, or None where there is nothing to tell."""
    plainly = (paragraphs(string(item.get(name)), TEXT) for name in ("content_text", "summary"))
    text = max(plain(string(item.get("content_html")), TEXT), *plainly, key=len)
    title = clean(string(item.get("title")), TITLE) or headline(text)
    if not title:
        return None
    link = string(item.get("url")) or string(item.get("external_url"))
    return Entry(
        id=clean(string(item.get("id")), ADDRESS),
        title=title,
        url=canonical(resolved(url, link)) if link.strip("#? ") else "",
        text=text,
        published=_iso_moment(string(item.get("date_published"))),
        updated=_iso_moment(string(item.get("date_modified"))),
        language=iso(item.get("language")) or language,
        tags=labels(_list(item.get("tags"))),
        image=next(filter(None, (resolved(url, item.get(name)) for name in ("image", "banner_image"))), ""),
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _iso_moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return usable(moment)
