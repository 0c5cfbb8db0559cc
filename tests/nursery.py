"""Starts the program as `python` would, a process of its own: a fork of one that has the modules imported already.

Nearly all of what a start costs is imports, and the tests start it some thousand times. What a start itself does is
tested where `subprocess` is used, and by whatever is started `fresh`; so is what Python does at an end.
"""

import asyncio
import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, Self

import indoors
from patience import PATIENCE, held_until

HERE = Path(__file__).parent
#: Not in a process that forks: what begins threads when it is imported, what is only imported to be run.
ALONE = ("broadcast.newsdesk", "broadcast.hyperframes", "broadcast.testing", "broadcast.offload")

LATE = ("babel.dates", "babel.numbers", "snowballstemmer", "stopwordsiso")  #: what is imported where it is needed


class Child:
    """What `subprocess.Popen` would return. What it says is in files: nobody has to read it meanwhile."""

    def __init__(
        self, program: Sequence[str], folder: Path, environment: Mapping[str, str], err: IO[bytes] | None = None
    ) -> None:
        heard, said = os.pipe()
        self.stdin = os.fdopen(said, "w", buffering=1)
        self.args = list(program)
        self.returncode: int | None = None
        self._said = ["", ""]
        self._files = [open(os.memfd_create(name), "rb+") for name in ("out", "err")]  # noqa: SIM115
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(_nursery())
        order = {"program": self.args, "folder": str(folder), "environment": dict(environment)}
        out, own = (file.fileno() for file in self._files)
        socket.send_fds(self._line, [json.dumps(order).encode()], [heard, out, err.fileno() if err else own])
        os.close(heard)
        self._answers = self._line.makefile("rb")
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float = PATIENCE) -> int:
        if self.returncode is None:
            waiting = select.poll()
            waiting.register(self._line, select.POLLIN)
            if not waiting.poll(timeout * 1000):
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._answers.readline())
            for number, file in enumerate(self._files):
                file.seek(0)
                self._said[number] = file.read().decode().replace("\r\n", "\n")
            for one in (*self._files, self._answers, self._line, self.stdin):
                one.close()
        return self.returncode

    def said(self) -> str:
        """Return what it has said on stdout up to now."""
        return self._said[0] or os.pread(self._files[0].fileno(), 1_000_000, 0).decode()

    def communicate(self, *, timeout: float = PATIENCE) -> tuple[str, str]:
        """Wait for its end; return what it said on stdout and on stderr."""
        self.stdin.close()
        self.wait(timeout)
        return self._said[0], self._said[1]

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.kill()
        self.wait()


def started(
    program: Sequence[str], folder: Path, environment: Mapping[str, str], err: IO[bytes] | None = None
) -> Child:
    """Start `python *program` in *folder*. What it says on stderr goes to *err*, where that is given."""
    return Child(program, folder, with_path(environment), err)


def together(programs: Sequence[Sequence[str]], folder: Path, *, lines: int = 0) -> list[str]:
    """Run them together; return what each says, after `ready` on the first line.

    Each begins in earnest when all are ready and it reads a line, and may end when all have said so many *lines*.
    """
    children = [started(program, folder, {}) for program in programs]

    def all_said(number: int) -> None:
        for one in children:
            held_until(lambda one=one: one.poll() is not None or one.said().count("\n") >= number)  # type: ignore[misc]

    all_said(1)
    for one in children:
        one.stdin.write("go\n")
    all_said(1 + lines)
    ends = [one.communicate() for one in children]
    assert [0] * len(children) == [one.returncode for one in children], ends
    assert {"ready"} == {out.partition("\n")[0] for out, _ in ends}
    return [out.partition("\n")[2] for out, _ in ends]


def ran(
    program: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run `python *program` in *folder*, for *timeout* seconds at most, as `subprocess.run` does.

    What is said with `-c` is about imports and limits: that has a Python of its own.
    """
    if program[0] == "-c":
        return subprocess.run(
            [sys.executable, *program], cwd=folder, env=with_path(environment), capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
    with started(program, folder, environment) as child:
        said = child.communicate(timeout=timeout)
    return subprocess.CompletedProcess(child.args, child.wait(), *said)


def with_path(environment: Mapping[str, str]) -> dict[str, str]:
    return {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": os.environ["PATH"], **environment}


@cache
def _nursery() -> str:
    """Return the address of this process's own nursery; it ends when this process does."""
    address = str(Path(tempfile.mkdtemp(prefix="nursery")) / "line")
    path = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": os.environ["PATH"]}
    path["BROADCAST_TESTS_LEFT"] = str(indoors.LEFT)
    process = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, cwd=HERE, env=path)
    _kept.append(process)
    held_until(lambda: Path(address).exists() or process.poll() is not None)
    assert process.poll() is None, "the nursery did not start"
    return address


_kept: list[subprocess.Popen[bytes]] = []  #: its end of the pipe is how the nursery knows


def _serve(address: str) -> None:
    import airing
    import once

    import broadcast

    indoors.stay()
    from broadcast.scripting import kinds

    gc.disable()  # what is imported is no garbage
    for module in pkgutil.walk_packages(broadcast.__path__, "broadcast."):
        if not module.name.startswith(ALONE) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for late in LATE:
        importlib.import_module(late)
    once.remember()
    broadcast.http.certificates()
    # What is read and compiled for a first run is kept: patterns, lists of words, kinds, statements.
    kinds.load("daily-news")
    kinds.date(datetime.now(UTC), "UTC", "en")
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(airing.Town(Path(folder)).air(now=True))
    assert report.status == "aired", airing.described(report)
    gc.enable()
    gc.collect()
    gc.freeze()  # else the first collection of a child writes to every page, and has each copied
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address + "-")
        listener.listen(64)
        os.rename(address + "-", address)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
        while True:
            ready, _, _ = select.select([listener.fileno(), 0], [], [])
            if 0 in ready:
                os.unlink(address)
                os.rmdir(os.path.dirname(address))
                return
            line, _ = listener.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _keep(line)
                return
            line.close()


def _keep(line: socket.socket) -> None:
    """Start what is asked for at *line*, wait for its end and tell it: to whom is still there."""
    asked, fds, _, _ = socket.recv_fds(line, 1_000_000, 3)
    pid = os.fork()
    if not pid:
        line.close()
        _be(json.loads(asked), *fds)
        return
    line.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(order: dict[str, Any], *files: int) -> None:
    for number, fd in enumerate(files):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    first, *rest = order["program"]
    try:
        if first == "-m":
            sys.path[0], sys.argv = order["folder"], rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.path[0], sys.argv = str(Path(first).parent), [first, *rest]
            runpy.run_path(first, run_name="__main__")
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _leave(end.code or 0)
    _leave(0)


def _leave(code: int) -> None:
    """Do all that an end does, but to take every module apart: that would copy each page of the nursery."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    _serve(sys.argv[1])
