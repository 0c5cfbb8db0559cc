"""`broadcast heygen webhooks`: the endpoints at which HeyGen says that a render is done."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from broadcast.clock import SystemClock, attempt
from broadcast.errors import ConfigError
from broadcast.heygen.callbacks import EVENTS, PATH
from broadcast.heygen.client import Client
from broadcast.http import Client as Network
from broadcast.renderers.heygen import HeyGen
from broadcast.settings import Settings
from broadcast.text import clean

from .calls import account

ENDPOINTS = "/v3/webhooks/endpoints"
SECONDS = 120.0
SHOWN = ("endpoint_id", "url", "status", "events", "created_at")
VALUE = 500  #: characters of a value
SECRET = "HEYGEN_WEBHOOK_SECRET"  # noqa: S105  # the name of a variable

Row = dict[str, Any]
T = TypeVar("T")


async def listed(known: Settings) -> list[Row]:
    """Return the account's endpoints. Their secrets are not told again."""
    return await _asked(known, _all)


async def add(known: Settings, url: str) -> Row:
    """Register *url*, or where `broadcast serve` is reached, and return the endpoint with its secret.

    Raises `ConfigError` where there is no such address, or it is registered already.
    """
    base = known.broadcast_public_url.rstrip("/")
    url = url or (f"{base}/{PATH}" if base else "")
    if not url:
        raise ConfigError("is not set: it says where `broadcast serve` is reached", where="BROADCAST_PUBLIC_URL")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise ConfigError(f"{url!r} is no https address: HeyGen calls no other", where="URL")
    for one in await _asked(known, _all):
        if one["url"] == url:
            id = one["endpoint_id"]
            again = f"`broadcast heygen webhooks rotate {id}` gives it a new secret"
            raise ConfigError(f"{url} is registered already; {again}", where=id)
    key = f"broadcast-{uuid.uuid4().hex}"  # asked again after a lost answer, HeyGen gives the same one

    async def go(client: Client) -> Row:
        return _row(await client.post(ENDPOINTS, {"url": url, "events": list(EVENTS)}, key=key), secret=True)

    return await _asked(known, go)


async def rotate(known: Settings, id: str) -> Row:
    """Give an endpoint a new secret and return it. The old one is good for nothing from then on."""
    key = f"broadcast-{uuid.uuid4().hex}"

    async def go(client: Client) -> Row:
        return _row(await client.post(f"{ENDPOINTS}/{id}/rotate-secret", {}, key=key), secret=True)

    return await _asked(known, go)


async def remove(known: Settings, id: str) -> Row:
    """Take an endpoint away."""

    async def go(client: Client) -> Row:
        await client.delete(f"{ENDPOINTS}/{id}")
        return {"endpoint_id": id, "removed": True}

    return await _asked(known, go)


def lines(row: Row) -> Iterator[str]:
    """Yield what is said of a new secret, which HeyGen shows this once. Pure."""
    yield f"endpoint {row['endpoint_id']}" + (f" at {row['url']}" if row.get("url") else "")
    yield "HeyGen shows its secret this once. Into .env, and restart `broadcast serve`:"
    yield f"{SECRET}={row['secret']}"


async def _all(client: Client) -> list[Row]:
    return [_row(one) async for one in client.pages(ENDPOINTS, limit=100)]


async def _asked(known: Settings, ask: Callable[[Client], Awaitable[T]]) -> T:
    key, base = account(known, HeyGen, "key")
    clock = SystemClock()
    network = Network(clock)
    client = Client(network, base, key)
    try:
        return await attempt(clock, lambda: ask(client), what="HeyGen's webhooks", deadline=SECONDS)
    finally:
        await network.close()


def _row(endpoint: Mapping[str, Any], *, secret: bool = False) -> Row:
    row = {name: _cleaned(endpoint.get(name)) for name in SHOWN if endpoint.get(name) is not None}
    if secret:
        given = endpoint.get("secret") or endpoint.get("signing_secret")
        row["secret"] = clean(str(given), VALUE)
    return row


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [clean(str(one), VALUE) for one in value[:100]]
    return value if isinstance(value, bool | int | float) else clean(str(value), VALUE)
