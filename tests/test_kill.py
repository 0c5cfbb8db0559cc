"""Killed anywhere and called again with the same slot, a run goes on where it stopped: nothing twice or lost."""

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import ran

SLOT = "2026-11-23T17:00:00Z"
HERE = Path(__file__).parent
COMMITS = 25  #: of a whole run that write something, at most; the last test goes on where there are more
ALONE = 13  #: of them, before deliveries side by side share some: how many those are, a machine decides


def call(
    town: Town, *arguments: str, program: tuple[str, ...] = ("-m", "broadcast")
) -> subprocess.CompletedProcess[str]:
    return ran((*program, *arguments), town.folder, town.environment)


def air(town: Town, *more: str) -> tuple[int, dict[str, Any]]:
    done = call(town, "run", "town", "--slot", SLOT, "--json", *more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def killed(town: Town, number: int, when: str) -> bool:
    """Whether the run was killed at this commit. If not it ended by itself, and had fewer."""
    program = (str(HERE / "killed.py"), str(number), when)
    done = call(town, "run", "town", "--slot", SLOT, "--json", program=program)
    if done.returncode == -9:
        return True
    assert done.returncode in (0, 4), done.stderr
    assert int(done.stderr.split()[-1]) < number
    return False


def paid(folder: Path) -> Town:
    town = Town(folder)
    town.tree["channels"]["other"] = town.of("Chat", to=["@one", "@two"])
    town.file()
    return town


def free(folder: Path) -> Town:
    town = Town(folder)
    town.tree["renderer"] = town.of("FreeStudio")
    town.tree["channels"] = {"folder": {"use": "folder", "path": str(folder / "out")}}
    town.file()
    return town


def cases() -> Iterator[tuple[int, str]]:
    yield from ((number, "after") for number in range(1, COMMITS + 1))
    yield from ((number, "before") for number in random.Random(20261123).sample(range(2, COMMITS), 4))


@pytest.mark.parametrize(("number", "when"), list(cases()))
def test_killed_at_a_commit_nothing_is_paid_or_posted_twice(tmp_path: Path, number: int, when: str) -> None:
    assert killed_and_called_again(paid(tmp_path), number, when) or number > ALONE


@pytest.mark.parametrize(("number", "when"), random.Random(20261124).sample(list(cases()), 5))
def test_the_same_holds_on_postgresql(tmp_path: Path, shared: str, number: int, when: str) -> None:
    town = paid(tmp_path)
    town.on(shared)

    assert killed_and_called_again(town, number, when) or number > ALONE


def killed_and_called_again(town: Town, number: int, when: str) -> bool:
    """Whether the first call was killed; the second one makes it good."""
    dead = killed(town, number, when)
    code, report = air(town)

    posts = town.lines("post")
    assert len(town.lines("pay")) <= 1
    assert len(posts) == len(set(posts))
    receipts = [one for edition in report["editions"] for one in edition["receipts"]]
    for receipt in receipts:
        for one in receipt["to"] or [{**receipt, "to": "@town"}]:
            sent = f"post {one['to']} url" in posts
            assert (one["status"], sent) in {("sent", True), ("unconfirmed", True), ("unconfirmed", False)}
    unconfirmed = [one for one in receipts if one["status"] == "unconfirmed"]
    held = [edition for edition in report["editions"] if edition["kind"] == "Unconfirmed"]
    assert code == (4 if unconfirmed or held else 0), report
    assert receipts or held
    return dead


@pytest.mark.parametrize("number", random.Random(7).sample(range(4, 18), 4))
def test_killed_at_a_commit_a_show_that_costs_nothing_always_airs(tmp_path: Path, number: int) -> None:
    town = free(tmp_path)

    assert killed(town, number, "after")
    code, report = air(town)

    assert (0, "aired") == (code, report["status"]), report
    assert 1 == len(list((tmp_path / "out" / "town").iterdir()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_kills_reach_to_the_end(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    """However many commits a run has on this machine: later and later ones, until it is over before that."""
    with ExitStack() as lent:
        for number in range(COMMITS, 10 * COMMITS):
            folder = tmp_path / str(number)
            folder.mkdir()
            town = paid(folder)
            if kind == "postgresql":
                town.on(lent.enter_context(request.getfixturevalue("postgresql").database()))
            if not killed_and_called_again(town, number, "after"):
                return
    raise AssertionError("no run ends by itself")


def test_killed_while_it_pays_it_is_held_and_never_paid_again(tmp_path: Path) -> None:
    town = paid(tmp_path)
    town.tree["renderer"]["trouble"] = "killed-after"
    town.file()

    first = call(town, "run", "town", "--slot", SLOT).returncode
    town.tree["renderer"]["trouble"] = ""
    town.file()
    code, report = air(town)

    assert (-9, 4, "unfinished") == (first, code, report["status"])
    assert ["pay main"] == town.lines("pay")


def test_killed_before_the_money_is_spent_a_bare_call_takes_the_run_up(tmp_path: Path) -> None:
    town = paid(tmp_path)
    town.tree["sources"]["wire"]["trouble"] = "killed"
    town.file()
    call(town, "run", "town")
    town.tree["sources"]["wire"]["trouble"] = ""
    town.file()

    done = call(town, "run", "town", "--json")
    runs = json.loads(call(town, "runs", "--json").stdout)

    assert 0 == done.returncode
    assert [json.loads(done.stdout)["run"]] == [run["run"] for run in runs]
    assert ["post @town url"] == town.lines("post @town")
