"""What goes wrong, on demand.

At an endpoint, before the model writes or, with `after_effect`, after it has and is charged:
  drop, reset          the connection ends without an answer
  hang                 no answer comes
  a status             401, 404, 429, 529 …: an error object (retry_after in seconds)
  html                 200 and the page of a proxy
  cut                  200 and half of the answer, though all of it was announced
  garbage, blank       200 and no JSON, 200 and nothing
In what the model says, at "answer":
  refusal (category)   it declines, with a sentence or, with *silent*, without
  max_tokens           it is cut off in the middle
  empty                it ends without a word
  shapeless            it answers something else than the schema
  prose                it answers in plain words
  pause                it stops for another reason: pause_turn
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from broadcast.testing.strikes import JSON, Strike
from broadcast.testing.wire import Raw, Reply, head

WIRE = frozenset(("drop", "reset", "hang", "html", "cut", "garbage", "blank"))
ANSWER = frozenset(("refusal", "max_tokens", "empty", "shapeless", "prose", "pause"))
ENDPOINTS = ("POST /v1/messages", "GET /v1/models/{model}", "answer")
KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error",
    500: "api_error", 503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
PAGE = b"<!DOCTYPE html><html><head><title>Proxy</title></head><body>proxy error</body></html>"


@dataclass
class Problem(Exception):
    """A request that is refused."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def reply(self, request_id: str) -> Reply:
        error = {"type": KINDS.get(self.status, "api_error"), "message": self.message}
        content = {"type": "error", "error": error, "request_id": request_id}
        return Reply(self.status, {**JSON, **self.headers}, json.dumps(content).encode())


@dataclass
class Trouble(Strike):
    """Something that goes wrong at an endpoint."""

    retry_after: int | None = None
    category: str | None = "cyber"
    silent: bool = False

    def __post_init__(self) -> None:
        known = ANSWER if self.where == "answer" else WIRE
        if self.where not in ENDPOINTS:
            raise ValueError(f"{self.where!r} is not one of {', '.join(ENDPOINTS)}")
        if not isinstance(self.what, int) and self.what not in known:
            raise ValueError(f"{self.what!r} is not one of {', '.join(sorted(known))}, or a status")
        if isinstance(self.what, int) and (self.where == "answer" or not 400 <= self.what < 600):
            raise ValueError(f"{self.what} is no status that an endpoint fails with")

    async def answer(self, real: Reply | None, request_id: str) -> Reply | Raw:
        """Return what is seen in place of the real answer."""
        if isinstance(self.what, int):
            wait = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
            said = "Overloaded" if self.what == 529 else KINDS.get(self.what, "api_error").replace("_", " ")
            return Problem(self.what, said, wait).reply(request_id)
        if seen := await self.on_the_wire():
            return seen
        match self.what:
            case "html":
                return Reply(200, {"Content-Type": "text/html"}, PAGE)
            case "cut" if real and isinstance(real.body, bytes):
                announced = head(200, {**JSON, "Content-Length": str(len(real.body))})
                return Raw(_once(announced + real.body[: len(real.body) // 2]))
        return Raw()


def spoiled(trouble: Trouble | None, answer: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None]:
    """Return what the model says of its *answer*, why it stops, and the details of that."""
    text = json.dumps(answer, ensure_ascii=False)
    match trouble.what if trouble else "":
        case "refusal":
            assert trouble
            details = {"type": "refusal", "category": trouble.category, "explanation": None}
            return "" if trouble.silent else "I can't help with that.", "refusal", details
        case "max_tokens":
            return text[: len(text) // 2], "max_tokens", None
        case "empty":
            return "", "end_turn", None
        case "shapeless":
            return json.dumps({"segment": answer["sentences"]}), "end_turn", None
        case "prose":
            return "Here is your segment! " + " ".join(one["text"] for one in answer["sentences"]), "end_turn", None
        case "pause":
            return "", "pause_turn", None
    return text, "end_turn", None


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
