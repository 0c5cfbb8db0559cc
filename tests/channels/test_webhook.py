"""A webhook of the operator's own: signed, the same message whenever it is sent again."""

import base64
from pathlib import Path

import pytest
from airing import Town
from hooked import HOSTILE, TROUBLES
from posts import a_post, a_story, a_video

from broadcast.channels.webhook import Webhook
from broadcast.errors import ConfigError, Refused, Unconfirmed
from broadcast.testing import Bench, FakeClock, SignedHook
from broadcast.types import Destination

KEY = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.mark.parametrize(("what", "after", "becomes"), TROUBLES)
async def test_whatever_goes_wrong_it_is_done_again_and_taken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str | int, after: bool, becomes: str
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.channels.webhook.SECONDS", 2.0)
    async with SignedHook(KEY) as hook:
        first, then = await again(tmp_path, hook, what, after)

        assert ("failed" if becomes == "unconfirmed" else becomes, "sent") == (first, then)
        assert 1 == len(hook.shown) == len(hook.known)


async def again(folder: Path, hook: SignedHook, what: str | int, after: bool) -> tuple[str, str]:
    """As `suffer`; but a message that got through may be called failed: the service takes it once."""
    clock, town = FakeClock(), Town(folder)
    town.tree["channels"] = {"hook": {"use": "webhook", "url": hook.url, "secret": KEY}}
    trouble = hook.fault("post", what, after_effect=after, times=None if what != 429 else 1)
    first = await town.air(FakeClock().now(), clock=clock)
    trouble.times = 0
    then = await town.air(FakeClock().now(), clock=clock)
    return first.editions[0].receipts[0].status, then.editions[0].receipts[0].status


async def test_the_message_holds_what_a_service_needs_and_is_the_same_again(tmp_path: Path) -> None:
    post = a_post(a_video(tmp_path, page="https://news.example/a"), a_story(title=HOSTILE))
    async with SignedHook() as hook, Bench(tmp_path).tools() as tools:
        channel = Webhook.model_validate({"url": hook.url})
        first = await channel.link(tools, post, "127.0.0.1")
        second = await channel.link(tools, post, "127.0.0.1")

        [told] = hook.shown
    assert first == second
    assert ("broadcast.aired", post.run, "main", post.video.sha256, 58.4, "https://news.example/a") == tuple(
        told[name] for name in ("type", "run", "edition", "sha256", "seconds", "link")
    )
    assert [{"title": HOSTILE, "url": "https://www.news.example/ferries", "publisher": "Harbour Post"}] == told[
        "stories"
    ]


async def test_a_withdrawal_names_the_message_that_it_takes_back_and_is_the_same_again(tmp_path: Path) -> None:
    async with SignedHook(KEY) as hook, Bench(tmp_path).tools() as tools:
        channel = Webhook.model_validate({"url": hook.url, "secret": KEY})
        sent = await channel.link(tools, a_post(a_video(tmp_path)), "127.0.0.1")
        there = Destination(to="127.0.0.1", item="deliver/main/hook/127.0.0.1", status="sent", ref=sent.ref)
        for _ in range(2):
            assert "followed up" == (await channel.retract(tools, "127.0.0.1", there, "A wrong figure.")).rung

        assert {"type": "broadcast.withdrawn", "message": sent.ref, "text": "A wrong figure."} == hook.shown[1]
    assert 2 == len(hook.shown)


async def test_a_plain_message_without_an_answer_is_not_said_again(tmp_path: Path) -> None:
    async with SignedHook() as hook, Bench(tmp_path).tools() as tools:
        hook.fault("post", "drop", after_effect=True)
        with pytest.raises(Unconfirmed):
            await Webhook.model_validate({"url": hook.url}).say(tools, "127.0.0.1", "hello")

    assert 1 == len(hook.shown)


async def test_a_message_never_outgrows_its_limit(tmp_path: Path) -> None:
    stories = [
        a_story(id=f"{number}", title="ข่าว" * 200, url="https://x.example/" + "a" * 3000) for number in range(60)
    ]
    async with SignedHook() as hook, Bench(tmp_path).tools() as tools:
        post = a_post(a_video(tmp_path), *stories, caption="ข่าว" * 5000)
        await Webhook.model_validate({"url": hook.url}).link(tools, post, "127.0.0.1")

        assert [] == hook.refused
        assert 0 < len(hook.shown[0]["stories"]) < 60


async def test_a_wrong_secret_is_refused(tmp_path: Path) -> None:
    other = "whsec_" + base64.b64encode(b"another key, as long as the first").decode()
    async with SignedHook(KEY) as hook, Bench(tmp_path).tools() as tools:
        with pytest.raises(Refused, match="answered 401"):
            await Webhook.model_validate({"url": hook.url, "secret": other}).say(tools, "127.0.0.1", "hello")


@pytest.mark.parametrize("secret", ["hunter2-hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_####"])
def test_what_is_no_signing_secret_is_refused_and_not_shown(tmp_path: Path, secret: str) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"hook": {"use": "webhook", "url": "https://x.example/hook", "secret": secret}}

    with pytest.raises(ConfigError, match="is not a signing secret: whsec_") as caught:
        town.show()

    assert secret not in str(caught.value).replace("whsec_ and", "")
