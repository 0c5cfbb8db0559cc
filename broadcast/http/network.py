"""What both libraries that speak HTTP here stand on: certificates, patience, and what makes the connections."""

import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import certifi
import httpcore
from aiohttp import AddrInfoType, SocketFactoryType

CONNECT = 10.0  #: seconds to reach a server
SILENCE = 30.0  #: seconds without a byte

#: Finds the addresses of a host and port. Raises `OSError`.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


def plain(info: AddrInfoType) -> socket.socket:
    """Return a socket that is to be connected to *info*, which holds an address, never a name."""
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


@dataclass(frozen=True)
class Network:
    """What makes the connections. Tests and rehearsals that must not leave the machine have one of their own."""

    sockets: SocketFactoryType = plain  #: for what is read
    backend: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)  #: for what is sent


def certificates() -> ssl.SSLContext:
    """Trust what the system trusts, a company's own authority included, and what browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context
