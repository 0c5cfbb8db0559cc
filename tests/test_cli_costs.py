"""`broadcast costs`: what was spent, in lines, as data and as a table."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from airing import Town
from journals import opened

from broadcast.cli import main
from broadcast.journal.ledger import Purse
from broadcast.testing import FakeClock
from broadcast.types import Budget

LAST_MONTH = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(hour=12, minute=0)
MONTH = f"{LAST_MONTH:%Y-%m}"


@pytest.fixture
def spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A show that paid 1.50 of 2.00 last month, and one without a file whose 3.00 are not known to be paid."""
    Town(tmp_path, budget={"month": 40}).file()
    asyncio.run(spend(tmp_path))
    monkeypatch.setenv("BROADCAST_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("BROADCAST_DATABASE_URL", f"sqlite:///{tmp_path / 'journal.db'}")
    monkeypatch.setenv("BROADCAST_BUDGET_MONTH", "9")


async def spend(folder: Path) -> None:
    async with opened(folder) as journal:
        for show, usd, paid in (("town", 2.0, 1.5), ("gone", 3.0, None)):
            purse = Purse(
                journal.store,
                FakeClock(LAST_MONTH),
                await journal.claim(show, LAST_MONTH),
                Budget(),
                ZoneInfo("UTC"),
            )
            await purse.reserve("submit/main/heygen/1", usd)
            if paid is not None:
                await purse.settle("submit/main/heygen/1", paid)


@pytest.mark.usefixtures("spent")
def test_it_says_what_was_paid_and_set_aside_beside_the_budgets(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["costs", "--month", MONTH])

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert [
        f"{MONTH}, in USD: paid, and set aside of which the cost is not known yet",
        "gone 0.00 3.00",
        "town 1.50 0.00 of a budget of 40.00",
        "all shows 1.50 3.00 of a budget of 9.00",
        f"{LAST_MONTH:%Y-%m-%d} 1.50 3.00",
    ] == lines


@pytest.mark.usefixtures("spent")
def test_it_says_the_same_as_data_with_a_forecast_only_of_this_month(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["costs", "town", "--month", MONTH, "--json"])
    data = json.loads(capsys.readouterr().out)
    assert [{"show": "town", "paid": 1.5, "open": 0.0, "budget": 40.0}] == data["shows"]
    assert (None, None) == (data["all"], data["forecast_estimate"])

    assert 0 == main(["costs", "--json"])
    data = json.loads(capsys.readouterr().out)
    assert 0.0 == data["all"]["paid"]
    if datetime.now(UTC).day < 25:
        assert data["forecast_estimate"] > 0  # it goes by the last four weeks


@pytest.mark.usefixtures("spent")
def test_it_prints_the_ledger_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["costs", "--month", MONTH, "--csv"])

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [("gone", "3.000000", ""), ("town", "2.000000", "1.500000")] == [
        (row["show"], row["set_aside_usd"], row["paid_usd"]) for row in rows
    ]


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--month", "2026-13"], "'2026-13' is no month; write it like 2026-11"),
        (["--month", ""], "is no month"),
        (["nobody"], "there is no show 'nobody'; there is gone, town"),
        (["--csv", "--json"], "take one of them"),
    ],
)
def test_what_is_asked_for_wrongly_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert 2 == main(["costs", *arguments])

    assert words in capsys.readouterr().err


def test_without_a_journal_nothing_was_spent_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))

    assert 0 == main(["costs"])

    assert "all shows" in capsys.readouterr().out
    assert not (tmp_path / "data" / "broadcast.db").exists()
