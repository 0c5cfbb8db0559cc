"""The audit log: who asked for what by hand, when, and what came of it. Written before the deed, and after it."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from broadcast.clock import surprise
from broadcast.errors import BroadcastError
from broadcast.plugins import Clock

from .store import Store
from .tables import audit

LOCK = "audit"
Outcome = Literal["done", "failed"]


@dataclass(frozen=True)
class Entry:
    """One deed that a person asked for."""

    id: str
    at: datetime
    who: str  #: as they are known where they asked
    via: str  #: where that was: console, command line, slack …
    deed: str  #: air, retry, settle, retract, cancel, pause, resume …
    show: str
    run: str = ""
    item: str = ""  #: the channel or the deed of the run that it is about
    said: str = ""  #: what they said with it
    outcome: Outcome | None = None  #: none: not known yet, or whoever did it died
    words: str = ""  #: what came of it
    ended: datetime | None = None


@dataclass
class Note:
    """What the doer of a deed says of it while it is done."""

    id: str
    words: str = ""
    outcome: Outcome = "done"
    run: str = ""  #: the run that it made


class Audit:
    """The audit log of one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def begin(
        self, deed: str, show: str, *, who: str, via: str, run: str = "", item: str = "", said: str = ""
    ) -> str:
        """Write down that somebody asked for *deed*, before it is done. Returns the entry's id, for `end`."""
        id, now = uuid.uuid4().hex, self._clock.now().timestamp()
        values = {"who": who, "via": via, "deed": deed, "show": show, "run": run, "item": item, "said": said}

        def work(db: sa.Connection) -> None:
            db.execute(audit.insert().values(id=id, at=now, words="", **values))

        await self._store.do(work, lock=LOCK)
        return id

    async def end(self, id: str, outcome: Outcome, words: str, *, run: str = "") -> None:
        """Write down what came of it. *run*: the run that it made, where that was not known before."""
        values = {"outcome": outcome, "words": words, "ended": self._clock.now().timestamp()}
        if run:
            values["run"] = run

        def work(db: sa.Connection) -> None:
            db.execute(audit.update().where(audit.c.id == id).values(**values))

        await self._store.do(work, lock=LOCK)

    @contextlib.asynccontextmanager
    async def noted(
        self, deed: str, show: str, *, who: str, via: str, run: str = "", item: str = "", said: str = ""
    ) -> AsyncIterator["Note"]:
        """Write down the deed of this block, before and after. What it raises is noted, and goes on its way.

        A deed that is cut off keeps an entry without an outcome, as nobody knows how far it came.
        """
        note = Note(await self.begin(deed, show, who=who, via=via, run=run, item=item, said=said))
        try:
            yield note
        except BroadcastError as error:
            await self.end(note.id, "failed", str(error), run=note.run)
            raise
        except Exception as error:
            await self.end(note.id, "failed", surprise(deed, error), run=note.run)
            raise
        await self.end(note.id, note.outcome, note.words, run=note.run)

    async def find(self, id: str) -> Entry | None:
        query = sa.select(audit).where(audit.c.id == id)
        rows = await self._store.do(lambda db: db.execute(query).all())
        return _entry(rows[0]) if rows else None

    async def newest(self, *, limit: int, offset: int = 0, run: str = "", show: str = "") -> tuple[Entry, ...]:
        """Return the newest entries, of a run, of a show or of all."""
        query = sa.select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(limit).offset(offset)
        if run:
            query = query.where(audit.c.run == run)
        if show:
            query = query.where(audit.c.show == show)
        return await self._store.do(lambda db: tuple(_entry(row) for row in db.execute(query)))


def _entry(row: "sa.Row[tuple[object, ...]]") -> Entry:
    ended = None if row.ended is None else datetime.fromtimestamp(row.ended, UTC)
    return Entry(
        row.id, datetime.fromtimestamp(row.at, UTC), row.who, row.via, row.deed, row.show, row.run, row.item,
        row.said, row.outcome, row.words, ended,
    )  # fmt: skip
