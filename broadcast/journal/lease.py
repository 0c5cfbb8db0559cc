"""Who is alive: a process that airs runs renews a lease, and holds a lock file that dies with it."""

import asyncio
import contextlib
import fcntl
import os
import socket
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from broadcast.clock import SystemClock
from broadcast.errors import ConfigError, Unwritten

from . import databases
from .store import Store
from .tables import runs, workers

LEASE = timedelta(seconds=30)  #: a process that has not renewed for so long is thought dead


class Worker:
    """This process, as the others see it. *locks* is the folder of the lock files."""

    def __init__(self, store: Store, locks: Path, lease: timedelta = LEASE) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store, self._span = store, lease
        self._lock = f"worker {self.id}"
        self._path = locks / f"{self.id}.lock"
        self._clock = SystemClock()  # leases are about processes, not about the time of a show

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Be alive for others to see; on leaving, hand back every run that is still ours."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            where = str(self._path.parent)
            raise ConfigError(f"the data directory cannot be written: {error.strerror}", where=where) from None
        fcntl.flock(lock, fcntl.LOCK_EX)
        self._tidy()
        try:
            await self._store.do(self._renew, lock=self._lock)
            await self._store.do(self._forget_dead, lock="dead workers")
            heart = asyncio.create_task(self._beat())
            try:
                yield
            finally:
                heart.cancel()
                await asyncio.gather(heart, return_exceptions=True)
                with contextlib.suppress(Unwritten):  # then the file stays, unlocked: it says that we are gone
                    await self._store.do(self._leave, lock=self._lock)
                    self._path.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def sees(self, db: sa.Connection, owner: str) -> bool:
        """Return whether the process *owner*, another one, is thought alive."""
        late = (workers.c.lease <= self._now(db)).label("late")
        worker = db.execute(sa.select(workers, late).where(workers.c.id == owner)).one_or_none()
        if worker is None:
            return False
        lock = Path(worker.lock)
        if worker.host == _host() and lock.exists():
            return not _unlocked(lock)  # here the lock knows: a suspended machine's leases run out, its locks hold
        return not worker.late

    def _tidy(self) -> None:
        """Remove the lock files of processes that died long ago."""
        long_ago = self._clock.now().timestamp() - timedelta(days=1).total_seconds()
        for path in self._path.parent.glob("*.lock"):
            with contextlib.suppress(OSError):  # another process may be tidying up as well
                if path.stat().st_mtime < long_ago and _unlocked(path):
                    path.unlink()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._span.total_seconds() / 3)
            with contextlib.suppress(Unwritten):  # tried again at the next beat; a lost run is found by its fence
                await self._store.do(self._renew, lock=self._lock, first=True)

    def _renew(self, db: sa.Connection) -> None:
        lease = self._now(db) + self._span.total_seconds()
        row = databases.insert(db, workers).values(
            id=self.id, host=_host(), lock=str(self._path.absolute()), lease=lease
        )
        db.execute(row.on_conflict_do_update(index_elements=("id",), set_={"lease": lease}))

    def _forget_dead(self, db: sa.Connection) -> None:
        long_ago = self._now(db) - timedelta(days=1).total_seconds()
        owners = sa.select(runs.c.owner).where(runs.c.owner.is_not(None))
        db.execute(workers.delete().where(workers.c.lease < long_ago, workers.c.id.not_in(owners)))

    def _leave(self, db: sa.Connection) -> None:
        # What we still own needs no word: an owner whom nobody finds is gone.
        db.execute(workers.delete().where(workers.c.id == self.id))

    def _now(self, db: sa.Connection) -> sa.ColumnElement[float]:
        return databases.clock(db, self._clock.now().timestamp())


def _host() -> str:
    """Name this boot of this machine: a lock file tells about its processes only."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{socket.gethostname()}/{boot.read_text().strip()}" if boot.exists() else socket.gethostname()


def _unlocked(path: Path) -> bool:
    """Return whether the process that locked *path* is gone. A file that is not there says nothing."""
    try:
        lock = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(lock)
