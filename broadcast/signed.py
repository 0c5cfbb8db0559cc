"""Words that nobody else can have written, as a token that is signed; and who is turned away. Pure."""

import base64
import binascii
import hashlib
import hmac

SIGNED = 16  #: bytes of the signature: 128 bits


class Denied(Exception):
    """A request that begins nothing. *status* is what it is answered, in HTTP's words; the text says why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def sign(secret: str, purpose: str, words: str) -> str:
    """Return a token for *words*, made of letters that a URL takes as they are. It is good for *purpose* alone."""
    said = words.encode()
    return base64.urlsafe_b64encode(_signature(secret, purpose, said) + said).decode().rstrip("=")


def read(secret: str, purpose: str, token: str) -> str | None:
    """Return the words of *token*, or None where it was not made with this *secret* for this *purpose*."""
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        signature, said = data[:SIGNED], data[SIGNED:]
        if not hmac.compare_digest(signature, _signature(secret, purpose, said)):
            return None
        return said.decode()
    except (binascii.Error, ValueError):
        return None


def _signature(secret: str, purpose: str, said: bytes) -> bytes:
    return hmac.digest(secret.encode(), purpose.encode() + b"\n" + said, hashlib.sha256)[:SIGNED]
