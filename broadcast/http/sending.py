"""What is sent: what pays and publishes. By httpx, which says of a request that failed whether it had left."""

import asyncio
import logging
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpcore
import httpx

from .guard import NotPublic, public
from .network import Network, Resolve

KEPT = 16  #: idle connections; what is sent goes to a handful of services


class Sender:
    """Sends requests. Opens nothing before the first.

    A connection made for the configuration, which may lead anywhere, never serves content, which may not. A proxy
    from the environment is not asked: it would connect for us, past every check.
    """

    def __init__(self, context: ssl.SSLContext, network: Network, resolve: Resolve) -> None:
        ways = {False: network.backend, True: PublicOnly(resolve, network.backend)}
        self._transports = {
            (public_only, fresh): _transport(context, way, keep)
            for public_only, way in ways.items()
            for fresh, keep in ((False, KEPT), (True, 0))
        }
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below, they log addresses and headers

    async def send(self, request: httpx.Request, *, public_only: bool, fresh: bool) -> httpx.Response:
        """Return the answer, its body still to be read; it is to be closed. *fresh*: over a new connection."""
        response = await self._transports[public_only, fresh].handle_async_request(request)
        response.request = request  # whose address it answers for
        return response

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


def _transport(
    context: ssl.SSLContext, network: httpcore.AsyncNetworkBackend, keep: int
) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=keep)
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
    pool = transport._pool
    if not isinstance(getattr(pool, "_network_backend", None), httpcore.AsyncNetworkBackend):
        raise RuntimeError("this httpx has no seam for the network: install the version in constraints.txt")
    pool._network_backend = network
    return transport


class Taken:
    """Whether the server may have taken all of a body, which is handed over in pieces: *size* bytes of it.

    Whoever is stopped while the last byte is handed over does not hear that it was taken.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self.whole = False

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        """Give a chunk of the body, the last byte of all apart: with it, it may be whole."""
        if len(chunk) >= self._left > 0:
            yield chunk[: self._left - 1]
            self.whole, chunk, self._left = True, chunk[self._left - 1 :], 0
        self._left -= len(chunk)
        yield chunk

    async def heard(self, event: str, _: Mapping[str, Any]) -> None:
        """Hear what httpcore is about to do: of a request without a body, the head is all."""
        self.whole |= not self._size and event == "http11.send_request_headers.started"


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses: resolves once, checks every answer, dials what was checked."""

    def __init__(self, resolve: Resolve, network: httpcore.AsyncNetworkBackend) -> None:
        self._resolve, self._network = resolve, network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolve(host, port)
        except OSError as error:  # TimeoutError is one
            raise httpcore.ConnectError("its name could not be resolved") from error
        if not found or not all(public(address) for address in found):
            raise NotPublic
        failure: Exception = httpcore.ConnectError("it has no address")
        for address in found[:3]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotPublic

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
