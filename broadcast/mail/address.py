"""Addresses that can stand in a header and an envelope. Pure.

An address is refused here or nowhere: a line break in one would write headers of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import idna
from pydantic import BeforeValidator, WithJsonSchema

from broadcast.text import INVISIBLE

LOCAL, DOMAIN = 64, 253  #: bytes of the part before the @ (RFC 5321, 4.5.3.1.1), and of a host name
NAME = 100  #: characters
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ATOM = r"""[^\x00-\x20\x7f-\x9f()<>\[\]:;@\\,."]+"""
DOT_ATOM = re.compile(rf"{ATOM}(?:\.{ATOM})*")
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
NAMED = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^"<>]*))\s*<(?P<address>[^<>]*)>')
EXAMPLE = "write one address, as in News <news@example.com>"


@dataclass(frozen=True)
class Mailbox:
    """An address as an envelope takes it, its domain in ASCII; and the name that stands before it."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def mailbox(value: Any) -> Mailbox:
    """Return the mailbox that `News <news@example.com>` or a bare address names. Raises ValueError."""
    if isinstance(value, Mailbox):
        return value
    if not isinstance(value, str):
        raise ValueError(EXAMPLE)
    if CONTROL.search(value):
        raise ValueError(f"holds a line break or another control character; {EXAMPLE}")
    text = value.strip()
    named = NAMED.fullmatch(text)
    name = (named["quoted"] or named["bare"] or "").strip() if named else ""
    if len(name) > NAME or INVISIBLE.search(name):
        raise ValueError(f"has a name that is too long or has invisible characters; {EXAMPLE}")
    return Mailbox(address(named["address"] if named else text), name)


def address(text: str) -> str:
    """Return *text*, one bare address, as an envelope takes it. Raises ValueError."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not DOT_ATOM.fullmatch(local) or INVISIBLE.search(text) or len(local.encode()) > LOCAL:
        raise ValueError(f"is not an e-mail address; {EXAMPLE}")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            raise ValueError(f"has a domain that cannot exist; {EXAMPLE}") from None
    if len(domain) > DOMAIN or not all(LABEL.fullmatch(label) for label in domain.split(".")):
        raise ValueError(f"has a domain that cannot exist; {EXAMPLE}")
    return f"{local}@{domain.lower()}"


def same(one: str) -> str:
    """Return what two spellings of one address have in common. No provider tells capitals apart."""
    return one.casefold()


def listed(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines of a list that say something, with their numbers; `#` begins a comment."""
    for number, line in enumerate(text.split("\n"), 1):
        if said := re.sub(r"(?:^|\s)#.*", "", line).strip():
            yield number, said


#: A mailbox, and an address alone, as a show file writes them.
Named = Annotated[Mailbox, BeforeValidator(mailbox), WithJsonSchema({"type": "string", "format": "email"})]
Address = Annotated[
    str,
    BeforeValidator(lambda value: mailbox(value).address),
    WithJsonSchema({"type": "string", "format": "email"}),
]
