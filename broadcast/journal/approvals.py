"""What people say of a run before it pays or publishes. The first answer counts, whoever gives it, and wherever.

A gate is opened when a run comes to it, and has one row from then on: the question, its deadline, and the answer.
An answer is written where there is none yet, together with its entry in the audit log, in one transaction; so of
two people at once, or of a person and the deadline, one is first, and the process that acts on it may die then.
"""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from broadcast.plugins import Clock
from broadcast.types import Script

from .databases import insert
from .run import FINAL, lock
from .store import Store
from .tables import approvals, audit, runs

Verdict = Literal["approved", "rejected"]
DEADLINE = "deadline"  #: by which way an answer came that nobody gave
NOBODY = "nobody"  #: who it is then, in the audit log
DEEDS = {"approved": "approve", "rejected": "reject"}  #: what the audit log calls an answer


@dataclass(frozen=True)
class Approval:
    """One gate of a run."""

    run: str
    gate: str  #: script/main, video/main
    token: str = field(repr=False)  #: names the gate where nothing else of it may be known
    key: str = field(repr=False)  #: signs the links by which people answer it
    asked: datetime
    ends: datetime  #: then *fallback* is the answer
    fallback: Verdict
    verdict: Verdict | None = None
    who: str = ""  #: as they are known where they answered
    via: str = ""  #: where that was: console, command line, telegram, slack, e-mail; or `DEADLINE`
    said: str = ""
    script: Script | None = None  #: what was made of the script
    at: datetime | None = None

    @property
    def show(self) -> str:
        return self.run.rpartition("@")[0]

    @property
    def about(self) -> str:
        """Return what is asked about: script or video."""
        return self.gate.partition("/")[0]

    @property
    def edition(self) -> str:
        return self.gate.partition("/")[2]


class Approvals:
    """The gates in one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def open(self, run: str, gate: str, *, ends: datetime, fallback: Verdict) -> Approval:
        """Return the gate as it stands; the first to ask for it opens it."""
        now = self._clock.now().timestamp()
        values = {"token": secrets.token_urlsafe(16), "key": secrets.token_urlsafe(32), "asked": now,
                  "ends": ends.timestamp(), "fallback": fallback}  # fmt: skip

        def work(db: sa.Connection) -> Approval:
            row = insert(db, approvals).values(run=run, gate=gate, who="", via="", said="", **values)
            db.execute(row.on_conflict_do_nothing())
            return _read(db, approvals.c.run == run, approvals.c.gate == gate)[0]

        return await self._store.do(work, lock=_lock(run), first=True)

    async def answer(
        self, token: str, verdict: Verdict, *, who: str, via: str, said: str = "", script: Script | None = None
    ) -> tuple[bool, Approval | None]:
        """Answer for the gate that *token* names, unless somebody did. Past its deadline the fallback stands.

        Returns whether this answer counts, and the gate as it stands now; None where nobody asks any more.
        """
        found = await self.of_token(token)
        if found is None:
            return False, None
        now = self._clock.now()

        def work(db: sa.Connection) -> tuple[bool, Approval | None]:
            state = db.execute(sa.select(runs.c.closed, runs.c.status).where(runs.c.id == found.run)).one_or_none()
            before = _read(db, approvals.c.token == token)
            if not before or (before[0].verdict is None and (state is None or state.closed)):
                return False, None  # the run is over, and whatever is answered changes nothing
            mine = approvals.c.token == token, approvals.c.verdict.is_(None)
            given = {"verdict": verdict, "who": who, "via": via, "said": said, "at": now.timestamp()}
            if script is not None:
                given["script"] = script.model_dump_json()
            in_time = db.execute(
                approvals.update().where(*mine, approvals.c.ends > now.timestamp()).values(**given)
            )
            if not in_time.rowcount:
                late = {"verdict": approvals.c.fallback, "via": DEADLINE, "at": approvals.c.ends}
                db.execute(approvals.update().where(*mine).values(**late))
            [standing] = _read(db, approvals.c.token == token)
            if before[0].verdict is None:
                db.execute(audit.insert().values(**_entry(standing, now)))
            return bool(in_time.rowcount), standing

        return await self._store.do(work, lock=_lock(found.run), first=True)

    async def lapse(self, token: str) -> Approval | None:
        """Return the gate as it stands, its fallback taken where the deadline is over."""
        found = await self.of_token(token)
        if found is None or found.verdict is not None or self._clock.now() < found.ends:
            return found
        return (await self.answer(token, found.fallback, who="", via=DEADLINE))[1]

    async def of_token(self, token: str) -> Approval | None:
        found = await self._store.do(lambda db: _read(db, approvals.c.token == token))
        return found[0] if found else None

    async def of_run(self, run: str) -> tuple[Approval, ...]:
        """Return the gates that *run* came to, in the order it did."""
        return tuple(await self._store.do(lambda db: _read(db, approvals.c.run == run)))

    async def unanswered(self, shows: Iterable[str] | None = None) -> tuple[Approval, ...]:
        """Return the gates that wait for an answer, of *shows* or of all; the nearest deadline first."""
        over = sa.select(runs.c.id).where(runs.c.closed | runs.c.status.in_(FINAL))
        where = [approvals.c.verdict.is_(None), approvals.c.run.not_in(over)]
        if shows is not None:
            names = tuple(shows)
            where.append(approvals.c.run.in_(sa.select(runs.c.id).where(runs.c.show.in_(names))))
        found = await self._store.do(lambda db: _read(db, *where))
        return tuple(sorted(found, key=lambda one: one.ends))

    async def answered(self, since: datetime, *, going: bool = False) -> tuple[Approval, ...]:
        """Return the gates that were answered since *since*; with *going*, of runs that are not over."""
        where = [approvals.c.at >= since.timestamp()]
        if going:
            over = sa.select(runs.c.id).where(runs.c.closed | runs.c.status.in_(FINAL))
            where.append(approvals.c.run.not_in(over))
        return tuple(await self._store.do(lambda db: _read(db, *where)))


def _lock(run: str) -> str:
    return lock(run.rpartition("@")[0])


def _entry(one: Approval, now: datetime) -> dict[str, object]:
    """Return the entry of the audit log for an answer."""
    assert one.verdict is not None
    edited = ", as edited" if one.script is not None else ""
    words = f"the {one.about} is {one.verdict}{edited}"
    return {
        "id": uuid.uuid4().hex, "at": now.timestamp(), "who": one.who or NOBODY, "via": one.via,
        "deed": DEEDS[one.verdict], "show": one.show, "run": one.run, "item": one.gate, "said": one.said,
        "outcome": "done", "words": words, "ended": now.timestamp(),
    }  # fmt: skip


def _read(db: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Approval]:
    return [_approval(row) for row in db.execute(sa.select(approvals).where(*where).order_by(approvals.c.asked))]


def _approval(row: "sa.Row[tuple[object, ...]]") -> Approval:
    return Approval(
        row.run, row.gate, row.token, row.key, _moment(row.asked), _moment(row.ends), row.fallback, row.verdict,
        row.who, row.via, row.said, Script.model_validate_json(row.script) if row.script else None,
        None if row.at is None else _moment(row.at),
    )  # fmt: skip


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
