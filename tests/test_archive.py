"""Finished videos: whole, playable, or refused with a reason."""

import asyncio
import hashlib
import resource
import struct
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from films import box, mp4

from broadcast.archive import Archive, look, web_captions
from broadcast.errors import Rejected, Unavailable
from broadcast.http import Client
from broadcast.testing import FakeClock, HeyGen, Server
from broadcast.types import Job, Rendered, Video

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
JOB = Job(id="job 1", renderer="newsdesk")
SRT = "1\r\n00:00:00,000 --> 00:00:02,500\r\nGood evening, 1,200 of you.\r\n"


def put(folder: Path, content: bytes, name: str = "render.mp4") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("version", [0, 1])
def test_a_video_says_how_long_and_how_large_it_is(tmp_path: Path, version: int) -> None:
    picture = look(put(tmp_path, mp4(61.25, (1080, 1920), version=version)))

    assert (61.25, 1080, 1920) == (picture.seconds, picture.width, picture.height)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has 0 bytes"),
        (b"<!DOCTYPE html><title>Sign in</title>", "is not an MP4: it begins with '<!DOCTYPE html>"),
        (mp4()[:60], "is cut off"),
        (mp4()[: -len(b"pictures")], "is cut off"),
        (mp4(0), "has no pictures"),
        (mp4(size=(0, 0)), "has no pictures"),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 4, b"moov") * 50, "is cut off"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        look(put(tmp_path, content))


async def keep(rendered: Rendered, folder: Path, expected: float | None = 60.0) -> Video:
    http = Client(FakeClock(SLOT))
    try:
        archive = Archive(folder, http)
        return await archive.keep(rendered, JOB, archive.folder("news", SLOT, "main"), expected=expected or 20)
    finally:
        await http.close()


async def test_a_local_render_is_kept_with_captions_and_poster(tmp_path: Path) -> None:
    rendered = Rendered(
        video=put(tmp_path, mp4()),
        captions=put(tmp_path, SRT.encode(), "render.srt"),
        poster=put(tmp_path, b"\x89PNG", "render.png"),
        notes=("no voice for Japanese",),
    )

    video = await keep(rendered, tmp_path / "archive")
    again = await keep(rendered, tmp_path / "archive")

    folder = tmp_path / "archive/news/20261123T170000Z/main"
    assert video == again
    assert (folder / "video.mp4", folder / "poster.png") == (video.path, video.poster)
    assert (len(mp4()), 60.0, ("no voice for Japanese",)) == (video.bytes, video.seconds, video.notes)
    assert {"video.mp4", "poster.png", "captions.srt", "captions.vtt"} == {one.name for one in folder.iterdir()}


async def test_a_render_is_streamed_from_its_address(tmp_path: Path) -> None:
    async with Server() as server:
        video = await keep(Rendered(video=server.put("/video.mp4", mp4()), kin="127.0.0.1"), tmp_path)

    assert mp4() == video.path.read_bytes()


async def test_a_web_page_in_place_of_a_video_is_refused_and_not_kept_as_one(tmp_path: Path) -> None:
    async with Server() as server:
        url = server.put("/video.mp4", b"<html>expired</html>")
        with pytest.raises(Rejected, match="is not an MP4"):
            await keep(Rendered(video=url, kin="127.0.0.1"), tmp_path)


@pytest.mark.parametrize("seconds", [5, 500])
async def test_a_video_of_another_length_is_not_what_was_asked_for(tmp_path: Path, seconds: int) -> None:
    with pytest.raises(Rejected, match="about 60 s were asked for"):
        await keep(Rendered(video=put(tmp_path, mp4(seconds))), tmp_path / "archive")


async def test_an_archive_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    put(tmp_path, b"a file", "archive")

    with pytest.raises(Unavailable, match="the archive cannot be written"):
        await keep(Rendered(video=put(tmp_path, mp4())), tmp_path / "archive")


def test_captions_become_web_captions_and_numbers_keep_their_commas() -> None:
    expected = "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.500\nGood evening, 1,200 of you.\n"

    assert expected == web_captions("\ufeff" + SRT)


async def test_an_address_that_content_named_reaches_public_hosts_only(tmp_path: Path) -> None:
    async with Server() as server:
        url = server.put("/video.mp4", mp4())
        with pytest.raises(Unavailable, match="not public"):
            await keep(Rendered(video=url), tmp_path)
        assert [] == server.asked


async def test_a_connection_that_breaks_is_gone_on_with_where_it_was(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        url, content = await finished(heygen)
        heygen.fault("GET /files/video/{name}", "truncated", times=2)

        video = await keep(Rendered(video=url, kin="127.0.0.1"), tmp_path, expected=None)

        ranges = [one.headers.get("range") for one in heygen.asked if "/files/video/" in one.path]
        assert content == video.path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == video.sha256
        assert [None, True, True] == [one and one.startswith("bytes=") for one in ranges[-3:]]


async def test_where_ranges_are_not_served_it_begins_again(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        heygen.ranges = False
        url, content = await finished(heygen)
        heygen.fault("GET /files/video/{name}", "truncated", times=2)

        video = await keep(Rendered(video=url, kin="127.0.0.1"), tmp_path, expected=None)

        assert hashlib.sha256(content).hexdigest() == video.sha256


async def test_a_poster_or_captions_that_cannot_be_had_keep_nothing_off_air(tmp_path: Path) -> None:
    async with Server() as server:
        gone = server.url("/gone")
        rendered = Rendered(video=put(tmp_path, mp4()), poster=gone, captions=gone, kin="127.0.0.1")

        video = await keep(rendered, tmp_path / "archive")

        assert (None, None, None) == (video.poster, video.srt, video.vtt)
        assert ["poster.jpg is missing", "captions.srt is missing"] == [one.split(":")[0] for one in video.notes]


async def test_a_large_video_is_never_in_memory(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        url, _ = await finished(heygen, read=False)
        http = Client(FakeClock(SLOT))
        archive = Archive(tmp_path, http)
        # What the server needs to make a film is no part of what fetching it takes.
        await archive.keep(Rendered(video=url, kin="127.0.0.1"), JOB, tmp_path, expected=20)
        heygen.video_bytes = 300_000_000
        before, sizes = resident(), [0]

        async def watch() -> None:
            while True:
                sizes.append(resident())
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        video = await archive.keep(Rendered(video=url, kin="127.0.0.1"), JOB, tmp_path, expected=20)
        watching.cancel()
        await http.close()

        assert 300_000_000 <= video.bytes
        assert len(sizes) > 10
        assert max(sizes) - before < 20_000_000  # the server's share included


def resident() -> int:
    """Return the bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def finished(heygen: HeyGen, *, read: bool = True) -> tuple[str, bytes]:
    """Have a video made, and return its address and what it holds."""
    async with httpx.AsyncClient(headers={"X-Api-Key": heygen.key}, base_url=heygen.url) as api:
        script = " ".join(["The harbour of Velmora opened on Monday."] * 8)
        made = await api.post("/v3/video-agents", json={"prompt": f"SCRIPT\n{script}\nEND OF SCRIPT"})
        session = made.json()["data"]["session_id"]
        for _ in range(6000):
            await asyncio.sleep(0.02)
            found = (await api.get(f"/v3/video-agents/{session}")).json()["data"].get("video_id")
            if found and (url := (await api.get(f"/v3/videos/{found}")).json()["data"].get("video_url")):
                break
    async with httpx.AsyncClient() as plain:
        return url, (await plain.get(url)).content if read else b""
