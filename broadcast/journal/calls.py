"""Runs that somebody asked for: written down before they are told so, and begun once however often they ask.

An accepted call is a run that nobody has begun. What tells calls from one another is remembered beside it, in one
transaction, in the `memory` table under the lock of the show, which is all that writes this scope.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from broadcast.errors import Unavailable
from broadcast.plugins import Clock

from .databases import insert
from .run import lock
from .runs import Row, calls, name, row_of, text_of
from .store import Store
from .tables import items, memories, runs

AHEAD = 900  #: seconds that the slots of one show's calls may run ahead of the clock: one slot a second


class Calls:
    """The calls in one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def accept(
        self,
        show: str,
        keys: Sequence[str],
        *,
        options: str,
        grace: timedelta,
        slot: datetime | None = None,
        taken: Collection[datetime] = (),
    ) -> tuple[datetime, bool]:
        """Write down a run that *show* was asked for. Returns its slot, and whether it is a new one.

        A call that has one of *keys* with an earlier one is that one. A new one gets *slot*, else the first second
        from now that no run has and that is none of *taken*, the slots that the show is due at anyway.
        Raises `Unavailable` where more was asked for than can be told apart by the second.
        """
        scope, now = calls(show), self._clock.now()

        def work(db: sa.Connection) -> tuple[datetime, bool]:
            known = sa.select(memories.c.value).where(memories.c.scope == scope, memories.c.name.in_(keys))
            if (found := db.execute(known.limit(1)).scalar()) is not None:
                return datetime.fromisoformat(json.loads(found).rpartition("@")[2]), False
            at = slot or self._free(db, show, now.replace(microsecond=0), taken)
            id = name(show, at)
            row = insert(db, runs).values(
                id=id,
                show=show,
                slot=text_of(at),
                options=options,
                held=False,
                closed=False,
                epoch=0,
                created=now.timestamp(),
                closes=(max(at, now) + grace).timestamp(),
            )
            made = db.execute(row.on_conflict_do_nothing()).rowcount
            for key in keys:
                kept = insert(db, memories).values(scope=scope, name=key, value=json.dumps(id))
                db.execute(kept.on_conflict_do_nothing())
            return at, bool(made)

        return await self._store.do(work, lock=lock(show))

    async def waiting(self, shows: Collection[str]) -> list[Row]:
        """Return the runs of *shows* that were asked for and have not come to an end, the oldest first.

        Among them are those that were closed before anybody began them, and of which nobody has said so.
        """
        open_ = ~runs.c.closed & (runs.c.status.is_(None) | runs.c.status.in_(("unfinished", "failed")))
        begun = sa.select(items.c.key).where(items.c.run == runs.c.id).exists()
        unsaid = runs.c.closed & runs.c.report.is_(None) & ~begun
        mine = runs.c.show.in_(tuple(shows)), ~runs.c.held, open_ | unsaid
        named = sa.literal('"') + runs.c.id + sa.literal('"')
        called = sa.select(memories.c.name).where(
            memories.c.scope == sa.literal(calls("")) + runs.c.show, memories.c.value == named
        )
        query = sa.select(runs).where(*mine, called.exists()).order_by(runs.c.created, runs.c.slot)
        return await self._store.do(lambda db: [row_of(row) for row in db.execute(query)])

    def _free(self, db: sa.Connection, show: str, now: datetime, taken: Collection[datetime]) -> datetime:
        ahead = sa.select(runs.c.slot).where(runs.c.show == show, runs.c.slot >= text_of(now))
        known = frozenset(db.execute(ahead).scalars())
        for seconds in range(AHEAD):
            slot = now + timedelta(seconds=seconds)
            if text_of(slot) not in known and slot not in taken:
                return slot
        raise Unavailable(f"{show} was asked for {AHEAD} times more than there were seconds", retry_after=60)
