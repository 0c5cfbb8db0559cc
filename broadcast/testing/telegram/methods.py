"""The methods that a broadcast uses (https://core.telegram.org/bots/api), each as strict as can be."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from .chats import Kind, Place, Shown, Stored
from .entities import parsed
from .forms import Form
from .troubles import Problem

if TYPE_CHECKING:
    from .service import Telegram

CAPTION, TEXT = 1024, 4096  #: characters after the markup is parsed
BY_ADDRESS = 20_000_000  #: bytes that are fetched
THUMBNAIL = 200_000  #: bytes
DELETABLE = timedelta(hours=48)
TOAST = 200  #: characters of what is shown to whoever pressed a button
UPDATES = frozenset((
    "message", "edited_message", "channel_post", "edited_channel_post", "my_chat_member", "callback_query",
))  # fmt: skip
NAMES = {"video": "Video", "animation": "Animation", "document": "Document", "photo": "Photo"}
RIGHTS = {"text": "can_send_messages", "video": "can_send_videos", "photo": "can_send_photos",
          "animation": "can_send_other_messages", "document": "can_send_documents"}  # fmt: skip
PREVIEW = {"url", "prefer_large_media", "show_above_text", "is_disabled"}
COMMON = frozenset((
    "chat_id", "message_thread_id", "parse_mode", "disable_notification", "protect_content", "reply_parameters",
    "reply_markup",
))  # fmt: skip


# --- reading


async def get_me(server: "Telegram", form: Form) -> Any:
    more = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
    return {**server.me, **dict.fromkeys(more, False)}


async def get_chat(server: "Telegram", form: Form) -> Any:
    return reached(server, form).full


async def get_chat_member(server: "Telegram", form: Form) -> Any:
    place = reached(server, form)
    if form.fields.get("user_id") != str(server.me["id"]):
        raise Problem(400, "Bad Request: user not found")
    return place.member(server.me)


async def get_updates(server: "Telegram", form: Form) -> Any:
    if server.webhook:
        said = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        raise Problem(409, f"Conflict: {said}")
    if server.busy:
        said = "terminated by other getUpdates request; make sure that only one bot instance is running"
        raise Problem(409, f"Conflict: {said}")
    if "allowed_updates" in form.fields:
        try:
            wanted = json.loads(form.fields["allowed_updates"])
        except ValueError:
            wanted = None
        if not isinstance(wanted, list) or not set(wanted) <= UPDATES:
            raise Problem(400, "Bad Request: can't parse allowed_updates")
        server.allowed = frozenset(wanted) or UPDATES  # from now on, until it is said again
    if (offset := number(form, "offset", 0)) > 0:
        server.updates = [one for one in server.updates if one["update_id"] >= offset]
    most = number(form, "limit", 100)
    if not 1 <= most <= 100:
        raise Problem(400, "Bad Request: limit must be between 1 and 100")
    return server.updates[:most]


async def answer_callback_query(server: "Telegram", form: Form) -> Any:
    press = server.presses.get(form.fields.get("callback_query_id", ""))
    if press is None or press.told is not None:
        said = "query is too old and response timeout expired or query ID is invalid"
        raise Problem(400, f"Bad Request: {said}")
    text = form.fields.get("text", "")
    if len(text) > TOAST:
        raise Problem(400, "Bad Request: MESSAGE_TOO_LONG")
    flag(form, "show_alert")
    press.told = text
    return True


# --- sending


async def send_message(server: "Telegram", form: Form) -> Any:
    place = open_to(server, form, "text")
    text = words(form, "text", TEXT)
    if not text.strip():
        raise Problem(400, "Bad Request: message text is empty")
    preview = structure(form, "link_preview_options", PREVIEW)
    shown = show(server, form, place, "text", text, "text")
    shown.preview = str(preview.get("url", ""))
    return told(server, place, shown, {"text": text})


def send(kind: Kind) -> Callable[["Telegram", Form], Awaitable[Any]]:
    """Return the method that sends a file as *kind*."""

    async def send_file(server: "Telegram", form: Form) -> Any:
        place = open_to(server, form, kind)
        caption = words(form, "caption", CAPTION)
        shape = number(form, "width", 0), number(form, "height", 0), number(form, "duration", 0)
        if max(shape[:2]) > 10_000 or shape[2] > 86_400:
            raise Problem(400, "Bad Request: wrong width, height or duration")
        small = form.files.get("thumbnail")
        if small and (small.type != "image/jpeg" or small.size >= THUMBNAIL or small.start[:2] != b"\xff\xd8"):
            raise Problem(400, "Bad Request: wrong thumbnail")
        way, id = await taken(server, form, kind, shape)
        stored = server.files[id]
        shown = show(server, form, place, stored.kind, caption, "caption")
        shown.way, shown.size, shown.sha256, shown.shape = way, stored.size, stored.sha256, stored.shape
        shown.streams = flag(form, "supports_streaming")
        shown.thumbnail = small.size if small else 0
        about: dict[str, Any] = {"file_id": id, "file_unique_id": stored.sha256[:16], "file_size": stored.size}
        if stored.kind in ("video", "animation"):
            about |= dict(zip(("width", "height", "duration"), stored.shape, strict=True), mime_type="video/mp4")
        file: Any = [{**about, "width": 320, "height": 180}] if stored.kind == "photo" else about
        return told(server, place, shown, {"caption": caption, stored.kind: file})

    return send_file


async def taken(server: "Telegram", form: Form, kind: Kind, shape: tuple[int, int, int]) -> tuple[Any, str]:
    """Return how the file came, and the id it has now."""
    file, said = form.files.get(kind), form.fields.get(kind, "")
    becomes: Kind = server.taken_as if kind == "video" else kind
    if file:
        if file.size > server.upload_bytes:
            raise Problem(413, "Request Entity Too Large")
        if file.size == 0:
            raise Problem(400, "Bad Request: file must be non-empty")
        if kind == "video" and not (
            file.type == "video/mp4" and file.name.endswith(".mp4") and file.start[4:8] == b"ftyp"
        ):
            raise Problem(400, f"Bad Request: {file.name} of the type {file.type} is no MP4")
        if kind == "video" and not all(shape):
            raise Problem(400, "Bad Request: without width, height and duration people see a square")
        server.uploads.append(file.size)
        stored = Stored(becomes, file.size, file.sha256, shape)
    elif said.startswith(("http://", "https://")):
        stored = Stored(becomes, *await fetched(server, said, kind), shape)
    else:
        known = server.files.get(said)
        if known is None:
            raise Problem(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if known.kind != kind:
            raise Problem(400, f"Bad Request: can't use file of type {NAMES[known.kind]} as {NAMES[kind]}")
        return "file_id", said
    id = f"BAAC{secrets.token_urlsafe(24)}"
    server.files[id] = stored
    return ("upload" if file else "url"), id


async def fetched(server: "Telegram", address: str, kind: Kind) -> tuple[int, str]:
    """Fetch a file as the service's own servers do; return its size and digest."""
    failed = Problem(400, "Bad Request: failed to get HTTP URL content")
    if address in server.unfetchable:
        raise failed
    server.fetched.append(address)
    try:
        if httpx.URL(address).host not in ("127.0.0.1", "localhost"):
            raise failed
        digest, size = hashlib.sha256(), 0
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise failed
            if kind != "photo" and answer.headers.get("content-type", "").partition(";")[0] != "video/mp4":
                raise Problem(400, "Bad Request: wrong type of the web page content")
            async for chunk in answer.aiter_bytes():
                size += len(chunk)
                digest.update(chunk)
                if size > BY_ADDRESS:
                    raise failed
    except httpx.HTTPError:
        server.unfetchable.add(address)
        raise failed from None
    except Problem:
        server.unfetchable.add(address)
        raise
    return size, digest.hexdigest()


# --- changing


async def delete_message(server: "Telegram", form: Form) -> Any:
    place = reached(server, form)
    shown = place.shown.get(number(form, "message_id", 0))
    if shown is None:
        raise Problem(400, "Bad Request: message to delete not found")
    if server.clock.now() - shown.at >= DELETABLE:
        raise Problem(400, "Bad Request: message can't be deleted for everyone")
    place.deleted.append(place.shown.pop(shown.id))
    return True


async def edit_caption(server: "Telegram", form: Form) -> Any:
    return edited(server, form, "caption", CAPTION)


async def edit_text(server: "Telegram", form: Form) -> Any:
    return edited(server, form, "text", TEXT)


def edited(server: "Telegram", form: Form, field: str, most: int) -> Any:
    place = reached(server, form)
    shown = place.shown.get(number(form, "message_id", 0))
    if shown is None:
        raise Problem(400, "Bad Request: message to edit not found")
    if (shown.kind == "text") != (field == "text"):
        raise Problem(400, f"Bad Request: there is no {field} in the message to edit")
    text, buttons = words(form, field, most), keyboard(form)
    if text == shown.text and buttons == shown.buttons:
        raise Problem(400, "Bad Request: message is not modified: new and current content are exactly the same")
    shown.text, shown.html, shown.edited = text, form.fields.get(field, ""), True
    shown.buttons = buttons  # without a keyboard there is none any more
    return told(server, place, shown, {field: text})


# --- what they have in common


def reached(server: "Telegram", form: Form) -> Place:
    """Return the chat that is asked about, or refuse as one does that is closed to the bot."""
    if not form.fields.get("chat_id"):
        raise Problem(400, "Bad Request: chat_id is empty")
    place = server.place(form.fields["chat_id"])
    if place.moved is not None:
        said = "Bad Request: group chat was upgraded to a supergroup chat"
        raise Problem(400, said, {"migrate_to_chat_id": place.moved})
    if place.blocked:
        raise Problem(403, "Forbidden: bot was blocked by the user")
    if place.standing == "kicked":
        raise Problem(403, f"Forbidden: bot was kicked from the {place.type} chat")
    if place.standing == "left":
        raise Problem(403, f"Forbidden: bot is not a member of the {place.type} chat")
    return place


def open_to(server: "Telegram", form: Form, kind: Kind) -> Place:
    place = reached(server, form)
    if place.type == "channel" and not place.may("can_post_messages"):
        raise Problem(400, "Bad Request: need administrator rights in the channel chat")
    if place.type in ("group", "supergroup") and not (place.may("can_send_messages") and place.may(RIGHTS[kind])):
        what = "text messages" if kind == "text" else f"{kind}s"
        raise Problem(400, f"Bad Request: not enough rights to send {what} to the chat")
    topic = number(form, "message_thread_id", 0)
    if topic and topic not in place.topics:
        raise Problem(400, "Bad Request: message thread not found")
    return place


def show(server: "Telegram", form: Form, place: Place, kind: Kind, text: str, field: str) -> Shown:
    reply = structure(form, "reply_parameters", {"message_id", "allow_sending_without_reply"})
    answers = reply.get("message_id")
    if answers is not None and answers not in place.shown:
        if not reply.get("allow_sending_without_reply"):
            raise Problem(400, "Bad Request: message to be replied not found")
        answers = None
    place.last += 1
    shown = Shown(place.last, place.id, server.clock.now(), kind, text, form.fields.get(field, ""))
    shown.topic, shown.answers = number(form, "message_thread_id", 0) or None, answers
    shown.buttons = keyboard(form)
    shown.silent, shown.protected = flag(form, "disable_notification"), flag(form, "protect_content")
    place.shown[shown.id] = shown
    return shown


def told(server: "Telegram", place: Place, shown: Shown, more: Mapping[str, Any]) -> dict[str, Any]:
    sender = {"sender_chat": place.data} if place.type == "channel" else {"from": server.me}
    about = {"message_id": shown.id, "date": int(shown.at.timestamp()), "chat": place.data, **sender}
    if shown.topic:
        about |= {"message_thread_id": shown.topic, "is_topic_message": True}
    return {**about, **{name: value for name, value in more.items() if value}}


def words(form: Form, field: str, most: int) -> str:
    """Return a text without its markup."""
    mode, text = form.fields.get("parse_mode"), form.fields.get(field, "")
    if mode not in (None, "HTML"):
        raise Problem(400, "Bad Request: unsupported parse_mode")
    text = parsed(text) if mode else text
    if any(ord(one) < 32 and one != "\n" for one in text):
        raise Problem(400, f"Bad Request: {field} holds control characters")
    if len(text) > most:
        raise Problem(400, f"Bad Request: message {'caption ' if field == 'caption' else ''}is too long")
    return text


def number(form: Form, name: str, default: int) -> int:
    text = form.fields.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise Problem(400, f"Bad Request: {name} is no number")
    return int(text)


def flag(form: Form, name: str) -> bool:
    text = form.fields.get(name, "false")
    if text not in ("true", "false"):
        raise Problem(400, f"Bad Request: {name} is neither true nor false")
    return text == "true"


def keyboard(form: Form) -> dict[str, str]:
    """Return the buttons under a message: what each sends back, by what it reads."""
    rows = structure(form, "reply_markup", {"inline_keyboard"}).get("inline_keyboard", [])
    found: dict[str, str] = {}
    for button in (button for row in rows for button in row):
        if set(button) != {"text", "callback_data"} or not button["text"]:
            raise Problem(400, "Bad Request: can't parse inline keyboard button")
        if not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Problem(400, "Bad Request: BUTTON_DATA_INVALID")
        found[button["text"]] = button["callback_data"]
    return found


def structure(form: Form, name: str, known: set[str]) -> dict[str, Any]:
    if name not in form.fields:
        return {}
    try:
        value = json.loads(form.fields[name])
    except ValueError:
        value = None
    if not isinstance(value, dict) or not set(value) <= known:
        raise Problem(400, f"Bad Request: can't parse {name}")
    return value


Method = Callable[["Telegram", Form], Awaitable[Any]]
MOVING = COMMON | {"caption", "thumbnail", "width", "height", "duration"}
METHODS: Mapping[str, tuple[Method, frozenset[str]]] = {
    "getMe": (get_me, frozenset()),
    "getChat": (get_chat, frozenset(("chat_id",))),
    "getChatMember": (get_chat_member, frozenset(("chat_id", "user_id"))),
    "getUpdates": (get_updates, frozenset(("offset", "limit", "timeout", "allowed_updates"))),
    "answerCallbackQuery": (answer_callback_query, frozenset(("callback_query_id", "text", "show_alert"))),
    "sendMessage": (send_message, COMMON | {"text", "link_preview_options"}),
    "sendVideo": (send("video"), MOVING | {"video", "supports_streaming"}),
    "sendAnimation": (send("animation"), MOVING | {"animation"}),
    "sendDocument": (send("document"), COMMON | {"document", "caption", "thumbnail"}),
    "sendPhoto": (send("photo"), COMMON | {"photo", "caption"}),
    "deleteMessage": (delete_message, frozenset(("chat_id", "message_id"))),
    "editMessageCaption": (
        edit_caption,
        frozenset(("chat_id", "message_id", "caption", "parse_mode", "reply_markup")),
    ),
    "editMessageText": (edit_text, frozenset(("chat_id", "message_id", "text", "parse_mode", "reply_markup"))),
}
