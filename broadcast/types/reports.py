"""What a run came to."""

from datetime import datetime

from .nouns import Noun, Status
from .posts import Receipt
from .stories import SourceReport
from .videos import Video


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
