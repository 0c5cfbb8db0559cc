"""Requests as GitHub, Standard Webhooks and HeyGen send them, and a watch with an open door to send them to."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from airing import Town
from pydantic import SecretStr
from standardwebhooks import Webhook
from watching import HandClock, rest, watching

from broadcast.console import furnishing
from broadcast.daemon import taking_in
from broadcast.daemon.door import Door
from broadcast.daemon.watch import Watch
from broadcast.logs import Redact

GITHUB = "a-secret-of-github-0123456789"
STANDARD = "whsec_" + base64.b64encode(bytes(range(32))).decode()
TOKEN = "a-plain-secret-0123456789"
API = "the-api-token-of-this-test"
HEYGEN = "whsec_of-heygen-0123456789"

RELEASE = {
    "action": "published",
    "repository": {"full_name": "velmora/tide"},
    "release": {
        "tag_name": "v2.1.0",
        "html_url": "https://github.com/velmora/tide/releases/tag/v2.1.0",
        "body": "The turbine supplies electricity to about 900 homes along the eastern shore of the bay.",
    },
}

HOOKS: Mapping[str, Any] = {
    "github": {
        "verify": "github",
        "secret": GITHUB,
        "events": ["release"],
        "when": "action == 'published'",
        "fields": {
            "repo": "repository.full_name",
            "tag": "release.tag_name",
            "notes": "release.body",
            "url": "release.html_url",
        },
        "story": {"title": "{repo} {tag} is out", "text": "{notes}", "url": "{url}", "publisher": "Velmora"},
    },
    "signups": {
        "verify": "standard",
        "secret": STANDARD,
        "fields": {"name": "user.name", "email": "user.email"},
        "story": {"title": "Welcome, {name}", "text": "Velmora has 900 homes with power from the tide."},
    },
    "plain": {"verify": "token", "secret": TOKEN},
}


def github(payload: Any, *, secret: str = GITHUB, event: str = "release", id: str = "d-1") -> tuple[bytes, Any]:
    body = json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": id,
    }


def standard(payload: Any, at: datetime, *, secret: str = STANDARD, id: str = "msg_1") -> tuple[bytes, Any]:
    text = json.dumps(payload)
    return text.encode(), {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": f"{int(at.timestamp())}",
        "webhook-signature": Webhook(secret).sign(id, at, text),
    }


def plain(payload: Any, *, secret: str = TOKEN, id: str = "k-1") -> tuple[bytes, Any]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    return json.dumps(payload).encode(), headers | ({"Idempotency-Key": id} if id else {})


def heygen(payload: Any, at: datetime, *, secret: str = HEYGEN, id: str = "evt_1") -> tuple[bytes, Any]:
    body = json.dumps(payload).encode()
    return body, {
        "Content-Type": "application/json",
        "Heygen-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "Heygen-Timestamp": f"{int(at.timestamp())}",
        "Heygen-Event-Id": id,
    }


class Desk:
    """A watch that is called, and the line to its door."""

    def __init__(self, watch: Watch, clock: HandClock, web: aiohttp.ClientSession, address: str) -> None:
        self.watch, self.clock, self.web, self.address = watch, clock, web, address

    async def post(self, path: str, request: tuple[bytes, Mapping[str, str]]) -> tuple[int, dict[str, Any]]:
        body, headers = request
        async with self.web.post(path, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def call(self, payload: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Ask the API for a run."""
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {API}", **headers}
        return await self.post("/runs", (json.dumps(payload).encode(), given))

    async def get(self, path: str, token: str = API) -> tuple[int, dict[str, Any]]:
        async with self.web.get(path, headers={"Authorization": f"Bearer {token}"}) as answer:
            return answer.status, await answer.json()

    async def over(self, run: str, *, tries: int = 500, alone: bool = True) -> dict[str, Any]:
        """Return the report of a run that has come to an end."""
        for _ in range(tries):
            report = (await self.get(f"/runs/{run}"))[1]
            if report.get("seconds"):
                if alone:
                    await rest(self.watch)
                return report
            await asyncio.sleep(0.02)
        raise AssertionError(f"{run} does not end: {report}")


@contextlib.asynccontextmanager
async def called(town: Town, clock: HandClock) -> AsyncIterator[Desk]:
    pages = furnishing(town.settings, Redact(()), "127.0.0.1")
    async with (
        watching(town, clock) as watch,
        Door(watch, *taking_in(watch, pages(watch))).open("127.0.0.1", 0) as address,
        aiohttp.ClientSession(address) as web,
    ):
        yield Desk(watch, clock, web, address)


def settle(town: Town, **settings: Any) -> Town:
    """Give the town the settings of a `serve` that takes calls."""
    given = {"broadcast_api_token": SecretStr(API), "heygen_webhook_secret": SecretStr(HEYGEN), **settings}
    town.settings = town.settings.model_copy(update=given)
    return town
