"""`broadcast heygen`: what a show can be rendered with, as the account's HeyGen lists it. It reads only."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from broadcast.clock import SystemClock, attempt
from broadcast.heygen.choice import unready
from broadcast.heygen.client import PAGES, Client
from broadcast.http import Client as Network
from broadcast.renderers.heygen import HeyGen
from broadcast.settings import Settings
from broadcast.text import clean

from .calls import account

SECONDS = 120.0  #: for a whole list
CELL = 60  #: characters of one cell of the table; an id is shown whole
VALUE = 300  #: characters of a value

#: Where each list is, and how many items of it a page holds at most (https://developers.heygen.com).
LISTS = {
    "avatars": ("/v3/avatars", 50),
    "looks": ("/v3/avatars/looks", 50),
    "voices": ("/v3/voices", 100),
    "styles": ("/v3/video-agents/styles", 100),
}
#: Our words for what narrows a list, and theirs.
FILTERS = {
    "language": "language", "gender": "gender", "type": "type", "avatar_type": "avatar_type", "group": "group_id",
    "ownership": "ownership", "tag": "tag",
}  # fmt: skip
#: What is shown of an item: our word, theirs. The id comes first: it goes into a show.
SHOWN = {
    "avatars": {
        "group": "id", "name": "name", "gender": "gender", "looks": "looks_count", "voice": "default_voice_id",
    },
    "looks": {
        "avatar_id": "id", "name": "name", "type": "avatar_type", "orientation": "preferred_orientation",
        "group": "group_id", "voice": "default_voice_id",
    },
    "voices": {
        "voice_id": "voice_id", "name": "name", "language": "language", "gender": "gender", "type": "type",
    },
    "styles": {"style_id": "style_id", "name": "name", "shape": "aspect_ratio", "tags": "tags"},
}  # fmt: skip

Row = dict[str, Any]


async def listed(known: Settings, what: str, filters: Mapping[str, str], limit: int) -> tuple[list[Row], bool]:
    """Return at most *limit* rows of the list *what*, and whether there are more.

    Raises `ConfigError` without a key, `Unavailable`, `Rejected`, `Refused`.
    """
    key, base = account(known, HeyGen, "key")
    path, most = LISTS[what]
    size = min(limit + 1, most)  # one more tells whether there are more

    async def read() -> list[Row]:
        found: list[Row] = []
        async for item in client.pages(path, limit=size, whole=False, **filters):
            found.append(row(what, item))
            if len(found) > limit:
                break
        return found

    clock = SystemClock()
    network = Network(clock)
    client = Client(network, base, key)
    try:
        found = await attempt(clock, read, what=f"the list of {what}", deadline=SECONDS)
    finally:
        await network.close()
    return found[:limit], len(found) > limit or len(found) >= PAGES * size


def row(what: str, item: Mapping[str, Any]) -> Row:
    """Return what is shown of an item of theirs, made fit to be shown. Pure."""
    found = {ours: _cleaned(item.get(theirs)) for ours, theirs in SHOWN[what].items()}
    if what == "looks":
        found["ready"] = unready(item) is None
    return found


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [clean(str(one), VALUE) for one in value[:20]]
    return value if value is None or isinstance(value, bool | int | float) else clean(str(value), VALUE)


def table(what: str, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as a table, with a line of names above. Pure."""
    if not rows:
        yield f"no {what}"
        return
    cells = [list(rows[0])]
    cells += [[_cell(value, CELL if at else VALUE) or "-" for at, value in enumerate(one.values())] for one in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cell(value: Any, most: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in text)
