"""The rehearsed service: how it fails on demand."""

import json
import re
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
from patience import PATIENCE, until
from rehearsing import AVATAR, PROMPT, SAID, code, rehearsal

from broadcast.scripting import video_agent
from broadcast.testing import HeyGen
from broadcast.testing.heygen import saying
from broadcast.types import Brand, Order, Overlay, Script, Segment, Sentence

# --- what goes wrong

NEXT = Sentence(text="Ships wait.")
SUBMITS = {
    "POST /v3/video-agents": {"prompt": PROMPT},
    "POST /v3/videos": AVATAR,
    "POST /v3/voices/speech": {"text": "Hello.", "voice_id": "daphne_english"},
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("endpoint", SUBMITS)
@pytest.mark.parametrize(
    "what", ["drop", "reset", "hang", 429, 500, 402, "error-in-200", "garbage", "truncated", "blank"]
)
async def test_a_fault_hides_the_answer_before_or_after_the_effect(
    endpoint: str, what: str | int, after: bool
) -> None:
    async with rehearsal() as client:
        fault = client.heygen.fault(endpoint, what, after_effect=after)
        path, body = endpoint.partition(" ")[2], SUBMITS[endpoint]
        gone = {"drop": httpx.RemoteProtocolError, "reset": httpx.ReadError, "hang": httpx.ReadTimeout}
        if error := gone.get(str(what)):
            with pytest.raises(error):
                await client.api.post(path, json=body, timeout=0.3)
        else:
            answer = await client.api.post(path, json=body)
            assert (what if isinstance(what, int) else 200) == answer.status_code
            if what == "error-in-200":
                assert "internal_error" == answer.json()["error"]["code"]
            elif what in (429, 402):
                assert "error" in answer.json()
            else:
                with pytest.raises(ValueError):
                    json.loads(answer.content)

        assert (int(after), 1) == (len(client.heygen.jobs), fault.struck)
        assert 200 == (await client.api.post(path, json=body)).status_code
        assert int(after) + 1 == len(client.heygen.jobs)


async def test_waiting_is_asked_for_in_seconds_or_as_a_date() -> None:
    async with rehearsal() as client:
        client.heygen.fault("GET /v3/users/me", 429, retry_after=7)
        client.heygen.fault("GET /v3/users/me", 503, retry_after="date")
        seconds, date = [await client.api.get("/v3/users/me") for _ in range(2)]

        assert ("7", "rate_limit_exceeded") == (seconds.headers["retry-after"], seconds.json()["error"]["code"])
        assert ("Mon, 23 Nov 2026 17:00:10 GMT", "text/html") == (
            date.headers["retry-after"],
            date.headers["content-type"],
        )


async def test_a_slow_deed_is_done_though_the_client_has_left() -> None:
    async with rehearsal() as client:
        client.heygen.fault("POST /v3/video-agents", "slow", seconds=2)
        impatient = httpx.Timeout(PATIENCE, read=0.05)
        with pytest.raises(httpx.ReadTimeout):
            await client.api.post("/v3/video-agents", json={"prompt": PROMPT}, timeout=impatient)
        assert [] == client.heygen.jobs
        await until(lambda: client.heygen.jobs, "it is not done")

        assert 1 == len(client.heygen.jobs)


async def test_a_fault_strikes_as_often_as_it_is_told_and_after_as_many_requests() -> None:
    async with rehearsal() as client:
        client.heygen.fault("GET /v3/videos/{id}", 500, skip=1, times=2)
        seen = [(await client.api.get("/v3/videos/v_x")).status_code for _ in range(4)]
        client.heygen.fault("GET /v3/videos/{id}", 502, times=None)
        always = {(await client.api.get("/v3/videos/v_x")).status_code for _ in range(3)}
        client.heygen.calm()

        assert ([404, 500, 500, 404], {502}) == (seen, always)
        assert 404 == (await client.api.get("/v3/videos/v_x")).status_code
        assert 8 == client.heygen.count("GET /v3/videos/{video_id}")


async def test_an_answer_may_lack_its_ids_know_odd_words_and_say_more_than_it_should() -> None:
    async with rehearsal() as client:
        client.heygen.fault("POST /v3/video-agents", "null-ids")
        nameless = (await client.agent()).json()["data"]
        video = await client.done()
        client.heygen.fault("GET /v3/videos/{id}", "unknown-status", word="frobbing")
        client.heygen.fault("GET /v3/videos/{id}", "unknown-fields")
        odd, rich = [(await client.get(f"/v3/videos/{video['id']}"))["data"] for _ in range(2)]

        assert (None, None, "thinking") == (nameless["session_id"], nameless["video_id"], nameless["status"])
        assert ("frobbing", True) == (odd["status"], "x_new_field" in rich)
        assert 2 == len(client.heygen.jobs)


async def test_paging_may_repeat_its_token() -> None:
    async with rehearsal() as client:
        client.heygen.fault("GET /v3/voices", "same-token", times=None)
        pages = [await client.get("/v3/voices") for _ in range(2)]

        assert [True, True] == [page["has_more"] for page in pages]
        assert pages[0]["next_token"] == pages[1]["next_token"]


@pytest.mark.parametrize(
    ("what", "status", "kind", "share"),
    [
        ("html", 200, "text/html; charset=utf-8", None),
        ("empty", 200, "video/mp4", 0.0),
        ("garbage", 200, "video/mp4", None),
        ("cut", 200, "video/mp4", 0.5),
        ("slow", 200, "video/mp4", 1.0),
        ("expired", 403, "application/xml", None),
        (503, 503, "text/html", None),
    ],
)
async def test_a_download_goes_wrong(what: str | int, status: int, kind: str, share: float | None) -> None:
    async with rehearsal() as client:
        video = await client.done()
        size = len((await client.file(video["video_url"])).content)
        client.heygen.fault("GET /files/video/{name}", what, rate=10_000_000)
        bad, good = [await client.file(video["video_url"]) for _ in range(2)]

        assert (status, kind) == (bad.status_code, bad.headers["content-type"])
        assert share is None or len(bad.content) == int(size * share)
        assert size == len(good.content)


@pytest.mark.parametrize("what", ["truncated", "drop", "reset"])
async def test_a_download_breaks_off_and_can_be_resumed(what: str) -> None:
    async with rehearsal() as client:
        client.heygen.video_bytes = 1_000_000
        video = await client.done()
        whole = (await client.file(video["video_url"])).content
        client.heygen.fault("GET /files/video/{name}", what)
        broken, got = False, b""
        try:
            async with client.plain.stream("GET", video["video_url"]) as answer:
                async for chunk in answer.aiter_raw():
                    got += chunk
        except httpx.TransportError:
            broken = True
        rest = await client.file(video["video_url"], Range=f"bytes={len(got)}-")

        assert (True, 500_000 if what == "truncated" else 0) == (broken, len(got))
        assert whole == got + rest.content


@pytest.mark.parametrize(
    ("what", "details", "message"),
    [
        ("fails", {"reason": "script_too_long"}, "script_too_long"),
        ("fails-silently", {}, None),
        ("fails-early", {}, None),
    ],
)
async def test_a_render_fails_and_is_not_charged(what: str, details: dict[str, Any], message: str | None) -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", what, **details)
        session = await client.session()
        client.clock.forward(1)
        seen = (await client.get(f"/v3/video-agents/{session}"))["data"]

        assert ("failed", 0) == (seen["status"], seen["progress"])
        assert (None if what == "fails-early" else client.heygen.jobs[0].video) == seen["video_id"]
        if seen["video_id"]:
            video = (await client.get(f"/v3/videos/{seen['video_id']}"))["data"]
            assert ("failed", message) == (video["status"], video.get("failure_message"))
        assert (0, 0, 100) == (len(client.heygen.paid), client.heygen.running, client.heygen.balance)


async def test_a_render_may_think_for_ever_and_takes_a_place_meanwhile() -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", "stuck")
        session = await client.session()
        client.clock.forward(86_400)
        seen = (await client.get(f"/v3/video-agents/{session}"))["data"]

        assert ("thinking", None, 1) == (seen["status"], seen["video_id"], client.heygen.running)


async def test_a_session_is_lost_once_it_has_named_its_video_which_completes() -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", "lost-session")
        session = await client.session()
        client.clock.forward(0.5)
        video = (await client.get(f"/v3/video-agents/{session}"))["data"]["video_id"]
        client.clock.forward(1)

        assert (404, "not_found") == code(await client.api.get(f"/v3/video-agents/{session}"))
        assert "completed" == (await client.get(f"/v3/videos/{video}"))["data"]["status"]


async def test_a_completed_video_may_be_without_an_address_for_a_while_or_for_good() -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", "late-url", seconds=40)
        client.heygen.fault("render", "no-url")
        late, never = await client.done(), await client.done()
        assert [("completed", None)] * 2 == [(one["status"], one["video_url"]) for one in (late, never)]
        client.clock.forward(40)
        late, never = [(await client.get(f"/v3/videos/{one['id']}"))["data"] for one in (late, never)]

        assert (True, False) == (bool(late["video_url"]), bool(never["video_url"]))


async def test_a_render_may_have_no_subtitles_or_another_length() -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", "no-subtitles")
        client.heygen.fault("render", "wrong-duration", factor=3)
        mute, long = await client.done(), await client.done()

        assert (None, True) == (mute["subtitle_url"], bool(mute["video_url"]))
        assert long["duration"] == pytest.approx(mute["duration"] * 3, abs=0.5)


@pytest.mark.parametrize("what", sorted(saying.ALTERED))
async def test_a_render_says_something_else_and_its_subtitles_show_it(what: str) -> None:
    async with rehearsal() as client:
        client.heygen.fault("render", what)
        captions = (await client.file((await client.done())["subtitle_url"])).text
        said, asked = saying.sentences(client.heygen.spoken[0]), saying.sentences(SAID)

        assert [part for part in said if part not in captions.replace("\n", " ")] == []
        assert SAID == client.heygen.hear(client.heygen.jobs[0].text)
        changed = {
            "changes-digit": len(said) == len(asked) and len(set(said) - set(asked)) == 1,
            "adds-sentence": len(said) == len(asked) + 1 and set(asked) < set(said),
            "drops-sentence": len(said) == len(asked) - 1 and set(said) < set(asked),
            "drops-story": len(said) == len(asked) - 2 and said[-1] == asked[-1] and said[:2] == asked[:2],
            "reorders": sorted(said) == sorted(asked) and said != asked,
            "spells-numbers": not any(character.isdigit() for part in said for character in part),
        }
        assert changed[what]


def test_an_alteration_of_every_seed_is_an_alteration_and_the_same_again() -> None:
    for what, alter in saying.ALTERED.items():
        for seed in range(50):
            assert SAID != alter(SAID, Random(seed)), (what, seed)
            assert alter(SAID, Random(seed)) == alter(SAID, Random(seed))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Just say hello.", "Just say hello."),
        ("FORMAT: news\n\n## SCRIPT:\nHello.\n\n## STYLE\nDark.", "Hello."),
        (
            "SCRIPT (word for word)\nHello.\n\nOPEC met in Vienna.\n\nEND OF SCRIPT\nMore.",
            "Hello.\n\nOPEC met in Vienna.",
        ),
        ("SCRIPT\nHello.", "Hello."),
    ],
)
def test_what_a_prompt_wants_said_stands_under_its_heading(prompt: str, said: str) -> None:
    assert said == saying.heard(prompt)


@pytest.mark.parametrize(
    ("endpoint", "what", "said"),
    [
        ("GET /v3/video", "drop", "'GET /v3/video' is not one of POST /v3/video-agents"),
        ("GET /v3/videos", "dorp", "'dorp' at GET /v3/videos is not one of blank"),
        ("render", "drop", "'drop' at render is not one of adds-sentence"),
        ("render", 500, "500 is no status that render could answer in error"),
        ("GET /v3/videos", 200, "200 is no status"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused(endpoint: str, what: str | int, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        HeyGen().fault(endpoint, what)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("overlays", [(), (Overlay(text="42 percent"),)])
def test_what_our_own_prompt_wants_said_is_the_script(overlays: tuple[Overlay, ...], short: bool) -> None:
    segments = tuple(
        Segment(
            kind="story",
            sentences=(Sentence(text=text), Sentence(text="Ships wait.")),
            overlays=overlays,
            seconds=9,
        )
        for text in ("Sales rose 42 percent.", "NASA: no news today.", "OPEC (the cartel) met.")
    )
    script = Script(title="News", kind="daily-news", language="en", segments=segments, seconds=27, writer="mixed")
    slot = datetime(2026, 11, 23, 17, tzinfo=UTC)
    order = Order(
        show="news",
        edition="main",
        slot=slot,
        title="News",
        date="Monday",
        script=script,
        stories=(),
        brand=Brand(),
    )

    asked = video_agent.prompt(order, presenter=True, short=short)
    assert "\n\n".join(segment.text for segment in segments) == saying.heard(asked)
