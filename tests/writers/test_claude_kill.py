"""SIGKILL while Claude writes: what was answered is not asked again."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from airing import Town
from newsroom import show
from nursery import Child
from patience import held_until

from broadcast.testing import Anthropic

HERE = Path(__file__).parents[1]
SLOT = "2026-11-23T17:00:00Z"


def start(town: Town, *program: str) -> Child:
    return town.start("run", "town", "--slot", SLOT, "--json", program=program)


def kept(town: Town) -> int:
    """How many answers the journal holds."""
    path = town.folder / "data" / "broadcast.db"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            found: tuple[int] = db.execute("select count(*) from item where key like 'tell/%'").fetchone()
            return found[0]
    except sqlite3.OperationalError:
        return 0


def test_killed_between_two_answers_only_the_missing_one_is_asked_for_again(tmp_path: Path) -> None:
    with Anthropic() as anthropic:
        town = show(tmp_path, anthropic)
        town.tree["stories"] = 3
        town.file()
        anthropic.fault("POST /v1/messages", "hang", skip=2)
        process = start(town, "-m", "broadcast")
        held_until(lambda: kept(town) == 2)
        process.kill()
        process.communicate()
        before = [asked.question.title for asked in anthropic.answered if asked.question]

        out, err = start(town, "-m", "broadcast").communicate()

        report = json.loads(out)
        titles = [asked.question.title for asked in anthropic.answered if asked.question]
    assert "aired" == report["status"], out + err
    assert (2, 3, 3) == (len(before), len(titles), len(set(titles)))
    assert "script" == report["cost"]["items"][0]["what"]
    assert pytest.approx(anthropic.spent, abs=1e-4) == report["cost"]["usd"]


@pytest.mark.parametrize("written", ["UPDATE spending ", "INSERT INTO item .*tell/"])
def test_killed_right_after_a_commit_only_an_answer_that_was_not_written_down_is_asked_for_again(
    tmp_path: Path, written: str
) -> None:
    with Anthropic() as anthropic:
        town = show(tmp_path, anthropic)
        town.tree["stories"] = 1
        town.file()
        start(town, str(HERE / "killed.py"), written, "after").communicate()
        known, asked = kept(town), len(anthropic.questions)
        assert (1 if "tell" in written else 0, 1) == (known, asked)

        out, err = start(town, "-m", "broadcast").communicate()

        assert "aired" == json.loads(out)["status"], out + err
        assert asked + 1 - known == len(anthropic.questions)
