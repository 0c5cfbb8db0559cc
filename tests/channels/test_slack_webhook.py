"""Slack's incoming webhook: a message that leads to the video, and plain words for what goes wrong."""

from pathlib import Path

import pytest
from airing import Town
from hooked import HOSTILE, TROUBLES, refusal, suffer
from posts import a_post, a_video

from broadcast.channels.slack_webhook import SlackWebhook
from broadcast.errors import ConfigError, Refused, Rejected, StageError, Unconfirmed
from broadcast.testing import Bench, SlackHook


@pytest.mark.parametrize(("what", "after", "becomes"), [*TROUBLES, ("garbage", True, "unconfirmed")])
async def test_whatever_goes_wrong_nobody_sees_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str | int, after: bool, becomes: str
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.webhooks.SECONDS", 2.0)
    async with SlackHook() as hook:
        first, then = await suffer(tmp_path, hook, {"use": "slack-webhook"}, what, after)

    assert becomes == first
    assert then == ("unconfirmed" if becomes == "unconfirmed" else "sent")


@pytest.mark.parametrize("caption", [HOSTILE, "ข่าว" * 1250, "&" * 5000])
async def test_words_of_any_kind_are_escaped_and_fit(tmp_path: Path, caption: str) -> None:
    post = a_post(a_video(tmp_path, page="https://news.example/a"), heading=HOSTILE, caption=caption)
    async with SlackHook() as hook, Bench(tmp_path).tools() as tools:
        channel = SlackWebhook.model_validate({"url": hook.url})
        await channel.link(tools, post, "webhook")
        await channel.say(tools, "webhook", caption)

        assert [] == hook.refused
        assert "<https://news.example/a|" in hook.shown[0]["text"]
        assert "blocks" not in hook.shown[1]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (400, b"invalid_payload", Rejected, "invalid_payload"),
        (403, b"action_prohibited", Refused, "action_prohibited; check its address"),
        (404, b"no_service", Refused, "no_service"),
        (410, b"channel_is_archived", Refused, "channel_is_archived"),
        (404, b"<html>https://hooks.example/secret</html>", Refused, "answered 404; check"),
        (200, b"<html>Please sign in</html>", Unconfirmed, "did not answer as Slack does"),
    ],
)
async def test_slack_s_word_is_passed_on(
    tmp_path: Path, status: int, body: bytes, error: type[StageError], said: str
) -> None:
    async with SlackHook() as hook, Bench(tmp_path).tools() as tools:
        hook.fault("post", status, body=body)
        channel = SlackWebhook.model_validate({"url": hook.url})

        found = await refusal(lambda: channel.say(tools, "webhook", "hello"))

    assert error is type(found)
    assert said in str(found)


@pytest.mark.parametrize("url", ["", "hooks.slack.com/services/T/B/secret-part", "ftp://x/secret-part", "https://"])
def test_what_is_no_address_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"hook": {"use": "slack-webhook", "url": url}}

    with pytest.raises(ConfigError, match="is not the address of a webhook") as caught:
        town.show()

    assert "secret-part" not in str(caught.value)
