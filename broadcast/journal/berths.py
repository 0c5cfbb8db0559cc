"""Places for renders under way: so many at once for one account, over all processes, shared out fairly.

A place is taken before the render is asked for, and kept across crashes, as the job goes on at the service. Of
those that wait, the show with the fewest jobs under way comes first, then the nearer slot, then who asked first.
"""

from datetime import timedelta

import sqlalchemy as sa

from broadcast.plugins import Clock

from .databases import insert
from .lease import Worker
from .run import Run
from .store import Store
from .tables import berths

LONGEST = timedelta(hours=24)  #: a place that nobody gave back is free after that


class Berths:
    """The places in one store. *worker* is this process."""

    def __init__(self, store: Store, clock: Clock, worker: Worker) -> None:
        self._store, self._clock, self._worker = store, clock, worker

    async def take(self, account: str, run: Run, key: str, limit: int) -> int:
        """Take a place of *account* for the deed *key* of *run*, or stand in line. Returns 0 where it has one, else
        how many stand before it and itself."""
        item, now = f"{run.id}/{key}", self._clock.now()

        def work(db: sa.Connection) -> int:
            long_ago = (now - LONGEST).timestamp()
            db.execute(berths.delete().where(berths.c.account == account, berths.c.asked < long_ago))
            values = {"show": run.show, "slot": run.slot.timestamp(), "asked": now.timestamp(), "taken": False}
            row = insert(db, berths).values(account=account, item=item, owner=self._worker.id, **values)
            db.execute(
                row.on_conflict_do_update(index_elements=("account", "item"), set_={"owner": self._worker.id})
            )
            rows = db.execute(sa.select(berths).where(berths.c.account == account)).all()
            taken = [one for one in rows if one.taken]
            if any(one.item == item for one in taken):
                return 0
            under_way = {show: sum(one.show == show for one in taken) for show in {one.show for one in rows}}
            line = [one for one in rows if not one.taken and self._waits(db, one.owner)]
            line.sort(key=lambda one: (under_way[one.show], one.slot, one.asked, one.item))
            place = next(number for number, one in enumerate(line) if one.item == item)
            if place >= limit - len(taken):
                return place + 1
            mine = berths.c.account == account, berths.c.item == item
            db.execute(berths.update().where(*mine).values(taken=True, asked=now.timestamp()))
            return 0

        return await self._store.do(work, lock=f"account {account}")

    async def give_back(self, account: str, run: Run, key: str) -> None:
        """Free the place: the render is done, lost, or was never asked for."""
        mine = berths.c.account == account, berths.c.item == f"{run.id}/{key}"
        lock = f"account {account}"
        await self._store.do(lambda db: db.execute(berths.delete().where(*mine)) and None, lock=lock)

    async def leave(self, run: str) -> None:
        """Free every place of *run*, which is over, and take it out of all lines."""
        mine = berths.c.item.startswith(f"{run}/", autoescape=True)
        query = sa.select(berths.c.account).where(mine).distinct()
        for account in await self._store.do(lambda db: db.execute(query).scalars().all()):
            gone = berths.delete().where(berths.c.account == account, mine)

            def work(db: sa.Connection, gone: sa.Delete = gone) -> None:
                db.execute(gone)

            await self._store.do(work, lock=f"account {account}")

    def _waits(self, db: sa.Connection, owner: str) -> bool:
        return owner == self._worker.id or self._worker.sees(db, owner)


def pause(place: int, limit: int) -> float:
    """Return the seconds before it is worth asking again from *place* in the line: a long line asks rarely."""
    return min(1.0 + place / max(limit, 1), 60.0)
