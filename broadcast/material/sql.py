"""One question to a database that can answer and cannot change. Meant for a worker process."""

import datetime as dt
import decimal
import re
from typing import Any

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.text import clean

CONNECTING = 5  #: seconds
#: Text, names and comments, in which anything may stand.
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
QUESTION = re.compile(r"\s*(?:\(\s*)*(?:select|with|values)\b", re.IGNORECASE)
CHANGES = re.compile(
    r"\b(?:insert\s+into|update\s+\w+\s+set|delete\s+from|drop|alter|create|attach)\b", re.IGNORECASE
)
#: The databases that have a way of opening them for reading only, by the first word of their address.
READABLE = ("sqlite", "postgresql")


def fault(query: str) -> str:
    """Return why *query* is not one question, or nothing. The database itself refuses changes as well."""
    bare = QUOTED.sub(" ", query).strip().removesuffix(";")
    if ";" in bare:
        return "holds several statements; give one SELECT"
    if not QUESTION.match(bare) or CHANGES.search(bare):
        return "is no question; give one SELECT"
    return ""


def select(url: str, query: str, limit: int, seconds: float) -> list[dict[str, Any]]:
    """Return at most *limit* + 1 rows. Raises `Rejected`, `Refused` or `Unavailable`, never with the address."""
    import sqlalchemy as sa

    try:
        engine = engine_for(sa, url, seconds)
    except ImportError as error:
        raise Refused(f"the database needs the Python package {error.name!r}; install it") from None
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


def engine_for(sa: Any, url: str, seconds: float) -> Any:
    """Return an engine that can only read. Raises `Rejected`."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise Rejected("the address of the database cannot be read; write it like postgresql://…") from None
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
        raise Rejected(f"a {clean(name, 20)} database cannot be opened for reading only; give PostgreSQL or SQLite")
    address = address.set(drivername="postgresql+psycopg")
    options = f"-c default_transaction_read_only=on -c statement_timeout={int(seconds * 1000)}"
    given = {"connect_timeout": CONNECTING, "options": options, "application_name": "broadcast"}
    return sa.create_engine(address, poolclass=sa.pool.NullPool, connect_args=given)


def judged(error: Any, seconds: float) -> Exception:
    """Return what an error of the database's driver stands for."""
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == "57014":
        return Unavailable(f"the database did not answer within {seconds:g} s; make the query lighter")
    if state.startswith("28") or state == "42501" or "password authentication failed" in str(error.orig):
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
