"""The journal's copy outside this machine: what remains of a run whose machine is destroyed.

With `BROADCAST_STATE=git:BRANCH` or `s3://bucket/key` the journal is brought from there before it is opened, and a
copy is put there before every deed that pays or publishes and when all is done. A copy replaces the one that this
process knows and no other: where somebody else has put one since, another runner goes on, and nothing is begun.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import re
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from broadcast.errors import ConfigError, Lost, StageError, Unwritten

from .shelf import Copy, Shelf

log = logging.getLogger(__name__)

LARGE = 50_000_000  #: bytes; GitHub warns of a file above 50 MB, and refuses one above 100 MB
KNOWN = 8  #: names of copies that are remembered: those whose arrival nobody confirmed
ROUNDS = 2  #: a copy of our own that arrived unconfirmed is known at the second


def shelf(spec: str) -> Shelf:
    """Return the place that `BROADCAST_STATE` names. Raises `ConfigError`."""
    if found := re.fullmatch(r"git:(\w[\w./-]*)", spec):
        from .git import Branch

        return Branch(found[1])
    if found := re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]+)/(.+)", spec):
        from .s3 import Bucket

        return Bucket(found[1], found[2])
    raise ConfigError("is written git:BRANCH or s3://bucket/key", where="BROADCAST_STATE")


class State:
    """The journal of this process, at *path*, and its copy on *shelf*. Made with `State.restored`."""

    def __init__(self, shelf: Shelf, path: Path, *, copy: bool) -> None:
        self.path = path
        self.moved = False  #: somebody else goes on with it
        self.told = False  #: that the last copy did not arrive is in a report
        self._shelf, self._home = shelf, path.parent
        self._marker = self._home / "state.json"
        self._over: Copy | None = None  #: the copy that ours replaces
        self._names: list[str] = []  #: of the copies that this journal holds all of
        self._digest = ""
        self._turn, self._one = asyncio.Lock(), threading.Lock()
        self._asked = self._answered = 0
        self._ends = contextlib.ExitStack()
        self._copy = copy

    @classmethod
    async def restored(cls, spec: str, path: Path, *, copy: bool = False) -> "State":
        """Bring the journal to *path*, or, for a mere *copy*, elsewhere. Raises `ConfigError`, `StageError`."""
        state = cls(shelf(spec), path, copy=copy)
        try:
            await asyncio.to_thread(state._restore)
        except BaseException:
            state._ends.close()
            raise
        return state

    async def guard(self, *, last: bool = False) -> None:
        """Have a copy of the journal as it is now outside. Raises `Lost` or `Unwritten`: then nothing may be begun.

        Whoever comes while a copy is on its way shares the next one. With *last* what has not changed is not put
        there again; before a deed something always has.
        """
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if self._answered >= mine:
                return
            upto = self._asked
            await asyncio.to_thread(self._put, last=last)
            self._answered, self.told = upto, False

    async def outcome(self) -> list[str]:
        """Put a last copy outside, and return what there is to say of it."""
        try:
            await self.guard(last=True)
        except (Lost, Unwritten) as error:
            self.told = True
            return [f"the outcome was not written down outside this machine: {error}"]
        if (size := self.path.stat().st_size) < LARGE:
            return []
        return [f"the journal has {size / 1e6:.0f} MB, which is much for {self._shelf.where}"]

    async def close(self) -> None:
        """Put outside what is not there yet, and let go. Raises what no report has told."""
        try:
            if not self._copy and not self.moved and not self.told:
                await self.guard(last=True)
        finally:
            self._ends.close()

    def _restore(self) -> None:
        if not self._copy:
            self._home.mkdir(parents=True, exist_ok=True)
            self._lock()
        written = json.loads(self._marker.read_text()) if self._marker.is_file() else {}
        known = written.get("where") == self._shelf.where and self.path.exists()
        self._names = written["names"] if known else []
        self._over = found = self._shelf.look()
        if found is None or found.name in self._names:
            log.info("state: %s", "nothing to bring" if found is None else "this journal is the newest")
            return
        if self._copy:
            self.path = Path(self._ends.enter_context(tempfile.TemporaryDirectory())) / self.path.name
        elif self.path.exists() and not known:
            two = f"{self.path} and {self._shelf.where} are two journals: move one of them away"
            raise ConfigError(two, where="BROADCAST_STATE")
        elif self.path.exists():
            log.warning("another runner has gone on since; %s.before is what this machine knew", self.path)
            self.path.replace(f"{self.path}.before")
        self._bring(found)

    def _bring(self, found: Copy) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        self._shelf.bring(found, part)
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        part.replace(self.path)
        self._names, self._digest = [found.name], _digest(self.path)
        if not self._copy:
            self._mark()
        log.info("state: %.1f MB from %s", self.path.stat().st_size / 1e6, self._shelf.where)

    def _lock(self) -> None:
        """Be the only process here that keeps the copy: two would not know of each other's."""
        lock = os.open(self._home / "state.lock", os.O_CREAT | os.O_RDWR, 0o600)
        self._ends.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"another process works in {self._home}: wait for its end", where="BROADCAST_STATE"
            ) from None

    def _put(self, *, last: bool = False) -> None:
        with self._one, tempfile.TemporaryDirectory(dir=self._home) as folder:
            file = Path(folder) / self.path.name
            _snapshot(self.path, file)
            digest = _digest(file) if last else ""
            if digest and digest == self._digest:
                return
            name = self._shelf.name(file)
            self._names = [*self._names[-KNOWN + 1 :], name]
            self._mark()  # before it is sent: what arrives and is not confirmed is ours all the same
            self._over = self._arrived(file, name)
            self._digest, self._names = digest, [name]
            self._mark()
            log.info("state: %.1f MB to %s", file.stat().st_size / 1e6, self._shelf.where)

    def _arrived(self, file: Path, name: str) -> Copy:
        """Put *file* outside in place of the copy that we know. What went wrong is told by what lies there then."""
        if self.moved:
            raise Lost(f"another runner has gone on with {self._shelf.where}")
        trouble: StageError | None = None
        for _ in range(ROUNDS):
            try:
                return self._shelf.put(file, name, self._over)
            except StageError as error:
                trouble = error
            try:
                found = self._shelf.look()
            except StageError:
                break
            if found is not None and found.name == name:
                return found
            if found == self._over:
                break
            if found is None or found.name not in self._names:
                self.moved = True
                raise Lost(f"another runner has gone on with {self._shelf.where}")
            self._over = found
        raise Unwritten(f"the journal cannot be copied to {self._shelf.where}: {trouble}")

    def _mark(self) -> None:
        part = self._marker.with_suffix(".part")
        part.write_text(json.dumps({"where": self._shelf.where, "names": self._names}))
        part.replace(self._marker)


@contextlib.asynccontextmanager
async def carried(spec: str, url: str, *, copy: bool) -> AsyncIterator[State | None]:
    """Have the journal at *url* brought from where *spec* says, if it says so, and put there at the end.

    Raises what *restored* and, where nothing else went wrong, what `close` raises.
    """
    if not spec:
        yield None
        return
    if not url.startswith("sqlite:///"):
        raise ConfigError("is for a journal in a file; a server keeps this one anyway", where="BROADCAST_STATE")
    state = await State.restored(spec, Path(url.removeprefix("sqlite:///")), copy=copy)
    try:
        yield state
    except BaseException:
        with contextlib.suppress(Lost, Unwritten):
            await state.close()
        raise
    await state.close()


def _snapshot(path: Path, into: Path) -> None:
    """Copy the database as it stands between two transactions, whoever writes into it meanwhile."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(into)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
    except sqlite3.Error as error:
        raise Unwritten(f"the journal cannot be copied: {error}") from None


def _digest(path: Path) -> str:
    """Return what tells two copies apart. Who is alive on this machine is of no interest to another."""
    known = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(path)) as db:
        for line in db.iterdump():
            if not line.startswith('INSERT INTO "worker"'):
                known.update(line.encode())
    return known.hexdigest()
