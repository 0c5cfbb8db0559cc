"""Word left for whoever airs a run: what it waits for may be there.

A service calls back one process, and the run may wait in another. The word is a hint: the run looks for itself, and
would have looked later without it. So it may get lost, and an old one says nothing.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from broadcast.plugins import Clock

from . import memory
from .databases import insert
from .store import Store
from .tables import items, memories, runs

SCOPE = "knocks"  #: of `memory`; the names in it are runs
FRESH = timedelta(minutes=10)  #: whoever has not heard it by then is gone


class Knocks:
    """The words left in one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def leave(self, ids: Iterable[str]) -> None:
        """Leave word for those of the runs *ids* that somebody airs."""
        now, wanted = self._clock.now(), tuple(ids)
        aired = runs.c.id.in_(wanted), runs.c.owner.is_not(None), ~runs.c.closed
        if not wanted:
            return

        def work(db: sa.Connection) -> None:
            stale = memories.c.scope == SCOPE, memories.c.value < json.dumps((now - FRESH).isoformat())
            db.execute(memories.delete().where(*stale))
            for id in db.execute(sa.select(runs.c.id).where(*aired)).scalars().all():
                row = insert(db, memories).values(scope=SCOPE, name=id, value=json.dumps(now.isoformat()))
                db.execute(
                    row.on_conflict_do_update(index_elements=("scope", "name"), set_={"value": row.excluded.value})
                )

        await self._store.do(work, lock=memory.lock(SCOPE))

    async def take(self, airing: Collection[str]) -> list[str]:
        """Return for which of the runs *airing* there is word, and take it away."""
        left = sa.select(memories.c.name).where(memories.c.scope == SCOPE)
        found = await self._store.do(lambda db: db.execute(left).scalars().all())
        mine = [id for id in found if id in airing]
        if mine:
            gone = memories.delete().where(memories.c.scope == SCOPE, memories.c.name.in_(mine))

            def work(db: sa.Connection) -> None:
                db.execute(gone)

            await self._store.do(work, lock=memory.lock(SCOPE))
        return mine

    async def waiting_for(self, jobs: Sequence[str]) -> list[str]:
        """Return the runs that somebody airs and that asked for one of *jobs*."""
        named = [items.c.result.contains(json.dumps(job), autoescape=True) for job in jobs]
        if not named:
            return []
        asked = items.c.key.like("submit/%"), items.c.state == "done", sa.or_(*named)
        aired = sa.select(runs.c.id).where(runs.c.owner.is_not(None), ~runs.c.closed)  # few, of many
        query = sa.select(items.c.run).where(items.c.run.in_(aired), *asked).distinct()
        return await self._store.do(lambda db: list(db.execute(query).scalars()))
