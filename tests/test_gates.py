"""A person approves before a run pays or publishes: the first answer counts, and the deadline is one as well."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described

from broadcast import runner
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


async def test_of_two_answers_the_first_counts_and_the_other_is_told_so(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
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


async def test_a_hundred_answers_at_once_and_a_deadline_come_to_one(tmp_path: Path) -> None:
    town, clock = asking(tmp_path), FakeClock()
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


async def test_an_answer_after_the_deadline_is_too_late(tmp_path: Path) -> None:
    town, clock = asking(tmp_path, then="air"), FakeClock()
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
