"""Work that would hold up the event loop, done in another process.

One worker runs one function at a time: `python -m broadcast.offload` reads calls from its standard input and
writes what became of them to its standard output. It knows no secrets, and it dies with its parent. Killing is the
only way to end a function that does not end by itself, and a process is the only thing that can be killed.
"""

import asyncio
import gc
import importlib
import inspect
import os
import pickle
import queue
import resource
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from .errors import StageError, Unavailable

WORKERS = 2
FRAME = struct.Struct(">Q")
LARGEST = 1 << 30  #: bytes of one call or answer
PAGE = resource.getpagesize()
SPARE = 5  #: seconds of processor time above what a deadline allows all cores to spend
STEP = 0.005  #: the least progress that is worth a message


class Offload:
    """Calls functions in up to *workers* processes that are started when needed and used again.

    *env* is what a worker sees of the environment, besides what Python needs; give it no secrets.
    """

    def __init__(self, env: Mapping[str, str] | None = None, *, workers: int = WORKERS) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self._env = {"PYTHONUTF8": "1", "PYTHONPATH": path, **(env or {})}
        self._room = asyncio.Semaphore(workers)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()

    async def __call__(
        self,
        function: str,
        *args: Any,
        deadline: float,
        memory: int | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Any:
        """Call `package.module:function` with *args* in a worker and return what it returns.

        Waiting for a free worker does not count against *deadline*, in seconds; past it the worker is killed and
        `Unavailable` is raised, as it is when the worker dies, or takes more than *memory*, in bytes, for this.
        The function's own exceptions are raised here.
        """
        call = pickle.dumps((function, args, deadline, memory))
        async with self._room:
            worker = await self._worker()
            self._busy.add(worker)
            try:
                async with asyncio.timeout(deadline):
                    good, result = await worker.exchange(call, progress)
                self._idle.append(worker)
            except TimeoutError:
                raise Unavailable(f"{function} was stopped: it took longer than {deadline:g} s") from None
            except (OSError, EOFError):
                raise Unavailable(f"{function} was lost: its process {await worker.end()}") from None
            finally:
                self._busy.discard(worker)
                if worker not in self._idle:
                    await worker.end()
        if not good:
            raise result
        return result

    async def close(self) -> None:
        """End every worker, those at work too: their calls then raise `Unavailable`."""
        for worker in self._busy:
            worker.kill()  # its call is reading from it, and clears away
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.end() for worker in idle))

    async def _worker(self) -> "Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await worker.end()
        # -P keeps the working directory out of the search path; a group of its own lets us kill what it started.
        command = (sys.executable, "-P", "-m", __name__)
        pipe = asyncio.subprocess.PIPE
        return Worker(
            await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=self._env, process_group=0)
        )


class Worker:
    """The parent's end of one worker process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self.process, self._calls, self._answers = process, process.stdin, process.stdout

    async def exchange(self, call: bytes, progress: Callable[[float], None] | None) -> tuple[bool, Any]:
        """Return whether the call went well, with its result or its exception. Raises `OSError` or `EOFError`."""
        self._calls.write(FRAME.pack(len(call)) + call)
        await self._calls.drain()
        while True:
            (size,) = FRAME.unpack(await self._answers.readexactly(FRAME.size))
            if size > LARGEST:
                raise EOFError
            kind, value = pickle.loads(await self._answers.readexactly(size))  # noqa: S301 - our own process
            if kind != "progress":
                return kind == "returned", value
            if progress:
                progress(value)

    def kill(self) -> None:
        """Kill the process and all that it started."""
        if self.process.returncode is None:
            kill_group(self.process.pid)

    async def end(self) -> str:
        """Kill the process, clear away what is left of it, and say how it ended."""
        self.kill()
        self._calls.close()
        while await self._answers.read(65536):
            pass  # what it still said is of no use to anyone, but the pipe must come to its end
        return ended(await self.process.wait())


def ended(code: int) -> str:
    """Say how a process ended, as the end of a sentence. Pure."""
    match -code:
        case signal.SIGKILL:
            return "was killed, perhaps because the machine ran out of memory"
        case signal.SIGXCPU:
            return "was stopped, because it used too much processor time"
        case number if number > 0:
            return f"crashed ({signal.Signals(number).name})"
    return f"ended early with exit code {code}"


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was faster


# --- the worker's end


def work(calls: BinaryIO, answers: BinaryIO) -> None:
    """Do what *calls* ask for, one after the other, until the parent is gone."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(calls, waiting), daemon=True).start()

    def say(kind: str, value: Any) -> None:
        frame = pickle.dumps((kind, value))
        answers.write(FRAME.pack(len(frame)) + frame)
        answers.flush()

    while True:
        try:
            function, args, deadline, memory = pickle.loads(waiting.get())  # noqa: S301 - our own parent
            limit_processor_time(deadline)
            with limited_memory(memory):
                result = run(function, args, lambda share: say("progress", share))
            say("returned", result)
        except MemoryError:
            say("raised", Unavailable(f"{function} ran out of memory"))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's
            say("raised", portable(error))


def listen(calls: BinaryIO, waiting: "queue.SimpleQueue[bytes]") -> None:
    """Hand on each call. At the end of the input the parent is closed or dead: nobody wants the work any more."""
    while len(size := calls.read(FRAME.size)) == FRAME.size:
        waiting.put(calls.read(*FRAME.unpack(size)))
    if os.getpgrp() == os.getpid():
        kill_group(os.getpid())
    os._exit(0)


def run(function: str, args: tuple[Any, ...], progress: Callable[[float], None]) -> Any:
    """Call `package.module:function`, with *progress* where it has a parameter of that name."""
    module, _, name = function.partition(":")
    target = getattr(importlib.import_module(module), name)
    if not takes_progress(target):
        return target(*args)
    told = -1.0

    def tell(share: float) -> None:
        nonlocal told
        if share - told >= STEP or (share >= 1 > told):
            told = share
            progress(share)

    return target(*args, progress=tell)


def takes_progress(target: Callable[..., Any]) -> bool:
    try:
        return "progress" in inspect.signature(target).parameters
    except ValueError:
        return False  # written in C, without a signature


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


def main() -> None:
    """Take the pipes away from whatever prints, then work."""
    collect_seldom()
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work(calls, answers)


if __name__ == "__main__":
    main()
