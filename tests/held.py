"""Channels of files on a disk that is as slow as a test likes: `use: held:HeldPodcast`."""

import asyncio
from pathlib import Path

from broadcast.channels.folder import Folder
from broadcast.channels.podcast import Podcast
from broadcast.plugins import Tools
from broadcast.types import Post, Sent


class HeldPodcast(Podcast):
    """A podcast, held before its deed or after it."""

    hold: Path

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        await stalled(self.hold, "killed")
        sent = await super().link(tools, post, to)
        await stalled(self.hold, "killed-after")
        return sent


class HeldFolder(Folder):
    """A folder, likewise."""

    hold: Path

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        await stalled(self.hold, "killed")
        sent = await super().file(tools, post, to)
        await stalled(self.hold, "killed-after")
        return sent


async def stalled(hold: Path, when: str) -> None:
    if (hold / when).exists():
        (hold / "held").touch()
        await asyncio.sleep(3600)
