"""How the console is served: with the daemon, or alone."""

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from broadcast import reporting, runner
from broadcast.clock import surprise
from broadcast.daemon.answering import Answering
from broadcast.daemon.crew import Crew
from broadcast.daemon.door import Furnish, listening
from broadcast.daemon.ears import Ears
from broadcast.daemon.shelf import Shelf
from broadcast.daemon.watch import Watch
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.runs import name
from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.station import on_duty

from .access import Access
from .house import House
from .reading import Reading
from .rooms import FORM_BYTES, Rooms

log = logging.getLogger(__name__)

SHELF_SECONDS = 2.0  #: between looks at the files of the shows


def furnishing(known: Settings, redact: Redact, host: str) -> Callable[[Watch], Furnish | None]:
    """Return what adds the console to the pages of a daemon on *host*; where nobody may enter, it says so."""

    def furnish(watch: Watch) -> Furnish | None:
        station = watch.station
        access = Access(known, host, lambda: station.clock.now().timestamp())
        if not access.possible:
            log.warning(
                "no console on %s: set BROADCAST_CONSOLE_PASSWORD_HASH (`broadcast console --hash-password`)", host
            )
            return None
        house = House(station, watch.shelf, watch.crew, redact, watch.air, Reading(station), watch.wake)
        return Rooms(house, access).mount

    return furnish


async def serve(known: Settings, redact: Redact, *, host: str, port: int) -> None:
    """Serve the console over a database that is there, until SIGTERM or SIGINT. Raises `ConfigError`."""
    _there(known)
    async with on_duty(known) as station:
        access = Access(known, host, lambda: station.clock.now().timestamp())
        access.demand()
        crew, shelf = Crew(station.clock, places=8), Shelf(known, redact)

        def air(show: str, slot: datetime) -> None:
            _air(house, show, slot)

        def wake(show: str, slot: datetime) -> bool:
            idle = not crew.has(name(show, slot))
            if idle:
                _air(house, show, slot)
            return idle

        house = House(station, shelf, crew, redact, air, Reading(station), wake)
        looking = asyncio.ensure_future(_look(shelf, known))
        hearing = asyncio.ensure_future(Ears(station, lambda: shelf.shows, wake, others=False).keep())
        ending = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, ending.set)
        app = web.Application(client_max_size=FORM_BYTES)
        Answering(station, lambda: shelf.shows, wake).mount(app)
        Rooms(house, access).mount(app)
        try:
            async with listening(app, host, port) as address:
                log.info("the console is at %s", address)
                await ending.wait()
        finally:
            looking.cancel()
            hearing.cancel()
            await asyncio.gather(looking, hearing, return_exceptions=True)
            crew.end()
            await crew.wind_down(station.airing)


def _there(known: Settings) -> None:
    """Raise `ConfigError` where there is no journal to look at. SQLite would make an empty one."""
    url = known.database_url
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not path.exists():
        raise ConfigError("there is no journal: air a show first, or see BROADCAST_DATA_DIR", where=str(path))


async def _look(shelf: Shelf, known: Settings) -> None:
    """Keep the shows as their files say them. Without files there are still the runs."""
    first = True
    while True:
        try:
            changes = await asyncio.to_thread(shelf.look, now=first)
            first = False
            for words in changes.broken.values():
                log.warning("%s", words)
        except ConfigError as error:  # there was no folder yet
            if shelf.unreadable != str(error):
                log.warning("%s; the runs are shown all the same", error)
            shelf.unreadable = str(error)
        await asyncio.sleep(SHELF_SECONDS)


def _air(house: House, show: str, slot: datetime) -> None:
    """Air *show* at *slot*. What waits for its render when patience ends is for the next call to go on with."""

    async def go() -> None:
        try:
            report = await runner.run(house.station, house.show(show), slot)
            words = f": {report.error}" if report.error else ""
            level = logging.INFO if reporting.exit_code(report) == 0 else logging.WARNING
            log.log(level, "%s: %s%s", report.run, report.status, words)
        except BroadcastError as error:
            log.error("%s", error)
        except Exception as error:
            log.error("%s", surprise(name(show, slot), error))
            log.debug("%s", show, exc_info=True)

    house.crew.begin(name(show, slot), go())
