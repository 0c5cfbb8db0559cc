"""The methods, each with the scope that it needs, the arguments that it knows, and what it does."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .workspace import Channel, File, Message, Problem, Workspace

ADVISED = 4_000  #: characters of a message; Slack itself keeps ten times as many
BLOCKS = 50
LIMITS = {"section": 3_000, "header": 150, "context": 2_000}
BUTTON = {"type", "action_id", "value", "style", "text"}
LABEL, VALUE = 75, 2_000  #: characters of a button's text, and of what it sends back
COMPLETE_IN = 100  #: channels
STAMP = re.compile(r"\d+\.\d{6}")


@dataclass(frozen=True)
class Call:
    """One call of a method."""

    space: Workspace
    args: Mapping[str, Any]
    now: datetime
    scopes: frozenset[str]
    url: str
    bot: str
    size_limit: int
    ticket: Callable[[], str] = str  #: an address to listen at

    def text(self, name: str) -> str:
        value = self.args.get(name)
        if not isinstance(value, str) or not value:
            raise Problem("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing {name}"]})
        return value


Method = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True)
class Spec:
    """What a method takes."""

    do: Method
    scope: str
    known: frozenset[str]
    read: bool = False  #: may be asked by GET
    app: bool = False  #: is asked with the app's token, not the bot's


def _spec(do: Method, scope: str, *known: str, read: bool = False, app: bool = False) -> Spec:
    return Spec(do, scope, frozenset(known), read, app)


# --- who and where


def auth_test(call: Call) -> dict[str, Any]:
    return {"url": "https://town.slack.com/", "team": "Town", "user": call.bot, "bot_id": "B1", "user_id": "U1"}


def connections_open(call: Call) -> dict[str, Any]:
    return {"url": call.ticket()}


def conversations_info(call: Call) -> dict[str, Any]:
    return {"channel": described(call.space.room(call.text("channel"), visible=True))}


def conversations_list(call: Call) -> dict[str, Any]:
    types = str(call.args.get("types") or "public_channel").split(",")
    if "private_channel" in types and "groups:read" not in call.scopes:
        raise Problem("missing_scope", needed="groups:read", provided=",".join(sorted(call.scopes)))
    found = [
        one
        for one in call.space.channels.values()
        if ("private_channel" if one.private else "public_channel") in types and (one.member or not one.private)
        if not (one.archived and str(call.args.get("exclude_archived", "")).lower() in ("1", "true"))
    ]
    start, size = int(call.args.get("cursor") or 0), min(int(call.args.get("limit") or 100), 1000)
    more = str(start + size) if start + size < len(found) else ""
    page = [described(one) for one in found[start : start + size]]
    return {"channels": page, "response_metadata": {"next_cursor": more}}


def described(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.member,
        "num_members": 3,
    }


# --- messages


def post(call: Call) -> dict[str, Any]:
    room = call.space.room(call.text("channel"))
    if not room.member and "chat:write.public" not in call.scopes:
        raise Problem("not_in_channel")
    text, blocks = said(call)
    metadata = call.args.get("metadata")
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        raise Problem("metadata_must_be_sent_with_event_type_and_payload")
    ts = call.space.stamp(call.now)
    message = Message(room.id, ts, text, blocks, threaded(call, room), metadata, at=call.now)
    call.space.messages.append(message)
    return {"channel": room.id, "ts": ts, "message": {"text": text, "ts": ts}}


def update(call: Call) -> dict[str, Any]:
    message = call.space.find(call.text("channel"), call.text("ts"), call.now)
    message.text, message.blocks = said(call)
    message.edited = True
    return {"channel": message.channel, "ts": message.ts, "text": message.text}


def delete(call: Call) -> dict[str, Any]:
    message = call.space.find(call.text("channel"), call.text("ts"), call.now)
    message.deleted = True
    return {"channel": message.channel, "ts": message.ts}


def whisper(call: Call) -> dict[str, Any]:
    room, user = call.space.room(call.text("channel")), call.text("user")
    if not room.member:
        raise Problem("not_in_channel")
    text, _ = said(call)
    call.space.whispers.append((room.id, user, text))
    return {"message_ts": call.space.stamp(call.now)}


def reactions(call: Call) -> dict[str, Any]:
    message = call.space.find(call.text("channel"), call.text("timestamp"), call.now)
    whole = str(call.args.get("full", "")).lower() in ("1", "true")
    listed = [
        {"name": name, "count": len(users), "users": users if whole else users[:1]}
        for name, users in message.reactions.items()
    ]
    about = {"type": "message", "ts": message.ts, "text": message.text}
    return {"type": "message", "channel": message.channel, "message": {**about, "reactions": listed}}


def permalink(call: Call) -> dict[str, Any]:
    message = call.space.find(call.text("channel"), call.text("message_ts"), call.now)
    where = f"https://town.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return {"channel": message.channel, "permalink": where}


def history(call: Call) -> dict[str, Any]:
    room = call.space.room(call.text("channel"), visible=True)
    if not room.member:
        raise Problem("not_in_channel")
    thread = call.args.get("ts")
    found = [
        one
        for one in reversed(call.space.seen(room.id, call.now))
        if (thread is None or one.thread == thread) and float(one.ts) >= float(call.args.get("oldest") or 0)
    ]
    start, size = int(call.args.get("cursor") or 0), min(int(call.args.get("limit") or 100), 999)
    more = start + size < len(found)
    whole = str(call.args.get("include_all_metadata", "")).lower() in ("1", "true")
    page = []
    for one in found[start : start + size]:
        row: dict[str, Any] = {"type": "message", "ts": one.ts, "text": one.text}
        if one.metadata:
            row["metadata"] = one.metadata if whole else {"event_type": one.metadata["event_type"]}
        page.append(row)
    cursor = {"response_metadata": {"next_cursor": str(start + size)}} if more else {}
    return {"messages": page, "has_more": more, **cursor}


def said(call: Call) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """Return text and blocks, or refuse them."""
    text, blocks = call.args.get("text") or "", call.args.get("blocks") or ()
    if not isinstance(text, str) or not text:
        raise Problem("no_text")  # it is what a notification and a screen reader say
    escaped(text)
    if len(blocks) > BLOCKS:
        raise Problem("invalid_blocks")
    for block in blocks:
        if block.get("type") == "actions":
            pressable(block)
            continue
        if block.get("type") not in LIMITS:
            raise Problem("invalid_blocks")
        for part in [block["text"]] if "text" in block else block["elements"]:
            if part.get("type") not in ("plain_text", "mrkdwn"):
                raise Problem("invalid_blocks")
            if not 0 < len(part["text"]) <= LIMITS[block["type"]]:
                raise Problem("invalid_blocks")
            if part["type"] == "mrkdwn":
                escaped(part["text"])
    return text, blocks


def pressable(block: Mapping[str, Any]) -> None:
    """Refuse a block of buttons that is not well made."""
    buttons = block.get("elements") or ()
    names = [one.get("action_id") for one in buttons]
    if not 0 < len(buttons) <= 25 or len(set(names)) != len(names):
        raise Problem("invalid_blocks")
    for one in buttons:
        label = one.get("text") or {}
        good = one.get("type") == "button" and set(one) <= BUTTON and label.get("type") == "plain_text"
        if not good or one.get("style") not in (None, "primary", "danger"):
            raise Problem("invalid_blocks")
        if not 0 < len(label["text"]) <= LABEL or len(one.get("value") or "") > VALUE:
            raise Problem("invalid_blocks")


def escaped(text: str) -> None:
    """Refuse what is too long, or holds what should have been escaped."""
    if len(text) > ADVISED:
        raise Problem("msg_too_long")
    rest = re.sub(r"<(https?://[^|<>\s]+)(\|[^|<>]*)?>", "", text)
    if re.search(r"[<>]|&(?!amp;|lt;|gt;)", rest):
        raise Problem("invalid_arguments", response_metadata={"messages": ["[ERROR] text is not escaped"]})


def threaded(call: Call, room: Channel) -> str | None:
    thread = call.args.get("thread_ts")
    if thread is not None and not STAMP.fullmatch(str(thread)):
        raise Problem("invalid_thread_ts")
    return thread


# --- files


def ticket(call: Call) -> dict[str, Any]:
    name, length = call.text("filename"), int(call.args.get("length") or 0)
    if length <= 0:
        raise Problem("missing_argument")
    if length > call.size_limit:
        raise Problem("file_upload_size_restricted")
    file = call.space.ticket(name, length)
    return {"upload_url": f"{call.url}/upload/v1/{file.id}", "file_id": file.id}


def complete(call: Call) -> dict[str, Any]:
    files, one, many = call.args.get("files"), call.args.get("channel_id"), call.args.get("channels")
    if isinstance(files, str):  # in a form or a query it is JSON within
        files = json.loads(files)
    if not isinstance(files, list) or len(files) != 1 or set(files[0]) - {"id", "title"}:
        raise Problem("invalid_arguments")
    if (one is None) == (many is None):
        raise Problem("invalid_arguments")
    file = call.space.files.get(files[0].get("id"))
    if file is None or file.completed or file.deleted or not file.sha256:
        raise Problem("file_not_found")
    names = [one] if one is not None else str(many).split(",")
    if not 0 < len(names) <= COMPLETE_IN or len(names) != len(set(names)):
        raise Problem("invalid_arguments")
    rooms = [call.space.room(name) for name in names]
    if not all(room.member for room in rooms):
        raise Problem("not_in_channel")
    comment = call.args.get("initial_comment") or ""
    escaped(comment)
    file.title = str(files[0].get("title") or file.name)
    call.space.share(file, rooms, comment, threaded(call, rooms[0]), call.now)
    return {"files": [{"id": file.id, "title": file.title}]}


def info(call: Call) -> dict[str, Any]:
    file = there(call)
    shares: dict[str, dict[str, list[dict[str, str]]]] = {}
    for message in call.space.messages:
        if message.file == file.id and message in call.space.seen(message.channel, call.now):
            way = "private" if call.space.channels[message.channel].private else "public"
            shares.setdefault(way, {}).setdefault(message.channel, []).append({"ts": message.ts})
    where = f"https://town.slack.com/files/U1/{file.id}/{file.name}"
    return {"file": {"id": file.id, "name": file.name, "size": file.length, "permalink": where, "shares": shares}}


def remove(call: Call) -> dict[str, Any]:
    file = there(call)
    file.deleted = True
    for message in call.space.messages:
        if message.file == file.id:
            message.file = None  # its words stay, beside the remark that the file was deleted
    return {}


def there(call: Call) -> File:
    file = call.space.files.get(call.text("file"))
    if file is None or not file.completed:
        raise Problem("file_not_found")
    if file.deleted:
        raise Problem("file_deleted")
    return file


PAGED = ("limit", "cursor")
PAST = ("channel", "oldest", "latest", "inclusive", "include_all_metadata", *PAGED)
POSTED = ("channel", "text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media")
METHODS: Mapping[str, Spec] = {
    "auth.test": _spec(auth_test, ""),
    "apps.connections.open": _spec(connections_open, "", app=True),
    "conversations.info": _spec(conversations_info, "channels:read", "channel", read=True),
    "conversations.list": _spec(
        conversations_list, "channels:read", "types", "exclude_archived", *PAGED, read=True
    ),
    "conversations.history": _spec(history, "channels:history", *PAST, read=True),
    "conversations.replies": _spec(history, "channels:history", "ts", *PAST, read=True),
    "chat.postMessage": _spec(post, "chat:write", *POSTED),
    "chat.postEphemeral": _spec(whisper, "chat:write", "channel", "user", "text"),
    "reactions.get": _spec(reactions, "reactions:read", "channel", "timestamp", "full", read=True),
    "chat.update": _spec(update, "chat:write", "channel", "ts", "text", "blocks"),
    "chat.delete": _spec(delete, "chat:write", "channel", "ts"),
    "chat.getPermalink": _spec(permalink, "", "channel", "message_ts", read=True),
    "files.getUploadURLExternal": _spec(ticket, "files:write", "filename", "length", read=True),
    "files.completeUploadExternal": _spec(
        complete, "files:write", "files", "channel_id", "channels", "initial_comment", "thread_ts"
    ),
    "files.info": _spec(info, "files:read", "file", read=True),
    "files.delete": _spec(remove, "files:write", "file"),
}
