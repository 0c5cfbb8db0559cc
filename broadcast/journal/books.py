"""What was spent, read: the rows of the ledger, their sums by show and day, and what a month may come to."""

import calendar
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from .store import Store
from .tables import spending

AT_ONCE = 1_000  #: rows of one look: whoever writes meanwhile waits for no more
RATE = timedelta(days=28)  #: whose spending a forecast goes by: whole weeks, as shows air by the week
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
    """What a show spent on a day."""

    show: str
    day: date  #: of the show's time zone
    paid: float  #: USD, known
    open: float  #: USD, set aside, of which the cost is not known yet

    @property
    def usd(self) -> float:
        return self.paid + self.open


class Books:
    """The ledger of one store, to be read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def entries(
        self, *, since: datetime | None = None, until: datetime | None = None, show: str = "", run: str = ""
    ) -> list[Entry]:
        """Return the rows from *since* on and before *until*, the oldest first."""
        query = sa.select(spending).order_by(spending.c.at, spending.c.run, spending.c.key)
        if since:
            query = query.where(spending.c.at >= since.timestamp())
        if until:
            query = query.where(spending.c.at < until.timestamp())
        if show:
            query = query.where(spending.c.show == show)
        if run:
            query = query.where(spending.c.run == run)
        found: list[Entry] = []
        while True:
            rows = await self._store.do(partial(_rows, query.limit(AT_ONCE).offset(len(found))))
            found += rows
            if len(rows) < AT_ONCE:
                return found

    async def shows(self) -> list[str]:
        """Return the shows that ever spent anything."""
        query = sa.select(spending.c.show).distinct().order_by(spending.c.show)
        return await self._store.do(lambda db: list(db.execute(query).scalars()))

    async def sums(self, zones: Mapping[str, ZoneInfo], first: date, last: date) -> list[Sum]:
        """Return what each of *zones*, which names shows, spent on each day from *first* to *last*, in its zone."""
        start = datetime.combine(first, time(), UTC) - timedelta(days=1)  # a day begins at most so far from UTC's
        end = datetime.combine(last, time(), UTC) + timedelta(days=2)
        sums: dict[tuple[date, str], list[float]] = {}
        for entry in await self.entries(since=start, until=end):
            zone = zones.get(entry.show)
            if zone and first <= (day := entry.at.astimezone(zone).date()) <= last:
                paid = sums.setdefault((day, entry.show), [0.0, 0.0])
                paid[entry.actual is None] += entry.usd
        return [Sum(show, day, paid, open_) for (day, show), (paid, open_) in sorted(sums.items())]


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
    lately = [one for one in before if start < one.day <= today]
    if not lately:
        return None
    days = (today - max(min(one.day for one in lately), start)).days + 1
    spent = sum(one.usd for one in before if (one.day.year, one.day.month) == (today.year, today.month))
    left = calendar.monthrange(today.year, today.month)[1] - today.day
    return round(spent + left * sum(one.usd for one in lately) / max(days, 7), 4)


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the ledger as lines of CSV (RFC 4180), the heads first. No cell is taken for a formula."""
    yield _line(HEADS)
    for one in entries:
        paid = "" if one.actual is None else f"{one.actual:.6f}"
        at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
        yield _line((at, one.show, one.run, one.what, one.key, f"{one.reserved:.6f}", paid, f"{one.usd:.6f}"))


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(
        f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells
    )
    return file.getvalue()


def _rows(query: "sa.Select[Any]", db: sa.Connection) -> list[Entry]:
    return [
        Entry(row.run, row.show, row.key, row.what, row.reserved, row.actual, datetime.fromtimestamp(row.at, UTC))
        for row in db.execute(query)
    ]
