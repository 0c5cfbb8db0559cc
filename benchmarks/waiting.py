"""What waiting costs: many runs in one process, against a HeyGen in another.

    python benchmarks/waiting.py queue [RUNS]      runs that queue for the few renders of one key
    python benchmarks/waiting.py renders [RUNS]    runs whose renders are all under way
    python benchmarks/waiting.py line [RUNS]       runs that stand in line for renders that do not come to an end
    python benchmarks/waiting.py due [RUNS]        shows that are due in the same minute, aired by a daemon

`--limit N` renders at once (default 10), `--database postgresql` instead of SQLite, `--seconds S` to measure for.

Prints memory above the start, CPU, what the database is asked to write, requests at the service, and the longest
time for which the event loop was held up.
"""

import argparse
import asyncio
import contextlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from airing import Town  # noqa: E402
from servers import PostgreSQL  # noqa: E402

from broadcast import runner  # noqa: E402
from broadcast.clock import stopwatch  # noqa: E402
from broadcast.daemon import leave_alone_what_is_there  # noqa: E402
from broadcast.daemon.shelf import Changes, Shelf  # noqa: E402
from broadcast.daemon.watch import Watch  # noqa: E402
from broadcast.desk import Wish  # noqa: E402
from broadcast.journal.run import Run  # noqa: E402
from broadcast.logs import Redact  # noqa: E402
from broadcast.lull import Wait  # noqa: E402
from broadcast.show import Show  # noqa: E402
from broadcast.types import Report  # noqa: E402

SERVE = """
import sys
from broadcast.testing import HeyGen
with HeyGen(balance=1e6, remember=1000) as heygen:
    heygen.render_seconds, heygen.limit, heygen.thinks = float(sys.argv[1]), int(sys.argv[2]), 0.0
    print(heygen.url, heygen.key, flush=True)
    for line in sys.stdin:
        renders, counts = heygen.renders, heygen.counts
        looks = sum(counts[name] for name in counts if name.startswith("GET /v3/vid"))
        print(len(renders), heygen.ledger.peak, counts.total(), looks, len(heygen.refused), flush=True)
"""
TICK = 0.01  #: seconds between looks at how late the loop is


@dataclass
class Meter:
    """What this process used since it was made."""

    connection: sa.Engine
    writes: int = 0
    statements: int = 0
    stall: float = 0.0  #: seconds for which the loop was late, whoever had the cores meanwhile
    work: float = 0.0  #: seconds of CPU that the loop spent between two looks
    cpu: float = 0.0
    elapsed: float = 0.0
    _since: float = 0.0
    _watch: object = None

    def __post_init__(self) -> None:
        sa.event.listen(self.connection, "after_cursor_execute", self._count)

    def _count(self, conn: object, cursor: object, statement: str, *rest: object) -> None:
        self.statements += 1
        self.writes += statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")

    @contextlib.asynccontextmanager
    async def measuring(self) -> AsyncIterator[None]:
        self.writes = self.statements = 0
        self.stall, self.work, begun, elapsed = 0.0, 0.0, used(), stopwatch()
        feel = asyncio.create_task(self._feel())
        try:
            yield
        finally:
            feel.cancel()
            self.cpu, self.elapsed = used() - begun, elapsed()

    async def _feel(self) -> None:
        while True:
            late, worked = stopwatch(), time.thread_time()
            await asyncio.sleep(TICK)
            self.stall = max(self.stall, late() - TICK)
            self.work = max(self.work, time.thread_time() - worked)

    def __str__(self) -> str:
        return (
            f"CPU {100 * self.cpu / self.elapsed:.1f} % of a core, database {self.writes / self.elapsed:.1f} "
            f"writes of {self.statements / self.elapsed:.0f} statements a second, "
            f"longest stall {1000 * self.stall:.0f} ms, {1000 * self.work:.0f} ms of it the loop's own work"
        )


def used() -> float:
    """Return the seconds of CPU of this process, its threads included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def memory(of: str = "VmRSS") -> float:
    """Return what this process holds, in MB; `VmHWM` is the most that it held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{of}:"):
            return int(line.split()[1]) / 1000
    return 0.0


@dataclass
class Service:
    """The HeyGen in the other process."""

    process: "subprocess.Popen[str]"
    url: str
    key: str

    def told(self) -> tuple[int, ...]:
        """Return renders, most at once, requests, looks, and what the client did wrong."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return tuple(map(int, self.process.stdout.readline().split()))


@contextlib.contextmanager
def service(render_seconds: float, limit: int) -> Iterator[Service]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(render_seconds), str(limit)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Service(process, *process.stdout.readline().split())
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'journal.db'}"
        return
    server = PostgreSQL.start()
    if isinstance(server, str):
        raise SystemExit(f"no PostgreSQL can be started here: {server}")
    try:
        with server.database() as url:
            yield url
    finally:
        server.stop()


def town(folder: Path, url: str, heygen: Service, limit: int, poll: float) -> Town:
    one = Town(folder)
    quick = {"poll": poll, "patience": "10h", "verify": "off"}
    one.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, "concurrent": limit, **quick}
    one.on(url)
    return one


def unlimited(show: Show, places: int | None) -> Show:
    if places is None:
        return show
    edition = show.editions[0]
    ways = tuple(replace(way, concurrent=places) for way in edition.ways)
    return replace(show, editions=(replace(edition, ways=ways),))


@dataclass
class Runs:
    """Runs of many shows in this process."""

    town: Town
    station: runner.Station
    ends: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    longest: timedelta | None = None
    places: int | None = None  #: renders at once, beyond what a file may say

    def of(self, count: int) -> list[Show]:
        return [unlimited(self.town.show(f"show-{number}"), self.places) for number in range(count)]

    def begin(self, shows: list[Show]) -> "list[asyncio.Task[None]]":
        self.elapsed = stopwatch()
        return [asyncio.create_task(self._air(show, number)) for number, show in enumerate(shows)]

    async def _air(self, show: Show, number: int) -> None:
        slot = self.station.clock.now().replace(microsecond=0, second=number % 60)
        report = await runner.run(self.station, show, slot, wish=Wish(patience=self.longest))
        self.ends.append(report.status)
        self.waited.append(self.elapsed())


async def queue(count: int, limit: int, kind: str) -> None:
    """Every run airs; *limit* renders of a second each are under way at once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(kind, Path(folder)) as url,
        service(1.0, limit) as heygen,
    ):
        here = town(Path(folder), url, heygen, limit, poll=0.5)
        async with runner.on_duty(here.settings) as station:
            runs, meter = Runs(here, station), Meter(station.store._engine)
            shows, before = runs.of(count), memory("VmHWM")
            async with meter.measuring():
                await asyncio.gather(*runs.begin(shows))
        renders, peak, asked, _, wrong = heygen.told()
    assert wrong == 0
    print(f"{count} runs on {kind}, {limit} at once:", {end: runs.ends.count(end) for end in set(runs.ends)})
    print(f"renders {renders}, most at once {peak}, wall {meter.elapsed:.0f} s")
    print(f"memory above the start {memory('VmHWM') - before:.0f} MB, {meter}")
    print(f"{asked / meter.elapsed:.1f} requests a second")
    print(f"from begun to aired: median {statistics.median(runs.waited):.0f} s, at most {max(runs.waited):.0f} s")


class Crowd(Shelf):
    """Many shows, due at no time, that differ in their names only. No file is read again."""

    def __init__(self, one: Town, count: int, places: int) -> None:
        super().__init__(one.settings, Redact(()))
        first = unlimited(one.show(), places)
        self.shows = {name: replace(first, name=name, title=name) for name in map(self.name, range(count))}

    @staticmethod
    def name(number: int) -> str:
        return f"show-{number}"

    def look(self, *, now: bool = False) -> Changes:
        return Changes()


async def still(count: int, limit: int, kind: str, seconds: float, settle: float) -> None:
    """*limit* renders are under way and do not come to an end while this lasts; the other runs stand in line."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(kind, Path(folder)) as url,
        service(1e6, limit) as heygen,
    ):
        here = town(Path(folder), url, heygen, min(limit, 100), poll=10.0)
        here.tree |= {"stories": 1, "seconds": 20}  # what is told is no matter here, and need not be written long
        here.tree["sources"] = {"wire": here.of("Wire", stories=1, sentences=3)}
        async with runner.on_duty(here.settings) as station:
            watch = Watch(station, Crowd(here, count, limit), concurrent=8)
            leave_alone_what_is_there(watch)
            meter, keeping = Meter(station.store._engine), asyncio.create_task(watch.keep())
            before, now = memory(), station.clock.now().replace(microsecond=0)
            for number, show in enumerate(watch.shelf.shows):
                watch._add(show, now - timedelta(seconds=number % 60))
            async with meter.measuring():
                while len(watch.lying) < count:  # noqa: ASYNC110
                    await asyncio.sleep(1)
            assert (made := heygen.told()[0]) == limit, made
            print(f"{count} runs on {kind} until all wait: {meter.elapsed:.0f} s, {meter}", flush=True)
            await asyncio.sleep(settle)
            looked = heygen.told()[3]
            async with meter.measuring():
                await asyncio.sleep(seconds)
            looks = heygen.told()[3] - looked
            print(f"while they wait: memory {memory():.0f} MB, {memory() - before:.0f} above the start, {meter}")
            print(f"looks at the service {looks / meter.elapsed:.2f} a second", flush=True)
            elapsed = stopwatch()
            watch.end()
            await keeping
            print(f"asked to end, it ended after {elapsed():.0f} s")


async def due(count: int, limit: int, kind: str) -> None:
    """A daemon airs so many shows whose slot is the next minute."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database(kind, Path(folder)) as url,
        service(1.0, limit) as heygen,
    ):
        here = town(Path(folder), url, heygen, limit, poll=0.5)
        now = datetime.now(UTC)
        slot = (now + timedelta(seconds=70 + count / 10)).replace(second=0, microsecond=0)
        here.tree["schedule"] = {"cron": f"{slot.minute} {slot.hour} * * *", "grace": "2h"}
        for number in range(count):
            here.file(f"show-{number}")
        ends: list[Report] = []
        async with runner.on_duty(here.settings) as station:
            watch = Watch(station, Shelf(here.settings, Redact(())), concurrent=8)
            leave_alone_what_is_there(watch)
            inner, lie, started = watch.station.ended, watch.station.put_down, dict[str, float]()
            object.__setattr__(watch.station, "ended", lambda report: (ends.append(report), inner(report)))

            def put_down(show: Show, run: Run, waits: tuple[Wait, ...]) -> Awaitable[None]:
                """A run that waits for its render, or stands in line for one, has done all that is before it."""
                started.setdefault(run.id, elapsed())
                assert lie
                return lie(show, run, waits)

            object.__setattr__(watch.station, "put_down", put_down)
            elapsed = stopwatch()
            meter, keeping = Meter(station.store._engine), asyncio.create_task(watch.keep())
            while datetime.now(UTC) < slot - timedelta(seconds=2):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            before, elapsed = memory("VmHWM"), stopwatch()
            async with meter.measuring():
                while len(ends) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            watch.end()
            await keeping
        made, peak, asked, _, wrong = heygen.told()
    assert wrong == 0
    began = [(report.slot == slot, report.status) for report in ends]
    print(
        f"{count} shows due at {slot:%H:%M} on {kind}, {limit} renders at once:",
        {e: began.count(e) for e in set(began)},
    )
    print(
        f"{len(started)} had a script and stood in line for a render, the last after {max(started.values()):.0f} s"
    )
    print(f"renders {made}, most at once {peak}, all aired after {meter.elapsed:.0f} s, {asked} requests")
    print(f"{1000 * meter.cpu / count:.0f} ms of CPU a run, the service's own left out")
    print(f"memory above the start {memory('VmHWM') - before:.0f} MB, {meter}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="queue", choices=("queue", "renders", "line", "due"))
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=200.0, help="until the pauses have grown to their longest")
    said = parser.parse_args()
    match said.what:
        case "queue":
            asyncio.run(queue(said.count, said.limit, said.database))
        case "renders":
            asyncio.run(still(said.count, said.count, said.database, said.seconds, said.settle))
        case "line":
            asyncio.run(still(said.count, said.limit, said.database, said.seconds, said.settle))
        case "due":
            asyncio.run(due(said.count, said.limit, said.database))
