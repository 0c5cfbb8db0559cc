"""Where a request goes. Pure."""

from functools import lru_cache

import httpx

from broadcast.errors import Rejected

KNOWN = 1_024  #: addresses; those of feeds are the same in every run


def address(url: str, label: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return *url*, which may be relative to *base*. Raises `Rejected`, and `httpx.InvalidURL`."""
    found = base.join(url) if base else _read(url)
    if found.scheme not in ("http", "https") or not found.host:
        raise Rejected(f"{label} leads to something that is not an http or https address; check it")
    return found


@lru_cache(KNOWN)
def _read(url: str) -> httpx.URL:
    return httpx.URL(url)


def bare(address: httpx.URL) -> httpx.URL:
    """Return *address* without a user name and password: they count in the configuration only."""
    if not address.userinfo and not address.fragment:
        return address
    return address.copy_with(username=None, password=None, fragment=None)


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Say whether what was meant for *one* may be told to *other*: the same, or the same made secure."""
    if one.host != other.host:
        return False
    upgraded = (one.scheme, other.scheme) == ("http", "https") and one.port is None and other.port is None
    return upgraded or (one.scheme, one.port) == (other.scheme, other.port)
