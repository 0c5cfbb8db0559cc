"""What a browser saves: the ledger as a table, and the bundle of a run. Both are sent as they are made."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

from broadcast.bundle import making, packing

from . import costs
from .house import Asked, House
from .told import found

ABREAST = 2  #: bundles that are gathered at once: each is some work, and some memory


@dataclass(frozen=True)
class Saved:
    """A file under way: its name, what kind it is, and its pieces."""

    name: str
    kind: str
    pieces: AsyncIterator[bytes]

    async def sent(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        """Send it, with *headers*."""
        named = {"Content-Type": self.kind, "Content-Disposition": f'attachment; filename="{self.name}"'}
        answer = web.StreamResponse(headers={**headers, **named})
        await answer.prepare(request)
        async for piece in self.pieces:
            await answer.write(piece)
        await answer.write_eof()
        return answer


@dataclass(frozen=True)
class Saving:
    """Makes the files of *house*."""

    house: House
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ABREAST))

    async def ledger(self, asked: Asked) -> Saved:
        """Return the ledger of the month and the show that are asked for. Raises `Missing`."""
        span = await costs.spanned(self.house, asked)

        async def pieces() -> AsyncIterator[bytes]:
            async for line in costs.ledger(self.house, span):
                yield self.house.redact.text(line).encode()

        return Saved(f"costs-{span.show or 'all'}-{span.first:%Y-%m}.csv", "text/csv; charset=utf-8", pieces())

    async def bundle(self, asked: Asked) -> Saved:
        """Return the bundle of a run, with its videos where the query says so. Raises `Missing`."""
        id = asked.path["run"]
        await found(self.house, id)
        show = self.house.shelf.shows.get(id.rpartition("@")[0])
        videos = "video" in asked.query
        async with self._places:
            made = await making.bundle(self.house.station, show, id, self.house.redact, videos=videos)

        async def pieces() -> AsyncIterator[bytes]:
            packed = packing.packed(made.members)
            while (piece := await asyncio.to_thread(next, packed, None)) is not None:
                if piece:
                    yield piece

        return Saved(made.file_name, "application/zip", pieces())
