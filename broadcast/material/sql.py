"""One question to a database that can answer and cannot change. Meant for a worker process."""

import datetime as dt
import decimal
import re
from typing import Any

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.text import clean

#: What drivers raise for a question that cannot be answered, by the names of PEP 249.
QUESTIONABLE = ("DataError", "InternalError", "NotSupportedError", "ProgrammingError")
DENIED = (1044, 1045, 1142, 1143, 1698)  #: numbers of MySQL's and MariaDB's errors: access denied
CHANGED = (1792,)  #: a change was refused, for the transaction only reads
CONNECTING = 5  #: seconds
#: Text, names and comments, in which anything may stand.
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
QUESTION = re.compile(r"\s*(?:\(\s*)*(?:select|with|values)\b", re.IGNORECASE)
CHANGES = re.compile(
    r"\b(?:insert\s+into|update\s+\w+\s+set|delete\s+from|drop|alter|create|attach"
    r"|into\s+outfile|into\s+dumpfile)\b",
    re.IGNORECASE,
)
#: The databases that have a way of opening them for reading only, by the first word of their address. Of others the
#: rights of the user decide; nothing is ever committed there.
READABLE = ("sqlite", "postgresql", "mysql", "mariadb")


def fault(query: str) -> str:
    """Return why *query* is not one question, or nothing. The database itself refuses changes as well."""
    bare = QUOTED.sub(" ", query).strip().removesuffix(";")
    if ";" in bare:
        return "holds several statements; give one SELECT"
    if not QUESTION.match(bare) or CHANGES.search(bare):
        return "is no question; give one SELECT"
    return ""


def missing(url: str) -> str:
    """Return what is missing on this machine to speak with the database at *url*, or nothing."""
    import sqlalchemy as sa

    try:
        address = at(sa, url)
        address.get_dialect().import_dbapi()
    except ImportError as error:
        return f"the database needs the Python package `{error.name}`; install it"
    except sa.exc.NoSuchModuleError:
        return f"nothing here speaks {clean(address.drivername, 40)}; install its dialect for SQLAlchemy"
    except (sa.exc.ArgumentError, ValueError):
        return "the address of the database cannot be read; write it like postgresql://…"
    return ""


def at(sa: Any, url: str) -> Any:
    """Return where *url* leads. Raises `sa.exc.ArgumentError` or `ValueError`."""
    address = sa.make_url(url)
    return address.set(drivername="postgresql+psycopg") if address.get_backend_name() == "postgresql" else address


def select(url: str, query: str, limit: int, seconds: float) -> list[dict[str, Any]]:
    """Return at most *limit* + 1 rows. Raises `Rejected`, `Refused` or `Unavailable`, never with the address."""
    import sqlalchemy as sa

    if fault := missing(url):
        raise Rejected(fault)
    engine = engine_for(sa, at(sa, url), seconds)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                # A server-side cursor takes one question and nothing else, and gives no more than is fetched.
                connection = connection.execution_options(postgresql_readonly=True, stream_results=True)
            rows = connection.execute(sa.text(query.replace(":", r"\:"))).mappings().fetchmany(limit + 1)
            return [{str(name): plain(value) for name, value in row.items()} for row in rows]
    except sa.exc.TimeoutError:
        raise Unavailable("the database did not answer in time") from None
    except sa.exc.DBAPIError as error:
        raise judged(error, seconds) from None
    except sa.exc.SQLAlchemyError as error:
        raise Rejected(f"the database gave no rows: {clean(str(error).partition('[SQL')[0], 200)}") from None
    finally:
        engine.dispose()


def engine_for(sa: Any, address: Any, seconds: float) -> Any:
    """Return an engine that can only read, or whose user can. Raises `Rejected`."""
    name = address.get_backend_name()
    if name == "sqlite":
        import sqlite3

        path = address.database or ""
        if path in ("", ":memory:"):
            raise Rejected("the database is empty: give the path of a file, as sqlite:////var/lib/app.db")
        quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=CONNECTING)
            connection.execute("PRAGMA query_only = ON")
            return connection

        return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)
    if name != "postgresql":
        engine = sa.create_engine(address, poolclass=sa.pool.NullPool)
        if name in READABLE:
            sa.event.listen(engine, "connect", read_only)
        return engine
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)}"
    given = {"connect_timeout": CONNECTING, "options": options, "application_name": "broadcast"}
    return sa.create_engine(address, poolclass=sa.pool.NullPool, connect_args=given)


def read_only(connection: Any, record: Any) -> None:
    """Have MySQL or MariaDB refuse every change on *connection*."""
    connection.cursor().execute("SET SESSION TRANSACTION READ ONLY")


def judged(error: Any, seconds: float) -> Exception:
    """Return what an error of the database's driver stands for."""
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    state, number = getattr(error.orig, "sqlstate", None) or "", next(iter(error.orig.args), None)
    if state == "57014":
        return Unavailable(f"the database did not answer within {seconds:g} s; make the query lighter")
    refused = state.startswith("28") or state == "42501" or number in DENIED
    if refused or "password authentication failed" in str(error.orig):
        return Refused("the database denied access; check the user, the password and the rights")
    if said or type(error.orig).__module__ == "sqlite3":
        words = clean(said or str(error.orig), 200)
        if "unable to open" in words:
            return Rejected("the database cannot be opened; check the path")
        if "not a database" in words:
            return Rejected("the database is no SQLite file; check the path")
        if "locked" in words:
            return Unavailable(f"the database says: {words}")
        return Rejected(f"the database says: {words}; check the query")
    if type(error).__name__ in QUESTIONABLE or number in CHANGED:
        told = [one for one in error.orig.args if isinstance(one, str)]
        return Rejected(f"the database says: {clean(' '.join(told[-1:]), 200)}; check the query")
    return Unavailable("the database cannot be reached; check its address and the network")


def plain(value: Any) -> Any:
    """Return *value* as a number, a date or text."""
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, bool | int | float | dt.datetime | dt.date):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return ""
    return str(value)[:20_000]
