"""What a process that keeps watch answers on its port: is it alive, is it ready, its numbers; a way to leave."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from broadcast.errors import ConfigError, Unwritten
from broadcast.forms import Form
from broadcast.page.markup import Html, tag
from broadcast.plugins import Leavable

from .duty import Duty

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0  #: for the journal to say that it can be written
STALE_SECONDS = 60.0  #: a process that has not looked at its shows for so long is not alive
WIDTH = "width=device-width, initial-scale=1"
#: Of a page that anybody may be sent to: nothing is loaded, kept, framed, or told to others.
CAREFUL = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


FORM_BYTES = 65_536  #: of anything that is posted here

Furnish = Callable[[web.Application], None]


class Door:
    """Three pages about a process that change nothing, and one by which a recipient of mail leaves a list.

    Each of *furnish* adds more behind them.
    """

    def __init__(self, duty: Duty, *furnish: Furnish) -> None:
        self._duty, self._furnish = duty, furnish

    @contextlib.asynccontextmanager
    async def open(self, host: str, port: int) -> AsyncIterator[str]:
        """Answer on *port* of *host* until the end of the block. Gives the address."""
        app = web.Application(client_max_size=FORM_BYTES)
        for page in (self.live, self.ready, self.metrics):
            app.router.add_get(f"/{page.__name__}", page)
        app.router.add_get("/unsubscribe/{show}/{channel}/{token}", self.asked)
        app.router.add_post("/unsubscribe/{show}/{channel}/{token}", self.left)
        for add in self._furnish:
            add(app)
        async with listening(app, host, port) as address:
            yield address

    async def live(self, request: web.Request) -> web.Response:
        """Say whether the process still goes its rounds: where it does not, a restart helps."""
        alive = self._duty.since_last_look() <= STALE_SECONDS
        return web.json_response({"live": alive}, status=200 if alive else 503)

    async def ready(self, request: web.Request) -> web.Response:
        """Say whether shows can be aired: the configuration was read, and the journal can be written."""
        wrong = await self._wrong()
        shelf = self._duty.shelf
        told = {"ready": not wrong, "wrong": wrong, "shows": sorted(shelf.shows), "broken": sorted(shelf.broken)}
        return web.json_response(told, status=503 if wrong else 200)

    async def metrics(self, request: web.Request) -> web.Response:
        await self._duty.measure()
        return web.Response(body=self._duty.gauges.text().encode(), headers={"Content-Type": PROMETHEUS})

    async def asked(self, request: web.Request) -> web.Response:
        """Ask whether somebody wants to leave: a program that opens every link takes nobody off."""
        button = tag("button", "Unsubscribe", type="submit")
        form = tag("form", tag("p", "You will get no more of these mails."), button, method="post")
        return _page("Unsubscribe", form)

    async def left(self, request: web.Request) -> web.Response:
        """Take somebody off a list: the button's doing, or a mail program's one click (RFC 8058)."""
        show = self._duty.shelf.shows.get(request.match_info["show"])
        channel: Any = show.channels.get(request.match_info["channel"]) if show else None
        if isinstance(channel, Form):
            channel = channel.sample()  # whom it posts to is no part of who may leave
        known = False
        try:
            if isinstance(channel, Leavable):
                known = await channel.leave(self._duty.station.clock, request.match_info["token"])
        except OSError as error:
            log.error("nobody can unsubscribe: %s", error.strerror)
            return _page("That did not work", tag("p", "Please try again later."), status=503)
        if not known:
            return _page("This link is not valid", tag("p", "Reply to the mail instead."), status=404)
        return _page("Done", tag("p", "You are unsubscribed."))

    async def _wrong(self) -> str:
        if wrong := self._duty.wrong():
            return wrong
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._duty.prove_writable()
        except TimeoutError:
            return f"the journal gave no answer within {ANSWER_SECONDS:g} s"
        except Unwritten as error:
            return str(error)
        return ""


@contextlib.asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve *app* on *port* of *host* until the end of the block. Gives the address. Raises `ConfigError`."""
    # A signature is of the bytes that were sent, so what is packed stays packed.
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0, auto_decompress=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            where, said = f"{host}:{port}", error.strerror or "is no address of this machine"
            raise ConfigError(f"cannot listen there: {said}; choose another --port", where=where) from None
        name, bound = runner.addresses[0][:2]
        yield f"http://{f'[{name}]' if ':' in name else name}:{bound}"
    finally:
        await runner.cleanup()


def _page(title: str, said: Html, status: int = 200) -> web.Response:
    head = tag(
        "head", tag("meta", charset="utf-8"), tag("meta", name="viewport", content=WIDTH), tag("title", title)
    )
    page = tag("html", head, tag("body", tag("h1", title), said), lang="en")
    return web.Response(text=f"<!doctype html>\n{page}", content_type="text/html", status=status, headers=CAREFUL)
