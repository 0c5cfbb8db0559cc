"""How requests that ask for something are taken in: so large, so fast, so often; and what they are answered."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from aiohttp import web

from broadcast.begun import options
from broadcast.clock import surprise
from broadcast.desk import Wish
from broadcast.errors import Unavailable, Unwritten
from broadcast.journal.runs import name
from broadcast.schedule import coming
from broadcast.show import Show
from broadcast.signed import Denied

from .watch import Watch

log = logging.getLogger(__name__)

READ_SECONDS = 10.0  #: for a whole body to come
CHUNK = 65_536  #: bytes that are looked at at once
SOON = timedelta(minutes=20)  #: slots of a schedule are kept free for so long ahead

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answered(handler: Handler) -> Handler:
    """Have *handler* answer in JSON whatever is wrong with a request."""

    async def safe(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Denied as error:
            return refusal(error.status, str(error))
        except Unavailable as error:
            return refusal(429, str(error), headers={"Retry-After": f"{error.retry_after or 60:.0f}"})
        except Unwritten as error:
            log.error("%s", error)
            return refusal(503, "nothing can be written down now: ask again later", headers={"Retry-After": "30"})

        except web.HTTPException:
            raise
        except Exception as error:  # whatever it is, it is told to nobody outside
            what = handler.__qualname__  # a path may hold a token
            log.error("%s", surprise(what, error))
            log.debug("%s", what, exc_info=True)
            return refusal(500, "something went wrong here")

    return safe


def refusal(status: int, words: str, headers: Mapping[str, str] | None = None) -> web.Response:
    answer = web.json_response({"error": words}, status=status, headers=headers)
    if status in (408, 413):
        answer.force_close()  # the rest of the body may still be on its way
    return answer


async def body(request: web.Request, limit: int) -> bytes:
    """Return the body as it was sent. Raises `Denied` where it is larger than *limit* bytes, packed, or slow."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Denied(415, "the body is packed: send it as it is")
    if (request.content_length or 0) > limit:
        raise Denied(413, f"the body is larger than {limit} bytes")
    data = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise Denied(413, f"the body is larger than {limit} bytes")
    except TimeoutError:
        raise Denied(408, f"the body did not come within {READ_SECONDS:g} s") from None
    except web.HTTPException:
        raise
    except (ValueError, OSError):
        raise Denied(400, "the body cannot be read") from None
    return bytes(data)


def headers(request: web.Request) -> dict[str, str]:
    """Return the headers by their names in lower case."""
    return {key.lower(): value for key, value in request.headers.items()}


class Rates:
    """How often something was let through within the last minute, by name."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._seen = now, dict[str, list[datetime]]()

    def spend(self, name: str, most: int) -> None:
        """Let *name* through. Raises `Unavailable` where *most* were within a minute."""
        now, minute = self._now(), timedelta(minutes=1)
        recent = [at for at in self._seen.get(name, ()) if timedelta(0) <= now - at < minute]
        if len(recent) >= most:
            wait = (recent[0] + minute - now).total_seconds()
            raise Unavailable(f"more than {most} a minute", retry_after=max(wait, 1.0))
        self._seen[name] = [*recent, now]

    def allow(self, name: str, most: int) -> bool:
        """Return whether *name* may be let through, and let it."""
        try:
            self.spend(name, most)
        except Unavailable:
            return False
        return True


class Seen:
    """What was seen lately, *most* of it."""

    def __init__(self, most: int = 10_000) -> None:
        self._most, self._known = most, OrderedDict[str, None]()

    def before(self, keys: Sequence[str]) -> bool:
        """Return whether any of *keys* was seen before; all of them are, from now on."""
        found = any(key in self._known for key in keys)
        for key in keys:
            self._known[key] = None
            self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found


async def accept(
    watch: Watch, show: Show, wish: Wish, keys: Sequence[str], *, slot: datetime | None = None
) -> web.Response:
    """Have *show* aired, and answer where its run is found: 202 for a new one, 200 for one that is known."""
    station = watch.station
    now = station.clock.now()
    due = takewhile(lambda at: at < now + SOON, coming(show.schedules, now - timedelta(seconds=1)))
    at, new = await station.calls.accept(
        show.name, keys, options=options(wish), grace=show.grace, slot=slot, taken=frozenset(due)
    )
    id = name(show.name, at)
    if new:
        log.info("%s was asked for", id)
        watch.call(show.name, at)
    return found(watch, id, new)


def found(watch: Watch, id: str, new: bool) -> web.Response:
    """Answer where the run *id* is found."""
    address = f"{watch.station.settings.broadcast_public_url.rstrip('/')}/runs/{id}"
    told: dict[str, Any] = {"run": id, "url": address, "new": new}
    return web.json_response(told, status=202 if new else 200, headers={"Location": address})
