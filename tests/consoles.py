"""A console on a real socket, over the journal of a town."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from airing import Town
from watching import until

from broadcast import runner
from broadcast.console.access import Access
from broadcast.console.house import House
from broadcast.console.reading import Reading
from broadcast.console.rooms import FORM_BYTES, Rooms
from broadcast.console.serving import _air
from broadcast.daemon.crew import Crew
from broadcast.daemon.door import listening
from broadcast.daemon.shelf import Shelf
from broadcast.logs import Redact
from broadcast.plugins import Clock
from broadcast.station import Station

#: Of "correct horse", with the least work that is taken: tests ask often.
HASH = "scrypt:16384:8:1:c2FsdHNhbHRzYWx0c2FsdA==:1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY="
PASSWORD = "correct horse"


def troubled(folder: Path, renderer: str, **changes: Any) -> Town:
    """Return a show of which something fails in every way that a page tells apart."""
    one = Town(folder, title="Town News", schedule={"cron": "0 13 * * *", "timezone": "Europe/Berlin"}, **changes)
    one.tree["renderer"] = one.of(renderer)
    one.tree["sources"]["dead"] = one.of("Wire", trouble="unavailable")
    one.tree["channels"] = {
        "chat": one.of("Chat"),
        "lost": one.of("Chat", to=["@gone"], trouble="refused", all=True),
        "doubt": one.of("Ask", to=["@who"], trouble="unconfirmed-after", answer="unconfirmed"),
    }
    one.file()
    return one


@dataclass
class Console:
    """The console, a browser of a simple kind, and what both work with."""

    address: str
    session: aiohttp.ClientSession
    station: Station
    house: House
    access: Access

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.address + path, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def data(self, path: str) -> Any:
        async with self.session.get(f"{self.address}{path}") as answer:
            assert 200 == answer.status, await answer.text()
            return await answer.json()

    async def post(self, path: str, token: str | None = None, **fields: str) -> tuple[int, str]:
        """Send a form as its page has it. Returns the status, and where it leads or what it says."""
        if token is None:
            status, page = await self.get(path)
            assert 200 == status, page
            token = re.findall(r'name="token" value="([^"]+)"', page)[-1]
        form = {"token": token, **fields}
        async with self.session.post(self.address + path, data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def settled(self) -> None:
        """Wait until the crew has done what it was asked for."""
        await until(lambda: not self.house.crew.left(), "the crew does not end")


@contextlib.asynccontextmanager
async def serving(
    town: Town,
    *,
    host: str = "127.0.0.1",
    clock: Clock | None = None,
    only: frozenset[str] = frozenset(),
    **settings: Any,
) -> AsyncIterator[Console]:
    known = town.settings.model_copy(update={f"broadcast_console_{name}": one for name, one in settings.items()})
    async with runner.on_duty(known, clock=clock) as station:
        shelf, crew, redact = (
            Shelf(known, Redact(()), only),
            Crew(station.clock, 8),
            Redact(("hunter2-is-a-secret",)),
        )
        if known.broadcast_config_dir.is_dir():
            shelf.look(now=True)

        def air(show: str, slot: datetime) -> None:
            _air(house, show, slot)

        house = House(station, shelf, crew, redact, air, Reading(station), air)
        access = Access(known, host, lambda: station.clock.now().timestamp())
        app = web.Application(client_max_size=FORM_BYTES)
        Rooms(house, access).mount(app)
        jar = aiohttp.CookieJar(unsafe=True)
        async with listening(app, "127.0.0.1", 0) as address, aiohttp.ClientSession(cookie_jar=jar) as session:
            yield Console(address, session, station, house, access)
        crew.end()
        await crew.wind_down(station.airing)
