"""Killed anywhere and called again with the same slot, a run goes on where it stopped: nothing twice or lost."""

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import ran

SLOT = "2026-11-23T17:00:00Z"
HERE = Path(__file__).parent
COMMITS = 26  #: of a whole run, one more or less as deliveries share a commit; the last test keeps it true


def call(
    town: Town, *arguments: str, program: tuple[str, ...] = ("-m", "broadcast")
) -> subprocess.CompletedProcess[str]:
    environment = {"BROADCAST_DATA_DIR": str(town.folder / "data")}
    environment |= {"BROADCAST_DATABASE_URL": town.settings.database_url}
    return ran((*program, *arguments), town.folder, environment)


def air(town: Town, *more: str) -> tuple[int, dict[str, Any]]:
    done = call(town, "run", "town", "--slot", SLOT, "--json", *more)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def killed(town: Town, number: int, when: str) -> int:
    program = (str(HERE / "killed.py"), str(number), when)
    return call(town, "run", "town", "--slot", SLOT, "--json", program=program).returncode


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
    killed_and_called_again(paid(tmp_path), number, when)


@pytest.mark.parametrize(("number", "when"), random.Random(20261124).sample(list(cases()), 5))
def test_the_same_holds_on_postgresql(tmp_path: Path, shared: str, number: int, when: str) -> None:
    town = paid(tmp_path)
    town.on(shared)

    killed_and_called_again(town, number, when)


def killed_and_called_again(town: Town, number: int, when: str) -> None:
    assert killed(town, number, when) == -9 or number == COMMITS
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


@pytest.mark.parametrize("number", random.Random(7).sample(range(4, 14), 4))
def test_killed_at_a_commit_a_show_that_costs_nothing_always_airs(tmp_path: Path, number: int) -> None:
    town = free(tmp_path)

    killed(town, number, "after")
    code, report = air(town)

    assert (0, "aired") == (code, report["status"]), report
    assert 1 == len(list((tmp_path / "out" / "town").iterdir()))


def test_the_kills_reach_to_the_end(tmp_path: Path, database: str) -> None:
    town = paid(tmp_path)
    town.on(database)
    program = (str(HERE / "killed.py"), "1000", "after")

    done = call(town, "run", "town", "--slot", SLOT, "--json", program=program)

    assert abs(COMMITS - int(done.stderr.split()[-1])) <= 1, "set COMMITS to this number"


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
