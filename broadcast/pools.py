"""The connections of the client: a small pool for each origin.

httpx keeps one pool for all of them and looks through the whole of it twice for every request, which with hundreds
of hosts takes longer than the requests.
"""

import logging
import ssl

import certifi
import httpcore
import httpx

ORIGINS = 16  #: whose connections are kept when nothing is under way there
KEPT = 8  #: idle connections of one origin

Origin = tuple[str, str, int | None]


class Pools(httpx.AsyncBaseTransport):
    """Sends requests, each over the connections of its origin. Opens nothing before the first.

    *network* makes the connections; *keep* of them are kept when they are idle. A proxy from the environment is not
    asked: it would connect for us, past every check.
    """

    def __init__(
        self, context: ssl.SSLContext, network: httpcore.AsyncNetworkBackend | None, *, keep: int = KEPT
    ) -> None:
        self._context, self._network, self._keep = context, network, keep
        self._pools: dict[Origin, httpx.AsyncHTTPTransport] = {}  # the last one used is the last
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # below, they log addresses and headers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        origin = (url.scheme, url.host, url.port)
        pool = self._pools.pop(origin) if origin in self._pools else self._opened()
        self._pools[origin] = pool
        surplus = self._surplus()
        try:
            # Sent before anything else is waited for: from then on this pool is not idle, and nobody's surplus.
            return await pool.handle_async_request(request)
        finally:
            for one in surplus:
                await one.aclose()

    async def aclose(self) -> None:
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    def _surplus(self) -> list[httpx.AsyncHTTPTransport]:
        """Take out the pools that were not used for longest, and return them: they are to be closed."""
        origins = iter(list(self._pools)[:-1])
        surplus = []
        while len(self._pools) > ORIGINS and (origin := next(origins, None)):
            if _idle(self._pools[origin]):
                surplus.append(self._pools.pop(origin))
        return surplus

    def _opened(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self._keep)
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False, limits=limits)
        if self._network:
            pool = transport._pool
            if not isinstance(getattr(pool, "_network_backend", None), httpcore.AsyncNetworkBackend):
                raise RuntimeError("this httpx has no seam for the network: install the version in constraints.txt")
            pool._network_backend = self._network
        return transport


def certificates() -> ssl.SSLContext:
    """Trust what the system trusts, a company's own authority included, and what browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _idle(transport: httpx.AsyncHTTPTransport) -> bool:
    pool = transport._pool
    assert isinstance(pool, httpcore.AsyncConnectionPool)  # there is no proxy
    return all(connection.is_idle() or connection.is_closed() for connection in pool.connections)
