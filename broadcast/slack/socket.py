"""Socket Mode: Slack tells of buttons through a connection that we open, so nothing of ours needs a public address.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import certifi

from broadcast.errors import Rejected, Unavailable
from broadcast.plugins import Http
from broadcast.types import Decision

from .asking import pressed
from .client import Client

BEAT = 20.0  #: seconds between signs of life: Slack ends connections that it does not hear from
OPEN_SECONDS = 15.0
LONGEST = 1 << 20  #: bytes of what is told at once
LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def listen(http: Http, base: str, token: str) -> AsyncIterator[Decision]:
    """Give what is pressed, until Slack ends the connection, as it does every few hours.

    *token* is the app's (xapp-…). Raises `Unavailable`, `Rejected`, `Refused`.
    """
    answer = await Client(http, base, token).api_call("apps.connections.open")
    address = str(answer.get("url") or "")
    if not _trusted(address, base):
        raise Rejected("Slack names an address to listen at that is not its own: check SLACK_BASE_URL")
    timeout = aiohttp.ClientTimeout(total=None, connect=OPEN_SECONDS)
    secure = ssl.create_default_context(cafile=certifi.where())
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(address, heartbeat=BEAT, max_msg_size=LONGEST, ssl=secure) as wire,
        ):
            async for message in wire:
                told = _read(message)
                if told.get("type") == "disconnect":
                    return
                if envelope := told.get("envelope_id"):
                    await wire.send_json({"envelope_id": envelope})  # within three seconds, or they see a warning
                if told.get("type") == "interactive":
                    for one in pressed(told.get("payload") or {}):
                        yield one
    except (aiohttp.ClientError, OSError) as error:  # its text may name the address, which is a secret
        raise Unavailable(f"the connection to Slack's Socket Mode broke: {type(error).__name__}") from None


def _read(message: aiohttp.WSMessage) -> dict[str, Any]:
    """Return what a message tells; nothing where it is not Slack's JSON."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    try:
        told = json.loads(message.data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _trusted(address: str, base: str) -> bool:
    """Say whether *address*, which Slack's answer named, belongs to the Slack at *base*. Pure."""
    there, here = urlsplit(address), urlsplit(base)
    host, known = there.hostname or "", here.hostname or ""
    if known in LOOPBACK:
        return there.scheme in ("ws", "wss") and host == known
    family = ".".join(known.split(".")[-2:])
    return there.scheme == "wss" and (host == known or host.endswith(f".{family}"))
