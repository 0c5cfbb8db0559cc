"""An open store, and what it takes to air shows with it: opened once for each process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from .archive import Archive
from .clock import SystemClock, Turnstile, rest
from .desk import Desk, Rest
from .errors import Unwritten
from .http import Client
from .journal.approvals import Approvals
from .journal.audit import Audit
from .journal.berths import Berths
from .journal.calls import Calls
from .journal.cancelling import Cancels
from .journal.knocks import Knocks
from .journal.lease import Worker
from .journal.ledger import Purse
from .journal.memory import ReadOnlyMemory, StoreMemory
from .journal.pauses import Pauses
from .journal.run import Run, unguarded
from .journal.runs import Runs
from .journal.store import Store
from .lull import Lull, Wait
from .offload import Offload
from .pace import Paces
from .plugins import Clock
from .settings import Settings, child_environment
from .show import Show
from .state import State, carried
from .together import Together
from .types import Report

HEED_SECONDS = 2.0  #: between looks for runs that a person had stop


def silent(label: str, share: float) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Station:
    """An open store, and what it takes to air shows with it."""

    settings: Settings
    clock: Clock
    store: Store
    runs: Runs
    berths: Berths
    calls: Calls
    pauses: Pauses
    cancels: Cancels
    knocks: Knocks
    audit: Audit
    approvals: Approvals
    paces: Paces
    together: Together
    http: Client
    compute: Offload
    progress: Callable[[str, float], None]
    rest: Rest  #: wait for what others do
    state: State | None = None
    ending: Callable[[], bool] = lambda: False  #: whether this process was asked to end
    ended: Callable[[Report], None] = lambda report: None  #: hears of every call of a run that came to an end here
    #: Waits until there is something to do for a run that was put down, or it is to stop. None: a run that waits is
    #: held as it is.
    put_down: Callable[[Show, Run, tuple[Wait, ...]], Awaitable[None]] | None = None
    turn: Turnstile = field(default_factory=Turnstile)  #: before work that holds up the loop
    airing: dict[str, Run] = field(default_factory=dict)  #: what this process airs now

    def desk(self, show: Show, run: Run, *, rehearsal: bool, lull: Lull | None = None) -> Desk:
        data = self.settings.broadcast_data_dir.absolute()

        def progress(label: str, share: float) -> None:
            run.progress[label] = share
            self.progress(label, share)

        memory = (lambda scope: ReadOnlyMemory(StoreMemory(self.store, scope))) if rehearsal else self._memory
        return Desk(
            http=self.http,
            clock=self.clock,
            compute=self.compute,
            archive=Archive(data / "archive", self.http),
            work=data / "work" / run.show / f"{run.slot:%Y%m%dT%H%M%SZ}",
            jobs=self.runs.jobs,
            berths=self.berths,
            approvals=self.approvals,
            public=self.settings.broadcast_public_url,
            purse=Purse(self.store, self.clock, run, show.budget, show.zone, of_all=self.settings.budget),
            memory=memory,
            pace=self.paces.wait,
            together=self.together,
            progress=progress,
            turn=self.turn,
            rest=self.rest,
            lull=lull or Lull(),
            ending=self.ending,
        )

    def _memory(self, scope: str) -> StoreMemory:
        return StoreMemory(self.store, scope)


@contextlib.asynccontextmanager
async def on_duty(
    settings: Settings,
    *,
    clock: Clock | None = None,
    progress: Callable[[str, float], None] = silent,
    rehearsal: bool = False,
    http: Client | None = None,
) -> AsyncIterator[Station]:
    """Open everything that runs need, once per process. A *rehearsal* leaves no trace, not even an empty store.

    *http* is another network, for tests that must not leave the machine.
    """
    clock = clock or SystemClock()
    url = settings.database_url
    async with carried(settings.broadcast_state, url, copy=rehearsal) as state:
        if state:
            url = f"sqlite:///{state.path}"
        if rehearsal and url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
            url = "sqlite://"
        store = Store.open(url)
        http, compute = http or Client(clock=clock), Offload(env=child_environment())
        together = Together(clock)
        worker = Worker(store, settings.broadcast_data_dir / "locks")
        try:
            async with contextlib.nullcontext() if rehearsal else worker.alive():
                runs = Runs(store, clock, worker, guard=state.guard if state else unguarded)
                station = Station(
                    settings,
                    clock,
                    store,
                    runs,
                    Berths(store, clock, worker),
                    Calls(store, clock),
                    Pauses(store, clock),
                    Cancels(store, clock, runs),
                    Knocks(store, clock),
                    Audit(store, clock),
                    Approvals(store, clock),
                    Paces(clock),
                    together,
                    http,
                    compute,
                    progress,
                    partial(rest, clock),
                    state,
                )
                heeding = asyncio.ensure_future(heed(station))
                try:
                    yield station
                finally:
                    heeding.cancel()
                    await asyncio.gather(heeding, return_exceptions=True)
        finally:
            await together.close()
            await compute.close()
            await http.close()
            store.close()


async def heed(station: Station) -> None:
    """Have the runs that this process airs stop when a person says so, wherever that is said."""
    while True:
        await asyncio.sleep(HEED_SECONDS)  # not the show's clock: a person waits
        if station.airing:
            with contextlib.suppress(Unwritten):  # the next look will do
                for id, by in (await station.cancels.asked()).items():
                    if id in station.airing:
                        station.airing[id].halt.say(by)
