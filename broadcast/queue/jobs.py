"""The queue itself: jobs of runs, who puts them there, and who is let have them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from broadcast.errors import Unwritten
from broadcast.journal import databases
from broadcast.journal.runs import name
from broadcast.show import Show

log = logging.getLogger(__name__)

AIR, UPKEEP = "broadcast.air", "broadcast.upkeep"  #: tasks
POOL = 4  #: connections of one process at most, one more listens
CONNECT_SECONDS = 10.0  #: for a connection out of the pool
RECONNECT_SECONDS = 5.0  #: that the pool tries by itself, less and less often; then whoever asks has it try again
HEARTBEAT_SECONDS = 10.0
STALLED_SECONDS = (
    30.0  #: a worker that was not heard of for so long is thought dead; the journal's lease is as long
)
UPKEEP_CRON = "* * * * * */10"  #: the last field is seconds: a dead worker's runs are found within 40 s
MOST_HELD = 1000  #: jobs of one process, most of which wait for a render and cost next to nothing
POLL_SECONDS = 2.0  #: between looks for a job where no word comes through, as behind a pooler
STAND_SECONDS = 5.0  #: that a full process waits for a place before it looks for upkeep again
LAST_SECONDS = 3.0  #: at the end, for what ended to be written down

#: Puts a run of a show on air: its name, the slot, the number of earlier tries.
Take = Callable[[str, datetime, int], Awaitable[None]]


class Queue:
    """Jobs of runs on the PostgreSQL at *url*. Open while in `opened`."""

    def __init__(self, url: str) -> None:
        address, how = databases.libpq(url)
        connector = PsycopgConnector(
            conninfo=address,
            kwargs=how,
            min_size=1,
            max_size=POOL,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
        )
        self.app = App(connector=connector)

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator["Queue"]:
        """Connect, until the end of the block. Raises `Unwritten`."""
        with _spoken():
            await self.app.open_async()
        try:
            yield self
        finally:
            await self.app.close_async()

    async def put(self, show: Show, slot: datetime, *, tries: int = 0, after: timedelta = timedelta(0)) -> None:
        """Have a worker call the run, not before *after*. A run is in line once at most. Raises `Unwritten`."""
        job = self.app.configure_task(
            AIR,
            queue=_queue(show.name),
            queueing_lock=name(show.name, slot),
            priority=show.priority,
            schedule_in={"seconds": max(int(after.total_seconds()), 0)} if after else None,
        )
        with _spoken(), contextlib.suppress(AlreadyEnqueued):
            await job.defer_async(show=show.name, slot=slot.isoformat(), tries=tries)

    async def has(self, id: str) -> bool:
        """Return whether there is a job of the run *id*, in line or in hand. Raises `Unwritten`."""
        with _spoken():
            jobs = await self.app.job_manager.list_jobs_async(queueing_lock=id)
        return any(_alive(job) for job in jobs)

    async def known(self) -> frozenset[str]:
        """Return the runs of which there is a job, in line or in hand. Raises `Unwritten`."""
        with _spoken():
            jobs = await self.app.job_manager.list_jobs_async(task=AIR)
        return frozenset(job.queueing_lock for job in jobs if job.queueing_lock and _alive(job))

    async def counts(self) -> dict[str, int]:
        """Return how many jobs of runs are in line (`todo`) and in hand (`doing`). Raises `Unwritten`."""
        with _spoken():
            tasks = await self.app.job_manager.list_tasks_async(task=AIR)
        return {state: sum(one[state] for one in tasks) for state in ("todo", "doing")}

    async def revive(self) -> list[str]:
        """Put back in line what dead workers had in hand; return the runs. Raises `Unwritten`."""
        manager, revived = self.app.job_manager, list[str]()
        with _spoken():
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                assert job.id is not None
                try:
                    if job.task_name == AIR:
                        await manager.retry_job(job)
                        revived.append(job.queueing_lock or "")
                        continue
                except ConnectorException:
                    log.debug("%s stands in line already", job.queueing_lock, exc_info=True)
                with contextlib.suppress(ConnectorException):  # somebody finished it meanwhile
                    await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        return revived


class Hands:
    """What takes jobs out of the queue, and has *take* do them.

    *shows* are those whose jobs it may have; *places* are for runs at work: where none is free, none is taken.
    """

    def __init__(
        self,
        queue: Queue,
        take: Take,
        upkeep: Callable[[], Awaitable[None]],
        *,
        shows: Callable[[], Iterable[str]],
        places: asyncio.Semaphore,
        ending: asyncio.Event,
    ) -> None:
        self._app, self._ending = queue.app, ending
        self._app.job_manager = Line(queue.app.connector, shows, places, ending)
        self.at_work = False  #: whether jobs are taken just now

        async def air(show: str, slot: str, tries: int) -> None:
            await take(show, datetime.fromisoformat(slot), tries)

        async def keep_up(timestamp: int) -> None:
            await upkeep()

        self._app.task(name=AIR)(air)
        periodic = self._app.task(name=UPKEEP, queue=UPKEEP, queueing_lock=UPKEEP)(keep_up)
        self._app.periodic(cron=UPKEEP_CRON)(periodic)

    async def work(self) -> None:
        """Take jobs until cancelled. Raises `Unwritten` where the database goes away."""
        self.at_work = True
        try:
            with _spoken():
                await self._app.run_worker_async(
                    name="broadcast",
                    concurrency=MOST_HELD,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=LAST_SECONDS,
                )
        finally:
            self.at_work = False
        if not self._ending.is_set():  # it ends by itself only where it was cut off
            raise Unwritten("the queue cannot be reached")


class Line(JobManager):
    """Gives out the jobs of these shows only, and runs only where there is a place to work on them."""

    def __init__(
        self,
        connector: object,
        shows: Callable[[], Iterable[str]],
        places: asyncio.Semaphore,
        ending: asyncio.Event,
    ) -> None:
        super().__init__(connector)  # type: ignore[arg-type]
        self._shows, self._places, self._ending = shows, places, ending

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Return the next job for this process, if there is one."""
        full = self._places.locked()
        job = await self._next(worker_id, only_upkeep=full)
        if job is None and full:
            await self._stand()
            job = await self._next(worker_id, only_upkeep=self._places.locked())
        return job

    async def _next(self, worker_id: int, *, only_upkeep: bool) -> Job | None:
        if self._ending.is_set():
            return None
        mine = [] if only_upkeep else [_queue(show) for show in self._shows()]
        return await super().fetch_job([UPKEEP, *mine], worker_id)

    async def _stand(self) -> None:
        """Wait for a place, for a while."""
        waits = {asyncio.ensure_future(self._free()), asyncio.ensure_future(self._ending.wait())}
        await asyncio.wait(waits, timeout=STAND_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()

    async def _free(self) -> None:
        async with self._places:
            pass


def _queue(show: str) -> str:
    """Name the queue that the runs of a show stand in: a worker takes those of the shows it knows."""
    return f"show {show}"


def _alive(job: Job) -> bool:
    return job.status in (Status.TODO.value, Status.DOING.value)


@contextlib.contextmanager
def _spoken() -> Iterator[None]:
    """Have what the database refuses said in our words."""
    try:
        yield
    except (ConnectorException, psycopg.Error) as error:
        cause = error.__cause__ or error
        words = next(iter(str(cause).splitlines()), type(cause).__name__)
        raise Unwritten(f"the queue cannot be reached: {words}") from None
