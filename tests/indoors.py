"""Nothing that is tested leaves the machine: whoever tries is stopped before a packet is sent, and named.

Python tells of every connection before it is made, whatever library makes it.
"""

import atexit
import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any


def _made() -> Path:
    file, path = tempfile.mkstemp(prefix="left")
    os.close(file)
    atexit.register(os.unlink, path)
    return Path(path)


#: Where this process, and all that are forked from it, write down who tried.
LEFT = Path(said) if (said := os.environ.get("BROADCAST_TESTS_LEFT")) else _made()

_look_up = socket.getaddrinfo


def stay() -> None:
    """Have this process connect to loopback addresses only, and ask nobody what a name means."""
    if socket.getaddrinfo is not _known:
        sys.addaudithook(_heard)
        socket.getaddrinfo = _known


def who_left() -> str:
    """Return who tried to leave since this was last asked, a line each."""
    if not LEFT.stat().st_size:
        return ""
    said = LEFT.read_text()
    LEFT.write_text("")
    return said


def _heard(event: str, given: tuple[Any, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    address = given[1]
    if isinstance(address, tuple) and not _at_home(address[0]):
        with LEFT.open("a") as file:
            file.write(f"{event} {address[0]}:{address[1]}\n")
        raise ConnectionRefusedError(f"a test tried to leave the machine: {event} {address[0]}")


def _at_home(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _known(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
    """Look up what needs no name server; any other name is unknown, as it is without a network."""
    if isinstance(host, bytes):
        host = host.decode()
    if host and host.rstrip(".").lower() != "localhost":
        flags |= socket.AI_NUMERICHOST
    return _look_up(host, port, family, type, proto, flags)
