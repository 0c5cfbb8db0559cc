"""Stories: as sources give them, and as one is chosen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from .nouns import Noun


class Point(Noun):
    """One of the values behind a figure, ready to be shown."""

    label: str = ""  #: what it is of, or when: "North", "12 Nov"
    text: str  #: as it is shown, unit included
    value: float


#: How a figure is drawn; empty is as suits it: two named values are compared, a few are bars, many a line.
Drawn = Literal["", "number", "line", "bars", "comparison", "table"]


class Figure(Noun):
    """A number that a story brings with it, ready to be shown."""

    label: str  #: what is counted: "New users"
    text: str  #: as it is shown, unit included: "12,480" or "+4.2%"
    value: float | None = None
    change: str = ""  #: against what came before, ready to be shown: "+12% week over week"
    series: tuple[float, ...] = ()  #: oldest first, for a line
    points: tuple[Point, ...] = ()  #: the values behind it, in the order of their source
    drawn: Drawn = ""  #: figures of one story that are drawn as a table, and name the same points, are its columns
    pattern: str = ""  #: how its values are written in any language (Unicode CLDR); empty: only as they are here
    unit: str = ""  #: what then stands behind them, with the space that belongs there


class Story(Noun):
    """One thing worth telling, from one source. Its text is hostile until proven otherwise."""

    id: str  #: stable across fetches, unique within its source
    source: str = ""  #: the name that the show gives to the source; filled by the pipeline
    title: str
    text: str = ""  #: plain text; paragraphs are separated by newlines
    url: str = ""  #: http(s), or empty
    url_shared: bool = False  #: its address is that of others as well: it says nothing of which story this is
    at: datetime  #: when it happened, else when it was first seen; always aware
    publisher: str = ""  #: who says so, as spoken and shown: "BBC News"
    language: str = ""  #: ISO 639-1, or empty where nobody said
    tags: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    image: str = ""  #: the address of its picture, http(s), or empty; found in content, so never trusted
    fields: Mapping[str, str] = {}  #: what else its record says, for a show that makes an edition of it
    score: float | None = None  #: points, votes or readers, where its source counts them
    outlets: tuple[str, ...] = ()  #: who else tells of the same event; filled by the pipeline, as are these
    update: bool = False  #: it was told before, and has changed since

    @property
    def publishers(self) -> tuple[str, ...]:
        """Everybody who says so, as spoken and shown. What is told are the words of the first."""
        return tuple(dict.fromkeys(name for name in (self.publisher, *self.outlets) if name))

    @property
    def key(self) -> str:
        """Its identity within a show."""
        return f"{self.source}/{self.id}"


class SourceReport(Noun):
    """What one source had to say in one run."""

    name: str
    stories: int = 0
    error: str | None = None
    kind: str | None = None  #: the name of the error's class
    fails: int = 0  #: in a row, this run included
    worked: datetime | None = None  #: when it last did, where it fails now
    ailing: Mapping[str, str] = {}  #: what of it is broken, where it is made of several


class Fetched(Noun):
    """One answer of the network to a source, by its hash: what was read can be told from what was not."""

    source: str
    label: str  #: of the request, in place of its address
    status: int  #: 304: it had not changed, and has no body
    bytes: int  #: of the body, after decompression
    sha256: str  #: of the body


class Gathered(Noun):
    """Everything that the sources had to say, and which of them could not be heard."""

    stories: tuple[Story, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    notes: tuple[str, ...] = ()
    bodies: tuple[Fetched, ...] = ()  #: in the order in which they came; none in runs of older versions


class Why(Noun):
    """Why a story was chosen for an edition, or not."""

    story: str  #: its key
    title: str
    chosen: bool
    reason: str
    rank: float | None = None  #: what the chosen are sorted by; None where it did not come to that
    edition: str = ""  #: empty where the reason holds for every edition


class Told(Noun):
    """What is remembered of a story that was told, or is reserved: enough to know the event again, and no text."""

    key: str
    title: str
    at: datetime
    language: str = ""
    publishers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  #: what the versions of it are known by
    numbers: tuple[str, ...] = ()  #: that were in it
    sentences: tuple[str, ...] = ()  #: digests of them
    aired: bool = True  #: false while it is only reserved


class Past(Noun):
    """What other runs of a show leave for this one to know."""

    told: frozenset[str] = frozenset()  #: what the stories are known by that they told or reserved
    owed: frozenset[str] = frozenset()  #: the same of those that they chose and could not tell
    stories: tuple[Told, ...] = ()  #: those of the last weeks


class Window(Noun):
    """Which stories are new to a run: those since a time, and those that were listed late.

    A feed may list a story long after its date, or be down when it should have: one that the last broadcast was not
    shown, though its date lies before it, is new as well.
    """

    since: datetime
    late: datetime | None = None  #: how far back that goes; None where there was no broadcast before
    last: datetime | None = None  #: the slot of that broadcast
    listed: frozenset[str] = frozenset()  #: the keys of all stories it was shown

    @property
    def opens(self) -> datetime:
        """The earliest date that a new story may have."""
        return min(self.since, self.late or self.since)

    def holds(self, story: Story) -> bool:
        """Say whether *story* is new."""
        if story.at >= self.since:
            return True
        if self.late is None or self.last is None or story.key in self.listed:
            return False
        return self.late <= story.at <= self.last


class Chosen(Noun):
    """What airs, per edition: the first *limit* of its stories, and understudies behind them."""

    pool: tuple[Story, ...] = ()
    editions: Mapping[str, tuple[str, ...]] = {}  #: the keys of an edition's stories, in airing order
    notes: tuple[str, ...] = ()
    why: tuple[Why, ...] = ()  #: of the chosen, and of those that came nearest; in a rehearsal, of every story

    def stories(self, edition: str) -> tuple[Story, ...]:
        found = {story.key: story for story in self.pool}
        return tuple(found[key] for key in self.editions.get(edition, ()))
