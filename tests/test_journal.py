"""`step` may be done again; `once` must not be done twice."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from journals import opened, report, story

from broadcast.errors import Lost, Refused, Rejected, Unavailable, Unconfirmed
from broadcast.journal.told import Choosing
from broadcast.plugins import Keep
from broadcast.types import Past

pytestmark = pytest.mark.usefixtures("database")  # every test runs on both


class Deed:
    """Something that is done, or raises, and counts how often it was begun."""

    def __init__(self, *results: str | BaseException) -> None:
        self.results, self.begun, self.kept = list(results), 0, [dict[str, str]()]

    async def step(self) -> str:
        self.begun += 1
        result = self.results.pop(0)
        if isinstance(result, BaseException):
            raise result
        return result

    async def once(self, keep: Keep, kept: Mapping[str, str]) -> str:
        self.kept.append(dict(kept))
        return await self.step()


async def test_a_step_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed("first", "second")
        run = await journal.claim()
        await run.step("write", str, deed.step)

        again = await (await journal.again(run)).step("write", str, deed.step)

    assert ("first", 1) == (again, deed.begun)


async def test_a_step_that_failed_is_done_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(Unavailable("not now"), "second")
        run = await journal.claim()
        with pytest.raises(Unavailable):
            await run.step("write", str, deed.step)

        assert "second" == await (await journal.again(run)).step("write", str, deed.step)


async def test_what_was_done_once_is_not_done_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed("paid")
        run = await journal.claim()
        await run.once("submit", str, deed.once)

        again = await (await journal.again(run)).once("submit", str, deed.once)

    assert ("paid", 1) == (again, deed.begun)


@pytest.mark.parametrize("error", [Unconfirmed("no answer"), ValueError("a bug"), asyncio.CancelledError()])
async def test_a_deed_without_outcome_is_never_repeated(tmp_path: Path, error: BaseException) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(error, "twice")
        run = await journal.claim()
        with pytest.raises((Unconfirmed, asyncio.CancelledError)):
            await run.once("submit", str, deed.once)

        with pytest.raises(Unconfirmed, match="may have happened"):
            await (await journal.again(run)).once("submit", str, deed.once)

    assert 1 == deed.begun


@pytest.mark.parametrize("error", [Unavailable("busy"), Rejected("too long"), Refused("no credit")])
async def test_a_deed_that_surely_did_not_happen_is_tried_again(tmp_path: Path, error: Exception) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(error, "done")
        run = await journal.claim()
        with pytest.raises(type(error)):
            await run.once("submit", str, deed.once)

        assert "done" == await (await journal.again(run)).once("submit", str, deed.once)


async def test_the_intention_is_written_before_the_deed(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        seen = []

        async def deed(keep: Keep, kept: Mapping[str, str]) -> str:
            found = await journal.runs.find(run.id)
            assert found
            seen.extend((item.key, item.done) for item in found[1])
            return "done"

        await run.once("submit", str, deed)

    assert [("submit", False)] == seen


async def test_a_service_that_can_be_asked_settles_the_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(Unconfirmed("no answer"))
        run = await journal.claim()
        with pytest.raises(Unconfirmed):
            await run.once("submit", str, deed.once)

        async def found(kept: Mapping[str, str]) -> str | None:
            return "it was there"

        answer = await (await journal.again(run)).once("submit", str, deed.once, reconcile=found)

    assert ("it was there", 1) == (answer, deed.begun)


async def test_a_service_that_knows_nothing_of_it_is_asked_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(Unconfirmed("no answer"), "paid now")
        run = await journal.claim()
        with pytest.raises(Unconfirmed):
            await run.once("submit", str, deed.once)

        async def nothing(kept: Mapping[str, str]) -> str | None:
            return None

        assert "paid now" == await (await journal.again(run)).once("submit", str, deed.once, reconcile=nothing)


async def test_a_repeatable_deed_has_nothing_to_doubt(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed(Unconfirmed("no answer"), "done")
        run = await journal.claim()
        with pytest.raises(Unconfirmed):
            await run.once("file", str, deed.once, repeatable=True)

        assert "done" == await (await journal.again(run)).once("file", str, deed.once, repeatable=True)


async def test_a_handle_that_was_kept_reaches_the_next_try(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()

        async def cut_off(keep: Keep, kept: Mapping[str, str]) -> str:
            await keep("file_id", "F1")
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await run.once("send", str, cut_off, repeatable=True)
        deed = Deed("done")
        await (await journal.again(run)).once("send", str, deed.once, repeatable=True)

    assert {"file_id": "F1"} == deed.kept[-1]


async def test_a_process_that_lost_its_run_writes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        deed = Deed("late", "later")
        stale = await journal.claim()
        fresh = await journal.again(stale)

        with pytest.raises(Lost):
            await stale.step("write", str, deed.step)
        with pytest.raises(Lost):
            await stale.once("submit", str, deed.once)
        with pytest.raises(Lost):
            await stale.finish(report(stale, "aired"))

        assert (None, 1) == (fresh.recall("write", str), deed.begun)  # the paid deed was not even begun


async def test_a_reserved_story_is_seen_by_other_runs_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run, one = await journal.claim(), story("1")
        told: list[frozenset[str]] = []

        def decide(past: Past) -> Choosing[str]:
            told.append(past.told)
            return Choosing("chosen", ((one, {"wire/1", "https://example.com/1"}),))

        await run.choose("choose", str, decide)
        other = await journal.claim(slot=run.slot.replace(hour=18))
        await other.choose("choose", str, decide)

    assert [frozenset(), frozenset({"wire/1", "https://example.com/1"})] == told


async def test_a_choice_is_made_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        await run.choose("choose", str, lambda told: Choosing("first"))

        assert "first" == await (await journal.again(run)).choose("choose", str, lambda told: Choosing("second"))


async def test_stories_that_were_not_told_are_let_go_when_the_run_is_final(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        run = await journal.claim()
        reserved = (
            (story("told"), {"wire/told"}),
            (story("spare"), {"wire/spare"}),
            (story("mute"), {"wire/mute"}),
        )
        await run.choose("choose", str, lambda told: Choosing("", reserved))
        await run.tell(["wire/told"])
        await run.tell(["wire/mute"], passed=True)
        await run.finish(report(run, "aired"))

        assert {"wire/told", "wire/mute"} == await journal.runs.told("news")
