"""The console's pages of money, its ledger as CSV, and the bundle of a run."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from airing import Town
from consoles import HASH, Console, serving
from journals import Journal, opened
from pydantic import SecretStr
from watching import HandClock

from broadcast.bundle.checking import verify
from broadcast.journal import books
from broadcast.journal.books import Books, Entry, Sum
from broadcast.journal.ledger import Purse
from broadcast.journal.tables import spending
from broadcast.plugins import Clock
from broadcast.testing import FakeClock
from broadcast.types import Budget

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    one = Town(tmp_path, budget={"month": 40, "day": 10})
    one.tree["schedule"] = {"cron": "0 17 * * *", "timezone": "America/New_York"}
    one.tree["renderer"] = [one.of("Priced")]
    one.file()
    return one


async def spend(
    journal: Journal, at: datetime, usd: float, *, show: str = "town", paid: float | None = None
) -> None:
    """Have *show* set money aside, and pay it where it is known what it came to."""
    clock: Clock = FakeClock(at)
    purse = Purse(journal.store, clock, await journal.claim(show, at), Budget(), ZoneInfo("UTC"))
    await purse.reserve("submit/main/heygen/1", usd)
    if paid is not None:
        await purse.settle("submit/main/heygen/1", paid)


async def spent(folder: Path) -> None:
    """Spend on several days: 3.50 in November by the days of New York, of which 2.00 are not known to be paid."""
    async with opened(folder) as journal:
        await spend(journal, datetime(2026, 11, 1, 3, 30, tzinfo=UTC), 9.0, paid=9.0)  # October, in New York
        await spend(journal, datetime(2026, 11, 1, 4, 30, tzinfo=UTC), 1.0, paid=0.5)
        await spend(journal, datetime(2026, 11, 20, 17, tzinfo=UTC), 1.0, paid=1.0)
        await spend(journal, datetime(2026, 11, 23, 17, tzinfo=UTC), 2.0)
        await spend(journal, datetime(2026, 11, 23, 17, tzinfo=UTC), 4.0, show="gone", paid=4.0)


async def on(town: Town, database: str, path: Path) -> None:
    town.on(database)
    (path / "journal.url").write_text(database)
    await spent(path)


async def test_a_month_is_told_by_show_and_day_in_the_show_s_zone(
    town: Town, database: str, tmp_path: Path
) -> None:
    await on(town, database, tmp_path)
    async with serving(town, clock=HandClock(NOW)) as console:
        data = await console.data("/costs.json?show=town")
        text = (await console.get("/costs?show=town"))[1]
        both = await console.data("/costs.json")
        october = await console.data("/costs.json?show=town&month=2026-10")

    assert 3.5 == data["total_usd"]
    known = [(one["day"], one["paid"], one["open"]) for one in data["days"]]
    assert [("2026-11-01", 0.5, 0.0), ("2026-11-20", 1.0, 0.0), ("2026-11-23", 0.0, 2.0)] == known
    assert 3 == len(data["ledger"])
    assert (9.0, 1) == (october["total_usd"], len(october["ledger"]))
    assert (7.5, {"town", "gone"}) == (both["total_usd"], set(both["month_usd"]))
    for words in ("$3.50", "9% of $40.00", "20% of $10.00", "$2.00 set aside, not known yet", "October 2026"):
        assert words in text.replace("<strong>", "").replace("</strong>", ""), words


async def test_no_link_leads_to_months_before_the_first_that_cost_anything(
    town: Town, database: str, tmp_path: Path
) -> None:
    await on(town, database, tmp_path)
    async with serving(town, clock=HandClock(NOW)) as console:
        now = (await console.get("/costs?show=town"))[1]
        october = (await console.get("/costs?show=town&month=2026-10"))[1]
        gone = (await console.get("/costs?show=gone"))[1]

    assert (True, False) == ("month=2026-10" in now, "month=2026-12" in now)
    assert (False, True) == ("month=2026-09" in october, "month=2026-11" in october)
    assert "month=2026-10" not in gone


async def test_a_forecast_is_called_an_estimate(town: Town, database: str, tmp_path: Path) -> None:
    await on(town, database, tmp_path)
    async with serving(town, clock=HandClock(NOW)) as console:
        text = (await console.get("/costs?show=town"))[1]
        data = await console.data("/costs.json?show=town")
        past = await console.data("/costs.json?show=town&month=2026-10")

    assert "by the end of the month, an estimate by the rate of the last four weeks" in text
    assert data["forecast_estimate"] > data["total_usd"]
    assert past["forecast_estimate"] is None


async def test_the_budget_of_all_shows_stands_beside_what_all_of_them_spent(
    town: Town, database: str, tmp_path: Path
) -> None:
    await on(town, database, tmp_path)
    town.settings = town.settings.model_copy(update={"broadcast_budget_month": 10.0})
    async with serving(town, clock=HandClock(NOW)) as console:
        text = (await console.get("/costs"))[1]

    assert "75% of $10.00" in text


async def test_the_ledger_is_saved_as_csv(town: Town, database: str, tmp_path: Path) -> None:
    await on(town, database, tmp_path)
    async with (
        serving(town, clock=HandClock(NOW)) as console,
        console.session.get(f"{console.address}/costs.csv?show=town") as answer,
    ):
        assert "text/csv" in answer.headers["Content-Type"]
        assert 'attachment; filename="costs-town-2026-11.csv"' == answer.headers["Content-Disposition"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        rows = list(csv.DictReader(io.StringIO(await answer.text())))

    assert [("0.500000", "0.500000"), ("1.000000", "1.000000"), ("", "2.000000")] == [
        (row["paid_usd"], row["counted_usd"]) for row in rows
    ]
    assert ["2026-11-01T04:30:00Z", "town@2026-11-20T17:00:00Z"] == [rows[0]["at"], rows[1]["run"]]


@pytest.mark.parametrize(
    "query", ["month=2026-13", "month=now", "month=99999-01", "show=nobody", "month=2026-11%00", "page=0"]
)
async def test_a_month_or_a_show_that_is_none_is_no_page(town: Town, query: str) -> None:
    async with serving(town, clock=HandClock(NOW)) as console:
        assert 404 == (await console.get(f"/costs?{query}"))[0]
        if "page" not in query:
            assert 404 == (await console.get(f"/costs.csv?{query}"))[0]


async def test_a_bundle_is_saved_from_the_page_of_its_run(town: Town, tmp_path: Path) -> None:
    town.tree["renderer"] = [town.of("FreeStudio")]
    town.file()
    run = (await town.air(NOW)).run
    async with serving(town, clock=HandClock(NOW)) as console:
        page = (await console.get(f"/runs/{run}"))[1]
        assert f'href="/runs/{run}/bundle"' in page
        saved = []
        for path in (f"/runs/{run}/bundle", f"/runs/{run}/bundle?video"):
            async with console.session.get(console.address + path) as answer:
                assert 'filename="town@20261123T180000Z.bundle.zip"' in answer.headers["Content-Disposition"]
                saved.append(tmp_path / f"{len(saved)}.zip")
                saved[-1].write_bytes(await answer.read())
        assert 404 == (await console.get("/runs/town@2020-01-01T00:00:00Z/bundle"))[0]

    assert [True, True] == [verify(path).holds for path in saved]
    assert [0, 1] == [verify(path).checked["videos"] for path in saved]


async def led(console: Console, path: str) -> tuple[int, str]:
    """Return the status of an answer, and where it leads."""
    async with console.session.get(console.address + path, allow_redirects=False) as answer:
        return answer.status, answer.headers["Location"].partition("?")[0]


async def test_neither_is_given_to_a_stranger(town: Town) -> None:
    async with serving(town, password_hash=SecretStr(HASH)) as console:
        for path in ("/costs.csv", "/runs/town@2026-11-23T18:00:00Z/bundle"):
            assert (303, "/login") == await led(console, path), path


@pytest.mark.parametrize(
    ("spent", "today", "guess"),
    [
        ([], 10, None),
        ([(day, 1.0) for day in range(-20, 11)], 10, 30.0),  # a dollar a day
        ([(2, 7.0)], 23, 7 + 7 * 7 / 22),
        ([(23, 7.0)], 23, 14.0),  # one day is taken for a week: a show that begins is no rate yet
        ([(-27, 100.0), (20, 7.0)], 23, 14.0),  # what is longer ago than four weeks says nothing any more
        ([(30, 5.0)], 30, 5.0),
    ],
)
def test_a_forecast_goes_by_the_rate_of_four_weeks(
    spent: list[tuple[int, float]], today: int, guess: float | None
) -> None:
    first = date(2026, 11, 1)
    sums = [Sum("render", usd, 0.0, day=first + timedelta(days=day - 1)) for day, usd in spent]

    found = books.forecast(sums, date(2026, 11, today))

    assert guess == found or pytest.approx(guess, abs=1e-3) == found


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Beirut", "Asia/Kolkata", "UTC"])
async def test_every_day_begins_at_midnight_of_its_zone_where_clocks_change_too(
    tmp_path: Path, database: str, zone: str
) -> None:
    there, first, last = ZoneInfo(zone), date(2026, 3, 1), date(2026, 11, 5)
    start = datetime(2026, 2, 28, 12, tzinfo=UTC)
    at = [start + timedelta(minutes=97 * number) for number in range(3800)]
    expected = Counter(day for one in at if first <= (day := one.astimezone(there).date()) <= last)
    async with opened(tmp_path) as journal:

        def fill(db: sa.Connection) -> None:
            known = {"run": "r", "show": "town", "what": "render", "reserved": 1.0, "actual": 1.0}
            rows = [{**known, "key": f"{number}", "at": one.timestamp()} for number, one in enumerate(at)]
            db.execute(spending.insert(), rows)

        await journal.store.do(fill, lock="show town")
        found = await Books(journal.store).by_day({"town": there}, first, last)

    assert expected == {one.day: one.paid for one in found}


async def test_a_ledger_of_any_length_is_read_in_parts_and_every_row_once(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "AT_ONCE", 3)
    async with opened(tmp_path) as journal:
        clock = FakeClock(NOW)
        mine = Purse(journal.store, clock, await journal.claim(slot=NOW), Budget(), ZoneInfo("UTC"))
        for number in range(10):  # all at the same instant
            await mine.reserve(f"script/main/{number}", 1.0)
        zones = {"news": ZoneInfo("UTC")}
        found = [one.key async for one in Books(journal.store).entries(zones, NOW.date(), NOW.date())]

    assert [f"script/main/{number}" for number in range(10)] == found


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_no_cell_of_the_ledger_is_taken_for_a_formula(name: str) -> None:
    (_, row) = list(books.as_csv([Entry("r", name, "k", "render", 1.0, None, NOW)]))

    assert f"'{name}" == next(csv.reader(io.StringIO(row, newline="")))[1]
