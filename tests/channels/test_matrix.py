"""Every channel x every rung x whatever goes wrong: nobody sees a post twice, and what is called sent is there."""

from pathlib import Path

import pytest
from everywhere import EVERYTHING, stands, suffered
from telegrams import SLOT

from broadcast import after, runner
from broadcast.plugins import built_in
from broadcast.testing import FakeClock
from broadcast.types import Receipt

#: Of 25 channels on a rung: files have no wire, an early 413 needs an upload, no mail server takes and says 5xx.
CASES = {"429": 23, "oversize": 23, "early-413": 10, "drop": 23, "drop-after": 23, "hang": 23, "hang-after": 23,
         "5xx": 23, "5xx-after": 21, "refused": 25, "killed": 25, "killed-after": 25}  # fmt: skip

# The hundred services of Apprise import what they like.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("how", EVERYTHING)
def test_whatever_goes_wrong_nobody_sees_it_twice_and_what_is_called_sent_is_there(
    tmp_path: Path, how: str
) -> None:
    found = suffered(tmp_path / "town", how)

    assert [] == [str(cell) for cell in found if cell.wrong]
    assert CASES[how] == len(found)
    if len(found) == 25:
        assert set(built_in("channels")) == {cell.stand.channel for cell in found}


def test_the_matrix_is_as_large_as_it_says() -> None:
    assert (set(EVERYTHING), 267) == (set(CASES), sum(CASES.values()))


#: How a post is taken back, and how many messages there are then: none, or it and what was said of it.
TAKEN = {"telegram": ("deleted", 0), "slack": ("deleted", 0), "discord": ("deleted", 0), "s3": ("deleted", 0),
         "podcast": ("deleted", 0), "folder": ("deleted", 0), "wordpress": ("deleted", 0),
         "youtube": ("made private", 1),
         "email": ("followed up", 2), "resend": ("followed up", 2), "slack-webhook": ("followed up", 2),
         "teams": ("followed up", 2), "webhook": ("followed up", 2), "apprise": ("followed up", 2),
         "postiz": (None, 1)}  # fmt: skip


async def test_what_was_sent_is_taken_back_everywhere_once(tmp_path: Path) -> None:
    clock = FakeClock(SLOT)
    with stands(tmp_path, clock) as (town, all_):
        run = (await town.air(SLOT, clock=clock)).run

        async def retract() -> tuple[Receipt, ...]:
            async with runner.on_duty(town.settings, clock=clock) as station:
                return await after.retract(station, town.show(), run, None, "A wrong figure.")

        for _ in range(2):  # the second finds that it was done
            rungs = {one.channel: one.rung for one in await retract()}
            found = {one.name: (rungs[one.name], one.seen()) for one in all_}
            assert {one.name: TAKEN[one.channel] for one in all_} == found
