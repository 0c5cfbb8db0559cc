"""The line to one bot: the library's methods over `tools.http`, at Telegram's pace, and to where a chat is now.

The library builds the requests and reads the answers. It is given neither the network nor the token: so nothing of
its own can repeat a request, hold a file in memory or log a secret.
"""

import hashlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from telegram import Bot, InputFile, Message
from telegram.constants import FloodLimit, ParseMode
from telegram.error import ChatMigrated, TelegramError
from telegram.request import BaseRequest, RequestData

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.multipart import Form, Part
from broadcast.plugins import Http, Keep, Tools

from . import ASKED
from .answers import Unparsed, judged, meaning
from .words import Words

#: Methods that may be asked twice without harm: what reads, and what is as it was after the second time.
HARMLESS = frozenset((
    "getMe", "getChat", "getChatMember", "getUpdates", "deleteMessage", "editMessageCaption", "editMessageText",
    "answerCallbackQuery",
))  # fmt: skip
SLOWEST = 100_000  #: bytes a second of an upload that is still waited for
#: Seconds between messages to whatever chats. Spread evenly, few are on the wire when a process dies.
EVENLY = math.ceil(1000 / FloodLimit.MESSAGES_PER_SECOND) / 1000
MINUTE = 62.0  #: seconds, with what the other two limits may add to a turn
EARLY = 0.5  #: seconds before the end of a wait that count as its end: two clocks were asked
LONGEST = 540.0  #: seconds for one request, within the ten minutes of a rung
FORM = "application/x-www-form-urlencoded"

Chat = int | str
#: A message to the chat, with its words, in a parse mode.
Deed = Callable[[Bot, Chat, str, str | None], Awaitable[Message]]


class Line:
    """What is said to one bot's server, and how it is answered."""

    def __init__(self, tools: Tools, base: str, token: str, seconds: float) -> None:
        self._tools, self._base, self._token, self._seconds = tools, base, token, seconds
        #: Names the bot on its server, in the limits and the memory, without telling the token.
        self.name = "telegram/" + hashlib.sha256(f"{self._base} {token}".encode()).hexdigest()[:16]

    @asynccontextmanager
    async def bot(self, to: str = "") -> AsyncIterator[Bot]:
        """Give the library's bot for one request about the chat *to*. What goes wrong becomes an error of ours."""
        try:
            async with asking(self._tools.http, self._base, self._token, self._seconds) as bot:
                yield bot
        except ChatMigrated as moved:
            raise await self._moved(to, moved.new_chat_id) from None

    async def send(self, to: str, words: Words, deed: Deed, *, keep: Keep | None = None) -> Message:
        """Send one message to a chat: without markup where that is not taken, for then nothing was sent.

        *keep* commits, under `ASKED`, whether the message is on the wire: waiting for a turn is nothing to doubt.
        """
        try:
            return await self._send(to, deed, words.html, ParseMode.HTML, keep)
        except Unparsed:
            return await self._send(to, deed, words.plain, None, keep)

    async def _send(self, to: str, deed: Deed, text: str, mode: str | None, keep: Keep | None) -> Message:
        chat = await self.chat(to)
        await self._allowed(to)
        await self._turn(chat)
        if keep:
            await keep(ASKED, "yes")
        try:
            async with self.bot(to) as bot:
                return await deed(bot, chat, text, mode)
        except (Unavailable, Rejected, Refused) as error:
            if keep:
                await keep(ASKED, "")
            if isinstance(error, Unavailable) and error.retry_after:
                until = self._tools.clock.now() + timedelta(seconds=error.retry_after)
                await self._tools.memory.put(f"{self.name}/until/{to}", until.isoformat())
            raise

    async def _allowed(self, to: str) -> None:
        """Raise `Unavailable` where Telegram has asked, in this run or an earlier one, to leave the chat alone."""
        until = await self._tools.memory.get(f"{self.name}/until/{to}")
        left = (datetime.fromisoformat(until) - self._tools.clock.now()).total_seconds() if until else 0.0
        if left > EARLY:
            raise Unavailable(f"Telegram asks to wait another {left:.0f} s with {to}", retry_after=left)

    async def chat(self, to: str) -> Chat:
        """Return where the chat *to* of the configuration is now."""
        now = await self._tools.memory.get(f"{self.name}/chat/{to}")
        return int(now) if isinstance(now, int) else int(to) if not to.startswith("@") else to

    async def _moved(self, to: str, number: int) -> StageError:
        """Remember that the chat *to* has another number now; return the error that has it asked again at once."""
        await self._tools.memory.put(f"{self.name}/chat/{to}", number)
        self._tools.note(f"{to} has become the supergroup {number}: put that into `chat`")
        return Unavailable(f"{to} has become the supergroup {number}", retry_after=0)

    async def _turn(self, chat: Chat) -> None:
        """Wait until a message may go to *chat*. What holds up one chat holds up no other."""
        if not (isinstance(chat, int) and chat > 0):  # a person's chat has a positive number
            await self._tools.pace(f"{self.name}/{chat}/minute", FloodLimit.MESSAGES_PER_MINUTE_PER_GROUP, MINUTE)
        await self._tools.pace(self.name, 1, EVENLY)
        await self._tools.pace(f"{self.name}/{chat}", FloodLimit.MESSAGES_PER_SECOND_PER_CHAT, 1)


@asynccontextmanager
async def asking(http: Http, base: str, token: str, seconds: float) -> AsyncIterator[Bot]:
    """Give the library's bot for one request. Raises our errors, and `ChatMigrated`."""
    request = Request(http, f"{base}/bot{token}", seconds)
    try:
        yield Bot("-", base_url="", request=request, get_updates_request=request)
    except ChatMigrated:
        raise
    except TelegramError as error:
        raise meaning(error) from None
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if not request.answered:
            raise
        raise request.answered("Telegram answered with something that nobody can read") from error


class Request(BaseRequest):
    """Takes the library's requests to `tools.http`, file by file from the disk."""

    def __init__(self, http: Http, address: str, seconds: float) -> None:
        self._http, self._address, self._seconds = http, address, seconds
        self.answered: type[StageError] | None = None  #: once it is: what an answer that cannot be read stands for
        # At DEBUG the library logs the parameters of every call, signed addresses among them.
        logging.getLogger("telegram").setLevel(logging.WARNING)

    @property
    def read_timeout(self) -> float | None:
        return self._seconds

    async def initialize(self) -> None:
        """Nothing is open before the first request."""

    async def shutdown(self) -> None:
        """Nothing stays open after the last one."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **more: Any
    ) -> tuple[int, bytes]:
        """Ask the method that *url* ends with. Raises our own errors, which the library passes on as causes."""
        asked = url.rpartition("/")[2]
        again = asked in HARMLESS
        fields: Mapping[str, str] = request_data.json_parameters if request_data else {}
        files = [
            Part(field, name, type, cast(Path | bytes, content))
            for field, (name, content, type) in (request_data.multipart_data if request_data else {}).items()
        ]
        form = Form(fields, files)
        body = form.body() if files else (request_data.url_encoded_parameters() if request_data else "").encode()
        length = form.length if files else None
        answer = await self._http.send(
            method,
            f"{self._address}/{asked}",
            label="Telegram",
            headers={"content-type": form.type if files else FORM},
            body=body,
            length=length,
            again=again,
            deadline=round(min(self._seconds + (length or 0) / SLOWEST, LONGEST), 1),
        )
        known = judged(answer, again=again)
        self.answered = Unavailable if again else Unconfirmed
        return known


def file(path: Path, name: str) -> InputFile:
    """Return a file for the library that stays on the disk: `Request` streams it from its path."""
    if not path.is_file():
        raise Rejected(f"{path} is gone from the archive: there is nothing to upload")
    return InputFile(cast(IO[bytes], path), filename=name, read_file_handle=False)
