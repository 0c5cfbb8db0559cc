"""A person approves before a run pays or publishes: the first answer counts, and the deadline is one as well."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described

from broadcast import after, runner
from broadcast.errors import ConfigError
from broadcast.journal.approvals import DEADLINE, Approval
from broadcast.reporting import exit_code
from broadcast.testing import FakeClock
from broadcast.types import Report

SLOT = FakeClock().now()


def asking(folder: Path, **approval: Any) -> Town:
    town = Town(folder)
    ask = {"panel": town.of("Panel", to=["@editors"])}
    town.tree["approval"] = {"script": True, "ask": ask, "wait": "2h", **approval}
    return town


def answers(town: Town, *lines: str) -> None:
    town.ledger.with_suffix(".answers").write_text("\n".join(lines))


async def gates(town: Town, report: Report) -> tuple[Approval, ...]:
    async with runner.on_duty(town.settings) as station:
        return await station.approvals.of_run(report.run)


async def test_nothing_is_paid_before_the_script_is_approved(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
    first = await town.air(SLOT, clock=clock)
    again = await town.air(SLOT, clock=clock)

    assert [4, 4] == [exit_code(first), exit_code(again)], described(first)
    assert "waits for an answer until" in str(first.editions[0].error)
    assert "then it is dropped" in str(first.editions[0].error)
    assert 1 == len(town.lines("ask")), "it asks once"
    assert [] == town.lines("pay") + town.lines("post")

    answers(town, "yes ann")
    report = await town.air(SLOT, clock=clock)
    assert "aired" == report.status, described(report)
    assert 1 == len(town.lines("pay"))
    assert ["tell ann Thank you: the script is approved."] == town.lines("tell")
    assert any("approved (by ann, panel)" in note for note in report.editions[0].notes)


async def test_what_is_rejected_is_neither_paid_nor_sent(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
    await town.air(SLOT, clock=clock)
    answers(town, "no ben")
    report = await town.air(SLOT, clock=clock)

    assert "failed" == report.status
    assert "the script was rejected (by ben, panel)" in str(report.editions[0].error)
    assert [] == town.lines("pay") + town.lines("post")


async def test_a_video_is_paid_and_held_until_it_is_approved(tmp_path: Path) -> None:
    town, clock = asking(tmp_path, script=False, video=True), FakeClock()
    first = await town.air(SLOT, clock=clock)

    assert 4 == exit_code(first), described(first)
    assert (1, 0) == (len(town.lines("pay")), len(town.lines("post")))
    answers(town, "yes ann")
    assert "aired" == (await town.air(SLOT, clock=clock)).status
    assert (1, 1) == (len(town.lines("pay")), len(town.lines("post")))


@pytest.mark.parametrize(("then", "status", "posts"), [("air", "aired", 1), ("drop", "failed", 0)])
async def test_when_nobody_answers_in_time_it_goes_as_the_question_said(
    tmp_path: Path, then: str, status: str, posts: int
) -> None:
    town, clock = asking(tmp_path, then=then), FakeClock()
    await town.air(SLOT, clock=clock)
    await clock.sleep(2 * 3600)
    report = await town.air(SLOT, clock=clock)

    assert (status, posts) == (report.status, len(town.lines("post"))), described(report)
    assert "nobody answered in time" in described(report)
    assert [DEADLINE] == [gate.via for gate in await gates(town, report)]


async def test_of_two_answers_the_first_counts_and_the_other_is_told_so(tmp_path: Path, database: str) -> None:
    town, clock = asking(tmp_path), FakeClock()
    town.on(database)
    await town.air(SLOT, clock=clock)
    answers(town, "no ben", "yes ann")
    report = await town.air(SLOT, clock=clock)

    assert "failed" == report.status
    assert [
        "tell ben Thank you: the script is rejected.",
        "tell ann ben was first: the script was rejected.",
    ] == town.lines("tell")


async def test_only_those_who_are_named_may_answer(tmp_path: Path) -> None:
    town, clock = asking(tmp_path, by=["@Ann"]), FakeClock()
    await town.air(SLOT, clock=clock)
    answers(town, "yes mallory")
    assert 4 == exit_code(await town.air(SLOT, clock=clock))
    assert ["tell mallory You are not among those who may answer."] == town.lines("tell")

    answers(town, "yes ann")
    assert "aired" == (await town.air(SLOT, clock=clock)).status


@pytest.mark.parametrize("trouble", ["unavailable", "refused", "bug"])
async def test_one_who_cannot_be_asked_is_noted_and_the_gate_stands(tmp_path: Path, trouble: str) -> None:
    town, clock = asking(tmp_path), FakeClock()
    town.tree["approval"]["ask"]["other"] = town.of("Panel", to=["@others"], trouble=trouble)
    report = await town.air(SLOT, clock=clock)

    assert 4 == exit_code(report)
    assert any("@others could not be asked" in note for note in report.editions[0].notes), described(report)
    assert 1 == len(town.lines("ask"))


async def test_a_hundred_answers_at_once_and_a_deadline_come_to_one(tmp_path: Path, database: str) -> None:
    town, clock = asking(tmp_path), FakeClock()
    town.on(database)
    report = await town.air(SLOT, clock=clock)
    [gate] = await gates(town, report)
    async with (
        runner.on_duty(town.settings, clock=clock) as station,
        runner.on_duty(town.settings, clock=clock) as other,
    ):
        each = [
            one.approvals.answer(gate.token, verdict, who=f"{number}", via="console")
            for number in range(25)
            for one in (station, other)
            for verdict in ("approved", "rejected")
        ]
        await clock.sleep(0)
        found = await asyncio.gather(*each, station.approvals.lapse(gate.token))
        [first] = [who for who in found[:-1] if who[0]]  # type: ignore[index]

        assert {first[1].who} == {one[1].who for one in found[:-1]}  # type: ignore[index]
        assert 1 == len(await station.audit.newest(limit=200, run=report.run))


@pytest.mark.parametrize("seconds", [-1, 0])
async def test_around_the_second_of_the_deadline_there_is_one_outcome_and_one_record(
    tmp_path: Path, database: str, seconds: int
) -> None:
    town, clock = asking(tmp_path, then="drop"), FakeClock()
    town.on(database)
    report = await town.air(SLOT, clock=clock)
    [gate] = await gates(town, report)
    await clock.sleep((gate.ends - clock.now()).total_seconds() + seconds)
    async with (
        runner.on_duty(town.settings, clock=clock) as station,
        runner.on_duty(town.settings, clock=clock) as other,
    ):
        answered, *_ = await asyncio.gather(
            station.approvals.answer(gate.token, "approved", who="ann", via="console"),
            *(one.approvals.lapse(gate.token) for one in (station, other) * 5),
        )
        [entry] = await station.audit.newest(limit=9, run=report.run)
    counts, in_time = answered[0], seconds < 0
    assert in_time == counts
    assert ("approve", "ann", "console") if in_time else ("reject", "nobody", DEADLINE) == (
        entry.deed, entry.who, entry.via,
    )  # fmt: skip
    assert ("aired" if in_time else "failed") == (await town.air(SLOT, clock=clock)).status


async def test_an_answer_after_the_deadline_is_too_late(tmp_path: Path, database: str) -> None:
    town, clock = asking(tmp_path, then="air"), FakeClock()
    town.on(database)
    report = await town.air(SLOT, clock=clock)
    [gate] = await gates(town, report)
    await clock.sleep(2 * 3600 + 1)
    async with runner.on_duty(town.settings, clock=clock) as station:
        counts, standing = await station.approvals.answer(gate.token, "rejected", who="ann", via="console")

    assert standing
    assert (False, "approved", DEADLINE) == (counts, standing.verdict, standing.via)


async def test_each_edition_has_gates_of_its_own(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"])
    town.tree["editions"] = {"main": {"channels": ["chat"]}, "short": {"seconds": 20, "channels": ["other"]}}
    report = await town.air(SLOT, clock=clock)

    assert {"script/main", "script/short"} == {gate.gate for gate in await gates(town, report)}
    async with runner.on_duty(town.settings, clock=clock) as station:
        for gate in await station.approvals.of_run(report.run):
            verdict = "approved" if gate.gate.endswith("short") else "rejected"
            await station.approvals.answer(gate.token, verdict, who="ann", via="console")
    report = await town.air(SLOT, clock=clock)
    assert "partial" == report.status
    assert [line for line in town.lines("post") if "@other" in line] == town.lines("post")


@pytest.mark.parametrize(
    ("approval", "says"),
    [
        ({"wait": "1h"}, "say what is asked about"),
        ({"script": True, "then": "wait"}, "then"),
        ({"script": True, "ask": {"f": {"use": "folder", "path": "out"}}}, "cannot ask anybody"),
        ({"scripts": True}, "did you mean `script`|there is no key"),
    ],
)
def test_what_cannot_be_a_gate_says_why(tmp_path: Path, approval: dict[str, Any], says: str) -> None:
    town = Town(tmp_path, approval=approval)
    with pytest.raises(ConfigError, match=says):
        town.show()


async def test_a_run_that_asks_outlives_its_grace_and_a_cancelled_one_asks_no_more(tmp_path: Path) -> None:
    town, clock = asking(tmp_path, wait="72h", then="air", ask={}), FakeClock()
    report = await town.air(SLOT, clock=clock)
    await clock.sleep(71 * 3600)
    assert 4 == exit_code(await town.air(SLOT, clock=clock)), "grace is 24 hours"
    [gate] = await gates(town, report)
    async with runner.on_duty(town.settings, clock=clock) as station:
        assert [gate.token] == [one.token for one in await station.approvals.unanswered()]
        await after.cancel(station, report.run, "ann")
        assert () == await station.approvals.unanswered()
        assert (False, None) == await station.approvals.answer(gate.token, "approved", who="ben", via="console")


async def test_an_answer_that_is_taken_twice_after_a_crash_is_thanked_for_twice(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
    await town.air(SLOT, clock=clock)
    answers(town, "yes ann", "yes ann", "no ann")
    await town.air(SLOT, clock=clock)
    assert [
        "tell ann Thank you: the script is approved.",
        "tell ann Thank you: the script is approved.",
        "tell ann ann was first: the script was approved.",
    ] == town.lines("tell")


async def test_a_dub_says_what_was_approved_and_nobody_is_asked_twice(tmp_path: Path) -> None:
    town, clock = asking(tmp_path, ask={}), FakeClock()
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"])
    dub = {"via": {"use": "translate", "key": "k" * 32}, "language": "es", "channels": ["other"]}
    town.tree["editions"] = {"main": {"channels": ["chat"]}, "es": dub}
    report = await town.air(SLOT, clock=clock)

    assert ["script/main"] == [gate.gate for gate in await gates(town, report)]
    assert (4, "unfinished") == (exit_code(report), report.status)
    assert "it dubs 'main', which waits for an answer" == report.editions[1].error
