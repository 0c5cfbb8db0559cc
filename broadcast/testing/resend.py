"""Resend's API on 127.0.0.1: stricter than the real one, with an inbox for every recipient.

with Resend() as server:
    server.fault("emails", "drop", after_effect=True)
    ... send through server.url ...
    assert len(server.inboxes["ann@example.com"]) == 1
"""

import base64
import json
import re
from collections import defaultdict
from typing import Any

from .troubles import Faulty
from .wire import Raw, Reply, Request

KEY = "re_test_0123456789"
KNOWN = {"from", "to", "subject", "text", "html", "headers", "attachments", "reply_to"}
FILE = {"filename", "content", "content_type", "content_id"}
NAMES = {401: "missing_api_key", 403: "invalid_api_key", 422: "validation_error", 429: "rate_limit_exceeded"}


class Resend(Faulty):
    """Sends a letter once per key, and answers the same whenever it is asked again."""

    places = ("domains", "emails")

    def __init__(self, *, restricted: bool = False) -> None:
        super().__init__()
        self.restricted = restricted  #: the key may send, and nothing else
        self.inboxes: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.problems: list[str] = []
        self.asked = 0
        self._keys: dict[str, tuple[bytes, str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def seen(self) -> int:
        return sum(map(len, self.inboxes.values()))

    def where(self, request: Request) -> str:
        return request.path.removeprefix("/")

    async def respond(self, request: Request) -> Reply | Raw:
        self.asked += self.where(request) == "emails"
        return await super().respond(request)

    def take(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _answer(401, "the key is not known")
        if (request.method, request.path) == ("GET", "/domains"):
            if self.restricted:
                return Reply(401, body=json.dumps({"statusCode": 401, "name": "restricted_api_key"}).encode())
            return Reply(body=b'{"data": []}')
        if (request.method, request.path) != ("POST", "/emails"):
            return _answer(404, "there is no such path")
        return self._take(request.headers.get("idempotency-key", ""), request.read())

    def _take(self, key: str, body: bytes) -> Reply:
        if not 0 < len(key) <= 256:
            return self._bad("no Idempotency-Key of at most 256 characters")
        if key in self._keys:
            known, id = self._keys[key]
            if known != body:
                return _answer(409, "the key was used for another letter", "invalid_idempotent_request")
            return Reply(body=json.dumps({"id": id}).encode())
        letter = json.loads(body)
        if problem := _problem(letter):
            return self._bad(problem)
        id = f"id-{len(self._keys)}"
        self._keys[key] = (body, id)
        self.inboxes[letter["to"][0]].append(letter)
        return Reply(body=json.dumps({"id": id}).encode())

    def _bad(self, problem: str) -> Reply:
        self.problems.append(problem)
        return _answer(422, problem)


def _problem(letter: dict[str, Any]) -> str:
    if unknown := set(letter) - KNOWN:
        return f"unknown: {unknown}"
    if len(letter["to"]) != 1 or not re.fullmatch(r"[^\s<>]+@[^\s<>]+", letter["to"][0]):
        return f"to {letter['to']}"
    if not re.fullmatch(r'"[^"\r\n]*" <[^\s<>]+@[^\s<>]+>|[^\s<>]+@[^\s<>]+', letter["from"]):
        return f"from {letter['from']}"
    if any("\n" in value or "\r" in value for value in (letter["subject"], *letter["headers"].values())):
        return "a line break in a header"
    cids = set()
    for file in letter.get("attachments", ()):
        if set(file) - FILE or not base64.b64decode(file["content"], validate=True):
            return f"an attachment with {set(file)}"
        cids.add(file.get("content_id"))
        if len(file.get("content_id", "")) >= 128:
            return "a content_id of 128 characters or more"
    lost = [cid for cid in re.findall('"cid:([^"]+)"', letter.get("html", "")) if cid not in cids]
    return f"no attachment {lost[0]}" if lost else ""


def _answer(status: int, message: str, name: str = "") -> Reply:
    name = name or NAMES.get(status, "application_error")
    said = {"statusCode": status, "name": name, "message": message}
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(said).encode())
