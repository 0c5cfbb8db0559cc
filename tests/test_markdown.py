"""The report as a summary page shows it, and a call that airs only what is due."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airing import Town

from broadcast import cli
from broadcast.cli.markdown import LONGEST, plain, summary
from broadcast.types import Report


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("![x](http://evil.example/pixel.png)", "\\!\\[x\\]\\(http\\://evil.example/pixel.png\\)"),
        ("<script>", "\\<script\\>"),
        ("a | b\n# c", "a \\| b \\# c"),
        ("@everyone", "\\@everyone"),
        ("&lt;", "\\&lt;"),
    ],
)
def test_what_comes_from_outside_is_only_text(hostile: str, shown: str) -> None:
    assert shown == plain(hostile)


def test_a_long_error_is_cut() -> None:
    assert LONGEST == len(plain("x" * 1000))


def test_a_report_without_an_edition_is_told() -> None:
    report = Report(run="a@1", show="a", slot=datetime(2026, 11, 23, tzinfo=UTC), status="failed", error="no <b>")

    assert "### a\\@1: failed\n\nno \\<b\\>\n\n" == summary(report)


def test_the_summary_is_written_behind_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(tmp_path)
    town.file()
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "page.md").write_text("before\n")

    assert 0 == cli.main(["run", "town", "--summary", "page.md"])

    assert (tmp_path / "page.md").read_text().startswith("before\n### town\\@")


def test_a_summary_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town(tmp_path)
    town.file()
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))

    assert 2 == cli.main(["run", "town", "--summary", "no/page.md"])
    assert "--summary: no/page.md cannot be written: No such file or directory" in capsys.readouterr().err
    assert [] == town.lines()


@pytest.mark.parametrize(("hours", "status", "paid"), [(5, "quiet", 0), (1, "aired", 1)])
def test_only_what_is_due_is_aired(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hours: int,
    status: str,
    paid: int,
) -> None:
    ago = datetime.now(UTC) - timedelta(hours=hours)
    town = Town(tmp_path, schedule={"cron": f"{ago.minute} {ago.hour} * * *", "grace": "2h"})
    town.file()
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))

    assert 0 == cli.main(["run", "town", "--due", "--json"])

    assert status == json.loads(capsys.readouterr().out)["status"]
    assert paid == len(town.lines("pay"))


async def test_what_is_unfinished_is_gone_on_with_though_nothing_is_due(tmp_path: Path) -> None:
    ago = datetime.now(UTC) - timedelta(hours=5)
    town = Town(tmp_path, schedule={"cron": f"{ago.minute} {ago.hour} * * *", "grace": "2h"})
    town.tree["renderer"]["ready_after"] = 1
    first = await town.air(now=True, patience=timedelta(0))

    from broadcast import runner

    async with runner.on_duty(town.settings) as station:
        second = await runner.run(station, town.show(), due_only=True)

    assert (first.run, "unfinished", "aired") == (second.run, first.status, second.status)


def test_a_show_without_a_schedule_is_never_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Town(tmp_path).file()
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))

    assert 2 == cli.main(["run", "town", "--due"])
    assert "--due: town has no `schedule:`: it is never due" in capsys.readouterr().err
