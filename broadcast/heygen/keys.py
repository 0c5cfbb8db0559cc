"""Deeds that the service knows by an idempotency key: asked again within a day, they are not done again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from broadcast.errors import Unconfirmed
from broadcast.plugins import Tools

REMEMBERED = timedelta(hours=23)  #: https://developers.heygen.com says 24 hours, from when the key was first used
ASKED = "asked"  #: the name under which a deed keeps when its key was first used


async def ask(tools: Tools) -> None:
    """Write down when the key of the deed under way is first used. Comes right before it."""
    if ASKED not in tools.kept:
        await tools.keep(ASKED, tools.clock.now().isoformat())


def prove_remembered(kept: Mapping[str, str], begun: datetime, now: datetime, what: str) -> None:
    """Raise `Unconfirmed` where the service may have forgotten the key of a deed that was *begun* then."""
    first = datetime.fromisoformat(kept[ASKED]) if ASKED in kept else begun
    if now - first > REMEMBERED:
        raise Unconfirmed(f"the {what} may have been paid; its idempotency key is no longer remembered")
