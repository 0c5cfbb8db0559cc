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
COMMITS = {"file": 22, "link": 13}  #: of a run that only delivers, those that write something


def cases() -> Iterator[tuple[str, int, str]]:
    every = [(rung, number, when) for rung in COMMITS for number in range(5, COMMITS[rung]) for when in WHEN]
    yield from random.Random(20261123).sample(every, 8)  # all of them were run, and held
    yield "link", 9, "before"  # the message is there, and nobody wrote it down


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
    assert -9 == killed_and_called_again(rendered, tmp_path, rung, number, when).returncode


def killed_and_called_again(
    rendered: Path, folder: Path, rung: str, number: int, when: str
) -> subprocess.CompletedProcess[str]:
    """Return the first call, killed or not; the second one makes it good."""
    scopes: dict[str, Any] = {"scopes": NO_FILES} if rung == "link" else {}
    with Slack(channels={"C1": "general", "C2": "random"}, **scopes) as slack:
        many = 2 if rung == "file" else 1
        town = resumed(rendered, folder, slack, many)

        first = run(town, number, when)
        before = [len(slack.shown(to)) for to in ("C1", "C2")]
        done = run(town, 0)
        code, report = done.returncode, json.loads(done.stdout)

        [receipt] = report["editions"][0]["receipts"]
        assert (0, "sent") == (code, receipt["status"]), (before, report)
        assert [1, many - 1] == [len(slack.shown(to)) for to in ("C1", "C2")], before
    return first


@pytest.mark.parametrize("rung", list(COMMITS))
def test_the_kills_reach_to_the_end(
    rendered: Path, tmp_path: Path, rung: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many commits a run has on this machine: later and later ones, until it is over before that."""
    for number in range(COMMITS[rung], 10 * COMMITS[rung]):
        first = killed_and_called_again(rendered, tmp_path / str(number), rung, number, "after")
        if first.returncode != -9:
            break
    assert (0, str(number - 1)) == (first.returncode, first.stderr.split()[-1])
    assert number > COMMITS[rung], "a run has fewer commits: set COMMITS to what it has"
    with capsys.disabled():
        print(f"\nslack: killed at {len(list(cases()))} of the commits of", COMMITS)
