"""The database behind the journal: SQLite in WAL mode, written by one thread.

All work is done by that thread. Whatever is waiting when it begins a transaction goes into it together (group
commit), so a burst of runs costs few disk syncs, and writes that record an outcome go before all others, so that
the moment in which a deed is done and not yet written down stays short under load.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from broadcast.errors import ConfigError, Unwritten

from .tables import MIGRATIONS

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

BATCH = 64  #: units of work in one transaction
BUSY_SECONDS = 30  #: how long SQLite waits for another process's transaction


class Store:
    """One open database. Made with `Store.open`; `do` runs work in it; `close` ends it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._urgent: deque[tuple[Work[Any], Future[Any]]] = deque()
        self._waiting: deque[tuple[Work[Any], Future[Any]]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="store", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, url: str) -> "Store":
        """Open the database at *url* and bring its tables up to date. Raises `ConfigError`."""
        engine = _engine(url)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except DBAPIError as error:
            engine.dispose()
            raise ConfigError(f"the journal cannot be opened: {_said(error)}", where=_shown(url)) from None
        except ConfigError:
            engine.dispose()
            raise
        return cls(engine)

    async def do(self, work: Work[T], *, first: bool = False) -> T:
        """Run *work* in a transaction, committed when this returns. *first*: before all that waits.

        Raises what *work* raises, then with nothing of it written; `Unwritten` where the database fails.
        """
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                raise Unwritten("the journal is closed")
            (self._urgent if first else self._waiting).append((work, future))
            self._wake.notify()
        # Shielded: a caller that is cancelled meanwhile must not take back what it has just learned.
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Finish what is waiting, then close."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while batch := self._next():
            self._commit(batch)

    def _next(self) -> list[tuple[Work[Any], Future[Any]]]:
        with self._wake:
            self._wake.wait_for(lambda: self._urgent or self._waiting or self._closing)
            queue = self._urgent or self._waiting
            return [queue.popleft() for _ in range(min(BATCH, len(queue)))]

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        failure: BaseException | None
        batch = [one for one in batch if one[1].set_running_or_notify_cancel()]
        try:
            with self._engine.begin() as connection:
                for work, future in batch:
                    try:
                        with connection.begin_nested():
                            results.append((future, work(connection), None))
                    except BaseException as error:  # raised again where `do` is awaited
                        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
                            raise  # the database itself: nothing of this transaction will be written
                        results.append((future, None, error))
        except Exception as error:  # noqa: BLE001  # whatever it is, this thread must live and say so
            said = _said(error) if isinstance(error, DBAPIError) else type(error).__name__
            failure = Unwritten(f"the journal cannot be written: {said}")
            results = [(future, None, failure) for _, future in batch]
        for future, result, failure in results:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)


def migrate(connection: sa.Connection) -> None:
    """Apply the migrations that this database lacks, in the transaction of *connection*."""
    connection.execute(sa.text("CREATE TABLE IF NOT EXISTS broadcast_schema (version INTEGER NOT NULL)"))
    version = connection.execute(sa.text("SELECT max(version) FROM broadcast_schema")).scalar() or 0
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"the database is at version {version}, written by a newer broadcast; this one knows "
            f"{len(MIGRATIONS)}: upgrade broadcast, or point BROADCAST_DATABASE_URL elsewhere"
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            connection.execute(sa.text(statement))
        connection.execute(sa.text("INSERT INTO broadcast_schema VALUES (:version)"), {"version": number})


def _engine(url: str) -> sa.Engine:
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigError("is not a database address", where="BROADCAST_DATABASE_URL") from None
    if address.get_backend_name() != "sqlite":
        raise ConfigError(
            f"{address.get_backend_name()} is not part of this version yet: use sqlite:///path/to/file.db",
            where="BROADCAST_DATABASE_URL",
        )
    if address.database and address.database != ":memory:":
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"the data directory cannot be made: {error.strerror}", where=str(Path(address.database).parent)
            ) from None
        engine = sa.create_engine(
            address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
        )
    else:
        engine = sa.create_engine(
            address, hide_parameters=True, poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # Taking the write lock at the start is what makes read-then-write safe between processes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _said(error: DBAPIError) -> str:
    """Return the database's own words, without the statement and its values, and what to do about it."""
    before: BaseException | None = error
    while before is not None:
        if isinstance(before, DBAPIError):
            error = before  # SQLite ended the transaction by itself, and undoing our part of it then failed as well
        before = before.__context__
    words = str(error.orig)
    if isinstance(error, OperationalError):
        for sign, hint in _HINTS.items():
            if sign in words:
                return f"{words} ({hint})"
    return words


_HINTS = {
    "readonly": "the data directory must be writable: see BROADCAST_DATA_DIR",
    "unable to open": "the data directory must be writable: see BROADCAST_DATA_DIR",
    "disk is full": "free some space; nothing that was written is lost",
    "disk I/O": "the disk is full or failing: free some space; nothing that was written is lost",
    "locked": "another process has held the database for too long",
}


def _shown(url: str) -> str:
    return sa.make_url(url).render_as_string(hide_password=True)
