"""Webhooks of our own, stricter than the real ones: Slack's, Discord's, a Teams workflow's, and a signed one.

async with DiscordHook() as discord:                      # `with` runs it in a thread
    discord.fault("post", 429, retry_after=0.5)
    ... post to discord.url ...
    assert ["Daily update"] == [one["content"] for one in discord.shown]
"""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from .slack.methods import escaped
from .slack.workspace import Problem
from .troubles import Faulty
from .wire import Raw, Reply, Request

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}


class Hook(Faulty):
    """One webhook. Its whole address is a secret; `shown` is what people see, or what was taken."""

    places = ("post", "get", "patch", "delete")

    def __init__(self) -> None:
        super().__init__()
        self.secret = secrets.token_urlsafe(24)
        self.shown: list[dict[str, Any]] = []
        self.refused: list[str] = []  #: what the client did wrong
        self.count = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/{self.secret}"

    def where(self, request: Request) -> str:
        return request.method.lower()

    async def respond(self, request: Request) -> Reply | Raw:
        self.count += 1
        return await super().respond(request)

    def take(self, request: Request) -> Reply:
        if not request.path.startswith(f"/hooks/{self.secret}"):
            return self.unknown()
        answer = self.heard(request)
        if answer.status >= 400:
            self.refused.append(f"{request.method}: {answer.body!r}")
        return answer

    def unknown(self) -> Reply:
        return Reply(404, TEXT, b"no_service")

    def heard(self, request: Request) -> Reply:
        """Do what is asked of this webhook."""
        raise NotImplementedError


class SlackHook(Hook):
    """An incoming webhook: text and blocks, `ok` or a word."""

    def heard(self, request: Request) -> Reply:
        tree = _json(request)
        if tree is None or set(tree) - {"text", "blocks"}:
            return Reply(400, TEXT, b"invalid_payload")
        if not tree.get("text"):
            return Reply(400, TEXT, b"no_text")
        try:
            for text in (tree["text"], *_markdown(tree.get("blocks") or ())):
                escaped(text)
        except Problem:
            return Reply(400, TEXT, b"invalid_payload")
        self.shown.append(tree)
        return Reply(200, TEXT, b"ok")


class DiscordHook(Hook):
    """A channel's webhook: messages, files, and their end."""

    limit = 10 << 20  #: bytes of a file

    def unknown(self) -> Reply:
        return _error(404, 10015, "Unknown Webhook")

    def heard(self, request: Request) -> Reply:
        found = re.fullmatch(r"/hooks/[^/]+/messages/(\d+)", request.path)
        if request.method == "GET":
            return Reply(200, JSON, json.dumps({"id": "1", "type": 1, "name": "herald"}).encode())
        if found:
            return self._change(request, found[1])
        if request.method != "POST" or request.path.count("/") != 2:
            return _error(405, 0, "405: Method Not Allowed")
        tree, file = (
            _form(request) if "multipart" in request.headers.get("content-type", "") else (_json(request), None)
        )
        problem = self._problem(tree)
        if problem or tree is None:
            return _error(400, 50035, f"Invalid Form Body: {problem}")
        if file is not None and len(file) > self.limit:
            return _error(413, 40005, "Request entity too large")
        id = str(10**17 + len(self.shown))
        self.shown.append({**tree, "id": id, "file": file})
        if dict(request.query).get("wait") != "true":
            return Reply(204)
        return Reply(200, JSON, json.dumps({"id": id, "content": tree["content"]}).encode())

    def _problem(self, tree: Mapping[str, Any] | None) -> str:
        if tree is None or set(tree) - {"content", "allowed_mentions", "attachments"}:
            return "fields"
        if not 0 < len(tree.get("content") or "") <= 2000:
            return "content"
        return "" if tree.get("allowed_mentions") == {"parse": []} else "allowed_mentions"

    def _change(self, request: Request, id: str) -> Reply:
        there = next((one for one in self.shown if one["id"] == id), None)
        if there is None:
            return _error(404, 10008, "Unknown Message")
        if request.method == "DELETE":
            self.shown.remove(there)
            return Reply(204)
        tree = _json(request)
        if request.method != "PATCH" or tree is None or self._problem(tree):
            return _error(400, 50035, "Invalid Form Body")
        there.update(tree, file=None if tree.get("attachments") == [] else there["file"])
        return Reply(200, JSON, json.dumps({"id": id}).encode())


class TeamsHook(Hook):
    """A workflow: it takes a card, says so, and what it does then nobody learns."""

    def heard(self, request: Request) -> Reply:
        if request.size > 28_000:
            return Reply(413, JSON, b'{"error": {"code": "RequestEntityTooLarge"}}')
        tree = _json(request) or {}
        attachments = tree.get("attachments") or [{}]
        card = attachments[0].get("content") or {}
        kind = attachments[0].get("contentType")
        if tree.get("type") != "message" or kind != "application/vnd.microsoft.card.adaptive":
            return Reply(400, JSON, b'{"error": {"code": "InvalidRequestContent"}}')
        lines = [run["text"] for block in card.get("body") or () for run in block["inlines"]]
        if card.get("type") != "AdaptiveCard" or not lines or not all(lines):
            return Reply(400, JSON, b'{"error": {"code": "InvalidCard"}}')
        self.shown.append({"lines": lines, "links": [one["url"] for one in card.get("actions") or ()]})
        return Reply(202, TEXT, b"")


class SignedHook(Hook):
    """A service that checks signatures, and drops the messages that it knows."""

    def __init__(self, key: str = "") -> None:
        super().__init__()
        self.key = key
        self.known: set[str] = set()

    def heard(self, request: Request) -> Reply:
        from standardwebhooks import Webhook

        id = request.headers.get("webhook-id", "")
        if request.size > 64_000 or not id or not request.headers.get("webhook-timestamp", "").isdigit():
            return Reply(400, TEXT, b"not a webhook")
        if self.key:
            data, signer = request.read().decode(), Webhook(self.key)
            at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), tz=UTC)
            if signer.sign(id, at, data) != request.headers.get("webhook-signature"):
                return Reply(401, TEXT, b"bad signature")
        if id not in self.known:
            self.known.add(id)
            self.shown.append(_json(request) or {})
        return Reply(204)


def _json(request: Request) -> dict[str, Any] | None:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return None
    try:
        tree = json.loads(request.read())
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None


def _form(request: Request) -> tuple[dict[str, Any] | None, bytes | None]:
    """Return the JSON and the file of a form, both where Discord wants them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts: dict[str, bytes] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + request.read()).iter_parts():
        content = part.get_payload(decode=True)
        parts[str(part.get_param("name", header="content-disposition"))] = (
            content if isinstance(content, bytes) else b""
        )
    if set(parts) - {"payload_json", "files[0]"} or "payload_json" not in parts:
        return None, None
    return json.loads(parts["payload_json"]), parts.get("files[0]")


def _markdown(blocks: Any) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "section"]


def _error(status: int, code: int, message: str) -> Reply:
    return Reply(status, JSON, json.dumps({"message": message, "code": code}).encode())
