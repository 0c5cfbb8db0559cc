"""What a workspace holds: channels, what was said in them, files. All of it is what people would see."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

SCOPES = (
    "chat:write", "files:write", "files:read", "channels:read", "groups:read", "channels:history", "groups:history",
    "reactions:read",
)  # fmt: skip


class Problem(Exception):
    """A call that is refused, with Slack's code and what else the answer holds."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


@dataclass
class Message:
    """One message, as people see it."""

    channel: str
    ts: str
    text: str
    blocks: Sequence[Mapping[str, Any]] = ()
    thread: str | None = None
    metadata: Mapping[str, Any] | None = None
    file: str | None = None  #: the id of the file that it shows
    at: datetime | None = None  #: when people begin to see it; None: never
    edited: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)  #: who reacted, by reaction
    deleted: bool = False


@dataclass
class File:
    """One file: a ticket first, then bytes, then shared."""

    id: str
    name: str
    length: int
    sha256: str = ""  #: of the bytes that came; empty until they did
    title: str = ""
    completed: bool = False
    deleted: bool = False


@dataclass
class Channel:
    """One channel. `archived` and `member` may be changed while it runs."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    member: bool = True
    read_only: bool = False


@dataclass
class Workspace:
    """Channels, files and messages, in the order in which they came."""

    channels: dict[str, Channel]
    files: dict[str, File] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    whispers: list[tuple[str, str, str]] = field(default_factory=list)  #: channel, user, what only they see
    share_after: float | None = 0.0  #: seconds until a shared file is seen; None: never
    last: float = 0.0

    def room(self, id: str, *, visible: bool = False) -> Channel:
        """Return a channel that can be posted to; with *visible*, one that can be read about."""
        channel = self.channels.get(id)
        if channel is None or (channel.private and not channel.member):
            raise Problem("channel_not_found")
        if visible:
            return channel
        if channel.archived:
            raise Problem("is_archived")
        if channel.read_only:
            raise Problem("restricted_action_read_only_channel")
        return channel

    def stamp(self, now: datetime) -> str:
        """Return a `ts` that no other message has."""
        self.last = max(self.last + 0.000001, now.timestamp())
        return f"{self.last:.6f}"

    def ticket(self, name: str, length: int) -> File:
        file = File(f"F{secrets.token_hex(5).upper()}", name, length)
        self.files[file.id] = file
        return file

    def share(self, file: File, rooms: Sequence[Channel], text: str, thread: str | None, now: datetime) -> None:
        """Have *file* appear in *rooms*, after a while."""
        file.completed = True
        for room in rooms:
            at = None if self.share_after is None else now + timedelta(seconds=self.share_after)
            message = Message(room.id, self.stamp(now), text, thread=thread, file=file.id, at=at)
            self.messages.append(message)

    def seen(self, channel: str, now: datetime) -> list[Message]:
        """Return what people see in *channel* at *now*."""
        return [
            one
            for one in self.messages
            if one.channel == channel and one.at is not None and one.at <= now and not one.deleted
        ]

    def find(self, channel: str, ts: str, now: datetime) -> Message:
        for one in self.seen(channel, now):
            if one.ts == ts:
                return one
        raise Problem("message_not_found")
