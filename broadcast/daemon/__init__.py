"""`broadcast serve`: a process that airs every show at its time, until it is asked to end."""

import asyncio
import logging
import os
import signal
import threading

from broadcast.logs import Redact
from broadcast.runner import on_duty
from broadcast.settings import Settings

from .door import Door, Furnish
from .ears import Ears
from .shelf import Shelf
from .watch import Watch

__all__ = ["serve"]

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
    furnish: Furnish | None = None,
) -> None:
    """Keep watch until SIGTERM or SIGINT. SIGHUP has every show read anew. Raises `ConfigError`.

    *furnish* adds pages to those that it answers with.
    """
    async with on_duty(known) as station:
        watch = Watch(station, Shelf(known, redact, only), concurrent=concurrent)

        def end() -> None:
            resort = threading.Timer(LAST_RESORT_SECONDS, os._exit, (1,))  # should even the ending hang
            resort.daemon = True
            resort.start()
            watch.end()

        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, end)
        loop.add_signal_handler(signal.SIGHUP, watch.reload)
        async with Door(watch, furnish).open(host, port) as address:
            log.info("keeping watch; %s/metrics", address)
            listening = asyncio.ensure_future(Ears(watch.station, lambda: watch.shelf.shows, watch.wake).keep())
            try:
                await watch.keep()
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    log.info("ended")
