"""A whole message: its headers, and the parts that mail readers choose from. Pure."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from broadcast.text import clean

from .address import Mailbox
from .layout import Contents, as_html, as_text

SUBJECT = 150  #: characters; readers show half of them
PICTURE = "poster"  #: the content id's local part


@dataclass(frozen=True)
class Envelope:
    """What one letter has around it: all that differs from recipient to recipient, and the list's own marks."""

    sender: Mailbox
    to: str
    subject: str
    id: str  #: with its angle brackets
    at: datetime
    reply_to: Mailbox | None = None
    list_id: str | None = None
    unsubscribe: str | None = None
    about: str | None = None  #: the id of the letter that this one corrects

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say what kind of letter it is: made by a machine, for a list, easy to leave."""
        marks = {"Auto-Submitted": "auto-generated", "Precedence": "bulk"}
        if self.list_id:
            marks["List-Id"] = self.list_id
        if self.unsubscribe:
            marks["List-Unsubscribe"] = f"<{self.unsubscribe}>"
            if self.unsubscribe.startswith("https:"):
                marks["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        if self.about:
            marks |= {"In-Reply-To": self.about, "References": self.about}
        return marks


@dataclass(frozen=True)
class Enclosed:
    """What goes with a letter."""

    picture: bytes | None = field(default=None, repr=False)  #: JPEG
    video: bytes | None = field(default=None, repr=False)  #: MP4
    name: str = "video.mp4"


def message_id(sender: Mailbox, *what: str) -> str:
    """Return the id of the letter that *what* names: the same each time, so that a second copy is known as one."""
    digest = hashlib.sha256("\n".join((sender.address, *what)).encode()).hexdigest()[:32]
    return f"<{digest}@{sender.domain}>"


def content_id(envelope: Envelope) -> str:
    """Return the id of the picture within the letter, without brackets."""
    return f"{PICTURE}.{envelope.id.strip('<>')}"


def letter(envelope: Envelope, contents: Contents, enclosed: Enclosed) -> bytes:
    """Return the bytes of a letter with a text, an HTML and a picture in it."""
    message = _addressed(envelope)
    message.set_content(as_text(contents), cte="quoted-printable")
    message.add_alternative(as_html(contents), subtype="html", cte="quoted-printable")
    if enclosed.picture is not None:
        html = message.get_payload()[1]  # type: ignore[index]
        assert isinstance(html, EmailMessage)
        cid = f"<{content_id(envelope)}>"
        html.add_related(enclosed.picture, "image", "jpeg", cid=cid, disposition="inline", filename="poster.jpg")
    if enclosed.video is not None:
        message.add_attachment(enclosed.video, "video", "mp4", filename=enclosed.name)
    return message.as_bytes()


def note(envelope: Envelope, text: str) -> bytes:
    """Return the bytes of a letter of plain text."""
    message = _addressed(envelope)
    message.set_content(f"{text.strip()}\n", cte="quoted-printable")
    return message.as_bytes()


def two_ways(envelope: Envelope, text: str, html: str) -> bytes:
    """Return the bytes of a letter of text, and the same as HTML."""
    message = _addressed(envelope)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _addressed(envelope: Envelope) -> EmailMessage:
    # What leaves is ASCII, whatever the server can take; only an address that is not needs more.
    policy = SMTP if (envelope.sender.address + envelope.to).isascii() else SMTPUTF8
    message = EmailMessage(policy.clone(cte_type="7bit") if policy is SMTP else policy)
    message["From"] = _shown(envelope.sender)
    message["To"] = _shown(Mailbox(envelope.to))
    if envelope.reply_to:
        message["Reply-To"] = _shown(envelope.reply_to)
    message["Subject"] = clean(envelope.subject, SUBJECT)
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = envelope.id
    for name, value in envelope.headers.items():
        message[name] = value
    return message


def _shown(box: Mailbox) -> Address:
    local, _, domain = box.address.rpartition("@")
    return Address(box.name, local, domain)
