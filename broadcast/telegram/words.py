"""The words of a message, within Telegram's limits, as its HTML or without any markup. Pure.

The limits count what is left after the markup is parsed (https://core.telegram.org/bots/api#sendvideo). Texts are
therefore cut while they are plain, each within its own element: no cut can fall into a tag or an entity.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from broadcast.text import cut
from broadcast.types import Post

CAPTION = 1024  #: UTF-16 units; Telegram counts an emoji as one or two, depending on where: two is safe
TEXT = 4096
HEADING = 200  #: of the title and day
DISCLOSURE = 300
LEAST = 20  #: fewer units of a caption say nothing
GAP = "\n\n"
#: Controls that no message may hold, and halves of pairs, which have no UTF-8.
UNSAYABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Tag = Literal["", "b", "i"]


@dataclass(frozen=True)
class Words:
    """What a message says: plain texts, each in an element of its own."""

    parts: Sequence[tuple[Tag, str]]

    @property
    def html(self) -> str:
        """The message for `parse_mode=HTML`."""
        escaped = ((tag, html.escape(text, quote=False)) for tag, text in self.parts)
        return GAP.join(f"<{tag}>{text}</{tag}>" if tag else text for tag, text in escaped)

    @property
    def plain(self) -> str:
        """The message for no parse mode at all."""
        return GAP.join(text for _, text in self.parts)


def of_post(post: Post, limit: int, *, link: str | None) -> Words:
    """Return the words of *post* with the address *link* in them. The caption gives way to the rest."""
    caption = _sayable(post.caption)
    heading = shortened(_sayable(post.heading), HEADING)
    disclosure = shortened(_sayable(post.disclosure), DISCLOSURE)
    address = link if link and link not in caption else ""
    around = [text for text in (heading, address, disclosure) if text]
    room = limit - sum(units(text) + len(GAP) for text in around)
    caption = shortened(caption, room) if room >= min(LEAST, units(caption)) else ""
    parts: list[tuple[Tag, str]] = [("b", heading), ("", caption), ("", address), ("i", disclosure)]
    return Words([(tag, text) for tag, text in parts if text])


def of_text(text: str, limit: int) -> Words:
    """Return the words of a plain message."""
    return Words([("", shortened(_sayable(text), limit))])


def shortened(text: str, limit: int) -> str:
    """Return *text*, cut at a word to at most *limit* UTF-16 units."""
    if units(text) <= limit:
        return text
    whole = text.encode("utf-16-le")[: max(limit, 0) * 2].decode("utf-16-le", "ignore")
    return cut(text, len(whole))


def units(text: str) -> int:
    """Return the length of *text* as Telegram measures it at its strictest: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _sayable(text: str) -> str:
    return UNSAYABLE.sub("", text.replace("\r\n", "\n")).strip()
