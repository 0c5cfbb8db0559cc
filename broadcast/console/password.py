"""The one password of the console, which is stored as a hash. Pure, but for the salt."""

import base64
import hashlib
import hmac
import secrets

from broadcast.errors import ConfigError

WHERE = "BROADCAST_CONSOLE_PASSWORD_HASH"
SCHEME = "scrypt"
#: OWASP's minimum for scrypt: N=2^17, r=8, p=1, which takes 128 MB and a few tenths of a second a try.
N, R, P = 2**17, 8, 1
MEMORY = 160 * 1024 * 1024  #: bytes that OpenSSL may take for that
SHORTEST, LONGEST = 8, 1024  #: characters of a password


def hashed(password: str) -> str:
    """Return what `BROADCAST_CONSOLE_PASSWORD_HASH` holds for *password*. Raises `ConfigError`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(f"a password has {SHORTEST} to {LONGEST} characters")
    salt = secrets.token_bytes(16)
    return ":".join((SCHEME, str(N), str(R), str(P), _text(salt), _text(_digest(password, salt, N, R, P))))


def check(hash: str) -> None:
    """Raise `ConfigError` where *hash* is none that `hashed` could have made."""
    _parts(hash)


def matches(password: str, hash: str) -> bool:
    """Return whether *password* is the one that *hash* was made of. Takes some tenths of a second, on purpose."""
    n, r, p, salt, digest = _parts(hash)
    if len(password) > LONGEST:
        return False
    return hmac.compare_digest(_digest(password, salt, n, r, p), digest)


def _digest(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=MEMORY, dklen=32
    )


def _parts(hash: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        scheme, n, r, p, salt, digest = hash.split(":")
        data = base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
        found = int(n), int(r), int(p), *data
    except ValueError:
        raise ConfigError(f"is not a hash that `{COMMAND}` prints", where=WHERE) from None
    n_, r_, p_ = found[:3]
    bearable = 2**14 <= n_ <= 2**17 and n_ & (n_ - 1) == 0 and 1 <= r_ <= 8 and 1 <= p_ <= 4
    if scheme != SCHEME or not bearable or len(found[3]) < 8 or len(found[4]) != 32:
        raise ConfigError(f"is not a hash that `{COMMAND}` prints", where=WHERE)
    return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


COMMAND = "broadcast console --hash-password"
