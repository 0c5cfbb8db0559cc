"""Telegram: one upload for all chats, nothing twice, what nobody can know is said so. Over real sockets."""

import io
import json
import logging
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import described
from films import mp4
from PIL import Image
from posts import a_post, a_video
from telegrams import USELESS, WRONG, Room, newsroom, told

from broadcast.channels.telegram import Telegram as Channel
from broadcast.errors import ConfigError, Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.pace import Paces
from broadcast.plugins import Tools
from broadcast.testing import Bench, HeyGen, Telegram
from broadcast.types import Destination, Post


@asynccontextmanager
async def alone(
    folder: Path, *chats: Any, **settings: Any
) -> AsyncIterator[tuple[Telegram, Channel, Tools, Bench]]:
    """Give the channel by itself, with its tools."""
    bench = Bench(folder)
    async with Telegram(clock=bench.clock) as telegram, bench.tools() as tools:
        known = {"token": telegram.token, "base": telegram.url, "chat": chats or "1", "seconds": 30}
        channel = Channel.model_validate({**known, **settings})
        kept: dict[str, str] = {}

        async def keep(name: str, value: str) -> None:
            kept[name] = value

        yield telegram, channel, replace(tools, pace=Paces(bench.clock).wait, keep=keep, kept=kept), bench


def a_real_post(folder: Path, **fields: Any) -> Post:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "real.mp4").write_bytes(mp4(58.4))
    return a_post(a_video(folder, path=folder / "real.mp4", poster=None), **fields)


# --- the ladder


async def test_a_public_video_is_fetched_by_telegram_once_and_known_from_then_on(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        places = [room.telegram.channel("@townnews"), room.telegram.group(), room.telegram.person()]
        room.public()
        room.on("@townnews", places[1].id, places[2].id)

        report = await room.air()

        assert "aired" == report.status, described(report)
        assert ["url", "file_id", "file_id"] == [room.telegram.seen(place.id)[0].way for place in places]
        assert 1 == len(room.telegram.fetched)
        assert ["url", "url", "url"] == [one.rung for one in told(report).values()]
        assert not room.telegram.uploads


async def test_what_telegram_cannot_fetch_is_uploaded_once_for_all_chats(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        places = [room.telegram.group() for _ in range(5)]
        room.public()
        room.site.folder = tmp_path / "elsewhere"
        room.town.tree["publish"]["url"] = "https://127.0.0.1:9/closed"
        room.on(*(place.id for place in places))

        report = await room.air()

        assert "aired" == report.status, described(report)
        assert ["upload", *["file_id"] * 4] == [room.telegram.seen(place.id)[0].way for place in places]
        assert 1 == len(room.telegram.uploads)
        first = next(iter(told(report).values()))
        assert "file" == first.rung
        assert "Failed to get http url content" in first.missed[0]
        assert "https:" not in first.missed[0]


async def test_the_renderer_s_own_signed_address_is_fetched_from_and_shown_to_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with newsroom(tmp_path) as room, HeyGen(clock=room.clock) as heygen:
        room.telegram.channel("@townnews")
        room.town.tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url}
        room.on("@townnews")

        with caplog.at_level(logging.DEBUG):
            report = await room.air()

        (shown,) = room.telegram.seen("@townnews")
        assert "url" == shown.way, described(report)
        (address,) = room.telegram.fetched
        assert "?" in address
        assert heygen.url not in shown.html + caplog.text
        assert address.partition("?")[2] not in shown.html + caplog.text


async def test_people_see_a_video_with_its_shape_its_words_and_its_address(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        place = room.telegram.channel("@townnews", topics=frozenset([7]))
        room.on("@townnews", topic=7, silent=True, protect=True)

        report = await room.air()

        (shown,) = room.telegram.seen("@townnews")
        assert (1920, 1080) == shown.shape[:2]
        assert shown.shape[2] > 30
        assert (True, True, True, 7) == (shown.streams, shown.silent, shown.protected, shown.topic)
        assert shown.html.startswith("<b>Town News · Monday, 23 November 2026</b>\n\n• Velmora")
        assert shown.html.endswith("made automatically from the sources named.</i>")
        (receipt,) = report.editions[0].receipts
        assert (str(shown.id), "https://t.me/townnews/1?thread=7") == (receipt.ref, receipt.url)
        assert place.shown


@pytest.mark.parametrize(("padding", "rung", "missed"), [
    (21_000_000, "file", ["url: the video has 21.0 MB, Telegram fetches 20"]),
    (50_000_000, "link", ["url: the video has 50.0 MB, Telegram fetches 20",
                          "file: the video has 50.0 MB, Telegram takes 50"]),
])  # fmt: skip
async def test_a_video_too_large_for_a_rung_goes_the_next_way_without_being_tried(
    tmp_path: Path, padding: int, rung: str, missed: list[str]
) -> None:
    async with newsroom(tmp_path) as room:
        room.telegram.channel("@townnews")
        room.public()
        room.town.tree["renderer"] = {**room.town.of("Studio"), "use": "telegrams:Large", "padding": padding}
        room.on("@townnews")

        report = await room.air()

        (receipt,) = report.editions[0].receipts
        assert (rung, missed) == (receipt.rung, list(receipt.missed)), described(report)
        (shown,) = room.telegram.seen("@townnews")
        assert [] == room.telegram.fetched
        if rung == "link":
            assert ("text", f"{room.site.url}/") == (shown.kind, shown.preview[: len(room.site.url) + 1])
            assert shown.preview in shown.text
        else:
            assert [report.editions[0].video.bytes] == room.telegram.uploads  # type: ignore[union-attr]


async def test_a_server_of_one_s_own_takes_more(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        room.telegram.channel("@townnews")
        room.telegram.upload_bytes = 2_000_000_000
        room.town.tree["renderer"] = {**room.town.of("Studio"), "use": "telegrams:Large", "padding": 51_000_000}
        room.on("@townnews", local=True)

        report = await room.air()

        assert "file" == report.editions[0].receipts[0].rung, described(report)


@pytest.mark.parametrize("kind", ["animation", "document"])
async def test_what_telegram_takes_for_something_else_stays_that_in_every_chat(tmp_path: Path, kind: Any) -> None:
    async with newsroom(tmp_path) as room:
        places = [room.telegram.group() for _ in range(3)]
        room.telegram.taken_as = kind
        room.on(*(place.id for place in places))

        report = await room.air()

        assert "aired" == report.status, described(report)
        assert [(kind, "upload"), (kind, "file_id"), (kind, "file_id")] == [
            (one.kind, one.way) for one in room.telegram.everything
        ]
        assert [] == room.telegram.refused


async def test_a_file_that_telegram_no_longer_knows_is_forgotten_and_uploaded_again(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        one, other = room.telegram.group(), room.telegram.group()
        room.on(one.id, other.id)
        room.telegram.fault("sendVideo", "Bad Request: wrong remote file identifier specified", chat=other.id)

        report = await room.air()

        assert "aired" == report.status, described(report)
        assert ["upload", "upload"] == [shown.way for shown in room.telegram.everything]
        assert "is sent anew" in told(report)[f"telegram {other.id}"].missed[0]


async def test_a_chat_that_takes_no_videos_gets_a_link_and_costs_no_second_upload(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        places = [room.telegram.group() for _ in range(8)]
        places[2].everybody = {"can_send_videos": False}
        room.public()
        room.telegram.fault("sendVideo", USELESS, chat=places[0].id)
        room.on(*(place.id for place in places))

        report = await room.air()

        assert "aired" == report.status, described(report)
        assert ["video", "video", "text", *["video"] * 5] == [
            room.telegram.seen(place.id)[0].kind for place in places
        ]
        assert 1 == len(room.telegram.uploads)


async def test_the_next_run_knows_nothing_of_the_file_of_the_one_before(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        other = post.model_copy(update={"video": post.video.model_copy(update={"sha256": "1" * 64})})

        await channel.file(tools, post, "@townnews")
        await channel.url(tools, post, "@townnews")
        with pytest.raises(Rejected, match="no public address"):
            await channel.url(tools, other, "@townnews")

        assert ["upload", "file_id"] == [shown.way for shown in telegram.seen("@townnews")]


async def test_another_bot_never_uses_the_file_of_this_one(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        await channel.file(tools, post, "@townnews")
        telegram.token, telegram.files = "8:other", {}

        await channel.model_copy(update={"token": type(channel.token)("8:other")}).file(tools, post, "@townnews")

        assert ["upload", "upload"] == [shown.way for shown in telegram.seen("@townnews")]


async def test_the_poster_becomes_a_small_thumbnail(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.effect_noise((1920, 1080), 90).save(picture, "PNG")
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        (tmp_path / "poster.png").write_bytes(picture.getvalue())
        video = post.video.model_copy(update={"poster": tmp_path / "poster.png"})

        await channel.file(tools, post.model_copy(update={"video": video}), "@townnews")

        assert 0 < telegram.seen("@townnews")[0].thumbnail < 200_000
        assert [] == telegram.refused


@pytest.mark.parametrize("content", [b"a picture", b"", b"\x89PNG\r\n\x1a\n broken"])
async def test_a_poster_that_is_no_picture_keeps_nothing_off_air(tmp_path: Path, content: bytes) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, bench):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        (tmp_path / "poster.jpg").write_bytes(content)
        video = post.video.model_copy(update={"poster": tmp_path / "poster.jpg"})

        await channel.file(tools, post.model_copy(update={"video": video}), "@townnews")

        assert 0 == telegram.seen("@townnews")[0].thumbnail
        assert ["the poster is no picture that could be used: sent without a thumbnail"] == bench.notes


async def test_a_file_that_is_gone_from_the_archive_is_said_so(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        post.video.path.unlink()

        with pytest.raises(Rejected, match="gone from the archive"):
            await channel.file(tools, post, "@townnews")

        assert 0 == telegram.counts["sendVideo"]


# --- every answer of the sheet, by what it means

ANSWERS: list[tuple[str | int, type[StageError], str]] = [
    (USELESS, Rejected, "Failed to get http url content"),
    ("Bad Request: wrong HTTP URL specified", Rejected, "Wrong http url"),
    ("Bad Request: wrong type of the web page content", Rejected, "Wrong type"),
    (WRONG, Rejected, "Wrong file identifier"),
    ("Bad Request: can't upload file by URL", Rejected, "upload file by url"),
    ("Bad Request: message caption is too long", Rejected, "too long"),
    ("Bad Request: not enough rights to send videos to the chat", Rejected, "rights to send videos"),
    ("Bad Request: chat not found", Refused, "broadcast telegram chats"),
    ("Bad Request: not enough rights to send text messages to the chat", Refused, "right to post"),
    ("Bad Request: need administrator rights in the channel chat", Refused, "administrator of the channel"),
    ("Bad Request: PEER_ID_INVALID", Refused, "let a person write to the bot"),
    ("Bad Request: message thread not found", Refused, "check `topic`"),
    ("Forbidden: bot was blocked by the user", Refused, "unblock"),
    ("Forbidden: bot was kicked from the supergroup chat", Refused, "add the bot to the chat again"),
    ("Forbidden: bot is not a member of the channel chat", Refused, "add the bot to the chat"),
    ("Forbidden: user is deactivated", Refused, "the account is gone"),
    ("Forbidden: the group chat was deleted", Refused, "the group is gone"),
    ("Forbidden: something new", Refused, "let the bot back in"),
    ("Unauthorized", Refused, "check TELEGRAM_TOKEN"),
    ("Not Found", Refused, "check TELEGRAM_TOKEN"),
    ("Conflict: terminated by other getUpdates request", Refused, "terminated by other"),
    (413, Rejected, "too large"),
    (421, Refused, "check TELEGRAM_BASE_URL"),
    (302, Refused, "check TELEGRAM_BASE_URL"),
    (429, Unavailable, "429"),
    (500, Unconfirmed, "answered 500"),
    (502, Unconfirmed, "answered 502"),
    (504, Unconfirmed, "answered 504"),
    ("drop", Unconfirmed, "broke off"),
    ("reset", Unconfirmed, "broke off"),
    ("hang", Unconfirmed, "within 2 s"),
    ("garbage", Unconfirmed, "nobody can read"),
    ("truncated", Unconfirmed, "nobody can read"),
    ("blank", Unconfirmed, "nobody can read"),
    ("odd", Unconfirmed, "nobody can read"),
]


@pytest.mark.parametrize(("what", "error", "said"), ANSWERS)
async def test_an_answer_means(tmp_path: Path, what: str | int, error: type[StageError], said: str) -> None:
    async with alone(tmp_path, "@townnews", seconds=2 if what == "hang" else 30) as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        telegram.fault("sendVideo", what, times=None)

        with pytest.raises(StageError) as caught:
            await channel.file(tools, a_real_post(tmp_path), "@townnews")

        assert error is caught.type or issubclass(caught.type, error)
        assert said.lower() in str(caught.value).lower()
        assert telegram.token not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)
        assert 1 == telegram.counts["sendVideo"], "a plugin never repeats"


@pytest.mark.parametrize(("details", "seconds"), [
    ({"retry_after": 17}, 17.0), ({"retry_after": 5, "bare": True}, 5.0), ({"retry_after": 0}, 0.0),
])  # fmt: skip
async def test_telegram_or_its_proxy_says_how_long_to_wait(
    tmp_path: Path, details: dict[str, Any], seconds: float
) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        telegram.fault("sendMessage", 429, **details)

        with pytest.raises(Unavailable) as caught:
            await channel.say(tools, "@townnews", "hello")

        assert seconds == caught.value.retry_after


async def test_nobody_listening_means_that_nothing_was_sent(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews", base="http://127.0.0.1:9") as (_, channel, tools, _bench):
        with pytest.raises(Unavailable, match="cannot be reached"):
            await channel.say(tools, "@townnews", "hello")


async def test_an_answer_that_takes_long_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadcast.http.SILENCE", 1.0)
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        telegram.fault("sendMessage", "slow", seconds=2.0, after_effect=True)

        assert "1" == (await channel.say(tools, "@townnews", "hello")).ref


@pytest.mark.parametrize("what", ["early", "broken"])
async def test_an_upload_that_breaks_off_was_not_sent(tmp_path: Path, what: str) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        telegram.fault("sendVideo", what)
        post = a_real_post(tmp_path)
        with post.video.path.open("ab") as file:
            file.truncate(20_000_000)

        with pytest.raises((Unavailable, Rejected)):
            await channel.file(tools, post, "@townnews")

        assert [] == telegram.everything


async def test_markup_that_is_not_taken_is_left_out_once(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        telegram.fault("sendVideo", "Bad Request: can't parse entities: Unsupported start tag", times=1)

        await channel.file(tools, a_real_post(tmp_path, caption="1 < 2 & 3"), "@townnews")

        (shown,) = telegram.seen("@townnews")
        assert "1 < 2 & 3" in shown.html
        assert "<b>" not in shown.html

        telegram.fault("sendMessage", "Bad Request: can't parse entities: no", times=None)
        with pytest.raises(Rejected, match="parse entities"):
            await channel.say(tools, "@townnews", "hello")
        assert 2 == telegram.counts["sendMessage"]


async def test_a_group_that_has_moved_is_followed_and_remembered(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        old, new = room.telegram.group(type="group"), room.telegram.group()
        old.moved = new.id
        room.on(old.id)

        report = await room.air()
        again = await room.town.air(room.clock.now() + timedelta(days=1), clock=room.clock)

        assert ("aired", "aired") == (report.status, again.status), described(report)
        assert ([], 2) == (room.telegram.seen(old.id), len(room.telegram.seen(new.id)))
        asked = [one for one in room.telegram.asked if one.chat == str(old.id)]
        assert 1 == len(asked), "remembered from the first answer on"


# --- what nobody can know


async def test_what_only_waited_for_its_turn_is_sent_and_what_was_on_the_wire_is_held(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, bench):
        telegram.channel("@townnews")
        post, now = a_real_post(tmp_path), bench.clock.now()
        assert await channel.reconcile(tools, post, "@townnews", now) is None

        telegram.fault("sendVideo", 429, retry_after=3)
        with pytest.raises(Unavailable):
            await channel.file(tools, post, "@townnews")
        assert await channel.reconcile(tools, post, "@townnews", now) is None
        bench.clock.forward(3)

        telegram.fault("sendVideo", "drop", after_effect=True)
        with pytest.raises(Unconfirmed):
            await channel.file(tools, post, "@townnews")
        with pytest.raises(Unconfirmed, match="look into the chat"):
            await channel.reconcile(tools, post, "@townnews", now)


# --- words


@pytest.mark.parametrize(
    "title", ["<b>&\"'", "a < b && c > d </i>", "</b><script>", "&lt;b&gt; &amp;amp;", "👨‍👩‍👧 🇺🇦", "עברית وعربي"]
)
async def test_a_hostile_headline_is_shown_as_it_is(tmp_path: Path, title: str) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path, heading=title, caption=f"• {title}")

        await channel.file(tools, post, "@townnews")
        await channel.say(tools, "@townnews", title)

        assert [] == telegram.refused
        assert [f"{title}\n\n• {title}\n\nMade by a machine.", title] == [
            shown.text for shown in telegram.seen("@townnews")
        ]


async def test_a_caption_of_5000_thai_characters_is_cut_and_keeps_what_stands_around_it(tmp_path: Path) -> None:
    thai = "สวัสดีชาวเมืองทุกท่านวันนี้มีข่าวสำคัญ" * 140
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path, heading="ข่าว", caption=thai[:5000])
        video = post.video.model_copy(update={"page": "https://news.example/page"})
        post = post.model_copy(update={"video": video})

        await channel.file(tools, post, "@townnews")
        await channel.link(tools, post, "@townnews")

        caption, text = (shown.text for shown in telegram.seen("@townnews"))
        assert (1024, 4096) == (len(caption), len(text))
        for said in (caption, text):
            assert said.startswith("ข่าว\n\nสวัสดี")
            assert said.endswith("…\n\nhttps://news.example/page\n\nMade by a machine.")


async def test_without_a_lasting_address_the_words_go_alone_and_a_signed_one_is_never_shown(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, bench):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        fleeting = post.video.model_copy(update={"fleeting": f"{telegram.url}/v.mp4?Signature=hunter2"})

        await channel.link(tools, post.model_copy(update={"video": fleeting}), "@townnews")

        (shown,) = telegram.seen("@townnews")
        assert "Ferry" in shown.html or "Daily update" in shown.html
        assert "hunter2" not in shown.html
        assert any("without a link" in note for note in bench.notes)


# --- before a run


async def test_a_wrong_token_closes_the_channel_and_nothing_is_paid(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        room.telegram.channel("@townnews")
        room.on("@townnews", token="7:wrong")

        report = await room.air()

        assert ("failed", "Refused") == (report.status, report.editions[0].kind)
        assert "check TELEGRAM_TOKEN" in str(report.editions[0].error)
        assert [] == room.town.lines("pay")
        assert "7:wrong" not in described(report)


async def test_chats_that_would_not_have_us_say_so_and_the_others_get_it(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        good, person = room.telegram.channel("@townnews"), room.telegram.person()
        muted = room.telegram.channel("@muted", rights={"can_post_messages": False})
        kicked, left = room.telegram.group(standing="kicked"), room.telegram.channel(standing="left")
        silent = room.telegram.group(everybody={"can_send_messages": False})
        restricted = room.telegram.group(standing="restricted", rights={"can_send_messages": False})
        closed = {
            "@nowhere": "check `chat`",
            "@muted": "may not post to",
            str(kicked.id): "add the bot to the chat again",
            str(left.id): "add the bot to the chat",
            str(silent.id): "may not write in",
            str(restricted.id): "may not write in",
        }
        room.on(*closed, "@townnews", person.id)

        report = await room.air()

        found = {key.partition(" ")[2]: one for key, one in told(report).items()}
        assert "partial" == report.status, described(report)
        for to, said in closed.items():
            assert ("failed", "Refused") == (found[to].status, found[to].kind), found[to]
            assert said in str(found[to].error), to
        assert ["sent", "sent"] == [found["@townnews"].status, found[str(person.id)].status]
        assert {good.id, person.id} == {shown.chat for shown in room.telegram.everything}
        assert not muted.shown
        assert 2 == room.telegram.counts["sendVideo"], "who said no is not asked again"


async def test_a_telegram_that_is_out_of_order_closes_nothing(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        room.telegram.channel("@townnews")
        for method in ("getMe", "getChat", "getChatMember"):
            room.telegram.fault(method, 502, times=5)
        room.on("@townnews")

        assert "aired" == (await room.air()).status


# --- beside posts


async def posted(telegram: Telegram, channel: Channel, tools: Tools, folder: Path) -> Destination:
    telegram.channel("@townnews")
    sent = await channel.file(tools, a_real_post(folder), "@townnews")
    return Destination(to="@townnews", item="x", status="sent", rung=sent.rung, ref=sent.ref)


async def test_a_post_is_deleted_and_deleted_again_does_no_harm(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        sent = await posted(telegram, channel, tools, tmp_path)

        first = await channel.retract(tools, "@townnews", sent, "wrong figure")
        second = await channel.retract(tools, "@townnews", sent, "wrong figure")

        assert ("deleted", "deleted") == (first.rung, second.rung)
        assert [] == telegram.seen("@townnews")


@pytest.mark.parametrize("rung", ["file", "link"])
async def test_a_post_too_old_to_delete_is_edited(tmp_path: Path, rung: str) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, bench):
        sent = await posted(telegram, channel, tools, tmp_path)
        if rung == "link":
            said = await channel.say(tools, "@townnews", "the news")
            sent = sent.model_copy(update={"rung": "link", "ref": said.ref})
        bench.clock.forward(49 * 3600)

        done = [await channel.retract(tools, "@townnews", sent, note) for note in ("12 < 13", "12 < 13", "")]

        assert ["edited"] * 3 == [one.rung for one in done]
        shown = telegram.seen("@townnews")[-1]
        assert ("This post was withdrawn.", True) == (shown.text, shown.edited)


async def test_a_post_that_cannot_be_changed_is_answered(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        sent = await posted(telegram, channel, tools, tmp_path)
        telegram.fault("deleteMessage", "Bad Request: message can't be deleted")
        telegram.fault("editMessageCaption", "Bad Request: message can't be edited")

        done = await channel.retract(tools, "@townnews", sent, "Correction: 13 boats.")

        answer = telegram.seen("@townnews")[-1]
        assert ("followed up", "Correction: 13 boats.", int(sent.ref)) == (done.rung, answer.text, answer.answers)


async def test_a_message_whose_number_nobody_knows_is_left_to_a_person(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (_, channel, tools, _bench):
        settled = Destination(to="@townnews", item="x", status="sent", ref="")

        with pytest.raises(Rejected, match="take it back by hand"):
            await channel.retract(tools, "@townnews", settled, "")


async def test_a_deletion_without_an_answer_may_be_asked_for_again(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        sent = await posted(telegram, channel, tools, tmp_path)
        telegram.fault("deleteMessage", "drop", after_effect=True)

        with pytest.raises(Unavailable):
            await channel.retract(tools, "@townnews", sent, "")
        assert "deleted" == (await channel.retract(tools, "@townnews", sent, "")).rung


# --- many chats, limits, memory, logs


async def test_200_chats_share_one_upload(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        places = [room.telegram.group() for _ in range(200)]
        room.on(*(place.id for place in places))

        report = await room.air()

        assert "aired" == report.status
        assert 1 == len(room.telegram.uploads)
        assert [1] * 200 == [len(room.telegram.seen(place.id)) for place in places]
        assert {"sent"} == {one.status for one in told(report).values()}


async def test_the_limits_of_telegram_are_kept_on_the_clock(tmp_path: Path) -> None:
    async with alone(tmp_path) as (telegram, channel, tools, bench):
        telegram.limits = True
        places = [telegram.person() for _ in range(100)]
        group = telegram.group()
        began = bench.clock.now()

        for place in places:
            await channel.say(tools, str(place.id), "hello")
        overall = bench.clock.now() - began
        for number in range(45):
            await channel.say(tools, str(group.id), f"{number}")

        assert timedelta(seconds=3) <= overall < timedelta(seconds=3.6)
        assert bench.clock.now() - began - overall >= timedelta(seconds=120)
        assert 145 == telegram.counts["sendMessage"], "none was answered 429"


async def test_a_chat_that_must_wait_holds_up_no_other(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        first, busy, *others = (room.telegram.group() for _ in range(6))
        room.on(first.id, busy.id, *(place.id for place in others))
        room.telegram.fault("sendVideo", 429, times=None, retry_after=3600, chat=busy.id)

        report = await room.air()

        found = told(report)
        assert "failed" == found[f"telegram {busy.id}"].status
        assert "Telegram asks to wait another 3600 s" in " ".join(found[f"telegram {busy.id}"].missed)
        assert all(room.telegram.seen(place.id) for place in (first, *others))
        assert max(room.clock.slept, default=0) < 60

        room.telegram.calm()
        assert "partial" == (await room.air()).status
        asked = [one for one in room.telegram.asked if (one.method, one.chat) == ("sendVideo", str(busy.id))]
        assert 1 == len(asked), "it is left alone, in this run and the next, and gets no link in place of the video"

        room.clock.forward(3600)
        assert "aired" == (await room.air()).status
        assert "file_id" == room.telegram.seen(busy.id)[0].way
        assert 6 == len(room.telegram.everything)


async def test_an_upload_takes_no_memory_to_speak_of(tmp_path: Path) -> None:
    async with alone(tmp_path, "@townnews") as (telegram, channel, tools, _):
        telegram.channel("@townnews")
        post = a_real_post(tmp_path)
        with post.video.path.open("ab") as file:
            file.truncate(16_000_000)
        await channel.say(tools, "@townnews", "imports what is needed")
        tracemalloc.start()
        try:
            await channel.file(tools, post, "@townnews")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert [16_000_000] == telegram.uploads
        assert peak < 5_000_000


async def test_no_log_at_any_level_and_no_report_holds_the_token_or_a_signature(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("telegram").setLevel(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        async with newsroom(tmp_path) as room:
            one, other = room.telegram.group(), room.telegram.group()
            room.on(one.id, other.id, "@nowhere", -42)
            room.on(one.id, name="second")
            room.telegram.fault("getChat", 502)
            room.telegram.fault("sendVideo", WRONG)
            room.telegram.fault("sendVideo", "drop", chat=other.id, after_effect=True)
            report = await room.air()
        async with alone(tmp_path / "alone", "@townnews") as (telegram, channel, tools, _):
            telegram.channel("@townnews")
            post = a_real_post(tmp_path / "alone")
            signed = post.video.model_copy(update={"fleeting": f"{telegram.url}/v.mp4?Signature=hunter2"})
            with pytest.raises(Rejected):
                await channel.url(tools, post.model_copy(update={"video": signed}), "@townnews")

    said = caplog.text + described(report)
    assert "broadcast" in caplog.text or report.status
    secret = room.telegram.token.partition(":")[2]
    assert secret not in said
    assert "hunter2" not in said


# --- settings


@pytest.mark.parametrize(("settings", "said"), [
    ({"chat": "townnews"}, "@name"),
    ({"chat": "https://t.me/townnews"}, "@name"),
    ({"chat": []}, "at least one chat"),
    ({"chat": ["@a b"]}, "@name"),
    ({"chat": True}, "@name"),
    ({"chat": 1.5}, "@name"),
    ({"base": "https://api.telegram.org/bot"}, "before /bot<token>"),
    ({"base": "api.telegram.org"}, "before /bot<token>"),
    ({"token": "two words"}, "@BotFather"),
    ({"topic": 0}, "topic"),
    ({"chats": "@townnews"}, "did you mean `chat`"),
])  # fmt: skip
async def test_a_setting_that_cannot_be_is_said_with_what_would_be(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    async with newsroom(tmp_path) as room:
        room.on("@townnews", **settings)

        with pytest.raises(ConfigError) as caught:
            room.town.show()

        assert said in str(caught.value)
        assert "two words" not in str(caught.value)


async def test_without_a_token_the_operator_is_told_where_to_get_one(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        del room.on("@townnews")["token"]

        with pytest.raises(ConfigError, match=r"TELEGRAM_TOKEN is not set; get one at https://t.me/BotFather"):
            room.town.show()


async def test_the_same_chat_named_twice_gets_it_once(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        place = room.telegram.group()
        room.on(place.id, str(place.id), place.id)

        await room.air()

        assert 1 == len(room.telegram.seen(place.id))


def test_the_library_is_loaded_when_it_is_used_and_not_before() -> None:
    probe = "import sys, broadcast.channels.telegram; print([n for n in ('telegram', 'httpx') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


def test_the_schema_says_what_a_chat_may_be() -> None:
    about = Channel.model_json_schema()["properties"]["chat"]

    assert {"string", "integer", "array"} == set(about["type"]), json.dumps(about)


# --- the matrix

DOUBTFUL = [
    (what, after)
    for what in ("drop", "reset", "hang", 500, 502, 504, "garbage", "truncated", "blank", "odd")
    for after in (False, True)
]
DEFINITE: list[tuple[str | int, dict[str, Any]]] = [
    ("Bad Request: not this", {}),
    ("Bad Request: can't parse entities: no", {}),
    (413, {}),
    (429, {"retry_after": 3}),
    (429, {"retry_after": 3, "bare": True}),
    (429, {"retry_after": 3600}),
    ("slow", {"seconds": 0.2, "after_effect": True}),
]
SHUT = ["Forbidden: bot was kicked from the supergroup chat", "Bad Request: chat not found", "Unauthorized"]
WAYS = ("url", "file", "file_id", "link")


def arranged(room: Room, way: str, name: str) -> int:
    """Open a channel of the show whose last chat is reached this *way*; return that chat."""
    place = room.telegram.group()
    chats = [place.id]
    if way == "file_id":
        chats.insert(0, room.telegram.group().id)
    if way == "file":
        room.telegram.fault("sendVideo", USELESS, chat=place.id)
    if way == "link":
        room.telegram.fault("sendVideo", WRONG, chat=place.id, times=None)
    room.on(*chats, name=name, seconds=5)
    return place.id


def cases(way: str) -> list[tuple[str, str | int, dict[str, Any], str]]:
    """Return name, trouble, its details, and what must become of the post."""
    found: list[tuple[str, str | int, dict[str, Any], str]] = []
    for what, after in DOUBTFUL:
        found.append((f"{what}-{'after' if after else 'before'}", what, {"after_effect": after}, "unconfirmed"))
    for number, (what, details) in enumerate(DEFINITE):
        final = details.get("retry_after") == 3600 or (way == "link" and what in ("Bad Request: not this", 413))
        found.append((f"definite-{number}", what, details, "failed" if final else "sent"))
    for number, what in enumerate(SHUT):
        found.append((f"shut-{number}", what, {}, "failed"))
    return found


@pytest.mark.parametrize("way", WAYS)
async def test_whatever_goes_wrong_nobody_sees_it_twice_and_nothing_sent_is_missing(
    tmp_path: Path, way: str
) -> None:
    async with newsroom(tmp_path) as room:
        room.public()
        chats, wanted = {}, {}
        for name, what, details, outcome in cases(way):
            chats[name] = arranged(room, way, name)
            room.telegram.fault("sendMessage" if way == "link" else "sendVideo", what, chat=chats[name], **details)
            wanted[name] = outcome

        report = await room.air()

        first = {name: told(report)[f"{name} {chat}"] for name, chat in chats.items()}
        assert wanted == {name: one.status for name, one in first.items()}, described(report)
        counted = {name: len(room.telegram.seen(chat)) for name, chat in chats.items()}
        for name, one in first.items():
            after = name.endswith("-after")
            assert (1 if one.status == "sent" or after else 0) == counted[name], name

        room.telegram.calm()
        room.clock.forward(3600)
        again = await room.air()

        for name, chat in chats.items():
            one = told(again)[f"{name} {chat}"]
            seen = len(room.telegram.seen(chat))
            if first[name].status == "unconfirmed":
                assert ("unconfirmed", counted[name]) == (one.status, seen), name
            else:
                assert ("sent", 1) == (one.status, seen), name


def test_the_matrix_is_as_large_as_it_says() -> None:
    number = sum(len(cases(way)) for way in WAYS)

    print(f"{number} cases: {len(WAYS)} ways x {len(cases('url'))} troubles, each aired twice")
    assert 120 == number
