"""Mail over SMTP: one letter to each recipient."""

import asyncio
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from broadcast.errors import Rejected
from broadcast.mail import letter, smtp
from broadcast.mail.letter import Envelope
from broadcast.mail.mailing import Mailing
from broadcast.mail.server import Server, server
from broadcast.plugins import Env, Tools
from broadcast.types import Destination, Post, Sent


def _readable(url: SecretStr) -> SecretStr:
    server(url.get_secret_value())
    return url


class Email(Mailing):
    """Sends each recipient a letter of their own: a picture that leads to the video, what it says, its sources.

    Members come from `to`, a `list` and a `command`. Nothing leaves unencrypted for another network. What no server
    confirmed is not sent again: SMTP cannot be asked.
    """

    repeatable: ClassVar[bool] = False
    abreast: ClassVar[int] = 4  #: connections; providers begin to refuse beyond a handful

    url: Annotated[SecretStr, AfterValidator(_readable), Env("SMTP_URL")]

    async def preflight(self, tools: Tools) -> None:
        """Raise where a list cannot be read, or the server would not have us. Sends nothing."""
        await self.destinations(tools)
        await smtp.look(self._server)

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Send *text* as a letter of its own."""
        envelope = self.spoken(tools, to, text)
        return await self._hand_over(tools, to, envelope.id, letter.note(envelope, text))

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Follow up: what is in a mailbox cannot be taken back."""
        await self.consult(tools, to)
        envelope = self.corrected(tools, to, sent.ref)
        text = note or "The earlier message was sent in error. Please disregard it."
        done = await self._hand_over(tools, to, envelope.id, letter.note(envelope, text))
        return Sent(ref=done.ref, rung="followed up")

    async def letter(self, tools: Tools, envelope: Envelope, text: str, html: str) -> Sent:
        return await self._hand_over(tools, envelope.to, envelope.id, letter.two_ways(envelope, text, html))

    @property
    def _server(self) -> Server:
        return server(self.url.get_secret_value())

    async def post(self, tools: Tools, post: Post, to: str, *, attached: bool) -> Sent:
        await self.consult(tools, to)
        written = await self.written(tools, post, to, attached=attached)
        # Base64 of some megabytes would hold up the loop.
        message = await asyncio.to_thread(letter.letter, *written)
        return await self._hand_over(tools, to, written.envelope.id, message)

    async def _hand_over(self, tools: Tools, to: str, id: str, message: bytes) -> Sent:
        try:
            await smtp.deliver(self._server, self.sender.address, to, message)
        except smtp.Bounced as error:
            await self.remember(tools, to, str(error))
            raise Rejected(f"{error}; {to} gets nothing more") from None
        return Sent(ref=id)
