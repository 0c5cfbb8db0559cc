"""A town that tells its news on a Slack of our own."""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from airing import Town
from posts import a_post, a_video

from broadcast.channels.slack import Slack as Channel
from broadcast.testing import Bench, FakeClock
from broadcast.testing.slack import Slack
from broadcast.types import Destination, Post, Report

#: What a bot may do where files are not its business.
NO_FILES = ("chat:write", "files:read", "channels:read", "channels:history")


def slack_town(folder: Path, slack: Slack, **fields: Any) -> Town:
    town = Town(folder)
    known = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
    town.tree["channels"] = {"slack": {**known, **fields}}
    return town


def receipts(report: Report) -> dict[str, Destination]:
    """Return what became of each channel."""
    [receipt] = report.editions[0].receipts
    alone = Destination(**receipt.model_dump(exclude={"channel", "to"}), to=receipt.item.rpartition("/")[2])
    return {one.to: one for one in receipt.to or (alone,)}


class Stage:
    """One channel plugin, one Slack, one clock, and a row that keeps what it is given."""

    def __init__(self, folder: Path, slack: Slack, clock: FakeClock, **fields: Any) -> None:
        self.slack, self.clock, self.bench = slack, clock, Bench(folder, clock=clock)
        known = {"token": slack.token, "base": slack.base, "channel": "C1"}
        self.channel = Channel.model_validate({**known, **fields})
        self.post: Post = a_post(a_video(folder / "video"), heading="Daily update · Monday")
        self.kept: dict[str, str] = {}

    @asynccontextmanager
    async def tools(self) -> AsyncIterator[Any]:
        async with self.bench.tools() as tools:

            async def keep(name: str, value: str) -> None:
                self.kept[name] = value

            yield dataclasses.replace(tools, keep=keep, kept=dict(self.kept))


@asynccontextmanager
async def stage(folder: Path, *, channel: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Stage]:
    clock = FakeClock()
    async with Slack(clock=clock, **options) as slack:
        yield Stage(folder, slack, clock, **(channel or {}))
