"""What goes wrong, on demand.

At an endpoint, before its effect or, with `after_effect`, after it:
  drop, reset          the connection ends without an answer
  hang (seconds)       no answer comes
  a status             402, 429, 503 …: 5xx is HTML, the rest an error object (retry_after: seconds or "date")
  error-in-200         an error object in an answer of 200
  garbage, truncated   200 and no JSON, or JSON that ends too early
  blank                200 and nothing
  slow (seconds)       the deed is done late, even if the client has left; with after_effect only the answer is late
In its answer:
  null-ids             every id is null
  unknown-status       every status is a *word* that nobody knows
  unknown-fields       there is more than the schema says
  same-token           every page names the same next one
On the way of a file, `GET /files/{part}/{name}`, part being video, captioned, subtitle, thumbnail, gif or audio:
  drop, reset, hang, a status, slow (rate: bytes a second), truncated (less than announced), cut (half a file,
  announced as such), html (a page to sign in), empty (0 bytes), garbage, expired (403 of a signed address)
In a render, `render`:
  fails (reason), fails-silently, fails-early (before there is a video), stuck (thinks forever),
  lost-session (404 as soon as the video is known), late-url (seconds), no-url, no-subtitles,
  wrong-duration (factor), changes-digit, adds-sentence, drops-sentence, drops-story, reorders, spells-numbers
  (which is harmless): *seed* chooses among the possible places
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from broadcast.testing.strikes import JSON, Strike
from broadcast.testing.wire import Raw, Reply

from .films import BLOCK, Content
from .saying import ALTERED

INSTEAD = frozenset(("drop", "reset", "hang", "error-in-200", "garbage", "truncated", "blank"))
WITHIN = frozenset(("null-ids", "unknown-status", "unknown-fields", "same-token"))
FILE = frozenset(("drop", "reset", "hang", "slow", "truncated", "cut", "html", "empty", "garbage", "expired"))
RENDER = frozenset((
    "fails", "fails-silently", "fails-early", "stuck", "lost-session", "late-url", "no-url", "no-subtitles",
    "wrong-duration", *ALTERED,
))  # fmt: skip
CODES = {
    400: "invalid_parameter", 401: "unauthorized", 402: "insufficient_credit", 403: "forbidden", 404: "not_found",
    409: "resource_not_ready", 413: "payload_too_large", 429: "rate_limit_exceeded",
}  # fmt: skip
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


@dataclass
class Problem(Exception):
    """A request that is refused."""

    status: int
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reply(self) -> Reply:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.param is not None:
            error["param"] = self.param
        anchor = self.code.replace("_", "-")
        error["doc_url"] = f"https://developers.heygen.com/docs/error-codes#{anchor}"
        return Reply(self.status, {**JSON, **self.headers}, json.dumps({"error": error}).encode())


def allowed(endpoint: str) -> frozenset[str]:
    """Return what can go wrong at *endpoint*, statuses apart."""
    if endpoint == "render":
        return RENDER
    return FILE if endpoint.startswith("GET /files/") else INSTEAD | WITHIN | {"slow"}


@dataclass
class Trouble(Strike):
    """Something that goes wrong at an endpoint."""

    retry_after: float | str | None = None  #: seconds, or "date" for a date ten seconds ahead
    rate: int = 65_536
    word: str = "polishing"
    reason: str = "Avatar rendering timed out"
    message: str = ""
    factor: float = 0.1
    seed: int | None = None

    @property
    def replaces(self) -> bool:
        """Whether the real answer is never seen."""
        gone = ("drop", "reset", "hang") if self.where.startswith("GET /files/") else INSTEAD
        return isinstance(self.what, int) or self.what in gone

    async def answer(self, now: datetime) -> Reply | Raw:
        """Return what is seen in place of the real answer."""
        if isinstance(self.what, int):
            return self._status(self.what, now)
        if seen := await self.on_the_wire():
            return seen
        match self.what:
            case "error-in-200":
                error = {"code": "internal_error", "message": self.message or "Something went wrong."}
                return Reply(200, JSON, json.dumps({"data": None, "error": error}).encode())
            case "truncated":
                return Reply(200, JSON, b'{"data": {"session_id": "sess_')
        return Raw()

    def _status(self, status: int, now: datetime) -> Reply:
        headers: dict[str, str] = {}
        if self.retry_after == "date":
            headers["Retry-After"] = format_datetime(now + timedelta(seconds=10), usegmt=True)
        elif self.retry_after is not None or status == 429:
            headers["Retry-After"] = f"{1 if self.retry_after is None else self.retry_after}"
        if status >= 500:
            phrase = HTTPStatus(status).phrase
            page = f"<html><head><title>{status} {phrase}</title></head><body>upstream</body></html>"
            return Reply(status, {"Content-Type": "text/html", **headers}, page.encode())
        message = self.message or HTTPStatus(status).phrase
        return Problem(status, CODES.get(status, "invalid_request"), message, headers=headers).reply

    def within(self, answer: Reply) -> Reply:
        """Return *answer* as this trouble would have it."""
        if self.what not in WITHIN or answer.status != 200 or not answer.body:
            return answer
        assert isinstance(answer.body, bytes)
        content = json.loads(answer.body)
        match self.what:
            case "null-ids":
                content = changed(content, lambda key, value: None if key == "id" or key.endswith("_id") else value)
            case "unknown-status":
                content = changed(content, lambda key, value: self.word if key == "status" else value)
            case "unknown-fields":
                content = more(content)
            case "same-token":
                content |= {"has_more": True, "next_token": "c2FtZQ=="}
        return Reply(answer.status, answer.headers, json.dumps(content).encode(), answer.close)

    async def spoiled(self, answer: Reply, content: Content) -> Reply:
        """Return a file's answer as this trouble would have it."""
        headers, size = dict(answer.headers), int(answer.headers.get("Content-Length", "0"))
        match self.what:
            case "slow":
                return Reply(answer.status, headers, slowly(answer, self.rate), answer.close)
            case "truncated":
                return Reply(answer.status, headers, first(answer, size // 2), close=True)
            case "cut":
                headers["Content-Length"] = str(size // 2)
                return Reply(answer.status, headers, first(answer, size // 2))
            case "html":
                return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)
            case "empty":
                return Reply(200, {"Content-Type": content.mime}, b"")
            case "garbage":
                return Reply(200, {"Content-Type": content.mime}, BLOCK)
        return answer


def changed(value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: change(key, changed(inner, change)) for key, inner in value.items()}
    return [changed(inner, change) for inner in value] if isinstance(value, list) else value


def more(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: more(inner) for key, inner in value.items()} | {"x_new_field": {"nested": [1, None]}}
    return [more(inner) for inner in value] if isinstance(value, list) else value


async def first(answer: Reply, size: int) -> AsyncIterator[bytes]:
    """Give the first *size* bytes of an answer."""
    assert not isinstance(answer.body, bytes)
    async for piece in answer.body:
        if size <= 0:
            break
        yield piece[:size]
        size -= len(piece)


async def slowly(answer: Reply, rate: int) -> AsyncIterator[bytes]:
    """Give an answer at *rate* bytes a second."""
    assert not isinstance(answer.body, bytes)
    step = max(1, rate // 20)
    async for piece in answer.body:
        for at in range(0, len(piece), step):
            yield piece[at : at + step]
            await asyncio.sleep(0.05)
