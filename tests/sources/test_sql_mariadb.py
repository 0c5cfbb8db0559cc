"""MariaDB, where it is installed: `apt install mariadb-server-core`, and pymysql."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from patience import held_until

from broadcast.errors import Refused, Rejected
from broadcast.material import sql

SERVER, SETUP = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
pytestmark = pytest.mark.skipif(not (SERVER and SETUP), reason="MariaDB is not installed")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("pymysql")
    assert SERVER
    assert SETUP
    data, base = tmp_path / "data", Path(SERVER).parents[1]
    given = ("--no-defaults", f"--basedir={base}", f"--datadir={data}")
    subprocess.run([SETUP, *given, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ("--bind-address=127.0.0.1", f"--port={port}", f"--socket={tmp_path / 's'}", "--user=root")
    with subprocess.Popen([SERVER, *given, *where], stderr=subprocess.DEVNULL) as server:
        engine = sa.create_engine(f"mysql+pymysql://root@127.0.0.1:{port}/mysql")

        def is_up() -> bool:
            with socket.socket() as line:
                return line.connect_ex(("127.0.0.1", port)) == 0

        try:
            held_until(is_up)
            with engine.begin() as db:
                for said in (
                    "create database shop",
                    "create table shop.orders (id int, who text, total decimal(10, 2))",
                    "insert into shop.orders values (1, 'Ada: first', 12.5), (2, null, 3)",
                    "create function shop.put() returns int deterministic modifies sql data "
                    "begin insert into orders values (9, 'x', 1); return 1; end",
                ):
                    db.exec_driver_sql(said)
            yield f"mysql+pymysql://root@127.0.0.1:{port}/shop"
        finally:
            engine.dispose()
            server.kill()


def test_mariadb_answers_and_itself_refuses_changes_hidden_in_a_question(shop: str) -> None:
    rows = sql.select(shop, "select * from orders where who like 'Ada: %' or who is null order by id", 5, 5)
    assert [{"id": 1, "who": "Ada: first", "total": 12.5}, {"id": 2, "who": None, "total": 3}] == rows

    for change in ("select put()", "select * from orders for update", "create table x (a int)"):
        with pytest.raises(Rejected, match="Cannot execute statement in a READ ONLY transaction; check the query"):
            sql.select(shop, change, 5, 5)
    assert [{"n": 2}] == sql.select(shop, "select count(*) as n from orders", 5, 5)


def test_what_mariadb_cannot_tell_says_why(shop: str) -> None:
    with pytest.raises(Rejected, match=r"the database says: Table 'shop\.nope' doesn't exist; check the query"):
        sql.select(shop, "select * from nope", 5, 5)
    with pytest.raises(Refused, match="the database denied access"):
        sql.select(shop.replace("root@", "root:wrong@"), "select 1", 5, 5)
