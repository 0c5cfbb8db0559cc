"""A story named on the command line: a file, an address, or standard input."""

import hashlib
import json
import re
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from broadcast.clock import attempt
from broadcast.errors import ConfigError, Refused, Rejected
from broadcast.feeds import web
from broadcast.page.markup import host
from broadcast.plugins import Clock, Http
from broadcast.text import clean, plain
from broadcast.types import Story

LIMIT = 2_000_000  #: bytes
SECONDS = 60.0  #: for an address to answer, tries included
TITLE, TEXT = 300, 6_000  #: characters
SHORTEST_LINE = 40  #: characters; what is shorter on a web page is a menu, a caption, a button


async def load(place: str, http: Http, clock: Clock) -> Story:
    """Return the story at *place*: a path, an http(s) address, or `-`.

    Raises `ConfigError` where there is none to be read, `Unavailable` where there may be one later.
    """
    now = clock.now()
    if re.match(r"https?://", place):
        label = f"--story ({host(place) or 'an address'})"
        try:
            get = partial(http.get, place, label=label, limit=LIMIT)
            answer = await attempt(clock, get, what=label, deadline=SECONDS)
        except (Rejected, Refused) as error:
            raise ConfigError(str(error)) from None
        html = "html" in answer.headers.get("content-type", "") or answer.body.lstrip()[:1] == b"<"
        return parse(answer.body, label, now, html=html, url=place)
    try:
        body = sys.stdin.buffer.read(LIMIT + 1) if place == "-" else Path(place).read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=place) from None
    if len(body) > LIMIT:
        raise ConfigError(f"is larger than {LIMIT} bytes", where=place)
    return parse(body, place, now, html=place.endswith((".html", ".htm")))


def parse(body: bytes, place: str, now: datetime, *, html: bool = False, url: str = "") -> Story:
    """Return the story that *body* holds: JSON with `title` and `text`, a web page, or text under a headline."""
    where = "standard input" if place == "-" else place
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", where=where) from None
    if html:
        title, story, fields = _page(text)
    elif text.lstrip().startswith("{"):
        title, story, fields = _record(text, where)
    else:
        head, _, rest = text.strip().partition("\n")
        title, story, fields = head.lstrip("#").strip(), rest, {}
    title, story = clean(title, TITLE), "\n".join(clean(line, TEXT) for line in story[:TEXT].splitlines())
    if not title:
        raise ConfigError("has no headline: the first line, or `title` in JSON, is the headline", where=where)
    digest = hashlib.sha256(f"{title}\n{story}".encode()).hexdigest()[:16]
    return Story(
        id=digest,
        source="story",
        title=title,
        text=story.strip(),
        url=str(fields.get("url") or url),
        at=now,
        publisher=clean(str(fields.get("publisher") or ""), 80),
        language=str(fields.get("language") or "")[:2],
        image=web(fields.get("image")),
    )


def _record(text: str, where: str) -> tuple[str, str, dict[str, Any]]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"is not JSON: {error}", where=where) from None
    if not isinstance(record, dict) or not isinstance(record.get("title"), str):
        raise ConfigError("must be an object with `title` and `text`", where=where)
    known = {"title", "text", "url", "publisher", "language", "image"}
    if unknown := set(record) - known:
        raise ConfigError(
            f"has no use for `{sorted(unknown)[0]}`; it knows {', '.join(sorted(known))}", where=where
        )
    if record.get("image") and not web(record["image"]):
        raise ConfigError("has an `image` that is no http or https address", where=where)
    return record["title"], str(record.get("text") or ""), record


def _page(html: str) -> tuple[str, str, dict[str, Any]]:
    """Return what stands from the first *tag* to the next closing one, or of a large part to the last one."""
    title = _inside(html, "h1") or _inside(html, "title")
    part = _inside(html, "article") or _inside(html, "main") or _inside(html, "body") or html
    text = "\n".join(line for line in plain(part, 4 * TEXT).splitlines() if len(line) >= SHORTEST_LINE)
    language = re.search(r'<html[^>]{0,200}\blang="([a-z]{2})', html[:5_000], re.I)
    return plain(title, TITLE), text, {"language": language[1].lower() if language else ""}


def _inside(html: str, tag: str) -> str:
    """Return what stands between the first *tag* and the next closing one; of large ones, the last."""
    lower = html.lower()
    start = lower.find(f"<{tag}")
    start = lower.find(">", start) if start >= 0 else -1
    large = tag not in ("h1", "title")
    end = lower.rfind(f"</{tag}") if large else lower.find(f"</{tag}", start)
    return html[start + 1 : end] if 0 <= start < end else ""
