"""An unsubscribe link that names whom it belongs to, and that nobody else can make. Pure.

RFC 8058 asks for a link that works without a login and cannot be guessed: the token holds the address and the
list, signed. `broadcast serve` answers it at `/unsubscribe/SHOW/CHANNEL/TOKEN`, and adds the address to `suppress`.
"""

import base64
import binascii
import hashlib
import hmac

SIGNED = 16  #: bytes of the signature: 128 bits


def sign(secret: str, address: str, of: str) -> str:
    """Return the token for *address* on the list *of*, made of letters that a URL takes as they are."""
    said = f"{of}\n{address}".encode()
    return base64.urlsafe_b64encode(_signature(secret, said) + said).decode().rstrip("=")


def read(secret: str, token: str, of: str) -> str | None:
    """Return the address that *token* belongs to, or None where it was not made here for the list *of*."""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        signature, said = data[:SIGNED], data[SIGNED:]
        if not hmac.compare_digest(signature, _signature(secret, said)):
            return None
        named, _, address = said.decode().rpartition("\n")
    except (binascii.Error, ValueError):
        return None
    return address if named == of else None


def _signature(secret: str, said: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"unsubscribe\n" + said, hashlib.sha256)[:SIGNED]
