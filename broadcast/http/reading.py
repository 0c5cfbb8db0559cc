"""What is read: feeds by the hundred, pages, films. By aiohttp, which takes a quarter of httpx's time for it.

aiohttp is given the connections, the decompression, the redirects, the cookies and the proxies as we want them:
checked, ours, ours, none and none. A proxy from the environment would connect for us, past every check.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping

import httpx
from aiohttp import (
    AddrInfoType,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from .guard import NotPublic, public
from .network import CONNECT, SILENCE, Network, Resolve

ORIGINS = 16  #: whose connections are kept for a while
KEPT = 15.0  #: seconds that one is kept when nothing is under way on it
RECENT = KEPT  #: seconds; an origin that was not asked for longer makes room for another
BRIEFLY = 1.0  #: seconds; of those that another request is to follow on
FIELD = 65_536  #: bytes of a header; some say at length what a browser may load
FIELDS = 256


class Reader:
    """Asks with GET. Needs a running loop.

    A connection made for the configuration, which may lead anywhere, never serves content, which may not.
    """

    def __init__(self, context: ssl.SSLContext, network: Network, resolve: Resolve) -> None:
        self._sessions = {
            (public_only, kept): _session(context, network, resolve, public_only=public_only, kept=kept)
            for public_only in (False, True)
            for kept in (0.0, BRIEFLY, KEPT)
        }
        self._asked: dict[tuple[str, str, int | None], float] = {}  # origins whose connections are kept: when

    async def ask(
        self, url: httpx.URL, headers: Mapping[str, str], *, public_only: bool, more: bool
    ) -> ClientResponse:
        """Return the answer of *url*, which holds no password. Its body is still to be read; it is to be closed.

        *more*: it is one of several to the same origin, which share a connection.
        """
        kept = KEPT if self._is_kept((url.scheme, url.host, url.port)) else BRIEFLY if more else 0.0
        session = self._sessions[public_only, kept]
        return await session.get(_same(url), headers=headers, allow_redirects=False)

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _is_kept(self, origin: tuple[str, str, int | None]) -> bool:
        """Say whether the connection to *origin* is kept: those of hundreds of feeds would be held for nothing."""
        now = asyncio.get_running_loop().time()
        if len(self._asked) >= ORIGINS and origin not in self._asked:
            self._asked = {one: at for one, at in self._asked.items() if at > now - RECENT}
        if len(self._asked) >= ORIGINS and origin not in self._asked:
            return False
        self._asked[origin] = now
        return True


def _same(url: httpx.URL) -> URL:
    """Return *url* as aiohttp takes it. Raises `InvalidURL` where both are not of one mind about it.

    Where it may lead was decided by what the one says, and it is dialled by what the other does.
    """
    try:
        address = URL(str(url), encoded=True)
        agreed = address.raw_host == url.raw_host.decode()
    except ValueError:
        agreed = False
    if not agreed:
        raise InvalidURL("")
    return address


def fields(response: ClientResponse) -> dict[str, str]:
    """Return the headers of *response*, names in lower case. One that comes twice is a list, with commas."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        name = name.lower()
        if not value.isascii():
            value = _text(value)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _text(value: str) -> str:
    """Return a header as what it is: UTF-8, else Latin-1, which any bytes are."""
    raw = value.encode("utf-8", "surrogateescape")  # as aiohttp has read it
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _session(
    context: ssl.SSLContext, network: Network, resolve: Resolve, *, public_only: bool, kept: float
) -> ClientSession:
    def guarded(info: AddrInfoType) -> socket.socket:
        if not public(info[4][0]):
            raise NotPublic  # whatever it was that led here: it is not dialled
        return network.sockets(info)

    connector = TCPConnector(
        ssl=context,
        resolver=_Names(resolve, public_only=public_only),
        socket_factory=guarded if public_only else network.sockets,
        use_dns_cache=False,  # a connection leads where its own look-up said, and ends with who asked for it
        limit=0,  # who asks decides how many
        force_close=not kept,
        keepalive_timeout=kept or None,
    )
    return ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        trust_env=False,
        timeout=ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE),
        max_line_size=FIELD,
        max_field_size=FIELD,
        max_headers=FIELDS,
    )


class _Names(AbstractResolver):
    """Finds the addresses of names, all of which must be public where *public_only*."""

    def __init__(self, resolve: Resolve, *, public_only: bool) -> None:
        self._resolve, self._public_only = resolve, public_only

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolve(host, port)
        if self._public_only and not all(map(public, found)):
            raise NotPublic
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "it has no address")
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for one in found
        ]

    async def close(self) -> None:
        """Nothing is open."""
