"""Places for renders under way: so many at once for one account, over all processes, shared out fairly.

A place is taken before the render is asked for, and kept across crashes, as the job goes on at the service. Of
those that stand in line, the show with the fewest jobs under way comes first, then the nearer slot, then who asked
first; a show's second in line counts as if its first had a place already.

A process looks once a second for all of its own that stand in line, however many they are, and whenever one of its
places is given back; who gets one is called.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from broadcast.plugins import Clock

from .databases import insert
from .lease import Worker
from .run import Run
from .store import Store
from .tables import berths

LONGEST = timedelta(hours=24)  #: a place that nobody gave back is free after that
LOOK = timedelta(seconds=1)  #: between looks at the line for who is known to stand in it


@dataclass(frozen=True)
class Stand:
    """Somebody of this process who stands in line: so many places there may be, and whom to call."""

    limit: int
    called: asyncio.Event = field(default_factory=asyncio.Event)
    call: Callable[[], None] | None = None  #: besides, of one that does not look for itself


@dataclass
class Line:
    """Those of this process that stand in line for places of one account."""

    stands: dict[str, Stand] = field(default_factory=dict)
    looked: datetime | None = None
    length: int = 0  #: at the last look, those of other processes included


class Berths:
    """The places in one store. *worker* is this process."""

    def __init__(self, store: Store, clock: Clock, worker: Worker) -> None:
        self._store, self._clock, self._worker = store, clock, worker
        self._lines: dict[str, Line] = {}

    async def take(self, account: str, run: Run, key: str, limit: int) -> int:
        """Take a place of *account* for the deed *key* of *run*, or stand in line.

        Returns 0 where it has one, else how many stand in line; `called` tells when it is worth asking again."""
        item, now, line = f"{run.id}/{key}", self._clock.now(), self._lines.setdefault(account, Line())
        known = line.stands.get(item)
        if known and known.limit == limit and line.looked and abs(now - line.looked) < LOOK:
            return max(line.length, 1)
        line.looked = now  # for who asks while this look is under way
        line.stands[item] = replace(known, limit=limit) if known else Stand(limit)

        def work(db: sa.Connection) -> tuple[bool, list[str], int]:
            _free_forgotten(db, account, now)
            values = {"show": run.show, "slot": run.slot.timestamp(), "asked": now.timestamp(), "taken": False}
            row = insert(db, berths).values(account=account, item=item, owner=self._worker.id, **values)
            db.execute(
                row.on_conflict_do_update(index_elements=("account", "item"), set_={"owner": self._worker.id})
            )
            has = sa.select(berths.c.taken).where(berths.c.account == account, berths.c.item == item)
            if db.execute(has).scalar():
                return True, [], 0
            given, length = self._share_out(db, account, now, _limits(line))
            return item in given, given, length

        has, given, length = await self._store.do(work, lock=f"account {account}")
        self._call(line, given, length)
        if has:
            line.stands.pop(item, None)
            return 0
        return max(length, 1)

    def called(self, account: str, run: Run, key: str) -> asyncio.Event | None:
        """Return what is set when the deed has a place after all; None where it does not stand in line."""
        line = self._lines.get(account)
        stand = line.stands.get(f"{run.id}/{key}") if line else None
        return stand.called if stand else None

    def call(self, account: str, run: Run, key: str, call: Callable[[], None]) -> None:
        """Have *call* done when the deed has a place. It stands in line without looking for itself: see `look`."""
        line, item = self._lines.get(account), f"{run.id}/{key}"
        if line is None or (stand := line.stands.get(item)) is None:
            call()
        else:
            line.stands[item] = replace(stand, call=call)

    async def look(self) -> None:
        """Look whose turn it is, for all of this process that stand in line; once a second, however often asked."""
        now = self._clock.now()
        for account, line in list(self._lines.items()):
            if not line.stands or (line.looked and abs(now - line.looked) < LOOK):
                continue
            line.looked = now
            await self._look(account, line, now)

    async def _look(self, account: str, line: Line, now: datetime) -> None:
        def work(db: sa.Connection) -> tuple[list[str], int]:
            _free_forgotten(db, account, now)
            return self._share_out(db, account, now, limits) if (limits := _limits(line)) else ([], 0)

        self._call(line, *await self._store.do(work, lock=f"account {account}"))

    def step_out(self, account: str, run: Run, key: str) -> None:
        """Stand in line no longer, without a word to the others: the next look finds that nobody is there."""
        if line := self._lines.get(account):
            line.stands.pop(f"{run.id}/{key}", None)

    async def give_back(self, account: str, run: Run, key: str) -> None:
        """Free the place: the render is done, lost, or was never asked for. Who is next in this process has it."""
        item, now, line = f"{run.id}/{key}", self._clock.now(), self._lines.setdefault(account, Line())
        line.stands.pop(item, None)

        def work(db: sa.Connection) -> tuple[list[str], int]:
            db.execute(berths.delete().where(berths.c.account == account, berths.c.item == item))
            return self._share_out(db, account, now, limits) if (limits := _limits(line)) else ([], 0)

        self._call(line, *await self._store.do(work, lock=f"account {account}"))
        if not line.stands and self._lines.get(account) is line:
            del self._lines[account]

    def _share_out(
        self, db: sa.Connection, account: str, now: datetime, limits: Mapping[str, int]
    ) -> tuple[list[str], int]:
        """Give free places to those of this process whose turn it is. Returns them, and how many stand in line yet.

        A place whose turn is another process's is left to it: it looks for itself.
        """
        of = berths.c.account == account
        waiting = sa.select(berths.c.owner, sa.func.count()).where(of, ~berths.c.taken).group_by(berths.c.owner)
        owners = {owner: count for owner, count in db.execute(waiting) if self._waits(db, owner)}
        taken = db.execute(sa.select(sa.func.count()).where(of, berths.c.taken)).scalar() or 0
        given: list[str] = []
        ghosts: list[str] = []
        for number, (item, owner) in enumerate(_next(db, account, owners, max(limits.values()) - taken)):
            if owner != self._worker.id:
                continue
            if item not in limits:  # cut off while it stood in line: it would hold up the others
                ghosts.append(item)
            elif number < limits[item] - taken:
                given.append(item)
        if given:
            values = {"taken": True, "asked": now.timestamp()}
            db.execute(berths.update().where(of, berths.c.item.in_(given)).values(**values))
        if ghosts:
            db.execute(berths.delete().where(of, berths.c.item.in_(ghosts)))
        return given, sum(owners.values()) - len(given) - len(ghosts)

    def _call(self, line: Line, given: list[str], length: int) -> None:
        line.length = length
        for item in given:
            if stand := line.stands.pop(item, None):
                stand.called.set()
                if stand.call:
                    stand.call()

    async def take_back(self, account: str, run: Run, key: str) -> None:
        """Take a place that was given back while the job went on: at once, as the job takes it up whoever waits."""
        now = self._clock.now().timestamp()
        values = {"show": run.show, "slot": run.slot.timestamp(), "asked": now, "taken": True}

        def work(db: sa.Connection) -> None:
            row = insert(db, berths).values(
                account=account, item=f"{run.id}/{key}", owner=self._worker.id, **values
            )
            db.execute(row.on_conflict_do_update(index_elements=("account", "item"), set_={"taken": True}))

        await self._store.do(work, lock=f"account {account}")

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


def _next(db: sa.Connection, account: str, owners: Mapping[str, int], most: int) -> list[tuple[str, str]]:
    """Return the first *most* of the line, in their order, with their owners."""
    if most <= 0 or not owners:
        return []
    of = berths.c.account == account
    order = berths.c.slot, berths.c.asked, berths.c.item
    nth = sa.func.row_number().over(partition_by=berths.c.show, order_by=order).label("nth")
    line = sa.select(berths, nth).where(of, ~berths.c.taken, berths.c.owner.in_(owners)).subquery()
    under_way = sa.select(berths.c.show, sa.func.count().label("jobs")).where(of, berths.c.taken)
    busy = under_way.group_by(berths.c.show).subquery()
    turn = sa.func.coalesce(busy.c.jobs, 0) + line.c.nth
    query = sa.select(line.c.item, line.c.owner).outerjoin_from(line, busy, line.c.show == busy.c.show)
    query = query.order_by(turn, line.c.slot, line.c.asked, line.c.item).limit(most)
    return [(item, owner) for item, owner in db.execute(query)]


def _free_forgotten(db: sa.Connection, account: str, now: datetime) -> None:
    taken = berths.c.account == account, berths.c.taken
    db.execute(berths.delete().where(*taken, berths.c.asked < (now - LONGEST).timestamp()))


def _limits(line: Line) -> Mapping[str, int]:
    """Return how many places there may be for each that stands in line here.

    Asked in the store's thread: who joins meanwhile is in the list before a row of it is written.
    """
    return {item: stand.limit for item, stand in list(line.stands.items())}


def pause(length: int, limit: int) -> float:
    """Return the seconds before it is worth asking again in a line of that *length*: in a long one, rarely."""
    return min(1.0 + length / max(limit, 1), 60.0)
