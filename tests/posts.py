"""Posts for tests of what is done with a finished video."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broadcast.types import Brand, Post, Script, Segment, Sentence, Story, Video

SLOT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
SRT = "1\n00:00:00,000 --> 00:00:02,000\nGood evening.\n"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nGood evening.\n"


def a_story(**fields: Any) -> Story:
    known = {
        "id": "1",
        "source": "wire",
        "title": "Ferry line adds 12 boats",
        "text": "Only for the newsroom.",
        "url": "https://www.news.example/ferries",
        "at": SLOT,
        "publisher": "Harbour Post",
        "language": "en",
    }
    return Story(**{**known, **fields})


def a_video(folder: Path, **fields: Any) -> Video:
    """Return a video whose files lie in *folder*; a field that is None leaves its file out."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"path": b"moving pictures", "poster": b"a picture", "srt": SRT.encode(), "vtt": VTT.encode()}
    names = {"path": "video.mp4", "poster": "poster.jpg", "srt": "captions.srt", "vtt": "captions.vtt"}
    known: dict[str, Any] = {"renderer": "newsdesk", "job": "1", "sha256": "0" * 64, "seconds": 58.4}
    known |= {"width": 1920, "height": 1080} | {part: folder / name for part, name in names.items()} | fields
    for part, content in contents.items():
        if known[part] is not None and not known[part].exists():
            known[part].write_bytes(content)
    return Video(bytes=known["path"].stat().st_size, **known)


def a_post(video: Video, *stories: Story, **fields: Any) -> Post:
    """Return a post that tells *stories*, each in two sentences; by default one story."""
    stories = stories or (a_story(),)
    language = fields.get("language", "en")
    segments = [
        Segment(kind="intro", sentences=(Sentence(text="Good evening."),), seconds=1),
        *(
            Segment(
                kind="story",
                story=story.key,
                sentences=(Sentence(text="Twelve boats join."), Sentence(text="The fleet grows to 40.")),
                seconds=8,
            )
            for story in stories
        ),
        Segment(kind="signoff", sentences=(Sentence(text="Thank you for watching."),), seconds=2),
    ]
    known = {
        "run": "daily-news@2026-11-23T17:00:00Z",
        "show": "daily-news",
        "slot": SLOT,
        "edition": "main",
        "language": language,
        "title": "Daily update",
        "date": "Monday, 23 November 2026",
        "caption": "Daily update",
        "disclosure": "Made by a machine.",
        "brand": Brand(name="Daily Signal"),
    }
    script = Script(
        title="Daily update", kind="daily-news", language=language, segments=tuple(segments), seconds=58, writer="x"
    )
    return Post(video=video, script=script, stories=stories, **{**known, **fields})
