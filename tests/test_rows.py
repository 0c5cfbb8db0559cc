"""One edition a row: each row once, whatever dies when, and what is wrong with one row is that row's affair."""

import asyncio
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from studio import SLOT

from broadcast.channels.email import Email
from broadcast.channels.folder import Folder
from broadcast.channels.telegram import Telegram
from broadcast.errors import ConfigError, Rejected
from broadcast.forms import Form, blanks
from broadcast.reporting import exit_code
from broadcast.stages.rows import name
from broadcast.testing import HeyGen
from broadcast.types import Story

MAIL = {"use": "email", "url": "smtp://localhost", "from": "a@b.example", "to": "{x}"}
TEXT = "The turbine of Velmora supplies electricity to about 900 homes along the eastern shore of the bay."


def database(folder: Path, rows: list[tuple[Any, ...]]) -> str:
    path = folder / "customers.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE IF NOT EXISTS customer (id TEXT, name TEXT, chat TEXT, homes INTEGER)")
        db.executemany("INSERT INTO customer VALUES (?, ?, ?, ?)", rows)
    db.close()
    return f"sqlite:///{path}"


def people(number: int) -> list[tuple[Any, ...]]:
    return [(f"c{at:04}", f"Customer {at}", f"@c{at:04}", 900 + at) for at in range(number)]


def town(folder: Path, rows: list[tuple[Any, ...]], *, each: dict[str, Any] | None = None, **changes: Any) -> Town:
    """A show that tells each customer of theirs."""
    one = Town(folder, **changes)
    one.tree["title"] = "Velmora for {name}"
    del one.tree["sources"], one.tree["stories"]
    one.tree["editions"] = {
        "each": {
            "use": "sql",
            "url": database(folder, rows),
            "query": "SELECT * FROM customer ORDER BY id",
            "id": "{id}",
            "title": "Welcome, {name}",
            "summary": "{homes} homes in Velmora have power from the tide. " + TEXT,
            "limit": 2000,
            **(each or {}),
        }
    }
    one.tree["renderer"] = one.of("FreeStudio")
    one.tree["channels"] = {"chat": one.of("Chat", to=["{chat}"], words=True)}
    return one


async def test_each_row_is_an_edition_with_its_fields_in_title_words_and_address(tmp_path: Path) -> None:
    one = town(tmp_path, people(3))
    one.tree["channels"]["chat"]["caption"] = "{title}: {name}, {homes} homes"
    report = await one.air(SLOT)

    assert ("aired", ["c0000", "c0001", "c0002"]) == (report.status, [edition.name for edition in report.editions])
    assert [1, 1, 1] == [len(edition.receipts) for edition in report.editions]
    assert [f"deliver/c000{at}/chat/@c000{at}" for at in range(3)] == [e.receipts[0].item for e in report.editions]
    said = sorted(line.split(": ", 1)[1] for line in one.lines("words"))
    assert [f" Velmora for Customer {at}: Customer {at}, {900 + at} homes" for at in range(3)] == [
        line.partition("Script, voice")[0].rstrip() for line in said
    ]


async def test_a_row_that_was_told_is_not_told_again_and_a_new_one_is(tmp_path: Path) -> None:
    one = town(tmp_path, people(2))
    await one.air(SLOT)
    database(tmp_path, [("c0009", "Customer 9", "@c0009", 9), ("c0000", "the same once more", "@other", 1)])
    report = await one.air(now=True)
    quiet = await one.air(now=True)

    assert ["c0009"] == [edition.name for edition in report.editions]
    assert any("2 rows were told before" in note for note in report.notes)
    assert "quiet" == quiet.status
    assert 3 == len(one.lines("post"))


async def test_rows_that_look_alike_are_not_taken_for_one_event(tmp_path: Path) -> None:
    rows = [(f"c{at}", "Ann", f"@c{at}", 900) for at in range(4)]
    report = await town(tmp_path, rows).air(SLOT)

    assert ["c0", "c1", "c2", "c3"] == [edition.name for edition in report.editions]


async def test_a_row_without_an_address_is_that_rows_affair_and_is_not_paid_for(tmp_path: Path) -> None:
    rows = [*people(2), ("c0002", "Nobody", None, 1), ("c0003", "Blank", "", 1)]
    one = town(tmp_path, rows)
    one.tree["renderer"] = one.of("Studio")
    report = await one.air(SLOT)

    receipts = {edition.name: edition.receipts[0] for edition in report.editions}
    assert ["sent", "sent", "failed", "failed"] == [receipts[f"c000{at}"].status for at in range(4)]
    assert "there is no 'chat' to fill in" in (receipts["c0002"].error or "")
    assert ("partial", 5) == (report.status, exit_code(report))
    assert ["pay c0000", "pay c0001"] == sorted(one.lines("pay"))


async def test_a_row_whose_address_is_none_is_said_so_and_the_others_get_their_mail(tmp_path: Path) -> None:
    one = town(tmp_path, [("a", "Ann", "nobody at all", 1), ("b", "Bob", "bob@example.com", 1)])
    one.tree["channels"]["mail"] = {
        "use": "email", "url": "smtp://127.0.0.1:9", "from": "news@example.com", "to": "{chat}",
    }  # fmt: skip
    report = await one.air(SLOT)

    receipts = [(edition.name, receipt) for edition in report.editions for receipt in edition.receipts]
    mail = {name: receipt for name, receipt in receipts if receipt.channel == "mail"}
    assert ("failed", True) == (mail["a"].status, "`to`" in (mail["a"].error or "")), mail["a"]
    assert "deliver/b/mail/bob@example.com" == mail["b"].item


async def test_it_is_gone_on_with_in_the_middle_and_no_row_is_paid_or_posted_twice(tmp_path: Path) -> None:
    one = town(tmp_path, people(12), each={"concurrent": 3})
    one.tree["renderer"] = one.of("Studio", pause=0.01)
    one.tree["channels"]["chat"]["pause"] = 0.01
    choice = random.Random(20261123)
    for stop in range(1, 12, 2):
        airing = asyncio.ensure_future(one.air(SLOT))
        while len(one.lines("pay")) < stop and not airing.done():  # noqa: ASYNC110  # what it wrote is all there is to see
            await asyncio.sleep(0.005)
        await asyncio.sleep(choice.uniform(0, 0.05))
        airing.cancel()
        await asyncio.gather(airing, return_exceptions=True)
    database(tmp_path, [("c0099", "Late", "@c0099", 9)])  # it is not of this run
    report = await one.air(SLOT)

    assert 12 == len(report.editions)
    paid, posted = one.lines("pay"), one.lines("post")
    assert len(paid) == len(set(paid)), "a row was paid twice"
    assert len(posted) == len(set(posted)), "a row was posted twice"
    ends = [receipt.status for edition in report.editions for receipt in edition.receipts]
    doubts = [edition.kind for edition in report.editions if not edition.receipts]
    assert {"sent", "unconfirmed"} >= set(ends)
    assert {"Unconfirmed"} >= set(doubts)
    assert 12 == len(ends) + len(doubts)


async def test_no_more_rows_are_at_work_at_once_than_was_said(tmp_path: Path) -> None:
    one = town(tmp_path, people(8), each={"concurrent": 2})
    one.tree["renderer"] = one.of("Studio", pause=0.02)
    work = asyncio.ensure_future(one.air(SLOT))
    most = 0
    while not work.done():
        at_work = set(one.lines("pay")) - {f"pay {line.split()[1][1:]}" for line in one.lines("post")}
        most = max(most, len(at_work))
        await asyncio.sleep(0.005)

    assert "aired" == work.result().status
    assert 2 >= most


async def test_the_rows_of_a_csv_file_are_editions_too(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id,name,chat,homes\n1,Ann,@ann,901\n2,Bob,@bob,902\n")
    one = town(tmp_path, [])
    each = one.tree["editions"]["each"]
    one.tree["editions"]["each"] = {"use": "csv", "file": str(tmp_path / "customers.csv")} | {
        key: each[key] for key in ("id", "title", "summary")
    }
    report = await one.air(SLOT)

    assert ("aired", ["1", "2"]) == (report.status, sorted(edition.name for edition in report.editions))
    assert ["post @ann url", "post @bob url"] == sorted(one.lines("post"))


async def test_a_call_brings_rows_of_its_own(tmp_path: Path) -> None:
    one = town(tmp_path, people(3))
    story = Story(id="x/../y z", source="story", title="Welcome, Zoe", text=TEXT, at=SLOT)
    report = await one.air(SLOT, stories=(story,), fields={"name": "Zoe", "chat": "@zoe"})

    (edition,) = report.editions
    assert edition.name.startswith("x-y-z-")
    assert ["post @zoe url"] == one.lines("post")


async def test_fields_of_a_call_fill_a_show_with_hooks(tmp_path: Path) -> None:
    one = Town(tmp_path, title="Hello {name}")
    one.tree["hooks"] = {"site": {"verify": "token", "secret": "a-plain-secret-0123456789"}}
    one.tree["channels"] = {"chat": one.of("Chat", to=["{chat}"], words=True)}
    report = await one.air(SLOT, fields={"name": "Ann", "chat": "@ann"})
    again = await one.air(SLOT)
    bare = await one.air(now=True)

    assert ("aired", ["post @ann url"]) == (report.status, one.lines("post"))
    assert "Hello Ann" in one.lines("words")[0]
    assert "already aired" in again.notes[-1]
    assert ("failed", True) == (bare.status, "there is no 'name' to fill in" in (bare.error or ""))


async def test_what_went_to_a_row_is_taken_back_there(tmp_path: Path) -> None:
    from broadcast import after, runner

    one = town(tmp_path, people(2))
    one.tree["channels"]["chat"] = one.of("Talk", to=["{chat}"])
    report = await one.air(SLOT)
    async with runner.on_duty(one.settings) as station:
        receipts = await after.retract(station, one.show(), report.run, None, "")

    assert ["sent"] == [receipt.status for receipt in receipts]
    assert ["retract @c0000 @c0000/1 ", "retract @c0001 @c0001/1 "] == sorted(one.lines("retract"))


async def test_rows_are_rendered_by_heygen_each_once_and_within_its_limit(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        heygen.limit = 4
        one = town(tmp_path, people(9))
        one.tree["renderer"] = {
            "use": "heygen", "key": heygen.key, "base": heygen.url, "poll": 0.05, "concurrent": 4, "images": False,
        }  # fmt: skip
        report = await one.air(SLOT)

        assert "aired" == report.status, report.error
        assert (9, True) == (len(heygen.renders), heygen.ledger.peak <= 4)
        assert [] == heygen.refused
        assert 9 == len(set(one.lines("post")))


def test_what_is_no_name_for_an_edition_gets_one_that_is() -> None:
    ids = ["42", "c-1.x", "../../etc", "", "a b", "a-b", "ä", "a" * 200]
    names = [name(Story(id=id, source="each", title="t", at=SLOT)) for id in ids]

    assert ["42", "c-1.x", "a-b"] == [one for one in names if one in ids]
    assert len(set(names)) == len(ids)
    assert all("/" not in one and len(one) <= 48 and one[0].isalnum() for one in names)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sources": {"wire": {"use": "rss", "url": "https://x.example/rss"}}}, "take `sources` out"),
        ({"editions": {"each": {"use": "stories", "file": "x"}, "de": {}}}, "take the others out"),
        ({"editions": {"each": {"use": "sqll"}}}, "did you mean `sql`"),
        ({"editions": {"each": {"use": "stories", "file": "x", "seconds": 1}}}, "`editions.each.seconds`"),
        ({"editions": {"each": {"use": "stories", "fiel": "x"}}}, "did you mean `file`"),
        ({"channels": {"mail": {**MAIL, "tto": 1}}}, "there is no key `channels.mail.tto`"),
        ({"channels": {"mail": {**MAIL, "from": "nobody"}}}, "`channels.mail.from`"),
    ],
)  # fmt: skip
def test_a_show_of_rows_that_cannot_be_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    one = town(tmp_path, [])
    one.tree |= changes
    with pytest.raises(ConfigError) as error:
        one.show()
    assert said in str(error.value)


def test_a_secret_and_a_command_have_no_blanks_and_a_path_leads_nowhere_else() -> None:
    mail = {"url": "smtp://user:{x}@host", "sender": "a@b.example", "to": ["{email}"], "command": ["list", "{y}"],
            "unsubscribe": "https://b.example/{token}", "suppress": "gone/{z}.txt"}  # fmt: skip
    assert {"email": "to", "z": "suppress"} == blanks(Email, mail)

    folder = Form("folder", Folder, {"path": "out/{id}"})
    assert Path("out/c-1") == folder.filled({"id": "c-1"}).path
    for bad in ("..", "../x", "/etc", "a/b", ".hidden", "a\\b", "x\n"):
        with pytest.raises(Rejected, match="no part of a path"):
            folder.filled({"id": bad})


def test_a_form_names_what_it_lacks_and_never_a_secret() -> None:
    form = Form("chat", Telegram, {"token": "123456:hunter2hunter2hunter2hunter2hunter2", "chat": "{chta}"})
    with pytest.raises(Rejected, match="there is no 'chta' to fill in; did you mean 'chat'") as error:
        form.filled({"chat": "@town"})
    assert "hunter2" not in str(error.value) + json.dumps(str(form.destinations))


async def test_whoever_would_not_have_us_is_asked_before_their_row_is_paid_for(tmp_path: Path) -> None:
    one = town(tmp_path, people(3))
    one.tree["renderer"] = one.of("Studio")
    one.tree["channels"]["chat"]["shut"] = ["@c0001"]
    report = await one.air(SLOT)

    ends = {edition.name: (edition.error or "", edition.receipts) for edition in report.editions}
    assert "@c0001 would not have us" in ends["c0001"][0]
    assert ["pay c0000", "pay c0002"] == sorted(one.lines("pay"))
    assert ["partial", 2] == [report.status, len(one.lines("post"))]
