"""Which addresses of a video Telegram's servers can be sent to. Pure."""

import ipaddress
from urllib.parse import urlsplit

from broadcast.types import Video

BY_ADDRESS = 20_000_000  #: bytes that Telegram fetches itself (https://core.telegram.org/bots/api#sending-files)
HIDDEN = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def fetchable(video: Video, base: str) -> str:
    """Return the address to send. Raises ValueError that says why there is none."""
    known = [address for address in (video.url, video.fleeting) if address]
    if not known:
        raise ValueError("the video has no public address")
    if video.bytes > BY_ADDRESS:
        raise ValueError(f"the video has {video.bytes / 1e6:.1f} MB, Telegram fetches {BY_ADDRESS / 1e6:g}")
    if video.path.suffix.lower() != ".mp4":
        raise ValueError("the video is no MP4")
    found = next((address for address in known if reachable(address, base)), None)
    if found is None:
        raise ValueError("the address of the video is not a public https address")
    return found


def reachable(address: str, base: str) -> bool:
    """Say whether a service at *base* can be given *address*: public https, or loopback where *base* is."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if loopback(host):
        return loopback(urlsplit(base).hostname or "")
    if parts.scheme != "https" or "." not in host or host.endswith(HIDDEN):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True  # a name


def loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
