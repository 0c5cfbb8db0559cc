"""Telegram: groups, channels and people, through a bot."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from broadcast.errors import Refused, Rejected, StageError, Unconfirmed
from broadcast.plugins import Env, Keep, Plugin, Rung, Tools
from broadcast.telegram import ASKED, addresses, fields, words
from broadcast.telegram.poster import thumbnail
from broadcast.types import Decision, Destination, Post, Put, Question, Sent

if TYPE_CHECKING:
    from telegram import Message

    from broadcast.telegram.line import Line

WITHDRAWN = "This post was withdrawn."
ASKED_AT_ONCE = 8  #: chats, before a run


class Telegram(Plugin):
    """Posts to chats of Telegram: the video by its address, else uploaded once for all chats, else a link.

    Make a bot with @BotFather, add it to each chat (to a channel: as an administrator who may post), and name the
    chats. `broadcast telegram chats` lists those that the bot has seen.
    """

    abreast: ClassVar[int] = 30  #: as many as a second takes

    token: Annotated[SecretStr, Env("TELEGRAM_TOKEN", "https://t.me/BotFather"), AfterValidator(fields.token)]
    base: Annotated[str, Env("TELEGRAM_BASE_URL"), AfterValidator(fields.base)] = Field(
        fields.PUBLIC, description="the server, up to /bot<token>"
    )
    chat: Annotated[tuple[str, ...], BeforeValidator(fields.chats)] = Field(
        description="one chat or a list: @name of a public one, or its number",
        json_schema_extra={"type": ["string", "integer", "array"], "items": {"type": ["string", "integer"]}},
    )
    topic: int | None = Field(None, ge=1, description="the topic of a forum, by its number")
    silent: bool = Field(False, description="notify without a sound")
    protect: bool = Field(False, description="no forwarding and saving")
    local: bool = Field(False, description="`base` is a Bot API server of one's own: uploads up to 2 GB")
    seconds: float = Field(90, gt=0, le=500, description="how long an answer is waited for; an upload adds to it")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return self.chat

    def ladder(self) -> Sequence[Rung]:
        return self.url, self.file, self.link

    async def preflight(self, tools: Tools) -> Mapping[str, StageError] | None:
        """Ask who the bot is, and of each chat whether the bot may post there."""
        line = await self._line(tools)
        from broadcast.telegram.chats import objection

        async with line.bot() as bot:
            me = await bot.get_me()
        gate = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(to: str) -> StageError | None:
            async with gate:
                return await objection(line, to, me.id)

        answers = await asyncio.gather(*(ask(to) for to in self.chat))
        closed = {to: error for to, error in zip(self.chat, answers, strict=True) if error}
        if len(closed) == len(self.chat) == 1:
            raise closed[self.chat[0]]
        if len(closed) == len(self.chat) and all(isinstance(error, Refused) for error in closed.values()):
            raise Refused("; ".join(f"{to}: {error}" for to, error in list(closed.items())[:3]))
        return closed

    # --- the ladder

    async def url(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send what Telegram knows already; else have its servers fetch the video themselves."""
        line = await self._line(tools)
        if sent := await self._known(tools, line, post, to):
            return sent
        try:
            address = addresses.fetchable(post.video, self.base)
        except ValueError as error:
            raise Rejected(str(error)) from None
        return await self._video(tools, line, post, to, "url", address)

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send what Telegram knows already; else upload the video."""
        line = await self._line(tools)
        from broadcast.telegram.line import file

        if sent := await self._known(tools, line, post, to):
            return sent
        video = post.video
        if video.bytes > self._most:
            raise Rejected(f"the video has {video.bytes / 1e6:.1f} MB, Telegram takes {self._most / 1e6:g}")
        small = await thumbnail(tools, video.poster)
        return await self._video(tools, line, post, to, "file", file(video.path, "video.mp4"), small=small)

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send the words, with the address where the video can be watched: the news, if not the pictures."""
        line = await self._line(tools)
        from telegram import LinkPreviewOptions

        if not post.link:
            tools.note("the words went without a link: a `publish:` would give the video a lasting address")
        preview = LinkPreviewOptions(
            is_disabled=not post.link, url=post.link, prefer_large_media=True, show_above_text=True
        )
        said = words.of_post(post, words.TEXT, link=post.link)
        return await self._text(line, to, said, keep=tools.keep, link_preview_options=preview)

    async def _known(self, tools: Tools, line: "Line", post: Post, to: str) -> Sent | None:
        """Send the file that Telegram has of this video, if it has one and takes it."""
        from broadcast.telegram.answers import WrongFile

        name = f"{line.name}/file/{post.video.sha256}"
        known = await tools.memory.get(name)
        if not isinstance(known, dict):
            return None
        try:
            return await self._video(tools, line, post, to, known["rung"], known["id"], kind=known["kind"])
        except WrongFile as error:
            if known == await tools.memory.get(name):  # nobody has sent it anew meanwhile
                await tools.memory.put(name, None)
            tools.note(f"the file that Telegram had is sent anew: {error}")
            return None

    async def _video(
        self,
        tools: Tools,
        line: "Line",
        post: Post,
        to: str,
        rung: str,
        video: Any,
        *,
        kind: str = "video",
        small: bytes | None = None,
    ) -> Sent:
        """Send *video*: an address, a file, or what Telegram knows it by. Remember what it is known by then."""
        from telegram import InputFile

        more: dict[str, Any] = {}
        if small:
            more["thumbnail"] = InputFile(small, filename="thumbnail.jpg", attach=True)
        if kind == "video":
            more |= {"width": post.video.width, "height": post.video.height, "supports_streaming": True}
            more |= {"duration": round(post.video.seconds)}
        said = words.of_post(post, words.CAPTION, link=post.video.page)

        def deed(bot: Any, chat: int | str, text: str, mode: str | None) -> "Awaitable[Message]":
            send: Callable[..., Awaitable[Message]] = getattr(bot, f"send_{kind}")
            return send(chat, video, caption=text, parse_mode=mode, **more, **self._manner)

        message = await line.send(to, said, deed, keep=tools.keep)
        # Telegram takes a video without sound for an animation, and that is what it stays.
        taken = next((name for name in ("video", "animation", "document") if getattr(message, name)), None)
        if taken and (number := getattr(message, taken).file_id) != video:
            known = {"id": number, "kind": taken, "rung": rung}
            await tools.memory.put(f"{line.name}/file/{post.video.sha256}", known)
        return Sent(ref=str(message.message_id), url=message.link, rung=rung)

    # --- beside posts

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Return None where the message was still waiting for its turn. Telegram tells nothing of what was sent."""
        if tools.kept.get(ASKED):
            raise Unconfirmed(f"it may have got through to {to}: Telegram cannot be asked, look into the chat")
        return None

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Send a plain message."""
        return await self._text(await self._line(tools), to, words.of_text(text, words.TEXT))

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Delete the message; where Telegram will not, replace its words; else answer it."""
        if not sent.ref.isdecimal():
            raise Rejected(f"the number of the message in {to} is not known: take it back by hand")
        line, number = await self._line(tools), int(sent.ref)
        from broadcast.telegram.chats import edited, removed

        try:
            return await removed(line, to, number)
        except (Rejected, Refused) as error:
            tools.note(f"not deleted: {error}")
        said = words.of_text(note or WITHDRAWN, words.CAPTION)
        try:
            return await edited(line, to, number, said, caption=sent.rung != "link")
        except (Rejected, Refused) as error:
            tools.note(f"not edited: {error}")
        from telegram import ReplyParameters

        answer = ReplyParameters(message_id=number, allow_sending_without_reply=True)
        followed = await self._text(line, to, said, reply_parameters=answer)
        return followed.model_copy(update={"rung": "followed up"})

    # --- questions: see `telegram.asking`

    async def ask(self, tools: Tools, to: str, question: Question) -> Sent:
        """Put a question to a chat, with a button for either answer."""
        line = await self._line(tools)
        from broadcast.telegram import asking

        return await asking.ask(line, tools, to, question, self._manner, most=self._most)

    async def heard(self, tools: Tools, puts: Sequence[Put]) -> Sequence[Decision]:
        line = await self._line(tools)
        from broadcast.telegram import asking

        return await asking.heard(line, tools, puts)

    async def tell(self, tools: Tools, answer: Decision, words: str) -> None:
        line = await self._line(tools)
        from broadcast.telegram import asking

        await asking.tell(line, tools, answer, words)

    async def close(self, tools: Tools, put: Put, words: str) -> None:
        line = await self._line(tools)
        from broadcast.telegram import asking

        await asking.close(line, put, words)

    async def _text(
        self, line: "Line", to: str, said: words.Words, *, keep: Keep | None = None, **more: Any
    ) -> Sent:
        def deed(bot: Any, chat: int | str, text: str, mode: str | None) -> "Awaitable[Message]":
            sending: Awaitable[Message] = bot.send_message(chat, text, parse_mode=mode, **more, **self._manner)
            return sending

        message = await line.send(to, said, deed, keep=keep)
        return Sent(ref=str(message.message_id), url=message.link)

    @property
    def _most(self) -> int:
        """Return the bytes of the largest upload."""
        from telegram.constants import FileSizeLimit

        limits = FileSizeLimit.FILESIZE_UPLOAD_LOCAL_MODE, FileSizeLimit.FILESIZE_UPLOAD
        return int(limits[0] if self.local else limits[1])

    @property
    def _manner(self) -> Mapping[str, Any]:
        manner = {
            "message_thread_id": self.topic,
            "disable_notification": self.silent or None,
            "protect_content": self.protect or None,
        }
        return {name: value for name, value in manner.items() if value is not None}

    async def _line(self, tools: Tools) -> "Line":
        # The library takes a good part of a second to import: not while everything else waits.
        await asyncio.to_thread(import_module, "broadcast.telegram.line")
        from broadcast.telegram.line import Line

        return Line(tools, self.base, self.token.get_secret_value(), self.seconds)
