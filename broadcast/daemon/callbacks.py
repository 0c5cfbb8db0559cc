"""`/callbacks/heygen`: a renderer's service says that a job is over, and the run that waits for it looks at once.

The run looks for itself, so what is said here decides nothing. Where it waits in another process, as with workers,
word is left for that one. Where nobody waits for it the answer is all the same "thank you": whoever sends it again
for a day can mend nothing.
"""

import json
import logging
from collections.abc import Iterator

from aiohttp import web

from broadcast.heygen import callbacks
from broadcast.plugins import CallsBack
from broadcast.signed import Denied
from broadcast.webhooks import digest

from .reception import Seen, answered, body, headers
from .watch import Watch

log = logging.getLogger(__name__)

LIMIT = 64_000  #: bytes
TOKEN = 1_000  #: characters


class Callbacks:
    """Wakes runs that wait for a render."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._seen = watch, Seen()

    def add_to(self, router: web.UrlDispatcher) -> None:
        for path in (f"/{callbacks.PATH}", f"/{callbacks.PATH}/{{show}}/{{token}}"):
            router.add_get(path, self.reached)
            router.add_route("OPTIONS", path, self.reached)
        router.add_post(f"/{callbacks.PATH}", answered(self.told))
        router.add_post(f"/{callbacks.PATH}/{{show}}/{{token}}", answered(self.called))

    async def reached(self, request: web.Request) -> web.Response:
        """Answer whoever wants to know whether there is anybody before an endpoint is registered."""
        return web.json_response({})

    async def told(self, request: web.Request) -> web.Response:
        """Hear of an event at the registered endpoint."""
        secret = self._watch.station.settings.heygen_webhook_secret
        if secret is None or not secret.get_secret_value():
            raise Denied(403, "HEYGEN_WEBHOOK_SECRET is not set: `broadcast heygen webhooks add` prints one")
        sent = await body(request, LIMIT)
        event = callbacks.event(secret.get_secret_value(), headers(request), sent, self._watch.station.clock.now())
        if self._seen.before(event.keys):
            return web.json_response({"woken": []})
        here = list(self._waiting_for(event.ids))
        return await self._woken(here or await self._watch.station.knocks.waiting_for(event.ids))

    async def called(self, request: web.Request) -> web.Response:
        """Hear of one job at an address that was made for it."""
        show = self._watch.shelf.shows.get(request.match_info["show"])
        token = request.match_info["token"][:TOKEN]
        ways = [way for edition in (show.editions if show else ()) for way in edition.ways]
        known = (way.renderer.meant(token) for way in ways if isinstance(way.renderer, CallsBack))
        run = next(filter(None, known), None)
        if show is None or run is None or not run.startswith(f"{show.name}@"):
            raise Denied(404, "this address was not made here")
        await body(request, LIMIT)  # it says nothing that a look would not tell better
        if self._seen.before([digest(token)]):
            return web.json_response({"woken": []})
        return await self._woken([run])

    def _waiting_for(self, jobs: tuple[str, ...]) -> Iterator[str]:
        """Yield the runs that this process airs and that asked for one of *jobs*."""
        quoted = [json.dumps(job) for job in jobs]
        for id, run in self._watch.station.airing.items():
            asked = (item.result or "" for item in run.under("submit/") if item.done)
            if any(job in result for result in asked for job in quoted):
                yield id

    async def _woken(self, runs: list[str]) -> web.Response:
        here = self._watch.station.airing
        woken = [run for run in runs if run in here and self._watch.crew.wake(run)]
        for run in woken:
            log.info("%s is called back: it looks", run)
        await self._watch.station.knocks.leave(run for run in runs if run not in woken)
        return web.json_response({"woken": woken})
