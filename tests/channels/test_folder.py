"""A folder shows each run whole or not at all, done once or twice, and never harms what is not its own."""

import asyncio
import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast import plugins
from broadcast.channels.folder import Folder
from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.page import site
from broadcast.plugins import Tools
from broadcast.types import Post, Published, Sent, Video
from tests.posts import SLOT, VTT, a_post, a_story, a_video

PLACE = "daily-news/20261123T170000Z"
FILES = ["broadcast.json", "captions.srt", "captions.vtt", "index.html", "poster.jpg", "script.txt", "video.mp4"]


def file(folder: Folder, post: Post, notes: list[str] | None = None) -> Sent:
    nothing: Any = None  # a folder needs neither network nor clock
    tools = Tools(nothing, nothing, nothing, nothing, folder.path, note=(notes if notes is not None else []).append)
    (rung,) = folder.ladder()
    (to,) = asyncio.run(folder.destinations(tools))
    return asyncio.run(rung(tools, post, to))  # type: ignore[arg-type]


def preflight(folder: Folder) -> None:
    nothing: Any = None
    asyncio.run(folder.preflight(nothing))


def publish(folder: Folder, post: Post) -> Published:
    nothing: Any = None
    tools = Tools(nothing, nothing, nothing, nothing, folder.path)
    return asyncio.run(folder.publish(tools, post))


def on_day(video: Video, days: int, **fields: Any) -> Post:
    slot = SLOT + timedelta(days=days)
    return a_post(video, slot=slot, run=f"daily-news@{slot:%Y-%m-%dT%H:%M:%SZ}", **fields)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


@pytest.fixture
def video(tmp_path: Path) -> Video:
    return a_video(tmp_path / "archive")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Give a folder that nobody may enter, while the test is nobody."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield folder
        os.seteuid(0)
    else:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
    shutil.rmtree(folder)


def test_it_is_found_by_its_name_and_may_be_done_again() -> None:
    assert plugins.find("channels", "folder") is Folder
    assert Folder.repeatable is True


def test_a_run_is_filed_with_everything_that_belongs_to_it(out: Path, video: Video) -> None:
    sent = file(Folder(path=out), a_post(video))
    assert sent == Sent(ref=str(out / PLACE), url=(out / PLACE / "index.html").as_uri())
    assert names(out) == ["daily-news", "index.html"]
    assert names(out / "daily-news") == ["20261123T170000Z"]
    assert names(out / PLACE) == FILES
    assert (out / PLACE / "video.mp4").read_bytes() == b"moving pictures"
    record = json.loads((out / PLACE / "broadcast.json").read_text())
    assert (record["run"], record["seconds"]) == ("daily-news@2026-11-23T17:00:00Z", 58.4)


def test_a_relative_path_is_below_the_working_directory(
    tmp_path: Path, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Folder(path=Path("out"))
    assert asyncio.run(folder.destinations(None)) == ("out",)  # type: ignore[arg-type]
    assert file(folder, a_post(video)).url == (tmp_path / "out" / PLACE / "index.html").as_uri()


def test_done_twice_it_is_the_same(out: Path, video: Video) -> None:
    folder, post = Folder(path=out), a_post(video)
    first = file(folder, post)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert file(folder, post) == first
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_the_page_has_its_captions_inside_unless_it_is_served(out: Path, video: Video) -> None:
    file(Folder(path=out), a_post(video))
    assert 'src="data:text/vtt;base64,' in (out / PLACE / "index.html").read_text()
    assert 'src="data:text/vtt;base64,' in (out / "index.html").read_text()
    file(Folder(path=out, url="https://news.example.com"), a_post(video))
    assert 'src="captions.vtt"' in (out / PLACE / "index.html").read_text()
    assert f'src="{PLACE}/captions.vtt"' in (out / "index.html").read_text()


def test_what_a_renderer_did_not_make_is_left_out(out: Path, tmp_path: Path) -> None:
    bare = a_video(tmp_path / "bare", poster=None, srt=None, vtt=None)
    file(Folder(path=out), a_post(bare))
    assert names(out / PLACE) == ["broadcast.json", "index.html", "script.txt", "video.mp4"]


def test_with_a_url_the_address_is_public(out: Path, video: Video) -> None:
    folder = Folder(path=out, url="https://news.example.com/shows/")
    post = a_post(video, show="täglich")
    assert file(folder, post).url == "https://news.example.com/shows/t%C3%A4glich/20261123T170000Z/index.html"


def test_publishing_gives_the_video_a_lasting_address(out: Path, video: Video) -> None:
    folder = Folder(path=out, url="https://news.example.com")
    site = f"https://news.example.com/{PLACE}"
    found = Published(url=f"{site}/video.mp4", page=f"{site}/index.html")
    assert publish(folder, a_post(video)) == found
    assert publish(folder, a_post(video)) == found
    assert publish(folder, a_post(video, edition="de")).url == f"{site}-de/video.mp4"
    assert names(out / PLACE) == FILES


def test_publishing_without_a_url_gives_no_address(out: Path, video: Video) -> None:
    assert publish(Folder(path=out), a_post(video)) == Published()
    assert (out / PLACE / "video.mp4").is_file()


def test_the_index_lists_all_shows_and_editions_newest_first(out: Path, video: Video) -> None:
    folder = Folder(path=out)
    file(folder, on_day(video, 0, edition="de"))
    file(folder, on_day(video, 0))
    file(folder, on_day(video, -1, show="weekly"))
    file(folder, on_day(video, -2))
    places = re.findall(r'<h[13][^>]*><a href="([^"]*)/index.html"', (out / "index.html").read_text())
    assert places == [PLACE, f"{PLACE}-de", "weekly/20261122T170000Z", "daily-news/20261121T170000Z"]


def test_an_older_run_that_is_filed_late_does_not_become_the_newest(out: Path, video: Video) -> None:
    folder = Folder(path=out)
    file(folder, on_day(video, 0))
    file(folder, on_day(video, -1))
    records, _ = site.read(out)
    assert [record.slot for record in records] == [SLOT, SLOT - timedelta(days=1)]


def test_broken_and_foreign_folders_are_left_out_and_named(out: Path, video: Video) -> None:
    folder = Folder(path=out)
    for day in (-1, -2, -3, -4):
        file(folder, on_day(video, day))
    shutil.copytree(out / "daily-news", out / "backup")  # runs that lie where they do not belong
    (out / "daily-news/20261122T170000Z/broadcast.json").write_text('{"run": ')
    (out / "daily-news/20261121T170000Z/broadcast.json").write_bytes(b"\xff\xfe" * 600_000)
    (out / "daily-news/20261120T170000Z/video.mp4").unlink()
    (out / "somebody/elses").mkdir(parents=True)
    (out / "somebody/elses/broadcast.json").write_text('{"slot": "2026-11-23T17:00:00"}')
    (out / "notes.txt").write_text("mine")
    notes: list[str] = []
    file(folder, on_day(video, 0), notes)
    records, left_out = site.read(out)
    assert [record.place for record in records] == [PLACE, "daily-news/20261119T170000Z"]
    assert len(notes) == len(left_out) == 8
    assert (
        f"{out / 'daily-news/20261122T170000Z'} holds no run that can be played: the index leaves it out" in notes
    )
    assert (out / "notes.txt").read_text() == "mine"
    assert "backup" not in (out / "index.html").read_text()


def test_it_keeps_as_many_runs_of_a_show_as_it_was_told(out: Path, video: Video) -> None:
    folder = Folder(path=out, keep=2)
    for day in (-3, -2, -1):
        file(folder, on_day(video, day))
        file(folder, on_day(video, day, edition="de"))
        file(folder, on_day(video, day, show="weekly"))
    (out / "daily-news/20200101T000000Z").mkdir()  # no run of ours
    file(folder, on_day(video, 0))
    assert names(out / "daily-news") == [
        "20200101T000000Z",
        "20261122T170000Z",
        "20261122T170000Z-de",
        "20261123T170000Z",
    ]
    assert names(out / "weekly") == ["20261121T170000Z", "20261122T170000Z"]
    assert "20261121T170000Z-de" not in (out / "index.html").read_text()


def test_a_run_is_never_removed_by_its_own_filing(out: Path, video: Video) -> None:
    folder = Folder(path=out, keep=1)
    file(folder, on_day(video, 0))
    late = file(folder, on_day(video, -5))
    assert (Path(late.ref) / "video.mp4").is_file()


def test_what_is_published_counts_as_kept(out: Path, video: Video) -> None:
    folder = Folder(path=out, keep=1)
    publish(folder, on_day(video, -1))
    publish(folder, on_day(video, 0))
    assert names(out / "daily-news") == ["20261123T170000Z"]


def test_on_one_file_system_the_video_is_not_copied(out: Path, video: Video) -> None:
    file(Folder(path=out), a_post(video))
    assert (out / PLACE / "video.mp4").samefile(video.path)


def test_a_file_that_only_its_owner_may_read_is_copied_so_that_a_web_server_can(out: Path, video: Video) -> None:
    video.path.chmod(0o600)
    file(Folder(path=out), a_post(video))
    filed = out / PLACE / "video.mp4"
    assert not filed.samefile(video.path)
    assert filed.read_bytes() == b"moving pictures"
    assert stat.S_IMODE(filed.stat().st_mode) == stat.S_IMODE(filed.with_name("index.html").stat().st_mode)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no second file system")
def test_on_another_file_system_the_video_is_copied(video: Video) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        out = Path(elsewhere)
        if out.stat().st_dev == video.path.stat().st_dev:
            pytest.skip("/dev/shm is on the file system of the temporary files")
        file(Folder(path=out), a_post(video))
        assert (out / PLACE / "video.mp4").read_bytes() == b"moving pictures"
        assert not (out / PLACE / "video.mp4").samefile(video.path)


def test_hostile_names_stay_in_the_folder(out: Path, video: Video) -> None:
    sent = file(Folder(path=out), a_post(video, show="../../../etc", edition="../x"))
    assert Path(sent.ref).parent.parent == out
    assert names(out.parent) == ["archive", "out"]


def test_a_hostile_story_stays_text(out: Path, video: Video) -> None:
    file(Folder(path=out), a_post(video, a_story(title="<script>x</script>", url="javascript:x")))
    for page in (out / "index.html", out / PLACE / "index.html"):
        assert "<script" not in page.read_text()
        assert "javascript:" not in page.read_text()


def test_a_page_that_is_somebody_elses_is_never_written_over(out: Path, video: Video) -> None:
    out.mkdir()
    (out / "index.html").write_text("<h1>My homepage</h1>")
    for deed in (lambda: preflight(Folder(path=out)), lambda: file(Folder(path=out), a_post(video))):
        with pytest.raises(
            Refused, match=r"index.html was not made by broadcast: move it, or choose another `path`"
        ):
            deed()
    assert (out / "index.html").read_text() == "<h1>My homepage</h1>"
    assert names(out) == ["index.html"]


def test_a_folder_that_can_be_written_passes_the_preflight_and_nothing_is_made(out: Path, video: Video) -> None:
    preflight(Folder(path=out / "not" / "there" / "yet"))
    assert not out.exists()
    file(Folder(path=out), a_post(video))
    preflight(Folder(path=out))


def test_a_file_in_the_way_is_refused(out: Path, video: Video) -> None:
    out.write_text("a file")
    with pytest.raises(Refused, match=r"out is in the way and not a folder: move it, or choose another `path`"):
        preflight(Folder(path=out / "below"))
    with pytest.raises(Refused, match=r"make it writable, or choose another `path`"):
        file(Folder(path=out / "below"), a_post(video))
    assert out.read_text() == "a file"


def test_a_read_only_folder_is_refused(as_nobody: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be written: give this user the right to, or choose another `path`"):
        preflight(Folder(path=as_nobody / "out"))


def test_a_read_only_folder_is_refused_when_it_is_written_as_well(as_nobody: Path) -> None:
    with tempfile.TemporaryDirectory() as archive, pytest.raises(Refused, match="Permission denied"):
        file(Folder(path=as_nobody / "out"), a_post(a_video(Path(archive))))
    assert names(as_nobody) == []


def test_an_index_that_is_a_folder_is_refused(out: Path, video: Video) -> None:
    (out / "index.html").mkdir(parents=True)
    with pytest.raises(Refused, match=r"index.html"):
        preflight(Folder(path=out))


def test_a_video_that_is_gone_is_said_so(out: Path, video: Video) -> None:
    video.path.unlink()
    with pytest.raises(Rejected, match=r"video.mp4 is gone from the archive"):
        file(Folder(path=out), a_post(video))
    with pytest.raises(Rejected, match=r"video.mp4 is gone from the archive"):
        publish(Folder(path=out), a_post(video))
    assert not out.exists()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.channels.test_folder import file, Folder
from tests.posts import a_post, a_video
from broadcast.errors import Unavailable

big, out = Path(sys.argv[1]), Path(sys.argv[2])
video = a_video(big.parent, path=big)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    file(Folder(path=out), a_post(video))
except Unavailable as error:
    print(error)
"""


def test_without_room_nothing_half_written_is_seen_and_it_may_be_tried_again(out: Path, tmp_path: Path) -> None:
    file(Folder(path=out), on_day(a_video(tmp_path / "archive"), -1))
    before = (out / "index.html").read_bytes()
    big = tmp_path / "big" / "video.mp4"
    big.parent.mkdir()
    big.write_bytes(bytes(1_000_000))
    big.chmod(0o600)  # so that it is copied
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, big, out], capture_output=True, text=True, check=True, timeout=60
    )
    assert re.search(r"no room in .*out: free some space, then run again", done.stdout)
    assert names(out / "daily-news") == ["20261122T170000Z"]
    assert (out / "index.html").read_bytes() == before
    file(Folder(path=out), a_post(a_video(big.parent, path=big)))
    assert names(out / PLACE) == FILES


def test_what_a_killed_process_left_behind_is_cleared(out: Path, video: Video) -> None:
    left = out / "daily-news" / ".20261123T170000Z.part"
    left.mkdir(parents=True)
    (left / "video.mp4").write_bytes(b"half")
    file(Folder(path=out), a_post(video))
    assert names(out / "daily-news") == ["20261123T170000Z"]
    assert (out / PLACE / "video.mp4").read_bytes() == b"moving pictures"


def test_many_shows_may_file_into_one_folder_at_once(out: Path, tmp_path: Path) -> None:
    nothing: Any = None
    posts = [a_post(a_video(tmp_path / f"archive{n}"), show=f"show-{n}") for n in range(8)]

    async def all_at_once() -> None:
        tools = Tools(nothing, nothing, nothing, nothing, out)
        await asyncio.gather(*(Folder(path=out).file(tools, post, str(out)) for post in posts))

    asyncio.run(all_at_once())
    index = (out / "index.html").read_text()
    assert sorted(set(re.findall(r"show-\d", index))) == [f"show-{n}" for n in range(8)]


@pytest.mark.parametrize(
    "url",
    ["news.example.com", "ftp://news.example.com", "javascript:x", "https://", "https://a@news.example.com",
     "https://news.example.com/?a=b", "https://news.example.com/#top", "http://["],
)  # fmt: skip
def test_an_address_that_is_none_is_an_error_of_the_configuration(url: str) -> None:
    with pytest.raises(ValidationError):
        Folder(path=Path("out"), url=url)


def test_keeping_no_run_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Folder(path=Path("out"), keep=0)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, Unavailable),
        (errno.EDQUOT, Unavailable),
        (errno.ESTALE, Unavailable),
        (errno.EROFS, Refused),
        (errno.EACCES, Refused),
        (errno.ENAMETOOLONG, Refused),
    ],
)
def test_each_failure_of_a_disk_says_what_may_follow(out: Path, number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=re.escape(str(out))), Folder(path=out)._plainly():
        raise OSError(number, os.strerror(number), str(out))


def test_a_show_with_too_long_a_name_is_refused(out: Path, video: Video) -> None:
    with pytest.raises(Refused, match="File name too long"):
        file(Folder(path=out), a_post(video, show="." * 100))


def test_captions_in_a_foreign_encoding_do_not_stop_the_page(out: Path, tmp_path: Path) -> None:
    video = a_video(tmp_path / "archive")
    assert video.vtt
    video.vtt.write_bytes(VTT.encode() + b"\xff")
    file(Folder(path=out), a_post(video))
    assert names(out / PLACE) == FILES
