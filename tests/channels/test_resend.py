"""Letters through Resend: once under one key, whatever becomes of the answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from mailing import a_filmed

from broadcast.channels import resend
from broadcast.channels.resend import Resend
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.testing import Bench, FakeClock
from broadcast.testing.resend import KEY
from broadcast.testing.resend import Resend as Server
from broadcast.types import Post, Sent
from tests.posts import a_post

ANN = "ann@example.com"
WHEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
    assert [] == server.problems


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "work")


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return a_post(a_filmed(tmp_path / "archive"), heading="Daily update · Monday")


def a_channel(server: Server, **fields: Any) -> Resend:
    return Resend.model_validate(
        {"key": KEY, "base": server.url, "from": "News <n@example.com>", "to": ANN, **fields}
    )


async def send(channel: Resend, bench: Bench, post: Post) -> Sent:
    async with bench.tools() as tools:
        return await channel.ladder()[0](tools, post, ANN)


async def test_a_letter_arrives_with_all_that_belongs_to_it(server: Server, bench: Bench, post: Post) -> None:
    channel = a_channel(
        server, attach=True, unsubscribe="https://example.com/u/{address}", reply_to="ann@example.com"
    )
    assert "id-0" == (await send(channel, bench, post)).ref

    (letter,) = server.inboxes[ANN]
    assert "List-Unsubscribe=One-Click" == letter["headers"]["List-Unsubscribe-Post"]
    assert "<https://example.com/u/ann%40example.com>" == letter["headers"]["List-Unsubscribe"]
    assert ['"News" <n@example.com>', ANN] == [letter["from"], letter["reply_to"]]
    assert ["image/jpeg", "video/mp4"] == [file["content_type"] for file in letter["attachments"]]
    assert "Twelve boats join." in letter["text"]


@pytest.mark.parametrize(
    ("what", "after", "kind"),
    [
        ("drop", False, Unconfirmed), ("drop", True, Unconfirmed), ("hang", False, Unconfirmed),
        ("hang", True, Unconfirmed), (500, False, Unconfirmed), (503, True, Unconfirmed), (409, False, Unconfirmed),
        ("garbage", True, Unconfirmed), (429, False, Unavailable), (401, False, Refused), (403, False, Refused),
        (422, False, Rejected), (413, False, Rejected),
    ],
)  # fmt: skip
async def test_each_trouble_ends_in_one_letter(
    server: Server,
    bench: Bench,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    what: str | int,
    after: bool,
    kind: type[StageError],
) -> None:
    if what == "hang":
        monkeypatch.setattr(resend, "SECONDS", 2.0)
    server.fault("emails", what, after_effect=after)
    with pytest.raises(kind) as caught:
        await send(a_channel(server), bench, post)

    assert kind is type(caught.value)
    assert KEY not in str(caught.value)
    await send(a_channel(server), bench, post)
    assert 1 == server.seen


async def test_a_letter_in_doubt_is_settled_by_the_next_call_within_a_day(tmp_path: Path, server: Server) -> None:
    town = Town(tmp_path)
    use = {"use": "resend", "key": KEY, "base": server.url, "from": "n@example.com", "to": [ANN]}
    town.tree["channels"] = {"email": use}
    server.fault("emails", "drop", after_effect=True)
    report = await town.air(WHEN, clock=FakeClock(WHEN))
    assert "unconfirmed" == report.editions[0].receipts[0].status, described(report)

    report = await town.air(WHEN, clock=FakeClock(WHEN + timedelta(hours=1)))
    assert "sent" == report.editions[0].receipts[0].status, described(report)
    assert (1, 2) == (server.seen, server.asked)


async def test_after_a_day_it_is_held_for_a_person(server: Server, bench: Bench, post: Post) -> None:
    async with bench.tools() as tools:
        assert await a_channel(server).reconcile(tools, post, ANN, tools.clock.now()) is None
        with pytest.raises(Unconfirmed, match="has forgotten by now"):
            await a_channel(server).reconcile(tools, post, ANN, tools.clock.now() - timedelta(hours=24))


@pytest.mark.parametrize("restricted", [True, False])
async def test_a_key_that_may_only_send_passes_the_preflight(bench: Bench, restricted: bool) -> None:
    with Server(restricted=restricted) as server:
        async with bench.tools() as tools:
            await a_channel(server).preflight(tools)
            with pytest.raises(Refused, match="check RESEND_API_KEY"):
                await a_channel(server, key="re_wrong_0123456789").preflight(tools)


async def test_messages_and_corrections_arrive(server: Server, bench: Bench, post: Post) -> None:
    channel = a_channel(server)
    sent = await send(channel, bench, post)
    async with bench.tools() as tools:
        await channel.say(tools, ANN, "The show failed\nwhy")
        done = await channel.retract(tools, ANN, described_as(sent), "14 boats, not 12.")
        again = await channel.retract(tools, ANN, described_as(sent), "14 boats, not 12.")

    assert ("followed up", done) == (done.rung, again)
    assert [post.heading, "The show failed", "Correction"] == [one["subject"] for one in server.inboxes[ANN]]


def described_as(sent: Sent) -> Any:
    from broadcast.types import Destination

    return Destination(to=ANN, item="deliver/main/resend/x", status="sent", ref=sent.ref)
