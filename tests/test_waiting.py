"""Runs that wait share what they ask: looks at the service, and looks at the line for a place."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from journals import SLOT, opened
from patience import PATIENCE
from studio import studio

from broadcast import runner
from broadcast.clock import SystemClock, Turnstile
from broadcast.clock import rest as resting
from broadcast.errors import Crowded, Rejected
from broadcast.journal.berths import Berths
from broadcast.reporting import exit_code
from broadcast.testing import FakeClock, HeyGen
from broadcast.together import ALONE, Together
from broadcast.types import Report

KEY = "submit/main/heygen/1"
SUBMIT = "POST /v3/video-agents"
STAGES = "GET /v3/videos/statuses"
VIDEO = "GET /v3/videos/{id}"


class Asking:
    """Somebody who asks, and remembers what was asked in one call."""

    def __init__(self, **said: Any) -> None:
        self.said, self.calls, self.error = said, list[Sequence[str]](), None

    async def __call__(self, subjects: Sequence[str]) -> Mapping[str, Any]:
        self.calls.append(subjects)
        if self.error:
            raise self.error
        return self.said

    error: Exception | None


async def test_who_asks_alone_is_told_so_at_once() -> None:
    together, asking = Together(FakeClock()), Asking(a=1)

    answers = [await together("one", "a", asking, most=9, within=1) for _ in range(3)]

    assert ([None] * 3, []) == (answers, asking.calls)


async def test_what_is_asked_in_a_moment_is_asked_in_one_call() -> None:
    together, asking = Together(SystemClock()), Asking(a=1, b=2)
    await together("one", "z", asking, most=9, within=0.01)

    answers = await asyncio.gather(*(together("one", who, asking, most=9, within=0.01) for who in "aabc"))

    assert ([1, 1, 2, None], [("a", "b", "c")]) == (answers, asking.calls)


async def test_no_call_asks_about_more_than_may_be_asked() -> None:
    together, asking = Together(SystemClock()), Asking()
    await together("one", "z", asking, most=3, within=0.01)

    await asyncio.gather(*(together("one", str(who), asking, most=3, within=0.01) for who in range(8)))

    assert [3, 3, 2] == [len(call) for call in asking.calls]


async def test_names_do_not_meet_and_company_that_left_is_not_waited_for() -> None:
    clock = FakeClock()
    together, asking = Together(clock), Asking(a=1)
    await together("one", "z", asking, most=9, within=1)
    assert await together("other", "a", asking, most=9, within=1) is None
    assert 1 == await together("one", "a", asking, most=9, within=1)
    clock.forward(ALONE.total_seconds() + 1)

    assert await together("one", "a", asking, most=9, within=1) is None


async def test_who_asked_first_may_leave_and_what_goes_wrong_is_told_to_all() -> None:
    together, asking = Together(SystemClock()), Asking(b=2)
    await together("one", "z", asking, most=9, within=0.05)
    first = asyncio.create_task(together("one", "a", asking, most=9, within=0.05))
    await asyncio.sleep(0)
    second = asyncio.create_task(together("one", "b", asking, most=9, within=0.05))
    await asyncio.sleep(0.01)
    first.cancel()
    assert 2 == await second

    asking.error = Rejected("no")
    ends = await asyncio.gather(
        *(together("one", who, asking, most=9, within=0.01) for who in "ab"), return_exceptions=True
    )
    assert [Rejected, Rejected] == [type(end) for end in ends]


async def test_what_is_open_at_the_end_is_left() -> None:
    together, asking = Together(SystemClock()), Asking()
    await together("one", "z", asking, most=9, within=60)
    open_ = asyncio.create_task(together("one", "a", asking, most=9, within=60))
    await asyncio.sleep(0)

    await together.close()

    with pytest.raises(asyncio.CancelledError):
        await open_


# --- looks at HeyGen


async def crowd(folder: Path, heygen: HeyGen, count: int, **way: Any) -> list[Report]:
    """Air so many shows in one process, all renders at once."""
    town = Town(folder)
    renderer = {"use": "heygen", "key": heygen.key, "base": heygen.url, "poll": 0.2, "concurrent": count}
    town.tree["renderer"] = renderer | way
    heygen.limit = count
    async with runner.on_duty(town.settings) as station:
        return await asyncio.gather(
            *(runner.run(station, town.show(f"town-{number}"), SLOT) for number in range(count))
        )


@pytest.mark.parametrize("via", ["agent", "videos"])
async def test_runs_of_one_key_look_together(tmp_path: Path, via: str) -> None:
    async with HeyGen() as heygen:
        heygen.render_seconds, heygen.thinks = 3.0, 0.0

        reports = await crowd(tmp_path, heygen, 8, via=via, avatar_id="Daphne_public_look_1")

        assert {"aired"} == {report.status for report in reports}, described(reports[0])
        together, alone = heygen.count(STAGES), heygen.count(VIDEO)
        assert 0 < together
        assert alone <= 8 * 4, f"{alone} looks at single videos, {together} at many"
        assert [] == heygen.refused


async def test_a_run_alone_looks_at_its_own_video(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        report = await one.air()

        assert ("aired", 0) == (report.status, one.heygen.count(STAGES))
        assert 1 < one.heygen.count(VIDEO)


@pytest.mark.parametrize(
    "what", ["drop", "garbage", "blank", "error-in-200", "null-ids", "unknown-status", 400, 403, 404, 500, 429]
)
async def test_where_many_cannot_be_asked_about_at_once_each_is(tmp_path: Path, what: Any) -> None:
    async with HeyGen() as heygen:
        heygen.render_seconds, heygen.thinks = 1.0, 0.0
        times = 2 if what == 429 else None  # that is waited out: the service wants to be left alone
        heygen.fault(STAGES, what, times=times, **({"retry_after": 0} if what == 429 else {}))

        reports = await crowd(tmp_path, heygen, 4)

        assert {"aired"} == {report.status for report in reports}, described(reports[0])
        assert 0 < heygen.count(STAGES)
        assert 4 == len(heygen.renders)


async def test_a_render_that_fails_among_many_is_seen_to_fail(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        heygen.render_seconds, heygen.thinks = 1.0, 0.0
        heygen.fault("render", "fails", reason="the narrator is gone")

        reports = await crowd(tmp_path, heygen, 5)

        assert [1, 4] == sorted([report.status for report in reports].count(end) for end in ("failed", "aired"))
        assert 1 == sum("the narrator is gone" in described(report) for report in reports)


# --- no room at the service


async def test_an_account_that_others_keep_busy_is_waited_for(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(SUBMIT, 429, times=20, retry_after=45)
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert report.editions[0].video
        assert ("aired", "heygen") == (report.status, report.editions[0].video.renderer), described(report)
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("endpoint", [SUBMIT, "GET /v3/users/me"])
async def test_patience_that_ends_without_room_pays_nothing_and_goes_on_later(
    tmp_path: Path, endpoint: str
) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(endpoint, 429, times=200, retry_after=50)

        first = await one.air()
        early = (exit_code(first), first.editions[0].kind, len(one.heygen.renders), first.cost.items)
        one.heygen.calm()
        again = await one.air()

        assert (4, "Waiting", 0, ()) == early, described(first)
        assert "aired" == again.status, described(again)


async def test_a_quota_that_is_used_up_is_no_matter_of_waiting(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        body = b'{"error": {"code": "quota_exceeded", "message": "The month is used up"}}'
        one.abroad.put("/v3/users/me", body, status=429)
        one.town.tree["renderer"]["base"] = f"http://127.0.0.1:{one.abroad.port}"
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert report.editions[0].video
        assert ("aired", "FreeStudio") == (report.status, report.editions[0].video.renderer), described(report)


# --- the line


@pytest.mark.usefixtures("database")
async def test_a_burst_of_one_show_leaves_a_place_to_another(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places = Berths(journal.store, clock, journal.worker)
        first, *big = [await journal.claim("big", SLOT + timedelta(hours=n)) for n in range(4)]
        small = await journal.claim("small", SLOT + timedelta(hours=9))
        await places.take("acc", first, KEY, 1)
        for run in (*big, small):
            assert 0 < await places.take("acc", run, KEY, 1)
        await clock.sleep(2)

        # three places by now: one of `big` is under way; one more of it and that of `small` come before its third
        assert 0 < await places.take("acc", big[2], KEY, 3)
        assert 0 == await places.take("acc", small, KEY, 3)
        assert 0 == await places.take("acc", big[0], KEY, 3)
        assert 0 < await places.take("acc", big[1], KEY, 3)


@pytest.mark.usefixtures("database")
async def test_who_is_next_is_called_when_a_place_is_given_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        places = Berths(journal.store, SystemClock(), journal.worker)
        has, late, next_ = [await journal.claim(name, SLOT + timedelta(hours=n)) for name, n in
                            (("a", 0), ("b", 2), ("c", 1))]  # fmt: skip
        for run in (has, late, next_):
            await places.take("acc", run, KEY, 1)
        called = places.called("acc", next_, KEY)
        waits = asyncio.create_task(resting(SystemClock(), 600, called))

        await places.give_back("acc", has, KEY)

        await asyncio.wait_for(waits, PATIENCE)
        assert 0 == await places.take("acc", next_, KEY, 1)
        assert (other := places.called("acc", late, KEY))
        assert not other.is_set()


@pytest.mark.usefixtures("database")
async def test_who_was_cut_off_in_the_line_holds_nobody_up(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places = Berths(journal.store, clock, journal.worker)
        has, gone, next_ = [await journal.claim(name, SLOT + timedelta(hours=n)) for n, name in enumerate("abc")]
        for run in (has, gone, next_):
            await places.take("acc", run, KEY, 1)
        places.step_out("acc", gone, KEY)
        await places.give_back("acc", has, KEY)
        await clock.sleep(2)
        await places.take("acc", next_, KEY, 1)
        await clock.sleep(2)

        assert 0 == await places.take("acc", next_, KEY, 1)


async def test_a_long_line_of_one_process_is_looked_at_once_a_second(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    async with opened(tmp_path, clock) as journal:
        places, looks = Berths(journal.store, clock, journal.worker), 0
        runs = [await journal.claim(f"show-{n}") for n in range(30)]
        for run in runs:
            await places.take("acc", run, KEY, 2)
        real = journal.store.do

        async def counted(*args: Any, **options: Any) -> Any:
            nonlocal looks
            looks += 1
            return await real(*args, **options)

        journal.store.do = counted  # type: ignore[method-assign]
        for _ in range(5):
            await clock.sleep(2)
            await asyncio.gather(*(places.take("acc", run, KEY, 2) for run in runs[2:]))

        assert 5 == looks


# --- the loop


async def test_who_computes_lets_the_loop_go_round(tmp_path: Path) -> None:
    turn, seen, rounds = Turnstile(), list[int](), 0

    async def compute() -> None:
        await turn()
        seen.append(rounds)

    work = [asyncio.create_task(compute()) for _ in range(20)]
    while not all(task.done() for task in work):
        await asyncio.sleep(0)
        rounds += 1

    assert len(seen) == len(set(seen)), "two computed in one round of the loop"


def test_no_room_is_a_kind_of_unavailable() -> None:
    assert 7 == Crowded("busy", retry_after=7).retry_after
