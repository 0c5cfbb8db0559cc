"""What goes wrong, on demand, at a method; before its effect or, with `after_effect`, after it.

drop, reset          the connection ends without an answer
hang (seconds)       no answer comes
a status             5xx is HTML, as of a proxy, unless there is a text; 429 has retry_after (bare: as of a proxy)
a text               a refusal in Telegram's words: "Bad Request: chat not found", "Forbidden: bot was kicked …"
garbage, truncated   200 and no JSON, or JSON that ends too early
blank                200 and nothing
odd                  200 and an object of another kind
migrate (to)         the group has become a supergroup
early                413 before the body is read, and the connection ends
broken               the connection ends in the middle of the body
slow (seconds)       the body is read late; with after_effect only the answer is late
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from broadcast.testing.strikes import JSON, Strike
from broadcast.testing.wire import Raw, Reply

INSTEAD = frozenset(("drop", "reset", "hang", "garbage", "truncated", "blank", "odd", "migrate"))
EARLY = frozenset(("early", "broken"))
KINDS = INSTEAD | EARLY | {"slow"}
#: How the texts of refusals begin, and the status they come with.
STATUSES = {"Bad Request": 400, "Unauthorized": 401, "Forbidden": 403, "Not Found": 404, "Conflict": 409}


@dataclass
class Problem(Exception):
    """A request that is refused."""

    status: int
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reply(self) -> Reply:
        said: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            said["parameters"] = self.parameters
        return Reply(self.status, JSON, json.dumps(said).encode())


@dataclass
class Trouble(Strike):
    """Something that goes wrong at a method."""

    chat: int | None = None  #: only there
    retry_after: float = 1
    bare: bool = False
    to: int = 0
    text: str = ""

    @property
    def replaces(self) -> bool:
        """Whether the real answer is never seen."""
        return self.what not in ("slow", *EARLY)

    async def answer(self) -> Reply | Raw:
        """Return what is seen in place of the real answer."""
        if isinstance(self.what, int):
            return self._status(self.what)
        if self.what not in KINDS:
            return Problem(STATUSES[self.what.partition(":")[0]], self.what).reply
        if seen := await self.on_the_wire():
            return seen
        match self.what:
            case "truncated":
                return Reply(200, JSON, b'{"ok": true, "result": {"message_id')
            case "odd":
                return Reply(200, JSON, b'{"ok": true, "result": {"message_id": "x", "date": 1e99, "chat": 7}}')
            case "migrate":
                said = "Bad Request: group chat was upgraded to a supergroup chat"
                return Problem(400, said, {"migrate_to_chat_id": self.to}).reply
        return Raw()

    def _status(self, status: int) -> Reply:
        phrase = HTTPStatus(status).phrase
        if status == 429:
            if self.bare:
                return Reply(429, {"Retry-After": f"{self.retry_after:g}"}, b"slow down")
            said = f"Too Many Requests: retry after {self.retry_after:g}"
            return Problem(429, said, {"retry_after": self.retry_after}).reply
        if self.text or status < 500:
            return Problem(status, self.text or phrase).reply
        page = f"<html><head><title>{status} {phrase}</title></head><body>nginx</body></html>"
        return Reply(status, {"Content-Type": "text/html"}, page.encode())
