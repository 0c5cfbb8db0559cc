"""HTTP/1.1 on a port of 127.0.0.1, as small as it can be: what every server of `broadcast.testing` stands on."""

import asyncio
import socket
import struct
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import IO, Self
from urllib.parse import parse_qsl

CHUNK = 65_536  #: bytes moved at a time
HELD = 1 << 20  #: bytes of a request's body that are held in memory; longer ones go to the disk


@dataclass(frozen=True)
class Request:
    """One request, read to its end."""

    method: str
    target: str  #: as it was asked, with its query
    headers: Mapping[str, str]  #: names in lower case
    body: IO[bytes]
    size: int  #: bytes of the body

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def read(self) -> bytes:
        """Return all of the body."""
        self.body.seek(0)
        return self.body.read()


@dataclass(frozen=True)
class Reply:
    """What is answered. A body that is not bytes is closed by the connection's end, unless its length is given."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""
    close: bool = False  #: nothing more is answered on this connection


@dataclass(frozen=True)
class Raw:
    """Bytes for the wire just as they are, and then its end; an abrupt one with *reset*. Without bytes: a drop."""

    pieces: AsyncIterator[bytes] | None = None
    reset: bool = False


class Host:
    """Listens, and asks `respond` for every answer. `async with` shares the running loop, `with` has a thread."""

    def __init__(self) -> None:
        self.port = 0
        self.crashes: list[BaseException] = []  #: errors of our own, raised again at the end of the block
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def respond(self, request: Request) -> Reply | Raw:
        raise NotImplementedError

    async def early(self, request: Request) -> Reply | Raw | None:
        """Answer, or wait, before the body is read; None: it is read. After an answer the connection ends."""
        return None

    # --- opening and closing

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server
        self._server.close()
        left = dict(self._tasks)
        for task, writer in left.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)  # lets the sockets close
        if self.crashes:
            raise self.crashes[0]

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self.__aenter__(), self._loop).result(10)

    def __exit__(self, *error: object) -> None:
        assert self._loop
        assert self._thread
        try:
            asyncio.run_coroutine_threadsafe(self.__aexit__(), self._loop).result(10)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    # --- serving

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks[task] = writer
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task).close()
        if not task.cancelled() and (error := task.exception()):
            self.crashes.append(error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        more = True
        while more:
            with tempfile.SpooledTemporaryFile(HELD) as body:
                try:
                    request = await opened(reader, body)
                    if hasty := await self.early(request):
                        await sent(hasty, writer)
                        return
                    request = await filled(request, reader)
                except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                    return  # the client may leave whenever it likes, and what is not HTTP gets no answer
                reply = await self.respond(request)
            try:
                more = await sent(reply, writer) and request.headers.get("connection") != "close"
            except OSError:
                return


async def opened(reader: asyncio.StreamReader, body: IO[bytes]) -> Request:
    """Read the head of one request, whose body is to go into *body*."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    return Request(method, target, headers, body, 0)


async def filled(request: Request, reader: asyncio.StreamReader) -> Request:
    """Read the body of *request*."""
    size = 0
    if request.headers.get("transfer-encoding", "").lower() == "chunked":
        while length := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            size += await _copied(reader, request.body, length)
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers say nothing that is needed here
    else:
        size = await _copied(reader, request.body, int(request.headers.get("content-length", "0")))
    return replace(request, size=size)


async def _copied(reader: asyncio.StreamReader, body: IO[bytes], length: int) -> int:
    left = length
    while left:
        piece = await reader.read(min(left, CHUNK))
        if not piece:
            raise EOFError
        body.write(piece)
        left -= len(piece)
    return length


async def sent(reply: Reply | Raw, writer: asyncio.StreamWriter) -> bool:
    """Write *reply*; return whether another request may follow it."""
    if isinstance(reply, Raw):
        if reply.pieces is not None:
            async for piece in reply.pieces:
                writer.write(piece)
                await writer.drain()
        if reply.reset:
            abruptly = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abruptly)
            writer.transport.abort()
        return False
    headers = dict(reply.headers)
    if isinstance(reply.body, bytes):
        headers.setdefault("Content-Length", str(len(reply.body)))
    writer.write(head(reply.status, headers))
    if isinstance(reply.body, bytes):
        for at in range(0, len(reply.body), CHUNK):
            writer.write(reply.body[at : at + CHUNK])
            await writer.drain()
    else:
        async for piece in reply.body:
            writer.write(piece)
            await writer.drain()
    await writer.drain()
    return not reply.close and "Content-Length" in headers


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # a status of a service's own, as 529
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")
