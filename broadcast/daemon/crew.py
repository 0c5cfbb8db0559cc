"""Runs that work side by side, and how they end when the process is asked to."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from broadcast.clock import rest, stopwatch, surprise
from broadcast.journal.run import Run
from broadcast.plugins import Clock

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1  #: between looks at what is still under way, at the end
SOFT_SECONDS = 5.0  #: then whatever can be done again is cut off
HARD_SECONDS = 24.0  #: then everything is; a process that is asked to end is often killed after 30
LAST_SECONDS = 3.0  #: for what was cut off to be written down

Deed = Coroutine[None, None, object]

_own: ContextVar[str] = ContextVar("own", default="")  #: what the task at work, or the one that began it, works on


class Crew:
    """So many *places* for runs at work. One that waits for its render has none, and costs nothing."""

    def __init__(self, clock: Clock, places: int) -> None:
        self.ending, self.idle = asyncio.Event(), asyncio.Event()
        self.size, self.places = places, asyncio.Semaphore(places)
        self._clock, self._hurry = clock, False
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._sleepers: dict[asyncio.Future[None], str] = {}
        self._knocks: Counter[str] = Counter()  #: how often somebody was to be woken
        self._heard: WeakKeyDictionary[asyncio.Task[object], int] = (
            WeakKeyDictionary()
        )  #: which of them a task knows of

    def has(self, id: str) -> bool:
        """Return whether somebody works on *id*, or stands in line to."""
        return id in self._tasks

    def begin(self, id: str, deed: Deed) -> asyncio.Task[object]:
        """Work on *id*."""
        token = _own.set(id)
        self._tasks[id] = task = asyncio.create_task(deed, name=id)
        _own.reset(token)

        def done(_: asyncio.Task[object]) -> None:
            del self._tasks[id]
            self._knocks.pop(id, None)

        task.add_done_callback(done)
        return task

    def aside(self, deed: Deed) -> None:
        """Do something that nobody waits for, as an alert."""

        async def guarded() -> None:
            try:
                await deed
            except Exception as error:  # noqa: BLE001  # whatever it is, the shows go on
                log.error("%s", surprise("an alert", error))

        task = asyncio.create_task(guarded())
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def rest(self, seconds: float, called: asyncio.Event | None = None) -> None:
        """Wait for a render: without a place, no longer than the process stays, or until `wake` or *called*."""
        if self.ending.is_set():
            return
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sleeper = asyncio.ensure_future(rest(self._clock, seconds, called))
        sleeper.add_done_callback(lambda _: rouse(waking))
        try:
            await self.lie(waking)
        finally:
            sleeper.cancel()

    async def lie(self, waking: "asyncio.Future[None]") -> None:
        """Wait for *waking* without a place, no longer than the process stays, or until `wake`, which rouses it."""
        id, task = _own.get(), asyncio.current_task()
        if self.ending.is_set():
            return
        if task is not None and self._heard.get(task, 0) < self._knocks[id]:
            self._heard[task] = self._knocks[id]  # somebody knocked while this one was looking
            return
        self.places.release()
        self._sleepers[waking] = id
        try:
            await waking
        finally:
            del self._sleepers[waking]
            if task is not None:
                self._heard[task] = self._knocks[id]
            if not self.ending.is_set():  # at the end nothing begins, so places are of no account
                await self.places.acquire()

    def wake(self, id: str) -> bool:
        """Have whoever waits for a render of *id* look now. Returns whether anybody works on it here."""
        if id not in self._tasks:
            return False
        self._knocks[id] += 1
        for waking, whose in self._sleepers.items():
            if whose == id:
                rouse(waking)
        return True

    def end(self) -> None:
        """Begin nothing more, and wake those that wait for renders. Said twice: end at once."""
        self._hurry = self.ending.is_set()
        self.ending.set()
        for waking in self._sleepers:
            rouse(waking)

    async def wind_down(self, airing: Mapping[str, Run]) -> None:
        """Let what must not be done twice come to its end, and cut off the rest: the next call goes on with it.

        Who stands in line is cut off at once, who does what can be done again a little later.
        """
        elapsed, cut = stopwatch(), set[asyncio.Task[object]]()
        log.info("asked to end; %d runs are under way", len(airing))
        while (left := self.left()) and elapsed() < HARD_SECONDS and not self._hurry:
            for id, task in self._tasks.items():
                run = airing.get(id)
                if task not in cut and (run is None or (elapsed() > SOFT_SECONDS and not run.in_doubt())):
                    cut.add(task)
                    task.cancel()
            await asyncio.wait(left, timeout=LOOK_SECONDS)
        for task in left - cut:
            log.warning("cut off: %s", task.get_name())
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=LAST_SECONDS)

    def left(self) -> set[asyncio.Task[object]]:
        """Return everything that is under way."""
        return {*self._tasks.values(), *self._asides}


def rouse(waking: "asyncio.Future[None]") -> None:
    """End a wait, unless it has ended."""
    if not waking.done():
        waking.set_result(None)
