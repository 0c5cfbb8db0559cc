"""One script through the list of renderers: asked for once, waited for, fetched into the archive.

The deed that may cost money is `submit/<edition>/<renderer>/<attempt>`. After a definite failure comes the next
attempt, then the next renderer. After an `Unconfirmed` submit nothing that costs money follows: only a renderer
that is free to repeat, and that without what it would pay for (`prepare/<edition>/<renderer>`).
"""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from broadcast.clock import attempt, surprise
from broadcast.desk import Desk, Wish
from broadcast.errors import (
    Crowded,
    Held,
    Lost,
    Refused,
    Rejected,
    StageError,
    Unanswered,
    Unavailable,
    Unconfirmed,
    Unwritten,
    Waiting,
)
from broadcast.journal.berths import pause
from broadcast.journal.ledger import OverBudget
from broadcast.journal.run import Run
from broadcast.lull import PutDown, Wait, until_next_look
from broadcast.plugins import Keep, Overseen, Tools, alone
from broadcast.show import Way
from broadcast.types import Job, Order, Rendered, Video

from .finishing import Deviates, held_against, with_captions

T = TypeVar("T")

LOCAL_SECONDS = 7200.0  #: for one call of a renderer, tries included; a local one renders and queues within it
PREPARE_SECONDS = 900.0  #: for a free renderer to buy what it can do without, tries included
READ_SECONDS = 120.0  #: for what only reads, tries included
FIRST_PAUSE = 10.0  #: seconds between looks, where the renderer says nothing else
CROWDED_SECONDS, LONGEST_CROWDED = 30.0, 300.0  #: before a service that has too much to do is asked again
FETCHES = 3  #: tries to bring a finished render home whole, each with a new address


@dataclass(frozen=True)
class Rendering:
    """One edition's order on its way through the renderers."""

    order: Order
    run: Run
    desk: Desk
    wish: Wish
    note: Callable[[str], None]

    async def by_first_that_can(self, ways: tuple[Way, ...]) -> Video:
        """Return the video, from the first renderer that makes it.

        Raises `Waiting` when patience ends first; the doubt about a submit, where nothing free stepped in; else the
        last renderer's error.
        """
        doubt: StageError | None = self._left_behind(ways)
        last: StageError = Rejected("no renderer is left to ask")
        under_way = {key.split("/")[2] for key in self.run.in_flight(f"submit/{self.order.edition}/")}
        for way in sorted(ways, key=lambda way: way.name not in under_way):  # what is paid comes first
            if doubt and not way.renderer.repeatable:
                continue
            for number in self._attempts(way):
                key = f"submit/{self.order.edition}/{way.name}/{number}"
                if lost := self.run.recall(f"lost/{key}", str):
                    last = Rejected(lost)
                    continue
                order = self.order.model_copy(update={"orientation": way.orientation, "attempt": number})
                try:
                    if way.renderer.repeatable and self.run.recall(key, Job) is None:
                        await self._prepare(way, order, doubt)
                    return await self._make(way, key, order)
                except Unconfirmed as error:
                    self.note(f"{way.name}: {error}")
                    doubt = error
                    break
                except (Unavailable, Rejected, Refused) as error:
                    self.note(f"{way.name}: {error}")
                    last = error
                    if key in self.run.in_doubt():  # an earlier submit of it, which could not be asked about now
                        doubt = error
                        break
                    if isinstance(error, Refused | Deviates | OverBudget):
                        break
        raise doubt or last

    def _left_behind(self, ways: tuple[Way, ...]) -> Unconfirmed | None:
        """Return the doubt about a renderer that is no longer in the list, if there is one.

        Raises `Waiting` where such a renderer has a paid job under way: another one would be paid besides.
        """
        prefix, names = f"submit/{self.order.edition}/", {way.name for way in ways}
        for key in self.run.in_flight(prefix):
            if (name := key.split("/")[2]) not in names:
                raise Waiting(
                    f"{name} was paid for this edition and is no longer in the list of renderers: put it back"
                )
        lost = [key for key in self.run.in_doubt(prefix) if key.split("/")[2] not in names]
        return Unconfirmed(f"{', '.join(lost)} may have happened") if lost else None

    def _attempts(self, way: Way) -> range:
        """Return the numbers of the attempts: those allowed now, and those that were begun when more were."""
        begun = [item.key.rpartition("/")[2] for item in self.run.under(f"submit/{self.order.edition}/{way.name}/")]
        return range(1, max(way.attempts, *map(int, begun), 1) + 1)

    async def _make(self, way: Way, key: str, order: Order) -> Video:
        job = self.run.recall(key, Job) or await self._submit(way, key, order)
        try:
            video = await self._fetch(way, key, order, job)
            await self._leave(way, key)
        except Held as error:
            await self._put_down(way, key, "held", error)  # a person is awaited: nothing is being made meanwhile
            raise
        except Rejected as error:
            if way.renderer.repeatable:
                raise  # asking again costs nothing
            return await self._lose(way, key, error)
        except (Unavailable, Refused) as error:
            if way.renderer.repeatable:
                raise
            if self._given_up(way, key):
                return await self._lose(
                    way, key, Rejected(f"job {job.id} was not done within {way.give_up}: {error}")
                )
            raise Waiting(f"{way.name}: job {job.id} cannot be reached now ({error}); it is kept") from None
        shutil.rmtree(self.desk.work / order.edition, ignore_errors=True)
        return video

    async def _prepare(self, way: Way, order: Order, doubt: StageError | None) -> None:
        """Have a free renderer buy, once, what its render is better with. It renders whatever becomes of that."""
        renderer: Any = way.renderer
        key = _prepared(way, order)
        price = renderer.estimate(order) if hasattr(renderer, "prepare") else 0.0
        if not price or self.run.recall(key, float) is not None:
            return
        if doubt:
            self.note(f"{way.name}: nothing more is paid for this edition: an earlier render may have been")
            return
        try:
            await self.desk.purse.reserve(key, price)
        except Rejected as error:
            self.note(f"{way.name}: what it would pay for is left out: {error}")
            return

        async def go(keep: Keep, kept: Mapping[str, str]) -> float:
            async def ask() -> None:
                # Tools are made anew, so that each try knows what the one before kept.
                await renderer.prepare(self._tools(way, order, keep=keep), order)

            try:
                await attempt(self.desk.clock, ask, what=way.name, deadline=PREPARE_SECONDS)
            except (Lost, Unwritten):
                raise
            except Exception as error:  # noqa: BLE001 - not even a bug may keep a free render off the air
                self.note(f"{way.name}: {surprise(way.name, error)}")
            return price

        await self.run.once(key, float, go, repeatable=True)

    async def _submit(self, way: Way, key: str, order: Order) -> Job:
        """Ask for the render, once. What reading can tell before money is spent is read first."""
        late = Unavailable if way.renderer.repeatable else Unconfirmed
        reconcile = getattr(way.renderer, "reconcile", None)

        async def submit(keep: Keep, kept: Mapping[str, str]) -> Job:
            known = {**self.run.kept(_prepared(way, order)), **kept}

            async def remember(name: str, value: str) -> None:
                await keep(name, value)
                known[name] = value  # for the next try of this call

            tools = self._tools(way, order, keep=remember, kept=known)
            if found := await self._recovered(way, tools, order):
                return found
            ask = partial(way.renderer.submit, tools, order)
            try:
                job = await attempt(self.desk.clock, ask, what=way.name, deadline=LOCAL_SECONDS, late=late)
            except (
                Unanswered
            ) as error:  # the service knows its key for a day; the run may be called later than that
                raise Unconfirmed(str(error)) from None
            bought = self.run.recall(_prepared(way, order), float) or 0.0
            return job.model_copy(update={"renderer": way.name, "estimate": job.estimate or bought})

        async def settle(kept: Mapping[str, str]) -> Job | None:
            assert reconcile
            begun = self.run.begun(key) or self.desk.clock.now()
            found: Job | None = await reconcile(self._tools(way, order), order, begun, kept)
            return found.model_copy(update={"renderer": way.name}) if found else None

        price: float | None = 0.0 if way.renderer.repeatable else None
        if price is None and (estimate := getattr(way.renderer, "estimate", None)) is not None:
            price = estimate(order)
        start = self.desk.lull.since(f"line/{key}", self.desk.clock.now())
        if self.run.begun(key) is None:
            if self.desk.ending():
                raise Waiting(f"{way.name}: this process was asked to end; the render was not asked for yet")
            if preflight := getattr(way.renderer, "preflight", None):
                look = partial(preflight, self._tools(way, order), order)
                read = partial(attempt, self.desk.clock, look, what=way.name, deadline=READ_SECONDS)
                await self._with_room(way, key, start, read)
            await self.desk.purse.reserve(key, price)

        async def ask() -> Job:
            if self.run.begun(key) is None:
                await self._queue(way, key, start)
            return await self.run.once(
                key, Job, submit, reconcile=settle if reconcile else None, repeatable=way.renderer.repeatable
            )

        try:
            return await self._with_room(way, key, start, ask)
        except (Unavailable, Rejected, Refused):
            if self.run.begun(key) is None:  # known not to have happened; in doubt it keeps both
                await self._withdraw(way, key)
            raise

    async def _with_room(self, way: Way, key: str, start: datetime, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until the service has room for it: what others have under way there is no failure.

        Raises `Waiting` when patience, which counts from *start*, ends first.
        """
        while True:
            try:
                return await ask()
            except Crowded as error:
                if self.run.begun(key) is not None:
                    raise  # in doubt
                left = (self._patience(way) - (self.desk.clock.now() - start)).total_seconds()
                if left <= 0:
                    await self._withdraw(way, key)
                    raise Waiting(f"{way.name}: {error}; this render was not asked for yet") from None
                await self.desk.rest(min(error.retry_after or CROWDED_SECONDS, LONGEST_CROWDED, left))

    async def _queue(self, way: Way, key: str, start: datetime) -> None:
        """Wait, since *start*, for a place among the renders that the account may have. Raises `Waiting`."""
        if (account := getattr(way.renderer, "account", None)) is None:
            return
        berths, stands_on = self.desk.berths, False
        words = f"{way.name}: {way.concurrent} renders are under way; this one was not asked for yet"
        wait = Wait(key, account, start, start + self._patience(way), words)
        try:
            while length := await berths.take(account, self.run, key, way.concurrent):
                if self.desk.clock.now() - start >= self._patience(way):
                    await self._withdraw(way, key)
                    raise Waiting(words)
                called = berths.called(account, self.run, key)
                await self.desk.lull.rest(wait, partial(self.desk.rest, pause(length, way.concurrent), called))
        except PutDown:
            stands_on = True
            raise
        finally:
            if not stands_on:
                berths.step_out(account, self.run, key)

    async def _leave(self, way: Way, key: str) -> None:
        if (account := getattr(way.renderer, "account", None)) is not None:
            await self.desk.berths.give_back(account, self.run, key)

    async def _put_down(self, way: Way, key: str, became: str, error: Held | Rejected) -> None:
        """Remember what *became* of a job, "held" or "lost", and why; and give its place back."""
        reason = str(error)

        async def say() -> str:
            return reason

        await self.run.step(f"{became}/{key}", str, say)
        await self._leave(way, key)

    async def _go_on(self, way: Way, key: str) -> None:
        """Take the place back where a person was awaited."""
        if self.run.recall(f"held/{key}", str) is None:
            return
        if (account := getattr(way.renderer, "account", None)) is not None:
            await self.desk.berths.take_back(account, self.run, key)
        await self.run.forget(f"held/{key}")

    async def _withdraw(self, way: Way, key: str) -> None:
        """Give back the place and the money of a render that is not asked for now."""
        await self._leave(way, key)
        await self.desk.purse.release(key)

    def _patience(self, way: Way) -> timedelta:
        if self.desk.ending():
            return timedelta(0)
        return self.wish.patience if self.wish.patience is not None else way.patience

    async def _recovered(self, way: Way, tools: Tools, order: Order) -> Job | None:
        """Return a render of this very broadcast that a lost journal knew of."""
        look = getattr(way.renderer, "recover", None)
        if not self.run.amnesia or look is None:
            return None
        found: Job | None = await look(tools, order)
        if found is None:
            self.note(f"{way.name} was asked first, as this journal knows of no run: it has no render of this one")
            return None
        self.note(f"{way.name}: job {found.id} was asked for before this journal began; it is taken up")
        return found.model_copy(update={"renderer": way.name})

    async def _fetch(self, way: Way, key: str, order: Order, job: Job) -> Video:
        """Wait for the render and bring it into the archive. Addresses go stale: each try asks for a new one."""
        folder = self.desk.archive.folder(self.run.show, self.run.slot, order.edition)
        for tried in range(1, FETCHES + 1):
            rendered = await self._wait(way, key, order, job)
            if rendered.usd:
                await self.desk.purse.settle(
                    _prepared(way, order) if way.renderer.repeatable else key, rendered.usd
                )
            captions, verify = getattr(way.renderer, "captions", "sidecar"), getattr(way.renderer, "verify", "off")
            burned = captions == "burned" and rendered.captioned is not None
            if burned:
                rendered = rendered.model_copy(update={"video": rendered.captioned})
            try:
                video = await self.desk.archive.keep(rendered, job, folder, expected=order.seconds)
                if verify == "required" and rendered.captions and not video.srt:
                    raise Unavailable(f"it cannot be held against the script: {'; '.join(video.notes)}")
            except (Unavailable, Rejected):  # what came in place of a video may be a page that asks to sign in
                if tried == FETCHES or isinstance(rendered.video, Path):
                    raise
                continue
            video = held_against(order, video, verify)
            if captions == "burned" and not burned:
                video = await with_captions(order, video, self.desk)
            return video.model_copy(update={"srt": None, "vtt": None}) if captions == "none" else video
        raise AssertionError("unreachable")

    async def _wait(self, way: Way, key: str, order: Order, job: Job) -> Rendered:
        """Look until the video is there, less and less often. Looking is free, and is not remembered."""
        tools = self._tools(way, order)
        if self.desk.lull.puts_down:  # then somebody looks for all, and who looks for itself has reason to
            tools = replace(tools, together=alone)
        look = partial(way.renderer.check, tools, order, job)
        first = float(getattr(way.renderer, "poll", FIRST_PAUSE))
        start = self.desk.lull.since(key, self.desk.clock.now())
        words = f"{way.name}: job {job.id} is still being made"
        while True:
            try:
                found = await attempt(self.desk.clock, look, what=way.name, deadline=LOCAL_SECONDS)
            except Rejected:
                await self.desk.purse.settle(key, 0.0)  # what failed costs nothing
                raise
            await self._go_on(way, key)
            if isinstance(found, Job):
                job = found
                look = partial(way.renderer.check, tools, order, job)
            elif found is not None:
                return found
            if self._given_up(way, key):
                raise Rejected(f"job {job.id} was not done within {way.give_up}")
            waited = self.desk.clock.now() - start
            left = self._patience(way) - waited
            if left <= timedelta(0):
                raise Waiting(words)
            rest = min(until_next_look(first, waited), left.total_seconds())
            wait = self._wait_for(way, key, job, start, words) if isinstance(found, Job) else None
            await self.desk.lull.rest(wait, partial(self.desk.rest, rest))

    def _wait_for(self, way: Way, key: str, job: Job, start: datetime, words: str) -> Wait | None:
        """Return what is waited for, where the renderer can be asked about it together with other jobs."""
        if not isinstance(way.renderer, Overseen):
            return None
        until, begun = start + self._patience(way), self.run.begun(key)
        if begun is not None:
            until = min(until, begun + way.give_up)
        return Wait(key, way.renderer.service, start, until, words, renderer=way.renderer, job=job)

    def _given_up(self, way: Way, key: str) -> bool:
        begun = self.run.begun(key)
        return begun is not None and self.desk.clock.now() - begun > way.give_up

    async def _lose(self, way: Way, key: str, error: Rejected) -> Video:
        """Remember that a paid job will never be a video, so that it is not looked at again, and raise *error*."""
        await self._put_down(way, key, "lost", error)
        raise error

    def _tools(
        self, way: Way, order: Order, *, keep: Keep | None = None, kept: Mapping[str, str] | None = None
    ) -> Tools:
        scope = f"{self.run.show}/renderers/{way.name}"
        held = self.run.kept(_prepared(way, order)) if kept is None else kept
        if keep is None:
            return self.desk.tools(scope, note=self.note, edition=order.edition, kept=held)
        return self.desk.tools(scope, note=self.note, edition=order.edition, keep=keep, kept=held)


def _prepared(way: Way, order: Order) -> str:
    """Return the name of the deed in which a free renderer pays for something."""
    return f"prepare/{order.edition}/{way.name}"
