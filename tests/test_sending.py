"""Posts on their way: many destinations, words per channel, answers that never came."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from airing import Town, described

from broadcast import after, runner
from broadcast.errors import ConfigError
from broadcast.reporting import exit_code
from broadcast.stages.sending import spread
from broadcast.testing import FakeClock
from broadcast.types import Destination, Outcome


def became(to: str, status: Outcome) -> Destination:
    return Destination(to=to, item=f"deliver/main/chat/{to}", status=status)


async def test_the_first_goes_alone_until_one_got_through_and_then_so_many_at_once() -> None:
    going: set[str] = set()
    most: list[int] = []

    async def send(to: str) -> Destination:
        going.add(to)
        most.append(len(going))
        await asyncio.sleep(0.01)
        going.remove(to)
        return became(to, "failed" if to in ("0", "1") else "sent")

    sent = await spread([str(number) for number in range(12)], send, abreast=4)

    assert [str(number) for number in range(12)] == [one.to for one in sent]
    assert [1, 1, 1] == most[:3]
    assert 4 == max(most)


async def test_nobody_left_to_send_to_is_said_so(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["to"] = []

    report = await town.air()

    assert "failed" == report.status
    assert "there is nobody to send to" in described(report)


async def test_the_same_destination_twice_is_one_delivery(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["to"] = ["@one", "@two", "@one"]

    report = await town.air()

    assert "aired" == report.status
    assert ["post @one url", "post @two url"] == sorted(town.lines("post"))


async def test_one_destination_that_would_refuse_does_not_close_the_channel(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"] |= {"to": ["@one", "@two"], "shut": ["@two"]}

    report = await town.air()

    assert ("partial", 5) == (report.status, exit_code(report)), described(report)
    assert ["post @one url"] == town.lines("post")
    assert "@two would not have us" in described(report)


@pytest.mark.parametrize(("answer", "status", "posts"), [("there", "aired", 1), ("gone", "aired", 2)])
async def test_a_channel_that_can_be_asked_settles_what_was_in_doubt(
    tmp_path: Path, answer: str, status: str, posts: int
) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"] = town.of("Ask", trouble="unconfirmed-after", answer=answer)
    first = await town.air()
    town.tree["channels"]["chat"]["trouble"] = ""

    again = await town.air(first.slot)

    assert 4 == exit_code(first)
    assert status == again.status, described(again)
    assert posts == len(town.lines("post"))
    assert "url" == again.editions[0].receipts[0].rung


@pytest.mark.parametrize("answer", ["unconfirmed", "unavailable", "refused", "bug"])
async def test_a_channel_that_cannot_tell_leaves_the_doubt_and_nothing_is_sent_again(
    tmp_path: Path, answer: str
) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"] = town.of("Ask", trouble="unconfirmed-after", answer=answer)
    first = await town.air()

    again = await town.air(first.slot)

    assert ("unconfirmed", 4) == (again.editions[0].receipts[0].status, exit_code(again)), described(again)
    assert 1 == len(town.lines("post"))


async def test_a_channel_speaks_in_words_of_its_own(tmp_path: Path) -> None:
    town = Town(tmp_path)
    template = "{title} on {date}: {headlines} {link}"
    town.tree["channels"]["chat"] |= {"caption": template, "disclosure": False, "words": True}
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"], words=True)

    await town.air()

    own, usual = sorted(town.lines("words"), key=lambda line: "@other" in line)
    assert "Town News on " in own
    assert "made automatically" not in own
    assert "· " in usual
    assert "made automatically" in usual


@pytest.mark.parametrize(
    ("caption", "said"), [("{titel}", "{titel} is not known; there is title"), ("a { b", "a brace stands for")]
)
def test_a_template_that_names_what_is_not_there_is_refused(tmp_path: Path, caption: str, said: str) -> None:
    town = Town(tmp_path)
    town.tree["channels"]["chat"]["caption"] = caption

    with pytest.raises(ConfigError, match=said):
        town.show()


async def test_where_nobody_is_in_reach_the_rest_of_a_long_list_is_not_waited_for(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock()
    members = [f"@{number}" for number in range(100)]
    chat = {"to": members, "trouble": "unavailable", "all": True}
    town.tree["channels"] = {"chat": town.of("Chat", **chat)}
    begun = clock.now()

    report = await town.air(begun, clock=clock)

    [receipt] = report.editions[0].receipts
    assert ["failed"] * 100 == [one.status for one in receipt.to], described(report)
    assert "not tried: chat was out of reach for 5 others" in str(receipt.to[-1].error)
    assert clock.now() - begun < timedelta(minutes=3)

    town.tree["channels"]["chat"]["trouble"] = ""
    report = await town.air(begun, clock=clock)
    assert ("aired", 100) == (report.status, len(town.lines("post")))


async def test_what_was_sent_before_a_channel_fell_silent_stays_sent(tmp_path: Path) -> None:
    town, clock = Town(tmp_path), FakeClock()
    town.tree["channels"] = {"chat": town.of("Chat", to=["@late"])}
    slot = clock.now()
    await town.air(slot, clock=clock)
    town.tree["channels"]["chat"] |= {"to": [*(f"@{number}" for number in range(6)), "@late"]}
    town.tree["channels"]["chat"] |= {"trouble": "unavailable", "all": True}
    town.tree["channels"]["other"] = town.of("Chat", to=["@one"], trouble="rejected", all=True)

    async with runner.on_duty(town.settings, clock=clock) as station:
        report = await after.retry(station, town.show(), f"town@{slot:%Y-%m-%dT%H:%M:%SZ}", frozenset({"chat"}))

    [receipt] = [one for one in report.editions[0].receipts if one.channel == "chat"]
    assert [*["failed"] * 6, "sent"] == [one.status for one in receipt.to], described(report)


@pytest.mark.parametrize("shut", [["@one", "@two"], ["@two"]])
async def test_a_channel_whose_every_destination_refuses_is_not_paid_for(tmp_path: Path, shut: list[str]) -> None:
    town, clock = Town(tmp_path), FakeClock()
    town.tree["channels"] = {"chat": town.of("Chat", to=["@one", "@two", "@one"], shut=shut)}

    report = await town.air(clock.now(), clock=clock)

    assert (len(shut) < 2) == bool(town.lines("pay"))
    assert len(shut) < 2 or "@two would not have us" in str(report.error)
