"""Registered endpoints: who is told of every job, with a signature. Their secrets are shown once."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .bodies import Endpoint, Nothing, Patch
from .calls import Call
from .paging import Page
from .troubles import Problem

if TYPE_CHECKING:
    from .account import Account

Item = dict[str, Any]

TYPES = tuple(
    f"{kind}.{end}"
    for kind in (
        "avatar_video", "avatar_video_gif", "avatar_video_caption", "video_agent", "video_translate",
        "proofread_creation", "instant_avatar", "photo_avatar_generation", "live_avatar", "hyperframes_video",
        "ai_clipping",
    )
    for end in ("success", "fail")
)  # fmt: skip


@dataclass
class Registered:
    """One endpoint, and its secret."""

    id: str
    url: str
    events: list[str] | None  #: none: all
    at: datetime
    secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}", repr=False)
    enabled: bool = True

    def shown(self, *, secret: bool = False) -> Item:
        at = self.at.astimezone(UTC).isoformat()
        told: Item = {"endpoint_id": self.id, "url": self.url, "events": self.events, "created_at": at}
        told["status"] = "enabled" if self.enabled else "disabled"
        return {**told, "secret": self.secret} if secret else told

    def signature(self, body: bytes) -> str:
        return hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()


def add(call: Call) -> Item:
    body = call.body(Endpoint)
    _known(body.events)
    one = Registered(f"we_{secrets.token_hex(6)}", body.url, body.events, call.now)
    call.heygen.endpoints[one.id] = one
    return one.shown(secret=True)


def index(call: Call) -> Page:
    return call.query.page([one.shown() for one in call.heygen.endpoints.values()], "endpoint_id", usual=10)


def change(call: Call) -> Item:
    one, body = _found(call), call.body(Patch)
    _known(body.events)
    one.url, one.events = body.url or one.url, body.events if "events" in body.model_fields_set else one.events
    return one.shown()


def remove(call: Call) -> Item:
    del call.heygen.endpoints[_found(call).id]
    return {}


def rotate(call: Call) -> Item:
    one = _found(call)
    if call.request.size:
        call.body(Nothing)
    one.secret = f"whsec_{secrets.token_hex(16)}"
    return one.shown(secret=True)


def types(call: Call) -> Page:
    return call.query.page([{"event_type": name} for name in TYPES], "event_type", usual=100)


def events(call: Call) -> Page:
    wanted = call.query.word("event_type", TYPES)
    return call.query.page(
        [one for one in reversed(call.heygen.events) if wanted in (None, one["event_type"])], "event_id", usual=10
    )


def told(heygen: "Account", kind: str) -> list[Registered]:
    """Return the endpoints that want to hear of *kind*."""
    return [one for one in heygen.endpoints.values() if one.enabled and (one.events is None or kind in one.events)]


def _found(call: Call) -> Registered:
    if call.id not in call.heygen.endpoints:
        raise Problem(404, "webhook_not_found", f"Webhook endpoint {call.id} not found")
    return call.heygen.endpoints[call.id]


def _known(names: list[str] | None) -> None:
    for name in names or ():
        if name not in TYPES:
            raise Problem(400, "invalid_parameter", f"events: {name} is no event type", "events")
