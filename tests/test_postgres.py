"""PostgreSQL, where many processes on many machines share one journal: what they could do to each other."""

import asyncio
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from airing import Town, described
from journals import GRACE, SLOT, change, opened, select
from nursery import together
from patience import until
from servers import Line, PostgreSQL

from broadcast.errors import ConfigError, Lost, Unwritten
from broadcast.journal import databases
from broadcast.journal import store as store_
from broadcast.journal.run import Run
from broadcast.journal.runs import Busy
from broadcast.journal.store import Store
from broadcast.journal.tables import MIGRATIONS, memories

HERE = Path(__file__).parent
LOCK = "memory test"


def put(name: str) -> sa.Insert:
    return memories.insert().values(scope="test", name=name, value="1")


async def count(store: Store) -> int:
    query = sa.select(sa.func.count()).select_from(memories)
    return await store.do(lambda db: int(db.execute(query).scalar_one()))


def test_tables_are_made_once_however_many_processes_start_together(shared: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
import sys
from pathlib import Path
from journals import address
from broadcast.journal import databases
from broadcast.journal.store import bring_up_to_date
url = address(Path(sys.argv[1]))
databases.engine(url).connect().close()
print("ready", flush=True)
sys.stdin.readline()
print(*bring_up_to_date(url))
""")
    said = [line.strip() for line in together([(str(program), str(tmp_path))] * 8, tmp_path)]

    assert [f"0 {len(MIGRATIONS)}", *[f"{len(MIGRATIONS)} {len(MIGRATIONS)}"] * 7] == sorted(said)
    versions = select(tmp_path, "SELECT version FROM broadcast_schema ORDER BY version")
    assert [(number,) for number in range(1, len(MIGRATIONS) + 1)] == versions


def test_processes_that_claim_the_same_forty_slots_share_them_out(shared: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from journals import GRACE, SLOT, opened
from broadcast.journal.run import Run

async def main():
    async with opened(Path(sys.argv[1])) as journal:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        claims = [journal.runs.claim("news", SLOT + timedelta(hours=n), grace=GRACE) for n in range(40)]
        got = await asyncio.gather(*claims, return_exceptions=True)
        print(*[one.id for one in got if isinstance(one, Run)], flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
""")
    Store.open(shared).close()

    said = " ".join(together([(str(program), str(tmp_path))] * 3, tmp_path, lines=1)).split()

    assert 40 == len(said) == len(set(said))
    assert [(1,)] * 40 == select(tmp_path, "SELECT epoch FROM run")


def test_processes_that_ask_for_the_same_places_take_no_more_than_there_are(shared: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from journals import SLOT, opened
from broadcast.clock import SystemClock
from broadcast.journal.berths import Berths

async def main():
    async with opened(Path(sys.argv[1])) as journal:
        runs = [await journal.claim(f"{sys.argv[2]}{n}", SLOT) for n in range(15)]
        places = Berths(journal.store, SystemClock(), journal.worker)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        got = await asyncio.gather(*(places.take("acc", run, "submit/main/heygen/1", 4) for run in runs))
        print(got.count(0), flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
""")
    Store.open(shared).close()

    said = together([(str(program), str(tmp_path), name) for name in "abc"], tmp_path, lines=1)

    assert 4 == sum(map(int, said)) == select(tmp_path, "SELECT count(*) FROM berth WHERE taken")[0][0]


async def test_a_process_whose_run_was_taken_over_writes_nothing_more(shared: str, tmp_path: Path) -> None:
    async with opened(tmp_path) as journal, opened(tmp_path) as other:
        stale = await journal.claim()
        await other.store.do(  # as if its lease had run out on another machine
            lambda db: db.execute(sa.text("DELETE FROM worker WHERE id = :id"), {"id": journal.worker.id}) and None,
            lock="test",
        )
        fresh = await other.runs.claim("news", SLOT, grace=GRACE)
        assert isinstance(fresh, Run)

        with pytest.raises(Lost):
            await stale.step("write", str, _answer)
        assert "fresh" == await fresh.step("write", str, _fresh)

    assert [("write", '"fresh"')] == select(tmp_path, "SELECT key, result FROM item")


async def _answer() -> str:
    return "stale"


async def _fresh() -> str:
    return "fresh"


async def test_a_worker_on_another_machine_is_alive_by_its_lease_alone(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        await one.claim()

        async def said(change: str) -> None:
            text = sa.text(f"UPDATE worker SET {change} WHERE id = :id")
            await other.store.do(lambda db: db.execute(text, {"id": one.worker.id}) and None, lock="test")

        await said("host = 'elsewhere'")
        with pytest.raises(Busy):
            await other.claim()
        await said("lease = extract(epoch FROM clock_timestamp()) - 1")

        assert (await other.claim()).epoch == 2


async def test_work_that_names_no_lock_cannot_write(shared: str) -> None:
    store = Store.open(shared)

    with pytest.raises(Unwritten, match="read-only transaction"):
        await store.do(lambda db: db.execute(put("no lock")) and None)

    assert 0 == await count(store)
    store.close()


async def test_readers_and_writers_share_a_transaction(shared: str) -> None:
    store = Store.open(shared)

    await asyncio.gather(
        count(store), store.do(lambda db: db.execute(put("a")) and None, lock=LOCK), count(store),
        store.do(lambda db: db.execute(put("b")) and None, lock=LOCK),
    )  # fmt: skip

    assert 2 == await count(store)
    store.close()


async def test_a_value_that_the_database_cannot_hold_harms_no_neighbour(shared: str) -> None:
    store = Store.open(shared)

    works = [store.do(lambda db, n=n: db.execute(put(n)) and None, lock=LOCK) for n in ("a", "b\0", "c")]
    answers = await asyncio.gather(*works, return_exceptions=True)

    assert [None, "Unwritten", None] == [answer and type(answer).__name__ for answer in answers]
    assert 2 == await count(store)
    store.close()


async def test_locks_that_are_named_in_any_order_never_deadlock(shared: str) -> None:
    names = [f"show {number}" for number in range(20)]

    def take(named: list[str]) -> None:
        engine = databases.engine(shared)
        for _ in range(100):
            with engine.connect() as connection:
                databases.begin(connection, named)
        engine.dispose()

    await asyncio.gather(asyncio.to_thread(take, names), asyncio.to_thread(take, names[::-1]))


async def test_the_locks_hold_whatever_isolation_is_the_server_s_default(shared: str, tmp_path: Path) -> None:
    name = sa.make_url(shared).database
    change(tmp_path, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        claims = [journal.runs.claim("news", SLOT, grace=GRACE) for journal in (one, other) * 20]

        answers = await asyncio.gather(*claims, return_exceptions=True)

    assert {"Run": 1, "Busy": 39} == Counter(type(answer).__name__ for answer in answers)


async def test_who_stops_in_the_middle_of_a_transaction_loses_it_and_holds_nobody_up(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_LIMITS", databases._LIMITS.bindparams(idle="300ms"))
    stopped, store = Store.open(shared), Store.open(shared)
    began, wake = threading.Event(), threading.Event()

    def stops(db: sa.Connection) -> None:
        db.execute(put("half"))
        began.set()
        wake.wait(30)

    stopping = asyncio.ensure_future(stopped.do(stops, lock=LOCK))
    await asyncio.to_thread(began.wait)
    await store.do(lambda db: db.execute(put("half")) and None, lock=LOCK)  # the same row
    wake.set()

    with pytest.raises(Unwritten):
        await stopping
    await stopped.do(lambda db: db.execute(put("later")) and None, lock=LOCK)  # with a new connection
    assert 2 == await count(store)
    stopped.close()
    store.close()


async def test_a_server_that_comes_back_soon_costs_nothing_that_was_not_begun(
    shared: str, postgresql: PostgreSQL
) -> None:
    line = Line(postgresql.socket, shared)
    store = Store.open(line.url, patience=30)
    await store.do(lambda db: db.execute(put("before")) and None, lock=LOCK)
    line.cut()
    works = [asyncio.ensure_future(store.do(lambda db, n=n: db.execute(put(n)) and None, lock=LOCK)) for n in "abc"]
    await asyncio.sleep(0.3)
    assert not any(work.done() for work in works)
    line.mend()

    await asyncio.gather(*works)

    assert 4 == await count(store)
    store.close()
    line.cut()


async def test_what_was_under_way_when_the_line_was_cut_is_unwritten_and_later_work_goes_on(
    shared: str, postgresql: PostgreSQL
) -> None:
    line = Line(postgresql.socket, shared)
    store = Store.open(line.url, patience=0)

    def cut(db: sa.Connection) -> None:
        db.execute(put("half"))
        line.cut()
        db.execute(put("other half"))

    with pytest.raises(Unwritten, match="cannot be written"):
        await store.do(cut, lock=LOCK)
    with pytest.raises(Unwritten, match="refused"):
        await count(store)
    line.mend()

    assert 0 == await count(store)
    await store.do(lambda db: db.execute(put("later")) and None, lock=LOCK)
    assert 1 == await count(store)
    store.close()
    line.cut()


async def test_a_store_that_is_closed_waits_for_no_server(shared: str, postgresql: PostgreSQL) -> None:
    line = Line(postgresql.socket, shared)
    store = Store.open(line.url, patience=3600)
    line.cut()
    left = asyncio.ensure_future(count(store))
    await asyncio.sleep(0.1)

    await asyncio.to_thread(store.close)

    with pytest.raises(Unwritten):
        await left


@pytest.mark.parametrize("sign", ["pay", "post"])
@pytest.mark.parametrize("patience", [30.0, 0.0])
async def test_a_show_whose_database_goes_away_airs_when_called_again_and_nothing_twice(
    shared: str, postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: str, patience: float
) -> None:
    monkeypatch.setattr(store_, "AWAY_SECONDS", patience)
    line, town = Line(postgresql.socket, shared), Town(tmp_path)
    town.tree["channels"]["other"] = town.of("Chat", to=["@one", "@two"])
    town.on(line.url)
    airing = asyncio.ensure_future(town.air(SLOT))
    await until(lambda: town.lines(sign), "it never comes to that")
    line.cut()
    if patience:
        await asyncio.sleep(0.2)
        line.mend()
    report = await airing
    if not patience:
        assert any("the journal cannot be written" in words for words in (str(report.error), *report.notes))
        line.mend()

    again = await town.air(SLOT)

    posts = town.lines("post")
    assert ["pay main"] == town.lines("pay")
    assert len(posts) == len(set(posts))
    doubted = [one.kind for one in again.editions] + [one.status for e in again.editions for one in e.receipts]
    assert again.status == "aired" or "Unconfirmed" in doubted or "unconfirmed" in doubted, described(again)
    if again.status == "aired":
        assert 3 == len(posts)
    line.cut()


@pytest.mark.parametrize("address", ["postgres://u@h/x", "postgresql://u@h/x", "postgresql+psycopg://u@h/x"])
def test_an_address_may_be_written_as_others_write_it(address: str) -> None:
    engine = databases.engine(address)

    assert "postgresql+psycopg" == engine.url.drivername


def test_without_its_driver_it_is_named_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(ConfigError, match=r"pip install 'broadcast\[postgres\]'"):
        Store.open("postgresql://localhost/x")
