"""What HeyGen says by itself: that a job is over. A hint: whoever waits for the job looks for itself. Pure.

Registered endpoints are signed: `Heygen-Signature` is the HMAC-SHA256 of the body, in hex, with the
endpoint's secret as it was given (https://developers.heygen.com/docs/webhooks). Neither `Heygen-Timestamp` nor
`Heygen-Event-Id` is signed, so the signature tells events apart as well. A `callback_url` is not signed at all: a
token of ours stands in it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from broadcast import signed
from broadcast.signed import Denied
from broadcast.types import Order

PATH = "callbacks/heygen"  #: of `broadcast serve`
PURPOSE = "heygen callback"
#: What an endpoint of ours hears of. Names end in `.fail`, as HeyGen's own command line tool has them.
EVENTS = ("video_agent.success", "video_agent.fail", "avatar_video.success", "avatar_video.fail")
FRESH = timedelta(minutes=15)  #: that the time may be off; HeyGen sends again what was not answered
LONGEST_ID = 200  #: characters


@dataclass(frozen=True)
class Event:
    """A genuine event. *keys* tell it from others; *ids* name the jobs that it is about."""

    keys: tuple[str, ...]
    ids: tuple[str, ...]


def event(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
    """Return the event that a request of a registered endpoint tells of. Raises `Denied`."""
    given = headers.get("heygen-signature") or headers.get("signature") or ""
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.strip().lower().encode("utf-8", "surrogateescape"), wanted.encode()):
        raise Denied(401, "the signature does not fit")
    id, stamp = headers.get("heygen-event-id", ""), headers.get("heygen-timestamp", "")
    if not 0 < len(id) <= LONGEST_ID or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise Denied(400, "Heygen-Event-Id and Heygen-Timestamp are needed")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > FRESH:
        raise Denied(401, f"it is of more than {FRESH} from now")
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise Denied(400, "the body is not JSON") from None
    data = told.get("event_data") if isinstance(told, dict) else None
    if not isinstance(data, dict) or told.get("event_type") not in EVENTS:
        return Event((id, wanted), ())
    found = [data.get(name) for name in ("session_id", "video_id")]
    return Event((id, wanted), tuple(one for one in found if isinstance(one, str) and 0 < len(one) <= LONGEST_ID))


def address(base: str, secret: str, order: Order) -> str:
    """Return where *order* is to be called back, at the public address *base* of `broadcast serve`."""
    words = f"{order.show}@{order.slot:%Y-%m-%dT%H:%M:%SZ}\n{order.edition}/{order.attempt}"
    return f"{base.rstrip('/')}/{PATH}/{order.show}/{signed.sign(secret, PURPOSE, words)}"


def meant(secret: str, token: str) -> str | None:
    """Return the run that *token* was made for, or None where it was not made with *secret*."""
    return (signed.read(secret, PURPOSE, token) or "").partition("\n")[0] or None
