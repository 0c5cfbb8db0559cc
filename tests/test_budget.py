"""What a show does at a limit: the next renderer or writer, or it is held; and who is told before that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from newsroom import claude
from studio import studio

from broadcast import runner, settings
from broadcast.errors import ConfigError
from broadcast.journal.runs import Row
from broadcast.reporting import exit_code
from broadcast.testing import Anthropic, FakeClock, HeyGen
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
HELD = "it is held, and nothing was paid for it"


def town(folder: Path, **budget: Any) -> Town:
    """Give a show that pays two dollars for its render, and has a free renderer behind that."""
    one = Town(folder, budget=budget, window="24h")
    one.tree["renderer"] = [one.of("Priced"), one.of("FreeStudio")]
    one.tree["alerts"] = one.of("Talk", to=["@ops"])
    return one


def of_all(one: Town, **limits: float) -> Town:
    """Limit what all shows of the installation spend together."""
    changes = {f"broadcast_budget_{name}": usd for name, usd in limits.items()}
    one.settings = one.settings.model_copy(update=changes)
    return one


async def air(one: Town, slot: datetime = SLOT, name: str = "town") -> Report:
    one.tree["sources"]["wire"] = one.of("Wire", prefix=f"{name}-{slot:%m%d-%H}")
    return await one.air(slot, clock=FakeClock(slot), name=name)


async def row(one: Town, report: Report) -> Row:
    async with runner.on_duty(one.settings, rehearsal=True) as station:
        found = await station.runs.find(report.run)
        assert found
        return found[0]


# --- held


@pytest.mark.parametrize(
    ("budget", "whole", "remedy"),
    [
        ({"run": 1}, {}, "raise `budget: run`, then"),
        ({"day": 1}, {}, "raise `budget: day` or wait for the next day, then"),
        ({"month": 1}, {}, "raise `budget: month` or wait for the next month, then"),
        ({}, {"day": 1}, "raise BROADCAST_BUDGET_DAY or wait for the next day, then"),
        ({"month": 50}, {"month": 1}, "raise BROADCAST_BUDGET_MONTH or wait for the next month, then"),
    ],
)
async def test_a_run_that_may_not_pay_is_held_with_the_command_that_goes_on_and_airs_when_the_limit_is_raised(
    tmp_path: Path, budget: dict[str, float], whole: dict[str, float], remedy: str
) -> None:
    one = of_all(town(tmp_path, **budget, over="hold"), **whole)

    report = await air(one)

    (edition,) = report.editions
    assert ("unfinished", 4, True) == (report.status, exit_code(report), edition.held), described(report)
    assert HELD in str(edition.error)
    assert f"{remedy} broadcast run town --slot 2026-11-23T17:00:00Z" in str(edition.error)
    assert (await row(one, report)).held
    assert [] == one.lines("pay") + one.lines("post")
    assert 1 == len(one.lines("say"))
    assert "raise" in one.lines("say")[0]

    one.tree["budget"] = {}
    of_all(one, day=9, month=9)
    report = await air(one)

    assert "aired" == report.status, described(report)
    assert ["pay main"] == one.lines("pay")
    assert 1 == len(one.lines("fetch"))


async def test_a_run_is_not_held_for_money_while_something_of_it_may_be_tried_again(tmp_path: Path) -> None:
    one = town(tmp_path, month=1, over="hold")
    for name in ("chat", "other"):
        one.tree["channels"][name] = one.of("Chat", trouble="unavailable", all=True)
    one.tree["editions"] = {"wide": {"channels": ["chat"]}, "tall": {"channels": ["other"]}}
    one.tree["renderer"] = [one.of("Priced", price=0.6)]

    report = await air(one)

    assert "unfinished" == report.status, described(report)
    assert [False, True] == sorted(edition.held for edition in report.editions)
    assert not (await row(one, report)).held


async def test_a_show_that_degrades_airs_what_is_free_and_says_why(tmp_path: Path) -> None:
    one = of_all(town(tmp_path, run=9), month=1.5)

    report = await air(one)

    assert "aired" == report.status, described(report)
    assert report.editions[0].video
    assert "FreeStudio" == report.editions[0].video.renderer
    assert "Priced: it would cost 2.00 USD, and 1.50 of the month's budget of all shows are left" in described(
        report
    )
    assert 0 == report.cost.usd


async def test_a_writer_that_may_not_be_paid_holds_the_run_when_those_asked_meanwhile_have_ended(
    tmp_path: Path,
) -> None:
    one = town(tmp_path, run=0.6, over="hold")
    one.tree["writer"] = [one.of("Scribe"), "extractive"]

    report = await air(one)

    assert report.editions[0].held, described(report)
    assert 1 == len(one.lines("write"))
    assert [] == one.lines("pay")

    one.tree["budget"] = {}
    assert "aired" == (await air(one)).status


async def test_a_price_that_is_not_known_holds_a_show_that_would_rather_wait(tmp_path: Path) -> None:
    one = town(tmp_path, month=100, over="hold")
    one.tree["renderer"] = [one.of("Studio"), one.of("FreeStudio")]

    report = await air(one)

    assert report.editions[0].held
    assert "its price is not known, and the show has a budget" in described(report)
    assert [] == one.lines("pay")


# --- whatever costs money asks first


@asynccontextmanager
async def paid(folder: Path, what: str) -> AsyncIterator[tuple[Town, Any, FakeClock]]:
    """Give a show that would pay for one thing, and the service that it would pay."""
    clock = FakeClock(SLOT + timedelta(seconds=5))
    if what == "script":
        async with Anthropic() as anthropic:
            one = Town(folder)
            one.tree |= {"writer": [claude(anthropic)], "renderer": one.of("FreeStudio")}
            yield one, lambda: anthropic.spent, clock
    elif what == "speech":
        async with HeyGen(clock=clock) as heygen:
            one = Town(folder, language="de", seconds=20)
            one.tree["sources"]["wire"]["language"] = "de"
            voice = {"use": "heygen", "voice_id": "daphne_german", "key": heygen.key, "base": heygen.url}
            one.tree["renderer"] = [{**one.of("Booth"), "use": "booth:Booth", "voice": voice}]
            yield one, lambda: len(heygen.paid), clock
    elif what == "translation":
        async with studio(folder) as room:
            one, heygen = room.town, room.heygen
            dub = {"use": "translate", "key": heygen.key, "base": heygen.url}
            one.tree["channels"]["other"] = one.of("Chat", to=["@pueblo"])
            one.tree["renderer"] = one.of("FreeStudio")
            one.tree["editions"] = {"main": {}, "es": {"via": dub, "language": "es", "channels": ["other"]}}
            yield one, lambda: len(heygen.proofreads) + len(heygen.renders), room.clock
    else:
        via = {"via": "videos", "avatar_id": "Daphne_public_look_1"} if what != "render" else {}
        async with studio(folder, **via) as room:
            if what == "narrated":
                del via["via"]
                clip = {"key": room.heygen.key, "base": room.heygen.url, "voice_id": "daphne_english", **via}
                room.town.tree["renderer"] = {"use": "narrated", "clip": clip}
            yield room.town, lambda: len(room.heygen.renders), room.clock


@pytest.mark.parametrize("whose", ["the show", "all shows"])
@pytest.mark.parametrize("over", ["degrade", "hold"])
@pytest.mark.parametrize("what", ["script", "speech", "translation", "render", "avatar", "narrated"])
async def test_whatever_costs_money_is_not_asked_for_beyond_a_limit(
    tmp_path: Path, what: str, over: str, whose: str
) -> None:
    async with paid(tmp_path, what) as (one, spent, clock):
        one.tree["budget"] = {"over": over} | ({"month": 0.0001} if whose == "the show" else {})
        if whose == "all shows":
            of_all(one, day=0.0001)
        report = await one.air(SLOT, clock=clock)

        assert 0 == spent(), described(report)
        left = "month's budget are left" if whose == "the show" else "day's budget of all shows are left"
        assert left in described(report)
        assert (over == "hold") is any(edition.held for edition in report.editions), described(report)


@pytest.mark.parametrize("what", ["script", "speech", "translation", "render", "avatar"])
async def test_without_a_limit_it_is_asked_for(tmp_path: Path, what: str) -> None:
    async with paid(tmp_path, what) as (one, spent, clock):
        for _ in range(3):
            report = await one.air(SLOT, clock=clock)
            await clock.sleep(600)

        assert spent() > 0, described(report)


# --- told before it comes to that


async def test_a_month_that_is_nearly_spent_is_in_every_report_and_alerts_once(tmp_path: Path) -> None:
    one = town(tmp_path, month=6, warn=0.6)
    day = timedelta(days=1)

    reports = [await air(one, SLOT + number * day) for number in range(4)]

    notes = [[note for note in report.notes if "month's budget" in note] for report in reports]
    near = "{} of the 6.00 USD of the month's budget are spent ({})"
    assert [[], [near.format("4.00", "67%")], [near.format("6.00", "100%")], [near.format("6.00", "100%")]] == notes
    assert [False, True, True, True] == [report.cost.limits[0].near for report in reports]
    assert 1 == len(one.lines("say"))
    assert "4.00 of the 6.00 USD" in one.lines("say")[0]

    for number in (8, 9):  # the next month
        report = await air(one, SLOT + number * day)
    assert "2026-12" == report.cost.limits[0].period
    assert 2 == len(one.lines("say"))
    assert not any("works again" in line for line in one.lines("say"))


async def test_what_is_left_of_the_budget_of_all_shows_is_told_once_whichever_show_comes_to_it(
    tmp_path: Path,
) -> None:
    one = of_all(town(tmp_path), day=4, month=50)

    for name in ("town", "village", "hamlet"):
        report = await air(one, name=name)

    assert ["all shows", "all shows"] == [limit.of for limit in report.cost.limits]
    assert (4.0, True) == (report.cost.limits[0].spent, report.cost.limits[0].near)
    assert 1 == len(one.lines("say"))
    assert "of the day's budget of all shows are spent" in one.lines("say")[0]


async def test_a_budget_of_nothing_is_no_news(tmp_path: Path) -> None:
    one = town(tmp_path, month=0)

    report = await air(one)

    assert "aired" == report.status
    assert not any("budget" in note for note in report.notes), described(report)
    assert [] == one.lines("say")


async def test_a_rehearsal_says_nothing_of_money(tmp_path: Path) -> None:
    report = await town(tmp_path, month=1).air(SLOT, dry_run=True)

    assert () == report.cost.limits


# --- settings


@pytest.mark.parametrize("said", ["-1", "ten", "nan", "inf"])
def test_a_budget_that_is_no_amount_names_its_variable(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("BROADCAST_BUDGET_DAY", said)

    with pytest.raises(ConfigError, match="BROADCAST_BUDGET_DAY"):
        settings.load()


def test_a_budget_that_is_there_and_says_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADCAST_BUDGET_DAY", "")
    monkeypatch.setenv("BROADCAST_BUDGET_MONTH", "12.5")

    assert (None, 12.5) == (settings.load().budget.day, settings.load().budget.month)


@pytest.mark.parametrize("budget", [{"warn": 0}, {"warn": 1.2}, {"over": "stop"}, {"year": 3}])
def test_a_limit_that_cannot_be_is_refused(tmp_path: Path, budget: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="budget"):
        town(tmp_path, **budget).show()
