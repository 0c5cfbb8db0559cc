"""What a process that keeps watch answers on its port: is it alive, is it ready, and its numbers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from broadcast.errors import ConfigError, Unwritten

from .watch import Watch

ANSWER_SECONDS = 5.0  #: for the journal to say that it can be written
STALE_SECONDS = 60.0  #: a watch that has not looked at its shows for so long is not alive
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Door:
    """Three pages about a watch. None of them changes anything."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    @contextlib.asynccontextmanager
    async def open(self, host: str, port: int) -> AsyncIterator[str]:
        """Answer on *port* of *host* until the end of the block. Gives the address."""
        app = web.Application()
        for page in (self.live, self.ready, self.metrics):
            app.router.add_get(f"/{page.__name__}", page)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
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

    async def live(self, request: web.Request) -> web.Response:
        """Say whether the watch still goes its rounds: where it does not, a restart helps."""
        alive = self._watch.since_last_look() <= STALE_SECONDS
        return web.json_response({"live": alive}, status=200 if alive else 503)

    async def ready(self, request: web.Request) -> web.Response:
        """Say whether shows can be aired: the configuration was read, and the journal can be written."""
        wrong = await self._wrong()
        shelf = self._watch.shelf
        told = {"ready": not wrong, "wrong": wrong, "shows": sorted(shelf.shows), "broken": sorted(shelf.broken)}
        return web.json_response(told, status=503 if wrong else 200)

    async def metrics(self, request: web.Request) -> web.Response:
        self._watch.measure()
        return web.Response(body=self._watch.gauges.text().encode(), headers={"Content-Type": PROMETHEUS})

    async def _wrong(self) -> str:
        if self._watch.station.ending():
            return "it was asked to end"
        if not self._watch.rounds:
            return "it has not read its shows yet"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._watch.prove_writable()
        except TimeoutError:
            return f"the journal gave no answer within {ANSWER_SECONDS:g} s"
        except Unwritten as error:
            return str(error)
        return ""
