"""Who may see the console, and from where.

On a loopback address everybody at this machine may, unless a password was set. Anywhere else there is a login, or a
proxy that is named and says who it is. A browser that was lured here by another page's name for this machine (DNS
rebinding) or by another page's form (CSRF) is sent away.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aiohttp import web

from broadcast.errors import ConfigError
from broadcast.settings import Settings
from broadcast.text import clean

from .password import WHERE, check

SESSION_SECONDS = 12 * 3600
NAME = 40  #: characters of a user's name
LOCAL = "local"  #: whoever sits at this machine
FREE_TRIES = 5  #: wrong passwords from one address before it has to wait
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0  #: seconds
CHECKS, WITHIN = 30, 60.0  #: passwords that are looked at, over all addresses: each costs a few tenths of a second
ADDRESSES = 10_000  #: that are remembered
FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True)
class Session:
    """Somebody who was let in. *nonce* stands for them in what their forms bring back."""

    user: str
    issued: int  #: seconds since 1970
    nonce: str


@dataclass
class Attempts:
    """Wrong passwords, by address: the more there were, the longer the wait."""

    now: Callable[[], float]
    _wrong: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)  #: how many, and until when
    _checks: deque[float] = field(default_factory=deque)

    def wait(self, address: str) -> float:
        """Return the seconds before a password from *address* is looked at; 0: now."""
        now = self.now()
        while self._checks and self._checks[0] <= now - WITHIN:
            self._checks.popleft()
        crowded = self._checks[0] + WITHIN - now if len(self._checks) >= CHECKS else 0.0
        return max(self._wrong.get(address, (0, 0.0))[1] - now, crowded, 0.0)

    def looked(self) -> None:
        """Count a password that is looked at."""
        self._checks.append(self.now())

    def wrong(self, address: str) -> None:
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        pause = min(FIRST_WAIT * 2 ** min(count - FREE_TRIES, 20), LONGEST_WAIT) if count >= FREE_TRIES else 0.0
        self._wrong[address] = count, self.now() + pause
        if len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)


class Access:
    """The rules of one console. *now* gives the seconds since 1970."""

    def __init__(self, known: Settings, host: str, now: Callable[[], float]) -> None:
        secret = known.broadcast_console_password_hash
        self.hash = secret.get_secret_value() if secret else ""
        if self.hash:
            check(self.hash)
        self._proxies = frozenset(_addresses(known.broadcast_console_proxy))
        self._header = known.broadcast_console_user_header
        if not HEADER.fullmatch(self._header):
            raise ConfigError("is not the name of a header", where="BROADCAST_CONSOLE_USER_HEADER")
        self._names = frozenset(name.lower() for name in _words(known.broadcast_console_hosts))
        self._hosts = {"localhost", *self._names}
        if not is_address(host):
            self._hosts.add(host.lower())
        self.near = is_loopback(host)
        # With a password, sessions outlive the process, and end when the password is changed.
        seed = self.hash.encode() or secrets.token_bytes(32)
        self._key = hashlib.sha256(b"broadcast console " + seed).digest()
        self._now, self._ended = now, dict[str, int]()
        self.attempts = Attempts(now)

    @property
    def possible(self) -> bool:
        """Return whether anybody may be let in where this console listens."""
        return bool(self.near or self.hash or self._proxies)

    def demand(self) -> None:
        """Raise `ConfigError` where nobody may be let in."""
        if not self.possible:
            raise ConfigError(
                "is needed to open the console to other machines: `broadcast console --hash-password` makes one",
                where=WHERE,
            )

    # --- who asks

    def misled(self, request: web.Request) -> bool:
        """Return whether the browser was told that this machine has a name which is not ours."""
        name = _host(request.headers.get("Host", ""))
        return not (is_address(name) or name in self._hosts)

    def foreign(self, request: web.Request) -> bool:
        """Return whether a form comes from another site's page."""
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
        if site not in ("same-origin", "none"):
            return True
        if origin is None:
            return False
        name = origin.partition("://")[2]
        # A proxy may have put another Host in place of the one that the browser knows.
        return name != request.headers.get("Host", "") and _host(name) not in self._names

    def peer(self, request: web.Request) -> str:
        """Return the address that a request comes from; behind a proxy of ours, the one that it names."""
        address = request.remote or ""
        if address in self._proxies and (told := request.headers.get("X-Forwarded-For", "")):
            address = told.rpartition(",")[2].strip()
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return address[:64]
        # Whoever has one address of IPv6 has the network that it is in.
        return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)

    def named(self, request: web.Request) -> str | None:
        """Return whom a proxy of ours, or this machine, vouches for; None: nobody."""
        if request.remote in self._proxies:
            return user_name(request.headers.get(self._header, "")) or None
        alone = self.near and not self.hash and not self._proxies
        # A proxy on this machine would let in everybody that it forwards.
        return LOCAL if alone and not FORWARDED & {name.lower() for name in request.headers} else None

    # --- sessions

    def session(self, user: str) -> tuple[Session, str]:
        """Let *user* in: return the session, and the cookie's value."""
        found = Session(user, int(self._now()), secrets.token_urlsafe(16))
        text = f"{found.issued}.{found.nonce}.{base64.urlsafe_b64encode(user.encode()).decode()}"
        return found, f"{text}.{self._sign('session', text)}"

    def known(self, cookie: str) -> Session | None:
        """Return the session that a cookie stands for, if it is one of ours and not over."""
        text, _, mac = cookie[:1000].rpartition(".")
        parts = text.split(".")
        if len(parts) != 3 or not hmac.compare_digest(mac.encode(), self._sign("session", text).encode()):
            return None
        found = Session(base64.urlsafe_b64decode(parts[2]).decode(), int(parts[0]), parts[1])
        over = not 0 <= self._now() - found.issued < SESSION_SECONDS
        return None if over or found.nonce in self._ended else found

    def end(self, session: Session) -> None:
        """End a session for good."""
        before = self._now() - SESSION_SECONDS
        self._ended = {nonce: issued for nonce, issued in self._ended.items() if issued > before}
        self._ended[session.nonce] = session.issued

    def token(self, session: Session) -> str:
        """Return what the forms of a session bring back."""
        return self._sign("form", session.nonce)

    def ours(self, session: Session, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self.token(session).encode())

    def secure(self, request: web.Request) -> bool:
        """Return whether the browser speaks TLS, as far as a proxy of ours says."""
        forwarded = request.headers.get("X-Forwarded-Proto") if request.remote in self._proxies else None
        return (forwarded or request.scheme) == "https"

    def _sign(self, use: str, text: str) -> str:
        return hmac.new(self._key, f"{use} {text}".encode(), hashlib.sha256).hexdigest()


def user_name(text: str) -> str:
    """Return what somebody calls themselves, as the audit log shows it."""
    return clean(text, NAME)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach *host*."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_address(host: str) -> bool:
    """Return whether *host* is an address, which no other page can give a name of its own to."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _host(header: str) -> str:
    """Return the name in a Host header, without its port."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0].lower().rstrip(".")


def _addresses(text: str) -> Iterable[str]:
    for one in _words(text):
        if not is_address(one):
            raise ConfigError(f"{one!r} is not an address", where="BROADCAST_CONSOLE_PROXY")
        yield str(ipaddress.ip_address(one))


def _words(text: str) -> list[str]:
    return re.findall(r"[^,\s]+", text)
