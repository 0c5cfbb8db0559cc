"""A web server on 127.0.0.1 that serves what a test or a rehearsal puts there, and misbehaves on demand.

    with Server() as server:                                 # in a thread; `async with` shares the running loop
        server.put("/feed.xml", rss("News", [...]), etag='"1"')
        server.put("/busy", status=503, headers={"Retry-After": "30"})
        server.put("/slow", b"never mind", fault="hang")
        ... air a show whose sources are server.url("/feed.xml") ...
        assert server.count("/feed.xml") == 1

Sockets are real, and so is what goes wrong. What it is asked is checked: a validator that the page never gave, or a
request without a host, is answered 400 and kept in `server.faults`.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .wire import Host, Raw, Reply, Request, head

#: What goes wrong while a page is sent.
#:   hang          takes the request and says nothing          drop          closes without an answer
#:   hang-body     says the headers and nothing more           drop-body     closes in the middle of the body
#:   drip          sends a byte every 20 ms                    endless       never stops sending
#:   bomb          sends 1 GB of spaces, well compressed       liar          announces more than it sends
#:   flood         sends headers without end                   gibberish     does not speak HTTP
Fault = Literal["hang", "hang-body", "drip", "bomb", "flood", "drop", "drop-body", "endless", "liar", "gibberish"]


@dataclass
class Page:
    """What is served at one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    modified: str = ""
    fault: Fault | None = None
    given: set[str] = field(default_factory=set)  #: every validator that was ever handed out


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]  #: names in lower case


class Server(Host):
    """Serves pages from memory, on a port of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []
        self.faults: list[str] = []  #: what the client did wrong

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        etag: str = "",
        modified: str = "",
        fault: Fault | None = None,
    ) -> str:
        """Serve *body* at *path* from now on, and return its address. Validators handed out before stay known."""
        if fault and fault not in get_args(Fault):
            raise ValueError(f"{fault!r} is not one of {', '.join(get_args(Fault))}")
        data = body.encode() if isinstance(body, str) else body
        given = self.pages[path].given if path in self.pages else set()
        self.pages[path] = Page(data, status, dict(headers or {}), etag, modified, fault, given)
        return self.url(path)

    def move(self, path: str, to: str, *, status: int = 302) -> str:
        """Redirect *path* to the address *to*, and return its own."""
        return self.put(path, status=status, headers={"Location": to})

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def count(self, path: str) -> int:
        """Return how often *path* was asked for."""
        return sum(asked.path == path for asked in self.asked)

    async def respond(self, request: Request) -> Reply | Raw:
        asked = Asked(request.method, request.target, request.headers)
        self.asked.append(asked)
        page = self.pages.get(asked.path) or Page(b"there is no such page", 404)
        if problem := self._problem(asked, page):
            self.faults.append(f"{asked.method} {asked.path}: {problem}")
            page = Page(problem.encode(), 400)
        return await self._answer(asked, page)

    def _problem(self, asked: Asked, page: Page) -> str:
        if asked.headers.get("host") != f"127.0.0.1:{self.port}":
            return f"the host is {asked.headers.get('host')!r}"
        for name in ("if-none-match", "if-modified-since"):
            if name in asked.headers and asked.headers[name] not in page.given:
                return f"{name} holds {asked.headers[name]!r}, which was never given"
        return ""

    async def _answer(self, asked: Asked, page: Page) -> Reply | Raw:
        fault = page.fault
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "drop":
            return Raw()
        if fault == "gibberish":
            return Raw(once(b"\x16\x03\x01 hello\r\n\r\n"))
        unchanged = page.status == 200 and (
            asked.headers["if-none-match"] == page.etag
            if page.etag and "if-none-match" in asked.headers
            else bool(page.modified) and asked.headers.get("if-modified-since") == page.modified
        )
        status = 304 if unchanged else page.status
        body = b"" if unchanged else page.body
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body)), **page.headers}
        if page.etag:
            headers["ETag"] = page.etag
        if page.modified:
            headers["Last-Modified"] = page.modified
        page.given |= {page.etag, page.modified} - {""}
        if fault == "liar":
            headers["Content-Length"] = str(len(body) + 1000)
        if fault in ("endless", "bomb"):
            del headers["Content-Length"]
        if fault == "bomb":
            headers["Content-Encoding"] = "gzip"
        if fault == "flood":
            return Raw(flood(head(status, headers)))
        return Reply(status, headers, pieces(body, fault), close=fault is not None)


async def once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def flood(start: bytes) -> AsyncIterator[bytes]:
    """Give the headers, and more of them without end."""
    yield start.removesuffix(b"\r\n")
    while True:
        yield b"X-Flood: " + b"x" * 1000 + b"\r\n"


async def pieces(body: bytes, fault: Fault | None) -> AsyncIterator[bytes]:
    """Give the body as *fault* would have it."""
    match fault:
        case "hang-body":
            yield body[: len(body) // 2]
            await asyncio.sleep(3600)
        case "drop-body":
            yield body[: len(body) // 2]
        case "drip":
            for index in range(len(body)):
                yield body[index : index + 1]
                await asyncio.sleep(0.02)
        case "endless":
            while True:
                yield body or b" " * 65536
        case "bomb":
            megabyte = gzip.compress(b" " * 1_000_000)
            for _ in range(1000):
                yield megabyte
        case _:
            for at in range(0, len(body), 65536):
                yield body[at : at + 65536]
