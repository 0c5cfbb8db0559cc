"""The network: one client, every body with a limit, every wait with a deadline, every request with a label.

Only this module and `pools` import httpx, and here is the edge where its exceptions become ours. Addresses from the
configuration may lead anywhere. Addresses from content, and redirects to another host, reach public addresses
only; that is checked when the connection is made, so that no name server can answer twice.
"""

import asyncio
import re
import socket
import ssl
import zlib
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from weakref import WeakValueDictionary

import httpcore
import httpx

from .errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from .guard import NotPublic, PublicOnly, addresses
from .plugins import Clock
from .pools import Pools, certificates

BODY = 10_000_000  #: bytes of an answer, after decompression; no recorded feed comes near it
FILE = 4_000_000_000  #: bytes of a streamed file
REDIRECTS = 5
CONNECT = 10.0  #: seconds to reach a server
SILENCE = 30.0  #: seconds without a byte
ABREAST = 2  #: requests at once that one host gets from everything that reads in this process
MOVED = frozenset((301, 302, 303, 307, 308))
FOR_GOOD = frozenset((301, 308))
#: What may follow a redirect to another origin. Anything else may be a credential.
HARMLESS = frozenset(("accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"))

#: What every request says.
OURS = {
    "accept": "*/*",
    "accept-encoding": "gzip",
    "connection": "keep-alive",
    "user-agent": f"broadcast/{version('broadcast')}",
}


@dataclass(frozen=True)
class Answer:
    """A complete answer of a server, within its byte limit."""

    status: int
    headers: Mapping[str, str]  #: names in lower case
    url: str  #: after redirects, without a user name or password
    body: bytes
    moved: bool = False  #: it was redirected, and every redirect was said to be for good: ask at `url` from now on


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
        network: httpcore.AsyncNetworkBackend | None = None,
        resolve: Callable[[str, int], Awaitable[Sequence[str]]] | None = None,
    ) -> None:
        self._clock = clock
        self._network = network
        self._resolve = resolve or addresses
        self._pools: dict[str, Pools] = {}
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
    ) -> Answer:
        """Return the answer, 304 included, after at most five redirects.

        *label* names the request in errors, in place of its address, as the subject of a sentence: "the feed".
        *limit* is in bytes, on the wire and after decompression; *deadline* in seconds for everything but waiting
        for a turn: a host gets two requests at once. *trusted* is false for an address that was found in content.
        Raises `Unavailable`, `Rejected`, `Refused`.
        """
        async with self._exchange("GET", url, label, headers, deadline, trusted, polite=True) as (response, way):
            body = b"".join([chunk async for chunk in _body(response, label, limit)])
            named = {name.lower(): value for name, value in response.headers.items()}
            moved = bool(way) and all(status in FOR_GOOD for status in way)
            return Answer(response.status_code, named, str(_bare(response.url)), body, moved)

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
        sent = False
        doubt = Unavailable if again else Unconfirmed
        whole = len(body) if isinstance(body, bytes) else length or 0

        left = whole

        def parted(chunk: bytes) -> Iterator[bytes]:
            """Give the last byte of all apart: whoever is stopped while it is handed over cannot know of it."""
            nonlocal sent, left
            if len(chunk) >= left > 0:
                yield chunk[: left - 1]
                sent, chunk, left = True, chunk[left - 1 :], 0
            left -= len(chunk)
            yield chunk

        async def counted() -> AsyncIterator[bytes]:
            if isinstance(body, bytes):
                for piece in parted(body):
                    yield piece
            else:
                async for chunk in body:
                    for piece in parted(chunk):
                        yield piece

        async def told(event: str, _: Mapping[str, Any]) -> None:
            nonlocal sent
            sent = sent or (whole == 0 and event == "http11.send_request_headers.started")  # then that is all

        leaving = counted()
        given = {**(headers or {}), "content-length": str(whole)}
        try:
            async with _edge(label, deadline):
                reach = "anywhere" if trusted else "public"
                # What a service does with a body may take it long; the deadline holds all the same.
                request = _request(method, _address(url, label), given, leaving, silence=max(SILENCE, deadline))
                request.extensions["trace"] = told
                response = await self._send(reach if again else f"{reach} once", request)
                try:
                    read = b"".join([chunk async for chunk in _body(response, label, limit)])
                finally:
                    await response.aclose()
        except Unavailable as error:
            raise (doubt if sent else Unavailable)(str(error)) from None
        finally:  # an answer may come before all of the body was read: its file is closed now, not some time
            for pieces in (leaving, body):
                if isinstance(pieces, AsyncGenerator):
                    await pieces.aclose()
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, named, str(_bare(response.url)), read)

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
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    @asynccontextmanager
    async def _streamed(
        self, url: str, label: str, limit: int, deadline: float, trusted: bool, start: int
    ) -> AsyncIterator["Body"]:
        plain = {"accept-encoding": "identity"} | ({"range": f"bytes={start}-"} if start else {})
        async with self._exchange("GET", url, label, plain, deadline, trusted) as (response, _):
            partly = re.match(rf"bytes {start}-", response.headers.get("content-range", ""))
            at = start if response.status_code == 206 and partly else 0
            yield Body(at, _body(response, label, limit))

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: str,
        label: str,
        headers: Mapping[str, str] | None,
        deadline: float,
        trusted: bool,
        *,
        polite: bool = False,
    ) -> AsyncIterator[tuple[httpx.Response, Sequence[int]]]:
        """Give a good answer whose body is still to be read, and the statuses that led there.

        What goes wrong until it is read is named here.
        """
        async with _edge(label, deadline) as limit:
            given = httpx.Headers(dict(headers or {}))
            home = at = _address(url, label) if trusted else _bare(_address(url, label))
            way: list[int] = []
            for _ in range(REDIRECTS + 1):
                reach = "anywhere" if trusted and at.host == home.host else "public"
                async with self._turn(at, limit) if polite else nullcontext():
                    response = await self._send(reach, _request(method, at, given))
                    try:
                        location = response.headers.get("location")
                        if response.status_code not in MOVED or location is None:
                            if error := judge(response.status_code, response.headers, label, self._clock.now()):
                                raise error
                            yield response, way
                            return
                    finally:
                        await response.aclose()
                way.append(response.status_code)
                before, at = at, _bare(_address(location, label, at))
                if not _same_origin(before, at):
                    given = httpx.Headers({k: v for k, v in given.items() if k.lower() in HARMLESS})
            raise Rejected(f"{label} was redirected more than {REDIRECTS} times; give its final address")

    @asynccontextmanager
    async def _turn(self, address: httpx.URL, limit: asyncio.Timeout) -> AsyncIterator[None]:
        """Hold one of the turns of a host. Waiting for it does not count against *limit*."""
        turns = self._turns.setdefault(f"{address.host}:{address.port}", asyncio.Semaphore(ABREAST))
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

    async def _send(self, which: str, request: httpx.Request) -> httpx.Response:
        """Send *request* by connections that may lead `anywhere`, or those to `public` addresses only.

        They are several, because a kept connection of one must never serve another. Of a `once` none is kept.
        """
        if not self._pools:
            async with self._opening:
                if not self._pools:
                    # Reading the certificates takes long enough to be felt by whatever else is under way.
                    context = await asyncio.to_thread(certificates)
                    guarded = PublicOnly(self._resolve, self._network)
                    self._pools = {
                        "anywhere": Pools(context, self._network),
                        "public": Pools(context, guarded),
                        "anywhere once": Pools(context, self._network, keep=0),
                        "public once": Pools(context, guarded, keep=0),
                    }
        response = await self._pools[which].handle_async_request(request)
        response.request = request  # whose address it answers for
        return response


def judge(status: int, headers: Mapping[str, str], label: str, now: datetime) -> StageError | None:
    """Return the error that an answer to reading stands for, or None where it is a good one. Pure."""
    said = f"{label} answered {status}"
    if status < 300 or status == 304:
        return None
    if status in (401, 403, 407):
        return Refused(f"{said}: access denied; check the credentials and what they are allowed to read")
    if status in (404, 410):
        return Rejected(f"{said}: there is nothing at this address; check it")
    if status in (408, 425, 429) or status >= 500:
        wait = retry_after(headers, now)
        hint = f"; it asks to wait {wait:.0f} s" if wait else ""
        return Unavailable(
            f"{said}: {'too many requests' if status == 429 else 'out of order'}{hint}", retry_after=wait
        )
    return Rejected(f"{said}: it does not take this request; check the address and the headers")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, given as seconds or as a date by its own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    if due := _date(value):
        return max((due - (_date(headers.get("date", "")) or now)).total_seconds(), 0.0)
    return None


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@asynccontextmanager
async def _edge(label: str, deadline: float) -> AsyncIterator[asyncio.Timeout]:
    """Name what goes wrong while something is read. None of httpx's words: they may hold the address."""
    try:
        async with asyncio.timeout(deadline) as scope:
            yield scope
    except TimeoutError:
        if not scope.expired():
            raise
        raise Unavailable(f"{label} did not answer in full within {deadline:g} s") from None
    except NotPublic:
        raise Rejected(
            f"{label} leads to an address that is not public; only the configuration may name one"
        ) from None
    except UnicodeEncodeError:  # its own words hold the header
        raise Refused(f"{label} got a key or header with characters that none can have; copy it again") from None
    except httpx.InvalidURL:
        raise Rejected(f"{label} has an address that cannot be read; check it") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Unavailable(
            f"{label} cannot be reached ({_reason(error)}); check the address and the network"
        ) from None
    except httpx.TimeoutException:
        raise Unavailable(f"{label} fell silent for {SILENCE:g} s") from None
    except (httpx.TransportError, httpx.StreamError):
        raise Unavailable(f"{label} broke off before its answer was complete") from None


def _reason(error: Exception) -> str:
    """Return why a connection was not made, in words without names or addresses."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name is unknown"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not good: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        cause = cause.__cause__ or cause.__context__
    return "no connection"


async def _body(response: httpx.Response, label: str, limit: int) -> AsyncIterator[bytes]:
    """Give the decoded body. Decompression is ours, because httpx's knows no limit."""
    too_long = Rejected(f"{label} answered more than the {limit / 1e6:g} MB that are read")
    encoding = response.headers.get("content-encoding", "").strip().lower()
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise too_long
    if encoding in ("", "identity"):
        inflate: Inflate | None = None
    elif encoding in ("gzip", "x-gzip", "deflate"):
        inflate = Inflate()
    else:
        raise Rejected(f"{label} answered in the encoding {encoding[:20]!r}, which was not asked for")
    wire = size = 0
    async for raw in response.aiter_raw():
        wire += len(raw)
        try:
            for chunk in inflate(raw) if inflate else (raw,):
                size += len(chunk)
                if max(wire, size) > limit:
                    raise too_long
                yield chunk
        except zlib.error:
            raise Unavailable(f"{label} answered a damaged {encoding} body") from None
    if inflate and wire and not inflate.complete:
        raise Unavailable(f"{label} broke off before its answer was complete")


class Inflate:
    """Unpacks gzip, zlib and bare deflate in small pieces, so that the reader can stop a bomb at its limit."""

    def __init__(self) -> None:
        self._stream: Any = None
        self.complete = False

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Give what *data* unpacks to. Raises `zlib.error`. What follows the end is left out."""
        while data:
            if self._stream is None or (self.complete and data.startswith(b"\x1f\x8b")):
                kind = zlib.MAX_WBITS if data[0] & 15 == 8 else -zlib.MAX_WBITS
                self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16 if data[0] == 31 else kind)
            elif self.complete:
                return
            piece = self._stream.decompress(data, 65536)
            self.complete = self._stream.eof
            data = self._stream.unused_data if self.complete else self._stream.unconsumed_tail
            if piece:
                yield piece


def _request(
    method: str,
    at: httpx.URL,
    given: Mapping[str, str],
    content: AsyncIterator[bytes] | None = None,
    silence: float = SILENCE,
) -> httpx.Request:
    headers = httpx.Headers(OURS)
    headers.update(given)
    if at.username or at.password:
        headers["authorization"] = f"Basic {b64encode(f'{at.username}:{at.password}'.encode()).decode()}"
    patience = httpx.Timeout(SILENCE, connect=CONNECT, read=silence, pool=None).as_dict()
    return httpx.Request(method, at, headers=headers, content=content, extensions={"timeout": patience})


def _address(url: str, label: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return *url*, which may be relative to *base*."""
    address = base.join(url) if base else httpx.URL(url)
    if address.scheme not in ("http", "https") or not address.host:
        raise Rejected(f"{label} leads to something that is not an http or https address; check it")
    return address


def _bare(address: httpx.URL) -> httpx.URL:
    """Return *address* without a user name and password: they count in the configuration only."""
    if not address.userinfo and not address.fragment:
        return address
    return address.copy_with(username=None, password=None, fragment=None)


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Say whether what was meant for *one* may be told to *other*: the same, or the same made secure."""
    if one.host != other.host:
        return False
    upgraded = (one.scheme, other.scheme) == ("http", "https") and one.port is None and other.port is None
    return upgraded or (one.scheme, one.port) == (other.scheme, other.port)
