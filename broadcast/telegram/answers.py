"""What Telegram's answers mean for us. Pure.

python-telegram-bot changes the case of what Telegram says: it is compared in lower case, and by parts of it. The
texts are those of Telegram's own server (https://github.com/tdlib/telegram-bot-api).
"""

import json
import re
from typing import Any

from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Answer
from broadcast.text import clean

LONGEST = 300  #: characters of what a service says that are repeated
ADDRESS = re.compile(r"\b[a-z]+://\S+", re.IGNORECASE)
CHATS = "`broadcast telegram chats` lists the chats that the bot has seen"

#: Part of what is said when a chat will not have us, whatever we send -> what to do about it.
SHUT = {
    "chat not found": f"check `chat`: @name of a public chat, or its number; {CHATS}",
    "chat_id is empty": f"check `chat`: @name of a public chat, or its number; {CHATS}",
    "peer_id_invalid": f"check `chat`, and let a person write to the bot first; {CHATS}",
    "user not found": f"check `chat`, and let a person write to the bot first; {CHATS}",
    "message thread not found": "check `topic`: it is the number of a topic of this very chat",
    "topic_closed": "open the topic, or let the bot manage topics",
    "administrator rights": "make the bot an administrator of the channel, with the right to post",
    "chat_admin_required": "make the bot an administrator of the channel, with the right to post",
    "not enough rights": "give the bot the right to post there",
    "have no rights to send": "give the bot the right to post there",
    "chat_write_forbidden": "give the bot the right to post there",
    "chat_restricted": "give the bot the right to post there",
    "bot is not a member": "add the bot to the chat",
    "bot was kicked": "add the bot to the chat again",
    "bot was blocked": "the person has to unblock the bot, or take the chat out",
    "can't initiate conversation": "the person has to write to the bot first",
    "can't send messages to bots": "take the chat out: bots do not talk to bots",
    "user is deactivated": "take the chat out: the account is gone",
    "chat was deleted": "take the chat out: the group is gone",
    "chat was deactivated": "take the chat out: the group is gone",
}
#: Rights that only some ways of sending need: text may still get through.
MEDIA = re.compile(r"rights to send (video|animation|document|photo|audio|media)")
#: Part of what is said of a file's id that is of no use any more.
FILES = ("file identifier", "file_id", "file reference", "file_reference", "use file of type", "wrong type of file")
TAKEN = "a webhook takes what is written to the bot: ask the program behind it for the chats"


class Unparsed(Rejected):
    """Telegram does not take the markup. The same words without any may get through."""


class WrongFile(Rejected):
    """Telegram does not know the file by this id, or not as what it was sent as."""


def judged(answer: Answer, *, again: bool) -> tuple[int, bytes]:
    """Return status and body of an answer of the Bot API; raise what anything else means.

    *again*: what was asked may be asked again without harm.
    """
    doubt: type[StageError] = Unavailable if again else Unconfirmed
    said = _read(answer.body)
    words = _words(said, answer)
    match answer.status:
        case 429:
            raise Unavailable(words, retry_after=_wait(said, answer))
        case 413:
            raise Rejected(f"{words}: the file is too large for it")
        case status if status >= 500 or status == 408:
            raise doubt(f"{words}: it may have been sent" if doubt is Unconfirmed else words)
        case status if status < 300:
            if said.get("ok") is not True or "result" not in said:
                raise doubt(f"Telegram answered {status} with something that nobody can read")
        case status if status < 400 or status == 421 or "description" not in said:
            raise Refused(f"{words}: this is no Bot API; check TELEGRAM_BASE_URL")
    return answer.status, answer.body


def meaning(error: TelegramError) -> StageError:
    """Return the error of ours that stands for one of the library's."""
    if isinstance(error.__cause__, StageError):
        return error.__cause__
    if isinstance(error.__cause__, OSError):
        return Rejected("the file of the video cannot be read: it may be gone from the archive")
    said = _told(error.message)
    low = said.lower()
    if isinstance(error, InvalidToken):
        return Refused(f"Telegram does not know the bot ({said}); check TELEGRAM_TOKEN: @BotFather shows it")
    if isinstance(error, Conflict):
        return Refused(f"Telegram: {said}; {TAKEN}" if "webhook" in low else f"Telegram: {said}")
    hint = next((what for part, what in SHUT.items() if part in low), "")
    if isinstance(error, Forbidden):
        return Refused(f"Telegram: {said}; {hint or 'let the bot back in, or take the chat out'}")
    if isinstance(error, BadRequest):
        if "can't parse entities" in low or "entity_bounds_invalid" in low:
            return Unparsed(f"Telegram: {said}")
        if any(part in low for part in FILES):
            return WrongFile(f"Telegram: {said}")
        if hint and not MEDIA.search(low):
            return Refused(f"Telegram: {said}; {hint}")
        return Rejected(f"Telegram: {said}")
    assert isinstance(error, NetworkError) or type(error) is TelegramError
    return Unconfirmed(f"Telegram: {said}")


def _read(body: bytes) -> dict[str, Any]:
    """Return an answer's object; an empty one where it is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _words(said: dict[str, Any], answer: Answer) -> str:
    told = _told(str(said.get("description") or ""))
    return f"Telegram answered {answer.status}" + (f" ({told})" if told else "")


def _told(text: str) -> str:
    return ADDRESS.sub("…", clean(text, LONGEST)).strip()


def _wait(said: dict[str, Any], answer: Answer) -> float | None:
    """Return the seconds that we are asked to wait: Telegram says so in its answer, a proxy in its headers."""
    parameters = said.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
        return float(seconds)
    header = answer.headers.get("retry-after", "").strip()
    return float(header[:9]) if header.isascii() and header.isdigit() else None
