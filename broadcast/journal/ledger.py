"""What was spent, and its limits: money is set aside before it is spent, and settled when the cost is known.

One row a deed that costs money, under the deed's key. What is set aside counts as spent until more is known, so the
same money is never promised twice. Looking at the limits and setting aside are one transaction, under the lock of
the show: no two of its runs take the last dollar.
"""

from collections.abc import Iterator
from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from broadcast.errors import Rejected
from broadcast.plugins import Clock
from broadcast.types import Budget, CostItem

from .run import Run, lock
from .store import Store
from .tables import items, spending

DUST = 1e-9  #: USD; sums of fractions are that far off
NAMES = {
    "submit": "render",
    "prepare": "speech",
}  #: what a deed is called in the accounts, where its key says otherwise


class OverBudget(Rejected):
    """A limit of the show does not bear it. Asking for the same once more is idle."""


class Purse:
    """What one run may spend. Its editions, other runs and other processes take from the same limits."""

    def __init__(
        self, store: Store, clock: Clock, run: Run, budget: Budget, zone: ZoneInfo, edition: str = ""
    ) -> None:
        self._store, self._clock, self._run = store, clock, run
        self._budget, self._zone, self._edition = budget, zone, edition

    def within(self, edition: str) -> "Purse":
        """Return this purse for one edition's writers: their `script/story-7` is `script/main/story-7` here."""
        return Purse(self._store, self._clock, self._run, self._budget, self._zone, edition)

    async def reserve(self, key: str, usd: float | None) -> None:
        """Set *usd* aside for the deed *key*, before it is spent. Said again, after a crash, it changes nothing.

        Raises `OverBudget` where a limit does not bear it, or where the price is not known and there is a limit.
        """
        if usd == 0:
            return
        if usd is None or not _an_amount(usd):
            if self._budget != Budget():
                raise OverBudget("its price is not known, and the show has a budget")
            return
        now = self._clock.now()

        def work(db: sa.Connection) -> None:
            self._run.fence(db)
            if db.execute(sa.select(spending.c.at).where(*self._row(key))).first():
                return
            for name, limit, where in self._limits(now):
                left = limit - _sum(db, spending.c.show == self._run.show, where)
                if usd > left + DUST:
                    raise OverBudget(
                        f"it would cost {usd:.2f} USD, and {max(left, 0):.2f} of the {name}'s budget are left"
                    )
            self._enter(db, key, now, reserved=usd)

        await self._store.do(work, lock=lock(self._run.show))

    async def settle(self, key: str, usd: float) -> None:
        """Write down what the deed *key* did cost. A figure that cannot be one leaves what was set aside."""
        if not _an_amount(usd):
            return
        now = self._clock.now()

        def work(db: sa.Connection) -> None:
            self._run.fence(db)
            known = db.execute(spending.update().where(*self._row(key)).values(actual=usd)).rowcount
            if not known and usd:  # its price was not known before
                self._enter(db, key, now, reserved=usd, actual=usd)

        await self._store.do(work, lock=lock(self._run.show), first=True)

    async def release(self, key: str) -> None:
        """Give back what was set aside for the deed *key*: it is known not to have happened."""

        def work(db: sa.Connection) -> None:
            self._run.fence(db)
            db.execute(spending.delete().where(*self._row(key), spending.c.actual.is_(None)))

        await self._store.do(work, lock=lock(self._run.show), first=True)

    async def spent(self) -> tuple[CostItem, ...]:
        """Return what the run has spent so far, and what was set aside for it, by what it was spent on."""
        sums = sa.func.sum(sa.func.coalesce(spending.c.actual, 0.0)), sa.func.sum(spending.c.reserved)
        query = sa.select(spending.c.what, *sums).where(spending.c.run == self._run.id).group_by(spending.c.what)
        rows = await self._store.do(lambda db: db.execute(query.order_by(spending.c.what)).all())
        return tuple(CostItem(what=what, usd=round(usd, 4), estimate=round(said, 4)) for what, usd, said in rows)

    def _limits(self, now: datetime) -> Iterator[tuple[str, float, sa.ColumnElement[bool]]]:
        """Yield the limits that there are, and which rows of the show count against each."""
        today = now.astimezone(self._zone).date()
        if self._budget.run is not None:
            yield "run", self._budget.run, spending.c.run == self._run.id
        for name, limit, first in (
            ("day", self._budget.day, today),
            ("month", self._budget.month, today.replace(day=1)),
        ):
            if limit is not None:
                yield name, limit, spending.c.at >= datetime.combine(first, time(), self._zone).timestamp()

    def _row(self, key: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return spending.c.run == self._run.id, spending.c.key == self._full(key)

    def _full(self, key: str) -> str:
        what, _, rest = key.partition("/")
        return f"{what}/{self._edition}/{rest}" if self._edition else key

    def _enter(
        self, db: sa.Connection, key: str, at: datetime, *, reserved: float, actual: float | None = None
    ) -> None:
        word = key.partition("/")[0]
        what = {"run": self._run.id, "show": self._run.show, "key": self._full(key), "what": NAMES.get(word, word)}
        db.execute(spending.insert().values(**what, reserved=reserved, actual=actual, at=at.timestamp()))


def release_unasked(db: sa.Connection, run: str) -> None:
    """Give back what *run*, which nobody airs now, set aside for renders that it did not ask for."""
    begun = sa.select(items.c.key).where(items.c.run == run)
    unasked = spending.c.key.like("submit/%"), spending.c.actual.is_(None), spending.c.key.not_in(begun)
    db.execute(spending.delete().where(spending.c.run == run, *unasked))


def _sum(db: sa.Connection, *where: sa.ColumnElement[bool]) -> float:
    committed = sa.func.sum(sa.func.coalesce(spending.c.actual, spending.c.reserved))
    return float(db.execute(sa.select(committed).where(*where)).scalar() or 0.0)


def _an_amount(usd: float) -> bool:
    return 0 <= usd < float("inf")
