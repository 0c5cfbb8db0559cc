"""What is done with a run after it aired: sent again where it failed, settled, taken back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from . import errors, reporting
from .begun import begun_with
from .clock import attempt
from .delivery import arrived, receipt
from .desk import Desk, Wish
from .errors import ConfigError, Rejected, StageError, Unconfirmed
from .journal.deeds import Item
from .journal.run import Run
from .journal.runs import Busy, Row
from .plugins import Keep, Retracts, Speaks
from .runner import produce
from .show import Show
from .stages import rows
from .station import Station
from .types import Chosen, Destination, Job, Receipt, Report

DEED_SECONDS = 120.0  #: for one message to be said or taken back


async def retry(station: Station, show: Show, id: str, channels: frozenset[str] | None) -> Report:
    """Send again what failed of the run *id*, on *channels* or all, from the archived file."""
    for channel in sorted(channels or ()):
        if channel not in show.channels:
            raise ConfigError(f"{show.name} has no channel {channel!r}; there is {', '.join(show.channels)}")
    row, items = await _found(station, id)
    if row.closed and not any(item.key.startswith("video/") and item.done for item in items):
        raise ConfigError(f"{id} is closed and nothing of it was rendered: air the show again instead")
    wish = _again(show, row.report, channels)
    sent = row.report is not None and row.report.status == "aired" and wish.channels == frozenset()
    if row.report and sent and all(item.done for item in items):  # what is open may be a correction in doubt
        note = "nothing of it failed: there is nothing to send again"
        return row.report.model_copy(update={"notes": (*row.report.notes, note)})
    run = await _taken(station, show, row)
    return await produce(station, show, run, wish, before=row.report)


def _again(show: Show, report: Report | None, channels: frozenset[str] | None) -> Wish:
    """Return the wish to send again: on *channels*, or those that the run has not got through yet. Pure.

    A channel that the show has only since is not the run's affair, unless it is named.
    """
    editions = report.editions if report else ()
    if not editions or not all(edition.receipts for edition in editions):
        return Wish(channels=channels)  # it came to no delivery yet
    receipts = [one for edition in editions for one in edition.receipts if one.channel in show.channels]
    failing = (one.channel for one in receipts if {one.status, *(end.status for end in one.to)} != {"sent"})
    wanted = frozenset(failing) if channels is None else channels
    return Wish(channels=wanted, of=wanted | {one.channel for one in receipts})


async def settle(station: Station, id: str, key: str, *, sent: bool, ref: str) -> Row:
    """Answer for a deed of which nobody could know whether it happened. Returns the run as it stands then."""
    result = _answer(key, ref) if sent else None
    _, items = await _found(station, id)
    kept = next((item.kept for item in items if item.key == key), {})
    if isinstance(result, Destination):
        result = result.model_copy(update={"rung": kept.get("rung")})
    words = "a person says that it was not sent: broadcast retry sends it"
    failed = Destination(to=key.split("/", 3)[-1], item=key, status="failed", error=words, kind="Rejected")

    def stand(report: Report, run: Run) -> tuple[Report, bool]:
        if key.startswith("deliver/"):
            answer = result if isinstance(result, Destination) else failed
            report = reporting.settled(report, answer)
        elif key.startswith("retract/"):
            report = reporting.with_receipts(report, lambda one: one)  # what it came to without that doubt
        return reporting.conclude(report, run, station.clock.now())

    try:
        return await station.runs.settle(id, key, result, stand)
    except Busy:
        raise ConfigError(f"{id} is being aired right now: settle it when that has ended") from None


def _answer(key: str, ref: str) -> Job | Destination:
    """Return what a deed in doubt came to, now that a person says that it happened. Pure."""
    role, _, rest = key.partition("/")
    if role == "submit":
        if not ref:
            raise ConfigError("which render is it? Name it with --ref SESSION, as the service calls it")
        return Job(id=ref, renderer=rest.split("/")[1])
    if role not in ("deliver", "retract") or rest.count("/") < 2:
        raise ConfigError(f"{key!r} is no item that can be settled; `broadcast runs RUN` lists them")
    return Destination(to=rest.split("/", 2)[2], item=key, status="sent", ref=ref)


async def retract(
    station: Station, show: Show, id: str, channels: frozenset[str] | None, note: str
) -> tuple[Receipt, ...]:
    """Take back what the run *id* sent, on *channels* or all: each message once. Returns a receipt per channel."""
    row, items = await _found(station, id)
    run = await _taken(station, show, row, as_is=True)
    try:
        desk = station.desk(show, run, rehearsal=False)
        gone: dict[str, list[Destination]] = {}
        for item in items:
            if item.key.startswith("deliver/") and item.done:
                _, edition, name, to = item.key.split("/", 3)
                sent = run.recall(item.key, Destination)
                if (channels is None or name in channels) and sent is not None:
                    key = f"retract/{edition}/{name}/{to}"
                    gone.setdefault(name, []).append(await _take_back(show, name, sent, run, desk, key, note))
        if not gone:
            raise ConfigError(f"{id} sent nothing{' there' if channels else ''} that could be taken back")
        return tuple(receipt(name, ends) for name, ends in gone.items())
    finally:
        await run.put_down()
        station.runs.done(run)


def _filled(show: Show, edition: str, run: Run) -> Show:
    """Return *show* with the fields of *edition*'s row in its channels, as it was aired. Pure."""
    chosen = run.recall("choose", Chosen) or Chosen()
    try:
        return rows.fitted(show, rows.fields(show, edition, chosen, begun_with(run.options, Wish())))
    except Rejected:  # its title has blanks that nothing fills any more; the channels may have none
        return show


async def _take_back(
    show: Show, name: str, sent: Destination, run: Run, desk: Desk, key: str, note: str
) -> Destination:
    missed: list[str] = []
    channel = _filled(show, key.split("/")[1], run).channels.get(name)
    to = sent.to or key.split("/", 3)[3]

    async def go(keep: Keep, kept: Mapping[str, str]) -> Destination:
        if channel is None:
            raise Rejected("the show has no such channel any more: put it back, or take the message back by hand")
        tools = desk.tools(f"{run.show}/channels/{name}", note=missed.append, keep=keep, kept=kept)
        if isinstance(channel, Retracts):
            rung, do = "deleted", partial(channel.retract, tools, to, sent, note)
        elif isinstance(channel, Speaks):
            rung, do = "followed up", partial(channel.say, tools, to, withdrawn(show, run, note))
        else:
            raise Rejected("it cannot take anything back: do it by hand")
        done = await attempt(desk.clock, do, what=name, deadline=DEED_SECONDS, late=Unconfirmed)
        return arrived(done, to, item=key, rung=rung, missed=missed)

    repeatable = channel is not None and channel.repeatable
    return await _once(run, key, to, go, repeatable=repeatable, missed=missed)


def withdrawn(show: Show, run: Run, note: str) -> str:
    """Return what is said where a post can be neither deleted nor edited. Pure."""
    return f"{show.title}: the video of {run.slot.astimezone(show.zone):%Y-%m-%d} was withdrawn. {note}".strip()


async def _once(run: Run, key: str, to: str, go: Any, *, repeatable: bool, missed: list[str]) -> Destination:
    try:
        return await run.once(key, Destination, go, repeatable=repeatable)
    except StageError as error:
        status = "unconfirmed" if isinstance(error, Unconfirmed) else "failed"
        kind = errors.kind(error)
        return Destination(to=to, item=key, status=status, missed=tuple(missed), error=str(error), kind=kind)


async def cancel(station: Station, id: str, by: str) -> str:
    """Have the run *id* stop and never be taken up again; what is under way comes to its end. Returns words."""

    def stand(report: Report | None) -> Report:
        show, _, slot = id.rpartition("@")
        begun = report or Report(run=id, show=show, slot=datetime.fromisoformat(slot), status="failed")
        return reporting.cancelled(begun, by)

    became = await station.cancels.ask(id, by, stand)
    if became == "stopping":
        if id in station.airing:
            station.airing[id].halt.say(by)
        return "it stops: what is under way comes to its end, nothing more is begun"
    await station.berths.leave(id)
    return "it is closed"


def exit_code(receipts: tuple[Receipt, ...]) -> int:
    """Return the exit code of deeds that each have a receipt: as of a run. Pure."""
    ends = [end for one in receipts for end in (one.to or (one,))]
    statuses = {end.status for end in ends}
    if "unconfirmed" in statuses:
        return 4
    if statuses == {"sent"}:
        return 0
    if "sent" in statuses:
        return 5
    return 3 if any(end.kind == "Refused" for end in ends) else 1


async def _found(station: Station, id: str) -> tuple[Row, list[Item]]:
    found = await station.runs.find(id)
    if found is None:
        raise ConfigError(f"there is no run {id!r}; `broadcast runs` lists them")
    return found


async def _taken(station: Station, show: Show, row: Row, *, as_is: bool = False) -> Run:
    try:
        run = await station.runs.claim(
            row.show, row.slot, options=row.options, grace=show.grace, over=True, as_is=as_is
        )
    except Busy:
        raise ConfigError(f"{row.id} is being aired right now: wait until that has ended") from None
    assert isinstance(run, Run)
    return run
