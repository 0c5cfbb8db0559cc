"""One message to one recipient, and what each answer of a mail server means.

aiosmtplib opens its sockets itself: `tools.http` speaks HTTP only. Nothing is repeated here, and every verb is sent
by itself, because what an answer means depends on how far we got: until the final dot has left, nothing was sent;
from then on, only an answer tells.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache

import certifi
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.text import clean

from .server import Server, near

CONNECT = 15.0  #: seconds until the greeting
REPLY = 60.0  #: seconds for an answer; RFC 5321 (4.5.3.2) would wait five minutes, and a run is not that patient
VERDICT = 300.0  #: seconds for the answer to the final dot: giving up early makes doubt; RFC 5321 says ten minutes
GOODBYE = 2.0  #: seconds for QUIT, when all is said
GREYLIST = 300.0  #: seconds before asking again after 4xx: what RFC 6647 (section 3) finds usual
FLUSH = 0.005  #: seconds between looks whether the message has left
SAID = 200  #: characters of a server's answer that are shown
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")  #: RFC 3463


class Bounced(Rejected):
    """There is no such mailbox, and there will be none."""


async def deliver(server: Server, sender: str, to: str, message: bytes) -> None:
    """Hand *message* to *server* for one recipient.

    Raises `Unavailable` where it was not taken and may be later, `Rejected` where this message or this recipient
    was not, `Refused` where we are not, `Unconfirmed` where the server did not say.
    """
    async with _session(server) as client:
        with _edge(server, "the sender"):
            await _reply(server, client, "MAIL", *_envelope(server, client, sender, to, message))
        with _edge(server, "the recipient"):
            await _reply(server, client, "RCPT", f"TO:<{to}>".encode())
        with _edge(server, "the message"):
            await _reply(server, client, "DATA")
            await asyncio.wait_for(_write(client, message), VERDICT)
            if not client.is_connected:
                raise SMTPServerDisconnected("before the final dot")
        doubt = f"{server.label} took the message and did not say what became of it"
        try:
            code, said = await client.execute_command(b".", timeout=VERDICT)
        except (SMTPException, OSError):
            raise Unconfirmed(doubt) from None
        if not 200 <= code < 300:
            raise judged("the message", code, said, server) if 400 <= code < 600 else Unconfirmed(doubt)


async def look(server: Server) -> None:
    """Connect, encrypt and log in, and leave again. Raises `Unavailable` or `Refused`."""
    async with _session(server):
        pass


def judged(what: str, code: int, said: str, server: Server) -> StageError:
    """Return what the answer *code* to *what* means. Pure."""
    enhanced = ENHANCED.search(said)
    subject = enhanced[2] if enhanced and enhanced[1] == str(code)[0] else ""
    shown = clean(said.replace(server.password, "…") if server.password else said, SAID)
    words = f"{server.label} refuses {what}: {code} {shown}".rstrip()
    if code == 421:
        return Unavailable(words)
    if 400 <= code < 500:
        return Unavailable(words, retry_after=GREYLIST)
    if what == "the login":
        return Refused(f"{words}: check the user name and the password in `url` (SMTP_URL)")
    if what == "the recipient" and subject != "7":
        return (Bounced if subject == "1" or (not subject and code in (550, 551, 553)) else Rejected)(words)
    if what == "the message" or (what == "the sender" and code == 552):
        return Rejected(words)
    if what == "the sender":
        return Refused(f"{words}: it may not be allowed to send from the address in `from`")
    return Refused(words)


# --- the conversation


@asynccontextmanager
async def _session(server: Server) -> AsyncIterator[SMTP]:
    """Give a connection that is as secure as it must be, and logged in."""
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=False,  # the default takes encryption where it is offered, and does without where it is not
        timeout=REPLY,
        tls_context=await asyncio.to_thread(_certificates),
        local_hostname=await asyncio.to_thread(_own_name),
    )
    try:
        with _edge(server, "the connection"):
            await client.connect(timeout=CONNECT)
            await client.ehlo()
            peer = (client.get_transport_info("peername") or ("",))[0]
            await _secure(server, client, peer)
        if server.user:
            await _login(server, client)
        yield client
        if client.is_connected:
            with suppress(SMTPException, OSError, TimeoutError):
                await asyncio.wait_for(client.quit(), GOODBYE)  # all is said: nothing depends on it
    finally:
        client.close()


async def _secure(server: Server, client: SMTP, peer: str) -> None:
    """Encrypt the connection where it must be. Raises `Refused` where it must be and cannot."""
    distance = near(peer)
    free = distance == "here" or (distance == "private" and not server.user)
    if server.tls or (free and server.starttls != "require"):
        return
    if server.starttls == "off":
        secret = "the password" if server.user else "mail"
        raise Refused(f"{server.label} would get {secret} unencrypted: take starttls=off out of `url` (SMTP_URL)")
    if not client.supports_extension("starttls"):
        raise Refused(
            f"{server.label} offers no STARTTLS, or somebody on the way took it out: nothing is sent in clear; "
            "ask its operator, or use smtps:// in `url` (SMTP_URL)"
        )
    await client.starttls()
    await client.ehlo()


async def _login(server: Server, client: SMTP) -> None:
    with _edge(server, "the login"):
        if not client.supports_extension("auth"):
            raise Refused(f"{server.label} takes no login: take user and password out of `url` (SMTP_URL)")
        try:
            await client.login(server.user, server.password)
        except (SMTPResponseException, OSError):
            raise
        except SMTPException:
            raise Refused(f"{server.label} offers no way to log in that is known here") from None


def _envelope(server: Server, client: SMTP, sender: str, to: str, message: bytes) -> tuple[bytes, ...]:
    """Return what stands behind MAIL. Raises `Rejected` for what the server has said it cannot take."""
    options = []
    if client.supports_extension("size"):
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(message):
            raise Rejected(f"the message has {len(message):,} bytes, {server.label} takes {int(limit):,}")
        options.append(f"SIZE={len(message)}".encode())
    if not (sender + to).isascii():
        if not client.supports_extension("smtputf8"):
            raise Rejected(f"{server.label} takes no addresses with letters beyond ASCII (SMTPUTF8): {to}")
        options += [b"SMTPUTF8", b"BODY=8BITMIME"]
    return (f"FROM:<{sender}>".encode(), *options)


@contextmanager
def _edge(server: Server, what: str) -> Iterator[None]:
    """Say what it means that *what* failed. All of it is before the final dot: nothing was sent."""
    try:
        yield
    except SMTPResponseException as error:
        if not 400 <= error.code < 600:
            raise Unavailable(f"{server.label} does not speak SMTP") from None
        raise judged(what, error.code, error.message, server) from None
    except (SMTPException, OSError) as error:  # a time-out is an OSError
        raise _broken(server, error) from None


def _broken(server: Server, error: BaseException) -> StageError:
    """Return what a connection that failed means."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(f"{server.label} has a certificate that is not good: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return Unavailable(
                f"{server.label}: no secure connection; smtps:// is for port 465, smtp:// for others"
            )
        if isinstance(cause, socket.gaierror):
            return Unavailable(f"{server.label} is not known by name: check `url` (SMTP_URL) and the network")
        if isinstance(cause, ConnectionRefusedError):
            return Unavailable(f"{server.label} refuses connections: check `url` (SMTP_URL)")
        if isinstance(cause, TimeoutError):
            return Unavailable(f"{server.label} did not answer in time")
        cause = cause.__cause__ or cause.__context__
    return Unavailable(f"{server.label} broke the connection off before the message was sent")


async def _reply(server: Server, client: SMTP, verb: str, *arguments: bytes) -> None:
    """Send one command. Raises what an answer means that is not the one to go on with."""
    code, said = await client.execute_command(verb.encode(), *arguments)
    if (verb == "DATA" and code != 354) or (verb != "DATA" and code not in (250, 251)):
        raise SMTPResponseException(code, said)


async def _write(client: SMTP, message: bytes) -> None:
    """Write the message without its final dot, and wait until it has left."""
    transport = client.transport
    assert isinstance(transport, asyncio.WriteTransport)
    transport.write(message.replace(b"\r\n.", b"\r\n.."))  # the policy of the letter ends every line with CRLF
    while transport.get_write_buffer_size() and client.is_connected:  # noqa: ASYNC110, the library has no `drain`
        await asyncio.sleep(FLUSH)
    await asyncio.sleep(0)  # an end of the connection that is already known becomes so here, too


@cache
def _certificates() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@cache
def _own_name() -> str:
    """Return what EHLO says: a full name, or the literal of RFC 5321 (4.1.4) where this machine has none."""
    name = socket.getfqdn()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
