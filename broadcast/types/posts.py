"""Posts: what a channel is asked to send, and what became of it."""

from datetime import datetime

from .nouns import Noun, Outcome
from .scripts import Script
from .shows import Brand
from .stories import Story
from .videos import Video


class Post(Noun):
    """What a channel is asked to send."""

    run: str
    show: str
    slot: datetime
    edition: str
    language: str
    title: str
    date: str
    heading: str = ""  #: title and day as one line; empty where the caption is the show's own template
    caption: str  #: plain text; every channel escapes and cuts it for itself
    disclosure: str  #: says that a machine made this; empty where the channel leaves it out
    video: Video
    script: Script
    stories: tuple[Story, ...]
    brand: Brand
    test: bool = False  #: it tries the channel out, and is taken back: nobody need see it

    @property
    def link(self) -> str | None:
        """Where anybody can watch it, lastingly."""
        return self.video.page or self.video.url


class Sent(Noun):
    """What a channel answered."""

    ref: str = ""  #: the channel's own id of the message
    url: str | None = None  #: where a person can look at it
    rung: str = ""  #: what was done, where that is not the rung's name


class Destination(Noun):
    """What became of a post at one chat or address."""

    to: str
    item: str
    status: Outcome
    rung: str | None = None
    ref: str = ""
    url: str | None = None
    missed: tuple[str, ...] = ()  #: the rungs that did not hold, and why
    error: str | None = None
    kind: str | None = None  #: the name of the error's class, for the exit code


class Receipt(Noun):
    """What became of a post on one channel."""

    channel: str
    item: str
    status: Outcome
    rung: str | None = None
    ref: str = ""
    url: str | None = None
    missed: tuple[str, ...] = ()
    error: str | None = None
    kind: str | None = None
    to: tuple[Destination, ...] = ()  #: filled where a channel has several destinations
