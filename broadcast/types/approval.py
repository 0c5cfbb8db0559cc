"""Questions that people answer before a run pays or publishes."""

from datetime import datetime
from typing import Literal

from .nouns import Noun
from .scripts import Script
from .videos import Video


class Question(Noun):
    """What people are asked before a run pays or publishes."""

    token: str  #: names the question in an answer; whoever knows it may answer
    run: str
    show: str
    edition: str
    gate: Literal["script", "video"]
    title: str
    script: Script  #: what would be said, or is said in the video
    video: Video | None = None
    ends: datetime  #: then it is aired or dropped without an answer
    then: Literal["air", "drop"]
    by: tuple[str, ...] = ()  #: who may answer; empty: whoever is asked
    link: str = ""  #: where the one who is asked can answer, and nobody else; empty where there is no such page


class Put(Noun):
    """A question as it stands in one chat."""

    channel: str
    to: str
    ref: str  #: the channel's own id of the message
    question: Question


class Decision(Noun):
    """What somebody answered."""

    token: str
    approves: bool
    who: str  #: their id there
    names: tuple[str, ...] = ()  #: what else they are known by there, and nobody else can be called
    shown: str = ""  #: what they call themselves: only to be shown
    said: str = ""
    ref: str = ""  #: by which the channel can tell them what became of it
