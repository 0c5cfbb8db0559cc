"""What a folder remembers of one run: `broadcast.json`, and all that its page is made of. Pure."""

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import AwareDatetime, NonNegativeFloat, NonNegativeInt, PositiveInt

from broadcast.text import clean
from broadcast.types import Noun, Post

TITLE, SENTENCE, NAME, ADDRESS = 300, 1_000, 80, 2_000  # characters; what is longer is no title, no name
NAMES = 600  #: characters of the names of all outlets of one story
VIDEO = "video.mp4"
SRT, VTT, SCRIPT, JSON, PAGE = "captions.srt", "captions.vtt", "script.txt", "broadcast.json", "index.html"
POSTERS = {".jpg": "poster.jpg", ".jpeg": "poster.jpg", ".png": "poster.png", ".webp": "poster.webp"}


class Part(Noun):
    """A stretch of what is said, and where it comes from."""

    kind: Literal["intro", "story", "signoff"]
    sentences: tuple[str, ...]
    title: str = ""
    language: str = ""  #: of the title, where somebody said
    publisher: str = ""  #: all of them, where several tell of it
    several: bool = False
    url: str = ""  #: as the source gave it: judged again before it becomes a link


class Record(Noun):
    """One run in one edition, as anybody may read it: no local paths, and no text that was not aired."""

    run: str
    show: str
    slot: AwareDatetime
    edition: str
    language: str
    title: str
    date: str
    disclosure: str
    brand: str = ""
    colour: str = ""
    seconds: NonNegativeFloat
    width: PositiveInt
    height: PositiveInt
    bytes: NonNegativeInt
    sha256: str
    poster: Literal["poster.jpg", "poster.png", "poster.webp"] | None = None
    captions: tuple[Literal["captions.srt", "captions.vtt"], ...] = ()
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, post: Post) -> Self:
        """Return the record of *post*, its text made fit to be shown."""
        stories = {story.key: story for story in post.stories}
        parts = []
        for segment in post.script.segments:
            sentences = tuple(clean(sentence.text, SENTENCE) for sentence in segment.sentences)
            story = stories.get(segment.story)
            if story is None:
                parts.append(Part(kind=segment.kind, sentences=sentences))
                continue
            parts.append(
                Part(
                    kind=segment.kind,
                    sentences=sentences,
                    title=clean(story.title, TITLE),
                    language=story.language,
                    publisher=clean(", ".join(story.publishers) or story.source, NAMES),
                    several=len(story.publishers) > 1,
                    url=story.url if len(story.url) <= ADDRESS else "",
                )
            )
        video = post.video
        return cls(
            run=post.run,
            show=post.show,
            slot=post.slot,
            edition=post.edition,
            language=post.language,
            title=clean(post.title, TITLE),
            date=clean(post.date, NAME),
            disclosure=clean(post.disclosure, TITLE),
            brand=clean(post.brand.name, NAME),
            colour=post.brand.colour,
            seconds=video.seconds,
            width=video.width,
            height=video.height,
            bytes=video.bytes,
            sha256=video.sha256,
            poster=POSTERS.get(video.poster.suffix.lower()) if video.poster else None,
            captions=tuple(name for name, path in ((SRT, video.srt), (VTT, video.vtt)) if path),
            parts=tuple(parts),
        )

    @property
    def place(self) -> str:
        return place(self.show, self.slot, self.edition)

    @property
    def stories(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.kind == "story")


def place(show: str, slot: datetime, edition: str) -> str:
    """Return where a run is filed, below the folder: `daily-news/20261123T170000Z`, `…Z-de` for an edition.

    Names are hostile: whatever is not a letter, a digit, a hyphen or an underscore is written as `~` and
    hexadecimal digits, so that two names never meet and none leads elsewhere.
    """
    stamp = f"{slot.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{_name(show)}/{stamp}" + ("" if edition == "main" else f"-{_name(edition)}")


def script_text(record: Record) -> str:
    """Return what is said, as plain text with its sources."""
    blocks = [f"{record.title}\n{record.date}\n{record.disclosure}".strip()]
    for part in record.parts:
        lines = [part.title] if part.title else []
        lines.append(" ".join(part.sentences))
        if part.publisher or part.url:
            lines.append(f"[{' '.join(filter(None, (part.publisher, part.url)))}]")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _name(text: str) -> str:
    return "".join(
        letter if letter.isalnum() or letter in "-_" else "".join(f"~{byte:02x}" for byte in letter.encode())
        for letter in text
    )
