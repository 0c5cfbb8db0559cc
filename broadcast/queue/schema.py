"""The tables of Procrastinate, brought up to date as its makers mean it.

A new database gets the schema of the version that is installed. A later version brings files that change it: those
called `pre` let the old version go on, and those called `post` take away what only the old version needs. So a
process applies the former by itself, and the latter only when it is told that every worker has been upgraded.
Procrastinate does not remember which files were applied: the journal does.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from sqlalchemy.exc import DBAPIError

from broadcast.errors import ConfigError
from broadcast.journal import databases, memory
from broadcast.journal.tables import memories

SCOPE, NAME = "queue", "schema"  #: where the journal remembers it
LOCK = memory.lock(SCOPE)


@dataclass(frozen=True)
class Change:
    """One file of Procrastinate's that changes its tables."""

    name: str
    sql: str

    @property
    def late(self) -> bool:
        """Whether it takes away what an older version needs."""
        return "_post_" in self.name


def changes(folder: Path | None = None) -> tuple[Change, ...]:
    """Return the changes that the installed version knows, in order."""
    files = sorted((folder or Path(SchemaManager.get_migrations_path())).glob("*.sql"))
    return tuple(Change(file.stem, file.read_text("utf-8")) for file in files)


def missing(known: Sequence[Change], applied: Sequence[str], *, finish: bool) -> tuple[Change, ...]:
    """Return the changes to apply, in order. Pure. Raises `ConfigError` where a newer version was here.

    What an older version still needs is taken away only to *finish*, or where a later change stands upon it.
    """
    strange = [name for name in applied if name not in {one.name for one in known}]
    if any(Change(name, "").late for name in strange):
        raise ConfigError(
            f"a newer Procrastinate changed the queue ({strange[-1]}): pip install --upgrade 'broadcast[worker]'"
        )
    left = [one for one in known if one.name not in applied]
    while left and left[-1].late and not finish:
        left.pop()
    return tuple(left)


def bring_up_to_date(
    url: str, *, finish: bool = False, known: Sequence[Change] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the tables, or change them. Returns what was applied, and what waits for *finish*. Raises `ConfigError`.

    The journal must be up to date. Any number of processes may do so together.
    """
    known = changes() if known is None else known
    engine, done = databases.engine(url), list[str]()
    try:
        while step := _step(engine, known, finish):
            done += step
        with engine.connect() as connection:
            left = missing(known, _applied(connection) or (), finish=True)
    except DBAPIError as error:
        where = databases.shown(url)
        raise ConfigError(f"the queue cannot be made: {databases.said(error)}", where=where) from None
    finally:
        engine.dispose()
    return tuple(done), tuple(one.name for one in left)


def _step(engine: sa.Engine, known: Sequence[Change], finish: bool) -> list[str]:
    """Apply one change, or the whole schema, in a transaction of its own. Returns what was applied."""
    with engine.connect() as connection:
        databases.begin(connection, [LOCK], unhurried=True)
        applied = _applied(connection)
        there = connection.execute(sa.text("SELECT to_regclass('procrastinate_jobs')")).scalar() is not None
        if there and applied is None:
            raise ConfigError(
                "a Procrastinate of somebody else's is in this database: give broadcast one of its own",
                where=databases.WHERE,
            )
        if not there:
            step, sql = [one.name for one in known], SchemaManager.get_schema()
            applied = ()
        elif todo := missing(known, applied or (), finish=finish):
            step, sql = [todo[0].name], todo[0].sql
        else:
            return []
        # There are many statements in it, and a % that stands for nothing.
        connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        connection.execution_options(no_parameters=False)
        _remember(connection, [*(applied or ()), *step])
        connection.commit()
    return ["the schema"] if not there else step


def _applied(connection: sa.Connection) -> tuple[str, ...] | None:
    mine = memories.c.scope == SCOPE, memories.c.name == NAME
    found = connection.execute(sa.select(memories.c.value).where(*mine)).scalar()
    return None if found is None else tuple(json.loads(found))


def _remember(connection: sa.Connection, names: Sequence[str]) -> None:
    value = json.dumps(names)
    row = databases.insert(connection, memories).values(scope=SCOPE, name=NAME, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=("scope", "name"), set_={"value": value}))
