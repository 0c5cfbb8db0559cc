"""The operator hears of failures: once when something breaks, once when it is back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airing import Town, described

from broadcast.errors import ConfigError
from broadcast.testing import FakeClock
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


def town(folder: Path, **alerts: str) -> Town:
    one = Town(folder)
    one.tree["alerts"] = one.of("Talk", to=["@ops"], **alerts)
    return one


async def day(one: Town, number: int) -> Report:
    """Air what that day has to tell."""
    one.tree["sources"]["wire"] = one.of("Wire", prefix=f"day-{number}")
    slot = SLOT + timedelta(days=number)
    return await one.air(slot, clock=FakeClock(slot))


async def test_a_channel_that_breaks_alerts_once_and_once_more_when_it_is_back(tmp_path: Path) -> None:
    one = town(tmp_path)
    assert "aired" == (await day(one, 0)).status
    assert [] == one.lines("say")

    one.tree["channels"]["chat"] |= {"trouble": "refused", "all": True}
    await day(one, 1)
    await day(one, 2)
    (broken,) = one.lines("say")
    one.tree["channels"]["chat"]["trouble"] = ""
    await day(one, 3)
    await day(one, 4)

    assert "Town News: something needs you (town@2026-11-24T17:00:00Z)" in broken
    assert "the service says refused" in broken
    assert "works again" in one.lines("say")[1]
    assert 2 == len(one.lines("say"))


async def test_every_post_in_doubt_is_told_with_the_command_that_settles_it(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["channels"]["chat"]["trouble"] = "unconfirmed"
    for number in range(2):
        await day(one, number)

    first, second = one.lines("say")

    assert "broadcast settle town@2026-11-23T17:00:00Z deliver/main/chat/@town --sent (or --not-sent)" in first
    assert "town@2026-11-24T17:00:00Z" in second


async def test_a_run_that_comes_to_nothing_alerts(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["sources"]["wire"] = one.of("Wire", trouble="refused")

    await one.air(SLOT)

    (said,) = one.lines("say")
    assert "0 of 1 sources answered" in said


async def test_an_alert_that_did_not_get_through_is_sent_by_the_next_run(tmp_path: Path) -> None:
    one = town(tmp_path, mute="refused")
    one.tree["channels"]["chat"] |= {"trouble": "refused", "all": True}
    report = await day(one, 0)
    assert any("the alert could not be sent" in note for note in report.notes), described(report)
    one.tree["alerts"]["mute"] = ""

    await day(one, 1)

    assert 1 == len(one.lines("say"))


async def test_a_secret_of_the_show_is_in_no_alert(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["channels"]["chat"]["trouble"] = "refused"
    one.tree["channels"]["hook"] = {"use": "doubles:Leak", "ledger": str(one.ledger), "secret": "hunter2-hunter2"}

    await one.air(SLOT)

    (said,) = one.lines("say")
    assert "********" in said
    assert "hunter2" not in said


async def test_a_rehearsal_alerts_nobody(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["sources"]["wire"] = one.of("Wire", trouble="refused")

    await one.air(SLOT, dry_run=True)

    assert [] == one.lines("say")


def test_alerts_need_a_channel_that_can_speak(tmp_path: Path) -> None:
    one = Town(tmp_path)
    one.tree["alerts"] = {"use": "folder", "path": str(tmp_path / "out")}

    with pytest.raises(ConfigError, match="cannot send a plain message"):
        one.show()


async def test_one_who_cannot_be_alerted_keeps_it_from_nobody_else_and_has_it_said_once(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["alerts"] |= {"to": ["@gone", "@ops"], "deaf": ["@gone"]}
    one.tree["channels"]["chat"] |= {"trouble": "refused", "all": True}

    reports = [await day(one, number) for number in range(3)]

    assert ["say @ops"] == [line[:8] for line in one.lines("say")]
    assert [True, False, False] == [any("could not be sent" in note for note in each.notes) for each in reports]
