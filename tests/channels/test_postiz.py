"""Postiz: one upload, one post to each network, nobody mentioned, and what cannot be known is held."""

import logging
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from hooked import HOSTILE, TROUBLES, refusal
from posts import a_post, a_video
from slacks import receipts

from broadcast.channels.postiz import Postiz
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.testing import Bench, FakeClock
from broadcast.testing import Postiz as Server
from broadcast.types import Report

LINKEDIN, X, TIKTOK, YOUTUBE = "cm1linked", "cm2x", "cm3tik", "cm4tube"
ALL = (LINKEDIN, X, TIKTOK, YOUTUBE)
PAGE = "https://news.example/2026/a?b=1&c=@d"


def use(server: Server, *to: str, **fields: Any) -> dict[str, Any]:
    return {"use": "postiz", "key": server.key, "base": server.base, "integrations": to or (LINKEDIN,), **fields}


def a_channel(server: Server, *to: str, **fields: Any) -> Postiz:
    return Postiz.model_validate({k: v for k, v in use(server, *to, **fields).items() if k != "use"})


async def air(town: Town, server: Server, *to: str, **fields: Any) -> Report:
    town.tree["channels"] = {"postiz": {**use(server, *to, **fields), "integrations": list(to or (LINKEDIN,))}}
    return await town.air(FakeClock().now(), clock=FakeClock())


async def test_one_upload_serves_every_network_and_each_is_told_what_it_asks_for(tmp_path: Path) -> None:
    async with Server() as server:
        settings = {"tiktok": {"privacy_level": "SELF_ONLY"}, "linkedin": {"post_as_images_carousel": False}}
        report = await air(Town(tmp_path), server, *ALL, settings=settings)

        assert dict.fromkeys(ALL, ("sent", "file")) == {
            to: (one.status, one.rung) for to, one in receipts(report).items()
        }, described(report)
        assert (1, [1] * 4, []) == (len(server.files), [one["files"] for one in server.shown], server.refused)
        told = {one["settings"]["__type"]: one["settings"] for one in server.shown}
        assert ("SELF_ONLY", True) == (told["tiktok"]["privacy_level"], told["tiktok"]["video_made_with_ai"])
        assert False is told["linkedin"]["post_as_images_carousel"]
        assert [one["id"] for one in server.shown] == [one.ref for one in receipts(report).values()]
        assert server.key not in described(report)


@pytest.mark.parametrize(
    ("what", "after", "becomes", "shown"),
    [
        *((*trouble, True) for trouble in TROUBLES),
        ("garbage", True, "unconfirmed", True),
        ("blank", True, "unconfirmed", True),
        ("drop", True, "unconfirmed", False),  # its calendar does not show it yet
        (502, True, "unconfirmed", False),
    ],
)
async def test_whatever_goes_wrong_nobody_sees_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str | int, after: bool, becomes: str, shown: bool
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.channels.postiz.SECONDS", 2.0)
    async with Server() as server:
        town, server.hides = Town(tmp_path), not shown
        trouble = server.fault("posts", what, after_effect=after, times=1 if what == 429 else None)
        first = await air(town, server)
        assert becomes == receipts(first)[LINKEDIN].status, described(first)
        before, trouble.times = len(server.shown), 0

        then = receipts(await air(town, server))[LINKEDIN].status

        found = becomes != "unconfirmed" or (after and shown)
        assert ("sent" if found else "unconfirmed", 1 if found else before) == (then, len(server.shown))


@pytest.mark.parametrize("what", ["drop", "reset", 500, 503, "garbage", "blank"])
async def test_an_upload_that_broke_off_is_made_again_and_posted_once(tmp_path: Path, what: str | int) -> None:
    async with Server() as server:
        server.fault("upload", what, after_effect=True)
        report = await air(Town(tmp_path), server, LINKEDIN, X)

        assert ["sent", "sent"] == [one.status for one in receipts(report).values()], described(report)
        assert ([1, 1], 2) == ([one["files"] for one in server.shown], len(server.files))


async def test_without_an_upload_a_link_goes_where_the_network_takes_one(tmp_path: Path) -> None:
    async with Server() as server, Bench(tmp_path).tools() as tools:
        channel, post = a_channel(server, *ALL), a_post(a_video(tmp_path, page=PAGE), heading="Daily")
        await channel.link(tools, post, LINKEDIN)
        found = await refusal(lambda: channel.link(tools, post, TIKTOK))
        far = a_post(a_video(tmp_path, page=PAGE.ljust(300, "x")))
        too_long = await refusal(lambda: channel.link(tools, far, X))
        nowhere = await refusal(lambda: channel.link(tools, a_post(a_video(tmp_path)), X))

        assert [0] == [one["files"] for one in server.shown]
        assert PAGE in server.shown[0]["text"]
        assert [Rejected] * 3 == [type(found), type(too_long), type(nowhere)]


@pytest.mark.parametrize(
    "caption", [HOSTILE, "ข่าว" * 1250, "*" * 5000, "word " * 900, "😀" * 900, "@" * 900, "\n\n"]
)
@pytest.mark.parametrize("to", [LINKEDIN, X])
async def test_words_of_any_kind_fit_and_mention_nobody(tmp_path: Path, caption: str, to: str) -> None:
    post = a_post(a_video(tmp_path, page=PAGE), heading=HOSTILE * 4, caption=caption, disclosure=HOSTILE * 9)
    async with Server() as server, Bench(tmp_path).tools() as tools:
        await a_channel(server, to).file(tools, post, to)
        text = server.shown[0]["text"].replace(PAGE, "")

    assert [] == server.refused
    assert text.count("@") == text.count("@\u200b")
    assert "<b>&\"'" in text


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nobody", "no integration 'nobody'; it has linkedin:Harbour Signal (cm1linked)"),
        ("Harbour Signal", "2 integrations 'Harbour Signal'"),
        ("tiktok", "tiktok is disconnected: connect it again"),
    ],
)
async def test_what_nothing_can_be_posted_to_is_found_out_before_anything_is_paid(
    tmp_path: Path, to: str, said: str
) -> None:
    async with Server(disabled=TIKTOK) as server, Bench(tmp_path).tools() as tools:
        with pytest.raises(Refused) as caught:
            await a_channel(server, to).preflight(tools)
        assert said in str(caught.value)
        assert [to] == list(await a_channel(server, "youtube", "linkedin:Harbour Signal", to).preflight(tools))
        with pytest.raises(Refused, match="Invalid API key: check POSTIZ_API_KEY"):
            await a_channel(server, key="wrong-key-0123456789").preflight(tools)


async def test_an_integration_that_is_named_twice_gets_one_post(tmp_path: Path) -> None:
    async with Server() as server:
        report = await air(Town(tmp_path), server, "x", X, "harbour")
        found = {to: one.status for to, one in receipts(report).items()}

        assert {"x": "sent", X: "failed", "harbour": "sent"} == found
        assert "cm2x is the same as x" in str(receipts(report)[X].error)
        assert 2 == len(server.shown)


async def test_a_post_that_its_network_refused_is_held_for_a_person(tmp_path: Path) -> None:
    async with Server() as server, Bench(tmp_path).tools() as tools:
        channel, post = a_channel(server), a_post(a_video(tmp_path))
        await channel.file(tools, post, LINKEDIN)
        server.shown[0]["state"] = "ERROR"
        with pytest.raises(Unconfirmed, match="could not hand it on"):
            await channel.reconcile(tools, post, LINKEDIN, tools.clock.now())
        server.shown[0].update(state="PUBLISHED", releaseURL="https://linkedin.example/1")
        found = await channel.reconcile(tools, post, LINKEDIN, tools.clock.now())
        other = await refusal(
            lambda: channel.reconcile(tools, a_post(post.video, caption="other"), LINKEDIN, tools.clock.now())
        )

        assert found
        assert ("post0", "https://linkedin.example/1") == (found.ref, found.url)
        assert "no such post" in str(other)


@pytest.mark.parametrize(
    ("where", "what", "how", "error", "said"),
    [
        ("posts", 429, {"retry_after": 1800}, Unavailable, "too many posts this hour"),
        ("posts", 402, {"body": b'{"message": "no plan"}'}, Refused, "402 no plan: check"),
        ("posts", 400, {"body": b'{"message": ["date", "tags"]}'}, Rejected, "400 date; tags"),
        ("posts", 201, {"body": b"[]"}, Unconfirmed, "named no post"),
        ("posts", 302, {}, Rejected, "302"),
        ("integrations", 200, {"body": b"<html>"}, Unavailable, "no list"),
        ("integrations", 503, {}, Unavailable, "503"),
    ],
)
async def test_each_answer_means_what_may_follow(
    tmp_path: Path, where: str, what: int, how: dict[str, Any], error: type[StageError], said: str
) -> None:
    async with Server() as server, Bench(tmp_path).tools() as tools:
        server.fault(where, what, **how)
        found = await refusal(lambda: a_channel(server).file(tools, a_post(a_video(tmp_path)), LINKEDIN))

    assert error is type(found)
    assert said in str(found)
    assert (how.get("retry_after") if isinstance(found, Unavailable) else None) == getattr(
        found, "retry_after", None
    )


async def test_the_log_of_a_whole_run_holds_no_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with Server() as server:
            server.fault("posts", 403, body=f'{{"message": "{server.key} may not"}}'.encode())
            report = await air(Town(tmp_path), server)

    assert "failed" == receipts(report)[LINKEDIN].status
    assert server.key not in caplog.text + described(report)


async def test_a_key_that_no_header_can_hold_is_refused_without_being_shown(tmp_path: Path) -> None:
    async with Server() as server, Bench(tmp_path).tools() as tools:
        found = await refusal(lambda: a_channel(server, key="ключ-0123456789").preflight(tools))

    assert Refused is type(found)
    assert "copy it again" in str(found)
    assert "ключ" not in str(found)
