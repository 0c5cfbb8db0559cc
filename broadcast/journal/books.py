"""What was spent, read: the rows of the ledger, their sums by show and day, and what a month may come to."""

import calendar
import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from .store import Store
from .tables import spending

AT_ONCE = 1_000  #: rows of one look: whoever writes meanwhile waits for no more
DAY = 86_400  #: seconds, but where the clocks change
RATE = timedelta(days=28)  #: whose spending a forecast goes by: whole weeks, as shows air by the week
FORMULA = ("=", "+", "-", "@", "\t", "\r")  #: how a cell begins that a spreadsheet would work out
HEADS = ("at", "show", "run", "what", "key", "set_aside_usd", "paid_usd", "counted_usd")


@dataclass(frozen=True)
class Entry:
    """One row of the ledger."""

    run: str
    show: str
    key: str  #: of the deed that costs it
    what: str  #: render, speech, script
    reserved: float  #: USD, set aside before
    actual: float | None  #: USD; none: not known yet
    at: datetime  #: when it was set aside

    @property
    def usd(self) -> float:
        """Return what counts against a budget: what was set aside, until the cost is known."""
        return self.reserved if self.actual is None else self.actual


@dataclass(frozen=True)
class Sum:
    """What was spent on one thing: by one show, or on one day."""

    what: str
    paid: float  #: USD, known
    open: float  #: USD, set aside, of which the cost is not known yet
    show: str = ""
    day: date | None = None  #: of the show's time zone

    @property
    def usd(self) -> float:
        """Return what counts against a budget."""
        return self.paid + self.open


class Books:
    """The ledger of one store, to be read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_run(self, run: str) -> list[Entry]:
        """Return the rows of one run, the oldest first."""
        query = sa.select(spending).where(spending.c.run == run).order_by(spending.c.at, spending.c.key)
        return await self._store.do(partial(_rows, query))

    async def entries(self, zones: Mapping[str, ZoneInfo], first: date, last: date) -> AsyncIterator[Entry]:
        """Give the rows of *zones*, which names shows, from the day *first* to *last* of its zone, oldest first.

        They are read a thousand at a time, so that a ledger of any length takes little room.
        """
        order = spending.c.at, spending.c.run, spending.c.key
        query = sa.select(spending).where(_within(zones, first, last)).order_by(*order).limit(AT_ONCE)
        part = query
        while rows := await self._store.do(partial(_rows, part)):
            for row in rows:
                yield row
            behind = sa.tuple_(*order) > (rows[-1].at.timestamp(), rows[-1].run, rows[-1].key)
            part = query.where(behind)

    async def page(
        self, zones: Mapping[str, ZoneInfo], first: date, last: date, *, limit: int, offset: int
    ) -> list[Entry]:
        """Return some of these rows, the newest first."""
        query = sa.select(spending).where(_within(zones, first, last))
        order = spending.c.at.desc(), spending.c.run, spending.c.key
        return await self._store.do(partial(_rows, query.order_by(*order).limit(limit).offset(offset)))

    async def shows(self) -> list[str]:
        """Return the shows that ever spent anything."""
        query = sa.select(spending.c.show).distinct().order_by(spending.c.show)
        return await self._store.do(lambda db: list(db.execute(query).scalars()))

    async def begun(self, zones: Mapping[str, ZoneInfo]) -> date | None:
        """Return the day on which the first of *zones*, which names shows, began to spend; None where none did."""
        first = sa.func.min(spending.c.at)
        query = sa.select(spending.c.show, first).where(spending.c.show.in_(list(zones))).group_by(spending.c.show)

        def work(db: sa.Connection) -> list[date]:
            return [datetime.fromtimestamp(at, zones[show]).date() for show, at in db.execute(query)]

        return min(await self._store.do(work), default=None)

    async def by_show(self, zones: Mapping[str, ZoneInfo], first: date, last: date) -> list[Sum]:
        """Return what each of *zones*, which names shows, spent from the day *first* to *last* of its zone."""
        columns = spending.c.show, spending.c.what
        query = sa.select(*columns, *_SUMS).where(_within(zones, first, last)).group_by(*columns).order_by(*columns)

        def work(db: sa.Connection) -> list[Sum]:
            return [Sum(what, paid, open_, show=show) for show, what, paid, open_ in db.execute(query)]

        return await self._store.do(work)

    async def by_day(self, zones: Mapping[str, ZoneInfo], first: date, last: date) -> list[Sum]:
        """Return what all of them spent on each of these days, each in its own zone."""

        def work(db: sa.Connection) -> list[Sum]:
            sums: dict[tuple[date, str], Sum] = {}
            for zone, shows in _by_zone(zones).items():
                for one in _days(db, shows, zone, first, last):
                    assert one.day
                    so_far = sums.get((one.day, one.what), Sum(one.what, 0.0, 0.0))
                    both = so_far.paid + one.paid, so_far.open + one.open
                    sums[one.day, one.what] = Sum(one.what, *both, day=one.day)
            return [sums[key] for key in sorted(sums)]

        return await self._store.do(work)


def _by_zone(zones: Mapping[str, ZoneInfo]) -> dict[ZoneInfo, list[str]]:
    """Return the shows of each zone: their days begin together."""
    together: dict[ZoneInfo, list[str]] = {}
    for show, zone in zones.items():
        together.setdefault(zone, []).append(show)
    return together


def _within(zones: Mapping[str, ZoneInfo], first: date, last: date) -> sa.ColumnElement[bool]:
    days = first, last + timedelta(days=1)
    spans = [
        (shows, [datetime.combine(day, time(), zone).timestamp() for day in days])
        for zone, shows in _by_zone(zones).items()
    ]
    each = (
        spending.c.show.in_(shows) & (spending.c.at >= begin) & (spending.c.at < end)
        for shows, (begin, end) in spans
    )
    if not spans:
        return sa.false()
    # Said once for all of them, it lets the database go along its index of times.
    around = (
        spending.c.at >= min(begin for _, (begin, _) in spans),
        spending.c.at < max(end for _, (_, end) in spans),
    )
    return sa.and_(*around, sa.or_(*each))


_SUMS = (
    sa.func.sum(sa.func.coalesce(spending.c.actual, 0.0)),
    sa.func.sum(sa.case((spending.c.actual.is_(None), spending.c.reserved), else_=0.0)),
)


def _days(db: sa.Connection, shows: Sequence[str], zone: ZoneInfo, first: date, last: date) -> Iterator[Sum]:
    """Yield the sums of *shows*, which are all in one *zone*, by day."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 2)]
    begins = [datetime.combine(day, time(), zone).timestamp() for day in days]
    mine = spending.c.show.in_(shows), spending.c.at >= begins[0], spending.c.at < begins[-1]
    columns = spending.c.what, spending.c.actual, spending.c.reserved  # an index holds no more
    row = sa.select(*columns, _number(db, begins).label("day")).where(*mine).subquery()
    known = sa.func.sum(sa.func.coalesce(row.c.actual, 0.0))
    unknown = sa.func.sum(sa.case((row.c.actual.is_(None), row.c.reserved), else_=0.0))
    query = sa.select(row.c.day, row.c.what, known, unknown).group_by(row.c.day, row.c.what)
    for number, what, paid, open_ in db.execute(query):
        yield Sum(what, paid, open_, day=days[int(number)])


def _number(db: sa.Connection, begins: Sequence[float]) -> sa.ColumnElement[int]:
    """Return the number of the day that a row is on: counted from the last day before it on which clocks change."""
    odd = [number for number in range(len(begins) - 1) if begins[number + 1] - begins[number] != DAY]
    starts = sorted({0, *odd, *(number + 1 for number in odd)} - {len(begins) - 1})
    cases = []
    for start in reversed(starts):
        passed = (spending.c.at - begins[start]) / DAY
        # SQLite has no `floor` everywhere, and PostgreSQL's CAST rounds.
        whole = sa.func.floor(passed) if db.dialect.name == "postgresql" else sa.cast(passed, sa.Integer)
        cases.append((spending.c.at >= begins[start], start + (0 if start in odd else whole)))
    return sa.case(*cases)


# --- pure


def month(text: str) -> tuple[date, date]:
    """Return the first and the last day of a month such as 2026-11. Raises ValueError."""
    first = datetime.strptime(f"{text}-01", "%Y-%m-%d").date()  # a day of any zone
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def forecast(before: Sequence[Sum], today: date) -> float | None:
    """Return what the month of *today* may come to, in USD: an estimate, by the rate of the last four weeks.

    *before* are the sums of those weeks and of the month so far. None where there is nothing to go by.
    """
    start = today - RATE
    lately = {one.day for one in before if one.day and start < one.day <= today}
    if not lately:
        return None
    days = (today - min(lately)).days + 1
    spent = sum(one.usd for one in before if one.day and today.replace(day=1) <= one.day <= today)
    left = calendar.monthrange(today.year, today.month)[1] - today.day
    return round(spent + left * sum(one.usd for one in before if one.day in lately) / max(days, 7), 4)


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the ledger as lines of CSV (RFC 4180), the heads first. No cell is taken for a formula."""
    yield line(HEADS)
    for one in entries:
        yield line(cells(one))


def cells(one: Entry) -> Sequence[str]:
    """Return a row of the ledger as `HEADS` names its cells."""
    paid = "" if one.actual is None else f"{one.actual:.6f}"
    at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
    return at, one.show, one.run, one.what, one.key, f"{one.reserved:.6f}", paid, f"{one.usd:.6f}"


def line(cells: Iterable[str]) -> str:
    """Return a line of CSV."""
    file = io.StringIO()
    csv.writer(file).writerow(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells)
    return file.getvalue()


def _rows(query: "sa.Select[Any]", db: sa.Connection) -> list[Entry]:
    return [
        Entry(row.run, row.show, row.key, row.what, row.reserved, row.actual, datetime.fromtimestamp(row.at, UTC))
        for row in db.execute(query)
    ]
