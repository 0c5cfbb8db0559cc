"""No story is lost between two runs and none is told twice, whatever the schedule did: on the real journal."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from airing import Town
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadcast import runner
from broadcast.desk import Wish
from broadcast.journal.lease import Worker
from broadcast.journal.run import Run
from broadcast.journal.runs import Busy, Runs
from broadcast.journal.store import Store
from broadcast.show import Edition, Show
from broadcast.stages.choosing import choose
from broadcast.testing import FakeClock
from broadcast.types import Chosen, Gathered, Report, Story

START = datetime(2026, 11, 1, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: Where a story's address leads: a page of its own, or the whole site, as in the feeds of many podcasts.
PAGE, SITE = "https://wire.example/{}", "https://wire.example/"


@dataclass
class Listing:
    """A story, when it happened and when its feed first listed it."""

    story: Story
    listed: datetime


def listing(number: int, at: float, delay: float, tag: str, page: str) -> Listing:
    happened = START + HOUR * at
    title = f"Headline {number} of {chr(97 + number % 26) * 7}"
    url = page.format(number)
    story = Story(id=str(number), source="wire", title=title, at=happened, tags=(tag,), publisher="Wire", url=url)
    return Listing(story, happened + HOUR * delay)


@dataclass
class Station:
    """What `runner.window` asks of a station."""

    runs: Runs


@dataclass
class World:
    """A show, its feed, its journal, and what its audience saw."""

    show: Show
    feed: list[Listing]
    clock: FakeClock
    runs: Runs
    told: Counter[tuple[str, str]] = field(default_factory=Counter)  #: by edition and story
    due: set[str] = field(default_factory=set)  #: what was in the window of a run that aired
    gathered: dict[str, tuple[tuple[Story, ...], datetime]] = field(default_factory=dict)
    slots: dict[datetime, tuple[Story, ...]] = field(default_factory=dict)  #: of the runs that aired

    async def take(self, slot: datetime, options: str = "") -> Run | None:
        try:
            run = await self.runs.claim(self.show.name, slot, options=options, grace=3 * HOUR)
        except Busy:  # pragma: no cover  # one process
            return None
        return run if isinstance(run, Run) else None

    async def air(self, run: Run, outcome: str) -> None:
        """Air *run* as the pipeline does, up to where *outcome* says that it ends."""
        window = await runner.window(Station(self.runs), self.show, run.slot)  # type: ignore[arg-type]
        now = self.clock.now()

        async def gather() -> Gathered:
            return Gathered(stories=tuple(one.story for one in self.feed if one.listed <= now))

        gathered = await run.step("gather", Gathered, gather)
        self.gathered.setdefault(run.id, (gathered.stories, run.slot))
        if outcome == "crash before":
            return self.crash(run)
        chosen = await run.choose(
            "choose",
            Chosen,
            lambda past: choose(self.show, gathered, past, window=window, now=run.slot, wish=Wish()),
        )
        if outcome == "crash":
            return self.crash(run)
        if outcome == "fail" or not chosen.pool:
            return await self.end(run, "failed" if chosen.pool else "quiet")
        for edition in self.show.editions:
            await run.once(f"deliver/{edition.name}", str, partial(self.deliver, edition.name, chosen))
        await run.tell(story.key for story in chosen.pool)
        if outcome == "crash after":
            return self.crash(run)
        self.aired(run)
        return await self.end(run, "aired")

    async def deliver(self, edition: str, chosen: Chosen, *_: object) -> str:
        self.told.update((edition, story.key) for story in chosen.stories(edition))
        return "sent"

    def aired(self, run: Run) -> None:
        """Write down what its audience may expect to have heard by now: all that was new, told by whichever run."""
        stories, slot = self.gathered[run.id]
        before = max((each for each in self.slots if each < slot), default=None)
        opens = slot - (
            self.show.window or timedelta(days=7) if before is None or self.show.window else slot - before
        )
        shown = {story.key for story in self.slots[before]} if before else set()
        if before and before >= opens - 2 * HOUR:  # nothing lies between the two windows: late items are not lost
            late = {one.key for one in stories if opens - 48 * HOUR <= one.at <= before} - shown
            self.due |= late
        self.due |= {story.key for story in stories if story.at >= opens}
        self.slots[slot] = stories

    async def end(self, run: Run, status: Any) -> None:
        await run.finish(Report(run=run.id, show=run.show, slot=run.slot, status=status))
        self.runs.done(run)

    def crash(self, run: Run) -> None:
        """Leave the run as a killed process does."""
        self.runs.done(run)


def editions(show: Show) -> tuple[Edition, ...]:
    (main,) = show.editions
    return replace(main, name="all", stories=1000), replace(
        main, name="sport", stories=1000, tags=frozenset({"sport"})
    )


STEPS = st.tuples(
    st.sampled_from(["air", "air", "fail", "crash", "crash before", "crash after", "resume", "by hand"]),
    st.sampled_from([0.1, 1, 4, 24, 26]),  # hours until then
    st.sampled_from([0, 0, 2, -3]),  # hours by which the slot lies before or after the call
)
DELAYS = (0, 0, 0, 0.5, 5, 20, 40)  # hours between a story's date and its place in the feed


def feed(dice: Random, page: str, count: int = 30) -> list[Listing]:
    return [
        listing(n, dice.uniform(-20, 120), dice.choice(DELAYS), dice.choice(("sport", "city")), page)
        for n in range(count)
    ]


@example([("air", 1, 0), ("fail", 24, 0), ("air", 1, 0), ("air", 24, 0)], 1, None, SITE)
@example([("air", 1, 0), ("by hand", 26, 0), ("by hand", 26, 0), ("by hand", 26, 0), ("air", 1, 0)], 2, None, PAGE)
@example([("air", 1, 0), ("crash after", 24, 0), ("air", 1, 0), ("resume", 1, 0), ("air", 24, 0)], 3, None, PAGE)
@example([("air", 1, 0), ("crash", 24, 0), ("air", 1, 2), ("air", 24, 0)], 4, timedelta(hours=24), SITE)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(STEPS, min_size=4, max_size=10),
    seed=st.integers(0, 10_000),
    span=st.sampled_from([None, timedelta(hours=24), timedelta(hours=6)]),
    page=st.sampled_from([PAGE, SITE]),
)
def test_each_story_in_the_window_of_a_run_that_airs_is_told_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], seed: int, span: timedelta | None, page: str
) -> None:
    asyncio.run(once_each(tmp_path_factory.mktemp("town", numbered=True), steps, seed, span, page))


async def once_each(folder: Path, steps: list[Any], seed: int, span: timedelta | None, page: str) -> None:
    store, clock = Store.open("sqlite://"), FakeClock(START)
    try:
        runs = Runs(store, clock, Worker(store, folder / "locks"))
        base = Town(folder).show()
        show = replace(base, editions=editions(base), window=span)
        world = World(show, feed(Random(seed), page), clock, runs)
        for outcome, wait, late in steps:
            await clock.sleep(wait * 3600)
            await step(world, outcome, clock.now() - HOUR * late)
        await clock.sleep(10 * 3600)  # whatever can still be taken up is, and its stories with it
        while (left := await runs.unfinished(show.name)) and (run := await world.take(left.slot)):
            await world.air(run, "air")
        await clock.sleep(3600)
        for _ in range(2):  # what closed runs had chosen is owed: the next one tells it
            await clock.sleep(60)
            if run := await world.take(clock.now()):
                await world.air(run, "air")
    finally:
        store.close()

    assert not [key for key, count in world.told.items() if count > 1]
    told = {key for edition, key in world.told if edition == "all"}
    assert not world.due - told
    sport = {one.story.key for one in world.feed if "sport" in one.story.tags}
    assert {key for edition, key in world.told if edition == "sport"} == told & sport


async def step(world: World, outcome: str, slot: datetime) -> None:
    """Do what a scheduler, a person or a crash does next."""
    if outcome == "resume":
        if (left := await world.runs.unfinished(world.show.name)) and (run := await world.take(left.slot)):
            await world.air(run, "air")
        return
    by_hand = outcome == "by hand"  # a story of the caller's: that run says nothing of what the sources had
    run = await world.take(slot.replace(microsecond=0), '{"stories": [{}]}' if by_hand else "")
    if run and by_hand:
        await run.step("gather", Gathered, nothing)
        await world.end(run, "aired")
    elif run:
        await world.air(run, outcome)


async def nothing() -> Gathered:
    return Gathered()
