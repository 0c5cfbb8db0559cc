"""The rehearsed service: its files, assets, catalogue and speech."""

import hashlib
import io
import re
import wave
from pathlib import Path
from typing import Any

import pytest
from rehearsing import PICTURE, SAID, code, rehearsal

from broadcast.archive import look
from broadcast.testing.heygen.films import boxes

# --- files


async def test_a_video_is_playable_and_its_files_are_what_they_say(tmp_path: Path) -> None:
    async with rehearsal() as client:
        video = await client.done()
        film = await client.file(video["video_url"])
        (tmp_path / "a.mp4").write_bytes(film.content)
        picture = look(tmp_path / "a.mp4")
        thumbnail = await client.file(video["thumbnail_url"])
        gif = await client.file(video["gif_url"])

        assert (video["duration"], 1280, 720) == (picture.seconds, picture.width, picture.height)
        assert ("video/mp4", b"\x89PNG", b"GIF8") == (
            film.headers["content-type"],
            thumbnail.content[:4],
            gif.content[:4],
        )
        captions = (await client.file(video["subtitle_url"])).text
        said = " ".join(line for line in captions.splitlines() if line and "-->" not in line and not line.isdigit())
        assert " ".join(SAID.split()) == said
        assert captions.startswith("1\n00:00:00,000 --> 00:00:0")


def test_a_video_without_the_encoder_still_says_how_long_and_how_large_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(boxes(12.5, (720, 1280)))
    picture = look(tmp_path / "a.mp4")

    assert (12.5, 720, 1280) == (picture.seconds, picture.width, picture.height)


async def test_an_address_expires_and_a_new_look_gives_a_new_one() -> None:
    async with rehearsal() as client:
        client.heygen.url_seconds = 60
        video = await client.done()
        path = f"/v3/videos/{video['id']}"
        assert 200 == (await client.file(video["subtitle_url"])).status_code
        client.clock.forward(61)
        assert 403 == (await client.file(video["subtitle_url"])).status_code
        fresh = (await client.get(path))["data"]["subtitle_url"]
        assert 200 == (await client.file(fresh)).status_code
        client.heygen.expire()
        assert 403 == (await client.file(fresh)).status_code
        assert 403 == (await client.file(re.sub("Signature=.", "Signature=x", fresh))).status_code
        assert 403 == (await client.file(fresh.partition("?")[0])).status_code


async def test_a_key_shown_to_a_signed_address_is_a_mistake() -> None:
    async with rehearsal() as client:
        video = await client.done()

        assert 400 == (await client.api.get(video["video_url"])).status_code
        assert ["leaks" in said for said in client.heygen.refused] == [True]


async def test_a_big_video_is_made_while_it_is_sent_and_can_be_taken_in_parts(tmp_path: Path) -> None:
    async with rehearsal() as client:
        client.heygen.video_bytes = 20_000_000
        video = await client.done()
        whole = await client.file(video["video_url"])
        parts = [
            await client.file(video["video_url"], Range=f"bytes={start}") for start in ("0-6999999", "7000000-")
        ]
        last = await client.file(video["video_url"], Range="bytes=-10")
        beyond = await client.file(video["video_url"], Range="bytes=20000000-")
        stale = await client.file(video["video_url"], Range="bytes=5-", **{"If-Range": '"other"'})

        assert 20_000_000 == len(whole.content)
        assert [206, 206] == [part.status_code for part in parts]
        assert "bytes 7000000-19999999/20000000" == parts[1].headers["content-range"]
        assert (
            hashlib.sha256(whole.content).digest() == hashlib.sha256(parts[0].content + parts[1].content).digest()
        )
        assert (whole.content[-10:], 416, 200) == (last.content, beyond.status_code, stale.status_code)
        (tmp_path / "a.mp4").write_bytes(whole.content)
        assert video["duration"] == look(tmp_path / "a.mp4").seconds
        client.heygen.ranges = False
        assert 200 == (await client.file(video["video_url"], Range="bytes=5-")).status_code


# --- assets


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("a.bin", PICTURE, "image/png"),
        ("a.png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.mp4", boxes(1, (2, 2)), "video/mp4"),
        ("a.pdf", b"%PDF-1.7", "application/pdf"),
        ("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n", "application/x-subrip"),
    ],
)
async def test_the_type_of_an_asset_is_that_of_its_bytes(name: str, data: bytes, mime: str) -> None:
    async with rehearsal() as client:
        asset = (await client.api.post("/v3/assets", files={"file": (name, data)})).json()["data"]

        assert (mime, len(data)) == (asset["mime_type"], asset["size_bytes"])
        assert data == (await client.file(asset["url"])).content
        shown = (await client.get(f"/v3/assets/{asset['asset_id']}"))["data"]
        assert (name, asset["url"]) == (shown["name"], shown["url"])
        assert 200 == (await client.api.delete(f"/v3/assets/{asset['asset_id']}")).status_code
        assert (404, "asset_not_found") == code(await client.api.get(f"/v3/assets/{asset['asset_id']}"))


async def test_a_bad_upload_is_refused() -> None:
    async with rehearsal() as client:
        html = await client.api.post("/v3/assets", files={"file": ("a.png", b"<html></html>")})
        field = await client.api.post("/v3/assets", files={"image": ("a.png", PICTURE)})
        two = await client.api.post("/v3/assets", files={"file": ("a.png", PICTURE)}, data={"title": "x"})
        large = await client.api.post("/v3/assets", files={"file": ("a.png", PICTURE + bytes(32 * 1024 * 1024))})
        raw = await client.api.post("/v3/assets", content=PICTURE)

        assert [400, 400, 400, 413, 400] == [one.status_code for one in (html, field, two, large, raw)]
        assert {} == client.heygen.assets


async def test_an_upload_with_a_key_happens_once() -> None:
    async with rehearsal() as client:
        key = {"Idempotency-Key": "picture"}
        ids = {
            (await client.api.post("/v3/assets", files={"file": ("a.png", PICTURE)}, headers=key)).text
            for _ in range(2)
        }

        assert (1, 1) == (len(ids), len(client.heygen.assets))


@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
async def test_the_storage_takes_no_credentials(header: str) -> None:
    fields = {"filename": "a.png", "content_type": "image/png", "size_bytes": len(PICTURE)}
    async with rehearsal() as client:
        upload = (await client.api.post("/v3/assets/direct-uploads", json=fields)).json()["data"]
        headers = upload["upload_headers"] | {header: "Bearer x"}
        assert 400 == (await client.plain.put(upload["upload_url"], content=PICTURE, headers=headers)).status_code
        assert "pending" == client.heygen.assets[upload["asset_id"]].state


async def test_a_video_may_come_without_a_moving_preview() -> None:
    async with rehearsal() as client:
        client.heygen.gifs = False
        assert (await client.done())["gif_url"] is None


async def test_a_large_file_goes_directly_to_the_storage() -> None:
    data = PICTURE + bytes(40_000_000)
    fields = {"filename": "a.png", "content_type": "image/png", "size_bytes": len(data)}
    async with rehearsal() as client:
        sha256 = hashlib.sha256(data).hexdigest()
        begun = await client.api.post("/v3/assets/direct-uploads", json=fields | {"checksum_sha256": sha256})
        upload = begun.json()["data"]
        complete = f"/v3/assets/{upload['asset_id']}/complete"
        assert (409, "resource_not_ready") == code(await client.api.post(complete, json={}))
        short = await client.plain.put(upload["upload_url"], content=data[:-1], headers=upload["upload_headers"])
        other = await client.plain.put(upload["upload_url"], content=data, headers={"Content-Type": "text/plain"})
        spoilt = await client.plain.put(
            upload["upload_url"], content=data[:-1] + b"x", headers=upload["upload_headers"]
        )
        good = await client.plain.put(upload["upload_url"], content=data, headers=upload["upload_headers"])

        assert [403, 403, 400, 200] == [one.status_code for one in (short, other, spoilt, good)]
        for _ in range(2):
            asset = (await client.api.post(complete, json={"checksum_sha256": sha256})).json()["data"]
        assert ("image/png", len(data)) == (asset["mime_type"], asset["size_bytes"])
        assert 200 == (await client.agent(files=[{"type": "asset_id", "asset_id": asset["asset_id"]}])).status_code


async def test_a_direct_upload_that_is_not_what_it_said_is_refused() -> None:
    async with rehearsal() as client:
        fields = {"filename": "a.png", "content_type": "image/png", "size_bytes": 5}
        upload = (await client.api.post("/v3/assets/direct-uploads", json=fields)).json()["data"]
        await client.plain.put(upload["upload_url"], content=b"%PDF-", headers=upload["upload_headers"])
        complete = f"/v3/assets/{upload['asset_id']}/complete"

        assert (400, "invalid_parameter") == code(await client.api.post(complete, json={}))
        used = await client.agent(files=[{"type": "asset_id", "asset_id": upload["asset_id"]}])
        assert (409, "resource_not_ready") == code(used)
        big = await client.api.post("/v3/assets/direct-uploads", json=fields | {"size_bytes": 400_000_001})
        assert (413, "payload_too_large") == code(big)


# --- the catalogue, and speech


@pytest.mark.parametrize(
    ("path", "key", "count"),
    [
        ("/v3/avatars", "id", 3),
        ("/v3/avatars?ownership=private", "id", 1),
        ("/v3/avatars/looks?limit=50", "id", 6),
        ("/v3/avatars/looks?group_id=daphne_group&avatar_type=studio_avatar", "id", 2),
        ("/v3/voices?limit=100", "voice_id", 60),
        ("/v3/voices?limit=100&language=german&gender=female&type=public", "voice_id", 5),
        ("/v3/voices?limit=100&engine=starfish", "voice_id", 59),
        ("/v3/video-agents/styles?limit=100", "style_id", 24),
        ("/v3/video-agents/styles?tag=print", "style_id", 4),
        ("/v3/brand-kits", "brand_kit_id", 1),
    ],
)
async def test_what_can_be_chosen_is_listed_with_its_filters(path: str, key: str, count: int) -> None:
    async with rehearsal() as client:
        page = await client.get(path)

        assert (count, False) == (len({item[key] for item in page["data"]}), page["has_more"])


async def test_one_look_and_one_voice_can_be_read() -> None:
    async with rehearsal() as client:
        look = (await client.get("/v3/avatars/looks/Daphne_public_look_2"))["data"]
        voice = (await client.get("/v3/voices/daphne_german"))["data"]

        assert ("portrait", "German") == (look["preferred_orientation"], voice["language"])
        assert (404, "avatar_not_found") == code(await client.api.get("/v3/avatars/looks/x"))
        assert (404, "voice_not_found") == code(await client.api.get("/v3/voices/x"))
        assert (400, "invalid_parameter") == code(await client.api.get("/v3/avatars?limit=51"))


async def test_speech_is_paid_at_once_and_sounds_as_long_as_it_says() -> None:
    async with rehearsal() as client:
        asked = {
            "text": "Twenty words would be eight seconds, these are ten.",
            "voice_id": "daphne_english",
            "speed": 2,
        }
        spoken = (await client.api.post("/v3/voices/speech", json=asked)).json()["data"]
        sound = await client.file(spoken["audio_url"])
        with wave.open(io.BytesIO(sound.content)) as file:
            seconds = file.getnframes() / file.getframerate()

        assert spoken["duration"] == pytest.approx(seconds, abs=0.01)
        assert str(asked["text"]).split() == [one["word"] for one in spoken["word_timestamps"]]
        assert spoken["duration"] == pytest.approx(spoken["word_timestamps"][-1]["end"])
        assert [("speech", round(seconds * 0.000667, 6))] == [(job.kind, job.usd) for job in client.heygen.paid]
        assert [] == client.heygen.renders


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "x" * 5_001}, 400),
        ({"speed": 2.1}, 400),
        ({"input_type": "html"}, 400),
        ({"text": "<speak> </speak>", "input_type": "ssml"}, 400),
        ({"voice_id": "x"}, 404),
        ({"voice_id": "lena_japanese"}, 400),
        ({"emotion": "joy"}, 400),
    ],
)
async def test_bad_speech_is_refused_and_costs_nothing(fields: dict[str, Any], status: int) -> None:
    async with rehearsal() as client:
        asked = {"text": "Hello.", "voice_id": "daphne_english"} | fields

        assert status == (await client.api.post("/v3/voices/speech", json=asked)).status_code
        assert [] == client.heygen.jobs
