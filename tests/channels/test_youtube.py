"""One video on YouTube, whatever becomes of an answer: the upload is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described

from broadcast.channels import youtube
from broadcast.channels.youtube import YouTube
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.http import Answer
from broadcast.plugins import Reconciles, Retracts, Tools, find
from broadcast.testing import Bench, FakeClock
from broadcast.testing.youtube import YouTube as Server
from broadcast.types import Destination, Post, Sent
from tests.posts import a_post, a_story, a_video

WHEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server
    assert [] == server.problems


@pytest.fixture
def post(tmp_path: Path) -> Post:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 4096)
    return a_post(a_video(tmp_path / "a", path=path), heading="Daily update · Monday")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def a_channel(server: Server, **fields: Any) -> YouTube:
    return YouTube.model_validate({**server.fields(), **fields})


async def put(channel: YouTube, bench: Bench, post: Post, kept: dict[str, str]) -> Sent:
    """Upload as a run does: what is kept stays for the next call."""

    async def keep(name: str, value: str) -> None:
        kept[name] = value

    async with bench.tools() as tools:
        return await channel.file(Tools(**{**vars(tools), "keep": keep, "kept": dict(kept)}), post, "youtube")


async def ask(channel: YouTube, bench: Bench, post: Post, kept: dict[str, str]) -> Sent | None:
    assert isinstance(channel, Reconciles)
    async with bench.tools() as tools:
        return await channel.reconcile(Tools(**{**vars(tools), "kept": kept}), post, "youtube", WHEN)


async def test_a_video_is_uploaded_with_what_is_said_of_it(server: Server, bench: Bench, post: Post) -> None:
    sent = await put(a_channel(server, privacy="unlisted", tags=["news"]), bench, post, {})

    assert Sent(ref="video-0", url="https://youtu.be/video-0") == sent
    film = server.videos["video-0"]
    assert post.video.path.read_bytes() == film.content
    assert ("Daily update · Monday", "25", ["news"]) == tuple(
        film.about["snippet"][key] for key in ("title", "categoryId", "tags")
    )
    assert ("unlisted", True) == tuple(
        film.about["status"][key] for key in ("privacyStatus", "containsSyntheticMedia")
    )
    assert "https://www.news.example/ferries" in film.about["snippet"]["description"]
    assert "Made by a machine." in film.about["snippet"]["description"]


@pytest.mark.parametrize(
    ("what", "after", "half"),
    [
        ("drop", True, False), ("hang", True, False), (500, False, False), (503, False, False), (500, True, False),
        ("drop", False, False), ("drop", True, True),
    ],
)  # fmt: skip
async def test_an_upload_in_doubt_is_asked_and_goes_on_where_it_stopped(
    server: Server,
    bench: Bench,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    what: str | int,
    after: bool,
    half: bool,
) -> None:
    if what == "hang":
        monkeypatch.setattr(youtube, "UPLOAD", 2.0)
    kept: dict[str, str] = {}
    server.halves = half
    server.fault("upload", what, after_effect=after)
    with pytest.raises(Unconfirmed):
        await put(a_channel(server), bench, post, kept)

    found = await ask(a_channel(server), bench, post, kept)
    assert (found is None) == (half or not after)
    sent = found or await put(a_channel(server), bench, post, kept)
    assert ("video-0", 1, 1) == (sent.ref, len(server.videos), len(server.uploads))
    assert post.video.path.read_bytes() == server.videos["video-0"].content


async def test_a_run_settles_its_doubt_by_itself(server: Server, tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"youtube": {"use": "youtube", **server.fields()}}
    server.fault("upload", "drop", after_effect=True)
    report = await town.air(WHEN, clock=FakeClock(WHEN))
    assert "unconfirmed" == report.editions[0].receipts[0].status, described(report)

    report = await town.air(WHEN, clock=FakeClock(WHEN))
    receipt = report.editions[0].receipts[0]
    assert ("sent", "video-0", "https://youtu.be/video-0") == (receipt.status, receipt.ref, receipt.url)
    assert (1, 1) == (len(server.videos), server.asked.count("upload"))
    for secret in ("client-secret-1", "refresh-token-1", "access-token-1", "/session/"):
        assert secret not in described(report)


@pytest.mark.parametrize(
    ("where", "what", "after"),
    [("token", "drop", False), ("begin", "drop", False), ("begin", "drop", True), ("begin", 500, False),
     ("token", 503, False)],
)  # fmt: skip
async def test_what_fails_before_the_bytes_was_not_uploaded(
    server: Server, bench: Bench, post: Post, where: str, what: str | int, after: bool
) -> None:
    server.fault(where, what, after_effect=after)
    with pytest.raises(Unavailable):
        await put(a_channel(server), bench, post, {})
    assert await ask(a_channel(server), bench, post, {}) is None
    await put(a_channel(server), bench, post, {})
    assert 1 == len(server.videos)


async def test_an_upload_that_youtube_forgot_is_held_for_a_person(server: Server, bench: Bench, post: Post) -> None:
    with pytest.raises(Unconfirmed, match="has forgotten this upload"):
        await ask(a_channel(server), bench, post, {"session": f"{server.fields()['base']}/session/7"})
    server.fault("ask", 500)
    kept = {"session": f"{server.fields()['base']}/session/7"}
    with pytest.raises(Unavailable):
        await ask(a_channel(server), bench, post, kept)
    server.fault("ask", 500)
    with pytest.raises(Unavailable):  # who cannot be asked may have it all: nothing new is begun
        await put(a_channel(server), bench, post, kept)
    assert [] == server.uploads


async def test_a_refresh_token_that_is_no_good_is_refused_before_anything_is_paid(
    server: Server, bench: Bench
) -> None:
    async with bench.tools() as tools:
        await a_channel(server).preflight(tools)
        with pytest.raises(Refused, match=r"invalid_grant: issue a new YOUTUBE_REFRESH_TOKEN") as caught:
            await a_channel(server, refresh_token="hunter2").preflight(tools)
    assert "hunter2" not in str(caught.value)


async def test_a_video_can_be_made_private(server: Server, bench: Bench, post: Post) -> None:
    channel = a_channel(server)
    assert isinstance(channel, Retracts)
    sent = await put(channel, bench, post, {})
    there = Destination(to="youtube", item="deliver/main/youtube", status="sent", ref=sent.ref)
    async with bench.tools() as tools:
        assert "made private" == (await channel.retract(tools, "youtube", there, "")).rung
        with pytest.raises(Rejected, match="videoNotFound"):
            await channel.retract(tools, "youtube", there.model_copy(update={"ref": "other"}), "")
    assert "private" == server.videos["video-0"].about["status"]["privacyStatus"]


async def test_hostile_and_long_words_are_what_youtube_takes(server: Server, bench: Bench, post: Post) -> None:
    words = {"heading": "<b>&" + "ข่าว " * 50, "caption": "ข่าว<i> " * 1000, "stories": (a_story(title="<x>"),)}
    await put(a_channel(server), bench, post.model_copy(update=words), {})
    assert 1 == len(server.videos)


@pytest.mark.parametrize(
    ("status", "reason", "kind", "after"),
    [
        (403, "quotaExceeded", Unavailable, 86_400), (400, "uploadLimitExceeded", Unavailable, 86_400),
        (403, "youtubeSignupRequired", Refused, None), (401, "authError", Refused, None),
        (400, "invalidTitle", Rejected, None), (429, "rateLimitExceeded", Unavailable, None),
        (503, "backendError", Unconfirmed, None),
    ],
)  # fmt: skip
def test_each_refusal_says_what_may_follow(status: int, reason: str, kind: type[StageError], after: float) -> None:
    body = f'{{"error": {{"errors": [{{"reason": "{reason}"}}]}}}}'.encode()
    found = youtube.refusal(Answer(status, {}, "", body), publishing=True)
    assert (kind, after) == (type(found), getattr(found, "retry_after", None))


def test_it_is_found_by_its_name() -> None:
    assert find("channels", "youtube") is YouTube
