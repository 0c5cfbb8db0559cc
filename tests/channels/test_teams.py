"""A Teams workflow: a card that fits, and no more said than is known."""

import json
from pathlib import Path

import pytest
from hooked import HOSTILE, TROUBLES, suffer
from posts import a_post, a_video

from broadcast.channels.teams import Teams
from broadcast.testing import Bench, TeamsHook

WIDEST = "\U0001f469\u200d\U0001f680"  # an astronaut: four bytes, three, four


@pytest.mark.parametrize(("what", "after", "becomes"), TROUBLES)
async def test_whatever_goes_wrong_nobody_sees_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str | int, after: bool, becomes: str
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.webhooks.SECONDS", 2.0)
    async with TeamsHook() as hook:
        first, then = await suffer(tmp_path, hook, {"use": "teams"}, what, after)

    assert becomes == first
    assert then == ("unconfirmed" if becomes == "unconfirmed" else "sent")


@pytest.mark.parametrize(
    "caption", [HOSTILE, "ข่าว" * 1250, WIDEST * 3000, "a\n" * 3000, '"' * 5000, "\\" * 5000, ""]
)
async def test_a_card_of_any_words_fits_and_shows_them_as_they_are(tmp_path: Path, caption: str) -> None:
    video = a_video(tmp_path, page="https://news.example/" + "a" * 1900)
    wide = {"heading": WIDEST * 300, "title": WIDEST * 300, "disclosure": WIDEST * 300}
    async with TeamsHook() as hook, Bench(tmp_path).tools() as tools:
        sent = await Teams.model_validate({"url": hook.url}).link(
            tools, a_post(video, caption=caption, **wide), "w"
        )

        assert [] == hook.refused
        assert "accepted" == sent.ref
        [shown] = hook.shown
        assert [video.page] == shown["links"]
        assert caption != HOSTILE or HOSTILE in shown["lines"]


async def test_without_a_lasting_address_the_card_says_so(tmp_path: Path) -> None:
    async with TeamsHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Teams.model_validate({"url": hook.url})
        await channel.link(tools, a_post(a_video(tmp_path), heading="Daily update"), "workflow")
        await channel.say(tools, "workflow", "hello\nthere")

        assert "no lasting address" in json.dumps(hook.shown[0])
        assert [] == hook.shown[0]["links"]
        assert ["hello", "there"] == hook.shown[1]["lines"]
