"""The database: migrated once, written in order, clear about what is wrong."""

import asyncio
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from journals import change, older, select

from broadcast.errors import ConfigError, Unwritten
from broadcast.journal.store import Store
from broadcast.journal.tables import MIGRATIONS, memories

LOCK = "memory test"


def put(name: str) -> sa.Insert:
    return memories.insert().values(scope="test", name=name, value="1")


async def count(store: Store) -> int:
    query = sa.select(sa.func.count()).select_from(memories)
    return await store.do(lambda db: int(db.execute(query).scalar_one()))


async def test_work_that_raises_writes_nothing_and_harms_no_neighbour(database: str) -> None:
    store = Store.open(database)

    def broken(db: sa.Connection) -> None:
        db.execute(put("broken"))
        raise KeyError("a bug")

    works = [store.do(lambda db, n=n: db.execute(put(str(n))) and None, lock=LOCK) for n in range(30)]
    works.insert(10, store.do(broken, lock=LOCK))
    answers = await asyncio.gather(*works, return_exceptions=True)

    assert [10] == [index for index, answer in enumerate(answers) if isinstance(answer, KeyError)]
    assert 30 == await count(store)
    store.close()


async def test_work_that_raises_alone_in_its_transaction_writes_nothing(database: str) -> None:
    store = Store.open(database)

    def broken(db: sa.Connection) -> None:
        db.execute(put("broken"))
        raise KeyError("a bug")

    for _ in range(2):
        with pytest.raises(KeyError):
            await store.do(broken, lock=LOCK)
        assert 0 == await count(store)
    await store.do(lambda db: db.execute(put("whole")) and None, lock=LOCK)

    assert 1 == await count(store)
    store.close()


async def test_an_older_database_is_brought_up_to_date_once(database: str) -> None:
    for _ in range(2):
        store = Store.open(database)
        await store.do(lambda db: db.execute(put(os.urandom(4).hex())) and None, lock=LOCK)
        rows = await count(store)
        store.close()

    assert 2 == rows


def test_a_new_file_that_another_process_opens_just_now_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself turns away, at once, who would set up a file while another one does."""
    path = tmp_path / "journal.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()

    Store.open(f"sqlite:///{path}").close()

    assert [("wal",)] == other.execute("PRAGMA journal_mode").fetchall()
    other.close()


def test_a_newer_database_is_left_alone(database: str, tmp_path: Path) -> None:
    older(tmp_path, 0)
    change(tmp_path, "INSERT INTO broadcast_schema VALUES (999)")

    with pytest.raises(ConfigError, match="upgrade broadcast"):
        Store.open(database)

    assert [(999,)] == select(tmp_path, "SELECT version FROM broadcast_schema")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is not a database address"),
        ("mysql://localhost/x", "mysql is not known: use sqlite:///path/to/file.db, or postgresql://"),
        ("postgresql+asyncpg://localhost/x", "asyncpg is not known"),
        ("sqlite:////proc/none/a.db", "cannot be made"),
        (
            "postgresql://u:hunter22@127.0.0.1:1/x?password=hunter22",
            r"u:\*\*\*@127.0.0.1:1/x: the journal",
        ),
        ("postgresql://u:hunter22@127.0.0.1:1/x?nonsense=hunter22", "invalid connection option"),
        ("postgresql://u:hunter22@127.0.0.1:port/x", "is not a database address"),
    ],
)
def test_an_address_that_cannot_work_is_a_plain_sentence(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as found:
        Store.open(url)

    assert "hunter22" not in str(found.value)


def test_a_file_that_is_no_database_is_a_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database, but long enough to be looked at\n" * 100)

    with pytest.raises(ConfigError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path}/a.db")


async def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a.db")
    await store.do(lambda db: db.execute(put("before")) and None)
    await store.do(lambda db: db.exec_driver_sql("PRAGMA max_page_count=1") and None)  # SQLite's own full disk

    with pytest.raises(Unwritten, match="free some space"):
        await store.do(
            lambda db: db.execute(memories.insert().values(scope="t", name="n", value="x" * 10**6)) and None
        )

    assert 1 == await count(store)
    store.close()


async def test_a_closed_store_refuses_work(database: str) -> None:
    store = Store.open(database)
    store.close()

    with pytest.raises(Unwritten, match="closed"):
        await count(store)


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
async def test_tables_of_any_age_are_brought_up_to_date(database: str, tmp_path: Path, version: int) -> None:
    older(tmp_path, version)

    store = Store.open(database)
    await store.do(lambda db: db.execute(put("new")) and None, lock=LOCK)
    store.close()

    versions = select(tmp_path, "SELECT version FROM broadcast_schema ORDER BY version")
    assert [(number,) for number in range(1, len(MIGRATIONS) + 1)] == versions
