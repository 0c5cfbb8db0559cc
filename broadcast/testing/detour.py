"""Where connections lead that must not leave the machine."""

import socket
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
from aiohttp import AddrInfoType

from broadcast.http.network import Network

Route = Callable[[str, int], tuple[str, int]]


def detour(route: Route) -> Network:
    """Return a network whose every connection leads where *route* says, an address and port of this machine.

    *route* is asked for each connection, with the host or address and the port that it was to lead to, and raises
    `OSError` where it is to fail.
    """

    def sockets(info: AddrInfoType) -> socket.socket:
        return _Detour(route(info[4][0], info[4][1]), info[1])

    return Network(sockets, _Backend(route))


class _Detour(socket.socket):
    """A socket that is connected to *home*, whatever it is asked for."""

    def __init__(self, home: tuple[str, int], kind: int) -> None:
        super().__init__(socket.AF_INET, kind)
        self._home = home

    def connect(self, address: Any) -> None:
        super().connect(self._home)


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, route: Route) -> None:
        self._route = route

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            host, port = self._route(host, port)
        except OSError as error:
            raise httpcore.ConnectError from error
        return await httpcore.AnyIOBackend().connect_tcp(host, port, timeout, local_address, socket_options)
