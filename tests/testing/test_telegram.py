"""The Telegram of our own: stricter than the real one, and it remembers what people see."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from films import mp4
from telegrams import Site

from broadcast.testing import FakeClock, Telegram

FILM = mp4(60)
SHAPE = {"width": "1920", "height": "1080", "duration": "60"}


class Client:
    def __init__(self, telegram: Telegram, http: httpx.AsyncClient) -> None:
        self.telegram, self.http = telegram, http

    async def ask(self, method: str, files: Any = None, **fields: Any) -> tuple[int, Any]:
        answer = await self.http.post(f"/bot{self.telegram.token}/{method}", data=fields, files=files)
        return answer.status_code, answer.json()

    async def refused(self, method: str, files: Any = None, **fields: Any) -> str:
        status, said = await self.ask(method, files, **fields)
        assert (False, status) == (said["ok"], said["error_code"])
        assert 400 <= status < 500
        return f"{status} {said['description']}"

    async def film(self, chat: Any, **fields: Any) -> Any:
        files = {"video": ("v.mp4", FILM, "video/mp4")}
        status, said = await self.ask("sendVideo", files, chat_id=chat, **{**SHAPE, **fields})
        assert 200 == status, said
        return said["result"]


@asynccontextmanager
async def telegram_() -> AsyncIterator[Client]:
    async with (
        Telegram(clock=FakeClock()) as telegram,
        httpx.AsyncClient(base_url=telegram.url, trust_env=False) as http,
    ):
        yield Client(telegram, http)


async def test_it_shows_what_a_person_would_see() -> None:
    async with telegram_() as client:
        client.telegram.channel("@news", topics=frozenset([3]))

        sent = await client.film("@news", caption="<b>A &amp; B</b>", parse_mode="HTML", message_thread_id=3)
        await client.ask("sendVideo", chat_id="@news", video=sent["video"]["file_id"])
        await client.ask("sendMessage", chat_id="@NEWS", text="a < b", disable_notification="true")

        first, second, third = client.telegram.seen("@news")
        assert ("A & B", "upload", len(FILM), (1920, 1080, 60), 3) == (
            first.text, first.way, first.size, first.shape, first.topic,
        )  # fmt: skip
        assert ("file_id", first.sha256) == (second.way, second.sha256)
        assert ("text", "a < b", True) == (third.kind, third.text, third.silent)
        assert [len(FILM)] == client.telegram.uploads


@pytest.mark.parametrize("markup", [
    "<b>open", "<b><i>crossed</b></i>", "</b>", "<div>x</div>", "<script>", "a < b", "a > b", "<b class=x>y</b>",
    "&nbsp;", "a & b", "&#99999999;", "<a href=x>y</a>", '<a href="x" onclick="y">z</a>', "<br>", "<b/>",
])  # fmt: skip
async def test_markup_that_is_not_whole_is_refused(markup: str) -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")

        said = await client.refused("sendMessage", chat_id="@news", text=markup, parse_mode="HTML")

        assert "can't parse entities" in said
        assert [] == client.telegram.everything


@pytest.mark.parametrize(("method", "fields", "said"), [
    ("sendMessage", {"chat_id": "@nowhere", "text": "x"}, "chat not found"),
    ("sendMessage", {"text": "x"}, "chat_id is empty"),
    ("sendMessage", {"chat_id": "@news", "text": " "}, "text is empty"),
    ("sendMessage", {"chat_id": "@news", "text": "x" * 4097}, "is too long"),
    ("sendMessage", {"chat_id": "@news", "text": "a\x07"}, "control characters"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "parse_mode": "Markdown"}, "unsupported parse_mode"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "topic": "3"}, "no parameter 'topic'"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "message_thread_id": "3"}, "thread not found"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "message_thread_id": "x"}, "is no number"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "protect_content": "yes"}, "neither true nor false"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "reply_parameters": '{"message_id": 9}'}, "not found"),
    ("sendMessage", {"chat_id": "@news", "text": "x", "link_preview_options": "{"}, "can't parse link_preview"),
    ("sendMessage", {"chat_id": "@closed", "text": "x"}, "need administrator rights"),
    ("sendVideo", {"chat_id": "@news", "video": "BAACx"}, "wrong file identifier"),
    ("sendVideo", {"chat_id": "@news", "video": "http://127.0.0.1:9/v.mp4"}, "failed to get HTTP URL content"),
    ("sendVideo", {"chat_id": "@news", "video": "https://news.example/v.mp4"}, "failed to get HTTP URL content"),
    ("sendVideo", {"chat_id": "@news", "video": "x", "caption": "x" * 1025}, "caption is too long"),
    ("sendVideo", {"chat_id": "@news", "video": "x", "width": "10001"}, "wrong width"),
    ("deleteMessage", {"chat_id": "@news", "message_id": "9"}, "message to delete not found"),
    ("editMessageText", {"chat_id": "@news", "message_id": "9", "text": "x"}, "message to edit not found"),
    ("getChatMember", {"chat_id": "@news", "user_id": "9"}, "user not found"),
    ("getWebhookInfo", {}, "method not found"),
])  # fmt: skip
async def test_what_the_real_one_refuses_is_refused(method: str, fields: dict[str, Any], said: str) -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")
        client.telegram.channel("@closed", rights={"can_post_messages": False})

        assert said in await client.refused(method, **fields)


@pytest.mark.parametrize(("name", "content", "type", "fields", "said"), [
    ("v.mp4", b"\0\0\0\x10ftypisom" * 9, "text/plain", SHAPE, "is no MP4"),
    ("v.mov", FILM, "video/mp4", SHAPE, "is no MP4"),
    ("v.mp4", b"<html>", "video/mp4", SHAPE, "is no MP4"),
    ("v.mp4", b"", "video/mp4", SHAPE, "non-empty"),
    ("v.mp4", FILM, "video/mp4", {}, "people see a square"),
])  # fmt: skip
async def test_an_upload_that_would_look_wrong_is_refused(
    name: str, content: bytes, type: str, fields: dict[str, str], said: str
) -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")

        assert said in await client.refused(
            "sendVideo", {"video": (name, content, type)}, chat_id="@news", **fields
        )
        assert [] == client.telegram.uploads


@pytest.mark.parametrize(("body", "type"), [
    (b"--x\r\n\r\n", "multipart/form-data"),
    (b"nothing", "multipart/form-data; boundary=x"),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', "multipart/form-data; boundary=x"),
    (b"--x\r\n\r\nno head\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    (b"chat_id=1&chat_id=2", "application/x-www-form-urlencoded"),
    (b"<xml/>", "text/xml"),
])  # fmt: skip
async def test_a_body_that_cannot_be_read_is_refused(body: bytes, type: str) -> None:
    async with telegram_() as client:
        path = f"/bot{client.telegram.token}/sendMessage"

        answer = await client.http.post(path, content=body, headers={"content-type": type})

        assert 400 == answer.status_code
        assert 1 == len(client.telegram.refused)


async def test_a_wrong_token_and_no_token() -> None:
    async with telegram_() as client:
        assert [401, 404, 404] == [
            (await client.http.post(path)).status_code for path in ("/bot1:x/getMe", "/getMe", "/bot1:x")
        ]


async def test_an_address_is_fetched_and_what_failed_once_fails_for_days(tmp_path: Any) -> None:
    async with telegram_() as client, Site(tmp_path) as site:
        client.telegram.channel("@news")
        address = f"{site.url}/v.mp4"
        assert "failed to get" in await client.refused("sendVideo", chat_id="@news", video=address)
        (tmp_path / "v.mp4").write_bytes(FILM)
        assert "failed to get" in await client.refused("sendVideo", chat_id="@news", video=address)
        (tmp_path / "v.html").write_bytes(FILM)
        assert "wrong type" in await client.refused("sendVideo", chat_id="@news", video=f"{site.url}/v.html")
        with (tmp_path / "large.mp4").open("wb") as file:
            file.truncate(20_000_001)
        assert "failed to get" in await client.refused("sendVideo", chat_id="@news", video=f"{site.url}/large.mp4")

        status, _ = await client.ask("sendVideo", chat_id="@news", video=f"{address}?again")

        assert 200 == status
        assert "url" == client.telegram.seen("@news")[0].way


async def test_what_is_sent_stays_of_its_kind() -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")
        client.telegram.taken_as = "animation"
        sent = await client.film("@news")
        id = sent["animation"]["file_id"]

        said = await client.refused("sendVideo", chat_id="@news", video=id)
        status, _ = await client.ask("sendAnimation", chat_id="@news", animation=id)

        assert "can't use file of type Animation as Video" in said
        assert 200 == status


async def test_a_picture_is_shown_by_upload_and_by_id() -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")

        _, said = await client.ask("sendPhoto", {"photo": ("p.jpg", b"\xff\xd8x", "image/jpeg")}, chat_id="@news")
        await client.ask("sendPhoto", chat_id="@news", photo=said["result"]["photo"][0]["file_id"])

        assert [("photo", "upload", 3), ("photo", "file_id", 3)] == [
            (one.kind, one.way, one.size) for one in client.telegram.seen("@news")
        ]


async def test_a_message_is_edited_answered_and_deleted_within_48_hours() -> None:
    async with telegram_() as client:
        news = client.telegram.channel("@news")
        sent = await client.film("@news", caption="one")
        about = {"chat_id": "@news", "message_id": sent["message_id"]}

        assert "not modified" in await client.refused("editMessageCaption", caption="one", **about)
        assert "no text in the message" in await client.refused("editMessageText", text="two", **about)
        assert 200 == (await client.ask("editMessageCaption", caption="two", **about))[0]
        reply = json.dumps({"message_id": sent["message_id"]})
        await client.ask("sendMessage", chat_id="@news", text="three", reply_parameters=reply)
        film, answer = client.telegram.seen("@news")
        assert ("two", True, sent["message_id"]) == (film.text, film.edited, answer.answers)
        assert (200, True) == ((await client.ask("deleteMessage", **about))[0], bool(news.deleted))

        client.telegram.clock.forward(timedelta(hours=49).total_seconds())  # type: ignore[attr-defined]
        assert "can't be deleted" in await client.refused("deleteMessage", chat_id="@news", message_id=answer.id)


async def test_looking_at_updates_consumes_nothing_until_an_offset_confirms_them() -> None:
    async with telegram_() as client:
        client.telegram.wrote(client.telegram.person())
        client.telegram.wrote(client.telegram.channel("@news"))

        assert [2, 2, 1] == [
            len((await client.ask("getUpdates", **fields))[1]["result"]) for fields in ({}, {}, {"offset": "101"})
        ]
        client.telegram.webhook = True
        assert "409 Conflict: can't use getUpdates method while webhook is active" in await client.refused(
            "getUpdates"
        )


async def test_the_limits_are_kept_where_they_are_asked_for() -> None:
    async with telegram_() as client:
        client.telegram.limits = True
        group, people = client.telegram.group(), [client.telegram.person() for _ in range(31)]

        sent = [await client.ask("sendMessage", chat_id=one.id, text="x") for one in people]
        assert [*[200] * 30, 429] == [status for status, _ in sent]
        assert {"retry_after": 1} == sent[-1][1]["parameters"]

        said = []
        for _ in range(21):
            client.telegram.clock.forward(1)  # type: ignore[attr-defined]
            said.append(await client.ask("sendMessage", chat_id=group.id, text="x"))
        assert [*[200] * 20, 429] == [status for status, _ in said]
        assert 40 == said[-1][1]["parameters"]["retry_after"]


@pytest.mark.parametrize("what", ["drop", "reset"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_connection_ends_before_or_after_the_effect(what: str, after: bool) -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")
        client.telegram.fault("sendMessage", what, after_effect=after)

        with pytest.raises(httpx.TransportError):
            await client.ask("sendMessage", chat_id="@news", text="x")

        assert int(after) == len(client.telegram.seen("@news"))
        assert 200 == (await client.ask("sendMessage", chat_id="@news", text="x"))[0]


async def test_an_upload_is_refused_before_it_is_read_or_read_late() -> None:
    async with telegram_() as client:
        client.telegram.channel("@news")
        client.telegram.fault("sendVideo", "early")
        try:
            status = (
                await client.http.post(f"/bot{client.telegram.token}/sendVideo", content=b"x" * 30_000_000)
            ).status_code
        except httpx.TransportError:
            status = 413  # the answer may be lost when the connection ends in the middle of the body
        assert 413 == status
        assert [] == client.telegram.asked

        client.telegram.fault("sendVideo", "slow", seconds=0.2)
        began = asyncio.get_running_loop().time()
        await client.film("@news")
        assert asyncio.get_running_loop().time() - began >= 0.2


async def test_troubles_strike_where_and_as_often_as_they_are_told_to() -> None:
    async with telegram_() as client:
        one, other = client.telegram.channel("@one"), client.telegram.channel("@other")
        trouble = client.telegram.fault("sendMessage", 503, chat=other.id, skip=1, times=2)

        statuses = []
        for chat in (one.id, other.id, other.id, other.id, other.id):
            answer = await client.http.post(
                f"/bot{client.telegram.token}/sendMessage", data={"chat_id": chat, "text": "x"}
            )
            statuses.append(answer.status_code)

        assert ([200, 200, 503, 503, 200], 2) == (statuses, trouble.struck)


@pytest.mark.parametrize(("method", "what", "details"), [
    ("sendSticker", "drop", {}), ("sendVideo", "explode", {}), ("sendVideo", 200, {}),
    ("sendVideo", "early", {"after_effect": True}), ("sendVideo", "migrate", {"after_effect": True}),
])  # fmt: skip
def test_a_trouble_that_does_not_exist_is_a_mistake(method: str, what: Any, details: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is not one of|is no status|comes before"):
        Telegram().fault(method, what, **details)
