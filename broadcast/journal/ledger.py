"""What was spent, and its limits: money is set aside before it is spent, and settled when the cost is known.

One row a deed that costs money, under the deed's key. What is set aside counts as spent until more is known, so the
same money is never promised twice. Looking at the limits and setting aside are one transaction, under the lock of
the show and that of the budget of all shows: no two runs take the last dollar of either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from broadcast.errors import Held, Rejected
from broadcast.plugins import Clock
from broadcast.types import Budget, Cost, CostItem, Limit

from .run import Run, lock
from .store import Store
from .tables import items, spending

ALL = "budget"  #: the lock of what all shows spend together
OF_ALL = ZoneInfo("UTC")  #: where their days and months begin
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
        self,
        store: Store,
        clock: Clock,
        run: Run,
        budget: Budget,
        zone: ZoneInfo,
        edition: str = "",
        *,
        of_all: Budget | None = None,
    ) -> None:
        self._store, self._clock, self._run = store, clock, run
        self._budget, self._zone, self._edition = budget, zone, edition
        self._of_all = of_all or Budget()

    def within(self, edition: str) -> "Purse":
        """Return this purse for one edition's writers: their `script/story-7` is `script/main/story-7` here."""
        return Purse(self._store, self._clock, self._run, self._budget, self._zone, edition, of_all=self._of_all)

    async def reserve(self, key: str, usd: float | None) -> None:
        """Set *usd* aside for the deed *key*, before it is spent. Said again, after a crash, it changes nothing.

        Raises `OverBudget` where a limit does not bear it, or where the price is not known and there is a limit;
        `Held` instead where the show would rather wait for a person than air less.
        """
        if usd == 0:
            return
        if usd is None or not _an_amount(usd):
            if self._budget.limited or self._of_all.limited:
                raise self._over("its price is not known, and the show has a budget", "take that out")
            return
        now = self._clock.now()

        def work(db: sa.Connection) -> None:
            self._run.fence(db)
            if db.execute(sa.select(spending.c.at).where(*self._row(key))).first():
                return
            for one in self._limits(now):
                left = one.usd - _sum(db, one.counts)
                if usd > left + DUST:
                    whose = "" if one.of == "the show" else f" of {one.of}"
                    said = f"{max(left, 0):.2f} of the {one.name}'s budget{whose} are left"
                    raise self._over(f"it would cost {usd:.2f} USD, and {said}", one.remedy)
            self._enter(db, key, now, reserved=usd)

        await self._store.do(work, lock=(lock(self._run.show), ALL))

    def _over(self, said: str, remedy: str) -> OverBudget | Held:
        if self._budget.over == "degrade":
            return OverBudget(said)
        again = f"broadcast run {self._run.show} --slot {self._run.id.rpartition('@')[2]}"
        return Held(f"{said}: it is held, and nothing was paid for it; {remedy}, then {again}")

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

    async def spent(self) -> Cost:
        """Return what the run has spent so far, and what was set aside for it, by what it was spent on.

        And how the limits of the day and the month stand after that.
        """
        sums = sa.func.sum(sa.func.coalesce(spending.c.actual, 0.0)), sa.func.sum(spending.c.reserved)
        query = sa.select(spending.c.what, *sums).where(spending.c.run == self._run.id).group_by(spending.c.what)
        limits = list(self._limits(self._clock.now()))

        def work(db: sa.Connection) -> tuple[list[CostItem], list[Limit]]:
            rows = db.execute(query.order_by(spending.c.what)).all()
            paid = [CostItem(what=what, usd=round(usd, 4), estimate=round(said, 4)) for what, usd, said in rows]
            return paid, [one.stands(_sum(db, one.counts), self._budget.warn) for one in limits if one.period]

        paid, stands = await self._store.do(work)
        return Cost(usd=round(sum(item.usd for item in paid), 4), items=tuple(paid), limits=tuple(stands))

    def _limits(self, now: datetime) -> Iterator["_Bound"]:
        """Yield the limits that there are."""
        mine = spending.c.show == self._run.show
        if self._budget.run is not None:
            yield _Bound("run", "the show", "", self._budget.run, spending.c.run == self._run.id)
        yield from _calendar(self._budget, now.astimezone(self._zone), self._zone, "the show", mine)
        yield from _calendar(self._of_all, now.astimezone(OF_ALL), OF_ALL, "all shows", sa.true())

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


@dataclass(frozen=True)
class _Bound:
    """A limit, and which rows count against it."""

    name: Literal["run", "day", "month"]
    of: Literal["the show", "all shows"]
    period: str  #: empty for the run's
    usd: float
    counts: sa.ColumnElement[bool]

    @property
    def remedy(self) -> str:
        """Say what a person can do."""
        setting = f"BROADCAST_BUDGET_{self.name.upper()}" if self.of == "all shows" else f"`budget: {self.name}`"
        return f"raise {setting}" + (f" or wait for the next {self.name}" if self.period else "")

    def stands(self, spent: float, warn: float) -> Limit:
        near = self.usd > 0 and spent + DUST >= warn * self.usd  # a budget of nothing is a wish, and no news
        return Limit(name=self.name, of=self.of, period=self.period, usd=self.usd, spent=round(spent, 4), near=near)


def _calendar(
    budget: Budget,
    now: datetime,
    zone: ZoneInfo,
    of: Literal["the show", "all shows"],
    whose: sa.ColumnElement[bool],
) -> Iterator[_Bound]:
    """Yield the limits of the day and the month that *now* is in."""
    if budget.day is not None:
        yield _Bound("day", of, f"{now:%Y-%m-%d}", budget.day, whose & _since(now.date(), zone))
    if budget.month is not None:
        first = now.date().replace(day=1)
        yield _Bound("month", of, f"{now:%Y-%m}", budget.month, whose & _since(first, zone))


def _since(day: date, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    return spending.c.at >= datetime.combine(day, time(), zone).timestamp()


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
