"""What was said in an episode, from subtitles or text."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast.errors import Rejected
from broadcast.sources.transcript import Transcript
from broadcast.testing import Bench, Server
from broadcast.types import Story

SRT = """1
00:00:01,000 --> 00:00:04,000
<v Ann>Welcome to the harbour hour.

2
00:00:04,000 --> 00:00:09,500
The ferry line adds 12 boats next year,
and the fares stay as they are.

3
00:10:30,000 --> 00:10:34,000
[music]

4
00:10:34,000 --> 00:10:39,000
In the second part we talk about the tide.
"""
VTT = "WEBVTT - an episode\n\nNOTE checked by nobody\nat all\n\n" + SRT.replace(",", ".").replace(
    ". and", ", and"
).replace("year.", "year,")


async def read(folder: Path, since: timedelta = timedelta(days=9), **fields: Any) -> tuple[list[Story], list[str]]:
    bench = Bench(folder)
    async with bench.tools() as tools:
        return list(await Transcript(**fields).fetch(tools, bench.clock.now() - since)), bench.notes


def written(folder: Path, name: str, text: str, days: float = 1) -> Path:
    path = folder / name
    path.write_text(text)
    at = (Bench(folder).clock.now() - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize(("name", "text"), [("ep-12_the-ferry.srt", SRT), ("ep-12_the-ferry.vtt", VTT)])
async def test_an_episode_is_one_story_of_what_is_said(tmp_path: Path, name: str, text: str) -> None:
    [story], notes = await read(
        tmp_path, path=written(tmp_path, name, text), publisher="Harbour Hour", language="en"
    )

    assert "ep 12 the ferry" == story.title.replace("-", " ")
    assert story.text.startswith(
        "Welcome to the harbour hour. The ferry line adds 12 boats next year, and the fares"
    )
    assert story.text.endswith("we talk about the tide.")
    assert not any(word in story.text for word in ("-->", "WEBVTT", "checked", "music", "<v", "00:10"))
    assert [] == notes


async def test_a_long_episode_is_several_stories_where_minutes_are_given(tmp_path: Path) -> None:
    stories, _ = await read(tmp_path, path=written(tmp_path, "e.srt", SRT), minutes=10, title="Episode 12")

    assert ["Episode 12 (1 of 2)", "Episode 12 (2 of 2)"] == [story.title for story in stories]
    assert "In the second part we talk about the tide." == stories[1].text


async def test_the_newest_files_of_a_folder_are_read(tmp_path: Path) -> None:
    written(tmp_path, "old.srt", SRT, days=5)
    written(tmp_path, "new.txt", "Ann: the fares stay.\n\nBen: all of them?", days=2)
    written(tmp_path, "new.mp3", "sound", days=1)

    stories, _ = await read(tmp_path, path=tmp_path)
    assert [("new", "Ann: the fares stay. Ben: all of them?")] == [(one.title, one.text) for one in stories]


async def test_an_episode_at_an_address_keeps_the_time_when_it_was_first_seen(tmp_path: Path) -> None:
    async with Server() as server:
        server.put("/ep12.vtt?token=hunter2", VTT)
        bench = Bench(tmp_path)
        async with bench.tools() as tools:
            source = Transcript(url=server.url("/ep12.vtt?token=hunter2"))
            first = await source.fetch(tools, bench.clock.now())
            await bench.clock.sleep(3600)
            again = await source.fetch(tools, bench.clock.now())

    assert first == again
    assert "ep12" == first[0].title


async def test_what_is_too_long_is_cut_at_a_sentence_and_said_so(tmp_path: Path) -> None:
    text = "\n".join(f"This is sentence number {number} of a long talk." for number in range(1000))
    [story], notes = await read(tmp_path, path=written(tmp_path, "talk.txt", text))

    assert len(story.text) <= 12_000
    assert story.text.endswith("of a long talk.")
    assert "set `minutes`" in notes[0]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("empty.srt", "", "holds nothing that is said"),
        ("times.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n", "holds nothing that is said"),
        ("sound.mp3", "x", "is none of .srt, .vtt, .txt"),
        ("", "", "cannot be read: No such file"),
    ],
)
async def test_what_is_no_transcript_says_what_to_do(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = written(tmp_path, name, text) if name else tmp_path / "absent.srt"
    with pytest.raises(Rejected, match=says):
        await read(tmp_path, path=path)


@pytest.mark.parametrize("fields", [{}, {"path": "a.srt", "url": "https://e.example/a.srt"}, {"url": "ftp://x"}])
def test_one_place_is_needed(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"`path` or `url`|no http"):
        Transcript(**fields)
