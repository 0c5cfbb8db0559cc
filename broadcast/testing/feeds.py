"""Sample feeds, for tests and rehearsals."""

from collections.abc import Iterable
from email.utils import format_datetime
from xml.sax.saxutils import escape

from broadcast.feeds import Entry


def rss(title: str, entries: Iterable[Entry], *, language: str = "en") -> str:
    """Return an RSS 2.0 feed. What an entry lacks is left out, as careless feeds do; its text may be HTML."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        + element("title", title)
        + element("language", language)
        + "".join(map(item, entries))
        + "</channel></rss>"
    )


def item(entry: Entry) -> str:
    parts = {
        "guid": entry.id,
        "title": entry.title,
        "link": entry.url,
        "description": entry.text,
        "pubDate": format_datetime(entry.published) if entry.published else "",
    }
    inner = "".join(element(name, text) for name, text in parts.items() if text)
    return f"<item>{inner}{''.join(element('category', tag) for tag in entry.tags)}</item>"


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
