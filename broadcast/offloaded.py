"""The other end of `offload`: one worker, which does what it is asked for and says what became of it.

Imports little: a worker is started while somebody waits for what it is to do.
"""

import gc
import importlib
import inspect
import os
import pickle
import resource
import select
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from .errors import StageError, Unavailable

FRAME = struct.Struct(">Q")  #: the length of a call or answer, before it
PAGE = resource.getpagesize()
SPARE = 5  #: seconds of processor time above what a deadline allows all cores to spend
LESS = 5  #: how much nicer than its parent, whose loop has to answer while workers take all that the machine has
STEP = 0.005  #: the least progress that is worth a message


def work(calls: BinaryIO, answers: BinaryIO) -> None:
    """Do what *calls* ask for, one after the other, until the parent is gone."""
    threading.Thread(target=mourn, args=(calls.fileno(),), daemon=True).start()

    def say(kind: str, value: Any) -> None:
        frame = pickle.dumps((kind, value))
        answers.write(FRAME.pack(len(frame)) + frame)
        answers.flush()

    while len(size := calls.read(FRAME.size)) == FRAME.size:
        call = calls.read(*FRAME.unpack(size))
        try:
            function, args, deadline, memory = pickle.loads(call)  # noqa: S301 - our own parent
            limit_processor_time(deadline)
            with limited_memory(memory):
                result = run(function, args, lambda share: say("progress", share))
            say("returned", result)
        except MemoryError:
            say("raised", Unavailable(f"{function} ran out of memory"))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's
            say("raised", portable(error))


def mourn(calls: int) -> None:
    """Wait until nobody is there to ask for anything: the parent is closed or dead, and nobody wants the work."""
    line = select.poll()
    line.register(calls, select.POLLHUP)
    while not any(said & ~select.POLLIN for _, said in line.poll()):
        select.select((), (), (), 1)  # some systems speak up for a call as well
    if os.getpgrp() == os.getpid():
        kill_group(os.getpid())
    os._exit(0)


def run(function: str, args: tuple[Any, ...], progress: Callable[[float], None]) -> Any:
    """Call `package.module:function`, with *progress* where it has a parameter of that name."""
    target, takes_progress = found(function)
    if not takes_progress:
        return target(*args)
    told = -1.0

    def tell(share: float) -> None:
        nonlocal told
        if share - told >= STEP or (share >= 1 > told):
            told = share
            progress(share)

    return target(*args, progress=tell)


@cache
def found(function: str) -> tuple[Callable[..., Any], bool]:
    """Return `package.module:function`, and whether it has a parameter for its progress."""
    module, _, name = function.partition(":")
    target = getattr(importlib.import_module(module), name)
    try:
        return target, "progress" in inspect.signature(target).parameters
    except ValueError:
        return target, False  # written in C, without a signature


def portable(error: Exception) -> Exception:
    """Return *error* as it can travel between processes, with the place where it was raised."""
    if isinstance(error, StageError):
        return error
    error.add_note("".join(traceback.format_tb(error.__traceback__)))
    try:
        return error if isinstance(pickle.loads(pickle.dumps(error)), type(error)) else RuntimeError(str(error))  # noqa: S301
    except Exception:  # noqa: BLE001 - an exception with a constructor of its own
        return RuntimeError(f"{type(error).__name__}: {error}")


def limit_processor_time(deadline: float) -> None:
    """Let the system end a function that a lost parent can no longer kill, because it never lets go of Python."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = int(used.ru_utime + used.ru_stime + deadline * (os.cpu_count() or 1)) + SPARE
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


@contextmanager
def limited_memory(more: int | None) -> Iterator[None]:
    """Let this process take at most *more* bytes above what it has, where the system can tell what that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        now = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
    except (OSError, ValueError):
        more = None
    if more is None:
        yield
        return
    most = now + more
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def collect_seldom() -> None:
    """Have this process look for garbage in circles less often: it costs a quarter of what hundreds of feeds do.

    There is next to none of it, and each story, row and element is one more object to look through.
    """
    gc.set_threshold(50_000, 20, 20)  # objects, and how often younger ones are looked through before older ones


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was faster


def main() -> None:
    """Take the pipes away from whatever prints, then work."""
    collect_seldom()
    os.nice(LESS)
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work(calls, answers)


if __name__ == "__main__":
    main()
