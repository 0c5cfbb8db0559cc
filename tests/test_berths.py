"""So many renders at once for one account, over all processes, shared out fairly."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from airing import Town, described
from journals import SLOT, Journal, opened

from broadcast.clock import SystemClock
from broadcast.journal.berths import Berths, pause
from broadcast.journal.run import Run
from broadcast.testing import FakeClock, HeyGen

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both

KEY = "submit/main/heygen/1"


def berths(journal: Journal, clock: FakeClock) -> Berths:
    return Berths(journal.store, clock, journal.worker)


async def runs(journal: Journal, *names: str) -> list[Run]:
    return [await journal.claim(name.partition(" ")[0], SLOT + timedelta(hours=n)) for n, name in enumerate(names)]


async def test_no_more_than_the_limit_have_a_place_and_the_next_gets_what_is_freed(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places = berths(journal, clock)
        one, two, three = await runs(journal, "a", "b", "c")

        first = [await places.take("acc", run, KEY, 2) for run in (one, two, three)]
        again = await places.take("acc", one, KEY, 2)
        await places.give_back("acc", two, KEY)
        freed = await places.take("acc", three, KEY, 2)

    assert ([0, 0, 1], 0, 0) == (first, again, freed)


async def test_the_limit_counts_over_processes_and_accounts_do_not_meet(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as one, opened(tmp_path, clock) as other:
        (mine,), (theirs, another) = await runs(one, "a"), await runs(other, "b", "c")

        assert 0 == await berths(one, clock).take("acc", mine, KEY, 1)
        assert 1 == await berths(other, clock).take("acc", theirs, KEY, 1)
        assert 0 == await berths(other, clock).take("other", another, KEY, 1)


async def test_a_show_with_many_runs_does_not_starve_another(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places = berths(journal, clock)
        greedy = await runs(journal, "big 1", "big 2", "big 3")
        for run in greedy:
            await places.take("acc", run, KEY, 1)
            await clock.sleep(1)
        (small,) = await runs(journal, "small")
        await places.take("acc", small, KEY, 1)
        await places.take("acc", greedy[1], KEY, 1)

        # two places now: `big` has one of them under way, `small` has none
        assert 0 == await places.take("acc", small, KEY, 2)
        assert 0 < await places.take("acc", greedy[1], KEY, 2)


async def test_who_died_in_the_line_holds_nobody_up_and_who_died_rendering_keeps_the_place(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        async with opened(tmp_path, clock) as gone:
            rendering, waiting = await runs(gone, "a", "b")
            assert 0 == await berths(gone, clock).take("acc", rendering, KEY, 1)
            assert 1 == await berths(gone, clock).take("acc", waiting, KEY, 1)
        (next_,) = await runs(journal, "c")
        places = berths(journal, clock)

        assert 1 == await places.take("acc", next_, KEY, 1)  # the job goes on at the service
        await places.give_back("acc", rendering, KEY)
        assert 0 == await places.take("acc", next_, KEY, 1)


async def test_a_place_that_nobody_gave_back_is_free_after_a_day(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places = berths(journal, clock)
        one, two = await runs(journal, "a", "b")
        await places.take("acc", one, KEY, 1)
        await clock.sleep(25 * 3600)

        assert 0 == await places.take("acc", two, KEY, 1)


def test_a_long_line_asks_rarely() -> None:
    assert [1.5, 11.0, 60.0] == [pause(1, 2), pause(20, 2), pause(1000, 10)]


async def test_runs_queue_for_heygen_and_all_air(tmp_path: Path, database: str) -> None:
    async with HeyGen() as heygen:
        heygen.render_seconds = 0.3
        towns = []
        for number in range(6):
            folder = tmp_path / str(number)
            folder.mkdir()
            town = Town(folder)
            town.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, "poll": 0.1}
            town.settings = town.settings.model_copy(update={"broadcast_data_dir": tmp_path / "data"})
            town.tree["title"] = f"Town {number}"
            town.on(database)
            towns.append(town)

        reports = await asyncio.gather(*(town.air(SLOT, name=f"town-{n}") for n, town in enumerate(towns)))

        assert {"aired"} == {report.status for report in reports}, described(reports[0])
        assert 2 >= heygen.ledger.peak
        assert 6 == len(heygen.renders)


async def test_patience_that_ends_in_the_line_pays_nothing(tmp_path: Path, database: str) -> None:
    async with HeyGen() as heygen, opened(tmp_path) as journal:
        town = Town(tmp_path)
        town.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, "concurrent": 1}
        town.on(database)
        way = town.show().editions[0].ways[0]
        (other,) = await runs(journal, "other")
        await Berths(journal.store, SystemClock(), journal.worker).take(way.renderer.account, other, KEY, 1)

        report = await town.air(SLOT, patience=timedelta(0))

        assert ("unfinished", "Waiting") == (report.status, report.editions[0].kind)
        assert [] == heygen.renders
        assert () == report.cost.items, "money is set aside for what was not asked for"
