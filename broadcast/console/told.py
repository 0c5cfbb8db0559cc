"""What is known of one run: its deeds, what it made, and what became of each post."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from broadcast.journal import audit
from broadcast.journal.approvals import Approval
from broadcast.journal.books import Entry
from broadcast.journal.deeds import Item
from broadcast.journal.run import FINAL
from broadcast.types import Destination, Noun, Report, Video

from .house import House, Missing
from .reading import Whole

T = TypeVar("T", bound=Noun)

MOST_ENTRIES = 20  #: of the audit log, on the page of a run


@dataclass(frozen=True)
class Delivery:
    """What became of the post at one chat or address."""

    edition: str
    channel: str
    end: Destination


@dataclass(frozen=True)
class Shown:
    """A finished video of a run, and whether its file is still there."""

    edition: str
    video: Video
    there: bool


@dataclass(frozen=True)
class Gate:
    """What a run asked, and what was answered: without what answers it."""

    run: str
    about: str  #: script or video
    edition: str
    ends: datetime
    fallback: str
    verdict: str | None
    who: str
    via: str
    said: str
    at: datetime | None

    @classmethod
    def of(cls, one: Approval) -> "Gate":
        known = one.ends, one.fallback, one.verdict, one.who, one.via, one.said, one.at
        return cls(one.run, one.about, one.edition, *known)


@dataclass(frozen=True)
class Told:
    """Everything that the page of a run says."""

    whole: Whole
    deliveries: tuple[Delivery, ...]
    videos: tuple[Shown, ...]
    progress: tuple[tuple[str, float], ...]  #: of what this very process does now
    rendering: tuple[
        tuple[str, datetime, timedelta | None], ...
    ]  #: renderer, since when, how long it usually takes
    spent: tuple[Entry, ...]
    log: tuple[audit.Entry, ...]
    gates: tuple[Gate, ...]
    configured: bool  #: whether the show has a file, so that something can be done

    @property
    def over(self) -> bool:
        """Return whether nothing will change by itself."""
        row = self.whole.row
        return not self.whole.airing and (row.closed or row.held or row.status in FINAL)


async def read(house: House, id: str) -> Told:
    """Return what there is to say of the run *id*. Raises `Missing`."""
    whole = await found(house, id)
    row = whole.row
    run = house.station.airing.get(id)
    rendering = []
    for item in whole.items:
        role, *parts = item.key.split("/")
        paid = role == "submit" and item.done and len(parts) >= 3
        if paid and not any(one.key in (f"video/{parts[0]}", f"lost/{item.key}") for one in whole.items):
            rendering.append((parts[1], item.begun, await house.reading.usual(row.show, parts[1])))
    return Told(
        whole=whole,
        deliveries=tuple(deliveries(row.report, whole.items)),
        videos=tuple(videos(whole.items)),
        progress=tuple(run.progress.items()) if run else (),
        rendering=tuple(rendering),
        spent=tuple(await house.books.of_run(id)),
        gates=tuple(Gate.of(one) for one in await house.station.approvals.of_run(id)),
        log=await house.station.audit.newest(limit=MOST_ENTRIES, run=id),
        configured=row.show in house.shelf.shows,
    )


async def found(house: House, id: str) -> Whole:
    """Return a run. Raises `Missing`."""
    if (whole := await house.reading.run(id)) is None:
        raise Missing(f"there is no run {id[:100]!r}")
    return whole


def data(told: Told) -> object:
    """Return what a program is told: results of deeds are left to the pages that show them."""
    items = [replace(item, result=None) for item in told.whole.items]
    return replace(told, whole=replace(told.whole, items=items))


# --- what a journal says. Pure


def deliveries(report: Report | None, items: Sequence[Item]) -> Iterator[Delivery]:
    """Yield what became of each post: as the report says, else, while it is being made, as the deeds say."""
    reported = set[str]()
    for edition in report.editions if report else ():
        for receipt in edition.receipts:
            for end in receipt.to or (Destination(to="", **receipt.model_dump(exclude={"channel", "to"})),):
                reported.add(end.item)
                yield Delivery(edition.name, receipt.channel, end)
    several = {item.rpartition("/")[0] for item in reported}
    for item in items:
        role, _, rest = item.key.partition("/")
        if role != "deliver" or rest.count("/") < 2 or item.key in reported | several:
            continue
        name, channel, to = rest.split("/", 2)
        if item.done:
            yield Delivery(
                name, channel, parsed(item.result, Destination) or Destination(to=to, item=item.key, status="sent")
            )
        elif item.deed == "once":
            yield Delivery(
                name, channel, Destination(to=to, item=item.key, status="unconfirmed", kind="Unconfirmed")
            )


def videos(items: Sequence[Item]) -> Iterator[Shown]:
    """Yield the finished videos."""
    known = dict[str, Video]()
    for role in ("video", "publish"):  # the latter knows the lasting address as well
        for item in items:
            if item.key.startswith(f"{role}/") and item.done and (video := parsed(item.result, Video)):
                known[item.key.partition("/")[2]] = video
    for edition, video in known.items():
        yield Shown(edition, video, video.path.is_file())


def parsed(text: str | None, type: type[T]) -> T | None:
    """Return what a deed came to; None where it is not done, or another version wrote it in its own way."""
    try:
        return type.model_validate_json(text or "")
    except ValidationError:
        return None


def within(path: Path, folder: Path) -> bool:
    """Return whether *path* is really in *folder*."""
    return path.resolve().is_relative_to(folder.resolve())
