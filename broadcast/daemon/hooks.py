"""`POST /hooks/SHOW`: somebody else's program has a show aired."""

import logging

from aiohttp import web

from broadcast.desk import Wish
from broadcast.errors import Unavailable
from broadcast.show import Show
from broadcast.signed import Denied
from broadcast.triggers import Trigger, admitted, asked

from .reception import Rates, accept, answered, body, headers
from .watch import Watch

log = logging.getLogger(__name__)

SAID = 5  #: refusals of one hook a minute that are logged: anybody may cause them
LIMIT = 1_000_000  #: bytes of a payload; larger ones would hold up the loop while they are read


class Hooks:
    """Takes in what the hooks of shows are sent."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._rates = watch, Rates(watch.station.clock.now)

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_post("/hooks/{show}", answered(self.called))
        router.add_post("/hooks/{show}/{hook}", answered(self.called))

    async def called(self, request: web.Request) -> web.Response:
        """Begin the run that a genuine delivery asks for; say of one that is known already which run it is."""
        known = self._watch.shelf.shows.get(request.match_info["show"])
        if known is None and not self._watch.begun:  # 404 would say never, and most senders would not come again
            raise Denied(503, "it has not read its shows yet: send it again in a moment")
        if known is None or not known.hooks:
            raise Denied(404, "there is no such hook")
        name, hook = _meant(known, request.match_info.get("hook"))
        try:
            return await self._let_in(request, known, name, hook)
        except (Denied, Unavailable) as error:
            self._count(known, name, "refused" if isinstance(error, Denied) else "limited")
            if self._rates.allow(f"said/{known.name}/{name}", SAID):
                log.warning("hook %s/%s: %s", known.name, name, error)
            raise

    async def _let_in(self, request: web.Request, show: Show, name: str, hook: Trigger) -> web.Response:
        now = self._watch.station.clock.now()
        delivery = admitted(hook, headers(request), await body(request, LIMIT), now)
        if delivery is None:
            self._count(show, name, "ignored")
            return web.json_response({"run": None, "ignored": True})
        self._rates.spend(f"{show.name}/{name}", hook.rate)
        wanted = asked(hook, delivery.payload, now)
        wish = Wish(stories=(wanted.story,) if wanted.story else None, fields=wanted.fields)
        answer = await accept(self._watch, show, wish, [f"hook/{name}/{key}" for key in delivery.keys])
        self._count(show, name, "accepted" if answer.status == 202 else "known")
        return answer

    def _count(self, show: Show, hook: str, outcome: str) -> None:
        self._watch.gauges.add("broadcast_calls_total", show=show.name, by=hook, outcome=outcome)


def _meant(show: Show, name: str | None) -> tuple[str, Trigger]:
    """Return the hook *name*; or, where the address says none, the only one."""
    if name is None and len(show.hooks) == 1:
        return next(iter(show.hooks.items()))
    if name is None:
        raise Denied(404, f"which hook? POST to /hooks/{show.name}/NAME")
    if name not in show.hooks:
        raise Denied(404, "there is no such hook")
    return name, show.hooks[name]
