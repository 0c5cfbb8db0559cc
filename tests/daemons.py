"""Processes that keep watch and work, what they say, and what the journal says of their runs."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from airing import Town
from nursery import Child, started, with_path
from patience import PATIENCE, held_until

HERE = Path(__file__).parent
ENDS = 30.0  #: seconds within which a process ends that is asked to
PROGRAM = ("-m", "broadcast")
SWIFT = (str(HERE / "swiftwork.py"),)  #: the command line, where a worker that is gone is thought so at once


class Daemon:
    """A process that serves the shows of a town, or works for them."""

    def __init__(
        self,
        town: Town,
        *arguments: str,
        command: str = "serve",
        log: str = "log.txt",
        program: tuple[str, ...] = PROGRAM,
        data: str = "data",
        fresh: bool = False,
        **variables: str,
    ) -> None:
        self.log = town.folder / log
        environment = {"BROADCAST_DATA_DIR": str(town.folder / data), **variables}
        environment |= {"BROADCAST_DATABASE_URL": town.settings.database_url}
        self.process: Child | subprocess.Popen[bytes]
        line = (*program, command, "--port", "0", *arguments)
        with self.log.open("ab") as err:
            if fresh:
                alone = with_path(environment)
                self.process = subprocess.Popen([sys.executable, *line], cwd=town.folder, env=alone, stderr=err)
            else:
                self.process = started(line, town.folder, environment, err)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def until(self, true: Callable[[], Any], what: str) -> Any:
        found: list[Any] = []

        def so() -> Any:
            found[:] = [true()]
            assert found[0] or self.alive, self.log.read_text()
            return found[0]

        held_until(so, lambda: f"{what}\n{self.log.read_text()}")
        return found[0]

    def said(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def read(self, page: str, posted: bytes | None = None) -> tuple[int, str]:
        spoken = re.compile(r"(?:keeping watch|working); (http://127\.0\.0\.1:\d+)/")
        address = self.until(lambda: spoken.findall(self.log.read_text()), "it does not listen")[-1]
        try:
            with urllib.request.urlopen(address + page, posted, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ask_to_end(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Returns the exit code and the seconds that it took."""
        start = time.monotonic()
        self.process.send_signal(sign)
        return self.process.wait(ENDS + 15), time.monotonic() - start

    def kill_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def serving(town: Town, *arguments: str, **how: Any) -> Iterator[Daemon]:
    daemon = Daemon(town, *arguments, **how)
    try:
        yield daemon
    finally:
        daemon.kill()


def due(folder: Path, **changes: Any) -> Town:
    """A show with one slot, some minutes ago and within its grace."""
    slot = datetime.now(UTC) - timedelta(minutes=3)
    town = Town(folder, schedule={"cron": f"{slot.minute} {slot.hour} * * *", "grace": "2h"}, **changes)
    town.tree["alerts"] = town.of("Talk", to=["@ops"])
    return town


def asked(town: Town, query: str) -> list[tuple[Any, ...]]:
    """What the town's journal answers; nothing, where its tables are not made yet."""
    address = town.settings.database_url
    if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).exists():
        return []
    engine = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    try:
        with engine.connect() as db:
            return [tuple(row) for row in db.execute(sa.text(query))]
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return []
    finally:
        engine.dispose()


def rows(town: Town) -> list[tuple[str, str | None, bool]]:
    """Show, status and whether a person is needed, of every run."""
    return [(*row[:2], bool(row[2])) for row in asked(town, "SELECT show, status, held FROM run")]  # type: ignore[misc]


def statuses(town: Town) -> dict[str, str | None]:
    return {show: status for show, status, _ in rows(town)}


def over(town: Town, number: int) -> bool:
    """Whether as many runs have aired, or need a person."""
    return [status == "aired" or held for _, status, held in rows(town)] == [True] * number


def deeds_in_doubt(town: Town) -> dict[str, set[str]]:
    """Of each show, what was begun that must not be done twice and has no outcome."""
    found: dict[str, set[str]] = {}
    for run, key in asked(town, "SELECT run, key FROM item WHERE deed = 'once' AND state = 'intent'"):
        found.setdefault(run.partition("@")[0], set()).add(key)
    return found
