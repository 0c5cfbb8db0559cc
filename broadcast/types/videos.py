"""Renders: what is asked for, what was paid for, and the finished file."""

from datetime import datetime
from pathlib import Path

from .nouns import Noun, Orientation
from .scripts import Script
from .shows import Brand
from .stories import Story


class Speech(Noun):
    """A segment of a script as somebody else spoke it."""

    path: Path  #: the sound
    seconds: float  #: as they say
    words: tuple[tuple[str, float, float], ...] = ()  #: each with its start and end in seconds, where they tell


class Job(Noun):
    """A render that was asked (and paid) for."""

    id: str
    renderer: str = ""  #: filled by the pipeline
    estimate: float = 0.0  #: what it should cost, in USD
    video: str = ""  #: by what the service knows its video, where that is another id and known


class Rendered(Noun):
    """A render that is done: where its parts can be fetched, as addresses or as local files."""

    video: str | Path
    captions: str | Path | None = None  #: SubRip
    captioned: str | Path | None = None  #: the video with captions burned in, where the service has one
    poster: str | Path | None = None  #: PNG or JPEG
    gif: str | Path | None = None  #: a short moving preview
    seconds: float | None = None
    notes: tuple[str, ...] = ()  #: what the audience will miss: "no voice for Japanese: silent track"
    usd: float = 0.0  #: what it cost
    kin: str | None = None  #: the configured host whose answer named these addresses


class Published(Noun):
    """The lasting public addresses that a video has."""

    url: str | None = None  #: of the file
    page: str | None = None  #: of a page that plays it


class Video(Noun):
    """A finished file in our archive."""

    renderer: str
    job: str
    path: Path
    url: str | None = None  #: a lasting public address, where one exists
    page: str | None = None  #: the lasting public address of a page that plays it
    fleeting: str | None = None  #: the renderer's own address of this very file: signed, and soon gone
    sha256: str
    seconds: float
    bytes: int
    width: int
    height: int
    usd: float = 0.0  #: what it cost
    estimate: float = 0.0  #: what it should have cost
    poster: Path | None = None
    gif: Path | None = None  #: a short moving preview, where the service offers one
    srt: Path | None = None
    vtt: Path | None = None
    notes: tuple[str, ...] = ()


class Dub(Noun):
    """What a dub is made from: another edition's video, to be spoken in another language."""

    video: Video
    language: str


class Order(Noun):
    """What a renderer is asked for."""

    show: str
    edition: str
    slot: datetime
    title: str
    date: str  #: the slot's day in the show's zone and language, as shown: "Monday, 23 November 2026"
    script: Script
    stories: tuple[Story, ...]  #: those the script tells, in its order
    brand: Brand
    orientation: Orientation = "landscape"
    avatar_id: str = ""  #: who presents this edition; empty: the renderer's own
    voice_id: str = ""  #: the same for the voice
    attempt: int = 1  #: counts the renders asked for of this edition by this renderer
    dub: Dub | None = None  #: dub this, and make nothing new

    @property
    def seconds(self) -> float:
        """How long the video should be."""
        return self.dub.video.seconds if self.dub else self.script.seconds

    @property
    def language(self) -> str:
        """What is spoken in the video."""
        return self.dub.language if self.dub else self.script.language
