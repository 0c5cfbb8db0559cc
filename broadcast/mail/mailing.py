"""What all channels for mail share: who writes to whom, and what a letter of a post holds."""

import asyncio
import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from broadcast.asking import heading
from broadcast.errors import Rejected
from broadcast.page import Record
from broadcast.plugins import Clock, Plugin, Rung, Tools
from broadcast.text import clean
from broadcast.types import Decision, Post, Put, Question, Sent

from . import asking, poster, roll
from .address import Address, Named, same
from .layout import Contents
from .letter import Enclosed, Envelope, content_id, message_id
from .token import read, sign

ATTACHED = 7_000_000  #: bytes of a video; base64 adds 37 %, and Postmark takes 10 MB
PLAIN = 500_000  #: bytes of a poster that goes as it is, where nothing here can draw a smaller one
DRAWING_SECONDS = 30.0
CAPTION = 10_000  #: characters of a line; a letter has room
FIELDS = ("address", "token")
TOKEN = 1_000  #: characters; an address has at most 254


class Written(NamedTuple):
    """A letter before it is bytes or JSON."""

    envelope: Envelope
    contents: Contents
    enclosed: Enclosed


def _unsubscribe(url: str) -> str:
    bare = url
    for name in FIELDS:
        bare = bare.replace(f"{{{name}}}", "x")
    parts = urlsplit(bare)
    if "{" in bare or "}" in bare or not bare.isascii() or any(character in bare for character in "<>, \r\n\t"):
        raise ValueError("is no address; write https://news.example.com/unsubscribe/{token}")
    if parts.scheme == "mailto" and "@" in parts.path and bare == url:
        return url
    if parts.scheme != "https" or not parts.hostname or bare == url:
        raise ValueError(
            "must be https:// and name whom it belongs to, with {token} or {address} (RFC 8058); or mailto:"
        )
    return url


def _list_id(text: str) -> str:
    label = text.strip().removeprefix("<").removesuffix(">")
    if not label.isascii() or not all(part and part.replace("-", "").isalnum() for part in label.split(".")):
        raise ValueError("is no name of a list; write it like a host name: daily.news.example.com")
    return f"<{label}>"


def _many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Mailing(Plugin):
    """The settings of a channel for mail."""

    by_link: ClassVar[bool] = True  #: whoever is asked answers on a page of ours
    own_names: ClassVar[frozenset[str]] = frozenset(FIELDS)

    sender: Named = Field(alias="from", description="who writes: News <news@example.com>")
    reply_to: Named | None = Field(None, description="who gets the answers; else the sender")
    to: Annotated[tuple[Address, ...], BeforeValidator(_many)] = Field((), description="addresses")
    members: Path | None = Field(None, alias="list", description="a file with an address a line; # is a comment")
    command: tuple[str, ...] = Field((), description="a program that prints addresses, and its arguments")
    suppress: Path | None = Field(
        None, description="a file of those who get nothing more; mailboxes that do not exist are added to it"
    )
    unsubscribe: Annotated[str, AfterValidator(_unsubscribe)] | None = Field(
        None, description="one click and no more mail: https://… with {token} or {address}; or mailto:…"
    )
    secret: SecretStr | None = Field(None, description="signs the {token} of `unsubscribe`; 16 characters or more")
    list_id: Annotated[str, AfterValidator(_list_id)] | None = Field(
        None, description="the list's own name, like a host's: daily.news.example.com"
    )
    attach: bool = Field(False, description=f"attach a video of at most {ATTACHED / 1e6:g} MB")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.to or self.members or self.command):
            raise ValueError("says nobody to write to; there is `to`, `list` and `command`")
        if "{token}" in (self.unsubscribe or "") and (
            self.secret is None or len(self.secret.get_secret_value()) < 16
        ):
            raise ValueError("needs a `secret` of 16 characters or more, to sign the {token} of `unsubscribe`")
        return self

    async def destinations(self, tools: Tools) -> Sequence[str]:
        """Return who gets a letter: all lists together, without those who get nothing more."""
        found = {same(one): one for one in self.to}
        lists = []
        if self.members:
            what = "the list"
            lists.append((f"{self.members}", await roll.of_file(self.members, what)))
        if self.command:
            lists.append((f"the command {self.command[0]}", await roll.of_command(self.command)))
        for what, text in lists:
            for one in roll.members(text, what, tools.note):
                found.setdefault(same(one), one)
        kept = roll.without(found.values(), await roll.suppressed(self.suppress))
        kept = [one for one in kept if self.suppress or not await tools.memory.get(_bounced(one))]
        if left_out := len(found) - len(kept):
            tools.note(f"{left_out} suppressed: unsubscribed, or the mailbox does not exist")
        return kept

    def ladder(self) -> Sequence[Rung]:
        return (self.file, self.link) if self.attach else (self.link,)

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send the video in the letter."""
        if (size := post.video.bytes) > ATTACHED:
            raise Rejected(f"the video has {size / 1e6:.1f} MB; at most {ATTACHED / 1e6:g} MB are attached")
        return await self.post(tools, post, to, attached=True)

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send the way to the video; where there is none, what it says."""
        if post.link is None:
            tools.note("link: no lasting address, so the letter holds poster and transcript; see `publish:`")
        return await self.post(tools, post, to, attached=False)

    @abstractmethod
    async def post(self, tools: Tools, post: Post, to: str, *, attached: bool) -> Sent:
        """Send the letter of *post* to one recipient."""

    # --- questions: see `mail.asking`, and `daemon.answering` for where the link leads

    async def ask(self, tools: Tools, to: str, question: Question) -> Sent:
        """Send a question, with the link by which *to* answers it."""
        await self.consult(tools, to)
        envelope = self.envelope(tools, to, heading(question), message_id(self.sender, "ask", question.token, to))
        envelope = replace(envelope, list_id=None, unsubscribe=None)
        return await self.letter(tools, envelope, asking.as_text(question), asking.as_html(question))

    @abstractmethod
    async def letter(self, tools: Tools, envelope: Envelope, text: str, html: str) -> Sent:
        """Send a letter of words alone."""

    async def heard(self, tools: Tools, puts: Sequence[Put]) -> Sequence[Decision]:
        """Return nothing: answers come by the page that the link leads to."""
        return ()

    async def tell(self, tools: Tools, answer: Decision, words: str) -> None:
        """Say nothing: the page did."""

    async def close(self, tools: Tools, put: Put, words: str) -> None:
        """Leave the letter as it is: its link says how it was answered."""

    async def consult(self, tools: Tools, to: str) -> None:
        """Raise `Rejected` where *to* gets nothing more. Asked before each letter: that may be new."""
        if self.suppress:
            gone = same(to) in await roll.suppressed(self.suppress)
        else:
            gone = bool(await tools.memory.get(_bounced(to)))
        if gone:
            raise Rejected(f"{to} is suppressed: unsubscribed, or the mailbox does not exist")

    async def remember(self, tools: Tools, to: str, why: str) -> None:
        """Write down that there is no mailbox *to*."""
        if self.suppress:
            try:
                await asyncio.to_thread(roll.suppress, self.suppress, to, why, tools.clock.now())
                return
            except OSError as error:
                tools.note(f"{self.suppress}: {error.strerror}: {to} could not be added")
        await tools.memory.put(_bounced(to), clean(why, 200))

    async def written(self, tools: Tools, post: Post, to: str, *, attached: bool) -> Written:
        """Return the letter of *post* to one recipient."""
        subject = clean(post.heading or post.title, 200)
        envelope = self.envelope(tools, to, subject, message_id(self.sender, post.run, post.edition, to))
        picture, size = await self._picture(tools, post)
        video = await asyncio.to_thread(post.video.path.read_bytes) if attached else None
        where: Literal["linked", "attached", "absent"] = "absent"
        if attached or post.link:
            where = "linked" if post.link else "attached"
        contents = Contents(
            record=Record.of(post),
            caption="" if post.heading else "\n".join(clean(line, CAPTION) for line in post.caption.split("\n")),
            link=post.link,
            video=where,
            picture=content_id(envelope) if picture else None,
            size=size,
            unsubscribe=envelope.unsubscribe,
        )
        return Written(envelope, contents, Enclosed(picture, video, f"{_file(post)}.mp4"))

    def envelope(self, tools: Tools, to: str, subject: str, id: str, *, about: str | None = None) -> Envelope:
        """Return what stands around a letter to *to*."""
        return Envelope(
            sender=self.sender,
            to=to,
            subject=subject,
            id=id,
            at=tools.clock.now(),
            reply_to=self.reply_to,
            list_id=self.list_id,
            unsubscribe=self._leave(to),
            about=about,
        )

    def spoken(self, tools: Tools, to: str, text: str) -> Envelope:
        """Return what stands around a plain message: an alert, a test. Its first line is the subject."""
        subject = next((line for line in text.split("\n") if line.strip()), "broadcast")
        id = message_id(self.sender, "say", to, text, tools.clock.now().isoformat())
        return replace(self.envelope(tools, to, subject, id), list_id=None, unsubscribe=None)

    def corrected(self, tools: Tools, to: str, ref: str) -> Envelope:
        """Return what stands around the letter that follows up the one with the id *ref*."""
        return self.envelope(tools, to, "Correction", message_id(self.sender, "correction", to, ref), about=ref)

    async def leave(self, clock: Clock, token: str) -> bool:
        """Add whom *token* was made for to the file of `suppress`. Raises OSError where it cannot be written."""
        if self.suppress is None or self.secret is None or len(token) > TOKEN:
            return False
        address = read(self.secret.get_secret_value(), token, self.list_id or self.sender.address)
        if address is None:
            return False
        if same(address) not in await roll.suppressed(self.suppress):
            await asyncio.to_thread(roll.suppress, self.suppress, address, "unsubscribed", clock.now())
        return True

    def _leave(self, to: str) -> str | None:
        if self.unsubscribe is None:
            return None
        url = self.unsubscribe.replace("{address}", quote(to, safe=""))
        if "{token}" in url and self.secret:
            of = self.list_id or self.sender.address
            url = url.replace("{token}", sign(self.secret.get_secret_value(), to, of))
        return url

    async def _picture(self, tools: Tools, post: Post) -> tuple[bytes | None, tuple[int, int]]:
        """Return the still picture of *post* and its size; drawn once per run, and read for each letter."""
        source, video = post.video.poster, post.video
        if source is None or not source.is_file():
            return None, (0, 0)
        if not poster.possible():
            plain = source.suffix.lower() in (".jpg", ".jpeg") and source.stat().st_size <= PLAIN
            data = await asyncio.to_thread(source.read_bytes) if plain else None
            return data, (video.width, video.height)
        mark = "play" if post.link else "still"
        path = tools.folder / f"mail-{hashlib.sha256(f'{source}'.encode()).hexdigest()[:16]}-{mark}.jpg"
        if not path.is_file():
            tools.folder.mkdir(parents=True, exist_ok=True)
            try:
                await tools.compute(
                    "broadcast.mail.poster:drawn", str(source), str(path), bool(post.link), deadline=DRAWING_SECONDS
                )
            except (OSError, ValueError):  # no picture that Pillow knows: the letter is whole without it
                tools.note("the poster cannot be read: the letter goes without it")
                return None, (0, 0)
        return await asyncio.to_thread(path.read_bytes), (video.width, video.height)


def _bounced(address: str) -> str:
    return f"bounced/{same(address)}"


def _file(post: Post) -> str:
    return "".join(letter for letter in f"{post.show}-{post.date}" if letter.isalnum() or letter in "-_")[:80]
