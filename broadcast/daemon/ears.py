"""Hears what people answer while a run waits for them, and has the run go on: within seconds, wherever it was said.

Nothing is asked of anybody while no question is open. Answers that another process wrote down, as a console or the
command line does, are found in the journal.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broadcast import approving
from broadcast.clock import stopwatch, surprise
from broadcast.desk import Desk
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.approvals import Approval
from broadcast.plugins import Asks, Listens
from broadcast.runner import rehearsal_run
from broadcast.show import Show
from broadcast.stages import gates
from broadcast.station import Station
from broadcast.types import Put

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  #: between looks into the journal
HEAR_SECONDS = 3.0  #: between looks at the answers on a show's channels, at least
EACH_SECONDS = 1.5  #: more for every message that is looked at: services count what is asked
FRESH_SECONDS = 30.0  #: where a question stands is looked up again after that
AFTERWARDS = timedelta(minutes=2)  #: for so long whoever answers second is told who was first
PAUSES = (2.0, 5.0, 15.0, 60.0)  #: seconds before a connection that broke is opened again
LONG_AGO = timedelta(days=30)

Wake = Callable[[str, datetime], bool]  #: has a run go on; False: it is at work just now, and may not have heard


@dataclass
class _Known:
    """Where a question stands, as it was looked up."""

    puts: tuple[Put, ...]
    age: Callable[[], float]


@dataclass
class Ears:
    """Listens for *shows*. With *others*, runs go on for answers that other processes heard, and at deadlines."""

    station: Station
    shows: Callable[[], Mapping[str, Show]]
    wake: Wake
    others: bool = True
    _known: dict[str, _Known] = field(default_factory=dict)  #: by the token of the gate
    _heard: dict[str, Callable[[], float]] = field(default_factory=dict)  #: of each show: since the last look
    _woken: set[str] = field(default_factory=set)  #: gates whose run was told, by their tokens
    _listening: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _wrong: dict[str, str] = field(default_factory=dict)  #: what was said to be wrong with a connection

    async def keep(self) -> None:
        """Listen until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except BroadcastError as error:  # the next look will do
                    log.error("%s", error)
                except Exception as error:
                    log.error("%s", surprise("the answers", error))
                    log.debug("answers", exc_info=True)
                await asyncio.sleep(LOOK_SECONDS)  # not the show's clock: a person waits
        finally:
            await self._leave(set(self._listening))

    async def look(self) -> None:
        """Look once for answers, and have the runs go on that got one."""
        asking = {name: show for name, show in self.shows().items() if show.approval}
        if not asking:
            await self._leave(set(self._listening))
            return
        now = self.station.clock.now()
        open_ = await self.station.approvals.unanswered(asking)
        late = [one for one in await self.station.approvals.answered(now - AFTERWARDS) if one.show in asking]
        wanted: set[str] = set()
        for name, show in asking.items():
            mine = [one for one in open_ if one.show == name]
            if mine:
                wanted |= self._listen(show)
                await self._hear(show, [*mine, *(one for one in late if one.show == name)])
        await self._leave(set(self._listening) - wanted)
        self._known = {
            token: one for token, one in self._known.items() if token in {gate.token for gate in (*open_, *late)}
        }
        if self.others:
            answered = await self.station.approvals.answered(now - LONG_AGO, going=True)
            ripe = [*answered, *(one for one in open_ if one.ends <= now)]
            for gate in ripe:
                self._wake(gate, asking)

    def _wake(self, gate: Approval, asking: Mapping[str, Show]) -> None:
        if gate.token in self._woken or gate.show not in asking:
            return
        if self.wake(gate.show, datetime.fromisoformat(gate.run.rpartition("@")[2])):
            self._woken.add(gate.token)

    # --- looks

    async def _hear(self, show: Show, asked: list[Approval]) -> None:
        puts = [put for gate in asked for put in await self._puts(show, gate)]
        since = self._heard.get(show.name)
        if not puts or (since is not None and since() < max(HEAR_SECONDS, EACH_SECONDS * len(puts))):
            return
        self._heard[show.name] = stopwatch()
        for gate in await gates.hear(self.shows(), show, self._desk(show), puts):
            self._wake(gate, {show.name: show})

    async def _puts(self, show: Show, gate: Approval) -> tuple[Put, ...]:
        known = self._known.get(gate.token)
        if known is None or known.age() > FRESH_SECONDS or (gate.run in self.station.airing):
            known = self._known[gate.token] = _Known(await self._look_up(show, gate), stopwatch())
        return known.puts

    async def _look_up(self, show: Show, gate: Approval) -> tuple[Put, ...]:
        found = await self.station.runs.find(gate.run)
        try:
            written = await approving.written(self.station, gate.run, gate.edition)
        except ConfigError:
            return ()
        question = gates.question_of(show, gate, written, None).model_copy(update={"gate": gate.about})
        return gates.puts_of(found[1] if found else (), question)

    def _desk(self, show: Show) -> Desk:
        return self.station.desk(show, rehearsal_run(self.station, show), rehearsal=False)

    # --- connections

    def _listen(self, show: Show) -> set[str]:
        """See to it that each channel that tells of answers is listened to; return by what they are known."""
        found = set()
        for name, channel in (show.approval.ask if show.approval else {}).items():
            if isinstance(channel, Listens) and (ear := channel.ear):
                found.add(ear)
                if ear not in self._listening or self._listening[ear].done():
                    self._listening[ear] = asyncio.create_task(self._stay(ear, show, name, channel))
        return found

    async def _stay(self, ear: str, show: Show, name: str, channel: Listens) -> None:
        """Keep a connection open, and take what is told through it."""
        assert isinstance(channel, Asks)
        desk, broke = self._desk(show), 0
        tools = desk.tools(gates.scope(show, name), note=lambda text: log.info("%s", text))
        while True:
            try:
                async with aclosing(channel.listen(tools)) as answers:  # type: ignore[type-var]
                    async for answer in answers:
                        broke = 0
                        if gate := await gates.taken(self.shows(), desk, name, channel, tools, answer):
                            self._wake(gate, self.shows())
                self._wrong.pop(ear, None)
                broke = min(broke, 1)
            except Exception as error:
                words = surprise(name, error)
                log.debug("%s", name, exc_info=True)
                if self._wrong.get(ear) != words:
                    log.warning("%s: answers on %s cannot be listened to: %s", show.name, name, words)
                self._wrong[ear] = words
            await asyncio.sleep(PAUSES[min(broke, len(PAUSES) - 1)])
            broke += 1

    async def _leave(self, ears: set[str]) -> None:
        gone = [self._listening.pop(ear) for ear in ears]
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
