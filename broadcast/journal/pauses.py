"""Shows that a person paused: nothing of them is begun by anybody, and no slot of that time is made up for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from broadcast.errors import ConfigError
from broadcast.plugins import Clock

from .run import lock
from .store import Store
from .tables import pauses


@dataclass(frozen=True)
class Pause:
    """A stretch of time in which a show does not air."""

    show: str
    since: datetime
    by: str
    until: datetime | None = None  #: none: it goes on

    def holds(self, slot: datetime) -> bool:
        """Return whether *slot* came in it."""
        return self.since <= slot and (self.until is None or slot < self.until)


class Pauses:
    """The pauses in one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def begin(self, show: str, by: str) -> Pause:
        """Pause *show* from now on. Raises `ConfigError` where it is paused already."""
        now = self._clock.now()

        def work(db: sa.Connection) -> None:
            if (known := _open(db, show)) is not None:
                raise ConfigError(f"{show} is paused already, {words(known)}")
            db.execute(pauses.insert().values(show=show, since=now.timestamp(), by=by))

        await self._store.do(work, lock=lock(show))
        return Pause(show, now, by)

    async def end(self, show: str, by: str) -> Pause:
        """Let *show* air again. Raises `ConfigError` where it is not paused. Returns the pause that is over."""
        now = self._clock.now()

        def work(db: sa.Connection) -> Pause:
            if (known := _open(db, show)) is None:
                raise ConfigError(f"{show} is not paused")
            mine = pauses.c.show == show, pauses.c.until.is_(None)
            db.execute(pauses.update().where(*mine).values(until=now.timestamp(), ended_by=by))
            return known

        return await self._store.do(work, lock=lock(show))

    async def now(self, show: str) -> Pause | None:
        """Return the pause of *show*, if it is paused."""
        return await self._store.do(lambda db: _open(db, show))

    async def open(self) -> dict[str, Pause]:
        """Return every show that is paused."""
        query = sa.select(pauses).where(pauses.c.until.is_(None))
        return await self._store.do(lambda db: {row.show: _pause(row) for row in db.execute(query)})

    async def spared(self, show: str, slots: Iterable[datetime]) -> set[datetime]:
        """Return those of *slots* that came while *show* was paused: nobody waits for them any more."""
        query = sa.select(pauses).where(pauses.c.show == show)
        known = await self._store.do(lambda db: [_pause(row) for row in db.execute(query)])
        return {slot for slot in slots if any(one.holds(slot) for one in known)}


def words(pause: Pause) -> str:
    """Say since when and by whom."""
    return f"since {pause.since:%Y-%m-%d %H:%M} UTC, by {pause.by}"


def _open(db: sa.Connection, show: str) -> Pause | None:
    row = db.execute(sa.select(pauses).where(pauses.c.show == show, pauses.c.until.is_(None))).one_or_none()
    return _pause(row) if row else None


def _pause(row: "sa.Row[tuple[object, ...]]") -> Pause:
    until = None if row.until is None else datetime.fromtimestamp(row.until, UTC)
    return Pause(row.show, datetime.fromtimestamp(row.since, UTC), row.by, until)
