"""An unsubscribe link that names whom it belongs to, and that nobody else can make. Pure.

RFC 8058 asks for a link that works without a login and cannot be guessed: the token holds the address and the
list, signed. `broadcast serve` answers it at `/unsubscribe/SHOW/CHANNEL/TOKEN`, and adds the address to `suppress`.
"""

from broadcast import signed

PURPOSE = "unsubscribe"


def sign(secret: str, address: str, of: str) -> str:
    """Return the token for *address* on the list *of*, made of letters that a URL takes as they are."""
    return signed.sign(secret, PURPOSE, f"{of}\n{address}")


def read(secret: str, token: str, of: str) -> str | None:
    """Return the address that *token* belongs to, or None where it was not made here for the list *of*."""
    named, _, address = (signed.read(secret, PURPOSE, token) or "").rpartition("\n")
    return address if named == of and address else None
