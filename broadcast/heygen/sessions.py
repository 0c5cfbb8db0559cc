"""Finding a Video Agent session again whose answer never came: the service takes no key and has no look-up.

Candidates are the sessions that began after the intention was written down, within the clocks' difference, and
that no run of ours knows. One with our prompt as a user's message is ours. Where messages are not shown, the only
candidate is ours. None at all is looked for again, as the list may lag. Several that cannot be told apart are for a
person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from broadcast.errors import Unavailable, Unconfirmed
from broadcast.plugins import Tools
from broadcast.types import Job

from .client import UNREADABLE, Client

SKEW = timedelta(minutes=5)  #: between our clock and theirs
SPAN = timedelta(minutes=15)  #: an unanswered request was taken within this time, or never
DAY = timedelta(hours=24)


async def find(
    client: Client,
    tools: Tools,
    begun: datetime,
    pauses: Sequence[float],
    *,
    prompt: str | None = None,
    mark: str | None = None,
) -> Job | None:
    """Return the session with *prompt*, begun just after *begun*; or one of that day that holds *mark*.

    *pauses* are the seconds before each further look.

    Raises `Unconfirmed` where several may be it, `Unavailable` where that cannot be read now.
    """
    for pause in (*pauses, None):
        known = await tools.jobs()
        until = begun + (SPAN if prompt else DAY)
        candidates = [one for one in await _listed(client, begun - SKEW, until) if one not in known]
        ours, silent = [], []
        for session in candidates:
            said = await _messages(client, session)
            if said is None:
                silent.append(session)
            elif any(text == prompt if prompt else mark is not None and mark in text for text in said):
                ours.append(session)
        if len(ours) == 1:
            return Job(id=ours[0])
        if len(ours) > 1 or len(silent) > 1 or (silent and mark):
            raise Unconfirmed(f"several sessions at HeyGen may be this render: {', '.join(ours + silent)}")
        if silent:
            return Job(id=silent[0])
        if pause is not None:
            await tools.clock.sleep(pause)
    return None


async def _listed(client: Client, since: datetime, until: datetime) -> list[str]:
    """Return the sessions that began between *since* and *until*; the list gives the newest first.

    Raises `Unavailable` where not all of them can be read: what is not seen is not known not to be there.
    """
    found: list[str] = []
    async for item in client.pages("/v3/video-agents", limit=100, whole=True):
        session, created = item.get("session_id"), item.get("created_at")
        try:
            at = datetime.fromtimestamp(created, tz=since.tzinfo)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError, OSError):
            raise Unavailable(UNREADABLE) from None
        if at < since:
            break
        if at > until:
            continue
        if not isinstance(session, str):
            raise Unavailable(UNREADABLE)
        found.append(session)
    return found


async def _messages(client: Client, session: str) -> list[str] | None:
    """Return what the user said in a session, or None where it does not show."""
    answer = await client.look(f"/v3/video-agents/{session}")
    return contents(answer, role="user") or None if answer else None


def contents(session: Mapping[str, Any], **like: str) -> list[str]:
    """Return the texts of a session's messages whose fields are *like* that, in its order: the newest first."""
    messages = session.get("messages")
    return [
        one["content"]
        for one in (messages if isinstance(messages, list) else ())
        if isinstance(one, dict) and like.items() <= one.items() and isinstance(one.get("content"), str)
    ]
