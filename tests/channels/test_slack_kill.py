"""Killed between the intention and its outcome, a delivery to Slack is found again, or done for the first time."""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from slacks import NO_FILES, slack_town
from test_kill import HERE, SLOT, call

from broadcast.testing import Slack

WHEN = ("before", "after")
COMMITS = {"file": 27, "link": 17}  #: of a run that only delivers, one more or less; the last test keeps it true


def cases() -> Iterator[tuple[str, int, str]]:
    every = [(rung, number, when) for rung in COMMITS for number in range(5, COMMITS[rung]) for when in WHEN]
    yield from random.Random(20261123).sample(every, 8)  # all of them were run, and held
    yield "link", 12, "before"  # the message is there, and nobody wrote it down


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where a run is done but for its delivery."""
    folder = tmp_path_factory.mktemp("rendered")
    with Slack() as slack:
        town = slack_town(folder, slack)
        town.file()
        assert 0 == call(town, "run", "town", "--slot", SLOT, "--until", "video").returncode
    return folder


def resumed(rendered: Path, folder: Path, slack: Slack, many: int) -> Town:
    shutil.copytree(rendered, folder, dirs_exist_ok=True)
    town = slack_town(folder, slack, channel=["C1", "C2"][:many])
    town.file()
    return town


def run(town: Town, number: int, when: str = "after") -> subprocess.CompletedProcess[str]:
    """Air the show, killed at the commit *number*."""
    program = (str(HERE / "swift.py"), str(number), when)
    return call(town, "run", "town", "--slot", SLOT, "--json", program=program)


@pytest.mark.parametrize(("rung", "number", "when"), list(cases()))
def test_killed_at_a_commit_nobody_sees_it_twice(
    rendered: Path, tmp_path: Path, rung: str, number: int, when: str
) -> None:
    scopes: dict[str, Any] = {"scopes": NO_FILES} if rung == "link" else {}
    with Slack(channels={"C1": "general", "C2": "random"}, **scopes) as slack:
        many = 2 if rung == "file" else 1
        town = resumed(rendered, tmp_path, slack, many)

        assert -9 == run(town, number, when).returncode
        before = [len(slack.shown(to)) for to in ("C1", "C2")]
        done = run(town, 0)
        code, report = done.returncode, json.loads(done.stdout)

        [receipt] = report["editions"][0]["receipts"]
        assert (0, "sent") == (code, receipt["status"]), (before, report)
        assert [1, many - 1] == [len(slack.shown(to)) for to in ("C1", "C2")], before


def test_the_kills_reach_to_the_end(rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for rung, scopes in (("file", {}), ("link", {"scopes": NO_FILES})):
        with Slack(channels={"C1": "general", "C2": "random"}, **scopes) as slack:  # type: ignore[arg-type]
            town = resumed(rendered, tmp_path / rung, slack, 2 if rung == "file" else 1)
            done = run(town, 1000)
            found[rung] = int(done.stderr.split()[-1])
            assert abs(COMMITS[rung] - found[rung]) <= 1, "set COMMITS to this number"
    with capsys.disabled():
        print(f"\nslack: killed at {len(list(cases()))} commits of", found)
