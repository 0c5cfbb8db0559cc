"""Chats, and what people see in them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "photo", "video", "animation", "document"]
Way = Literal["", "url", "upload", "file_id"]

#: What the bot is in a chat.
Standing = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]


#: What is told of an administrator, and of one who is restricted.
ADMINISTRATOR = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
    "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users",
    "can_post_stories", "can_edit_stories", "can_delete_stories",
)  # fmt: skip
RESTRICTED = (
    "is_member", "can_change_info", "can_invite_users", "can_pin_messages", "can_send_messages",
    "can_send_polls", "can_send_other_messages", "can_add_web_page_previews", "can_manage_topics",
    "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_edit_tag", "can_react_to_messages",
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """A file that the bot may name by its id."""

    kind: Kind
    size: int
    sha256: str
    shape: tuple[int, int, int]


@dataclass
class Shown:
    """One message, as people see it."""

    id: int
    chat: int
    at: datetime
    kind: Kind
    text: str  #: without markup
    html: str  #: as it was sent
    way: Way = ""  #: how its file came
    size: int = 0  #: bytes of the file
    sha256: str = ""
    shape: tuple[int, int, int] = (0, 0, 0)  #: width, height, seconds
    streams: bool = False
    thumbnail: int = 0  #: bytes
    preview: str = ""  #: the address that the preview is of
    topic: int | None = None
    silent: bool = False
    protected: bool = False
    answers: int | None = None  #: the message it is an answer to
    edited: bool = False
    buttons: dict[str, str] = field(default_factory=dict)  #: what each sends back, by what it reads


@dataclass
class Place:
    """A chat, and the bot's standing in it."""

    id: int
    type: Literal["private", "group", "supergroup", "channel"]
    title: str
    name: str = ""  #: public, without @
    standing: Standing = "administrator"
    rights: dict[str, bool] = field(default_factory=dict)  #: of an administrator, or of one who is restricted
    everybody: dict[str, bool] = field(default_factory=dict)  #: what members may do
    topics: frozenset[int] = frozenset()
    blocked: bool = False  #: the person has blocked the bot
    moved: int | None = None  #: the supergroup it has become
    shown: dict[int, Shown] = field(default_factory=dict)
    deleted: list[Shown] = field(default_factory=list)
    last: int = 0  #: the number of the last message

    def may(self, right: str) -> bool:
        if self.type == "channel":
            return self.standing == "creator" or (
                self.standing == "administrator" and self.rights.get("can_post_messages", True)
            )
        if self.standing == "restricted":
            return self.rights.get(right, False)
        return self.standing in ("creator", "administrator") or self.everybody.get(right, True)

    @property
    def data(self) -> dict[str, Any]:
        """The chat as messages name it."""
        named = {"first_name": self.title} if self.type == "private" else {"title": self.title}
        return {"id": self.id, "type": self.type, **named, **({"username": self.name} if self.name else {})}

    @property
    def full(self) -> dict[str, Any]:
        """The chat as getChat tells it."""
        about: dict[str, Any] = {**self.data, "accent_color_id": 1, "max_reaction_count": 11}
        gifts = "unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"
        about["accepted_gift_types"] = dict.fromkeys(gifts, True)
        if self.type in ("group", "supergroup"):
            about["permissions"] = {"can_send_messages": True, "can_send_videos": True, **self.everybody}
        if self.topics:
            about["is_forum"] = True
        return about

    def member(self, user: dict[str, Any]) -> dict[str, Any]:
        """The bot, as getChatMember tells of it."""
        about: dict[str, Any] = {"user": user, "status": self.standing}
        if self.standing == "creator":
            about["is_anonymous"] = False
        if self.standing == "administrator":
            posts = {"can_post_messages": True, "can_edit_messages": True} if self.type == "channel" else {}
            about |= {**dict.fromkeys(ADMINISTRATOR, False), **posts, **self.rights}
        if self.standing == "restricted":
            about |= {**dict.fromkeys(RESTRICTED, False), "is_member": True, "until_date": 0, **self.rights}
        if self.standing == "kicked":
            about["until_date"] = 0
        return about
