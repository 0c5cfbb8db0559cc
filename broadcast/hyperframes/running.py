"""Hyperframes as a program of its own: what it is told, how far it is, and that nothing of it is left behind."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from broadcast.errors import Rejected, Unavailable
from broadcast.text import clean

PROGRESS = "@hf-progress "
TELLING = ("not declared", "error", "fail")  #: words of a line that says what went wrong, the most telling first
LINE = 64 * 1024  #: bytes of a line at most
SAID = 40  #: lines that are kept, for when it fails
ENDING = 5.0  #: seconds that it has to close its browser when it is stopped


async def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: Path,
    deadline: float,
    progress: Callable[[float], None],
) -> None:
    """Run *command* in *folder* to its end, with nothing of our environment but *env*.

    *progress* is told the share that is done, 0 to 1. However this ends, the program, its browser and all that
    they started are gone. Raises `Rejected` with what it said last where it fails, `Unavailable` past *deadline*.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(env),
            cwd=folder,
            process_group=0,
            limit=LINE,
        )
    except OSError as error:
        raise Rejected(f"hyperframes cannot be started: {error.strerror or error}") from None
    said: list[str] = []
    try:
        async with asyncio.timeout(deadline):
            await _listen(process, progress, said)
            code = await process.wait()
    except TimeoutError:
        raise Unavailable(f"hyperframes was stopped: it took longer than {deadline:g} s") from None
    finally:
        await asyncio.shield(_end(process))
    if code:
        raise Rejected(f"hyperframes failed with exit code {code}: {_reason(said)}")


async def _listen(process: asyncio.subprocess.Process, progress: Callable[[float], None], said: list[str]) -> None:
    assert process.stdout
    while True:
        try:
            line = (await process.stdout.readline()).decode("utf-8", "replace")
        except ValueError:  # a line without end: what was read of it is gone
            continue
        if not line:
            return
        if line.startswith(PROGRESS):
            if (share := _share(line[len(PROGRESS) :])) is not None:
                progress(share)
        elif text := clean(line, 200):
            said.append(text)
            del said[:-SAID]


def _share(text: str) -> float | None:
    """Return how much is done, as a line of progress says."""
    try:
        percent = json.loads(text)["pct"]
        return min(max(float(percent) / 100, 0.0), 1.0)
    except (ValueError, TypeError, KeyError):
        return None


def _reason(said: Sequence[str]) -> str:
    """Return the line that says what went wrong and the next one, else the last two."""
    telling = ((at for at, line in enumerate(said) if word in line.lower()) for word in TELLING)
    first = next((at for found in telling for at in found), -2)
    return " ".join(said[first:][:2]) or "it does not say why"


def end_others(command: Sequence[str]) -> None:
    """End whoever runs *command* already: a call that was killed could not, and both would write the same film."""
    told = "\0".join(command).encode() + b"\0"
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        try:
            same = (path / "cmdline").read_bytes() == told
        except OSError:
            continue
        if same and pid != os.getpid():
            for one in (pid, *family(pid)):
                _signal(one, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the program with all that it started; the browser has a process group of its own."""
    started = family(process.pid)
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING):
                await process.wait()
    started = {**started, **family(process.pid)}
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid, born in started.items():
        if _born(pid) == born:  # a number may have been given to somebody else
            _signal(pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDING):
            await process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def family(pid: int) -> dict[int, str]:
    """Return the descendants of *pid*, each with when it was born. Where there is no /proc, none are known."""
    parents: dict[int, tuple[int, str]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(path.name)):
            parents[int(path.name)] = (int(fields[1]), fields[19])
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        for child, (whose, born) in parents.items():
            if whose == parent and child not in found:
                found[child] = born
                todo.append(child)
    return found


def _born(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if fields else ""


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name (proc(5)): state, parent, and at 19 the time of birth."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []
