"""Killed between an answer and the deed, and at every commit around them: one outcome, which the audit log has."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from test_kill import HERE, SLOT, air, call, killed

RUN = f"town@{SLOT}"
AUDITED = "INSERT INTO audit "


@pytest.fixture
def town(tmp_path: Path) -> Town:
    one = Town(tmp_path)
    one.tree["approval"] = {"script": True, "ask": {"panel": one.of("Panel", to=["@editors"])}, "wait": "8760h"}
    one.file()
    return one


def killed_answer(town: Town, which: str, when: str) -> int:
    program = (str(HERE / "killed.py"), which, when)
    return call(town, "approve", RUN, "--json", program=program).returncode


def recorded(town: Town) -> tuple[list[Any], list[Any]]:
    """Return the verdict that stands, and the answers in the audit log."""
    with closing(sqlite3.connect(town.folder / "data" / "broadcast.db")) as db:
        verdicts = db.execute("SELECT verdict FROM approval").fetchall()
        return [one for (one,) in verdicts], db.execute("SELECT deed, who FROM audit").fetchall()


@pytest.mark.parametrize(("which", "when"), [("3", "after"), (AUDITED, "before"), (AUDITED, "after")])
def test_killed_while_somebody_answers_the_next_one_is_first_or_told_so(town: Town, which: str, when: str) -> None:
    assert 4 == air(town)[0]
    assert -9 == killed_answer(town, which, when)
    before, log = recorded(town)
    assert len(log) == sum(one is not None for one in before), "an answer and its record are written together"
    assert [(AUDITED, "after") == (which, when)] == [one is not None for one in before]

    second = call(town, "approve", RUN, "--reject", "--json")
    verdicts, log = recorded(town)
    assert 1 == len(log)
    assert (before[0] or "rejected") == verdicts[0]
    assert (0 if before[0] is None else 2) == second.returncode, second.stdout
    code, report = air(town)
    assert (0 if verdicts == ["approved"] else 1) == code, report
    assert (1 if verdicts == ["approved"] else 0) == len(town.lines("pay")) == len(town.lines("post"))


@pytest.mark.parametrize("number", [4, 7, 11])
def test_killed_after_the_answer_the_run_goes_on_and_pays_once(town: Town, number: int) -> None:
    assert 4 == air(town)[0]
    assert 0 == call(town, "approve", RUN, "--json").returncode
    assert killed(town, number, "after")
    code, report = air(town)

    assert 1 == len(recorded(town)[1])
    assert len(town.lines("pay")) <= 1
    assert len(town.lines("post")) <= 1
    doubted = report["status"] == "unfinished"
    assert (4 if doubted else 0) == code, json.dumps(report)
    assert 1 == len(town.lines("ask"))
