"""`broadcast telegram`: the chats that the bot has seen, with what `chat` of a show takes. It reads only."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from broadcast.channels.telegram import Telegram
from broadcast.clock import SystemClock, attempt
from broadcast.errors import ConfigError
from broadcast.http import Client as Network
from broadcast.plugins import Env
from broadcast.settings import Settings

from .heygen import table as columns

SECONDS = 60.0
NONE = """\
the bot has seen no chat: Telegram keeps what was written for 24 hours, and until a program of the bot's takes it.
Write something in the group or channel that the bot is in, or to the bot itself, and ask again."""

Row = dict[str, Any]


async def listed(known: Settings) -> list[Row]:
    """Return the chats that the bot has seen. Raises `ConfigError`, `Unavailable`, `Rejected`, `Refused`."""
    from broadcast.telegram.chats import seen
    from broadcast.telegram.line import asking

    plugin = _plugin(known)
    clock = SystemClock()
    network = Network(clock)

    async def ask() -> list[Row]:
        async with asking(network, plugin.base, plugin.token.get_secret_value(), plugin.seconds) as bot:
            return await seen(bot)

    try:
        return await attempt(clock, ask, what="the list of chats", deadline=SECONDS)
    finally:
        await network.close()


def _plugin(known: Settings) -> Telegram:
    """Return the channel as the environment describes it, with a chat that is never asked about."""
    fields = Telegram.model_fields
    marks = {name: next(m for m in fields[name].metadata if isinstance(m, Env)) for name in ("token", "base")}
    given = {name: value for name, mark in marks.items() if (value := known.variables.get(mark.name))}
    if "token" not in given:
        raise ConfigError(f"is not set; get one at {marks['token'].page}", where=marks["token"].name)
    try:
        return Telegram.model_validate({"chat": "1", **given})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        words = first["msg"].removeprefix("Value error, ")
        raise ConfigError(words, where=marks[str(first["loc"][0])].name) from None


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the chats as a table, with a line of names above. Pure."""
    return columns("chats", rows)
