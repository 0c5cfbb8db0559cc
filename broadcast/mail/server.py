"""`SMTP_URL`, read: where the mail server is, who we are there, and what must be encrypted. Pure."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

EXAMPLE = "write it as smtp://user:password@host:587, or smtps://user:password@host:465, and / # ? @ in it as %XX"
SMTP, SUBMISSION, SMTPS = 25, 587, 465  #: ports of RFC 5321, RFC 6409 and RFC 8314


@dataclass(frozen=True)
class Server:
    """A mail server. *starttls* is None where the address decides whether it is needed."""

    host: str
    port: int
    tls: bool  #: from the first byte on
    starttls: Literal["require", "off"] | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def label(self) -> str:
        return f"{self.host}:{self.port}"


def server(url: str) -> Server:
    """Return the server that *url* names. Raises ValueError, whose text never holds the password."""
    try:
        parts = urlsplit(url.strip())
        host, port, query = parts.hostname, parts.port, parse_qs(parts.query, keep_blank_values=True)
    except ValueError:
        raise ValueError(f"has no host or port that can be read; {EXAMPLE}") from None
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"is not the address of a mail server; {EXAMPLE}")
    if parts.username is not None and not (parts.username and parts.password):
        raise ValueError(f"has a user name or a password without the other; {EXAMPLE}")
    if unknown := [name for name in query if name != "starttls"]:
        raise ValueError(f"has an unknown option {unknown[0]!r}; there is starttls=require and starttls=off")
    said = query.get("starttls", [None])[-1]
    if said not in (None, "require", "off"):
        raise ValueError("has starttls neither as require nor as off")
    tls = parts.scheme == "smtps"
    if tls and said:
        raise ValueError("is smtps://, which is encrypted from the first byte: leave starttls out")
    usual = SMTPS if tls else SUBMISSION if parts.username else SMTP
    known = unquote(parts.username or ""), unquote(parts.password or "")
    starttls: Literal["require", "off"] | None = "require" if said == "require" else "off" if said else None
    return Server(host, port or usual, tls, starttls, *known)


def near(peer: str) -> Literal["here", "private", "public"]:
    """Say how far away the IP address *peer* is: on this machine, in a private network, or beyond."""
    try:
        found = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return "public"
    mapped = getattr(found, "ipv4_mapped", None) or found
    return "here" if mapped.is_loopback else "private" if mapped.is_private else "public"
