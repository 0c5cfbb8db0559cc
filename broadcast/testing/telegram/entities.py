"""Telegram's HTML, read as strictly as can be (https://core.telegram.org/bots/api#html-style). Pure."""

import html
import re

from .troubles import Problem

TAGS = frozenset((
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler",
))  # fmt: skip
PART = re.compile(r"<(/?)([^<>\s]*)([^<>]*)>|&(#?\w+;)?|([<>])")
ENTITY = re.compile(r"lt;|gt;|amp;|quot;|#[0-9]{1,7};|#x[0-9A-Fa-f]{1,6};")
ADDRESS = re.compile(r'\s+href="[^"<>]+"')


def parsed(text: str) -> str:
    """Return *text* without its markup. Raises what the service answers where the markup is not whole."""
    found, open_, at = [], list[str](), 0
    for part in PART.finditer(text):
        found.append(text[at : part.start()])
        at, (end, name, attributes, entity, stray) = part.end(), part.groups()
        place = f"at byte offset {len(text[: part.start()].encode())}"
        if stray is not None:
            raise wrong(f"Unexpected character '{stray}' {place}")
        if name is None:
            if entity is None or not ENTITY.fullmatch(entity):
                raise wrong(f"Unsupported entity {place}")
            found.append(html.unescape("&" + entity))
        elif end:
            wanted = open_[-1] if open_ else ""
            if name != wanted or attributes:
                raise wrong(f'Unmatched end tag {place}, expected "</{wanted}>", found "</{name}>"')
            open_.pop()
        elif name not in TAGS:
            raise wrong(f'Unsupported start tag "{name}" {place}')
        elif attributes and not (name == "a" and ADDRESS.fullmatch(attributes)):
            raise wrong(f'Unsupported attribute of the tag "{name}" {place}')
        else:
            open_.append(name)
    if open_:
        raise wrong(f'Can\'t find end tag corresponding to start tag "{open_[-1]}"')
    return "".join([*found, text[at:]])


def wrong(what: str) -> Problem:
    return Problem(400, f"Bad Request: can't parse entities: {what}")
