"""The service itself: its door, its answers, its memory of what was asked before."""

import asyncio
import hmac
import json
import re
import secrets
from datetime import UTC, timedelta
from email.utils import format_datetime

from broadcast.testing.strikes import JSON
from broadcast.testing.wire import Raw, Reply, Request

from . import videos
from .account import Account
from .calls import Asked, Call
from .files import DENIED, MISSING, served
from .films import Content, Made, Stored
from .paging import Page, Query
from .routes import FILES, ROUTES, route, unknown
from .troubles import Problem, Trouble

#: Where the service documents an Idempotency-Key. `POST /v3/video-agents` is not among them: there it is ignored.
REPEATABLE = frozenset((
    "POST /v3/videos", "POST /v3/assets", "POST /v3/video-translations", "POST /v3/video-translations/proofreads",
    "POST /v3/video-translations/proofreads/{proofread_id}/generate", "POST /v3/webhooks/endpoints",
    "POST /v3/webhooks/endpoints/{endpoint_id}/rotate-secret",
))  # fmt: skip
REMEMBERED = timedelta(hours=24)
LEAKS = Problem(400, "invalid_parameter", "A signed address takes no credentials: this leaks them")
KEY = re.compile(r"[A-Za-z0-9_:.-]{1,255}")


class HeyGen(Account):
    """The service, with one account: see `Account` for what can be set and seen."""

    async def respond(self, request: Request) -> Reply | Raw:
        now = self.clock.now()
        endpoint, id = route(request.method, request.path)
        asked = Asked(
            endpoint or f"{request.method} {request.path}", request.method, request.path, dict(request.query),
            request.headers, now,
        )  # fmt: skip
        self.asked.append(asked)
        self.counts[asked.endpoint] += 1
        trouble = self.struck(endpoint) if endpoint else None
        if trouble and trouble.replaces and not trouble.after_effect:
            answer = await trouble.answer(now)
        else:
            answer = await self._real(request, endpoint, id, trouble)
            if trouble and trouble.replaces:
                answer = await trouble.answer(self.clock.now())
        if isinstance(answer, Raw):
            return answer
        asked.status = answer.status
        date = format_datetime(self.clock.now().astimezone(UTC), usegmt=True)
        headers = {"Date": date, "X-Request-Id": f"req_{secrets.token_hex(8)}", **answer.headers}
        return Reply(answer.status, headers, answer.body, answer.close)

    async def _real(self, request: Request, endpoint: str, id: str, trouble: Trouble | None) -> Reply:
        try:
            if endpoint in FILES:
                return await self._file(request, endpoint, id, trouble)
            if not endpoint.startswith("PUT /uploads"):
                self._let_in(request)
            elif not self.signatures.hold(request, self.clock.now()):
                return DENIED
            elif "x-api-key" in request.headers or "authorization" in request.headers:
                raise LEAKS
            if not endpoint:
                raise unknown(request)
            answer = await self._once(request, endpoint, id, trouble)
        except Problem as problem:
            if problem.status not in (401, 402, 429):
                self.refused.append(f"{request.method} {request.path}: {problem.message}")
            return problem.reply
        return trouble.within(answer) if trouble and not trouble.replaces else answer

    def _let_in(self, request: Request) -> None:
        key, bearer = request.headers.get("x-api-key"), request.headers.get("authorization")
        if key is not None and bearer is not None:
            raise Problem(400, "invalid_parameter", "Send either X-Api-Key or Authorization, not both")
        given, wanted = (key, self.key) if bearer is None else (bearer, f"Bearer {self.token}")
        if given is None or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise Problem(401, "unauthorized", "Unauthorized")

    async def _once(self, request: Request, endpoint: str, id: str, trouble: Trouble | None) -> Reply:
        """Answer, or repeat what was answered before to the same Idempotency-Key."""
        key = request.headers.get("idempotency-key")
        if key is None or endpoint not in REPEATABLE:
            return await self._deed(request, endpoint, id, trouble)
        if not KEY.fullmatch(key):
            raise Problem(400, "invalid_parameter", "Idempotency-Key: 1 to 255 of A-Z a-z 0-9 _ : . -")
        scope = f"{endpoint} {id}", key
        at, reply = self.replies.get(scope, (None, None))
        if at is not None and self.clock.now() - at < REMEMBERED:
            if reply is None:
                raise Problem(409, "request_in_progress", "A request with this Idempotency-Key is in progress")
            return reply
        self.replies[scope] = (self.clock.now(), None)
        try:
            reply = await self._deed(request, endpoint, id, trouble)
        except BaseException:
            del self.replies[scope]  # what was refused may be asked again
            raise
        self.replies[scope] = (self.clock.now(), reply)
        return reply

    async def _deed(self, request: Request, endpoint: str, id: str, trouble: Trouble | None) -> Reply:
        slow = trouble.seconds or 1.0 if trouble and trouble.what == "slow" else 0.0
        if slow and trouble and not trouble.after_effect:
            await asyncio.sleep(slow)
        now = self.clock.now()
        self.ledger.settle(now)
        call = Call(self, request, id, Query([] if endpoint.startswith("PUT") else request.query), now)
        if request.method != "GET":
            call.query.done()
        answer = ROUTES[endpoint](call)
        call.query.done()
        if slow and trouble and trouble.after_effect:
            await asyncio.sleep(slow)
        if isinstance(answer, Reply):
            return answer
        content = answer.content if isinstance(answer, Page) else {"data": answer}
        return Reply(200, JSON, json.dumps(content).encode())

    # --- files

    async def _file(self, request: Request, endpoint: str, id: str, trouble: Trouble | None) -> Reply:
        now = self.clock.now()
        if "x-api-key" in request.headers or "authorization" in request.headers:
            raise LEAKS
        if endpoint == FILES[-1]:
            if id not in self.assets or self.assets[id].state != "complete":
                raise Problem(404, "asset_not_found", f"Asset {id} not found")
            content: Content | None = Stored(self.assets[id].mime, self.assets[id].path)
        else:
            if (trouble and trouble.what == "expired") or not self.signatures.hold(request, now):
                return DENIED
            content = await self._made(endpoint.split("/")[2], id.partition(".")[0])
        if content is None:
            return MISSING
        reply = served(request, content, id, self.ranges)
        return await trouble.spoiled(reply, content) if trouble else reply

    async def _made(self, part: str, id: str) -> Content | None:
        if part == "proofread":
            read = self.proofreads.get(id)
            return Made("application/x-subrip", read.srt.encode()) if read else None
        job = (self.ledger.videos | self.sounds).get(id)
        return await asyncio.to_thread(videos.content, self, job, part) if job else None
