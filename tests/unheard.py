"""How sources are asked for what is no good: with a clock that stands, in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from inplace import at_once

from broadcast.errors import StageError
from broadcast.http import Client
from broadcast.plugins import Answer, Tools
from broadcast.settings import child_environment
from broadcast.testing import FakeClock
from broadcast.testing.bench import Notebook
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
AHEAD = NOW + timedelta(days=400)
MANY = 100_000


class Hasty:
    """The network, without its patience."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def get(self, url: str, **options: Any) -> Answer:
        return await self.client.get(url, **{**options, "deadline": 0.5})


@asynccontextmanager
async def tools(folder: Path, *, hasty: bool = False) -> AsyncIterator[tuple[Tools, list[str]]]:
    clock, notes = FakeClock(NOW), list[str]()
    client = Client(clock)
    http: Any = Hasty(client) if hasty else client
    try:
        yield (
            Tools(
                http=http,
                clock=clock,
                memory=Notebook(),
                compute=at_once,
                folder=folder,
                note=notes.append,
                env=child_environment(),
            ),
            notes,
        )
    finally:
        await client.close()


async def outcome(source: Any, given: Tools) -> list[Story] | StageError:
    try:
        return list(await source.fetch(given, NOW - timedelta(days=1)))
    except StageError as error:
        return error
