"""An open journal for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadcast.clock import SystemClock
from broadcast.journal.lease import Worker
from broadcast.journal.run import Run
from broadcast.journal.runs import Runs
from broadcast.journal.store import Store
from broadcast.plugins import Clock
from broadcast.types import Report, Status, Story

SLOT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
GRACE = timedelta(hours=2)


@dataclass
class Journal:
    store: Store
    runs: Runs
    worker: Worker

    async def claim(self, show: str = "news", slot: datetime = SLOT) -> Run:
        run = await self.runs.claim(show, slot, grace=GRACE)
        assert isinstance(run, Run)
        return run

    async def again(self, run: Run) -> Run:
        """The run, as the process sees it that comes after one that died."""
        self.runs.done(run)
        return await self.claim(run.show, run.slot)


@asynccontextmanager
async def opened(folder: Path, clock: Clock | None = None) -> AsyncIterator[Journal]:
    store = Store.open(f"sqlite:///{folder / 'journal.db'}")
    worker = Worker(store, folder / "locks")
    try:
        async with worker.alive():
            yield Journal(store, Runs(store, clock or SystemClock(), worker), worker)
    finally:
        store.close()


def report(run: Run, status: Status) -> Report:
    return Report(run=run.id, show=run.show, slot=run.slot, status=status)


def story(id: str, at: datetime = SLOT) -> Story:
    return Story(id=id, source="wire", title=f"Headline {id}", at=at)
