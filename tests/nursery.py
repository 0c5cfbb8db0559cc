"""Starts the program as `python` would, a process of its own: a fork of one that has the modules imported already.

Half of what a start costs is imports, and the tests start it some thousand times. What a start itself does is
tested where `subprocess` is used.
"""

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def ran(
    program: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `python *program` in *folder*, for *timeout* seconds at most, as `subprocess.run` does.

    What is said with `-c` is about imports and limits: that has a Python of its own.
    """
    environment = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": os.environ["PATH"], **environment}
    if program[0] == "-c":
        return subprocess.run(
            [sys.executable, *program], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as line:
        line.connect(_nursery())
        order = {"program": list(program), "folder": str(folder), "environment": dict(environment)}
        line.settimeout(timeout)
        with line.makefile("rb") as answers:
            socket.send_fds(line, [json.dumps(order).encode()], [out.fileno(), err.fileno()])
            pid = int(answers.readline())
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(list(program), timeout) from None
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess(list(program), code, *said)


@cache
def _nursery() -> str:
    """Return the address of this process's own nursery; it ends when this process does."""
    address = str(Path(tempfile.mkdtemp(prefix="nursery")) / "line")
    path = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": os.environ["PATH"]}
    process = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, env=path)
    _kept.append(process)
    while not Path(address).exists():
        assert process.poll() is None, "the nursery did not start"
        time.sleep(0.01)
    return address


_kept: list[subprocess.Popen[bytes]] = []  #: its end of the pipe is how the nursery knows


def _serve(address: str) -> None:
    import doubles  # noqa: F401

    import broadcast.cli.commands  # noqa: F401

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
    """Start what is asked for at *line*, wait for its end and tell it."""
    asked, fds, _, _ = socket.recv_fds(line, 1_000_000, 2)
    pid = os.fork()
    if not pid:
        line.close()
        _be(json.loads(asked), *fds)
        return
    line.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(order: dict[str, Any], out: int, err: int) -> None:
    for number, fd in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    first, *rest = order["program"]
    if first == "-m":
        sys.path[0], sys.argv = order["folder"], rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(first).parent), [first, *rest]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1])
