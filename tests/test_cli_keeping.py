"""`broadcast migrate` and `broadcast runs --prune`: the journal looked after."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from airing import Town
from journals import change, older, select

from broadcast.cli import main
from broadcast.journal.tables import MIGRATIONS

SLOTS = ("2026-01-01T17:00:00Z", "2026-01-02T17:00:00Z")


@pytest.fixture
def town(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Town:
    town = Town(tmp_path, keep="30d")
    town.file()
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BROADCAST_DATABASE_URL", database)
    return town


def test_migrate_prints_the_version_and_what_it_was(
    town: Town, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    older(town.folder, 1)

    codes = [main(["migrate", "--json"]), main(["migrate"])]
    first, _, then = capsys.readouterr().out.partition("\n}\n")

    assert [0, 0] == codes
    said = json.loads(first + "}")
    assert {"version": len(MIGRATIONS), "was": 1} == {key: said[key] for key in ("version", "was")}
    assert said["database"].startswith(database[:10])
    queued = database.startswith("postgresql")
    assert then.splitlines()[0].endswith(f" is at version {len(MIGRATIONS)}")
    assert said["queue"] == ({"applied": ["the schema"], "waits": []} if queued else None)
    assert then.splitlines()[1:] == ["its queue is up to date; applied: nothing"] * queued


def test_there_is_nothing_to_finish_where_there_is_no_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))

    assert 2 == main(["migrate", "--finish"])


def test_migrate_leaves_a_newer_database_alone(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    older(town.folder, 0)
    change(town.folder, "INSERT INTO broadcast_schema VALUES (999)")

    assert 2 == main(["migrate"])
    assert "written by a newer broadcast" in capsys.readouterr().err


def test_prune_says_what_would_go_and_then_removes_it(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    for slot in SLOTS:
        main(["run", "town", "--slot", slot])
    change(town.folder, "UPDATE run SET created = 0, closes = 0")
    folder = town.folder / "data" / "archive" / "town" / "20260101T170000Z"
    capsys.readouterr()

    main(["runs", "--prune", "--dry-run", "--json"])
    would, there = json.loads(capsys.readouterr().out), folder.exists()
    main(["runs", "town", "--prune", "--json"])
    done = json.loads(capsys.readouterr().out)
    main(["runs", "--prune"])

    assert {"dry_run": True, "runs": [f"town@{SLOTS[0]}"], "folders": [str(folder)]} == {
        key: would[key] for key in ("dry_run", "runs", "folders")
    }
    assert would["bytes"] > 0
    assert there
    assert {**would, "dry_run": False} == done
    assert not folder.exists()
    assert [(f"town@{SLOTS[1]}",)] == select(town.folder, "SELECT id FROM run")
    assert "0 runs and 0 folders of 0.0 MB removed" in capsys.readouterr().out


def test_a_broken_show_is_named_and_stands_in_no_other_s_way(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    for slot in SLOTS:
        main(["run", "town", "--slot", slot])
    change(town.folder, "UPDATE run SET created = 0, closes = 0")
    (town.folder / "config" / "broken.yaml").write_text("titel: Broken\n")
    capsys.readouterr()

    codes = main(["schedule"]), main(["runs", "--prune"])
    out, err = capsys.readouterr()

    assert (2, 2) == codes
    assert "town  " in out
    assert "1 run and 1 folder of" in out
    assert "broken.yaml:1: there is no key `titel`; did you mean `title`?" in err


def test_a_show_that_keeps_everything_is_named(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    del town.tree["keep"]
    town.file()

    assert 0 == main(["runs", "--prune"])
    assert "town keeps everything; `keep: 90d` would change that" in capsys.readouterr().out


def test_the_schedule_is_printed_in_local_time_and_utc(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.file("weekly")
    town.tree["schedule"] = [
        {"cron": "0 9 * * mon-fri", "timezone": "Asia/Tokyo", "jitter": "20m"},
        {"cron": "0 9 * * sat,sun", "timezone": "Asia/Tokyo"},
    ]
    town.file()

    codes = [main(["schedule"]), main(["schedule", "town", "--count", "7", "--json"])]
    lines, _, data = capsys.readouterr().out.partition("[")
    rows = json.loads("[" + data)

    assert [0, 0] == codes
    assert 4 == len(lines.splitlines())
    assert re.match(r"town  \w{3} \d\d \w{3} \d{4} 09:00 Asia/Tokyo  \d{4}-\d\d-\d\dT00:00:00Z", lines)
    assert "weekly  no schedule: airs when called" in lines
    assert 7 == len(rows) == len({row["slot"] for row in rows})
    for row in rows:
        slot, local, begins = (datetime.fromisoformat(row[key]) for key in ("slot", "local", "starts"))
        assert slot == local
        assert ("+09:00", 9) == (row["local"][-6:], local.hour)
        assert timedelta(0) <= begins - slot < timedelta(minutes=20 if local.weekday() < 5 else 1)


@pytest.mark.parametrize("name", ["user:hunter%4022@127.0.0.1:1/x", "127.0.0.1:1/x?password=hunter%4022"])
@pytest.mark.parametrize("arguments", [["migrate"], ["runs", "--json", "-v"], ["run", "town", "--dry-run"]])
def test_the_password_of_the_database_is_shown_nowhere(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("BROADCAST_DATABASE_URL", f"postgresql://{name}")

    assert 2 == main(arguments)
    said = capsys.readouterr()
    assert "refused" in said.err
    assert "hunter" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["runs", "--dry-run"], "goes with --prune only"),
        (["runs", "town@2026-01-01T17:00:00Z", "--prune"], "name a show"),
        (["runs", "twon", "--prune"], "did you mean `town`?"),
    ],
)
def test_what_makes_no_sense_is_refused(
    town: Town, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(arguments)
    assert said in capsys.readouterr().err
