import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from broadcast.errors import ConfigError, Refused, Rejected, Unavailable
from broadcast.material import sql
from broadcast.sources.sql import Sql
from broadcast.testing import Bench, FakeClock
from broadcast.types import Figure, Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("create table orders (id integer primary key, who text, total real, at text)")
        rows = [(1, "Ada", 1250.5, "2026-11-22 10:00:00"), (2, "Bob <b>", 7, "2026-11-23 09:30:00"),
                (3, None, 9, "2026-11-23 10:00:00"), (4, "Cy", 1, "2031-01-01")]  # fmt: skip
        db.executemany("insert into orders values (?, ?, ?, ?)", rows)
    db.close()
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, query: str, **options: Any) -> Sequence[Story]:
    settings = {"url": f"sqlite:///{bench.folder / 'shop.db'}", "query": query, "title": "{who}", **options}
    async with bench.tools() as tools:
        return await Sql(**settings).fetch(tools, NOW - timedelta(days=1))


async def test_each_row_is_a_story(bench: Bench) -> None:
    ada, bob = await fetch(
        bench,
        "select * from orders where who < 'C' order by id",
        title="{who} ordered",
        summary="For {total} EUR.",
        id="order-{id}",
        link="https://shop.example/orders?by={who}",
        at="at",
        publisher="Shop",
        tags=("sales",),
    )

    assert Story(
        id="order-1",
        title="Ada ordered",
        text="For 1,250.5 EUR.",
        url="https://shop.example/orders?by=Ada",
        at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
        publisher="Shop",
        language="en",
        tags=("sales",),
        fields={"id": "1", "who": "Ada", "total": "1250.5", "at": "2026-11-22 10:00:00"},
    ) == ada  # fmt: skip
    assert ("Bob <b> ordered", "https://shop.example/orders?by=Bob%20%3Cb%3E") == (bob.title, bob.url)


async def test_one_row_of_numbers_has_figures(bench: Bench) -> None:
    (story,) = await fetch(
        bench,
        "select count(*) as orders, sum(total) as revenue from orders; -- all of them",
        title="{orders} orders",
        figures={"revenue": {"unit": "EUR"}},
    )

    assert ("4 orders", NOW) == (story.title, story.at)
    assert (
        Figure(label="Revenue", text="1,267.5 EUR", value=1267.5, pattern="#,##0.##", unit=" EUR"),
    ) == story.figures


async def test_rows_told_together_are_one_story_with_a_chart(bench: Bench) -> None:
    (story,) = await fetch(
        bench,
        "select date(at) as day, total from orders where who is not null order by id limit 2",
        told="together",
        title="{total} EUR on {day}",
        summary="The day before it was {total_before}.",
        labels="day",
        figures={"total": {"unit": "EUR"}},
    )

    assert ("7 EUR on 23 November 2026", "The day before it was 1,250.5.") == (story.title, story.text)
    assert [("2026-11-22", "1,250.5 EUR"), ("2026-11-23", "7 EUR")] == [
        (one.label, one.text) for one in story.figures[0].points
    ]


@pytest.mark.parametrize(
    ("link", "shared"), [("https://x.example/shop", True), ("https://x.example/{who}", False), ("", False)]
)
async def test_one_address_for_all_rows_is_no_row_s_own(bench: Bench, link: str, shared: bool) -> None:
    assert {shared} == {one.url_shared for one in await fetch(bench, "select who from orders limit 2", link=link)}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "7 on 29 November 2026 at 2026-11-29 10:00"),
        ("de", "7 on 29. November 2026 at 2026-11-29 10:00"),
        ("es", "7 on 29 de noviembre de 2026 at 2026-11-29 10:00"),
    ],
)
async def test_a_day_is_written_as_the_language_does(bench: Bench, language: str, said: str) -> None:
    query = "select 7 as n, '2026-11-29' as day, '2026-11-29 10:00' as at"
    (story,) = await fetch(
        bench, query, title="{n} on {day} at {at}", id="{day}", link="https://x.example/{day}", language=language
    )

    assert (said, "2026-11-29", "https://x.example/2026-11-29") == (story.title, story.id, story.url)


async def test_a_row_with_an_empty_column_is_noted_and_the_others_are_told(bench: Bench) -> None:
    stories = await fetch(bench, "select * from orders order by id", at="at")

    assert ["Ada", "Bob <b>", "Cy"] == [story.title for story in stories]
    assert NOW == stories[-1].at
    (note,) = bench.notes
    assert note.startswith("1 of 4 rows are left out: row 3: the field 'who' of the database is empty")


async def test_a_hundred_thousand_rows_are_not_all_read(bench: Bench) -> None:
    many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i as who from n"
    stories = await fetch(bench, many, limit=3)

    assert ["1", "2", "3"] == [story.title for story in stories]
    assert ["only the first 3 rows were looked at; raise `limit`, or ask for fewer"] == bench.notes


async def test_no_row_is_no_story(bench: Bench) -> None:
    assert [] == await fetch(bench, "select * from orders where id > 100")


def test_the_database_itself_refuses_changes(bench: Bench) -> None:
    address = f"sqlite:///{bench.folder / 'shop.db'}"
    for change in ("delete from orders", "create table x (y)", "pragma user_version = 3"):
        with pytest.raises(Rejected, match="the database says: attempt to write a readonly database"):
            sql.select(address, change, 1, 5)
    assert 4 == sql.select(address, "select count(*) as n from orders", 1, 5)[0]["n"]


def test_postgresql_itself_refuses_changes_hidden_in_a_question(shared: str) -> None:
    """Whatever gets past a look at the words: functions that write, settings, locks."""
    engine = sa.create_engine(shared)
    with engine.begin() as db:
        db.execute(sa.text("create table orders (n int)"))
        db.execute(sa.text("create sequence numbers"))
        db.execute(
            sa.text("create function put() returns int language sql as 'insert into orders values (1) returning n'")
        )
        db.execute(sa.text(
            "create function unlock() returns int language plpgsql as $$ begin "
            "set transaction read write; insert into orders values (2); return 1; end $$"
        ))  # fmt: skip
    hidden = (
        "select put()",
        "select unlock()",
        "select nextval('numbers')",
        "select lo_create(0)",
        "select set_config('transaction_read_only', 'off', false), put()",
        "select set_config('default_transaction_read_only', 'off', false) from put()",
        "select n into other from orders",
        "select * from orders for update",
        "with a as (insert into orders values (3) returning n) select n from a",
        "select 1; insert into orders values (4)",
        "select 1; commit; insert into orders values (5)",
    )
    said = []
    for query in hidden:
        with pytest.raises((Rejected, Refused)) as caught:
            sql.select(shared, query, 5, 5)
        said.append(str(caught.value))
    with engine.begin() as db:
        left = db.execute(
            sa.text("select count(*), (select count(*) from pg_largeobject_metadata) from orders")
        ).one()
        tables = db.execute(sa.text("select count(*) from pg_tables where tablename = 'other'")).scalar_one()
    engine.dispose()

    assert (0, 0, 0) == (*left, tables), said
    assert all(one.startswith("the database") for one in said), said


@pytest.mark.parametrize(
    ("query", "options", "words"),
    [
        ("select * from ordres", {}, "the database says: no such table: ordres"),
        ("select 1 as x", {}, "row 1: the database gave no field 'who'; there are: x"),
        ("select who from orders", {"at": "who"}, "the column 'who' of the database is no date"),
        ("select who from orders", {"at": "when"}, "gave no field 'when'"),
        ("select 1 as who", {"url": "sqlite:////no/where.db"}, "the database cannot be opened; check the path"),
        ("select 1 as who", {"url": "sqlite://"}, "the database is empty: give the path of a file"),
    ],
)
async def test_what_cannot_be_told_says_why(bench: Bench, query: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected) as caught:
        await fetch(bench, query, **options)
    assert words in str(caught.value)


async def test_a_database_that_is_not_there_is_asked_again_and_its_password_is_not_shown(bench: Bench) -> None:
    source = Sql(url="postgresql://me:hunter2@127.0.0.1:9/x", query="select 1 as who", title="{who}")
    async with bench.tools() as tools:
        with pytest.raises(Unavailable) as caught:
            await source.fetch(tools, NOW)

    assert "the database cannot be reached; check its address and the network" == str(caught.value)
    assert "hunter2" not in repr(source)


@pytest.mark.parametrize(
    ("query", "good"),
    [
        ("select 1", True),
        ("SELECT ';' as x, 'drop table y' as z;", True),
        ("with a as (select 1) select * from a", True),
        ("select 1 /* ; */ -- ; delete from x", True),
        ("(select 1) union (select 2)", True),
        ("select 1; select 2", False),
        ("select 1; drop table x", False),
        ("delete from x", False),
        ("update x set y = 1", False),
        ("with a as (delete from x returning *) select * from a", False),
        ("pragma query_only = off", False),
        ("explain select 1", False),
        ("", False),
    ],
)
def test_only_one_question_is_asked(query: str, good: bool) -> None:
    assert good == (sql.fault(query) == "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": "mysql://x/y"}, "only PostgreSQL and SQLite can be opened for reading only"),
        ({"query": "select 1; select 2"}, "the query holds several statements; give one SELECT"),
        ({"title": "{a.b}"}, "only {name} may stand in braces"),
        ({"figures": {"a": {"series": "x"}}}, "the rows themselves are the line"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sql(**{"url": "sqlite:///x.db", "query": "select 1", "title": "x", **change})
    assert words in str(caught.value)


def test_without_its_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    Sql(url="sqlite:///x.db", query="select 1", title="x").ready()
    with pytest.raises(ConfigError, match="PostgreSQL needs the Python package `psycopg`"):
        Sql(url="postgresql://x/y", query="select 1", title="x").ready()
