"""A thin client of HeyGen's v3: one request in, `data` out, and every failure named for what to do next.

Sources of the limits: https://developers.heygen.com/docs/error-codes and /docs/usage-limits.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from broadcast.errors import Crowded, Refused, Rejected, StageError, Unanswered, Unavailable, Unconfirmed
from broadcast.multipart import Form
from broadcast.plugins import Answer, Http

READ_SECONDS = 30.0
WRITE_SECONDS = 120.0  #: creating a video takes up to half a minute
PAGES = 50  #: of a list, at most
UNREADABLE = "HeyGen answered something that cannot be read"
#: Keys, bearer tokens, and the queries of signed addresses.
SECRET = re.compile(r"\b(?:hg|sk)_[A-Za-z0-9_-]{4,}|\bBearer\s+[^\s\"']+|\?[^\s\"')>]+", re.IGNORECASE)


@dataclass(frozen=True)
class Client:
    """Speaks to one HeyGen with one key, or one bearer token."""

    http: Http
    base: str
    key: str
    read_seconds: float = READ_SECONDS
    write_seconds: float = WRITE_SECONDS
    bearer: bool = False  #: what `key` is

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return `data` of a read. Raises `Unavailable`, `Rejected`, `Refused`."""
        data = (await self._ask("GET", path, query=query, again=True))["data"]
        if not isinstance(data, dict):
            raise Unavailable(UNREADABLE)
        return data

    async def look(self, path: str) -> dict[str, Any] | None:
        """Return `data` of something that is being made, or None where it is not there yet, or no more.

        A question that is not taken says nothing of what was asked for: that is `Unavailable`. Raises `Refused`.
        """
        try:
            return await self.get(path)
        except NotFound:
            return None
        except Rejected as error:
            raise Unavailable(str(error)) from None

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the items of a list that comes whole. Raises as `get` does."""
        data = (await self._ask("GET", path, query=query, again=True))["data"]
        return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []

    async def replace(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return `data` of a PUT, which does no harm when it is done again."""
        text, headers = json.dumps(body, ensure_ascii=False).encode(), {"content-type": "application/json"}
        return (await self._ask("PUT", path, headers=headers, body=text, length=len(text), again=True))["data"]

    async def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None, again: bool = False) -> Any:
        """Return `data` of a deed. Where asking *again* does harm, an answer that does not come is `Unconfirmed`.

        With an idempotency *key* it is `Unanswered`: for 24 hours the service gives its first answer.
        """
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        text = json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = await self._ask("POST", path, headers=headers, body=text, length=len(text), again=again)
        except Unconfirmed as error:
            if key is None:
                raise
            raise Unanswered(str(error)) from None
        return answer["data"]

    async def delete(self, path: str) -> None:
        """Take something away, which does no harm when it is asked for again."""
        await self._ask("DELETE", path, again=True)

    async def form(self, path: str, form: Form, *, key: str) -> Any:
        """Return `data` of a form with files, which is streamed."""
        headers = {"content-type": form.type, "idempotency-key": key}
        answer = await self._ask("POST", path, headers=headers, body=form.body(), length=form.length, again=True)
        return answer["data"]

    async def put(
        self, address: str, body: AsyncIterator[bytes], *, length: int, headers: Mapping[str, str]
    ) -> None:
        """Stream *body* to an *address* that an answer named and signed: no credentials go with it."""
        answer = await self.http.send(
            "PUT",
            address,
            label="HeyGen's storage",
            headers=headers,
            body=body,
            length=length,
            again=True,
            deadline=self.write_seconds,
            trusted=urlsplit(address).hostname == urlsplit(self.base).hostname,
        )
        if answer.status >= 300:
            kind = Unavailable if answer.status >= 500 or answer.status in (408, 429) else Rejected
            raise kind(f"HeyGen's storage answered {answer.status}")

    async def pages(
        self, path: str, *, limit: int = 50, whole: bool = False, **query: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the items of a list, page by page. A token that comes again ends it: the list cannot loop.

        Raises as `get` does. Where what is not in the list counts, ask for it *whole*: an item that cannot be read,
        and a list that goes on beyond what was seen of it, are `Unavailable` then.
        """
        token, seen = None, set[str]()
        for _ in range(PAGES):
            answer = await self._ask("GET", path, query={**query, "limit": limit, "token": token}, again=True)
            if not isinstance(answer["data"], list):
                raise Unavailable(UNREADABLE)
            for item in answer["data"]:
                if isinstance(item, dict):
                    yield item
                elif whole:
                    raise Unavailable(UNREADABLE)
            if not answer.get("has_more"):
                return
            token = answer.get("next_token")
            if not isinstance(token, str) or token in seen:
                break
            seen.add(token)
        if whole:
            raise Unavailable("HeyGen's list goes on beyond what can be seen of it")

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        again: bool,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        length: int | None = None,
    ) -> dict[str, Any]:
        said = {name: value for name, value in (query or {}).items() if value is not None}
        address = self.base.rstrip("/") + quote(path) + (f"?{urlencode(said)}" if said else "")
        answer = await self.http.send(
            method,
            address,
            label="HeyGen",
            headers={**self._credential, **(headers or {})},
            body=body,
            length=length,
            again=again,
            deadline=self.read_seconds if method == "GET" else self.write_seconds,
        )
        return understood(answer, again=again)

    @property
    def _credential(self) -> dict[str, str]:
        """One header, never both: HeyGen refuses two."""
        return {"authorization": f"Bearer {self.key}"} if self.bearer else {"x-api-key": self.key}


def understood(answer: Answer, *, again: bool) -> dict[str, Any]:
    """Return the envelope of a good answer, or raise what a bad one means. Pure."""
    doubt: type[StageError] = Unavailable if again else Unconfirmed
    try:
        envelope = json.loads(answer.body)
    except (ValueError, RecursionError):
        envelope = None
    error = envelope.get("error") if isinstance(envelope, dict) else None
    if answer.status < 300 and isinstance(envelope, dict) and not error and "data" in envelope:
        return envelope
    said = _words(answer, error if isinstance(error, dict) else {})
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if code == "quota_exceeded":
        raise Unavailable(said, retry_after=_wait(answer))
    if answer.status == 429 or code == "rate_limit_exceeded":
        raise Crowded(said, retry_after=_wait(answer))
    if answer.status in (401, 402, 403) or code in REFUSALS:
        raise Refused(said)
    if code in ("request_in_progress", "resource_not_ready"):
        raise Unavailable(said, retry_after=_wait(answer) or 5.0)
    if answer.status >= 500 or answer.status == 408 or (answer.status < 300 and code not in REJECTIONS):
        raise doubt(said)  # no envelope, or one that nobody can read: it may have been done all the same
    raise (NotFound if answer.status == 404 else Rejected)(said)


class NotFound(Rejected):
    """There is no such thing, or not yet, or no more."""


#: Errors that no other request of ours would be spared, whatever status they come with.
REFUSALS = frozenset(
    (
        "unauthorized", "authentication_failed", "insufficient_credit", "trial_limit_exceeded",
        "plan_upgrade_required", "forbidden", "resource_access_denied",
    )
)  # fmt: skip
#: Errors that say in an answer of 200, too, that nothing was done.
REJECTIONS = frozenset(
    (
        "invalid_parameter", "invalid_request", "download_failed", "resource_limit_reached",
        "resource_limit_exceeded", "ai_vendor_access_restricted", "voice_not_usable", "not_found", "conflict",
        "payload_too_large", "content_policy_violation", "avatar_consent_required", "asset_not_available",
        "voice_unavailable", "asset_not_found", "avatar_not_found", "avatar_group_not_found",
        "resource_not_found", "video_not_found", "voice_not_found",
    )
)  # fmt: skip
HINTS = {
    "unauthorized": "check HEYGEN_API_KEY",
    "authentication_failed": "check HEYGEN_API_KEY",
    "insufficient_credit": "top up the API balance",
    "avatar_not_found": "GET /v3/avatars/looks lists what can be used: a look's id, not a group's",
    "voice_not_found": "GET /v3/voices lists what can be used",
}


def _words(answer: Answer, error: Mapping[str, Any]) -> str:
    code, message = str(error.get("code") or ""), clean(str(error.get("message") or ""))
    parts = [f"HeyGen answered {answer.status}", f"{code}: {message}" if code else message]
    if param := error.get("param"):
        parts.append(f"({clean(str(param))})")
    if hint := HINTS.get(code) or ("check HEYGEN_API_KEY" if answer.status == 401 else ""):
        parts.append(f"- {hint}")
    if request := answer.headers.get("x-request-id") or answer.headers.get("x-amzn-request-id"):
        parts.append(f"[request {clean(request)}]")
    return " ".join(part for part in parts if part)


def clean(text: str) -> str:
    """Return *text* of theirs fit for a message of ours: short, and without keys and signed addresses."""
    return SECRET.sub("…", re.sub(r"\s+", " ", text)).strip()[:300]


def _wait(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        due = parsedate_to_datetime(value)
        now = parsedate_to_datetime(answer.headers["date"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return max((_aware(due) - _aware(now)).total_seconds(), 0.0)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
