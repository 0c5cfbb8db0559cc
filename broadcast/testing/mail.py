"""A mail server on 127.0.0.1: stricter than real ones, with an inbox for every recipient, faulty on demand.

    with MailServer() as server:                                 # a thread of its own
        server.fail("RCPT", "550 5.1.1 no such user", of="gone@example.com")
        server.fail(".", "drop-after", times=1)
        ... deliver through server.url() ...
        assert len(server.inboxes["ann@example.com"]) == 1

A fault stands at a verb: `CONNECT`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `content` (in the middle of
the message), `.` (the final dot). It is an answer as it goes over the wire, or one of
    drop         closes the connection        hang         says nothing more
    drop-after   at the dot: takes the message first, then closes; `hang-after` likewise
    withdraw     at STARTTLS: does not offer it
"""

import asyncio
import re
import ssl
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "content", ".")
LINE = 998  #: bytes of a line without its end (RFC 5322, 2.1.1)
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")


@dataclass
class Fault:
    """What goes wrong at a verb: for all, or for one recipient; always, or some times."""

    how: str
    of: str = ""
    times: int = -1


@dataclass
class MailServer:
    """Takes mail for anybody. With a *login*, after it only; with *tls*, STARTTLS is offered."""

    login: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None
    smtps: bool = False  #: TLS from the first byte on
    size: int = 33_554_432  #: bytes of a message that it takes
    utf8: bool = True
    inboxes: dict[str, list[EmailMessage]] = field(default_factory=lambda: defaultdict(list))
    raw: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)  #: what was wrong with what it got
    verbs: list[str] = field(default_factory=list)  #: all that clients asked for
    connections: int = 0
    busiest: int = 0  #: connections at once
    slow: float = 0.0  #: seconds before each answer, as a far server has them
    port: int = 0

    def __post_init__(self) -> None:
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._open: set[asyncio.BaseTransport] = set()
        self._ids: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def url(self, options: str = "", user: str | None = None, password: str | None = None) -> str:
        """Return what `SMTP_URL` would say."""
        name, word = (user, password) if user else (self.login or ("", ""))
        credentials = f"{quote(name, safe='')}:{quote(word or '', safe='')}@" if name else ""
        return f"smtp{'s' * self.smtps}://{credentials}127.0.0.1:{self.port}{options}"

    def fail(self, verb: str, how: str, *, of: str = "", times: int = -1) -> Fault:
        """Let *how* happen at *verb* from now on; to one recipient with *of*."""
        if verb not in VERBS:
            raise ValueError(f"{verb!r} is not one of {', '.join(VERBS)}")
        self._faults[verb].append(fault := Fault(how, of.casefold(), times))
        return fault

    def mend(self) -> None:
        """Let nothing more go wrong."""
        self._faults.clear()

    @property
    def seen(self) -> int:
        """How many messages people found in their inboxes."""
        return sum(map(len, self.inboxes.values()))

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, *error: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, deed: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(deed, self._loop).result(10)

    async def _start(self) -> None:
        context = self.tls if self.smtps else None
        self._server = await self._loop.create_server(self._talk, "127.0.0.1", 0, ssl=context, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for transport in list(self._open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # lets the sockets close

    def _talk(self) -> "Talk":
        offered = self.tls if not self.smtps and not self._fault("STARTTLS", how="withdraw") else None
        return Talk(
            self,
            data_size_limit=self.size,
            enable_SMTPUTF8=self.utf8,
            hostname="mx.example.test",
            tls_context=offered,
            auth_require_tls=False,  # a client that sends its password in clear shall be caught doing so
            authenticator=self._authenticate,
            timeout=60,
            loop=self._loop,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == self.login
        # Without `handled=False` a refusal is never said, and the client waits for ever.
        return AuthResult(success=known, handled=known)

    def _fault(self, verb: str, *, of: str = "", how: str = "") -> str:
        """Return what goes wrong at *verb* now, or nothing."""
        for fault in self._faults[verb]:
            if fault.times and (not fault.of or fault.of == of.casefold()) and how in ("", fault.how):
                fault.times -= 1
                return fault.how
        return ""

    # --- what is wrong with a message

    def _problem(self, envelope: Envelope, content: bytes) -> str:
        message = message_from_bytes(content, policy=policy.SMTP)
        assert isinstance(message, EmailMessage)
        recipients, id = envelope.rcpt_tos, str(message.get("Message-ID", ""))
        if len(recipients) != 1:
            return f"{len(recipients)} recipients: each gets a message of their own"
        if wrong := next((name for name in ONCE if len(message.get_all(name, [])) != 1), None):
            return f"{wrong} is there {len(message.get_all(wrong, []))} times"
        if recipients[0] not in str(message["To"]):
            return f"the envelope is for {recipients[0]}, the header for {message['To']}"
        if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", id):
            return f"{id!r} is no Message-ID"
        if self._ids.setdefault(id, recipients[0]) != recipients[0]:
            return f"{id} was used for {self._ids[id]}"
        if b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""):
            return "a line ends with CR or LF alone"
        if any(len(line) > LINE for line in content.split(b"\r\n")):
            return "a line is too long"
        if not content.isascii() and not envelope.smtp_utf8:
            return "letters beyond ASCII that nobody announced"
        if (post := message["List-Unsubscribe-Post"]) is not None and (
            post != "List-Unsubscribe=One-Click" or "<https:" not in str(message["List-Unsubscribe"])
        ):
            return "List-Unsubscribe-Post without an https address"
        if defects := [*message.defects, *(one for part in message.walk() for one in part.defects)]:
            return f"not well formed: {defects[0]!r}"
        related = [part for part in message.walk() if part.get_content_type() == "multipart/related"]
        html = message.get_body(("html",))
        for cid in re.findall(r'"cid:([^"]+)"', html.get_content() if html else ""):
            if not any(part["Content-ID"] == f"<{cid}>" for one in related for part in one.iter_parts()):
                return f"there is no part {cid}"
        return ""

    def _take(self, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        if problem := self._problem(envelope, content):
            self.problems.append(problem)
            return f"554 5.6.0 {problem}"
        message = message_from_bytes(content, policy=policy.SMTP)
        assert isinstance(message, EmailMessage)
        self.inboxes[envelope.rcpt_tos[0]].append(message)
        self.raw[envelope.rcpt_tos[0]].append(content)
        return "250 2.0.0 queued"


class Talk(SMTP):
    """One connection."""

    def __init__(self, mail: MailServer, **options: Any) -> None:
        super().__init__(self, **options)
        self.mail = mail
        self._auth_required = mail.login is not None  # as an argument it comes with a warning

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.mail.connections += 1
        self.mail._open.add(transport)
        self.mail.busiest = max(self.mail.busiest, len(self.mail._open))
        self.opened = transport
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.mail._open.discard(self.opened)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        if not await self._suffer("CONNECT"):
            await super()._handle_client()

    async def push(self, status: Any) -> None:
        if self.mail.slow:
            await asyncio.sleep(self.mail.slow)
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._unless("EHLO", super().smtp_EHLO, hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        await self._unless("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:
        clear = self.session is not None and self.session.ssl is None and not self.mail.smtps
        if self.mail.tls is not None and clear:
            self.mail.problems.append("a password came in clear")
        await self._unless("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg: str) -> None:
        await self._unless("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:
        found = re.search("<(.*?)>", arg or "")
        await self._unless("RCPT", super().smtp_RCPT, arg, of=found[1] if found else "")

    async def smtp_DATA(self, arg: str) -> None:
        of = self._recipient
        if self.mail._fault("content", of=of):
            await self.push("354 go on")
            await self._reader.readline()
            self._abort()
            return
        await self._unless("DATA", super().smtp_DATA, arg, of=of)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        how = self.mail._fault(".", of=self._recipient)
        if how.endswith("-after"):
            self.mail._take(envelope)
        if how.startswith("drop"):
            self._abort()
            return "421 4.0.0 gone"
        if how.startswith("hang"):
            await asyncio.sleep(3600)
        return how or self.mail._take(envelope)

    @property
    def _recipient(self) -> str:
        return self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""

    async def _unless(
        self, verb: str, go: Callable[[str], Coroutine[Any, Any, None]], arg: str, *, of: str = ""
    ) -> None:
        self.mail.verbs.append(verb)
        if not await self._suffer(verb, of=of):
            await go(arg)

    async def _suffer(self, verb: str, *, of: str = "") -> bool:
        """Do what shall go wrong here, and say whether anything did."""
        how = self.mail._fault(verb, of=of)
        if how == "hang":
            await asyncio.sleep(3600)
        elif how == "drop":
            self._abort()
        elif how and how != "withdraw":
            await self.push(how)
        return bool(how)

    def _abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
