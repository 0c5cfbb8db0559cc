"""What the bot may do in a chat, what it can take back there, and which chats it has seen."""

from collections.abc import Iterable
from typing import Any

from telegram import Bot, Chat, ChatFullInfo, ChatMember, Update
from telegram.constants import ParseMode

from broadcast.errors import Refused, Rejected, StageError
from broadcast.text import clean
from broadcast.types import Sent

from .line import Line
from .words import Words

RIGHT = "make the bot an administrator of the channel, with the right to post"
TITLE = 100  #: characters of a chat's title that are shown


async def objection(line: Line, to: str, me: int) -> StageError | None:
    """Return why the bot *me* cannot post to a chat, or that nobody can tell; None where it can."""
    chat = await line.chat(to)
    try:
        async with line.bot(to) as bot:
            there = await bot.get_chat(chat)
        if there.type == Chat.PRIVATE:
            return None
        async with line.bot(to) as bot:
            member = await bot.get_chat_member(there.id, me)
    except StageError as error:
        return error
    return barred(there, member)


def barred(chat: ChatFullInfo, member: ChatMember) -> Refused | None:
    """Return why *member* may not post to *chat*, or None. Pure."""
    status, name = member.status, clean(chat.title or "", TITLE)
    if status in (ChatMember.LEFT, ChatMember.BANNED):
        return Refused(f"the bot is not in {name!r}: add it to the chat")
    if chat.type == Chat.CHANNEL:
        may = status == ChatMember.OWNER or getattr(member, "can_post_messages", None)
        return None if may else Refused(f"the bot may not post to {name!r}: {RIGHT}")
    everybody = chat.permissions is None or chat.permissions.can_send_messages is not False
    silenced = status == ChatMember.RESTRICTED and getattr(member, "can_send_messages", None) is False
    if silenced or (status == ChatMember.MEMBER and not everybody):
        return Refused(f"the bot may not write in {name!r}: give it the right to")
    return None


async def removed(line: Line, to: str, number: int) -> Sent:
    """Delete a message. One that is gone is as good as deleted."""
    chat = await line.chat(to)
    try:
        async with line.bot(to) as bot:
            await bot.delete_message(chat, number)
    except Rejected as error:
        if "message to delete not found" not in str(error).lower():
            raise
    return Sent(ref=str(number), rung="deleted")


async def edited(line: Line, to: str, number: int, words: Words, *, caption: bool) -> Sent:
    """Replace the words of a message."""
    chat = await line.chat(to)
    about: dict[str, Any] = {"chat_id": chat, "message_id": number, "parse_mode": ParseMode.HTML}
    try:
        async with line.bot(to) as bot:
            if caption:
                await bot.edit_message_caption(caption=words.html, **about)
            else:
                await bot.edit_message_text(words.html, **about)
    except Rejected as error:
        if "message is not modified" not in str(error).lower():  # it says so already: an earlier try got through
            raise
    return Sent(ref=str(number), rung="edited")


async def seen(bot: Bot) -> list[dict[str, Any]]:
    """Return the chats that the bot was written to from, newest first.

    Nothing is consumed by looking: only an offset, which is not given, would confirm what was read.
    """
    return rows(await bot.get_updates(timeout=0))


def rows(updates: Iterable[Update]) -> list[dict[str, Any]]:
    """Return what is shown of the chats of *updates*, newest first. Pure."""
    found: dict[int, dict[str, Any]] = {}
    for update in updates:
        if chat := update.effective_chat:
            found.pop(chat.id, None)
            title = clean(chat.title or chat.full_name or "", TITLE)
            name = f"@{chat.username}" if chat.username else None
            found[chat.id] = {"chat": chat.id, "type": str(chat.type), "title": title, "name": name}
    return list(reversed(found.values()))
