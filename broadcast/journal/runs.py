"""All runs: which one the next call takes up, who may air it, and the list of them."""

import asyncio
import json
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from pydantic import BaseModel

from broadcast.errors import ConfigError, Unwritten
from broadcast.plugins import Clock
from broadcast.types import Report, Status

from .databases import insert
from .deeds import Item, read
from .lease import Worker
from .ledger import release_unasked
from .run import FINAL, Guard, Run, lock, unguarded
from .store import Store
from .tables import approvals, audit, items, memories, runs, spending, stories
from .told import release, told

TOLD: Set[Status] = frozenset({"aired", "partial"})
REMEMBERED = timedelta(days=366)  #: a story stays known for so long at least: some feeds list a year
ACCOUNTED = timedelta(days=400)  #: what was spent stays in the books for so long at least: a year, and its closing
JUST_NOW = timedelta(minutes=1)  #: a slot no older than this belongs to this call


class Busy(Exception):
    """Another process that is alive is airing this run."""


@dataclass(frozen=True)
class Row:
    """A run as the list of runs shows it."""

    id: str
    show: str
    slot: datetime
    status: Status | None  #: None: it has not come to an end
    held: bool  #: only a person can take it further
    closed: bool  #: never taken up again
    report: Report | None
    options: str = ""  #: what the run remembers of the call that began it
    closes: datetime | None = None  #: a failed run is retried until then


class Runs:
    """The runs in one store. *worker* is this process; *guard* comes before each deed that is done once."""

    def __init__(self, store: Store, clock: Clock, worker: Worker, guard: Guard = unguarded) -> None:
        self._store, self._clock, self._worker, self._guard = store, clock, worker, guard
        self._airing: dict[str, int] = {}  #: the runs that this process airs, and their epochs

    async def claim(
        self,
        show: str,
        slot: datetime,
        *,
        options: str = "",
        grace: timedelta,
        over: bool = False,
        as_is: bool = False,
        again: Run | None = None,
    ) -> Run | Row:
        """Take the run of *show* at *slot*, made now if there is none. One that is final or closed is only shown.

        *grace* is how long a failed run is retried; *options* is what the run must remember of the call that began
        it. With *over*, one that is final or closed is taken too, and stays as it is until it is given back; with
        *as_is*, so does every other. *again* is the run itself where this process laid it aside.
        Raises `Busy` while a living process airs it. Call `done` with the run when it was given back.
        """
        id, now = name(show, slot), self._clock.now()

        def work(db: sa.Connection) -> Run | Row:
            self._close_overdue(db, show)
            row = db.execute(sa.select(runs).where(runs.c.id == id)).one_or_none()
            if row is None:
                closes = (max(slot, now) + grace).timestamp()
                values = {"id": id, "show": show, "slot": text_of(slot), "options": options, "closes": closes}
                started = {"held": False, "closed": False, "epoch": 0, "created": now.timestamp()}
                db.execute(runs.insert().values(**values, **started))
                row = db.execute(sa.select(runs).where(runs.c.id == id)).one()
            ended = row.closed or row.status in FINAL
            if ended and not over:
                return row_of(row)
            ours = again is not None and row.owner == self._worker.id and row.epoch == again.epoch
            if not ours and self.aired_by_somebody(db, row):
                raise Busy(id)
            epoch = row.epoch + 1
            taken = {"owner": self._worker.id, "epoch": epoch}
            if not ended and not as_is:
                taken |= {"status": None, "held": False, "report": None}
            db.execute(runs.update().where(runs.c.id == id).values(**taken))
            run = self._known(db, row)
            run.epoch = epoch
            alone = db.execute(sa.select(sa.func.count()).select_from(runs)).scalar() == 1
            run.amnesia = again.amnesia if again else alone and now - slot > JUST_NOW
            self._airing[id] = epoch  # here, not later: the next claim may be in this very transaction
            claimed.append(run)
            return run

        claimed: list[Run] = []
        claiming = asyncio.ensure_future(self._store.do(work, lock=lock(show)))
        try:
            return await asyncio.shield(claiming)
        except Unwritten:
            for run in claimed:
                self.done(run)
            raise
        except asyncio.CancelledError:
            claiming.add_done_callback(self._abandoned)  # whoever asked for it is gone
            raise

    async def enrol(self, show: str, slot: datetime, *, grace: timedelta) -> None:
        """Write down that *show* is to air at *slot*, for whoever comes to it, unless it is known."""
        id, now = name(show, slot), self._clock.now()
        row = {
            "id": id,
            "show": show,
            "slot": text_of(slot),
            "options": "",
            "closes": (max(slot, now) + grace).timestamp(),
        }
        row |= {"held": False, "closed": False, "epoch": 0, "created": now.timestamp()}

        def work(db: sa.Connection) -> None:
            db.execute(insert(db, runs).values(**row).on_conflict_do_nothing())

        await self._store.do(work, lock=lock(show))

    async def left(self) -> list[Row]:
        """Return the runs that have not come to their end and that nobody works on, the oldest first."""
        open_ = runs.c.status.is_(None) | runs.c.status.in_(("unfinished", "failed"))
        query = sa.select(runs).where(~runs.c.closed, ~runs.c.held, open_).order_by(runs.c.slot, runs.c.id)

        def work(db: sa.Connection) -> list[Row]:
            return [row_of(row) for row in db.execute(query).all() if not self.aired_by_somebody(db, row)]

        return await self._store.do(work)

    def done(self, run: Run) -> None:
        """Say that nothing in this process works on *run* any more."""
        if self._airing.get(run.id) == run.epoch:
            del self._airing[run.id]

    def _abandoned(self, claiming: "asyncio.Future[Run | Row]") -> None:
        if not claiming.cancelled() and claiming.exception() is None:
            run = claiming.result()
            if isinstance(run, Run):
                self.done(run)

    async def unfinished(self, show: str) -> Row | None:
        """Return the newest run of *show* that the next call should take up, if there is one.

        That is one that was cut off, waits for its render, or failed altogether and is still within its grace.
        """

        def work(db: sa.Connection) -> Row | None:
            self._close_overdue(db, show)
            open_ = runs.c.status.is_(None) | runs.c.status.in_(("unfinished", "failed"))
            query = sa.select(runs).where(runs.c.show == show, ~runs.c.closed, ~runs.c.held, open_)
            row = db.execute(query.order_by(runs.c.slot.desc()).limit(1)).one_or_none()
            return row_of(row) if row else None

        return await self._store.do(work, lock=lock(show))

    async def prune(self, show: str, *, before: datetime, most: int, rehearsal: bool = False) -> list[datetime]:
        """Forget at most *most* runs of *show* older than *before*; return their slots. A *rehearsal* forgets none.

        Those stay whose end is open, in doubt or waited for, that somebody works on, and the newest two: the one
        that told something, from which the next window counts, and the last of all. Stories stay known beyond their
        run, as feeds list them long after; money as long as somebody adds up a year.
        """
        now = self._clock.now()
        mine = runs.c.show == show

        def work(db: sa.Connection) -> list[datetime]:
            if not rehearsal:
                self._close_overdue(db, show)
            newest = sa.select(sa.func.max(runs.c.slot)).where(mine).scalar_subquery()
            told = sa.select(sa.func.max(runs.c.slot)).where(mine, runs.c.status.in_(TOLD)).scalar_subquery()
            over = runs.c.closed | runs.c.status.in_(FINAL)
            old = runs.c.slot < text_of(before), runs.c.created < before.timestamp()
            spare = runs.c.slot != newest, told.is_(None) | (runs.c.slot != told)
            gone: list[Run] = []
            ended = sa.select(runs).where(mine, over, ~runs.c.held, *old, *spare)
            for row in db.execute(ended.order_by(runs.c.slot)).all():
                run = self._known(db, row)
                if not (run.in_doubt() or run.in_flight() or self.aired_by_somebody(db, row)):
                    gone.append(run)
                if len(gone) == most:
                    break
            if not rehearsal:
                ids = [run.id for run in gone]
                db.execute(items.delete().where(items.c.run.in_(ids)))
                db.execute(approvals.delete().where(approvals.c.run.in_(ids)))
                db.execute(runs.delete().where(runs.c.id.in_(ids)))
                self._forget_long_ago(db, show, before, now)
            return [run.slot for run in gone]

        return await self._store.do(work, lock="" if rehearsal else lock(show))

    def _forget_long_ago(self, db: sa.Connection, show: str, before: datetime, now: datetime) -> None:
        """Forget what was told, paid, called and done by hand, where no run that is left asks for it."""
        left = sa.select(runs.c.id).where(runs.c.show == show)
        story = stories.c.show == show, stories.c.run < name(show, min(before, now - REMEMBERED))
        db.execute(stories.delete().where(*story, stories.c.run.not_in(left)))
        called = memories.c.scope == calls(show), memories.c.value < json.dumps(name(show, now - REMEMBERED))
        db.execute(memories.delete().where(*called))
        money = spending.c.show == show, spending.c.at < min(before, now - ACCOUNTED).timestamp()
        db.execute(spending.delete().where(*money, spending.c.run.not_in(left)))
        by_hand = audit.c.show == show, audit.c.at < before.timestamp()  # of a show, and of runs
        db.execute(audit.delete().where(*by_hand, audit.c.run.not_in(left)))

    async def unknown(self, show: str, slots: Set[datetime]) -> set[datetime]:
        """Return those of *slots* that *show* has no run at. A journal with no run of it at all knows nothing."""
        known = await self._slots(show)
        return {slot for slot in slots if text_of(slot) not in known} if known else set()

    async def _slots(self, show: str) -> frozenset[str]:
        query = sa.select(runs.c.slot).where(runs.c.show == show)
        return await self._store.do(lambda db: frozenset(db.execute(query).scalars()))

    async def missed(self, show: str, slots: Iterable[datetime]) -> list[datetime]:
        """Return those of *slots* that *show* has no run at. Before its first run it missed none."""
        known = await self._slots(show)
        return [slot for slot in slots if known and min(known) < text_of(slot) and text_of(slot) not in known]

    async def newest(self, show: str | None = None, *, limit: int = 50) -> list[Row]:
        """Return the newest runs, of one show or of all."""
        query = sa.select(runs).order_by(runs.c.slot.desc(), runs.c.id).limit(limit)
        if show is not None:
            query = query.where(runs.c.show == show)
        return await self._store.do(lambda db: [row_of(row) for row in db.execute(query)])

    async def find(self, id: str) -> tuple[Row, list[Item]] | None:
        """Return a run and its deeds."""

        def work(db: sa.Connection) -> tuple[Row, list[Item]] | None:
            row = db.execute(sa.select(runs).where(runs.c.id == id)).one_or_none()
            return (row_of(row), read(db, id)) if row else None

        return await self._store.do(work)

    async def settle(
        self, id: str, key: str, result: BaseModel | None, stand: Callable[[Report, Run], tuple[Report, bool]]
    ) -> Row:
        """Answer for a deed in doubt: it came to *result*; or, where that is None, it did not happen.

        *stand* returns the report as it stands then, and whether only a person can take the run further. Returns
        the run. Raises `ConfigError` where there is no such doubt, `Busy` while a living process airs the run.
        """

        def work(db: sa.Connection) -> Row:
            row = db.execute(sa.select(runs).where(runs.c.id == id)).one_or_none()
            if row is None:
                raise ConfigError(f"there is no run {id!r}; `broadcast runs` lists them")
            if self.aired_by_somebody(db, row):
                raise Busy(id)
            run = self._known(db, row)
            if key not in run.in_doubt():
                there = ", ".join(run.in_doubt()) or "nothing"
                raise ConfigError(f"{key!r} is not in doubt in {id}; in doubt is {there}")
            run.settle(db, key, result)
            if result is None:
                release_unasked(db, id)
            values: dict[str, object] = {"held": False}
            if (report := row_of(row).report) is not None:
                report, held = stand(report, run)
                values = {"report": report.model_dump_json(), "status": report.status, "held": held}
            db.execute(runs.update().where(runs.c.id == id).values(**values))
            return row_of(db.execute(sa.select(runs).where(runs.c.id == id)).one())

        return await self._store.do(work, lock=lock(id.rpartition("@")[0]), first=True)

    def _known(self, db: sa.Connection, row: "sa.Row[tuple[object, ...]]") -> Run:
        slot = datetime.fromisoformat(row.slot)
        run = Run(
            self._store, self._clock, id=row.id, show=row.show, slot=slot, options=row.options, epoch=row.epoch
        )
        run.load(db)
        run.guard = self._guard
        run.closes = datetime.fromtimestamp(row.closes, tz=UTC)
        return run

    async def last_aired(self, show: str, *, before: datetime) -> tuple[datetime, frozenset[str]] | None:
        """Return the slot of the newest run of *show* that told something, and the keys of all that it was shown.

        One that aired a story of the caller's does not count: nobody asked the sources.
        """
        aired = runs.c.show == show, runs.c.status.in_(TOLD), runs.c.slot < text_of(before)

        def work(db: sa.Connection) -> tuple[str, str | None] | None:
            query = sa.select(runs.c.id, runs.c.slot, runs.c.options).where(*aired).order_by(runs.c.slot.desc())
            for row in db.execute(query):
                if not (row.options and json.loads(row.options).get("stories")):
                    listed = items.c.run == row.id, items.c.key == "gather"
                    return row.slot, db.execute(sa.select(items.c.result).where(*listed)).scalar()
            return None

        found = await self._store.do(work)
        if found is None:
            return None
        slot, gathered = found
        listed = json.loads(gathered or "{}").get("stories", ())
        return datetime.fromisoformat(slot), frozenset(f"{one['source']}/{one['id']}" for one in listed)

    async def told(self, show: str) -> frozenset[str]:
        """Return what the stories are known by that runs of *show* have told or reserved."""
        return await self._store.do(lambda db: told(db, show))

    async def jobs(self) -> frozenset[str]:
        """Return the ids of all renders that were asked for and answered."""
        asked = items.c.key.like("submit/%"), items.c.state == "done"
        query = sa.select(items.c.result).where(*asked)
        found = await self._store.do(lambda db: db.execute(query).scalars().all())
        return frozenset(str(json.loads(text)["id"]) for text in found if text)

    def aired_by_somebody(self, db: sa.Connection, row: "sa.Row[tuple[object, ...]]") -> bool:
        """Return whether a process that is alive airs the run of *row*."""
        if row.owner is None:
            return False
        if row.owner == self._worker.id:
            return row.id in self._airing
        return self._worker.sees(db, row.owner)

    def _close_overdue(self, db: sa.Connection, show: str) -> None:
        """Close failed runs past their grace, and those cut off before anything was begun that is done once.

        One that has asked somebody goes on: its gate has a deadline of its own.
        """
        overdue = runs.c.show == show, ~runs.c.closed, runs.c.closes <= self._clock.now().timestamp()
        unended = runs.c.status.is_(None) | runs.c.status.not_in(FINAL)  # the ended ones are many, and need nothing
        for row in db.execute(sa.select(runs).where(*overdue, unended)).all():
            begun = sa.select(sa.func.count()).where(items.c.run == row.id, items.c.deed == "once")
            asked = sa.select(sa.func.count()).where(approvals.c.run == row.id)
            open_ = db.execute(begun).scalar() or db.execute(asked).scalar()
            given_up = row.status in ("failed", "partial") or not open_
            if given_up and not self.aired_by_somebody(db, row):
                values = {"closed": True, "owner": None, "status": row.status or "failed"}
                db.execute(runs.update().where(runs.c.id == row.id).values(**values))
                release(db, row.id)
                release_unasked(db, row.id)


def name(show: str, slot: datetime) -> str:
    """Return the identity of a run: `daily-news@2026-11-23T17:00:00Z`."""
    return f"{show}@{text_of(slot)}"


def calls(show: str) -> str:
    """Return the scope in which the calls of *show* are remembered: see `calls.py`."""
    return f"calls/{show}"


def text_of(slot: datetime) -> str:
    """Return *slot* as it is written down: the text sorts as the time does."""
    return slot.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row_of(row: "sa.Row[tuple[object, ...]]") -> Row:
    """Return *row* of the table as the list of runs shows it."""
    report = Report.model_validate_json(row.report) if row.report else None
    slot = datetime.fromisoformat(row.slot)
    closes = datetime.fromtimestamp(row.closes, tz=UTC)
    return Row(row.id, row.show, slot, row.status, bool(row.held), bool(row.closed), report, row.options, closes)
