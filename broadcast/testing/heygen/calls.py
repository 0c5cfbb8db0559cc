"""One call of an endpoint, as its answer is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from broadcast.testing.wire import Request

from .paging import Query
from .troubles import Problem

if TYPE_CHECKING:
    from .account import Account

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Asked:
    """One request, as it came, and the status of what was answered: 0 where there was no answer."""

    endpoint: str  #: "GET /v3/videos/{video_id}", or the method and path of what is no endpoint
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)  #: names in lower case
    at: datetime
    status: int = 0


@dataclass(frozen=True)
class Call:
    """A request that has passed the door."""

    heygen: "Account"
    request: Request
    id: str  #: what the path names, or ""
    query: Query
    now: datetime

    def body(self, model: type[M]) -> M:
        """Return the body as a *model*, or raise what the service answers where it is none."""
        return self.one_of(TypeAdapter(model))

    def one_of(self, adapter: TypeAdapter[M]) -> M:
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise Problem(400, "invalid_parameter", f"Content-Type is {kind!r}, not application/json")
        if self.request.size > 48_000_000:
            raise Problem(413, "payload_too_large", "The body is too large")
        try:
            return adapter.validate_json(self.request.read())
        except ValidationError as error:
            raise refused(error) from None


def refused(error: ValidationError) -> Problem:
    first: Any = error.errors(include_url=False, include_context=False)[0]
    arm, *rest = first["loc"] or ("",)
    named = rest if rest and arm in ("avatar", "image") else first["loc"]  # the arm of a union is no part of a body
    param = ".".join(str(part) for part in named)
    return Problem(400, "invalid_parameter", f"{param or 'body'}: {first['msg']}", param or None)
