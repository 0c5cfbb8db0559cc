"""What the pages need to know, asked of the journal: few queries each, whatever the number of runs."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from broadcast import health
from broadcast.health import Health
from broadcast.journal.deeds import Item, moment
from broadcast.journal.deeds import read as deeds_of
from broadcast.journal.runs import Row, row_of
from broadcast.journal.tables import cancels, items, memories, runs, spending
from broadcast.station import Station
from broadcast.types import Status

T = TypeVar("T")

RECENT = 10  #: runs by which a show's health is told
MOST_HELD = 200  #: runs that wait for a person, on one page
HELD = sa.text("run.held")  #: as the index has it


@dataclass(frozen=True)
class Brief:
    """A run in a list."""

    run: str
    show: str
    slot: datetime
    status: Status | None
    held: bool
    closed: bool
    airing: bool  #: a process that is alive works on it
    error: str | None
    titles: tuple[str, ...] = ()
    usd: float = 0.0


@dataclass(frozen=True)
class Lately:
    """How a show fared in its newest runs."""

    newest: Brief
    statuses: tuple[Status | None, ...]  #: of the last runs, the newest first


@dataclass(frozen=True)
class Doubt:
    """A deed of a run that may have happened."""

    run: str
    key: str
    begun: datetime
    kept: Mapping[str, str]


@dataclass(frozen=True)
class Whole:
    """A run with all its deeds."""

    row: Row
    items: Sequence[Item]
    airing: bool
    stopping: str | None  #: who said that it is to stop


class Reading:
    """Asks the journal of *station*."""

    def __init__(self, station: Station) -> None:
        self._station = station

    async def _ask(self, work: Callable[[sa.Connection], T]) -> T:
        return await self._station.store.do(work)

    async def shows(self) -> tuple[str, ...]:
        """Return the shows that ever ran."""
        return await self._ask(lambda db: tuple(db.execute(_SHOWS).scalars()))

    async def lately(self, shows: Iterable[str]) -> dict[str, Lately]:
        """Return how each of *shows* fared."""
        names = tuple(shows)

        def work(db: sa.Connection) -> dict[str, Lately]:
            known = {name: db.execute(_LATELY, {"show": name}).all() for name in names}
            newest = {rows[0].id for rows in known.values() if rows}
            found = db.execute(sa.select(runs).where(runs.c.id.in_(newest)))
            briefs = {row.show: self._brief(db, row) for row in found}
            return {
                name: Lately(briefs[name], tuple(row.status for row in rows))
                for name, rows in known.items()
                if rows
            }

        return await self._ask(work)

    async def runs(self, *, show: str, status: str, limit: int, offset: int) -> list[Brief]:
        """Return runs, the newest first, of one show or of all, with one status or with any."""
        # First which, from an index alone: a row is long, and those that are passed over are not read.
        which = sa.select(runs.c.id).order_by(runs.c.slot.desc(), runs.c.id.desc()).limit(limit).offset(offset)
        if show:
            which = which.where(runs.c.show == show)
        if status:
            which = which.where(runs.c.status.is_(None) if status == "open" else runs.c.status == status)

        def work(db: sa.Connection) -> list[Brief]:
            ids = db.execute(which).scalars().all()
            rows = {row.id: row for row in db.execute(sa.select(runs).where(runs.c.id.in_(ids)))}
            return [self._brief(db, rows[id]) for id in ids]

        return await self._ask(work)

    async def run(self, id: str) -> Whole | None:
        def work(db: sa.Connection) -> Whole | None:
            row = db.execute(sa.select(runs).where(runs.c.id == id)).one_or_none()
            if row is None:
                return None
            airing = self._station.runs.aired_by_somebody(db, row)
            stopping = db.execute(sa.select(cancels.c.by).where(cancels.c.run == id)).scalar()
            return Whole(row_of(row), deeds_of(db, id), airing, stopping)

        return await self._ask(work)

    async def signs(self, ids: Iterable[str]) -> dict[str, tuple[object, ...]]:
        """Return, of each of these runs, what changes when something happens in it."""
        names = tuple(ids)
        newest = sa.func.max(sa.func.coalesce(items.c.ended, items.c.begun))
        of_items = sa.select(items.c.run, sa.func.count(), newest, sa.func.max(items.c.begun))
        of_runs = sa.select(runs.c.id, runs.c.status, runs.c.held, runs.c.closed, runs.c.owner, runs.c.epoch)

        def work(db: sa.Connection) -> dict[str, tuple[object, ...]]:
            deeds = {
                row[0]: tuple(row[1:])
                for row in db.execute(of_items.where(items.c.run.in_(names)).group_by(items.c.run))
            }
            stops = {row.run: row.by for row in db.execute(sa.select(cancels.c.run, cancels.c.by))}
            return {
                row.id: (*row[1:], *deeds.get(row.id, ()), stops.get(row.id))
                for row in db.execute(of_runs.where(runs.c.id.in_(names)))
            }

        return await self._ask(work)

    async def held(self) -> list[Brief]:
        """Return the runs that only a person can take further, the newest first."""
        query = sa.select(runs).where(HELD).order_by(runs.c.slot.desc()).limit(MOST_HELD)
        return await self._ask(lambda db: [self._brief(db, row) for row in db.execute(query)])

    async def doubts(self) -> list[Doubt]:
        """Return the deeds that may have happened, and that nobody works on, the newest first."""
        open_ = items.c.state == sa.literal_column("'intent'"), items.c.deed == "once"
        query = sa.select(items, runs).join(runs, runs.c.id == items.c.run).where(*open_)
        query = query.order_by(items.c.begun.desc()).limit(MOST_HELD)

        def work(db: sa.Connection) -> list[Doubt]:
            return [
                Doubt(row.run, row.key, moment(row.begun), json.loads(row.kept))
                for row in db.execute(query)
                if not self._station.runs.aired_by_somebody(db, row)
            ]

        return await self._ask(work)

    async def spent(self, since: Mapping[str, datetime]) -> dict[str, dict[str, float]]:
        """Return what each show spent since a time of its own, by what it was spent on, in USD."""
        sums: dict[str, dict[str, float]] = {}
        together: dict[datetime, list[str]] = {}  # shows of one time zone begin their month together
        for show, start in since.items():
            together.setdefault(start, []).append(show)

        def work(db: sa.Connection) -> dict[str, dict[str, float]]:
            for start, names in together.items():
                mine = spending.c.show.in_(names), spending.c.at >= start.timestamp()
                query = sa.select(spending.c.show, spending.c.what, sa.func.sum(_USD)).where(*mine)
                for show, what, usd in db.execute(query.group_by(spending.c.show, spending.c.what)):
                    sums.setdefault(show, {})[what] = usd
            return sums

        return await self._ask(work)

    async def health(self, sources: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Health]:
        """Return how sources fare, each named by its show and its name; of one never asked nothing."""
        scopes = {health.scope(show, name): (show, name) for show, name in sources}
        query = sa.select(memories).where(memories.c.scope.in_(tuple(scopes)), memories.c.name == "health")

        def work(db: sa.Connection) -> dict[tuple[str, str], Health]:
            return {scopes[row.scope]: health.recalled(json.loads(row.value)) for row in db.execute(query)}

        return await self._ask(work)

    async def usual(self, show: str, renderer: str) -> timedelta | None:
        """Return how long the last renders of *show* by *renderer* took, the middle one."""
        submit, video = items.alias(), items.alias()
        asked = submit.c.key.like("submit/%"), video.c.run == submit.c.run, video.c.key.like("video/%")
        mine = sa.select(runs.c.id).where(runs.c.show == show).order_by(runs.c.slot.desc()).limit(RECENT)
        done = video.c.state == "done", submit.c.key.like(f"submit/%/{renderer}/%")
        query = sa.select(video.c.ended - submit.c.begun).where(
            *asked, *done, submit.c.run.in_(mine.scalar_subquery())
        )
        took = sorted(await self._ask(lambda db: list(db.execute(query).scalars())))
        return timedelta(seconds=took[len(took) // 2]) if took else None

    def _brief(self, db: sa.Connection, row: "sa.Row[tuple[object, ...]]") -> Brief:
        """Return a run as a list shows it. Of its report only a little is read: there may be many."""
        report = json.loads(row.report) if row.report else {}
        return Brief(
            run=row.id,
            show=row.show,
            slot=datetime.fromisoformat(row.slot),
            status=row.status,
            held=bool(row.held),
            closed=bool(row.closed),
            airing=row.owner is not None and self._station.runs.aired_by_somebody(db, row),
            error=report.get("error"),
            titles=tuple(one["title"] for one in report.get("stories", ())),
            usd=report.get("cost", {}).get("usd", 0.0),
        )


_USD = sa.func.coalesce(spending.c.actual, spending.c.reserved)
_LATELY = (
    sa.select(runs.c.id, runs.c.status)
    .where(runs.c.show == sa.bindparam("show"))
    .order_by(runs.c.slot.desc())
    .limit(RECENT)
)
_SHOWS = sa.select(runs.c.show).distinct().order_by(runs.c.show)
