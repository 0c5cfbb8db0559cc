"""The examples of triggers and rows air as they stand, against services of our own."""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from calling import GITHUB, RELEASE, STANDARD, called, github, settle, standard

from broadcast import config, runner, settings
from broadcast.clock import SystemClock
from broadcast.testing import HeyGen, Telegram
from broadcast.testing.mail import MailServer

EXAMPLES = Path(__file__).parents[1] / "config" / "examples"
PUSH = {
    "ref": "refs/heads/main",
    "deleted": False,
    "compare": "https://github.com/acme/shop/compare/a1...b2",
    "repository": {"full_name": "acme/shop"},
    "commits": [
        {"message": "feat: the cart keeps its goods for thirty days"},
        {"message": "fix: a discount code is good for one order"},
    ],
}


@asynccontextmanager
async def world(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, **variables: str
) -> AsyncIterator[tuple[Town, HeyGen, Telegram]]:
    """The example *name* alone in a folder, as it stands, and what it speaks to."""
    async with HeyGen() as heygen, Telegram() as telegram:
        telegram.channel("acme_engineering"), telegram.channel("acme_status")
        known = {
            "HEYGEN_API_KEY": heygen.key, "HEYGEN_BASE_URL": heygen.url, "HEYGEN_POLL_SECONDS": "0.1",
            "TELEGRAM_TOKEN": telegram.token, "TELEGRAM_BASE_URL": telegram.url,
            "SIGNUPS_SECRET": STANDARD, "GITHUB_WEBHOOK_SECRET": GITHUB, **variables,
        }  # fmt: skip
        for key, value in known.items():
            monkeypatch.setenv(key, value)
        monkeypatch.chdir(folder)
        shutil.copytree(EXAMPLES / "kinds", folder / "config" / "kinds")
        shutil.copy(EXAMPLES / f"{name}.yaml", folder / "config")
        town = Town(folder)
        town.settings = settings.load(broadcast_data_dir=folder / "data", broadcast_config_dir=folder / "config")
        yield settle(town), heygen, telegram
        assert [] == heygen.refused + telegram.refused, "the client made a mistake"


async def test_a_film_for_each_new_user_goes_to_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MailServer() as mail:
        async with world(tmp_path, "welcome", monkeypatch, SMTP_URL=mail.url()) as (town, heygen, _):
            async with called(town, SystemClock()) as desk:  # type: ignore[arg-type]
                for name in ("Ann", "Bob", "Ann"):
                    user = {"name": name, "email": f"{name.lower()}@example.com", "plan": "Pro"}
                    request = standard({"user": user}, datetime.now(UTC), id=f"user-{name}")
                    told = (await desk.post("/hooks/welcome", request))[1]
                    report = await desk.over(told["run"])
                    assert "aired" == report["status"], report

            assert 2 == len(heygen.renders)
            assert "Your Pro plan is ready, Ann." in heygen.spoken[0]
        assert [1, 1] == [len(mail.inboxes[f"{name}@example.com"]) for name in ("ann", "bob")]
        assert "Welcome to Acme, Ann" in str(mail.inboxes["ann@example.com"][0]["Subject"])


async def test_a_push_and_a_release_are_announced_and_other_branches_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        world(tmp_path, "announce", monkeypatch) as (town, heygen, telegram),
        called(town, SystemClock()) as desk,  # type: ignore[arg-type]
    ):
        release = {**RELEASE, "release": {**RELEASE["release"], "draft": False}}  # type: ignore[dict-item]
        push = (await desk.post("/hooks/announce/push", github(PUSH, event="push", id="d-1")))[1]["run"]
        other = await desk.post(
            "/hooks/announce/push", github({**PUSH, "ref": "refs/heads/x"}, event="push", id="d-2")
        )
        out = (await desk.post("/hooks/announce/release", github(release, id="d-3")))[1]["run"]
        reports = [await desk.over(run) for run in (push, out)]

        assert ["aired", "aired"] == [report["status"] for report in reports], reports
        assert (200, None) == (other[0], other[1]["run"])
        titles = [report["stories"][0]["title"] for report in reports]
        assert ["acme/shop: 2 new commits on main", "velmora/tide v2.1.0 is out"] == titles
        assert 2 == len(telegram.seen("@acme_engineering")) == len(heygen.renders)


async def test_a_call_on_demand_is_made_into_a_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        world(tmp_path, "on-demand", monkeypatch) as (town, heygen, telegram),
        called(town, SystemClock()) as desk,  # type: ignore[arg-type]
    ):
        story = {"title": "The API was slow for 12 minutes", "text": "From 10:04 to 10:16 answers took 3 seconds."}
        call = {"show": "on-demand", "stories": [story], "channels": ["telegram"]}
        answers = [await desk.call(call, **{"Idempotency-Key": "incident-42"}) for _ in range(2)]
        report = await desk.over(answers[0][1]["run"])

        assert ([202, 200], "aired") == ([status for status, _ in answers], report["status"]), report
        assert 1 == len(telegram.seen("@acme_status")) == len(heygen.renders)


async def test_each_customer_gets_their_own_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    with sqlite3.connect(tmp_path / "crm.db") as db:
        db.execute("CREATE TABLE weekly_report (id, name, email, week, orders, revenue)")
        db.executemany(
            "INSERT INTO weekly_report VALUES (?, ?, ?, 48, ?, ?)",
            [(1, "Ann", "ann@example.com", 12, 840), (2, "Bob", None, 3, 60)],
        )
    db.close()
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    with MailServer() as mail:
        async with world(tmp_path, "customer-reports", monkeypatch, SMTP_URL=mail.url(), CUSTOMERS_URL=url) as (
            town,
            _,
            _,
        ):
            show = config.load("customer-reports", town.settings)
            async with runner.on_duty(town.settings) as station:
                report = await runner.run(station, show, now=True)

        receipts = {edition.name: edition.receipts[0] for edition in report.editions}
        assert ("sent", "failed") == (receipts["1-48"].status, receipts["2-48"].status), json.dumps(_shown(report))
        assert "there is no 'email' to fill in" in (receipts["2-48"].error or "")
        (letter,) = mail.inboxes["ann@example.com"]
        assert "Your week at Acme, Ann" in str(letter["Subject"])


def _shown(report: Any) -> Any:
    return report.model_dump(mode="json")
