"""How a run is stopped by a person: it begins no more deeds, what is under way comes to its end, and it is closed.

The wish stands in the journal, so it reaches whichever process airs the run. That one is told by its next look at
the wishes, and, should it be about to begin a deed before, by that deed's intention.
"""

from collections.abc import Callable
from typing import Literal

import sqlalchemy as sa

from broadcast.errors import ConfigError
from broadcast.plugins import Clock
from broadcast.types import Report

from .ledger import release_unasked
from .run import FINAL, lock
from .runs import Runs
from .store import Store
from .tables import cancels, runs
from .told import release


class Cancels:
    """The wishes to stop runs in one store."""

    def __init__(self, store: Store, clock: Clock, known: Runs) -> None:
        self._store, self._clock, self._runs = store, clock, known

    async def ask(
        self, id: str, by: str, stand: Callable[[Report | None], Report]
    ) -> Literal["stopping", "closed"]:
        """Stop the run *id*: whoever airs it is asked to; where nobody does it is closed at once.

        *stand* returns its report as it stands then. Raises `ConfigError` where there is nothing to stop.
        """
        now = self._clock.now()

        def work(db: sa.Connection) -> Literal["stopping", "closed"]:
            row = db.execute(sa.select(runs).where(runs.c.id == id)).one_or_none()
            if row is None:
                raise ConfigError(f"there is no run {id!r}; `broadcast runs` lists them")
            if row.closed or row.status in FINAL:
                raise ConfigError(f"{id} is over: there is nothing to cancel")
            if self._runs.aired_by_somebody(db, row):
                if not db.execute(sa.select(cancels.c.by).where(cancels.c.run == id)).first():
                    db.execute(cancels.insert().values(run=id, by=by, at=now.timestamp()))
                return "stopping"
            report = stand(Report.model_validate_json(row.report) if row.report else None)
            values = {"closed": True, "owner": None, "status": report.status, "epoch": row.epoch + 1}
            db.execute(runs.update().where(runs.c.id == id).values(report=report.model_dump_json(), **values))
            release(db, id)
            release_unasked(db, id)
            return "closed"

        return await self._store.do(work, lock=lock(id.rpartition("@")[0]), first=True)

    async def asked(self) -> dict[str, str]:
        """Return the runs that are to stop, each with who said so."""
        query = sa.select(cancels.c.run, cancels.c.by)
        return await self._store.do(lambda db: {row.run: row.by for row in db.execute(query)})
