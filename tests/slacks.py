"""A town that tells its news on a Slack of our own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from airing import Town
from posts import a_post, a_video

from broadcast.channels.slack import Slack as Channel
from broadcast.testing import Bench, FakeClock
from broadcast.testing.slack import Slack
from broadcast.types import Post


def slack_town(folder: Path, slack: Slack, **fields: Any) -> Town:
    town = Town(folder)
    known = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
    town.tree["channels"] = {"slack": {**known, **fields}}
    return town


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
        import dataclasses

        async with self.bench.tools() as tools:

            async def keep(name: str, value: str) -> None:
                self.kept[name] = value

            yield dataclasses.replace(tools, keep=keep, kept=dict(self.kept))


@asynccontextmanager
async def stage(folder: Path, *, channel: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Stage]:
    clock = FakeClock()
    async with Slack(clock=clock, **options) as slack:
        yield Stage(folder, slack, clock, **(channel or {}))
