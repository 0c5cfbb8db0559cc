"""What goes wrong at a chat's server, on demand: before its effect or, with `after_effect`, after it.

drop, reset        the connection ends without an answer
hang               no answer comes
a status           429 with Retry-After, or 5xx and 4xx with a text that is no JSON
garbage            200 and no JSON
blank              200 and nothing
early-413, cut     at an upload: a refusal, or the end of the connection, long before all of the body was read
any other word     200 and Slack's error object with that code
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .strikes import JSON, Strike
from .wire import Host, Raw, Reply, Request

EARLY = frozenset(("early-413", "cut"))
READ = 65_536  #: bytes of an upload that are read before it is refused


@dataclass
class Trouble(Strike):
    """Something that goes wrong at a chat's server."""

    retry_after: float = 1
    body: bytes | None = None  #: in place of the usual one

    async def answer(self) -> Reply | Raw:
        """Return what is seen in place of the real answer."""
        if seen := await self.on_the_wire():
            return seen
        if isinstance(status := self.what, int):
            headers = {"Retry-After": f"{self.retry_after:g}"} if status == 429 else {}
            text = f"<html><head><title>{status}</title></head><body>upstream</body></html>".encode()
            type = "text/plain" if status == 503 else "text/html"
            return Reply(status, {"Content-Type": type, **headers}, text if self.body is None else self.body)
        return Reply(200, JSON, json.dumps({"ok": False, "error": self.what}).encode())


@dataclass
class Troubles:
    """The troubles of one server, in the order in which they were asked for."""

    places: Iterable[str]
    _waiting: list[Trouble] = field(default_factory=list)

    def add(self, where: str, what: str | int, **how: object) -> Trouble:
        if where not in self.places:
            raise ValueError(f"{where!r} is not one of {', '.join(self.places)}")
        self._waiting.append(trouble := Trouble(where, what, **how))  # type: ignore[arg-type]
        return trouble

    def struck(self, where: str) -> Trouble | None:
        """Return what goes wrong now at *where*, and count it."""
        return self._next(where, early=False)

    def early(self, where: str) -> Trouble | None:
        """Return what goes wrong before all of a body is read."""
        return self._next(where, early=True)

    def _next(self, where: str, *, early: bool) -> Trouble | None:
        for one in self._waiting:
            if one.where != where or (one.what in EARLY) != early:
                continue
            if one.strikes():
                return one
        return None


class Faulty(Host):
    """A host whose answers go wrong on demand, at the places that it has."""

    places: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__()
        self.troubles = Troubles(self.places)

    def fault(self, where: str, what: str | int, **how: Any) -> Trouble:
        """Have something go wrong at a place: see `broadcast.testing.troubles`."""
        return self.troubles.add(where, what, **how)

    def where(self, request: Request) -> str:
        """Return the place that *request* is for."""
        raise NotImplementedError

    def take(self, request: Request) -> Reply:
        """Do what *request* asks for."""
        raise NotImplementedError

    async def early(self, request: Request) -> Reply | Raw | None:
        trouble = self.troubles.early(self.where(request))
        if trouble is None:
            return None
        return Reply(413, close=True) if trouble.what == "early-413" else Raw(reset=True)

    async def respond(self, request: Request) -> Reply | Raw:
        trouble = self.troubles.struck(self.where(request))
        if trouble and not trouble.after_effect:
            return await trouble.answer()
        reply = self.take(request)
        return await trouble.answer() if trouble else reply


class Ambush:
    """Servers that answer before they have read what is sent to them."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []

    async def lay(self, what: str) -> str:
        """Return the address of one that does *what*: `early-413` or `cut`."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await reader.read(READ)
            if what == "early-413":
                writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
                writer.close()
            else:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/early"

    async def close(self) -> None:
        for server in self._servers:
            server.close()
