"""A script lands nearer to its length once its voice is known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airing import Town

from broadcast.testing import FakeClock
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


async def day(town: Town, number: int) -> Report:
    town.tree["sources"]["wire"] = town.of("Wire", prefix=f"day-{number}", stories=6)
    slot = SLOT + timedelta(days=number)
    return await town.air(slot, clock=FakeClock(slot))


async def test_a_slow_voice_is_given_less_to_say(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree |= {"renderer": town.of("SlowVoice", slower=1.25), "stories": 4, "seconds": 60}

    shares = []
    for number in range(6):
        edition = (await day(town, number)).editions[0]
        assert edition.video
        shares.append(edition.video.seconds / 60)

    assert shares[0] > 1.15
    assert 0.9 <= shares[-1] <= 1.05, shares


async def test_a_renderer_without_a_voice_teaches_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree |= {"stories": 4, "seconds": 60}

    first, second = [(await day(town, number)).editions[0].script for number in range(2)]

    assert first
    assert second
    assert abs(first.seconds - second.seconds) < 3
