"""An open journal for tests: SQLite in a folder, or the PostgreSQL database that the folder names."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from broadcast.clock import SystemClock
from broadcast.journal.lease import Worker
from broadcast.journal.run import Run
from broadcast.journal.runs import Runs
from broadcast.journal.store import Store
from broadcast.journal.tables import MIGRATIONS
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


def address(folder: Path) -> str:
    """Return the address of the journal in *folder*. The fixture `database` writes one down."""
    named = folder / "journal.url"
    return named.read_text() if named.exists() else f"sqlite:///{folder / 'journal.db'}"


@contextmanager
def beside(folder: Path) -> Iterator[sa.Connection]:
    """Open the journal of *folder* past all code of ours."""
    engine = sa.create_engine(address(folder).replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as db:
        yield db
    engine.dispose()


def select(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with beside(folder) as db:
        return [tuple(row) for row in db.execute(sa.text(query))]


def change(folder: Path, *statements: str) -> None:
    with beside(folder) as db:
        for statement in statements:
            db.execute(sa.text(statement))


def older(folder: Path, version: int) -> None:
    """Make the journal of *folder* as a program made it that knew the first *version* migrations."""
    change(folder, "CREATE TABLE broadcast_schema (version INTEGER NOT NULL)")
    for number, statements in enumerate(MIGRATIONS[:version], start=1):
        change(folder, *statements, f"INSERT INTO broadcast_schema VALUES ({number})")


@asynccontextmanager
async def opened(folder: Path, clock: Clock | None = None) -> AsyncIterator[Journal]:
    store = Store.open(address(folder), patience=0)
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
