"""A town whose renderer is a HeyGen of our own, and a web that pictures come from. Nothing leaves the machine."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airing import Town

from broadcast.http import Client
from broadcast.http.guard import addresses
from broadcast.reporting import exit_code
from broadcast.testing import FakeClock, HeyGen, detour
from broadcast.testing.wire import Host, Raw, Reply, Request
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
PATIENT = 30  #: seconds for an answer: a busy machine needs some
IMPATIENT = {"read_seconds": 2, "write_seconds": 2}  #: where none comes
PUBLIC = "93.184.216.34"  #: what names under `.test` resolve to


class Abroad(Host):
    """The web outside, as content may name it: `http://pictures.test/<path>`."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Reply | Raw | None] = {}  #: None: it hangs
        self.asked: list[Request] = []

    async def respond(self, request: Request) -> Reply | Raw:
        self.asked.append(request)
        reply = self.pages.get(request.path, Reply(404))
        if reply is None:
            await asyncio.sleep(3600)
        return reply or Raw()

    def put(self, path: str, body: bytes, status: int = 200) -> str:
        self.pages[path] = Reply(status, {}, body)
        return f"http://pictures.test{path}"

    def client(self, clock: FakeClock) -> Client:
        return Client(clock, network=detour(self.route), resolve=resolve)

    def route(self, host: str, port: int) -> tuple[str, int]:
        """Lead the public address of the names under `.test` to this server, and loopback to loopback."""
        if host == PUBLIC:
            return "127.0.0.1", self.port
        assert host in ("127.0.0.1", "::1", "localhost"), f"{host} is not on this machine"
        return "127.0.0.1", port


async def resolve(host: str, port: int) -> Sequence[str]:
    return [PUBLIC] if host.endswith(".test") else await addresses(host, port)


def limits(what: Any) -> dict[str, Any]:
    """Return how long to wait for an answer where *what* goes wrong."""
    return IMPATIENT if what == "hang" else {}


class Studio:
    """A town whose renderer is HeyGen, both on one clock."""

    def __init__(self, town: Town, heygen: HeyGen, clock: FakeClock, abroad: Abroad) -> None:
        self.town, self.heygen, self.clock, self.abroad = town, heygen, clock, abroad

    async def air(self, **wishes: Any) -> Report:
        report = await self.town.air(SLOT, clock=self.clock, http=self.abroad.client(self.clock), **wishes)
        assert len(self.heygen.renders) <= 1 or wishes.get("jobs"), "paid more than once"
        return report

    async def until_it_ends(self, calls: int = 4) -> Report:
        """Call again as a cron job would, until nothing waits."""
        for _ in range(calls):
            report = await self.air()
            if exit_code(report) != 4:
                break
            await self.clock.sleep(600)
        return report


@asynccontextmanager
async def studio(folder: Path, **settings: Any) -> AsyncIterator[Studio]:
    clock = FakeClock(SLOT + timedelta(seconds=5))
    async with HeyGen(clock=clock) as heygen, Abroad() as abroad:
        heygen.render_seconds = 300
        town = Town(folder)
        town.tree["renderer"] = {
            "use": "heygen",
            "key": heygen.key,
            "base": heygen.url,
            "read_seconds": PATIENT,
            "write_seconds": PATIENT,
            **settings,
        }
        yield Studio(town, heygen, clock, abroad)
        assert [] == heygen.refused, "the client made a mistake"
