"""SIGKILL in a HeyGen run, at commits of the journal and at moments of the wire: one paid job, and it airs."""

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import Child
from patience import held_until

from broadcast.testing import HeyGen

HERE = Path(__file__).parents[1]
SLOT = "2026-11-23T17:00:00Z"


def show(folder: Path, heygen: HeyGen, **wire: Any) -> Town:
    town = Town(folder)
    town.tree["sources"] = {"wire": town.of("Wire", **wire)}
    quick = {"poll": 0.1, "look_again": [0.2, 0.4]}
    town.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, **quick}
    town.tree["channels"] = {"folder": {"use": "folder", "path": str(folder / "out")}}
    town.file()
    return town


def start(town: Town, *program: str) -> Child:
    return town.start("run", "town", "--slot", SLOT, "--json", program=program)


def ends_well(town: Town, heygen: HeyGen) -> None:
    process = start(town, "-m", "broadcast")
    out, err = process.communicate()
    assert 0 == process.returncode, out + err
    assert "aired" == json.loads(out)["status"]
    assert 1 == len(heygen.renders)
    assert 1 == len(list((town.folder / "out" / "town").iterdir()))


@pytest.mark.parametrize("number", sorted(random.Random(3).sample(range(4, 20), 6)))
def test_killed_at_a_commit_the_one_job_is_found_and_aired(tmp_path: Path, number: int) -> None:
    with HeyGen() as heygen:
        town = show(tmp_path, heygen)
        killed = start(town, str(HERE / "killed.py"), str(number), "after")
        killed.communicate()
        assert -9 == killed.returncode

        ends_well(town, heygen)


def test_killed_between_reserving_and_asking_the_money_is_reserved_once(tmp_path: Path) -> None:
    with HeyGen() as heygen:
        town = show(tmp_path, heygen)
        town.tree["budget"] = {"run": 2.0, "day": 2.0, "month": 2.0}  # USD: for one render and no second
        town.file()
        start(town, str(HERE / "killed.py"), "INSERT INTO spending ", "after").communicate()
        reserved = accounts(town)
        asked = len(heygen.renders)

        ends_well(town, heygen)

        assert (1, 0) == (len(reserved), asked)
        assert [(*reserved[0][:2], pytest.approx(heygen.spent, abs=0.0001))] == accounts(town)


def accounts(town: Town) -> list[tuple[str, float, float | None]]:
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        found = db.execute("SELECT key, reserved, actual FROM spending").fetchall()
    db.close()
    return found


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_the_submit_is_on_the_wire_the_job_is_found_or_asked_for(tmp_path: Path, after: bool) -> None:
    with HeyGen() as heygen:
        town = show(tmp_path, heygen)
        heygen.fault(
            "POST /v3/video-agents",
            "slow" if after else "drop",
            after_effect=after,
            **({"seconds": 60} if after else {}),
        )
        kill_at(town, heygen, "POST /v3/video-agents")

        ends_well(town, heygen)


def kill_at(town: Town, heygen: HeyGen, endpoint: str, times: int = 1) -> None:
    """Run the show, and kill it as soon as *endpoint* was asked so often."""
    process = start(town, "-m", "broadcast")
    held_until(lambda: heygen.count(endpoint) >= times or process.poll() is not None)
    process.kill()
    said = process.communicate()
    assert heygen.count(endpoint) >= times, said


@pytest.mark.parametrize(("skip", "after"), [(0, False), (1, True)])
def test_killed_while_an_upload_is_on_the_wire_each_chart_is_one_asset(
    tmp_path: Path, skip: int, after: bool
) -> None:
    with HeyGen() as heygen:
        town = show(tmp_path, heygen, series=[100, 400, 900])
        heygen.fault("POST /v3/assets", "hang", after_effect=after, skip=skip, seconds=10)
        kill_at(town, heygen, "POST /v3/assets", skip + 1)

        ends_well(town, heygen)
        assert 2 == len(heygen.renders[0].asked["files"]) == len(heygen.assets)


@pytest.mark.parametrize("after", [False, True])
def test_killed_between_upload_and_submit_the_same_files_are_attached(tmp_path: Path, after: bool) -> None:
    with HeyGen() as heygen:
        town = show(tmp_path, heygen, series=[100, 400, 900])
        heygen.fault("POST /v3/video-agents", "hang", after_effect=after, seconds=10)
        kill_at(town, heygen, "POST /v3/video-agents")

        ends_well(town, heygen)
        assert 2 == len(heygen.renders[0].asked["files"]) == heygen.count("POST /v3/assets")
