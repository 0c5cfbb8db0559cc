"""Which addresses content may lead to: public ones, checked when the connection is made.

A check before the connection is not enough: a name server may give another answer the second time.
"""

import asyncio
import ipaddress
import socket
import threading
from contextlib import suppress

#: IPv6 that is routed at all is in 2000::/3. From the IANA special-purpose registries (RFC 6890 and its updates),
#: with the metadata address of Azure, which looks public. `ipaddress.is_global` differs between Python versions.
ROUTED = ipaddress.ip_network("2000::/3")
SPECIAL = [ipaddress.ip_network(network) for network in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32",
    "2002::/16", "3fff::/20",
)]  # fmt: skip


class NotPublic(Exception):
    """A host that only public addresses may be reached through has another one."""


async def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of *host*, as the system knows them. Raises `OSError`.

    Each look-up has a thread of its own: the loop's own few would all be held up by some dead names, and with them
    other names and whatever else threads are for; and nobody waits for them at the end.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def look_up() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits for the answer
            loop.call_soon_threadsafe(_tell, found, _looked_up(host, port))

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return await found


def _looked_up(host: str, port: int) -> list[str] | OSError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label is empty, or too long
        return socket.gaierror(socket.EAI_NONAME, "no name can be so")
    except OSError as error:
        return error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _tell(found: asyncio.Future[list[str]], answer: list[str] | OSError) -> None:
    if found.done():
        return  # whoever asked has gone
    if isinstance(answer, OSError):
        found.set_exception(answer)
    else:
        found.set_result(answer)


def public(address: str) -> bool:
    """Say whether the IP *address* may be reached for the sake of content."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip not in ROUTED:
            return False
    return not any(ip in network for network in SPECIAL)
