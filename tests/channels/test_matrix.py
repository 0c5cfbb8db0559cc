"""Every channel x every rung x whatever goes wrong: nobody sees a post twice, and what is called sent is there."""

from pathlib import Path

import pytest
from everywhere import EVERYTHING, suffered

from broadcast.plugins import built_in

#: Of 22 channels on a rung: files have no wire, an early 413 needs an upload, no mail server takes and says 5xx.
CASES = {"429": 20, "oversize": 20, "early-413": 9, "drop": 20, "drop-after": 20, "hang": 20, "hang-after": 20,
         "5xx": 20, "5xx-after": 18, "refused": 22, "killed": 22, "killed-after": 22}  # fmt: skip

# The hundred services of Apprise import what they like.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("how", EVERYTHING)
def test_whatever_goes_wrong_nobody_sees_it_twice_and_what_is_called_sent_is_there(
    tmp_path: Path, how: str
) -> None:
    found = suffered(tmp_path / "town", how)

    assert [] == [str(cell) for cell in found if cell.wrong]
    assert CASES[how] == len(found)
    if len(found) == 22:
        assert set(built_in("channels")) == {cell.stand.channel for cell in found}


def test_the_matrix_is_as_large_as_it_says() -> None:
    assert (set(EVERYTHING), 233) == (set(CASES), sum(CASES.values()))
