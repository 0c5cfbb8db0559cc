"""`broadcast slack`: where the bot can post, as its Slack lists it. It reads only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from broadcast.channels.slack import Slack
from broadcast.clock import SystemClock, attempt
from broadcast.http import Client as Network
from broadcast.settings import Settings
from broadcast.slack.answers import MissingScope
from broadcast.slack.client import Client
from broadcast.text import clean

from .calls import account

SECONDS = 120.0  #: for a whole list
PAGE = 200  #: channels of one: https://docs.slack.dev/reference/methods/conversations.list
PAGES = 50  #: at most
NAME = 80  #: characters of a channel's name

Row = dict[str, Any]


async def channels(known: Settings, limit: int) -> tuple[list[Row], list[str]]:
    """Return at most *limit* channels, those of the bot first, and what the list leaves out.

    Raises `ConfigError` without a token, `Unavailable`, `Rejected`, `Refused`.
    """
    token, base = account(known, Slack, "token")
    clock, notes = SystemClock(), list[str]()
    network = Network(clock)
    client = Client(network, base, token)

    async def read() -> list[Row]:
        notes.clear()
        try:
            return await _listed(client, "public_channel,private_channel")
        except MissingScope:
            found = await _listed(client, "public_channel")
            notes.append("private channels are left out: they take the scope groups:read")
            return found

    try:
        found = await attempt(clock, read, what="the list of channels", deadline=SECONDS)
    finally:
        await network.close()
    if len(found) > limit:
        notes.append(f"there are more channels than these {limit}: raise --limit")
    return sorted(found, key=lambda one: (not one["member"], one["name"]))[:limit], notes


async def _listed(client: Client, types: str) -> list[Row]:
    found: list[Row] = []
    cursor = None
    for _ in range(PAGES):
        page = await client.conversations_list(types=types, exclude_archived=True, limit=PAGE, cursor=cursor)
        found += [row(one) for one in page.get("channels") or ()]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


def row(channel: Mapping[str, Any]) -> Row:
    """Return what is shown of a channel of theirs. Pure."""
    return {
        "channel": clean(str(channel.get("id") or ""), NAME),
        "name": clean(str(channel.get("name") or ""), NAME),
        "private": channel.get("is_private") is True,
        "member": channel.get("is_member") is True,
    }


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each channel. Pure."""
    if not rows:
        yield "no channels"
    for one in rows:
        kind = "private" if one["private"] else "public"
        yield f"{one['channel']:<12}  {kind:<7}  {'in it' if one['member'] else '-':<5}  #{one['name']}"
