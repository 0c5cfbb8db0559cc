"""`POST /runs` and `GET /runs/ID`: a program with our token has shows aired, and hears what became of them."""

import logging
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from broadcast import runner
from broadcast.begun import options
from broadcast.desk import Wish
from broadcast.journal.runs import Row, name
from broadcast.logs import Redact
from broadcast.material import records
from broadcast.show import Show
from broadcast.signed import Denied
from broadcast.triggers import LONGEST_ID, bearer, decoded
from broadcast.types import Report, Story
from broadcast.webhooks import digest

from . import openapi
from .reception import Handler, Rates, accept, answered, body, found, headers
from .watch import Watch

log = logging.getLogger(__name__)

LIMIT = 1_000_000  #: bytes
RATE = 120  #: calls a minute
STORIES = 20  #: of one call
RUN = re.compile(r"/runs/[^/]+")  #: the path of one


class Called(BaseModel):
    """What a call asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    show: str = Field(description="the name of its file", max_length=64)
    stories: list[dict[str, Any]] | None = Field(
        default=None, min_length=1, max_length=STORIES, description="air just these: each with `title` and `text`"
    )
    channels: list[str] | None = Field(default=None, min_length=1, max_length=50, description="these only")
    fields: dict[str, str | float] | None = Field(
        default=None, max_length=100, description="what fills the {name}s of channels and captions"
    )
    slot: AwareDatetime | None = Field(default=None, description="the run's instant")
    now: bool = Field(default=False, description="a fresh run, whatever is unfinished")


class Api:
    """Takes calls from whoever brings `BROADCAST_API_TOKEN`."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._rates = watch, Rates(watch.station.clock.now)

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_post("/runs", answered(self.called))
        router.add_get("/openapi.json", self.document)

    def add_last(self, router: web.UrlDispatcher) -> None:
        """Add what stands behind the console's page of the same address, where there is a console."""
        router.add_get("/runs/{run}", answered(self.shown))

    def with_token(self) -> Middleware:
        """Return what answers a program that asks for a run, though the console has a page at that address."""

        @web.middleware
        async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.method == "GET" and RUN.fullmatch(request.path) and "Authorization" in request.headers:
                return await answered(self.shown)(request)
            return await handler(request)

        return ask

    async def called(self, request: web.Request) -> web.Response:
        """Have a show aired: what is unfinished of it, else a fresh run."""
        self._let_in(request)
        self._rates.spend("runs", RATE)
        given = headers(request)
        call = _read(decoded(given, await body(request, LIMIT)))
        show = self._watch.shelf.shows.get(call.show)
        if show is None:
            if not self._watch.begun:
                raise Denied(503, "it has not read its shows yet: send it again in a moment")
            raise Denied(404, f"there is no show {call.show!r}")
        wish = self._wish(show, call)
        if call.slot is None and not call.now and wish == Wish():
            left = await self._watch.station.runs.unfinished(show.name)
            if left is not None:
                self._watch.call(show.name, left.slot)
                return found(self._watch, left.id, new=False)
        key = given.get("idempotency-key", "")
        if len(key) > LONGEST_ID:
            raise Denied(400, f"Idempotency-Key has {LONGEST_ID} characters at most")
        slot = call.slot.astimezone(UTC).replace(microsecond=0) if call.slot else None
        mark = digest("call", key or uuid.uuid4().hex)
        answer = await accept(self._watch, show, wish, [f"api/{mark}"], slot=slot)
        if slot is not None and answer.status == 200:
            await self._go_on(show, slot, wish)
        outcome = "accepted" if answer.status == 202 else "known"
        self._watch.gauges.add("broadcast_calls_total", show=show.name, by="api", outcome=outcome)
        return answer

    async def shown(self, request: web.Request) -> web.Response:
        """Answer with the report of a run, as `broadcast run --json` prints it."""
        self._let_in(request)
        row = await self._watch.station.runs.find(request.path.removeprefix("/runs/"))
        if row is None:
            raise Denied(404, "there is no such run")
        report = standing(row[0], airing=row[0].id in self._watch.station.airing)
        show = self._watch.shelf.shows.get(report.show)
        redact = Redact(show.secrets if show else ())
        return web.json_response(redact.data(report.model_dump(mode="json")))

    async def document(self, request: web.Request) -> web.Response:
        """Describe all this as OpenAPI has it."""
        return web.json_response(openapi.document(Called, self._watch.station.settings.broadcast_public_url))

    async def _go_on(self, show: Show, slot: datetime, wish: Wish) -> None:
        """Have a run that is known gone on with. Raises `Denied` where it was begun for something else."""
        row = await self._watch.station.runs.find(name(show.name, slot))
        if wish != Wish() and row is not None and row[0].options != options(wish):
            raise Denied(409, f"{row[0].id} was begun for something else: name another slot")
        self._watch.call(show.name, slot)

    def _let_in(self, request: web.Request) -> None:
        token = self._watch.station.settings.broadcast_api_token
        secret = token.get_secret_value() if token else ""
        if not secret:
            raise Denied(403, "no calls are taken here: BROADCAST_API_TOKEN is not set")
        if not bearer(headers(request), secret):
            raise Denied(401, "Authorization: Bearer with BROADCAST_API_TOKEN is needed")

    def _wish(self, show: Show, call: Called) -> Wish:
        for channel in call.channels or ():
            if channel not in show.channels:
                raise Denied(422, f"{show.name} has no channel {channel!r}; there is {', '.join(show.channels)}")
        if call.fields is not None and not show.blank:
            raise Denied(422, f"{show.name} has nothing that `fields` would fill: neither hooks nor rows")
        if call.slot and not runner.FIRST_YEAR <= call.slot.year <= runner.LAST_YEAR:
            raise Denied(422, f"a slot lies between {runner.FIRST_YEAR} and {runner.LAST_YEAR}")
        if call.slot and call.now:
            raise Denied(422, "`slot` and `now` exclude each other")
        now = self._watch.station.clock.now()
        stories = (
            None if call.stories is None else tuple(_story(one, at, now) for at, one in enumerate(call.stories, 1))
        )
        return Wish(
            stories=stories,
            channels=None if call.channels is None else frozenset(call.channels),
            fields=None if call.fields is None else records.variables(call.fields),
        )


def standing(row: Row, *, airing: bool) -> Report:
    """Return the report of a run; where there is none yet, one that says how far it is. Pure."""
    if row.report is not None:
        return row.report
    if row.status is None and not row.closed:
        said = "it is being aired" if airing else "it waits for its turn"
        return Report(run=row.id, show=row.show, slot=row.slot, status="unfinished", notes=(said,))
    return runner.standing(row)


def _story(record: Any, number: int, now: datetime) -> Story:
    try:
        return records.story(record, now).model_copy(update={"source": "story"})
    except ValueError as error:
        raise Denied(422, f"story {number} {error}") from None


def _read(payload: Any) -> Called:
    try:
        return Called.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Denied(422, f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
