"""Work that would hold up the event loop, done in another process.

One worker runs one function at a time: `python -m broadcast.offloaded` reads calls from its standard input and
writes what became of them to its standard output. It knows no secrets, and it dies with its parent. Killing is the
only way to end a function that does not end by itself, and a process is the only thing that can be killed.
"""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .errors import Unavailable
from .offloaded import FRAME, kill_group

WORKERS = 3  #: on two cores: while the loop hands one its next call, two are at work
LARGEST = 1 << 30  #: bytes of one call or answer


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
        command = (sys.executable, "-P", "-m", "broadcast.offloaded")
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
