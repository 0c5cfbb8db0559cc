"""The nouns: what flows through a broadcast. Frozen, and nothing but data."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

Orientation = Literal["landscape", "portrait"]
Status = Literal["aired", "quiet", "partial", "unfinished", "failed"]
Outcome = Literal["sent", "failed", "unconfirmed", "skipped"]


_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


LONGEST = timedelta(days=3660)


def duration(value: Any) -> Any:
    """Return the timedelta that `90s`, `30m`, `24h`, `1h30m`, `90d` or `2w` means. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    if text == "0":
        return timedelta(0)
    parts = _PARTS.findall(text)
    if isinstance(value, bool) or not parts or _PARTS.sub("", text).strip():
        raise ValueError("is not a length of time; write it like 90s, 30m, 24h or 7d")
    try:
        length = sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        length = timedelta.max
    if length > LONGEST:
        raise ValueError("is longer than ten years")
    return length


#: A length of time as a show file writes it.
Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "examples": ["90s", "30m", "24h", "7d"]}),
]


class Noun(BaseModel):
    """A frozen record. A row that an older or newer version wrote still reads: unknown fields are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# --- stories


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
    editions: dict[str, tuple[str, ...]] = {}  #: the keys of an edition's stories, in airing order
    notes: tuple[str, ...] = ()
    why: tuple[Why, ...] = ()  #: of the chosen, and of those that came nearest; in a rehearsal, of every story

    def stories(self, edition: str) -> tuple[Story, ...]:
        found = {story.key: story for story in self.pool}
        return tuple(found[key] for key in self.editions.get(edition, ()))


# --- scripts


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
    tokens: dict[str, int] = {}  #: as the service counted them
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


class Brand(Noun):
    """How a show looks."""

    name: str = ""
    colour: str = "#FF4455"
    logo: Path | None = None


class Budget(Noun):
    """What a show, or all of them together, may spend, in USD. A limit that is not there is none."""

    run: float | None = None
    day: float | None = None  #: a calendar day of the show's time zone, as is the month; of all shows: of UTC
    month: float | None = None
    warn: float = 0.8  #: the share of a day's or a month's limit from which on the operator is told
    over: Literal["degrade", "hold"] = "degrade"  #: what cannot be paid gives way to the next, or holds the run

    @property
    def limited(self) -> bool:
        """Say whether there is any limit."""
        return not (self.run is self.day is self.month is None)


class Brief(Noun):
    """What a writer is asked for: one story, told in about *seconds*."""

    kind: str
    language: str
    seconds: float
    tone: str = ""
    audience: str = ""  #: for whom it is told, in the show's words
    structure: str = ""  #: how it is told, in the kind's words
    at: datetime | None = None  #: when it airs, where that is known


# --- renders


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


# --- delivery


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


# --- approval


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


# --- the report


class ToldStory(Noun):
    """A story as the report names it."""

    id: str
    title: str
    url: str
    source: str
    publishers: tuple[str, ...] = ()  #: everybody who tells of it
    update: bool = False  #: it was told before, and had changed


class ScriptReport(Noun):
    writer: str
    seconds: float
    dropped: tuple[str, ...] = ()


class EditionReport(Noun):
    """What became of one edition."""

    name: str
    language: str
    stories: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None
    kind: str | None = None  #: the name of the error's class, for the exit code
    held: bool = False  #: it goes on when a person has done something
    unpaid: bool = False  #: a limit of money holds it: nothing looks again by itself
    dropped: bool = False  #: somebody who was asked did not want it: it is not tried again
    script: ScriptReport | None = None
    video: Video | None = None
    receipts: tuple[Receipt, ...] = ()


class CostItem(Noun):
    what: str
    usd: float
    estimate: float = 0.0  #: before it was paid


class Limit(Noun):
    """How a day or a month stands against its budget."""

    name: str  #: day or month
    of: str  #: the show, or all shows
    period: str  #: 2026-11-23, or 2026-11
    usd: float
    spent: float  #: what is set aside counts until its cost is known
    near: bool  #: it has come to the share from which on the operator is told


class Cost(Noun):
    usd: float = 0.0
    items: tuple[CostItem, ...] = ()
    limits: tuple[Limit, ...] = ()


class Report(Noun):
    """What one run did. `broadcast run --json` prints exactly this."""

    run: str
    show: str
    slot: datetime
    status: Status
    error: str | None = None
    kind: str | None = None  #: the name of the error's class, for the exit code
    notes: tuple[str, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    stories: tuple[ToldStory, ...] = ()
    editions: tuple[EditionReport, ...] = ()
    held: tuple[str, ...] = ()  #: items of which only a person can say what became of them
    cost: Cost = Cost()
    seconds: float = 0.0  #: wall time of the call that wrote this
