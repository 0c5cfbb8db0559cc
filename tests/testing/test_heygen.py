"""The rehearsed service: what it asks for and what it charges."""

import asyncio
import base64
import io
import re
import wave
from datetime import timedelta
from typing import Any

import httpx
import pytest
from patience import until
from rehearsing import AVATAR, PICTURE, PROMPT, SAID, Client, code, rehearsal

from broadcast.testing import HeyGen, Server
from broadcast.testing.heygen import saying

# --- the agent


async def test_a_session_thinks_then_generates_then_is_completed_and_paid() -> None:
    async with rehearsal(balance=10) as client:
        created = (await client.agent()).json()["data"]
        path = f"/v3/video-agents/{created['session_id']}"
        assert ("thinking", None) == (created["status"], created["video_id"])
        seen = []
        for _ in range(4):
            now = (await client.get(path))["data"]
            video = now["video_id"] and (await client.get(f"/v3/videos/{now['video_id']}"))["data"]
            seen.append((now["status"], now["progress"], video and video["status"], client.heygen.spent > 0))
            client.clock.forward(0.36)

        assert [
            ("thinking", 0, None, False),
            ("generating", 40, "pending", False),
            ("generating", 80, "processing", False),
            ("completed", 100, "completed", True),
        ] == seen
        seconds = saying.seconds(SAID)
        assert pytest.approx(10 - seconds * 0.0333) == client.heygen.balance
        assert [SAID] == client.heygen.spoken
        assert (await client.get("/v3/users/me"))["data"]["wallet"]["remaining_balance"] == pytest.approx(
            client.heygen.balance, abs=1e-4
        )
        assert [video["id"]] == [one["id"] for one in (await client.get(f"{path}/videos"))["data"]]


async def test_a_session_tells_its_prompt_newest_message_first_unless_told_not_to() -> None:
    async with rehearsal() as client:
        session = await client.session()
        client.clock.forward(1)
        roles = [(one["role"], one["content"]) for one in await messages(client, session)]
        client.heygen.tells_prompts = False

        assert ("user", PROMPT) == roles[-1]
        assert ["model"] * 3 == [role for role, _ in roles[:-1]]
        assert "user" not in [one["role"] for one in await messages(client, session)]


async def messages(client: Client, session: str) -> list[dict[str, Any]]:
    return list((await client.get(f"/v3/video-agents/{session}"))["data"]["messages"])


@pytest.mark.parametrize(
    ("fields", "expected", "param"),
    [
        ({"prompt": ""}, (400, "invalid_parameter"), "prompt"),
        ({"prompt": "x" * 10_001}, (400, "invalid_parameter"), "prompt"),
        ({"prompt": 1}, (400, "invalid_parameter"), "prompt"),
        ({"auto_proceed": True}, (400, "invalid_parameter"), "auto_proceed"),
        ({"title": "No such field"}, (400, "invalid_parameter"), "title"),
        ({"duration_sec": 60}, (400, "invalid_parameter"), "duration_sec"),
        ({"orientation": "square"}, (400, "invalid_parameter"), "orientation"),
        ({"incognito_mode": "true"}, (400, "invalid_parameter"), "incognito_mode"),
        ({"callback_id": "run"}, (400, "invalid_parameter"), None),
        ({"callback_url": "http://example.com/"}, (400, "invalid_parameter"), "callback_url"),
        ({"avatar_id": "Nobody"}, (404, "avatar_not_found"), "avatar_id"),
        ({"avatar_id": "Lena_new"}, (409, "resource_not_ready"), "avatar_id"),
        ({"voice_id": "nobody"}, (404, "voice_not_found"), "voice_id"),
        ({"style_id": "none"}, (404, "resource_not_found"), "style_id"),
        ({"brand_kit_id": "none"}, (404, "resource_not_found"), "brand_kit_id"),
        ({"files": [{"type": "url", "url": "https://x.test/a.png"}] * 21}, (400, "invalid_parameter"), "files"),
        ({"files": [{"type": "asset_id", "asset_id": "none"}]}, (404, "asset_not_found"), "files.0"),
        ({"files": [{"type": "url", "url": "http://x.test/a.png"}]}, (400, "invalid_parameter"), "files.0.url.url"),
        ({"files": [{"type": "url", "url": "https://x.test/a.html"}]}, (400, "invalid_parameter"), "files.0"),
        ({"files": [{"type": "url", "url": "https://gone.test/a.png"}]}, (400, "download_failed"), "files.0"),
        (
            {"files": [{"type": "base64", "media_type": "image/jpeg", "data": base64.b64encode(PICTURE).decode()}]},
            (400, "invalid_parameter"),
            "files.0",
        ),
    ],
)
async def test_a_bad_prompt_is_refused_by_name_and_costs_nothing(
    fields: dict[str, Any], expected: tuple[int, str], param: str | None
) -> None:
    async with rehearsal() as client:
        client.heygen.unreachable.add("https://gone.test/a.png")
        answer = await client.agent(**fields)

        assert expected == code(answer)
        assert param == answer.json()["error"].get("param")
        assert ([], 1) == (client.heygen.jobs, len(client.heygen.refused))


async def test_everything_that_a_prompt_may_have_is_taken() -> None:
    async with rehearsal() as client:
        upload = await client.api.post("/v3/assets", files={"file": ("chart.png", PICTURE)})
        files = [
            {"type": "asset_id", "asset_id": upload.json()["data"]["asset_id"]},
            {"type": "url", "url": "https://x.test/a.png"},
            {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PICTURE).decode()},
        ]
        fields = {
            "avatar_id": "Daphne_public_look_2", "voice_id": "daphne_english", "style_id": "style_1",
            "brand_kit_id": "brand_1", "orientation": "portrait", "files": files, "mode": "generate",
            "callback_url": "https://x.test/done", "callback_id": "run-1", "incognito_mode": True,
        }  # fmt: skip
        await client.session(**fields)

        assert [{"prompt": PROMPT, **fields}] == [job.asked for job in client.heygen.jobs]
        assert [("https://x.test/done", "run-1")] == [job.callback for job in client.heygen.jobs]
        assert [(720, 1280)] == [job.size for job in client.heygen.jobs]


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with rehearsal() as client:
        broken = await client.api.post(
            "/v3/video-agents", content=b"{", headers={"Content-Type": "application/json"}
        )
        form = await client.api.post("/v3/video-agents", content=b'{"prompt": "x"}')

        assert (400, 400, []) == (broken.status_code, form.status_code, client.heygen.jobs)


async def test_an_unknown_query_parameter_is_refused_before_the_effect() -> None:
    async with rehearsal() as client:
        posted = await client.api.post("/v3/video-agents?dry_run=1", json={"prompt": PROMPT})
        listed = await client.api.get("/v3/video-agents?cursor=x")

        assert (400, 400, []) == (posted.status_code, listed.status_code, client.heygen.jobs)


async def test_sessions_are_listed_newest_first_in_pages_and_late_where_told() -> None:
    async with rehearsal() as client:
        made = [await client.session() for _ in range(5)]
        seen, token = [], None
        while True:
            page = await client.get("/v3/video-agents", params={"limit": 2} | ({"token": token} if token else {}))
            seen += [one["session_id"] for one in page["data"]]
            token = page["next_token"]
            assert page["has_more"] == (token is not None)
            if token is None:
                break
        client.heygen.list_lag = 30

        assert made[::-1] == seen
        assert [] == (await client.get("/v3/video-agents"))["data"]
        client.clock.forward(30)
        assert 5 == len((await client.get("/v3/video-agents"))["data"])


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "token=bm9wZQ==", "token=%00", "limit="])
async def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    async with rehearsal() as client:
        assert (400, "invalid_parameter") == code(await client.api.get(f"/v3/videos?{query}"))


async def test_a_stopped_session_fails_and_costs_nothing() -> None:
    async with rehearsal() as client:
        session = await client.session()
        stopped = await client.api.post(f"/v3/video-agents/{session}/stop", json={})
        client.clock.forward(5)

        assert {"data": {"session_id": session}} == stopped.json()
        assert "failed" == (await client.get(f"/v3/video-agents/{session}"))["data"]["status"]
        assert ([], 0) == (client.heygen.paid, client.heygen.running)
        assert (409, "conflict") == code(
            await client.api.post(f"/v3/video-agents/{session}", json={"message": "x"})
        )


# --- the door


async def test_a_missing_and_a_wrong_key_are_answered_alike() -> None:
    async with rehearsal() as client:
        url = f"{client.heygen.url}/v3/users/me"
        missing, wrong = await client.file(url), await client.file(url, **{"X-Api-Key": "hg_wrong"})
        both = await client.api.get(url, headers={"Authorization": f"Bearer {client.heygen.token}"})
        bearer = await client.file(url, Authorization=f"Bearer {client.heygen.token}")

        assert missing.content == wrong.content
        assert [(401, "unauthorized")] * 2 == [code(missing), code(wrong)]
        assert (400, 200) == (both.status_code, bearer.status_code)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/video.generate", 410),
        ("GET", "/v2/avatars", 410),
        ("POST", "/v3/video-agents/sessions", 404),
        ("GET", "/v3/video-agents/sessions/sess_1", 404),
        ("POST", "/v3/video-agents/sessions/sess_1/messages", 404),
        ("GET", "/v3/video-agents/sess_none", 404),
        ("GET", "/v3/videos/v_none", 404),
        ("DELETE", "/v3/videos/v_none", 404),
        ("GET", "/v3/nothing", 404),
        ("DELETE", "/v3/users/me", 405),
    ],
)
async def test_what_is_not_there_says_so_in_the_envelope(method: str, path: str, status: int) -> None:
    async with rehearsal() as client:
        answer = await client.api.request(method, path)

        assert status == answer.status_code
        assert {"code", "message", "doc_url"} <= set(answer.json()["error"])
        assert re.fullmatch(r"req_\w+", answer.headers["x-request-id"])


async def test_more_jobs_than_may_run_are_refused_without_effect() -> None:
    async with rehearsal() as client:
        client.heygen.limit = 2
        await client.session()
        await client.api.post("/v3/videos", json=AVATAR)
        refused = await client.agent()

        assert ((429, "rate_limit_exceeded"), "1") == (code(refused), refused.headers["retry-after"])
        assert (2, 2) == (len(client.heygen.jobs), client.heygen.running)
        client.clock.forward(1)
        assert 200 == (await client.agent()).status_code
        assert 2 == client.heygen.ledger.peak


async def test_a_job_that_the_balance_does_not_cover_is_refused() -> None:
    async with rehearsal(balance=0.01) as client:
        assert (402, "insufficient_credit") == code(await client.agent())
        assert (402, "insufficient_credit") == code(await client.api.post("/v3/videos", json=AVATAR))
        client.heygen.balance = saying.seconds(SAID) * 0.0333 * 1.5
        await client.session()
        assert (402, "insufficient_credit") == code(await client.agent())


@pytest.mark.parametrize("billing", ["wallet", "subscription", "usage_based"])
async def test_exactly_one_way_of_paying_is_filled(billing: str) -> None:
    async with rehearsal() as client:
        client.heygen.billing = billing
        data = (await client.get("/v3/users/me"))["data"]

        ways = ("wallet", "subscription", "usage_based")
        assert [billing] == [way for way in ways if data[way] is not None]


# --- videos


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "hologram"}, (400, "invalid_parameter")),
        ({"scenes": []}, (400, "invalid_parameter")),
        ({"script": None}, (400, "invalid_parameter")),
        ({"script": "x" * 5_001}, (400, "invalid_parameter")),
        ({"audio_url": "https://x.test/a.mp3"}, (400, "invalid_parameter")),
        ({"resolution": "480p"}, (400, "invalid_parameter")),
        ({"aspect_ratio": "3:2"}, (400, "invalid_parameter")),
        ({"voice_settings": {"speed": 1.6}}, (400, "invalid_parameter")),
        ({"caption": {"file_format": "vtt"}}, (400, "invalid_parameter")),
        ({"background": {"type": "color", "value": "red"}}, (400, "invalid_parameter")),
        ({"engine": {"type": "avatar_x"}}, (400, "invalid_parameter")),
        ({"expressiveness": "high"}, (400, "invalid_parameter")),
        ({"avatar_id": "Wayne_20240716"}, (400, "invalid_parameter")),
        ({"avatar_id": "Nobody"}, (404, "avatar_not_found")),
        ({"voice_id": "nobody"}, (404, "voice_not_found")),
        ({"type": "image", "image": {"type": "asset_id", "asset_id": "x"}}, (400, "invalid_parameter")),
        ({"audio_asset_id": "x", "script": None}, (404, "asset_not_found")),
    ],
)
async def test_a_bad_video_is_refused_and_costs_nothing(fields: dict[str, Any], expected: tuple[int, str]) -> None:
    async with rehearsal() as client:
        assert expected == code(await client.api.post("/v3/videos", json=AVATAR | fields))
        assert [] == client.heygen.jobs


async def test_a_video_speaks_its_script_and_has_the_captions_it_asked_for() -> None:
    async with rehearsal() as client:
        bare = await client.api.post("/v3/videos", json=AVATAR)
        asked = AVATAR | {
            "caption": {"style": "default"},
            "resolution": "4k",
            "aspect_ratio": "9:16",
            "title": "News",
        }
        rich = await client.api.post("/v3/videos", json=asked)
        client.clock.forward(1)
        assert "waiting" == bare.json()["data"]["status"]
        plain, captioned = [
            (await client.get(f"/v3/videos/{one.json()['data']['video_id']}"))["data"] for one in (bare, rich)
        ]

        assert [None, None] == [plain["subtitle_url"], plain["captioned_video_url"]]
        assert "Hello, you 12." in (await client.file(captioned["subtitle_url"])).text
        assert captioned["captioned_video_url"]
        assert (["Hello, you 12."] * 2, "News") == (client.heygen.spoken, captioned["title"])
        assert [(1920, 1080), (2160, 3840)] == [job.size for job in client.heygen.jobs]
        assert [0.0667, 0.0833] == [job.price for job in client.heygen.jobs]


async def test_a_picture_speaks_for_the_price_of_a_photo_and_a_sound_lasts_as_long_as_it_is() -> None:
    async with rehearsal() as client:
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(2 * 8000 * 7))
        assets = [
            (await client.api.post("/v3/assets", files={"file": file})).json()["data"]["asset_id"]
            for file in (("a.png", PICTURE), ("a.wav", sound.getvalue()))
        ]
        image = {"type": "image", "image": {"type": "asset_id", "asset_id": assets[0]}}
        no_picture = {"type": "image", "image": {"type": "asset_id", "asset_id": assets[1]}}
        good = await client.api.post("/v3/videos", json=image | {"audio_asset_id": assets[1]})
        bad = await client.api.post("/v3/videos", json=no_picture | {"audio_asset_id": assets[1]})

        assert ((400, "invalid_parameter"), 200) == (code(bad), good.status_code)
        assert [("image", 7.0, 0.05)] == [(job.kind, job.seconds, job.price) for job in client.heygen.jobs]


async def test_a_key_repeats_the_first_answer_for_a_day() -> None:
    async with rehearsal() as client:
        key = {"Idempotency-Key": "run:main:1"}
        first = await client.api.post("/v3/videos", json=AVATAR, headers=key)
        again = await client.api.post("/v3/videos", json=AVATAR | {"script": "Something else."}, headers=key)
        assert (first.json(), 1) == (again.json(), len(client.heygen.jobs))
        client.clock.forward(24 * 3600)
        late = await client.api.post("/v3/videos", json=AVATAR, headers=key)

        assert (200, 2) == (late.status_code, len(client.heygen.jobs))
        bad = await client.api.post("/v3/videos", json=AVATAR, headers={"Idempotency-Key": "no spaces"})
        assert (400, "invalid_parameter") == code(bad)


async def test_a_key_whose_request_is_still_running_is_a_conflict() -> None:
    async with rehearsal() as client:
        client.heygen.fault("POST /v3/videos", "slow", seconds=3)
        key = {"Idempotency-Key": "k"}
        first = asyncio.create_task(client.api.post("/v3/videos", json=AVATAR, headers=key))
        await until(lambda: client.heygen.count("POST /v3/videos"), "it is not asked")
        second = await client.api.post("/v3/videos", json=AVATAR, headers=key)

        assert (409, "request_in_progress") == code(second)
        third = await client.api.post("/v3/videos", json=AVATAR, headers=key) if (await first) else None
        assert third is not None
        assert ((await first).json(), 1) == (third.json(), len(client.heygen.jobs))


async def test_a_refused_request_may_be_asked_again_with_its_key() -> None:
    async with rehearsal() as client:
        key = {"Idempotency-Key": "k"}
        refused = await client.api.post("/v3/videos", json=AVATAR | {"avatar_id": "Nobody"}, headers=key)
        taken = await client.api.post("/v3/videos", json=AVATAR, headers=key)

        assert (404, 200) == (refused.status_code, taken.status_code)


async def test_the_agent_knows_no_idempotency() -> None:
    async with rehearsal() as client:
        for _ in range(2):
            await client.api.post("/v3/video-agents", json={"prompt": PROMPT}, headers={"Idempotency-Key": "k"})

        assert 2 == len(client.heygen.jobs)


async def test_videos_are_listed_found_by_title_asked_for_in_bulk_and_deleted() -> None:
    async with rehearsal() as client:
        video = await client.done()
        other = (await client.api.post("/v3/videos", json=AVATAR | {"title": "Second"})).json()["data"]["video_id"]

        assert [other, video["id"]] == [one["id"] for one in (await client.get("/v3/videos"))["data"]]
        assert [other] == [one["id"] for one in (await client.get("/v3/videos?title=secon"))["data"]]
        bulk = (await client.get(f"/v3/videos/statuses?video_ids={video['id']},{other},v_x"))["data"]
        stages = {one["video_id"]: one["status"] for one in bulk}
        assert {video["id"]: "completed", other: "queued", "v_x": "not_found"} == stages
        assert sorted(stages) == list(stages), "in the order of the question: nobody promised that"
        twice = f"/v3/videos/statuses?video_ids={other},{other}"
        assert (400, "invalid_parameter") == code(await client.api.get(twice))
        assert (400, "invalid_parameter") == code(await client.api.get("/v3/videos/statuses"))
        gone = await client.api.delete(f"/v3/videos/{video['id']}")
        assert {"data": {"id": video["id"], "deleted": True}} == gone.json()
        assert (404, "video_not_found") == code(await client.api.delete(f"/v3/videos/{video['id']}"))
        assert 404 == (await client.file(video["video_url"])).status_code


# --- the rest


def test_it_runs_in_a_thread_and_in_real_time() -> None:
    with HeyGen("hg_test_1") as heygen, httpx.Client(base_url=heygen.url, trust_env=False) as client:
        client.headers["X-Api-Key"] = "hg_test_1"
        heygen.render_seconds = 0
        client.post("/v3/video-agents", json={"prompt": PROMPT})

        assert 1 == len(heygen.paid)
        assert [("POST /v3/video-agents", 200)] == [(one.endpoint, one.status) for one in heygen.asked]


async def test_a_finished_job_is_called_back_unsigned() -> None:
    async with rehearsal() as client, Server() as server:
        url = server.put("/done", "thanks")
        await client.session(callback_url=url, callback_id="run-1")
        client.heygen.fault("render", "fails")
        await client.api.post("/v3/videos", json=AVATAR | {"callback_url": server.url("/gone")})
        client.clock.forward(1)
        await until(lambda: len(client.heygen.called) == 2, "nobody is called back")

        assert {(url, 200), (server.url("/gone"), 404)} == set(client.heygen.called)
        assert ["/done", "/gone"] == sorted(one.path for one in server.asked)


async def test_what_was_asked_is_kept_within_bounds_and_counted_without() -> None:
    async with rehearsal(remember=3) as client:
        for _ in range(5):
            await client.get("/v3/users/me")

        assert (3, 5) == (len(client.heygen.asked), client.heygen.count("GET /v3/users/me"))


async def test_a_mistake_of_the_double_ends_the_rehearsal_loudly() -> None:
    def broken(prompt: str) -> str:
        raise RuntimeError("cannot hear")

    async def rehearsed() -> None:
        async with rehearsal() as client:
            client.heygen.hear = broken
            with pytest.raises(httpx.RemoteProtocolError):
                await client.agent()

    with pytest.raises(RuntimeError, match="cannot hear"):
        await rehearsed()


async def test_the_clock_is_the_one_that_is_given() -> None:
    async with rehearsal() as client:
        await client.session()

        assert [timedelta(0)] == [client.clock.now() - job.at for job in client.heygen.jobs]
