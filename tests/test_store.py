"""The database: migrated once, written in order, clear about what is wrong."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from broadcast.errors import ConfigError, Unwritten
from broadcast.journal.store import Store
from broadcast.journal.tables import memories


def put(name: str) -> sa.Insert:
    return memories.insert().values(scope="test", name=name, value="1")


async def count(store: Store) -> int:
    query = sa.select(sa.func.count()).select_from(memories)
    return await store.do(lambda db: int(db.execute(query).scalar_one()))


async def test_work_that_raises_writes_nothing_and_harms_no_neighbour(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a.db")

    def broken(db: sa.Connection) -> None:
        db.execute(put("broken"))
        raise KeyError("a bug")

    works = [store.do(lambda db, n=n: db.execute(put(str(n))) and None) for n in range(30)]
    works.insert(10, store.do(broken))
    answers = await asyncio.gather(*works, return_exceptions=True)

    assert [10] == [index for index, answer in enumerate(answers) if isinstance(answer, KeyError)]
    assert 30 == await count(store)
    store.close()


async def test_an_older_database_is_brought_up_to_date_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    for _ in range(2):
        store = Store.open(url)
        await store.do(lambda db: db.execute(put(os.urandom(4).hex())) and None)
        rows = await count(store)
        store.close()

    assert 2 == rows


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Store.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO broadcast_schema VALUES (999)")
    db.close()

    with pytest.raises(ConfigError, match="upgrade broadcast"):
        Store.open(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "is not a database address"),
        ("mysql://localhost/x", "not part of this version yet"),
        ("sqlite:////proc/none/a.db", "cannot be made"),
    ],
)
def test_an_address_that_cannot_work_is_a_plain_sentence(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Store.open(url)


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


async def test_a_closed_store_refuses_work(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a.db")
    store.close()

    with pytest.raises(Unwritten, match="closed"):
        await count(store)
