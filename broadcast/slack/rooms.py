"""Slack's channels: whether one takes our messages, and what was said in it."""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from broadcast.errors import Refused, Rejected, StageError, Unconfirmed
from broadcast.plugins import Clock

from .answers import MissingScope, Shut

if TYPE_CHECKING:
    from .client import Client

EVENT = "broadcast_delivery"  #: the type of the metadata that marks a message of ours
LOOKS = (0.0, 5.0, 15.0)  #: seconds between looks for a message whose answer never came
SKEW = timedelta(minutes=2)  #: between Slack's clock and ours
PAGES = 10  #: of a channel's history
PAGE = 200  #: messages of one: https://docs.slack.dev/reference/methods/conversations.history


async def objection(
    client: "Client", channel: str, *, scopes: Set[str] = frozenset(), name: str = "the bot"
) -> StageError | None:
    """Return why nothing could be posted to *channel*, as far as reading tells."""
    try:
        about = (await client.conversations_info(channel=channel)).get("channel") or {}
    except Shut as error:
        return error
    except (MissingScope, Rejected):
        return None  # without channels:read, and of some kinds of channel, nobody can tell
    if about.get("is_archived"):
        return Refused("the channel is archived: restore it, or name another")
    open_to_all = "chat:write.public" in scopes and not about.get("is_private")
    if about.get("is_member") is False and not open_to_all:
        return Refused(f"the bot is not in the channel: write `/invite @{name}` there")
    return None


async def marked(
    client: "Client", clock: Clock, mark: str, channel: str, *, thread: str | None, begun: datetime
) -> str | None:
    """Return the `ts` of the message that bears *mark*, or None where there is none since *begun*."""
    asked: dict[str, Any] = {"channel": channel, "oldest": f"{(begun - SKEW).timestamp():.6f}", "limit": PAGE}
    asked["include_all_metadata"] = True
    for pause in LOOKS:
        if pause:
            await clock.sleep(pause)
        cursor = None
        for _ in range(PAGES):
            if thread:
                page = await client.conversations_replies(ts=thread, cursor=cursor, **asked)
            else:
                page = await client.conversations_history(cursor=cursor, **asked)
            for message in page.get("messages") or ():
                about = message.get("metadata") or {}
                if about.get("event_type") == EVENT and (about.get("event_payload") or {}).get("item") == mark:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        else:
            raise Unconfirmed("too much was said in the channel since then to tell whether it got through")
    return None
