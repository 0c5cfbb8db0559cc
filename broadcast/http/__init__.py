"""The network: one client, every body with a limit, every wait with a deadline, every request with a label.

Here is the edge where the exceptions of HTTP libraries become ours. Addresses from the configuration may lead
anywhere. Addresses from content, and redirects to another host, reach public addresses only; that is checked when
the connection is made, so that no name server can answer twice.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakValueDictionary

import httpx

from broadcast.errors import Rejected, Unavailable, Unconfirmed
from broadcast.plugins import Clock

from .bodies import decoded
from .guard import addresses
from .headers import HARMLESS, complete, fit
from .network import CONNECT, SILENCE, Network, Resolve, certificates
from .reading import Reader, fields
from .sending import Sender, Taken
from .urls import address, bare, same_origin
from .verdicts import judge, named

BODY = 10_000_000  #: bytes of an answer, after decompression; no recorded feed comes near it
FILE = 4_000_000_000  #: bytes of a streamed file
REDIRECTS = 5
ABREAST = 2  #: requests at once that one host gets from everything that reads in this process
MOVED = frozenset((301, 302, 303, 307, 308))
FOR_GOOD = frozenset((301, 308))


@dataclass(frozen=True)
class Answer:
    """A complete answer of a server, within its byte limit."""

    status: int
    headers: Mapping[str, str]  #: names in lower case
    url: str  #: after redirects, without a user name or password
    body: bytes
    moved: bool = False  #: it was redirected, and every redirect was said to be for good: ask at `url` from now on

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the body, in hexadecimal: several want it, and it is made once."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Body:
    """The body of an answer, in chunks as it comes."""

    start: int  #: the first byte of it: not 0 where the rest of a file was asked for and is given
    chunks: AsyncIterator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.chunks


class Client:
    """The network, as plugins get it: `tools.http`. Opens nothing before the first request.

    *network* makes the connections and *resolve* finds the addresses of a host and port, for tests and
    rehearsals that must not leave the machine.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        network: Network | None = None,
        resolve: Resolve = addresses,
    ) -> None:
        self._clock = clock
        self._network, self._resolve = network or Network(), resolve
        self._ways: tuple[Reader, Sender] | None = None
        self._opening = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def get(
        self,
        url: str,
        *,
        label: str,
        headers: Mapping[str, str] | None = None,
        limit: int = BODY,
        deadline: float = 20.0,
        trusted: bool = True,
        more: bool = False,
    ) -> Answer:
        """Return the answer, 304 included, after at most five redirects.

        *label* names the request in errors, in place of its address, as the subject of a sentence: "the feed".
        *limit* is in bytes, on the wire and after decompression; *deadline* in seconds for everything but waiting
        for a turn: a host gets two requests at once. *trusted* is false for an address that was found in content.
        *more*: others follow this one, or it follows others, to the same server: they share a connection.
        Raises `Unavailable`, `Rejected`, `Refused`.
        """
        async with self._exchange(url, label, headers or {}, deadline, trusted, polite=True, more=more) as one:
            body = b"".join([chunk async for chunk in decoded(one.chunks, one.headers, label, limit)])
            moved = bool(one.way) and all(status in FOR_GOOD for status in one.way)
            return Answer(one.status, one.headers, one.url, body, moved)

    async def send(
        self,
        method: str,
        url: str,
        *,
        label: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        length: int | None = None,
        again: bool,
        limit: int = BODY,
        deadline: float = 120.0,
        trusted: bool = True,
    ) -> Answer:
        """Send *body*, and return the answer whatever its status: services say more in it.

        *trusted* is false for an address that an answer named: it leads to public addresses only.

        *again*: doing it twice does no harm. Where it is false, a request that was sent and not answered is
        `Unconfirmed`, and a new connection is made for it: one kept from before may have been closed meanwhile,
        and nobody could tell. What did not leave in full is `Unavailable`. *length* is that of a streamed body, in
        bytes. No redirect is followed.
        """
        size = len(body) if isinstance(body, bytes) else length or 0
        doubt, taken = Unavailable if again else Unconfirmed, Taken(size)

        async def counted() -> AsyncIterator[bytes]:
            if isinstance(body, bytes):
                for piece in taken.parts(body):
                    yield piece
            else:
                async for chunk in body:
                    for piece in taken.parts(chunk):
                        yield piece

        leaving = counted()
        given = {**fit(headers or {}, label), "content-length": str(size)}
        try:
            _, sender = await self._open()
            async with named(label, deadline):
                # What a service does with a body may take it long; the deadline holds all the same.
                request = _request(method, address(url, label), given, leaving, silence=max(SILENCE, deadline))
                request.extensions["trace"] = taken.heard
                response = await sender.send(request, public_only=not trusted, fresh=not again)
                said = {name.lower(): value for name, value in response.headers.items()}
                try:
                    read = b"".join([chunk async for chunk in decoded(response.aiter_raw(), said, label, limit)])
                finally:
                    await response.aclose()
        except Unavailable as error:
            raise (doubt if taken.whole else Unavailable)(str(error)) from None
        finally:  # an answer may come before all of the body was read: its file is closed now, not some time
            for pieces in (leaving, body):
                if isinstance(pieces, AsyncGenerator):
                    await pieces.aclose()
        return Answer(response.status_code, said, str(bare(response.url)), read)

    def stream(
        self,
        url: str,
        *,
        label: str,
        limit: int = FILE,
        deadline: float = 600.0,
        trusted: bool = True,
        start: int = 0,
    ) -> AbstractAsyncContextManager["Body"]:
        """Give the body in chunks as it comes. An end that comes too early raises; arguments are those of `get`.

        *start* asks for what follows that byte; a server that cannot do so gives all of it: see `Body.start`.
        """
        return self._streamed(url, label, limit, deadline, trusted, start)

    async def close(self) -> None:
        ways, self._ways = self._ways, None
        for way in ways or ():
            await way.aclose()

    @asynccontextmanager
    async def _streamed(
        self, url: str, label: str, limit: int, deadline: float, trusted: bool, start: int
    ) -> AsyncIterator["Body"]:
        plain = {"accept-encoding": "identity"} | ({"range": f"bytes={start}-"} if start else {})
        async with self._exchange(url, label, plain, deadline, trusted) as one:
            partly = re.match(rf"bytes {start}-", one.headers.get("content-range", ""))
            at = start if one.status == 206 and partly else 0
            yield Body(at, decoded(one.chunks, one.headers, label, limit))

    @asynccontextmanager
    async def _exchange(
        self,
        url: str,
        label: str,
        headers: Mapping[str, str],
        deadline: float,
        trusted: bool,
        *,
        polite: bool = False,
        more: bool = False,
    ) -> AsyncIterator["_Coming"]:
        """Give a good answer whose body is still to be read. What goes wrong until it is read is named here."""
        reader, _ = await self._open()
        async with named(label, deadline) as limit:
            given = fit(headers, label)
            home = at = address(url, label) if trusted else bare(address(url, label))
            way: list[int] = []
            for _ in range(REDIRECTS + 1):
                public_only = not trusted or at.host != home.host
                async with self._turn(at, limit) if polite else nullcontext():
                    response = await reader.ask(bare(at), complete(at, given), public_only=public_only, more=more)
                    try:
                        said = fields(response)
                        location = said.get("location")
                        if response.status not in MOVED or location is None:
                            if error := judge(response.status, said, label, self._clock.now()):
                                raise error
                            yield _Coming(response.status, said, str(bare(at)), way, response.content.iter_any())
                            return
                    finally:
                        response.close()
                way.append(response.status)
                before, at = at, bare(address(location, label, at))
                if not same_origin(before, at):
                    given = {name: value for name, value in given.items() if name in HARMLESS}
            raise Rejected(f"{label} was redirected more than {REDIRECTS} times; give its final address")

    @asynccontextmanager
    async def _turn(self, to: httpx.URL, limit: asyncio.Timeout) -> AsyncIterator[None]:
        """Hold one of the turns of a host. Waiting for it does not count against *limit*."""
        turns = self._turns.setdefault(f"{to.host}:{to.port}", asyncio.Semaphore(ABREAST))
        if turns.locked():
            now, when = asyncio.get_running_loop().time, limit.when()
            left = (when or 0.0) - now()
            limit.reschedule(None)
            await turns.acquire()
            limit.reschedule(now() + left)
        else:
            await turns.acquire()
        try:
            yield
        finally:
            turns.release()

    async def _open(self) -> tuple[Reader, Sender]:
        if self._ways is None:
            async with self._opening:
                if self._ways is None:
                    # Reading the certificates takes long enough to be felt by whatever else is under way.
                    context = await asyncio.to_thread(certificates)
                    self._ways = (
                        Reader(context, self._network, self._resolve),
                        Sender(context, self._network, self._resolve),
                    )
        return self._ways


@dataclass(frozen=True)
class _Coming:
    """An answer whose body is still to come."""

    status: int
    headers: Mapping[str, str]
    url: str
    way: Sequence[int]  #: the statuses of the redirects that led here
    chunks: AsyncIterator[bytes]


def _request(
    method: str,
    at: httpx.URL,
    given: Mapping[str, str],
    content: AsyncIterator[bytes],
    silence: float,
) -> httpx.Request:
    patience = httpx.Timeout(SILENCE, connect=CONNECT, read=silence, pool=None).as_dict()
    said = {"connection": "keep-alive", **given}
    return httpx.Request(method, at, headers=complete(at, said), content=content, extensions={"timeout": patience})
