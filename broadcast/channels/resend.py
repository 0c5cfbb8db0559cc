"""Mail through Resend's API, which knows a letter that it has seen: doubt ends by sending it again."""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr

from broadcast.errors import Refused, Rejected, Unavailable, Unconfirmed
from broadcast.mail.address import Mailbox
from broadcast.mail.layout import as_html, as_text
from broadcast.mail.letter import Envelope, content_id
from broadcast.mail.mailing import Mailing
from broadcast.plugins import Answer, Env, Tools
from broadcast.text import clean
from broadcast.types import Destination, Post, Sent
from broadcast.webhooks import fields

KNOWN = timedelta(hours=23)  #: Resend remembers a key for 24 hours
CALLS, WITHIN = 2, 1.0  #: requests a second, for all of an account
SECONDS = 60.0
SAID = 200  #: characters of an answer that are shown
RATE = "rate_limit_exceeded"  #: the other 429s are quotas of a day or a month


class Resend(Mailing):
    """Sends each recipient a letter of their own, as `email` does, through Resend's API instead of SMTP.

    A letter whose answer never came is sent again under the same key within a day: Resend sends it once.
    """

    repeatable: ClassVar[bool] = False  # the key is forgotten after a day
    abreast: ClassVar[int] = 2

    key: Annotated[SecretStr, Env("RESEND_API_KEY", "https://resend.com/api-keys")]
    base: Annotated[str, Env("RESEND_BASE_URL")] = Field("https://api.resend.com", description="for a test server")

    async def preflight(self, tools: Tools) -> None:
        """Raise where a list cannot be read, or the key is not known. Sends nothing."""
        await self.destinations(tools)
        answer = await self._ask(tools, "GET", "domains")
        named = fields(answer).get("name")
        if answer.status in (401, 403) and named != "restricted_api_key":  # that one may send, and nothing else
            raise self._refusal(answer)

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Let it be sent again while Resend knows its key: it then answers as it would have, and sends nothing."""
        if tools.clock.now() - begun > KNOWN:
            raise Unconfirmed("Resend has forgotten by now whether it sent this; look at https://resend.com/emails")
        return None

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Send *text* as a letter of its own."""
        envelope = self.spoken(tools, to, text)
        return await self._send(tools, envelope, {"text": text}, envelope.id)

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Follow up: what is in a mailbox cannot be taken back."""
        await self.consult(tools, to)
        envelope = self.envelope(tools, to, "Correction", "")
        text = note or "The earlier message was sent in error. Please disregard it."
        done = await self._send(tools, envelope, {"text": text}, f"correction\n{sent.ref}")
        return Sent(ref=done.ref, rung="followed up")

    async def post(self, tools: Tools, post: Post, to: str, *, attached: bool) -> Sent:
        await self.consult(tools, to)
        envelope, contents, enclosed = await self.written(tools, post, to, attached=attached)
        files = []
        if enclosed.picture is not None:
            picture = {"filename": "poster.jpg", "content_type": "image/jpeg", "content_id": content_id(envelope)}
            files.append({**picture, "content": base64.b64encode(enclosed.picture).decode()})
        if enclosed.video is not None:
            video = {"filename": enclosed.name, "content_type": "video/mp4"}
            files.append({**video, "content": base64.b64encode(enclosed.video).decode()})
        body = {"text": as_text(contents), "html": as_html(contents)} | ({"attachments": files} if files else {})
        # With and without the video are two letters to Resend: one key cannot stand for both.
        return await self._send(tools, envelope, body, f"{envelope.id}\n{attached}")

    async def letter(self, tools: Tools, envelope: Envelope, text: str, html: str) -> Sent:
        return await self._send(tools, envelope, {"text": text, "html": html}, envelope.id)

    async def _send(self, tools: Tools, envelope: Envelope, body: dict[str, Any], what: str) -> Sent:
        letter = {
            "from": _written(envelope.sender),
            "to": [envelope.to],
            "subject": envelope.subject,
            "headers": envelope.headers,
            **body,
        }
        if envelope.reply_to:
            letter["reply_to"] = _written(envelope.reply_to)
        key = hashlib.sha256(f"{envelope.to}\n{what}".encode()).hexdigest()
        answer = await self._ask(tools, "POST", "emails", letter, key)
        said = fields(answer)
        if 200 <= answer.status < 300 and isinstance(said.get("id"), str):
            return Sent(ref=said["id"])
        raise self._refusal(answer)

    async def _ask(
        self, tools: Tools, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> Answer:
        secret = self.key.get_secret_value()
        await tools.pace(f"resend/{hashlib.sha256(secret.encode()).hexdigest()[:12]}", CALLS, WITHIN)
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        return await tools.http.send(
            method,
            f"{self.base.rstrip('/')}/{path}",
            label="Resend",
            headers=headers | ({"idempotency-key": key} if key else {}),
            body=json.dumps(body).encode() if body else b"",
            again=not body,
            deadline=SECONDS,
        )

    def _refusal(self, answer: Answer) -> Unavailable | Rejected | Refused | Unconfirmed:
        """Return what an answer means that is not the one hoped for. Pure."""
        said, status = fields(answer), answer.status
        named = str(said.get("name", ""))
        secret = self.key.get_secret_value()
        words = f"Resend answers {status} {clean(str(said.get('message', '')).replace(secret, '…'), SAID)}".rstrip()
        if status == 429:
            after = answer.headers.get("retry-after", "")
            wait = float(after[:9]) if after.isdigit() else None if named == RATE else 3600.0
            return Unavailable(words, retry_after=wait)
        if status == 409:
            return Unconfirmed(f"{words}: a letter under this key was sent before; see https://resend.com/emails")
        if status in (401, 403):
            return Refused(f"{words}: check RESEND_API_KEY, and that the domain of `from` is verified")
        if 400 <= status < 500:
            return Rejected(words)
        return Unconfirmed(words)


def _written(box: Mailbox) -> str:
    """Return *box* as JSON takes it: no name can end the quotes it stands in."""
    name = box.name.replace("\\", "\\\\")
    return f'"{name}" <{box.address}>' if box.name else box.address
