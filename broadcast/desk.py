"""What the main path works with: the real world, or a world of tests."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from .archive import Archive
from .journal.approvals import Approvals
from .journal.berths import Berths
from .journal.ledger import Purse
from .lull import Lull
from .plugins import Clock, Compute, Http, Keep, Memory, Pace, Recall, Together, Tools, keep_nothing, recall_nothing
from .settings import child_environment
from .types import Story

T = TypeVar("T")


class Rest(Protocol):
    """Waits so many seconds, or until it is called."""

    async def __call__(self, seconds: float, called: asyncio.Event | None = None) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The tools of a run. Plugins get what they may use of them."""

    http: Http
    clock: Clock
    compute: Compute
    archive: Archive
    work: Path  #: for files under way
    jobs: Callable[[], Awaitable[frozenset[str]]]  #: the ids of all renders that runs know of
    berths: Berths
    approvals: Approvals
    public: str = ""  #: where `broadcast serve` is reached from outside
    purse: Purse
    memory: Callable[[str], Memory]
    pace: Pace
    together: Together
    progress: Callable[[str, float], None]  #: a label, and the share done
    turn: Callable[[], Awaitable[None]]  #: comes before work that holds up the loop for some milliseconds
    rest: Rest  #: wait for what others do
    lull: Lull  #: knows when all that is left of the run waits
    ending: Callable[[], bool]  #: whether this process was asked to end: it waits for nothing more

    def within(self, edition: str) -> "Desk":
        """Return the desk for one edition: what it pays for is apart from what another one pays for."""
        return replace(self, purse=self.purse.within(edition))

    def tools(
        self,
        scope: str,
        *,
        note: Callable[[str], None],
        edition: str = "",
        keep: Keep = keep_nothing,
        kept: Mapping[str, str] | None = None,
        recall: Recall = recall_nothing,
    ) -> Tools:
        """Return what one plugin may use. *scope* names it, as `daily-news/sources/hacker-news`.

        With an *edition* it gets a folder that it shares with no other edition.
        """
        label = scope.rpartition("/")[2] + (f" {edition}" if edition not in ("", "main") else "")
        return Tools(
            http=self.http,
            clock=self.clock,
            memory=self.memory(scope),
            compute=self.compute,
            folder=self.work / edition,
            note=note,
            progress=lambda share: self.progress(label, share),
            jobs=self.jobs,
            purse=self.purse,
            pace=self.pace,
            together=self.together,
            keep=keep,
            kept={} if kept is None else kept,
            recall=recall,
            env=child_environment(),
        )


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one call asks for beyond the show's own settings."""

    stories: tuple[Story, ...] | None = None  #: air just these, whatever was told before
    channels: frozenset[str] | None = None  #: deliver to these only
    fields: Mapping[str, str] | None = None  #: what fills the {name}s of channels and words
    of: frozenset[str] | None = None  #: the channels that the run was begun for, where it was narrowed then
    patience: timedelta | None = None  #: wait so long for a render; 0: submit and leave
    until: Literal["script", "video"] | None = None
    dry_run: bool = False  #: pay, deliver and remember nothing


async def side_by_side(deeds: Iterable[Awaitable[T]]) -> list[T]:
    """Do all of them at once. If one raises, the others are ended and it is raised here."""

    async def run(deed: Awaitable[T]) -> T:
        return await deed

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(deed)) for deed in deeds]
    except BaseExceptionGroup as group_error:
        raise group_error.exceptions[0] from None
    return [task.result() for task in tasks]
