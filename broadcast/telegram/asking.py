"""Questions with buttons on Telegram, and what people press.

Presses are read by short looks at the bot's updates. Looking confirms nothing, so several shows and processes, and
`broadcast telegram chats`, read the same ones; each remembers which presses it has dealt with. Only when Telegram's
hundred are full does the older half make room.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Message, Update

from broadcast import asking
from broadcast.errors import Refused, Rejected
from broadcast.plugins import Tools
from broadcast.text import clean, cut
from broadcast.types import Decision, Put, Question, Sent, Video

from . import words
from .chats import edited
from .line import Line, file
from .poster import thumbnail
from .words import Tag, Words

#: What the bot is told of: presses, and what `broadcast telegram chats` lists. Telegram remembers this by bot.
UPDATES = ("message", "channel_post", "my_chat_member", "callback_query")
MOST = 100  #: updates that Telegram gives at once (https://core.telegram.org/bots/api#getupdates)
REMEMBERED = 300  #: presses that were dealt with
TOAST = 200  #: characters of what is shown to whoever pressed
NAME = 80  #: characters of how somebody is called
VERBS = {"approve": True, "reject": False}
ELSEWHERE = "terminated by other getupdates"  #: another process looks this very moment

Manner = Mapping[str, Any]


async def ask(line: Line, tools: Tools, to: str, question: Question, manner: Manner, *, most: float) -> Sent:
    """Put *question* to a chat, with its buttons; with the video where it has at most *most* bytes."""
    if question.video and question.video.bytes <= most:
        message = await _film(line, tools, to, question, question.video, manner)
    else:
        said = said_of(question, words.TEXT)

        def deed(bot: Bot, chat: int | str, text: str, mode: str | None) -> "Awaitable[Message]":
            markup = buttons(question.token)
            return bot.send_message(chat, text, parse_mode=mode, reply_markup=markup, **manner)

        message = await line.send(to, said, deed)
    kind = "text" if message.text is not None else "caption"
    return Sent(ref=f"{message.message_id}/{kind}", url=message.link)


async def _film(line: Line, tools: Tools, to: str, question: Question, video: Video, manner: Manner) -> Message:
    """Send the video with the question: what Telegram knows it by, else the file."""
    name = f"{line.name}/file/{video.sha256}"
    known = await tools.memory.get(name)
    small = None if known else await thumbnail(tools, video.poster)

    def deed(bot: Bot, chat: int | str, text: str, mode: str | None) -> "Awaitable[Message]":
        about: dict[str, Any] = {"caption": text, "parse_mode": mode, "reply_markup": buttons(question.token)}
        if known:
            send: Any = getattr(bot, f"send_{known['kind']}")
            sending: Awaitable[Message] = send(chat, known["id"], **about, **manner)
            return sending
        if small:
            about["thumbnail"] = InputFile(small, filename="thumbnail.jpg", attach=True)
        about |= {"width": video.width, "height": video.height, "duration": round(video.seconds)}
        return bot.send_video(chat, file(video.path, "video.mp4"), supports_streaming=True, **about, **manner)

    message = await line.send(to, said_of(question, words.CAPTION), deed)
    taken = next((kind for kind in ("video", "animation", "document") if getattr(message, kind)), None)
    if taken and not known:  # every other chat that is asked gets it without an upload
        await tools.memory.put(name, {"id": getattr(message, taken).file_id, "kind": taken, "rung": "file"})
    return message


async def heard(line: Line, tools: Tools, puts: Sequence[Put]) -> list[Decision]:
    """Return the presses of buttons of *puts* that were not dealt with yet, in order."""
    known = await _dealt_with(line, tools)
    tokens = {put.question.token for put in puts}
    try:
        async with line.bot() as bot:
            updates = await bot.get_updates(timeout=0, allowed_updates=UPDATES)
        mine = _presses(updates, tokens, known)
        older = {update.update_id for update in updates[: MOST // 2]}
        if len(updates) >= MOST and not any(int(one.ref.partition("/")[0]) in older for one in mine):
            async with line.bot() as bot:
                offset = updates[MOST // 2].update_id
                updates = await bot.get_updates(offset=offset, timeout=0, allowed_updates=UPDATES)
            mine = _presses(updates, tokens, known)
    except Refused as error:
        if ELSEWHERE in str(error).lower():
            return []  # the next look will do
        raise
    return mine


async def tell(line: Line, tools: Tools, answer: Decision, said: str) -> None:
    """Remember that a press was dealt with, and show whoever pressed what came of it."""
    number, _, query = answer.ref.partition("/")
    known = await _dealt_with(line, tools)
    await tools.memory.put(_place(line), [*known, int(number)][-REMEMBERED:])
    try:
        async with line.bot() as bot:
            await bot.answer_callback_query(query, text=cut(said, TOAST), show_alert=True)
    except Rejected:
        pass  # too late for a word: they see what becomes of the message


async def close(line: Line, put: Put, said: str) -> None:
    """Take the buttons off a question, and say in it how it was answered."""
    number, _, kind = put.ref.partition("/")
    caption = kind == "caption"
    text = said_of(put.question, words.CAPTION if caption else words.TEXT, answered=said)
    await edited(line, put.to, int(number), text, caption=caption)


# --- pure


def buttons(token: str) -> InlineKeyboardMarkup:
    """Return the two buttons. What they send back has at most 64 bytes."""
    row = [
        InlineKeyboardButton(label, callback_data=f"{verb}/{token}")
        for verb, label in (("approve", "✓ Approve"), ("reject", "✗ Reject"))
    ]
    return InlineKeyboardMarkup([row])


def said_of(question: Question, most: int, *, answered: str = "") -> Words:
    """Return the words of *question* in at most *most* units; with how it was *answered*, once it is."""
    head = words.shortened(asking.heading(question), words.HEADING)
    tail = f"{answered[:1].upper()}{answered[1:]}." if answered else asking.terms(question)
    tail = words.shortened(tail, words.DISCLOSURE)
    room = most - words.units(head) - words.units(tail) - 2 * len(words.GAP)
    said = words.shortened(asking.spoken(question.script, room), room) if room >= words.LEAST else ""
    parts: list[tuple[Tag, str]] = [("b", head), ("", said), ("i", tail)]
    return Words([(tag, text) for tag, text in parts if text])


def _presses(updates: Sequence[Update], tokens: set[str], known: Sequence[int]) -> list[Decision]:
    """Return the presses among *updates* that answer one of *tokens*."""
    found = []
    for update in updates:
        query = update.callback_query
        verb, _, token = (query.data or "").partition("/") if query else ("", "", "")
        if query and verb in VERBS and token in tokens and update.update_id not in known:
            found.append(_decision(update.update_id, query, token, approves=VERBS[verb]))
    return found


def _decision(number: int, query: CallbackQuery, token: str, *, approves: bool) -> Decision:
    person = query.from_user
    unique = f"@{person.username}" if person.username else str(person.id)
    return Decision(
        token=token,
        approves=approves,
        who=str(person.id),
        names=(f"@{person.username}",) if person.username else (),
        shown=f"{clean(person.full_name, NAME)} ({unique})",
        ref=f"{number}/{query.id}",
    )


async def _dealt_with(line: Line, tools: Tools) -> list[int]:
    found = await tools.memory.get(_place(line))
    return [one for one in found if isinstance(one, int)] if isinstance(found, list) else []


def _place(line: Line) -> str:
    return f"{line.name}/pressed"
