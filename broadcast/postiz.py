"""What Postiz is told: which network, in which words, and what that network asks for besides. Pure."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import Refused, Rejected
from .text import clean, cut
from .types import Post

SHORTEST, LONGEST = 200, 5_000  #: characters of a post, where a network names no limit or an odd one
HEADING, DISCLOSURE = 200, 400  #: characters that these may take of it
FIRST_WIDE = 0x1100  #: characters from here on count two on X, and some of them elsewhere

#: What networks ask to be told, each by its own schema: https://docs.postiz.com/public-api/providers
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "x": {"who_can_reply_post": "everyone"},
    "instagram": {"post_type": "post"},
    "instagram-standalone": {"post_type": "post"},
    "youtube": {"type": "public", "selfDeclaredMadeForKids": "no", "tags": []},
    "tiktok": {
        "privacy_level": "PUBLIC_TO_EVERYONE",
        "duet": False,
        "stitch": False,
        "comment": True,
        "autoAddMusic": "no",
        "brand_content_toggle": False,
        "brand_organic_toggle": False,
        "video_made_with_ai": True,  # a machine's voice and pictures, whatever the show says of itself
        "content_posting_method": "DIRECT_POST",
    },
}
TITLED: Mapping[str, int] = {"youtube": 100, "tiktok": 90}  #: those that want a title, of so many characters


def chosen(there: Sequence[Mapping[str, Any]], wanted: Sequence[str], to: str) -> Mapping[str, Any]:
    """Return the one integration that *to* names: by id, name, network, or network:name. Pure.

    One that another of those *wanted* names before it is served under that name.
    """
    one = _named(there, to)
    for other in wanted[: wanted.index(to)] if to in wanted else ():
        if other != to and _meant(there, other) == [one]:
            raise Rejected(f"{to} is the same as {other}, which gets the post: name it once")
    if one.get("disabled"):
        raise Refused(f"{to} is disconnected: connect it again in Postiz")
    return one


def _meant(there: Sequence[Mapping[str, Any]], to: str) -> list[Mapping[str, Any]]:
    return [one for one in there if one["id"] == to] or [
        one
        for one in there
        if to in (one.get("name"), one.get("identifier"), f"{one.get('identifier')}:{one.get('name')}")
    ]


def _named(there: Sequence[Mapping[str, Any]], to: str) -> Mapping[str, Any]:
    found = _meant(there, to)
    if len(found) != 1:
        names = ", ".join(clean(f"{one.get('identifier')}:{one.get('name')} ({one['id']})", 120) for one in there)
        how = f"{len(found)} integrations" if found else "no integration"
        raise Rejected(f"Postiz has {how} {to!r}; it has {clean(names, 1000) or 'none'}")
    return found[0]


def told(post: Post, network: str) -> dict[str, Any]:
    """Return what *network* wants to be told of *post* besides its words. Pure."""
    title = {"title": cut(post.heading or post.title, TITLED[network])} if network in TITLED else {}
    return {"__type": network, **SETTINGS.get(network, {}), **title}


def worded(post: Post, most: int) -> str:
    """Return the words of *post*, cut so that no network counts more than *most* characters. Pure."""
    head = fitted(post.heading, min(HEADING, most // 3))
    tail = fitted(post.disclosure, min(DISCLOSURE, most // 3))
    room = most - weight(head) - weight(tail) - 6  # the empty lines between
    link = post.link if post.link and weight(post.link) <= room else ""
    words = fitted(post.caption, max(room - weight(link), 0))
    head, words, tail = (part.replace("@", "@\u200b") for part in (head, words, tail))
    return "\n\n".join(part for part in (head, words, link, tail) if part)


def fitted(text: str, most: int) -> str:
    """Return *text* cut so that its weight is at most *most*. Pure."""
    room = most
    while weight(found := cut(text, max(room, 0))) > most:
        room -= max(1, (weight(found) - most) // 2)
    return found


def weight(text: str) -> int:
    """Return the most that a network may count *text* for: wide characters two, broken mentions three. Pure."""
    return sum(3 if one == "@" else 1 + (ord(one) >= FIRST_WIDE) for one in text)


def marked(text: str) -> str:
    """Return *text* as Postiz wants it: each line a paragraph, and nothing in it is markup. Pure."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in text.split("\n"))


def letters(content: str) -> str:
    """Return the words of *content* alone, whatever was done to its markup. Pure."""
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", content)).split())
