"""The service itself: its door, its model, its books."""

import hmac
import json
import math
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from broadcast.testing.strikes import JSON
from broadcast.testing.wire import Host, Raw, Reply, Request

from .bodies import Create, fits
from .troubles import Problem, Trouble, spoiled
from .writers import Question, Writer, good, understood

VERSIONS = ("2026-10-21", "2023-06-01")
#: USD per million tokens, in and out, as the models' pages said on 22 November 2026.
PRICES = {
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-haiku-5-5": (0.1, 0.5),
    "claude-opus-5-5": (4.0, 20.0),
}
WRITE, READ = 1.25, 0.1  #: of the price of input, for what is written to and read from the cache
CACHEABLE = 512  #: tokens; shorter prompts are not cached
THINKS = 60  #: tokens of every answer that nobody sees


@dataclass
class Model:
    """A model of the catalogue."""

    id: str
    lifecycle: str = "active"
    deprecated_at: str | None = None
    retires_at: str | None = None

    @property
    def content(self) -> dict[str, Any]:
        return {
            "type": "model", "id": self.id, "display_name": self.id, "created_at": "2026-09-01T00:00:00Z",
            "lifecycle": self.lifecycle, "deprecated_at": self.deprecated_at, "retires_at": self.retires_at,
            "line": None, "max_input_tokens": 1_000_000, "max_tokens": 128_000, "capabilities": None,
        }  # fmt: skip


@dataclass
class Asked:
    """One request, as it came, what was answered, and what it cost."""

    endpoint: str
    path: str
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)
    question: Question | None = None
    status: int = 0  #: 0 where there was no answer
    tokens: dict[str, int] = field(default_factory=dict)
    usd: float = 0.0

    @property
    def repair(self) -> bool:
        return bool(self.question and self.question.findings)


class Anthropic(Host):
    """The service, with one account."""

    def __init__(self, *, key: str = "sk-ant-rehearsal-1") -> None:
        super().__init__()
        self.key = key
        self.writer: Writer = good  #: what the model answers
        self.asked: list[Asked] = []
        self.refused: list[str] = []  #: what the client did wrong
        self.models = {
            name: Model(name) for name in (*PRICES, "claude-opus-4-8", "claude-sonnet-4-6", "claude-fable-5-1")
        }
        for name, end in (("claude-sonnet-4-5", "2026-11-30"), ("claude-sonnet-4-20250514", "2026-06-15")):
            retired = end < "2026-11-22"
            self.models[name] = Model(
                name, "retired" if retired else "deprecated", "2026-05-01T00:00:00Z", f"{end}T00:00:00Z"
            )
        self.counts: Counter[str] = Counter()
        self._troubles: list[Trouble] = []
        self._cached: set[tuple[str, str]] = set()

    # --- what a test sets and sees

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fault(self, endpoint: str, what: str | int, **options: Any) -> Trouble:
        """Have *what* go wrong at *endpoint*, once unless `times` says otherwise; see `troubles`."""
        trouble = Trouble(endpoint, what, **options)
        self._troubles.append(trouble)
        return trouble

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self._troubles.clear()

    @property
    def questions(self) -> list[Asked]:
        """Every question that was put to the model, answered or not."""
        return [asked for asked in self.asked if asked.endpoint == "POST /v1/messages"]

    @property
    def answered(self) -> list[Asked]:
        """The questions whose answers arrived."""
        return [asked for asked in self.questions if asked.status == 200]

    @property
    def spent(self) -> float:
        return round(sum(asked.usd for asked in self.asked), 6)

    # --- serving

    async def respond(self, request: Request) -> Reply | Raw:
        id = f"req_{secrets.token_hex(8)}"
        endpoint = self._endpoint(request)
        asked = Asked(endpoint or f"{request.method} {request.path}", request.path, datetime.now(UTC))
        self.asked.append(asked)
        self.counts[asked.endpoint] += 1
        trouble = self._struck(endpoint)
        real: Reply | None = None
        if trouble is None or trouble.after_effect or trouble.what == "cut":
            try:
                self._let_in(request)
                real = self._answer(request, endpoint, asked)
            except Problem as problem:
                if problem.status == 400:
                    self.refused.append(f"{request.method} {request.path}: {problem.message}")
                real = problem.reply(id)
        elif request.method == "POST":
            self._look(request, asked)
        answer = real if trouble is None else await trouble.answer(real, id)
        assert answer is not None
        if isinstance(answer, Raw):
            return answer
        asked.status = answer.status if trouble is None or isinstance(trouble.what, int) else 0
        return Reply(answer.status, {"request-id": id, **answer.headers}, answer.body, answer.close)

    def _endpoint(self, request: Request) -> str:
        if (request.method, request.path) == ("POST", "/v1/messages"):
            return "POST /v1/messages"
        name = request.path.removeprefix("/v1/models/")
        return "GET /v1/models/{model}" if request.method == "GET" and name not in ("", request.path) else ""

    def _struck(self, endpoint: str) -> Trouble | None:
        return next((one for one in self._troubles if one.where == endpoint and one.strikes()), None)

    def _let_in(self, request: Request) -> None:
        bearer, key = request.headers.get("authorization"), request.headers.get("x-api-key")
        if bearer is not None and key is not None:
            raise Problem(400, "send either Authorization or x-api-key, not both")
        given = bearer.removeprefix("Bearer ") if bearer and bearer.startswith("Bearer ") else key
        if given is None or not hmac.compare_digest(given.encode(), self.key.encode()):
            raise Problem(401, "invalid x-api-key")
        version = request.headers.get("anthropic-version")
        if version not in VERSIONS:
            raise Problem(400, f"anthropic-version: {version!r} is not one of {', '.join(VERSIONS)}")
        if "anthropic-beta" in request.headers:
            raise Problem(400, "anthropic-beta: nothing that is rehearsed here is a beta")
        if request.query:
            raise Problem(400, "there is no parameter in the address")

    def _answer(self, request: Request, endpoint: str, asked: Asked) -> Reply:
        if not endpoint:
            raise Problem(404, f"{request.method} {request.path} is not rehearsed")
        if endpoint.startswith("GET"):
            return _reply(self._model(unquote(request.path.removeprefix("/v1/models/"))).content)
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Problem(400, "content-type must be application/json")
        try:
            body = Create.model_validate_json(request.read())
            asked.body = body.model_dump(by_alias=True, exclude_unset=True)
            asked.question = understood(body.prompt)
        except ValidationError as error:
            first: Any = error.errors(include_url=False, include_context=False)[0]
            raise Problem(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        except ValueError as error:
            raise Problem(400, str(error)) from None
        if self._model(body.model).lifecycle == "retired":
            raise Problem(404, f"model: {body.model}")
        if body.thinking and body.thinking.type == "disabled" and not body.model.startswith("claude-haiku"):
            raise Problem(400, "thinking.type: disabled is not supported by this model")
        return _reply(self._message(body, asked))

    def _look(self, request: Request, asked: Asked) -> None:
        """Note what was asked, though it is not answered."""
        try:
            body = Create.model_validate_json(request.read())
            asked.body = body.model_dump(by_alias=True, exclude_unset=True)
            asked.question = understood(body.prompt)
        except ValueError as error:
            self.refused.append(f"{request.method} {request.path}: {error}")

    def _model(self, name: str) -> Model:
        if name not in self.models:
            raise Problem(404, f"model: {name}")
        return self.models[name]

    def _message(self, body: Create, asked: Asked) -> dict[str, Any]:
        """Have the model write, and charge it."""
        assert asked.question
        answer = self.writer(asked.question)
        trouble = self._struck("answer")
        form = body.output_config.format if body.output_config else None
        if form and not trouble and not fits(answer, form.schema_):
            raise AssertionError(f"the scripted writer does not keep to the schema: {answer!r}")
        text, stop, details = spoiled(trouble, answer)
        out = tokens(text) + THINKS
        if out > body.max_tokens and stop == "end_turn":
            text, stop, out = text[: max(body.max_tokens - THINKS, 0) * 4], "max_tokens", body.max_tokens
        usage = self._usage(body, out)
        asked.tokens, asked.usd = usage, self._price(body.model, usage)
        thought = {"type": "thinking", "thinking": "", "signature": secrets.token_hex(16)}
        said = [{"type": "text", "text": text, "citations": None}] if text else []
        return {
            "id": f"msg_{secrets.token_hex(12)}", "type": "message", "role": "assistant", "model": body.model,
            "content": [thought, *said], "stop_reason": stop, "stop_sequence": None, "stop_details": details,
            "usage": {
                "service_tier": "standard", **usage, "output_tokens_details": {"thinking_tokens": THINKS},
            },
        }  # fmt: skip

    def _usage(self, body: Create, out: int) -> dict[str, int]:
        system, rest = tokens(body.instructions), tokens(body.prompt)
        usage = {"input_tokens": rest, "output_tokens": out}
        known = (body.model, body.instructions)
        if not body.caches or system < CACHEABLE:
            usage["input_tokens"] += system
            return usage | {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        name = "cache_read_input_tokens" if known in self._cached else "cache_creation_input_tokens"
        self._cached.add(known)
        return {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, **usage, name: system}

    def _price(self, model: str, usage: dict[str, int]) -> float:
        read, written = PRICES.get(model, (0.0, 0.0))
        weighed = usage["input_tokens"] + usage["cache_creation_input_tokens"] * WRITE
        weighed += usage["cache_read_input_tokens"] * READ
        return round((weighed * read + usage["output_tokens"] * written) / 1e6, 6)


def tokens(text: str) -> int:
    """Return about how many tokens *text* has, for want of the real tokenizer: three characters make one."""
    return math.ceil(len(text) / 3)


def _reply(content: Any) -> Reply:
    return Reply(200, JSON, json.dumps(content, ensure_ascii=False).encode())
