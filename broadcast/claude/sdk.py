"""The edge to the service: Anthropic's own package, which builds the requests and knows the API's version.

It is lent our network and nothing else: what it asks goes out through `tools.http`, so that our limits, deadlines
and words for errors hold, and it retries nothing. Of the headers that it would send, or read from the environment,
only the ones named here leave the machine. Importing it takes a second.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2
from pydantic import BaseModel, ValidationError

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Http
from broadcast.text import clean

from .answering import Reply

LABEL = "Claude"
LIMIT = 2_000_000  #: bytes of an answer; the longest that is asked for has under 100,000
MESSAGE = 200  #: characters of the service's own words in an error
PASSED = ("accept", "anthropic-version", "authorization", "content-type")
HINTS = {
    401: "check ANTHROPIC_API_KEY",
    402: "top up the credit of the account",
    403: "check what ANTHROPIC_API_KEY may use",
    404: "check `model`",
}

for _name in ("anthropic", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below, they log addresses, headers and texts


class Model(BaseModel):
    """What the service says of a model."""

    lifecycle: str = "active"
    retires_at: str | None = None


class _Network(httpx2.AsyncBaseTransport):
    """Sends what the package asks through `tools.http`."""

    def __init__(self, http: Http, seconds: float) -> None:
        self._http, self._seconds = http, seconds

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._http.send(
            request.method,
            str(request.url),
            label=LABEL,
            headers={name: request.headers[name] for name in PASSED if name in request.headers},
            body=await request.aread(),
            again=request.method == "GET",
            limit=LIMIT,
            deadline=self._seconds,
        )
        told = {name: answer.headers[name] for name in ("content-type", "request-id") if name in answer.headers}
        wait = answer.headers.get("retry-after", "")
        return httpx2.Response(answer.status, headers={**told, "retry-after": wait}, content=answer.body)


@dataclass(frozen=True)
class Service:
    """Asks one service with one key."""

    http: Http
    base: str
    key: str
    seconds: float  #: for one answer

    async def ask(self, request: Mapping[str, Any]) -> Reply:
        """Return the answer to *request*.

        Raises `Unavailable` where it was not asked or did not answer for now, `Unconfirmed` where it was asked and
        may have answered, `Rejected` for this story and `Refused` for everything.
        """
        async with self._client() as client:
            answer = await client.messages.with_raw_response.create(**request)
            try:
                return Reply.model_validate_json(answer.http_response.content)
            except ValidationError:
                raise Unconfirmed(f"{LABEL} answered {answer.status_code} with something unreadable") from None

    async def model(self, name: str) -> Model:
        """Return what the service says of the model *name*. Only reads."""
        async with self._client() as client:
            answer = await client.models.with_raw_response.retrieve(name)
            try:
                return Model.model_validate_json(answer.http_response.content)
            except ValidationError:
                raise Unavailable(f"{LABEL} answered {answer.status_code} with something unreadable") from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[anthropic.AsyncAnthropic]:
        """Give the package's client. What goes wrong with it becomes one of our errors here."""
        network = httpx2.AsyncClient(transport=_Network(self.http, self.seconds), trust_env=False)
        async with anthropic.AsyncAnthropic(
            api_key=self.key,
            base_url=self.base,
            timeout=self.seconds,
            max_retries=0,
            open_telemetry=False,
            http_client=network,
        ) as client:
            try:
                yield client
            except anthropic.APIStatusError as error:
                raise self._named(error) from None
            except anthropic.APIConnectionError as error:
                if isinstance(error.__cause__, StageError):
                    raise error.__cause__ from None
                raise

    def _named(self, error: anthropic.APIStatusError) -> StageError:
        """Return what a status that is no success means. None of them is charged."""
        status, said = error.status_code, self._words(error)
        if status in (408, 409, 429) or status >= 500:
            wait = error.response.headers.get("retry-after", "")
            return Unavailable(said, retry_after=float(wait[:9]) if wait.isascii() and wait.isdigit() else None)
        if status == 413 or "content filter" in said.lower():
            return Rejected(said)
        return Refused(said)  # what we ask is the same for every story, but for its text

    def _words(self, error: anthropic.APIStatusError) -> str:
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("error") if isinstance(body.get("error"), dict) else {}
        message = clean(str((inner or {}).get("message") or ""), MESSAGE).replace(self.key, "…")
        hint, ref = HINTS.get(error.status_code), error.response.headers.get("request-id")
        parts = [f"{LABEL} answered {error.status_code}" + (f": {message}" if message else "")]
        parts += [f"- {hint}"] if hint else []
        parts += [f"[request {clean(ref, 60)}]"] if ref else []
        return " ".join(parts)
