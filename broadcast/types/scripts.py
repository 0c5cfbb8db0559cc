"""Scripts: what a writer is asked for and makes, and what is said and shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from .nouns import Noun
from .stories import Story


class Sentence(Noun):
    """Something to be said, and the words of the source that prove it."""

    text: str
    quotes: tuple[str, ...] = ()  #: verbatim spans of the story's title or text; none in intro and sign-off
    rank: int = 0  #: 0 stays longest; when time is short the highest rank is left out first


class Overlay(Noun):
    """Something to be shown while a story is told, and the words that prove it."""

    text: str
    quote: str = ""


class Draft(Noun):
    """What a writer made of one story: more than may be needed, in the order of telling."""

    story: str  #: the story's key
    sentences: tuple[Sentence, ...]
    overlays: tuple[Overlay, ...] = ()
    writer: str
    flaws: tuple[str, ...] = ()  #: what the writer itself found wrong with it: findings for a repair


class Exchange(Noun):
    """One question that was put to a model, and its answer, as they are kept with the run."""

    model: str
    request: dict[str, Any]  #: as it was sent, but for the credential
    text: str  #: what was answered
    stop: str  #: why the answer ended there
    tokens: Mapping[str, int] = {}  #: as the service counted them
    usd: float | None = None  #: what it cost; None where the model's price is not known
    ref: str = ""  #: the service's own id of the answer


class Segment(Noun):
    """A stretch of a script: the intro, one story, the sign-off."""

    kind: Literal["intro", "story", "signoff"]
    story: str = ""  #: the key of the story it tells
    sentences: tuple[Sentence, ...]
    overlays: tuple[Overlay, ...] = ()
    seconds: float  #: estimated speaking time
    writer: str = "template"

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


class Script(Noun):
    """What will be said and shown."""

    title: str
    kind: str
    language: str
    segments: tuple[Segment, ...]
    seconds: float  #: estimated speaking time of all of it
    writer: Literal["claude", "extractive", "mixed"] | str
    dropped: tuple[str, ...] = ()  #: the stories that were left out, each with the reason
    notes: tuple[str, ...] = ()


class Written(Noun):
    """A script, and the stories that it tells."""

    script: Script
    stories: tuple[Story, ...]


class Brief(Noun):
    """What a writer is asked for: one story, told in about *seconds*."""

    kind: str
    language: str
    seconds: float
    tone: str = ""
    audience: str = ""  #: for whom it is told, in the show's words
    structure: str = ""  #: how it is told, in the kind's words
    at: datetime | None = None  #: when it airs, where that is known
