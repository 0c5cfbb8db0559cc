"""The tables of the queue: made once, changed in order, and never by a version that does not know them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from journals import beside, change, select

from broadcast.errors import ConfigError
from broadcast.journal.store import Store
from broadcast.queue import schema
from broadcast.queue.schema import Change, bring_up_to_date, changes, missing

PRE, POST, LATER = (Change(name, f"-- {name}") for name in ("01_01_pre_a", "01_50_post_a", "02_01_pre_b"))


@pytest.fixture(autouse=True)
def journal(shared: str) -> None:
    Store.open(shared).close()


@pytest.mark.parametrize(
    ("applied", "finish", "expected"),
    [
        ([], False, [PRE, POST, LATER]),
        ([PRE.name], False, [POST, LATER]),
        ([PRE.name, POST.name, LATER.name], True, []),
    ],
)
def test_changes_are_applied_in_order(applied: list[str], finish: bool, expected: list[Change]) -> None:
    assert tuple(expected) == missing((PRE, POST, LATER), applied, finish=finish)


def test_what_older_workers_need_is_taken_away_only_when_it_is_asked_for() -> None:
    assert (PRE,) == missing((PRE, POST), [], finish=False)
    assert (POST,) == missing((PRE, POST), [PRE.name], finish=True)


def test_an_older_version_works_on_while_a_newer_one_is_let_in_and_not_after() -> None:
    assert () == missing((PRE, POST), [PRE.name, POST.name, LATER.name], finish=False)
    with pytest.raises(ConfigError, match=r"a newer Procrastinate changed the queue .*pip install --upgrade"):
        missing((PRE,), [PRE.name, POST.name], finish=False)


def shape(folder: Path) -> Iterator[str]:
    """All that there is of the queue, spelled out, whatever order it came in."""
    with beside(folder) as db:
        columns = sa.text(
            "SELECT table_name, column_name, data_type, is_nullable, column_default "
            "FROM information_schema.columns WHERE table_name LIKE 'procrastinate%' ORDER BY 1, 2"
        )
        yield from (str(tuple(row)) for row in db.execute(columns))
        functions = sa.text(
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'procrastinate%' ORDER BY proname"
        )
        yield from (" ".join(row[0].split()) for row in db.execute(functions))
        for query in (
            "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%' ORDER BY indexname",
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'procrastinate%' ORDER BY tgname",
            "SELECT enumtypid::regtype, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid "
            "WHERE typname LIKE 'procrastinate%' ORDER BY typname, enumlabel",
        ):
            yield from (str(tuple(row)) for row in db.execute(sa.text(query)))


@pytest.mark.parametrize("version", ["03.00.00", "03.02.00", "03.03.00"])
def test_an_older_queue_is_changed_into_the_one_that_is_made_anew(
    shared: str, tmp_path: Path, version: str, postgresql: object
) -> None:
    known = changes()
    older = tuple(one for one in known if one.name <= f"{version}_99")
    assert 0 < len(older) < len(known)
    with beside(tmp_path) as db:  # as the older version made it, out of its own files
        for one in older:
            db.execution_options(no_parameters=True).exec_driver_sql(one.sql)
            schema._remember(db, [each.name for each in older[: older.index(one) + 1]])

    done, waits = bring_up_to_date(shared)
    finished, none = bring_up_to_date(shared, finish=True)

    assert [one.name for one in known if one not in older] == [*done, *finished]
    assert all("_post_" in name for name in waits)
    assert waits == finished
    assert () == none
    changed = list(shape(tmp_path))
    change(tmp_path, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    Store.open(shared).close()
    assert (("the schema",), ()) == bring_up_to_date(shared)
    assert list(shape(tmp_path)) == changed


def test_a_change_that_fails_is_not_half_done_and_is_tried_again(shared: str, tmp_path: Path) -> None:
    known = changes()
    bring_up_to_date(shared, known=known)
    wrong = Change("99.00.00_01_pre_wrong", "CREATE TABLE procrastinate_extra (a int); SELECT 1 / 0")
    with pytest.raises(ConfigError, match="the queue cannot be made: division by zero"):
        bring_up_to_date(shared, known=(*known, wrong))

    assert [(None,)] == select(tmp_path, "SELECT to_regclass('procrastinate_extra')")
    right = Change(wrong.name, "CREATE TABLE procrastinate_extra (a int)")
    assert ((wrong.name,), ()) == bring_up_to_date(shared, known=(*known, right))
    assert ((), ()) == bring_up_to_date(shared, known=(*known, right))


def test_the_queue_of_somebody_else_is_left_alone(shared: str, tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE procrastinate_jobs (id int)")

    with pytest.raises(ConfigError, match=r"BROADCAST_DATABASE_URL: a Procrastinate of somebody else's"):
        bring_up_to_date(shared)

    assert [(0,)] == select(tmp_path, "SELECT count(*) FROM procrastinate_jobs")
