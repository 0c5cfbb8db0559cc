"""Whoever is asked by mail answers on a page that their own link leads to: once, in time, and for nobody else."""

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from airing import Town
from watching import NOON, HandClock, rounds, watching

from broadcast.daemon import taking_in
from broadcast.daemon.door import Door
from broadcast.daemon.watch import Watch
from broadcast.journal.approvals import Approval
from broadcast.journal.runs import name
from broadcast.stages.gates import link_for
from broadcast.testing import resend
from broadcast.testing.mail import MailServer

RUN = name("town", NOON)
PUBLIC = "https://news.example.com"
HOSTILE = '<script>alert(1)</script>"><img src=x> \u202eevil'


class Desk:
    """A daemon, its door, and the letters that it sent."""

    def __init__(
        self, town: Town, mail: MailServer, watch: Watch, clock: HandClock, web: aiohttp.ClientSession
    ) -> None:
        self.town, self.mail, self.watch, self.clock, self.web = town, mail, watch, clock, web

    async def ask(self) -> Approval:
        self.watch.air("town", NOON)
        await rounds(self.watch, self.clock, 2)
        [gate] = await self.watch.station.approvals.unanswered()
        return gate

    def letter(self, to: str) -> EmailMessage:
        [letter] = self.mail.inboxes[to]
        return letter

    def link(self, to: str) -> str:
        part = self.letter(to).get_body(("plain",))
        assert part
        return link_in(part.get_content())

    async def get(self, path: str) -> tuple[int, str, Any]:
        async with self.web.get(path) as answer:
            return answer.status, await answer.text(errors="replace"), answer.headers

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        async with self.web.post(path, data=form) as answer:
            return answer.status, await answer.text()

    async def status(self) -> str | None:
        await rounds(self.watch, self.clock, 2)
        found = await self.watch.station.runs.find(RUN)
        assert found
        return found[0].status


def link_in(text: str) -> str:
    [link] = re.findall(rf"{PUBLIC}(/approve/\S+)", text)
    return str(link)


@contextlib.asynccontextmanager
async def desk(folder: Path, mail: MailServer, *, public: str = PUBLIC, **changes: Any) -> AsyncIterator[Desk]:
    town, clock = Town(folder, **changes.pop("show", {})), HandClock()
    ask = {"use": "email", "url": mail.url(), "from": "Town <news@example.com>",
           "to": ["ann@example.com", "ben@example.com"]}  # fmt: skip
    town.tree["approval"] = {"script": True, "ask": {"mail": ask}, "wait": "2h", **changes}
    town.settings = town.settings.model_copy(update={"broadcast_public_url": public})
    town.file()
    async with (
        watching(town, clock) as watch,
        Door(watch, *taking_in(watch)).open("127.0.0.1", 0) as address,
        aiohttp.ClientSession(address) as web,
    ):
        await rounds(watch, clock, 1)
        yield Desk(town, mail, watch, clock, web)


@pytest.fixture
def mail() -> Any:
    with MailServer() as server:
        yield server


async def test_opening_a_link_changes_nothing_and_the_button_answers(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail) as one:
        await one.ask()
        link = one.link("ann@example.com")
        for _ in range(3):
            status, page, headers = await one.get(link)
        assert 200 == status
        assert "may this script be rendered?" in page
        assert "You answer as <bdi>ann@example.com</bdi>" in page
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "no-store" == headers["Cache-Control"]
        assert "unfinished" == await one.status()

        status, page = await one.post(link, answer="approve", note="Good\nwork")
        assert (200, True) == (status, "Thank you: the script is approved." in page)
        assert "aired" == await one.status()
        [entry] = await one.watch.station.audit.newest(limit=5)
        assert ("ann@example.com", "e-mail", "approve", "Good work", "done") == (
            entry.who, entry.via, entry.deed, entry.said, entry.outcome,
        )  # fmt: skip


async def test_each_has_a_link_of_their_own_that_is_used_once(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail) as one:
        await one.ask()
        ann, ben = one.link("ann@example.com"), one.link("ben@example.com")
        assert ann != ben
        await one.post(ben, answer="reject")
        assert [410, 410] == [(await one.get(ann))[0], (await one.post(ann, answer="approve"))[0]]
        again = await one.post(ben, answer="approve")
        assert (410, True) == (again[0], "ben@example.com was first: the script was rejected." in again[1])
        assert "failed" == await one.status()
        assert [] == one.town.lines("pay")


async def test_of_two_links_at_once_one_counts(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail) as one:
        await one.ask()
        links = [one.link("ann@example.com"), one.link("ben@example.com")] * 5
        answers = ["approve", "reject"] * 5
        said = await asyncio.gather(
            *(one.post(link, answer=answer) for link, answer in zip(links, answers, strict=True))
        )
        assert 1 == [status for status, _ in said].count(200)
        assert {200, 410} == {status for status, _ in said}
        assert 1 == len(await one.watch.station.audit.newest(limit=50))


async def test_a_forged_link_is_refused(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail) as one:
        gate = await one.ask()
        link = one.link("ann@example.com")
        token, _, proof = link.rpartition("/")[2].partition(".")
        raw = base64.urlsafe_b64decode(proof + "=" * (-len(proof) % 4))
        other = base64.urlsafe_b64encode(raw[:16] + b"boss@example.com").decode().rstrip("=")
        forged = [
            f"/approve/{token}",
            f"/approve/{token}.",
            f"/approve/{token}.{proof[:-4]}",
            f"/approve/{token}.{'A' + proof[1:] if proof[0] != 'A' else 'B' + proof[1:]}",
            f"/approve/{token}.{other}",
            f"/approve/{'x' * 22}.{proof}",
            link_for("", gate.token, "another key", "ann@example.com") or f"/approve/{token}.{proof}{proof}",
            f"/approve/{'a' * 5000}",
            "/approve/%00.%00",
            "/approve/..%2f..%2fetc",
        ]
        assert [404] * len(forged) == [(await one.get(path))[0] for path in forged]
        assert [404] * len(forged) == [(await one.post(path, answer="approve"))[0] for path in forged]
        assert gate.verdict == (await one.watch.station.approvals.of_run(RUN))[0].verdict


async def test_an_expired_link_says_that_it_is_too_late(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail) as one:
        await one.ask()
        link = one.link("ann@example.com")
        one.clock.pass_(2 * 3600 + 1)
        status, page = await one.post(link, answer="approve")
        assert (410, True) == (status, "Too late: nobody had answered, and the script was rejected." in page)


async def test_only_the_named_answer_though_others_were_asked(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail, by=["Ann@example.com"]) as one:
        await one.ask()
        status, page = await one.post(one.link("ben@example.com"), answer="approve")
        assert (403, True) == (status, "not among those who may answer" in page)
        assert 400 == (await one.post(one.link("ann@example.com"), answer="yes"))[0]
        assert 200 == (await one.post(one.link("ann@example.com"), answer="approve"))[0]


async def test_the_video_is_shown_to_the_one_who_is_asked_and_to_nobody_else(
    tmp_path: Path, mail: MailServer
) -> None:
    async with desk(tmp_path, mail, script=False, video=True) as one:
        await one.ask()
        link = one.link("ann@example.com")
        assert "may this video be published?" in (await one.get(link))[1]
        status, _, headers = await one.get(f"{link}/video")
        assert (200, "video/mp4", "bytes") == (status, headers["Content-Type"], headers["Accept-Ranges"])
        assert 404 == (await one.get(f"{link[:-3]}/video"))[0]
        await one.post(link, answer="approve")
        assert "aired" == await one.status()
        assert 410 == (await one.get(f"{link}/video"))[0]


async def test_hostile_words_are_words(tmp_path: Path, mail: MailServer) -> None:
    async with desk(tmp_path, mail, show={"title": HOSTILE}) as one:
        await one.ask()
        page = (await one.get(one.link("ann@example.com")))[1]
        letter = one.letter("ann@example.com")
        html = letter.get_body(("html",))
        assert html
        for text in (page, html.get_content()):
            assert "&lt;script&gt;" in text
            assert "<script" not in text
            assert "<img" not in text
            assert "\u202e" not in text
        assert [] == mail.problems


async def test_without_a_public_address_the_letter_says_which_command_answers(
    tmp_path: Path, mail: MailServer
) -> None:
    async with desk(tmp_path, mail, public="") as one:
        await one.ask()
        part = one.letter("ann@example.com").get_body(("plain",))
        assert part
        assert f"broadcast approve {RUN} --script (or with --reject)" in " ".join(part.get_content().split())
        assert "/approve/" not in part.get_content()


@pytest.mark.parametrize("drops", [False, True])
async def test_resend_asks_each_once_whatever_becomes_of_its_answer_and_the_link_answers(
    tmp_path: Path, mail: MailServer, drops: bool
) -> None:
    with resend.Resend() as server:
        ask = {"use": "resend", "key": resend.KEY, "base": server.url, "from": "Town <news@example.com>",
               "to": ["ann@example.com", "ben@example.com"], "list_id": "daily.example.com"}  # fmt: skip
        if drops:
            server.fault("emails", "drop", after_effect=True)
        async with desk(tmp_path, mail, ask={"mail": ask}) as one:
            await one.ask()
            await rounds(one.watch, one.clock, 3)
            assert {"ann@example.com": 1, "ben@example.com": 1} == {
                to: len(got) for to, got in server.inboxes.items()
            }
            [ann], [ben] = server.inboxes["ann@example.com"], server.inboxes["ben@example.com"]
            assert "may this script be rendered?" in ann["subject"]
            assert not {"List-Id", "List-Unsubscribe"} & set(ann["headers"]), "nobody asked leaves a list by it"
            links = {to: link_in(letter["text"]) for to, letter in (("ann", ann), ("ben", ben))}
            assert links["ann"] != links["ben"]
            assert f'href="{PUBLIC}{links["ben"]}"' in ben["html"]

            status, page = await one.post(links["ben"], answer="approve")
            assert (200, True) == (status, "Thank you: the script is approved." in page)
            assert "aired" == await one.status()
            [entry] = await one.watch.station.audit.newest(limit=5)
            assert ("ben@example.com", "approve") == (entry.who, entry.deed)
            assert (2, []) == (server.seen, server.problems)
