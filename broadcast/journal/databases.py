"""The databases that the journal knows, and how their transactions keep out of each other's way.

SQLite takes its one write lock when a transaction begins: transactions of all processes come one after the other.
PostgreSQL gets the same, as far as it matters, from advisory locks that a transaction takes when it begins:

- Every work that writes names a lock. A row of `run`, `item`, `story` or `spending` is written under the lock of
  its show, a `berth` under that of its account, a `memory` under that of its scope (one that remembers the calls of
  a show, under that of the show), a `worker` under its own. So
  what a work reads of these rows, be it a fence, a sum or the stories told, stays true until it is committed.
  Who sets money aside also holds the lock of the budget, which is that of all shows together.
- A transaction takes all its locks at once and in order of their numbers, before it touches a row, and no row is
  written by two who hold different locks. So whoever waits for a row waits for nobody who waits: no deadlock.
  (A worker that is dead for a day is forgotten by others; should it live after all, it waits for that one row.)
- Each statement sees what was committed before it (READ COMMITTED), so what comes after the locks sees all that
  their last holders wrote. A work that names no lock is not let write.
"""

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from broadcast.clock import stopwatch
from broadcast.errors import ConfigError

POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
WHERE = "BROADCAST_DATABASE_URL"
BUSY_SECONDS = 30  #: how long a transaction waits for another process's
IDLE_SECONDS = 10  #: a process that stops in the middle of a transaction loses it, and its locks, after that
ANSWER_SECONDS = 30  #: for one statement
CONNECT_SECONDS = 5

#: A host that vanished without a word is noticed by TCP. In libpq's words.
_WIRE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}

#: Set in each transaction, not for the session: behind a pooler the session may be another's the next time.
_LIMITS = sa.text(
    "SELECT set_config('lock_timeout', :busy, true), set_config('statement_timeout', :answer, true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)"
).bindparams(busy=f"{BUSY_SECONDS}s", answer=f"{ANSWER_SECONDS + BUSY_SECONDS}s", idle=f"{IDLE_SECONDS}s")
_UNHURRIED = _LIMITS.bindparams(busy="600s", answer="600s")  #: a big table takes its time to change
_LOCKS = sa.text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def engine(url: str) -> sa.Engine:
    """Return what connects to the database at *url*. Raises `ConfigError`."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigError("is not a database address", where=WHERE) from None
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    if address.drivername in POSTGRESQL:
        return _postgresql(address.set(drivername="postgresql+psycopg"))
    raise ConfigError(
        f"{address.drivername} is not known: use sqlite:///path/to/file.db, or postgresql://user:password@host/name",
        where=WHERE,
    )


def begin(connection: sa.Connection, locks: Iterable[str], *, unhurried: bool = False) -> None:
    """Begin a transaction that may write what *locks* stand for. *unhurried*: it may take minutes."""
    if connection.dialect.name == "sqlite":
        connection.begin()  # takes the write lock: see _begin_sqlite
        return
    connection.execute(_UNHURRIED if unhurried else _LIMITS)
    if keys := sorted({_number(lock) for lock in locks if lock}):
        connection.execute(_LOCKS, {"keys": keys})


def only_read(connection: sa.Connection) -> None:
    """Have the transaction, or the savepoint, that has just begun write nothing."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def insert(db: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows `on_conflict_…`, as the database of *db* says it."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def clock(db: sa.Connection, here: float) -> sa.ColumnElement[float]:
    """Return the time that all who share the database agree on. *here*: this machine's, which SQLite is on."""
    if db.dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return sa.literal(here)


def away(error: DBAPIError) -> bool:
    """Return whether the server cannot be reached, or does not take anybody now: it may be back soon."""
    state = getattr(error.orig, "sqlstate", None)
    module = type(error.orig).__module__
    if not module.startswith("psycopg") or not isinstance(error, OperationalError):
        return False
    # Class 08 is the connection; 57P01 to 57P03 a server that stops or starts; 53300 one with no place left.
    return state is None or state.startswith(("08", "57P")) or state == "53300"


def said(error: DBAPIError) -> str:
    """Return the database's own words, without the statement and its values, and what to do about it."""
    before: BaseException | None = error
    while before is not None:
        if isinstance(before, DBAPIError):
            error = before  # SQLite ended the transaction by itself, and undoing our part of it then failed as well
        before = before.__context__
    words = next(iter(str(error.orig).splitlines()), type(error.orig).__name__)  # PostgreSQL shows values below
    if isinstance(error, DBAPIError):
        for sign, hint in _HINTS.items():
            if sign in words:
                return f"{words} ({hint})"
    return words


_HINTS = {
    "readonly": "the data directory must be writable: see BROADCAST_DATA_DIR",
    "unable to open": "the data directory must be writable: see BROADCAST_DATA_DIR",
    "disk is full": "free some space; nothing that was written is lost",
    "No space left": "free some space there; nothing that was written is lost",
    "disk I/O": "the disk is full or failing: free some space; nothing that was written is lost",
    "locked": "another process has held the database for too long",
    "lock timeout": "another process has held what this one needs for too long",
    "read-only transaction": "is it a replica? The address must be the primary server's",
    "password authentication": f"see {WHERE}",
    "permission denied": f"the user of {WHERE} must be able to make tables once, and to write them",
}


def is_postgresql(url: str) -> bool:
    """Return whether *url* is the address of a PostgreSQL."""
    try:
        return sa.make_url(url).drivername in POSTGRESQL
    except (sa.exc.ArgumentError, ValueError):
        return False


def libpq(url: str) -> tuple[str, dict[str, Any]]:
    """Return the address of a PostgreSQL as psycopg takes it, and how to connect. Both may hold a password."""
    address = sa.make_url(url).set(drivername="postgresql")
    return address.render_as_string(hide_password=False), {"prepare_threshold": None, **_spoken(address)}


def shown(url: str) -> str:
    """Return the address without its password, wherever that stands."""
    return sa.make_url(url).set(query={}).render_as_string(hide_password=True)


def _number(lock: str) -> int:
    """Return the number that PostgreSQL knows *lock* by. Two that share one by chance wait a little longer."""
    return int.from_bytes(hashlib.sha256(f"broadcast {lock}".encode()).digest()[:8], signed=True)


def _postgresql(address: sa.URL) -> sa.Engine:
    try:
        made = sa.create_engine(
            address,
            isolation_level="READ COMMITTED",  # whatever the server's default is: the locks depend on it
            pool_size=1,
            max_overflow=0,
            use_native_hstore=False,  # it would ask for it on every connection
            # A pooler gives the next transaction to another connection, which knows no statement of ours.
            connect_args={"prepare_threshold": None, **_spoken(address)},
        )
    except ModuleNotFoundError:
        raise ConfigError(
            "PostgreSQL needs one more package: pip install 'broadcast[postgres]'", where=WHERE
        ) from None
    return made


def _spoken(address: sa.URL) -> dict[str, Any]:
    """Return how to connect, without what the address itself says."""
    ours = {"connect_timeout": CONNECT_SECONDS, "application_name": "broadcast", "client_encoding": "utf8", **_WIRE}
    return {name: value for name, value in ours.items() if name not in address.query}


def _sqlite(address: sa.URL) -> sa.Engine:
    if address.database and address.database != ":memory:":
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"the data directory cannot be made: {error.strerror}", where=str(Path(address.database).parent)
            ) from None
        made = sa.create_engine(
            address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
        )
    else:
        made = sa.create_engine(
            address, hide_parameters=True, poolclass=sa.StaticPool, connect_args={"check_same_thread": False}
        )
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: see _begin_sqlite
    for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    _log_ahead(connection)


def _log_ahead(connection: Any) -> None:
    """Have the file written by a log. Of several that open a new file SQLite turns all but one away at once."""
    since, moment = stopwatch(), threading.Event()
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or since() >= BUSY_SECONDS:
                raise
        moment.wait(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    # Taking the write lock at the start is what makes read-then-write safe between processes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
