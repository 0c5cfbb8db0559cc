"""The memory of one run: what was done, and what was meant to be done.

`Run.step` remembers what a deed returned; it may be done again after a crash. `Run.once` also writes the intention
down first, so that a deed which spends money or speaks in public is never done twice: found without an outcome, it
may have happened, and is asked about (`reconcile`) or held for a person (`Unconfirmed`).

Deeds are named, not counted, so the code may change under a run in flight. Every write is fenced: a process that
lost its run to another cannot write into it any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Set
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from pydantic import BaseModel

from broadcast.clock import surprise
from broadcast.errors import Lost, Refused, Rejected, Unavailable, Unconfirmed, Unwritten
from broadcast.plugins import Clock, Keep
from broadcast.types import Past, Report, Status

from .databases import insert
from .deeds import Item, columns, dumps, loads, read
from .halt import Halt
from .store import Store
from .tables import cancels, items, runs, stories
from .told import Choosing, past, release, reserve

T = TypeVar("T")
Guard = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)

FINAL: Set[Status] = frozenset({"aired", "quiet"})


async def unguarded() -> None:
    """Let every deed be begun."""


class Run:
    """One run that this process owns. Made by `Runs.claim`; `finish` or `put_down` gives it back."""

    def __init__(
        self, store: Store, clock: Clock, *, id: str, show: str, slot: datetime, options: str, epoch: int
    ) -> None:
        self.id, self.show, self.slot, self.options = id, show, slot, options
        self._store, self._clock, self.epoch = store, clock, epoch
        self._items: dict[str, Item] = {}
        #: The journal knows no other run and the slot is past: one that knew more may have been lost.
        self.amnesia = False
        self.closes = slot  #: a failure is retried until then
        #: Comes between an intention and its deed, and may raise: then the deed is not begun.
        self.guard: Guard = unguarded
        self.halt = Halt()  #: a person may have it stop
        self._under_way: set[str] = set()  #: deeds that this process does now and that must not be done twice
        self.progress: dict[str, float] = {}  #: of what this process does now: a label, and the share done

    def load(self, db: sa.Connection) -> None:
        """Remember what earlier owners did."""
        self._items = {item.key: item for item in read(db, self.id)}

    async def step(self, key: str, type: type[T], do: Callable[[], Awaitable[T]]) -> T:
        """Do something that may be done again, unless it is already done."""
        if (found := self._items.get(key)) and found.done:
            return loads(type, found.result)
        log.info("%s: %s", self.id, key)
        result = await self.halt.heeding(do, lambda: bool(self._under_way))
        await self._write(key, "step", done=True, result=dumps(type, result), first=True)
        return result

    async def once(
        self,
        key: str,
        type: type[T],
        do: Callable[[Keep, Mapping[str, str]], Awaitable[T]],
        *,
        reconcile: Callable[[Mapping[str, str]], Awaitable[T | None]] | None = None,
        repeatable: bool = False,
    ) -> T:
        """Do something that must not be done twice, unless it is already done.

        *do* gets a `keep` that commits a handle into the row, and what an earlier try kept. *reconcile* answers for
        an earlier try with no outcome: what it did, or None where it surely did nothing. Without one the deed is
        `Unconfirmed`. A *repeatable* deed has nothing to doubt.
        """
        found = self._items.get(key)
        if found and found.done:
            return loads(type, found.result)
        if found and not repeatable:
            if reconcile is None:
                raise Unconfirmed(f"{key} was begun by an earlier call and may have happened")
            if (known := await reconcile(found.kept)) is not None:
                return await self._outcome(key, "once", type, known)
        log.info("%s: %s", self.id, key)
        deed = "free" if repeatable else "once"
        await self._write(key, deed, done=False, anew=True)
        if not repeatable:
            try:
                await self.guard()
            except (Lost, Unwritten):
                await self._forget(key)
                raise
        go = partial(do, lambda name, value: self._keep(key, name, value), found.kept if found else {})
        try:
            if repeatable:
                result = await self.halt.heeding(go, lambda: bool(self._under_way))
            else:
                self._under_way.add(key)
                result = await go()
        except (Unavailable, Rejected, Refused):
            await self._forget(key)  # known not to have happened: the next call may try again
            raise
        except (Unconfirmed, Lost, Unwritten, asyncio.CancelledError):
            raise
        except Exception as error:  # a bug in a plugin: nobody knows how far it got
            if repeatable:
                await self._forget(key)
                raise Rejected(surprise(key, error)) from error
            raise Unconfirmed(f"{surprise(key, error)}; it may have happened") from error
        finally:
            self._under_way.discard(key)
        return await self._outcome(key, deed, type, result)

    def recall(self, key: str, type: type[T]) -> T | None:
        """Return what the deed *key* came to, if it is done."""
        found = self._items.get(key)
        return loads(type, found.result) if found and found.done else None

    def let_go(self, prefix: str) -> None:
        """Hold no more in memory what the deeds under *prefix* came to. Nobody asks this call for it again."""
        for item in self.under(prefix):
            if item.done:
                self._items[item.key] = replace(item, result=None)

    def lay_aside(self) -> None:
        """Hold no more in memory than the jobs that were asked for, and not what they were asked to make. This
        process is done with it until it claims the run again."""
        asked = [replace(item, kept={}) for item in self.under("submit/") if item.done]
        self._items = {item.key: item for item in asked}

    def kept(self, key: str) -> Mapping[str, str]:
        """Return the handles that the deed *key* kept."""
        found = self._items.get(key)
        return found.kept if found else {}

    def begun(self, key: str) -> datetime | None:
        """Return when the deed *key* was first begun."""
        found = self._items.get(key)
        return found.begun if found else None

    def under(self, prefix: str) -> list[Item]:
        """Return the deeds whose key begins with *prefix*, those that were cleared left out."""
        return [item for key, item in self._items.items() if key.startswith(prefix)]

    def in_doubt(self, prefix: str = "") -> list[str]:
        """Return the deeds under *prefix* that must not be done twice, were begun and have no outcome."""
        return [item.key for item in self.under(prefix) if item.deed == "once" and not item.done]

    def in_flight(self, prefix: str = "submit/") -> list[str]:
        """Return the renders under *prefix* that were paid and have neither become a video nor been lost."""
        paid = [item.key for item in self.under(prefix) if item.deed == "once" and item.done]
        made = {item.key.partition("/")[2] for item in self.under("video/") if item.done}
        return [key for key in paid if key.split("/")[1] not in made and f"lost/{key}" not in self._items]

    async def choose(self, key: str, type: type[T], decide: Callable[[Past], Choosing[T]]) -> T:
        """A step that decides by what the show told before, and reserves what it chose, in one transaction."""
        if (found := self._items.get(key)) and found.done:
            return loads(type, found.result)
        now = self._clock.now()

        def work(db: sa.Connection) -> tuple[T, Item]:
            self.fence(db)
            choosing = decide(past(db, self.show, now, but=self.id))
            reserve(db, self.show, self.id, choosing, now)
            item = Item(key, "step", True, dumps(type, choosing.result), {}, now, now)
            db.execute(items.insert().values(**columns(self.id, item)))
            return choosing.result, item

        result, self._items[key] = await self._store.do(work, lock=lock(self.show), first=True)
        return result

    async def tell(self, keys: Iterable[str], *, passed: bool = False) -> None:
        """Mark reserved stories as told, or as *passed* over for good because nothing could be said of them."""
        chosen = stories.c.run == self.id, stories.c.story.in_(told := tuple(keys))
        if not told:
            return

        def work(db: sa.Connection) -> None:
            self.fence(db)
            db.execute(stories.update().where(*chosen).values(state="passed" if passed else "told"))

        await self._store.do(work, lock=lock(self.show), first=True)

    async def keep_only(self, keys: Iterable[str]) -> None:
        """Let go of reserved stories but these: what is written down needs no understudies any more."""
        kept = tuple(keys)

        def work(db: sa.Connection) -> None:
            self.fence(db)
            release(db, self.id, but=kept)

        await self._store.do(work, lock=lock(self.show), first=True)

    async def finish(self, report: Report, *, held: bool = False, over: bool = False) -> None:
        """Write the report down and give the run back.

        *held*: only a person can take it further. *over*: it is closed, whatever it came to.
        """
        over = over or bool(self.halt.by)

        def work(db: sa.Connection) -> None:
            self.fence(db)
            values = {"status": report.status, "held": held, "owner": None, "report": report.model_dump_json()}
            mine = cancels.c.run == self.id
            stopped = bool(self.halt.by) or db.execute(sa.select(cancels.c.by).where(mine)).first() is not None
            if stopped or over:  # even where it was said too late to be heeded: it is not taken up again
                values["closed"] = True
                db.execute(cancels.delete().where(mine))
            db.execute(runs.update().where(runs.c.id == self.id).values(**values))
            if report.status in FINAL or stopped or over:
                release(db, self.id)

        await self._store.do(work, lock=lock(self.show), first=True)

    async def put_down(self) -> None:
        """Give the run back as it is, without a report."""

        def work(db: sa.Connection) -> None:
            self.fence(db)
            db.execute(runs.update().where(runs.c.id == self.id).values(owner=None))

        await self._store.do(work, lock=lock(self.show), first=True)

    def settle(self, db: sa.Connection, key: str, result: BaseModel | None) -> None:
        """Write down in *db* what a person says of a deed in doubt. None: it did not happen."""
        if result is None:
            db.execute(items.delete().where(items.c.run == self.id, items.c.key == key))
            del self._items[key]
            return
        text, ended = result.model_dump_json(), self._clock.now()
        item = replace(self._items[key], done=True, result=text, ended=ended)
        row = columns(self.id, item)
        db.execute(items.update().where(items.c.run == self.id, items.c.key == key).values(**row))
        self._items[key] = item

    async def _outcome(self, key: str, deed: str, type: type[T], result: T) -> T:
        await self._write(key, deed, done=True, result=dumps(type, result), first=True)
        return result

    async def _keep(self, key: str, name: str, value: str) -> None:
        item = self._items[key]
        await self._write(key, item.deed, done=False, kept={**item.kept, name: value}, first=True)
        if item.deed == "once":
            await self.guard()

    async def _write(
        self,
        key: str,
        deed: str,
        *,
        done: bool,
        result: str | None = None,
        kept: Mapping[str, str] | None = None,
        first: bool = False,
        anew: bool = False,
    ) -> None:
        before, now = self._items.get(key), self._clock.now()
        if kept is None:
            kept = before.kept if before else {}
        begun = before.begun if before and not anew else now
        item = Item(key, deed, done, result, kept, begun, now if done else None)
        await self._save(item, first=first, begin=anew)
        self._items[key] = item

    async def _save(self, item: Item, *, first: bool, begin: bool = False) -> None:
        def work(db: sa.Connection) -> None:
            self.fence(db)
            if begin:
                self._heed(db)
            row = columns(self.id, item)
            write = insert(db, items).values(**row)
            db.execute(write.on_conflict_do_update(index_elements=("run", "key"), set_=row))

        await self._store.do(work, lock=lock(self.show), first=first)

    async def forget(self, *keys: str) -> None:
        """Have these steps done again."""
        for key in keys:
            if key in self._items:
                await self._forget(key)

    async def _forget(self, key: str) -> None:
        def work(db: sa.Connection) -> None:
            self.fence(db)
            db.execute(items.delete().where(items.c.run == self.id, items.c.key == key))

        await self._store.do(work, lock=lock(self.show), first=True)
        del self._items[key]

    def fence(self, db: sa.Connection) -> None:
        """Raise `Lost` where the run is another process's by now. Every write into it begins with this."""
        epoch = db.execute(sa.select(runs.c.epoch).where(runs.c.id == self.id)).scalar()
        if epoch != self.epoch:
            raise Lost(f"{self.id} was taken over by another process")

    def _heed(self, db: sa.Connection) -> None:
        """Raise `Refused` where a person had the run stop: no deed of it is begun any more."""
        if by := db.execute(sa.select(cancels.c.by).where(cancels.c.run == self.id)).scalar():
            self.halt.by = str(by)
        self.halt.refuse()


class Rehearsal(Run):
    """A run that writes nothing down. It knows what was told, and does no deed that is done once."""

    async def choose(self, key: str, type: type[T], decide: Callable[[Past], Choosing[T]]) -> T:
        now = self._clock.now()
        result = decide(await self._store.do(lambda db: past(db, self.show, now))).result
        await self._write(key, "step", done=True, result=dumps(type, result))
        return result

    async def tell(self, keys: Iterable[str], *, passed: bool = False) -> None:
        """Tell nobody."""

    async def keep_only(self, keys: Iterable[str]) -> None:
        """Nothing was reserved."""

    def let_go(self, prefix: str) -> None:
        """Hold it: here it is nowhere else."""

    async def _save(self, item: Item, *, first: bool, begin: bool = False) -> None:
        if item.deed != "step":
            raise RuntimeError(f"{item.key} was begun in a rehearsal")

    def fence(self, db: sa.Connection) -> None:
        raise RuntimeError(f"{self.id} is rehearsed: nothing is written, and nothing paid")


def lock(show: str) -> str:
    """Name the lock that everything of *show* is written under: its runs, deeds, stories and money."""
    return f"show {show}"
