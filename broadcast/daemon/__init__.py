"""`broadcast serve`: a process that airs every show at its time, or has workers do it, until it is asked to end."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable

from aiohttp import web

from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.station import on_duty

from .answering import Answering
from .api import Api
from .attempt import Attempt, attempt
from .callbacks import Callbacks
from .door import Door, Furnish
from .duty import Duty
from .ears import Ears
from .hooks import Hooks
from .shelf import Shelf
from .watch import Watch

__all__ = ["leave_alone_what_is_there", "on_signals", "serve", "taking_in"]

log = logging.getLogger(__name__)

LAST_RESORT_SECONDS = 29.0  #: after a signal; whoever sent it often kills after 30


async def serve(
    known: Settings,
    redact: Redact,
    *,
    host: str,
    port: int,
    only: frozenset[str],
    concurrent: int,
    queue: bool = False,
    furnish: Callable[[Watch], Furnish | None] | None = None,
) -> None:
    """Keep watch until SIGTERM or SIGINT. SIGHUP has every show read anew. With *queue* workers air what is due.

    *furnish* gives what adds the console to the pages that it answers with, where there may be one. Raises
    `ConfigError`.
    """
    if queue:
        from broadcast.queue import demand

        demand(known.database_url)
    async with on_duty(known) as station, contextlib.AsyncExitStack() as stack:
        air: Attempt = attempt
        if queue:  # what a daemon by itself needs none of, and imports none of
            from broadcast.queue.jobs import Queue
            from broadcast.queue.schema import bring_up_to_date

            from .handing import handing_over

            await asyncio.to_thread(bring_up_to_date, known.database_url)
            air = handing_over(await stack.enter_async_context(Queue(known.database_url).opened()))
        watch = Watch(station, Shelf(known, redact, only), concurrent=concurrent, air=air)
        on_signals(watch)
        leave_alone_what_is_there(watch)
        console = furnish(watch) if furnish else None
        more = (console,) if console else ()
        async with Door(watch, *taking_in(watch, *more)).open(host, port) as address:
            log.info("keeping watch; %s/metrics", address)
            if console:
                log.info("the console is at %s", address)
            listening = asyncio.ensure_future(Ears(watch.station, lambda: watch.shelf.shows, watch.wake).keep())
            try:
                await watch.keep()
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    log.info("ended")


def taking_in(watch: Watch, *more: Furnish) -> tuple[Furnish, ...]:
    """Return what may be asked of *watch* from outside: hooks, calls, callbacks, answers, and *more* pages."""
    api = Api(watch)

    def first(app: web.Application) -> None:
        for desk in (Hooks(watch), api, Callbacks(watch)):
            desk.add_to(app.router)
        Answering(watch.station, lambda: watch.shelf.shows, watch.wake).mount(app)
        app.middlewares.append(api.with_token())

    return first, *more, lambda app: api.add_last(app.router)


def leave_alone_what_is_there(duty: Duty) -> None:
    """Have the collector of garbage pass over what this process imported, and will not let go of.

    To look through it takes a tenth of a second, in which nothing else is done.
    """
    duty.when_steady(gc.freeze)


def on_signals(duty: Duty) -> None:
    """Have *duty* end on SIGTERM and SIGINT, within 30 s whatever happens, and read its shows anew on SIGHUP."""

    def end() -> None:
        resort = threading.Timer(LAST_RESORT_SECONDS, os._exit, (1,))  # should even the ending hang
        resort.daemon = True
        resort.start()
        duty.end()

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, end)
    loop.add_signal_handler(signal.SIGHUP, duty.reload)
