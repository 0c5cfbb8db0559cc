"""The newsdesk's borrowed voice: every segment is paid once, and the film airs whatever becomes of it."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from airing import Town, described

from broadcast.testing import FakeClock, HeyGen
from broadcast.types import Report

HERE = Path(__file__).parents[1]
SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
SPEECH = "POST /v3/voices/speech"
SOUND = "GET /files/audio/{name}"


class Room:
    """A town whose free renderer borrows a voice of HeyGen's, both on one clock."""

    def __init__(self, town: Town, heygen: HeyGen, clock: FakeClock) -> None:
        self.town, self.heygen, self.clock = town, heygen, clock

    async def air(self, **wishes: Any) -> Report:
        return await self.town.air(SLOT, clock=self.clock, **wishes)

    @property
    def spoken(self) -> str:
        """Return how many segments the last film had spoken."""
        return self.town.lines("spoken")[-1].removeprefix("spoken ")

    @property
    def texts(self) -> list[str]:
        """Return what was paid for."""
        return [job.text for job in self.heygen.paid]


def voiced(heygen: HeyGen, **fields: Any) -> dict[str, Any]:
    return {"use": "heygen", "voice_id": "daphne_german", "key": heygen.key, "base": heygen.url, **fields}


@asynccontextmanager
async def room(folder: Path, **fields: Any) -> AsyncIterator[Room]:
    clock = FakeClock(SLOT + timedelta(seconds=5))
    async with HeyGen(clock=clock) as heygen:
        town = Town(folder, language="de", seconds=20)
        town.tree["sources"]["wire"]["language"] = "de"
        town.tree["renderer"] = [{**town.of("Booth"), "use": "booth:Booth", "voice": voiced(heygen, **fields)}]
        yield Room(town, heygen, clock)
        assert [] == heygen.refused, "the client made a mistake"


def notes(report: Report) -> str:
    edition = report.editions[0]
    return "\n".join([*edition.notes, *(edition.video.notes if edition.video else ())])


async def test_every_segment_is_asked_for_once_in_the_language_of_the_show(tmp_path: Path) -> None:
    async with room(tmp_path, speed=1.25) as one:
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert "4 of 4" == one.spoken
        assert 4 == len(set(one.texts))
        asked = one.heygen.paid[1].asked
        assert ("de", 1.25, "daphne_german") == (asked["language"], asked["speed"], asked["voice_id"])
        assert one.heygen.spent == pytest.approx(report.cost.usd, abs=1e-4)
        assert 0 < report.cost.items[0].estimate < 0.1
        assert one.heygen.key not in described(report)


async def test_called_again_nothing_is_paid_again(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        one.town.tree["renderer"][0]["trouble"] = "rejected"  # the render fails when all is said
        assert "failed" == (await one.air()).status
        one.town.tree["renderer"][0]["trouble"] = ""
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert ("4 of 4", 4) == (one.spoken, len(one.texts))


# --- what goes wrong while it is asked for

DOUBT = "it may have been paid, and is not asked for again"


@pytest.mark.parametrize(
    ("what", "after", "paid", "spoken", "said"),
    [
        ("drop", True, 4, "3 of 4", DOUBT),
        ("reset", True, 4, "3 of 4", DOUBT),
        (503, True, 4, "3 of 4", DOUBT),
        (502, False, 3, "3 of 4", DOUBT),  # nobody can know that nothing was done
        ("garbage", True, 4, "3 of 4", DOUBT),
        ("blank", True, 4, "3 of 4", DOUBT),
        ("truncated", True, 4, "3 of 4", DOUBT),
        (429, False, 4, "4 of 4", ""),
        (400, False, 3, "3 of 4", "HeyGen answered 400 invalid_parameter"),
        ("error-in-200", False, 3, "3 of 4", "HeyGen answered 200 internal_error"),
        (402, False, 1, "1 of 4", "insufficient_credit: Payment Required - top up the API balance"),
        (401, False, 1, "1 of 4", "check HEYGEN_API_KEY"),
        ("unknown-fields", False, 4, "4 of 4", ""),
        ("null-ids", False, 4, "4 of 4", ""),
    ],
)
async def test_a_failure_costs_one_segment_its_voice_and_never_the_film_or_a_second_payment(
    tmp_path: Path, what: str | int, after: bool, paid: int, spoken: str, said: str
) -> None:
    async with room(tmp_path) as one:
        one.heygen.fault(SPEECH, what, after_effect=after, skip=1)
        report = await one.air()
        one.heygen.refused.clear()  # the double holds our own faults against nobody

        assert "aired" == report.status, described(report)
        assert (paid, paid) == (len(one.texts), len(set(one.texts)))
        assert spoken == one.spoken
        assert said in notes(report)
        assert bool(said) == bool(notes(report)), notes(report)


@pytest.mark.parametrize(
    ("what", "spoken", "said"),
    [
        ("expired", "0 of 4", "access denied"),
        (404, "0 of 4", "there is nothing at this address"),
        ("drop", "4 of 4", ""),
        ("truncated", "4 of 4", ""),
        (503, "4 of 4", ""),
    ],
)
async def test_a_sound_that_cannot_be_fetched_is_missed_and_not_paid_again(
    tmp_path: Path, what: str | int, spoken: str, said: str
) -> None:
    async with room(tmp_path) as one:
        one.heygen.fault(SOUND, what, times=None if said else 1)
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert (spoken, 4) == (one.spoken, len(one.texts))
        assert said in notes(report)
        assert "X-Amz" not in described(report)
