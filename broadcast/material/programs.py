"""Programs that a plugin starts: without a shell, with an environment of their own, within a deadline."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from broadcast.errors import Rejected, Unavailable
from broadcast.text import clean

SAID = 2_000  #: bytes of what a program last complained of that are kept
GOING = 2.0  #: seconds in which a killed program is gone


async def run(
    command: Sequence[str],
    *,
    label: str,
    env: Mapping[str, str],
    deadline: float,
    limit: int,
    cwd: Path | None = None,
) -> bytes:
    """Return what *command* wrote to its standard output, at most *limit* bytes within *deadline* seconds.

    *label* names it in errors, as the subject of a sentence. It sees nothing of our environment but *env*, and
    nothing on its standard input. What it started and left running is killed with it. Raises `Rejected` where it
    cannot be started, says too much or fails, `Unavailable` where it takes too long.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            env=dict(env),
            cwd=cwd,
            process_group=0,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name cannot be read"
        raise Rejected(f"{label} cannot be started: {reason}") from None
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(deadline):
            output, said = await asyncio.gather(_first(process, limit), _last(process.stderr))
            if len(output) > limit:
                raise Rejected(f"{label} said more than the {limit / 1e6:g} MB that are read")
            code = await process.wait()
    except TimeoutError:
        raise Unavailable(f"{label} was stopped: it took longer than {deadline:g} s") from None
    finally:
        _kill(process.pid)
        with contextlib.suppress(TimeoutError):  # somebody outside of its group may hold its pipes open
            async with asyncio.timeout(GOING):
                await asyncio.gather(_last(process.stdout), _last(process.stderr), process.wait())
    if code:
        lines = clean_lines(said)
        raise Rejected(f"{label} failed with exit code {code}" + (f": {lines[-1]}" if lines else ""))
    return output


def clean_lines(said: bytes) -> list[str]:
    """Return the lines of what a program complained of, fit to be shown."""
    lines = (clean(line, 200) for line in said.decode("utf-8", "replace").splitlines())
    return [line for line in lines if line]


async def _first(process: asyncio.subprocess.Process, limit: int) -> bytes:
    """Return all that comes; when that is more than *limit*, end the process."""
    assert process.stdout
    found = bytearray()
    while piece := await process.stdout.read(65536):
        found += piece
        if len(found) > limit:
            _kill(process.pid)
            break
    return bytes(found)


async def _last(stream: asyncio.StreamReader) -> bytes:
    """Return the end of all that comes."""
    found = b""
    while piece := await stream.read(65536):
        found = (found + piece)[-SAID:]
    return found


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # all of it has ended
