"""Mail in whole runs: killed in the middle, refused for some, greylisted, with a server that is not there."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from nursery import Child
from patience import held_until
from test_kill import SLOT

from broadcast.testing import FakeClock
from broadcast.testing.mail import MailServer
from broadcast.types import Outcome, Report

WHEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def mailing(folder: Path, server: MailServer, *to: str, **fields: Any) -> Town:
    town = Town(folder)
    town.tree["channels"] = {
        "email": {"use": "email", "url": server.url(), "from": "Town <news@example.com>", "to": list(to), **fields},
        "chat": town.of("Chat"),
    }
    return town


def outcomes(report: Report) -> dict[str, Outcome]:
    (receipt,) = (one for one in report.editions[0].receipts if one.channel == "email")
    return {one.to: one.status for one in receipt.to}


def start(town: Town, server: MailServer) -> Child:
    return town.start("run", "town", "--slot", SLOT, "--json", "--verbose", SMTP_URL=server.url())


def test_killed_among_many_recipients_nobody_gets_two_and_nobody_is_forgotten(tmp_path: Path) -> None:
    members = [f"member-{number}@example.com" for number in range(120)]
    (tmp_path / "members.txt").write_text("\n".join(members))
    with MailServer(login=("news", "hunter2-secret")) as server:
        town = mailing(tmp_path, server, list=str(tmp_path / "members.txt"))
        del town.tree["channels"]["email"]["url"]
        town.file()
        process = start(town, server)
        held_until(lambda: server.seen >= 50 or process.poll() is not None)
        process.kill()
        _, before = process.communicate()
        assert 50 <= server.seen < len(members), before

        process = start(town, server)
        said, errors = process.communicate()

    report = Report.model_validate(json.loads(said))
    for member, status in outcomes(report).items():
        assert status in ("sent", "unconfirmed"), described(report)
        assert len(server.inboxes[member]) == 1 or (status == "unconfirmed" and not server.inboxes[member])
    assert set(members) == set(outcomes(report))
    assert [] == server.problems
    assert 4 >= server.busiest
    for text in (before, said, errors):
        assert "hunter2" not in text


async def test_a_recipient_who_is_refused_harms_no_other(tmp_path: Path) -> None:
    with MailServer() as server:
        town = mailing(tmp_path, server, "ann@example.com", "gone@example.com", "bob@example.com")
        server.fail("RCPT", "550 5.1.1 no such user", of="gone@example.com")
        report = await town.air(WHEN, clock=FakeClock())

        expected = {"ann@example.com": "sent", "gone@example.com": "failed", "bob@example.com": "sent"}
        assert expected == outcomes(report), described(report)
        assert "partial" == report.status

        report = await town.air(WHEN, clock=FakeClock())
        assert {"ann@example.com": "sent", "bob@example.com": "sent"} == outcomes(report)
        (receipt,) = (one for one in report.editions[0].receipts if one.channel == "email")
        assert "1 suppressed: unsubscribed, or the mailbox does not exist" in receipt.missed
        assert "aired" == report.status
    assert (2, 1) == (server.seen, len(town.lines("post")))


async def test_a_greylisted_letter_goes_out_when_the_run_is_called_again(tmp_path: Path) -> None:
    with MailServer() as server:
        town = mailing(tmp_path, server, "ann@example.com", "bob@example.com")
        server.fail("RCPT", "451 4.7.1 greylisted", of="bob@example.com", times=1)
        report = await town.air(WHEN, clock=FakeClock())
        assert {"ann@example.com": "sent", "bob@example.com": "failed"} == outcomes(report), described(report)

        report = await town.air(WHEN, clock=FakeClock())
        assert {"ann@example.com": "sent", "bob@example.com": "sent"} == outcomes(report)
    assert [1, 1] == [len(inbox) for inbox in server.inboxes.values()]


async def test_a_letter_in_doubt_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    with MailServer() as server:
        town = mailing(tmp_path, server, "ann@example.com", "bob@example.com")
        server.fail(".", "drop-after", of="bob@example.com", times=1)
        for _ in range(3):
            report = await town.air(WHEN, clock=FakeClock())
            assert {"ann@example.com": "sent", "bob@example.com": "unconfirmed"} == outcomes(report)
    assert [1, 1] == [len(inbox) for inbox in server.inboxes.values()]


@pytest.mark.parametrize("how", ["gone", "login", "withdraw"])
async def test_a_mail_server_that_will_not_have_us_harms_no_other_channel(tmp_path: Path, how: str) -> None:
    with MailServer(login=("news", "right") if how == "login" else None) as server:
        url = server.url("?starttls=require" if how == "withdraw" else "", "news", "hunter2-secret")
        town = mailing(tmp_path, server, "ann@example.com", url=url)
        if how != "gone":
            report = await town.air(WHEN, clock=FakeClock())
    if how == "gone":
        report = await town.air(WHEN, clock=FakeClock())

    receipts = {one.channel: one for one in report.editions[0].receipts}
    assert ("failed", "sent") == (receipts["email"].status, receipts["chat"].status), described(report)
    said = {"gone": "refuses connections", "login": "check the user name", "withdraw": "offers no STARTTLS"}[how]
    assert said in (receipts["email"].error or "")
    assert "hunter2" not in described(report)
    missed = [one for one in receipts["email"].missed if "no lasting address" in one]
    assert len(missed) <= 1  # however often it was tried
