"""What is said on Slack: plain text and blocks, escaped and within the limits. Pure.

Limits: https://docs.slack.dev/reference/methods/chat.postMessage and /reference/block-kit/blocks.
"""

from typing import Any
from urllib.parse import quote

from broadcast.text import cut, cut_escaped
from broadcast.types import Post
from broadcast.webhooks import ABSENT

TEXT = 4_000  #: characters of a message
SECTION = 3_000  #: of a section
HEADER = 150  #: of a header
LABEL = 120  #: of a link, by our own taste


def escape(text: str) -> str:
    """Return *text* so that nothing in it is a link, a mention or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fitted(text: str, limit: int) -> str:
    """Return *text* escaped, in at most *limit* characters."""
    return cut_escaped(text, limit, escape)


def link(url: str, label: str) -> str:
    """Return a link. Neither part can end it early."""
    address = escape(quote(url, safe=":/?#[]@!$&'()*+,;=%~"))
    return f"<{address}|{fitted(label.replace('|', '/'), LABEL)}>"


def comment(post: Post, *, shown: bool = True) -> str:
    """Return the words of *post* as one text, for beside the video; or, where it is not *shown*, instead of it."""
    head = f"*{fitted(post.heading, HEADER)}*" if post.heading else ""
    tail = "\n\n".join(part for part in (_watch(post, shown), escape(cut(post.disclosure, LABEL * 4))) if part)
    room = TEXT - len(head) - len(tail) - 4
    return "\n\n".join(part for part in (head, fitted(post.caption, room), tail) if part)


def blocks(post: Post) -> list[dict[str, Any]]:
    """Return *post* laid out as a message that leads to the video."""
    found: list[dict[str, Any]] = []
    if post.heading:
        found.append({"type": "header", "text": _plain(cut(post.heading, HEADER))})
    if post.caption:
        found.append(_section(fitted(post.caption, SECTION)))
    found.append(_section(_watch(post, shown=False)))
    if post.disclosure:
        found.append({"type": "context", "elements": [_plain(cut(post.disclosure, LABEL * 4))]})
    return found


def _watch(post: Post, shown: bool) -> str:
    minutes, seconds = divmod(round(post.video.seconds), 60)
    if post.link:
        return link(post.link, f"▶ {cut(post.title, LABEL - 10)} ({minutes}:{seconds:02})")
    return "" if shown else ABSENT


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _section(text: str) -> dict[str, Any]:
    # Verbatim: what looks like an address or a channel stays text.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
