"""A town on Telegram: a show that posts to chats of a Bot API of our own, and a site that serves its videos."""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airing import Town
from doubles import Studio

from broadcast.plugins import Tools
from broadcast.testing import FakeClock, Telegram
from broadcast.testing.wire import Host, Reply, Request
from broadcast.types import Destination, Job, Order, Rendered, Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
USELESS = "Bad Request: failed to get HTTP URL content"
WRONG = "Bad Request: wrong file identifier/HTTP URL specified"


class Large(Studio):
    """A renderer whose videos are as large as one likes."""

    padding: int = 0  #: bytes
    poster: Path | None = None

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        made = await super().check(tools, order, job)
        assert made
        assert isinstance(made.video, Path)
        if self.padding:
            with made.video.open("ab") as file:  # an atom that says nothing, and takes no room on the disk
                file.write((self.padding + 8).to_bytes(4, "big") + b"free")
                file.truncate(file.tell() + self.padding)
        return made.model_copy(update={"poster": self.poster})


class Site(Host):
    """Serves a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def respond(self, request: Request) -> Reply:
        path = self.folder / request.path.lstrip("/")
        if not path.is_file():
            return Reply(404)
        return Reply(200, {"Content-Type": mimetypes.guess_type(path.name)[0] or "text/plain"}, path.read_bytes())


class Room:
    """The town, its Telegram and its site, on one clock."""

    def __init__(self, town: Town, telegram: Telegram, site: Site, clock: FakeClock) -> None:
        self.town, self.telegram, self.site, self.clock = town, telegram, site, clock
        town.tree["channels"] = {}

    def on(self, *chats: Any, name: str = "telegram", **settings: Any) -> dict[str, Any]:
        """Let the show post to *chats*."""
        known = {"token": self.telegram.token, "base": self.telegram.url, "seconds": 5}
        channel = {"use": "telegram", **known, "chat": list(chats), **settings}
        self.town.tree["channels"][name] = channel
        return channel

    def public(self) -> None:
        """Give videos a lasting address."""
        self.town.tree["publish"] = {"use": "folder", "path": str(self.site.folder), "url": self.site.url}

    async def air(self, **wishes: Any) -> Report:
        return await self.town.air(SLOT, clock=self.clock, **wishes)


@asynccontextmanager
async def newsroom(folder: Path, **changes: Any) -> AsyncIterator[Room]:
    clock = FakeClock(SLOT + timedelta(seconds=5))
    async with Telegram(clock=clock) as telegram, Site(folder / "site") as site:
        yield Room(Town(folder, **changes), telegram, site, clock)


def told(report: Report) -> dict[str, Destination]:
    """Return what became of each destination, by channel and chat."""
    found = {}
    for receipt in report.editions[0].receipts:
        one = Destination(to="", **receipt.model_dump(exclude={"channel", "to"}))
        for each in receipt.to or (one,):
            found[f"{receipt.channel} {each.to or receipt.item.rpartition('/')[2]}"] = each
    return found
