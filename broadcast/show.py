"""One configured broadcast, ready to air: what `config/` makes of a YAML file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from .editing import Taste
from .plugins import Channel, Publishes, Renderer, Source, Writer
from .schedule import Schedule
from .scripting.kinds import Kind
from .triggers import Trigger
from .types import Brand, Budget, Orientation


@dataclass(frozen=True, kw_only=True)
class Way:
    """One renderer of the list, and how long it is borne with."""

    name: str
    renderer: Renderer
    attempts: int = 1
    patience: timedelta = timedelta(minutes=60)  #: a call waits so long; the next call goes on waiting
    give_up: timedelta = timedelta(hours=6)  #: after the submit: then the render counts as failed
    orientation: Orientation = "landscape"
    concurrent: int = 2  #: renders of one account at once, over all processes


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """What a show says on one of its channels, in words of its own."""

    caption: str | None = None  #: a template; None: the headlines
    disclosure: bool = True  #: the line that says a machine made it


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One variant that a run makes."""

    name: str
    language: str
    seconds: float
    stories: int
    tags: frozenset[str]  #: only stories with one of them; empty: all
    taste: Taste = field(default_factory=Taste)  #: which of them come first
    channels: tuple[str, ...]
    tone: str = ""  #: how it is told; empty: as the kind says
    audience: str = ""
    avatar_id: str = ""
    voice_id: str = ""
    dubs: str = ""  #: the edition whose video it dubs; empty: it has one of its own
    ways: tuple[Way, ...]  #: the renderers, the first that makes it


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a person must say before a run pays or publishes."""

    script: bool = False  #: before the render is asked for
    video: bool = False  #: before it is published and sent
    ask: Mapping[str, Channel] = field(default_factory=dict)  #: where people are asked, besides the console
    by: tuple[str, ...] = ()  #: who may answer; none: whoever is asked
    wait: timedelta = timedelta(hours=2)
    then: Literal["air", "drop"] = "drop"  #: where nobody answers in time


@dataclass(frozen=True, kw_only=True)
class Rows:
    """That a show makes one edition a row; its only edition says how."""

    concurrent: int = 8  #: at work at once


@dataclass(frozen=True, kw_only=True)
class Show:
    """One configured broadcast. Its name is the name of its file."""

    name: str
    title: str
    kind: Kind
    schedules: tuple[Schedule, ...]  #: none: it airs when it is called
    window: timedelta | None  #: None: since the last broadcast
    sources: Mapping[str, Source]
    hooks: Mapping[str, Trigger] = field(default_factory=dict)  #: who may have it aired from outside
    quorum: int
    articles: frozenset[str] = frozenset()  #: the sources of whose chosen stories the page is read
    writers: Mapping[str, Writer]  #: the first that can
    editions: tuple[Edition, ...]
    rows: Rows | None = None  #: none: its editions are those that it names
    blank: bool = False  #: whether its title, captions and channels may have blanks
    channels: Mapping[str, Channel]
    outlets: Mapping[str, Outlet]
    publish: Publishes | None
    alerts: Channel | None  #: where the operator hears of failures
    brand: Brand
    ping: SecretStr | None = None  #: a dead man's switch
    link: str = ""  #: the show's own, for the kinds that end on one
    presenters: Mapping[str, str] = field(default_factory=dict)  #: who presents stories of a tag, by avatar
    keep: timedelta | None = None  #: for how long runs and their files stay; None: for good
    approval: Gate | None = None
    budget: Budget = field(default_factory=Budget)
    notes: tuple[str, ...] = ()  #: what was left out, as a renderer without its key
    weights: Mapping[str, float] = field(default_factory=dict)  #: of the sources
    priority: int = 0  #: of those whose turn it is, the highest comes first
    updates: bool = True  #: a told story that changed is told once more
    secrets: frozenset[str] = field(default=frozenset(), repr=False)  #: what must never be shown

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin: the time zone of its first schedule."""
        return self.schedules[0].zone if self.schedules else ZoneInfo("UTC")

    @property
    def grace(self) -> timedelta:
        """How long a failed run is retried, and how late a slot is still aired."""
        return max((one.grace for one in self.schedules), default=timedelta(hours=24))
