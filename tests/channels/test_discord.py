"""Discord's webhook: the video where it is small enough, words that mention nobody, and their end."""

import logging
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from hooked import HOSTILE, TROUBLES, gone, refusal, suffer
from posts import a_post, a_video
from slacks import receipts

from broadcast.channels.discord import CONTENT, Discord
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.testing import Bench, DiscordHook, FakeClock


@pytest.mark.parametrize("limit", [10 << 20, 10], ids=["file", "link"])
@pytest.mark.parametrize(
    ("what", "after", "becomes"), [*TROUBLES, ("garbage", True, "unconfirmed"), ("blank", True, "unconfirmed")]
)
async def test_whatever_goes_wrong_nobody_sees_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str | int, after: bool, becomes: str, limit: int
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.webhooks.SECONDS", 2.0)
        monkeypatch.setattr("broadcast.channels.discord.SECONDS", 2.0)
    async with DiscordHook() as hook:
        first, then = await suffer(tmp_path, hook, {"use": "discord", "limit": limit}, what, after)

    assert becomes == first
    assert then == ("unconfirmed" if becomes == "unconfirmed" else "sent")


@pytest.mark.parametrize("limit", [10, 10 << 20], ids=["by our limit", "by theirs"])
async def test_too_large_a_file_becomes_a_link(tmp_path: Path, limit: int) -> None:
    async with DiscordHook() as hook:
        hook.limit = 10
        town = Town(tmp_path)
        town.tree["channels"] = {"hook": {"use": "discord", "url": hook.url, "limit": limit}}
        report = await town.air(clock=FakeClock())
        [one], [shown] = receipts(report).values(), hook.shown

        assert ("sent", "link", shown["id"]) == (one.status, one.rung, one.ref), described(report)
        assert shown["file"] is None
        assert one.missed


@pytest.mark.parametrize("caption", [HOSTILE, "ข่าว" * 1250, "*" * 5000, "word " * 900, ""])
@pytest.mark.parametrize("rung", ["file", "link", "say"])
async def test_words_of_any_kind_mention_nobody_and_fit(tmp_path: Path, caption: str, rung: str) -> None:
    video = a_video(tmp_path, page="https://news.example/a")
    post = a_post(video, heading=HOSTILE * 4, caption=caption, disclosure=HOSTILE * 9)
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Discord.model_validate({"url": hook.url})
        if rung == "say":
            await channel.say(tools, "webhook", caption or "hello")
        else:
            await getattr(channel, rung)(tools, post, "webhook")
        [shown] = hook.shown

    assert [] == hook.refused
    assert len(shown["content"]) <= CONTENT
    assert "](https" not in shown["content"]
    assert rung == "say" or "https://news.example/a" in shown["content"]
    assert (b"moving pictures" if rung == "file" else None) == shown["file"]


@pytest.mark.parametrize(("trouble", "rung"), [(None, "deleted"), (403, "edited")])
async def test_a_post_is_taken_back(tmp_path: Path, trouble: int | None, rung: str) -> None:
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Discord.model_validate({"url": hook.url})
        sent = await channel.file(tools, a_post(a_video(tmp_path)), "webhook")
        if trouble:
            hook.fault("delete", trouble)

        taken = await channel.retract(tools, "webhook", gone(sent.ref), "Wrong.")

        assert rung == taken.rung
        shown = [(one["content"], one["file"]) for one in hook.shown]
        assert shown == ([("Wrong.", None)] if trouble else [])
        if not trouble:
            assert "deleted" == (await channel.retract(tools, "webhook", gone(sent.ref), "")).rung


@pytest.mark.parametrize(
    ("what", "how", "error", "said"),
    [
        (429, {"body": b'{"message": "slow", "retry_after": 0.65}'}, Unavailable, "too many requests"),
        (404, {"body": b'{"message": "Unknown Webhook", "code": 10015}'}, Refused, "Unknown Webhook; check its"),
        (413, {"body": b'{"message": "Request entity too large", "code": 40005}'}, Rejected, "too large"),
        (200, {"body": b'{"id": null}'}, Unconfirmed, "named no message"),
    ],
)
async def test_discord_s_words_are_passed_on(
    tmp_path: Path, what: int, how: dict[str, Any], error: type[StageError], said: str
) -> None:
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        hook.fault("post", what, **how)
        channel = Discord.model_validate({"url": hook.url})
        found = await refusal(lambda: channel.say(tools, "webhook", "hello"))

    assert error is type(found)
    assert said in str(found)
    if isinstance(found, Unavailable):
        assert 0.65 == found.retry_after


async def test_a_webhook_that_is_gone_is_found_out_before_anything_is_paid(tmp_path: Path) -> None:
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        await Discord.model_validate({"url": hook.url}).preflight(tools)
        with pytest.raises(Refused, match="Unknown Webhook"):
            await Discord.model_validate({"url": hook.url.replace("/hooks/", "/hooks/x")}).preflight(tools)


@pytest.mark.parametrize("length", [1_300, 1_900, 5_000])
async def test_a_link_of_any_length_leaves_a_message_that_discord_takes(tmp_path: Path, length: int) -> None:
    page = "https://news.example/".ljust(length, "a")
    long = {"heading": "*" * 900, "caption": "*" * 5000, "disclosure": "*" * 900}
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Discord.model_validate({"url": hook.url})
        await channel.link(tools, a_post(a_video(tmp_path, page=page), **long), "webhook")

        assert (page in hook.shown[0]["content"]) == (length <= 1_300)


async def test_a_thread_and_a_query_of_the_address_s_own_are_kept(tmp_path: Path) -> None:
    async with DiscordHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Discord.model_validate({"url": f"{hook.url}?with_components=true", "thread": "1234567"})
        sent = await channel.say(tools, "1234567", "hello")

        assert sent.ref == hook.shown[0]["id"]
        assert channel._address(wait="true").endswith("?with_components=true&wait=true&thread_id=1234567")


async def test_the_log_of_a_whole_run_holds_no_webhook(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with DiscordHook() as hook:
            town = Town(tmp_path)
            town.tree["channels"] = {"hook": {"use": "discord", "url": hook.url}}
            hook.fault("post", 500)
            report = await town.air(clock=FakeClock())

    assert hook.secret not in caplog.text
    assert hook.secret not in described(report)
