"""The server: lets in, checks arguments, does what is asked, misbehaves on demand."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl

from broadcast.clock import SystemClock
from broadcast.plugins import Clock
from broadcast.testing.troubles import Ambush, Trouble, Troubles
from broadcast.testing.wire import CHUNK, Host, Raw, Reply, Request

from .methods import METHODS, Call
from .socket import Socket
from .workspace import SCOPES, Channel, Message, Problem, Workspace

JSON = {"Content-Type": "application/json; charset=utf-8"}
LINE = 8_000  #: characters of a request's first line that a server takes


class Slack(Host):
    """A workspace with one bot. `base` and `token` are what a client needs; `shown` is what people see."""

    def __init__(
        self,
        *,
        token: str = "",
        channels: Mapping[str, str] | None = None,
        scopes: Iterable[str] = SCOPES,
        clock: Clock | None = None,
        share_after: float | None = 0.0,
        size_limit: int = 1_000_000_000,
    ) -> None:
        super().__init__()
        self.token = token or f"xoxb-{secrets.token_hex(12)}"
        self.app_token = f"xapp-{secrets.token_hex(12)}"
        self.socket = Socket()
        self.clock = clock or SystemClock()
        self.scopes = set(scopes)
        self.size_limit = size_limit
        named = channels or {"C1": "general"}
        self.space = Workspace({id: Channel(id, name) for id, name in named.items()}, share_after=share_after)
        self.calls: Counter[str] = Counter()  #: by method; `upload` is that of the bytes
        self.refused: list[str] = []  #: what the client did wrong
        self.troubles = Troubles(["upload", *METHODS])
        self._ambush = Ambush()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.url}/api/"

    def shown(self, channel: str = "C1") -> list[Message]:
        """Return what people see in a channel now, in order."""
        return self.space.seen(channel, self.clock.now())

    def fault(self, method: str, what: str | int, **how: Any) -> Trouble:
        """Have something go wrong at *method*, or at the `upload` of bytes: see `broadcast.testing.troubles`."""
        return self.troubles.add(method, what, **how)

    def react(self, message: Message, reaction: str, user: str) -> None:
        """Let *user* react to a message."""
        users = message.reactions.setdefault(reaction, [])
        if user not in users:
            users.append(user)

    async def press(self, message: Message, action: str, user: str, name: str = "") -> bool:
        """Let *user* press a button of a message; return whether they see that somebody took it."""
        buttons = {one["action_id"]: (block, one) for block in message.blocks if block["type"] == "actions"
                   for one in block["elements"]}  # fmt: skip
        block, button = buttons[action]
        done = {"action_id": action, "block_id": block["block_id"], "value": button["value"], "type": "button"}
        payload = {
            "type": "block_actions", "user": {"id": user, "username": name, "name": name}, "actions": [done],
            "channel": {"id": message.channel, "name": "general"}, "message": {"ts": message.ts},
            "team": {"id": "T1"},
        }  # fmt: skip
        return await self.socket.tell("interactive", payload)

    async def __aenter__(self) -> Self:
        await self.socket.open()
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()
        await self._ambush.close()
        await super().__aexit__(*error)

    async def respond(self, request: Request) -> Reply | Raw:
        if len(request.target) > LINE:
            return Reply(414, {"Content-Type": "text/html"}, b"<html>URI Too Long</html>", close=True)
        method = request.path.removeprefix("/api/")
        if request.path.startswith("/upload/v1/"):
            return await self._troubled("upload", request, self._upload)
        if request.path == f"/api/{method}" and method in METHODS:
            return await self._troubled(method, request, self._call)
        self.refused.append(f"{request.method} {request.path}: there is no such method")
        return Reply(200, JSON, b'{"ok": false, "error": "unknown_method"}')

    async def _troubled(self, name: str, request: Request, do: Any) -> Reply | Raw:
        self.calls[name] += 1
        trouble = self.troubles.struck(name)
        if trouble and not trouble.after_effect:
            return await trouble.answer()
        answer: Reply = do(name, request)
        if name == "files.getUploadURLExternal" and (early := self.troubles.early("upload")):
            return await self._lured(answer, early)
        return await trouble.answer() if trouble else answer

    async def _lured(self, answer: Reply, early: Trouble) -> Reply:
        """Send the bytes to a server that does not read them all."""
        tree = json.loads(answer.body if isinstance(answer.body, bytes) else b"{}")
        tree["upload_url"] = await self._ambush.lay(str(early.what))
        self.calls["upload"] += 1
        return Reply(200, JSON, json.dumps(tree).encode())

    # --- bytes

    def _upload(self, name: str, request: Request) -> Reply:
        file = self.space.files.get(request.path.rpartition("/")[2])
        if file is None or file.completed or "authorization" in request.headers:
            self.refused.append("upload: no such ticket, or with a token that does not belong there")
            return Reply(404, {"Content-Type": "text/plain"}, b"not found")
        if request.size != file.length:
            self.refused.append(f"upload: {request.size} bytes came where {file.length} were announced")
            return Reply(400, {"Content-Type": "text/plain"}, b"length mismatch")
        digest = hashlib.sha256()
        request.body.seek(0)
        while piece := request.body.read(CHUNK):
            digest.update(piece)
        file.sha256 = digest.hexdigest()
        return Reply(200, {"Content-Type": "text/plain"}, f"OK - {request.size}".encode())

    # --- methods

    def _call(self, name: str, request: Request) -> Reply:
        headers = {**JSON, "X-OAuth-Scopes": ",".join(sorted(self.scopes))}
        try:
            answer = {"ok": True, **self._done(name, request)}
        except Problem as problem:
            self.refused.append(f"{name}: {problem.code}")
            answer = {"ok": False, "error": problem.code, **problem.more}
        return Reply(200, headers, json.dumps(answer).encode())

    def _done(self, name: str, request: Request) -> dict[str, Any]:
        spec = METHODS[name]
        args = arguments(request)
        if "token" in args:
            raise Problem("invalid_arguments")  # it would be in every log on the way
        given = request.headers.get("authorization", "")
        if not given:
            raise Problem("not_authed")
        if given not in (f"Bearer {self.token}", f"Bearer {self.app_token}"):
            raise Problem("invalid_auth")
        if (given == f"Bearer {self.app_token}") != spec.app:
            raise Problem("not_allowed_token_type")
        if request.method == "GET" and not spec.read:
            raise Problem("invalid_arguments")
        if unknown := set(args) - spec.known:
            raise Problem("invalid_arguments", response_metadata={"messages": [f"[ERROR] {sorted(unknown)}"]})
        if spec.scope and spec.scope not in self.scopes:
            raise Problem("missing_scope", needed=spec.scope, provided=",".join(sorted(self.scopes)))
        now, scopes = self.clock.now(), frozenset(self.scopes)
        return spec.do(Call(self.space, args, now, scopes, self.url, "herald", self.size_limit, self.socket.ticket))


def arguments(request: Request) -> dict[str, Any]:
    """Return the arguments of a call from wherever they may stand; from two places at once they are refused."""
    query, body = dict(request.query), request.read()
    type = request.headers.get("content-type", "").partition(";")[0].strip()
    if body and query:
        raise Problem("invalid_arguments")
    if type == "application/json" and body:
        try:
            tree = json.loads(body)
        except ValueError:
            raise Problem("json_not_object") from None
        if not isinstance(tree, dict):
            raise Problem("json_not_object")
        return tree
    if body and type != "application/x-www-form-urlencoded":
        raise Problem("invalid_post_type")
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return query | form
