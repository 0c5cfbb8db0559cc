"""The database behind the journal, SQLite or PostgreSQL, written by one thread.

All work is done by that thread. Whatever is waiting when it begins a transaction goes into it together (group
commit), so a burst of runs costs few disk syncs, and writes that record an outcome go before all others, so that
the moment in which a deed is done and not yet written down stays short under load.

A server that is away is waited for a little: work that was not begun is not lost. What was under way when it went
is `Unwritten`, and so is, until it is back, all that comes after the wait.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from broadcast.clock import stopwatch
from broadcast.errors import ConfigError, Unwritten

from . import databases
from .tables import MIGRATIONS

T = TypeVar("T")

BATCH = 64  #: units of work in one transaction
AWAY_SECONDS = 20.0  #: a server that restarts is back by then; a process that is told to end has 30
LOOK_SECONDS = 0.5  #: between tries to reach it


@dataclass(frozen=True)
class Work(Generic[T]):
    """Something to do in a transaction, what it may write, and who waits for what it returns."""

    do: Callable[[sa.Connection], T]
    locks: tuple[str, ...]
    future: Future[T] = field(default_factory=Future)


class Store:
    """One open database. Made with `Store.open`; `do` runs work in it; `close` ends it."""

    def __init__(self, engine: sa.Engine, patience: float | None = None) -> None:
        self._engine, self._patience = engine, AWAY_SECONDS if patience is None else patience
        self._urgent: deque[Work[Any]] = deque()
        self._waiting: deque[Work[Any]] = deque()
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._away: Callable[[], float] | None = None  #: the seconds since the server was last reached
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, url: str, *, patience: float | None = None) -> "Store":
        """Open the database at *url* and bring its tables up to date. Raises `ConfigError`.

        A server that goes away later is waited for *patience* seconds.
        """
        engine, _ = _up_to_date(url)
        return cls(engine, patience)

    async def do(
        self, work: Callable[[sa.Connection], T], *, lock: str | tuple[str, ...] = (), first: bool = False
    ) -> T:
        """Run *work* in a transaction, committed when this returns. *first*: before all that waits.

        *lock* names what it writes, as `databases` has it; without any it may only read. Raises what *work* raises,
        then with nothing of it written; `Unwritten` where the database fails.
        """
        one = Work(work, (lock,) if isinstance(lock, str) and lock else tuple(lock))
        with self._wake:
            if self._closing.is_set():
                raise Unwritten("the journal is closed")
            (self._urgent if first else self._waiting).append(one)
            self._wake.notify()
        # Shielded: a caller that is cancelled meanwhile must not take back what it has just learned.
        return await asyncio.shield(asyncio.wrap_future(one.future))

    def close(self) -> None:
        """Finish what is waiting, then close."""
        with self._wake:
            self._closing.set()
            self._wake.notify()
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while batch := self._next():
            self._commit(batch)

    def _next(self) -> list[Work[Any]]:
        with self._wake:
            self._wake.wait_for(lambda: self._urgent or self._waiting or self._closing.is_set())
            queue = self._urgent or self._waiting
            return [queue.popleft() for _ in range(min(BATCH, len(queue)))]

    def _commit(self, batch: list[Work[Any]]) -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        failure: BaseException | None
        batch = [one for one in batch if one.future.set_running_or_notify_cancel()]
        try:
            with self._transaction({lock for one in batch for lock in one.locks}) as connection:
                for one in batch:
                    try:
                        with _apart(connection, alone=len(batch) == 1):
                            if not one.locks:
                                databases.only_read(connection)
                            results.append((one.future, one.do(connection), None))
                    except DataError as error:  # PostgreSQL's word for a value of this one that it cannot hold
                        results.append((one.future, None, _unwritten(error)))
                    except BaseException as error:  # raised again where `do` is awaited
                        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
                            raise  # the database itself: nothing of this transaction will be written
                        results.append((one.future, None, error))
        except Exception as error:  # noqa: BLE001  # whatever it is, this thread must live and say so
            failure = _unwritten(error)
            results = [(one.future, None, failure) for one in batch]
        for future, result, failure in results:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    @contextmanager
    def _transaction(self, locks: set[str]) -> Iterator[sa.Connection]:
        with self._begun(locks) as connection:
            yield connection
            connection.commit()

    def _begun(self, locks: set[str]) -> sa.Connection:
        """Begin a transaction. Nothing was done in it yet, so a server that is away can be waited for."""
        while True:
            connection = None
            try:
                connection = self._engine.connect()
                databases.begin(connection, locks)
                self._away = None
                return connection
            except BaseException as error:
                if connection is not None:
                    connection.close()
                if not isinstance(error, DBAPIError) or not databases.away(error):
                    raise
                self._away = self._away or stopwatch()
                if self._away() >= self._patience or self._closing.wait(LOOK_SECONDS):
                    raise


@contextmanager
def _apart(connection: sa.Connection, *, alone: bool) -> Iterator[None]:
    """Undo what one work wrote where it raises. One that is *alone* in its transaction needs no savepoint."""
    if not alone:
        with connection.begin_nested():
            yield
        return
    try:
        yield
    except BaseException:
        connection.rollback()
        raise


def bring_up_to_date(url: str) -> tuple[int, int]:
    """Bring the tables at *url* up to date; return the version that they had, and have. Raises `ConfigError`.

    Any number of processes may do so together: the first does it, and the others find it done.
    """
    engine, versions = _up_to_date(url)
    engine.dispose()
    return versions


def _up_to_date(url: str) -> tuple[sa.Engine, tuple[int, int]]:
    engine = databases.engine(url)
    try:
        with engine.connect() as connection:
            databases.begin(connection, ["schema"], unhurried=True)
            versions = migrate(connection)
            connection.commit()
    except DBAPIError as error:
        engine.dispose()
        where = databases.shown(url)
        raise ConfigError(f"the journal cannot be opened: {databases.said(error)}", where=where) from None
    except ConfigError:
        engine.dispose()
        raise
    return engine, versions


def migrate(connection: sa.Connection) -> tuple[int, int]:
    """Apply the migrations that this database lacks, in the transaction of *connection*, which holds its lock."""
    connection.execute(sa.text("CREATE TABLE IF NOT EXISTS broadcast_schema (version INTEGER NOT NULL)"))
    version = connection.execute(sa.text("SELECT max(version) FROM broadcast_schema")).scalar() or 0
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"the database is at version {version}, written by a newer broadcast; this one knows "
            f"{len(MIGRATIONS)}: upgrade broadcast, or point BROADCAST_DATABASE_URL elsewhere"
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.execute(sa.text("INSERT INTO broadcast_schema VALUES (:version)"), {"version": number})
    return version, len(MIGRATIONS)


def _unwritten(error: Exception) -> Unwritten:
    said = databases.said(error) if isinstance(error, DBAPIError) else type(error).__name__
    return Unwritten(f"the journal cannot be written: {said}")
