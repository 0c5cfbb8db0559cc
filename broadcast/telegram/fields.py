"""What the settings of the channel `telegram` may hold. Pure."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

PUBLIC = "https://api.telegram.org"
CHAT = re.compile(r"@[A-Za-z][A-Za-z0-9_]{1,31}|-?[1-9][0-9]{0,15}")
TOKEN = re.compile(r"[A-Za-z0-9:_-]+")


def chats(value: Any) -> tuple[str, ...]:
    """Return one chat, or a list of them, as texts, each once. A number and its text are the same chat."""
    many = value if isinstance(value, list | tuple) else [value]
    found = []
    for one in many:
        text = str(one).strip() if isinstance(one, int | str) and not isinstance(one, bool) else ""
        if not CHAT.fullmatch(text):
            how = 'write "@name" of a public one in quotes, or its number, as -1001234567890'
            raise ValueError(f"{str(one)[:60]!r} is no chat: {how}")
        found.append(text)
    if not found:
        raise ValueError("name at least one chat")
    return tuple(dict.fromkeys(found))


def base(url: str) -> str:
    """Return the address of a Bot API server, without the bot."""
    parts = urlsplit(url)
    bot = parts.path.rstrip("/").rpartition("/")[2].startswith("bot")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or bot:
        raise ValueError(f"write the part before /bot<token>, as {PUBLIC}")
    return url.rstrip("/")


def token(secret: SecretStr) -> SecretStr:
    """Return the token of a bot, without spaces around it."""
    text = secret.get_secret_value().strip()
    if not TOKEN.fullmatch(text):
        raise ValueError("is no token of a bot: @BotFather gives one, as 123456:ABC-DEF")
    return SecretStr(text)
