"""The real world put together: `run(show, slot)`, the one call behind every way of airing a show."""

import asyncio
import contextlib
import logging
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from . import ping, reporting
from .alerts import alert
from .begun import at_odds, begun_with, options
from .clock import stopwatch, surprise
from .desk import Desk, Wish
from .errors import ConfigError, Lost, Rejected, StageError, Unwritten, Waiting
from .journal.pauses import words
from .journal.run import Rehearsal, Run
from .journal.runs import Busy, Row, name
from .logs import Redact
from .lull import Lull
from .pipeline import air
from .plugins import find
from .pruning import prune
from .schedule import owed, start
from .show import Show
from .stages import rows
from .station import Station, on_duty
from .types import Chosen, Report, Why, Window, Written

#: `Station` and `on_duty` are in `station`; they stand here for whoever only airs.
__all__ = [
    "FIRST_YEAR", "LAST_YEAR", "Station", "awaited", "next_slot", "on_duty", "produce", "rehearsal_run", "rehearse",
    "run", "standing", "take", "window",
]  # fmt: skip

log = logging.getLogger(__name__)

LATE_NEWS = timedelta(hours=48)  #: feeds list some stories long after their date; as long as an event is one
SLACK = timedelta(hours=2)  #: by which days differ in length where the clocks change, and more
FIRST_WINDOW = timedelta(days=7)  #: of a show that has never aired
FIRST_YEAR, LAST_YEAR = 2000, 2199  #: of a slot; anything else is a typing mistake
LOOK_SECONDS = 0.5  #: between looks at a run that another process airs


async def run(
    station: Station,
    show: Show,
    slot: datetime | None = None,
    *,
    now: bool = False,
    due_only: bool = False,
    wish: Wish | None = None,
    follow: bool = True,
) -> Report:
    """Air *show*, or go on with it: at *slot*; else what is unfinished, else due; else, or with *now*, now.

    With *due_only* nothing airs now: a clock that rings late or too often does no harm. What another process airs
    is followed to its end, or, without *follow*, left to it. Returns the report in every case but one that could
    not start, which raises `ConfigError`.
    """
    wish = wish or Wish()
    if slot is not None and not FIRST_YEAR <= slot.year <= LAST_YEAR:
        raise ConfigError(f"a slot lies between {FIRST_YEAR} and {LAST_YEAR}")
    for channel in sorted(wish.channels or ()):
        if channel not in show.channels:
            raise ConfigError(f"{show.name} has no channel {channel!r}; there is {', '.join(show.channels)}")
    if wish.dry_run:
        report = (await rehearse(station, show, slot, wish))[0]
    elif pause := await station.pauses.now(show.name):
        report = reporting.paused(show, station.clock.now(), words(pause))
    else:
        if due_only and (slot := await awaited(station, show)) is None:
            return reporting.nothing_due(show, station.clock.now())
        slot = slot or await next_slot(station, show, fresh=now or wish.stories is not None)
        claimed = await take(station, show, slot, wish, follow=follow)
        if refusal := at_odds(claimed.options, wish):
            if isinstance(claimed, Run):
                await claimed.put_down()
                station.runs.done(claimed)
            raise ConfigError(f"{name(show.name, slot)} was begun {refusal}; name another --slot, or --now")
        report = await produce(station, show, claimed, wish) if isinstance(claimed, Run) else standing(claimed)
    return report


async def rehearse(
    station: Station, show: Show, slot: datetime | None, wish: Wish
) -> tuple[Report, dict[str, Written], tuple[Why, ...]]:
    """Do all that costs nothing and leaves no trace.

    Returns the report, what each edition would say, and of every story why it was chosen or not.
    """
    slot = slot or station.clock.now().replace(microsecond=0)
    free = {key: writer for key, writer in show.writers.items() if getattr(writer, "repeatable", False)}
    show = replace(show, writers=free or {"extractive": find("writers", "extractive")()})
    run = rehearsal_run(station, show, slot)
    desk = station.desk(show, run, rehearsal=True)
    try:
        report = await air(show, run, desk, await window(station, show, slot), replace(wish, dry_run=True))
    except (StageError, Waiting) as error:
        report = reporting.failed(show, run, error)
    chosen = run.recall("choose", Chosen) or Chosen()
    written = {one.name: run.recall(f"write/{one.name}", Written) for one in rows.editions(show, chosen)}
    note = "dry run: nothing was paid, delivered or remembered"
    report = report.model_copy(update={"notes": (*report.notes, note)})
    return report, {key: value for key, value in written.items() if value}, chosen.why


def rehearsal_run(station: Station, show: Show, slot: datetime | None = None) -> Rehearsal:
    """Return a run that leaves no trace."""
    slot = slot or station.clock.now().replace(microsecond=0)
    id = name(show.name, slot)
    return Rehearsal(station.store, station.clock, id=id, show=show.name, slot=slot, options="", epoch=0)


async def next_slot(station: Station, show: Show, *, fresh: bool) -> datetime:
    """Return the slot that a call without one means."""
    if not fresh and (slot := await awaited(station, show)):
        return slot
    slot = station.clock.now().replace(microsecond=0)
    while await station.runs.find(name(show.name, slot)):
        slot += timedelta(seconds=1)
    return slot


async def awaited(station: Station, show: Show) -> datetime | None:
    """Return the slot of what is unfinished, else of what is due, if there is such a thing."""
    if unfinished := await station.runs.unfinished(show.name):
        return unfinished.slot
    if slots := owed(show.schedules, station.clock.now()):
        spared = await station.pauses.spared(show.name, slots)
        missed = [slot for slot in await station.runs.missed(show.name, slots) if slot not in spared]
        left = [*missed, *(slot for slot in slots[-1:] if slot not in spared)]
        return await _begun(station, show, min(missed, default=left[-1])) if left else None
    return None


async def _begun(station: Station, show: Show, slot: datetime) -> datetime:
    """Return *slot* when its run is to begin."""
    ahead = (start(show.name, show.schedules, slot) - station.clock.now()).total_seconds()
    if ahead > 0:
        log.info("%s: begins in %.0f s, by its jitter", name(show.name, slot), ahead)
        await station.clock.sleep(ahead)
    return slot


async def take(station: Station, show: Show, slot: datetime, wish: Wish, *, follow: bool = True) -> Run | Row:
    """Take the run, or *follow* the process that airs it until it has come to an end."""
    start, followed = station.clock.now(), False
    while True:
        if station.state and station.state.moved:
            return Row(name(show.name, slot), show.name, slot, "unfinished", False, False, None)
        if followed and (found := await station.runs.find(name(show.name, slot))) and found[0].status is not None:
            return found[0]
        try:
            return await station.runs.claim(show.name, slot, options=options(wish), grace=show.grace)
        except Busy:
            followed = True
        bored = wish.patience is not None and station.clock.now() - start >= wish.patience
        if bored or not follow:
            return Row(name(show.name, slot), show.name, slot, "unfinished", False, False, None)
        await station.clock.sleep(LOOK_SECONDS)


async def produce(station: Station, show: Show, run: Run, wish: Wish, *, before: Report | None = None) -> Report:
    """Air a run that is ours, and write down what became of it.

    *before* is its report of an earlier call, which holds for the channels that this one leaves out.
    """
    elapsed, lull = stopwatch(), Lull(puts_down=station.put_down is not None)
    wish = begun_with(run.options, wish)
    switch = ping.Switch(show, run.id, station.http, station.clock)
    try:
        report, held = await _call(station, show, run, wish, lull, switch, elapsed, before)
        while lull.put_down:
            said = zlib.compress(report.model_dump_json().encode())  # there may be thousands
            del report
            again = await _called_again(station, show, run, lull)
            if again is None:
                report = await _left(run, Report.model_validate_json(zlib.decompress(said)), held)
                break
            run = again
            report, held = await _call(station, show, run, wish, lull, switch, elapsed, before)
    except Lost:
        return await _followed(station, show, run, wish)
    finally:
        switch.leave()
    station.ended(report)
    if report.status in ("aired", "quiet"):
        with contextlib.suppress(Unwritten):  # the next run makes room
            data = station.settings.broadcast_data_dir.absolute()
            await prune(show, station.runs, data, station.clock.now())
    return report


async def _call(
    station: Station,
    show: Show,
    run: Run,
    wish: Wish,
    lull: Lull,
    switch: ping.Switch,
    elapsed: Callable[[], float],
    before: Report | None,
) -> tuple[Report, bool]:
    """Call the main path once. What became of it is written down, but of a run that is put down.

    Returns the report, and whether only a person can take the run further.
    """
    desk = station.desk(show, run, rehearsal=False, lull=lull)
    station.airing[run.id] = run
    try:
        report = await _aired(station, show, run, desk, wish)
        if before is not None:
            report = reporting.completed(report, before)
        report, held = reporting.conclude(report, run, station.clock.now())
        if run.halt.by:
            report = reporting.cancelled(report, run.halt.by)
            await station.berths.leave(run.id)
            lull.put_down = False  # it waits for nothing more
        report = reporting.cleaned(report, Redact(show.secrets).text)
        if lull.put_down:
            return report, held
        notes = [*await _alerted(show, report, desk), *await switch.ended(report)]
        report = report.model_copy(update={"seconds": round(elapsed(), 3), "notes": (*report.notes, *notes)})
        try:
            await run.finish(report, held=held, over=reporting.dropped(report))
        except Unwritten as error:  # what was done is known and can be told, if only by this call
            report = report.model_copy(update={"notes": (*report.notes, str(error))})
        if station.state and (said := await station.state.outcome()):
            report = report.model_copy(update={"notes": (*report.notes, *said)})
        if report.status in ("aired", "quiet"):
            shutil.rmtree(desk.work, ignore_errors=True)
        return report, held
    except asyncio.CancelledError:
        with contextlib.suppress(Lost, Unwritten):
            await run.put_down()
        raise asyncio.CancelledError(run.id) from None
    finally:
        if not lull.put_down:
            station.airing.pop(run.id, None)
            station.runs.done(run)


async def _called_again(station: Station, show: Show, run: Run, lull: Lull) -> Run | None:
    """Let a run that was put down lie until there is something to do, and take it again. It stays ours meanwhile.

    Returns None where this process was asked to end. Raises `Lost`.
    """
    assert station.put_down
    run.lay_aside()
    try:
        await station.put_down(show, run, lull.waits)
        if station.ending():
            return None
        claimed = await station.runs.claim(show.name, run.slot, options=run.options, grace=show.grace, again=run)
    except Busy:  # this machine slept for so long that another thought it dead
        raise Lost(f"{run.id} was taken over by another process") from None
    finally:
        station.airing.pop(run.id, None)
        station.runs.done(run)
    if not isinstance(claimed, Run):
        raise Lost(f"{run.id} came to its end elsewhere")
    claimed.halt = run.halt
    return claimed


async def _left(run: Run, report: Report, held: bool) -> Report:
    """Write down how far a run is that lay when this process was asked to end."""
    try:
        await run.finish(report, held=held)
    except Unwritten as error:
        return report.model_copy(update={"notes": (*report.notes, str(error))})
    return report


async def _alerted(show: Show, report: Report, desk: Desk) -> list[str]:
    """Tell the operator what is newly wrong. A journal that cannot be written is the greater trouble."""
    try:
        return await alert(show, report, desk)
    except Unwritten as error:
        return [str(error)]


async def _aired(station: Station, show: Show, run: Run, desk: Desk, wish: Wish) -> Report:
    """Air a run; what ends it early is in its report."""
    try:
        return await air(show, run, desk, await window(station, show, run.slot), wish)
    except (StageError, Waiting, Unwritten) as error:
        return reporting.failed(show, run, error)
    except Lost:
        raise
    except Exception as error:
        log.debug("%s", run.id, exc_info=True)
        return reporting.failed(show, run, Rejected(surprise(run.id, error)))


async def _followed(station: Station, show: Show, run: Run, wish: Wish) -> Report:
    """Report what became of a run that another process took over."""
    claimed = await take(station, show, run.slot, wish)
    return await produce(station, show, claimed, wish) if isinstance(claimed, Run) else standing(claimed)


def standing(row: Row) -> Report:
    """Return the report of a run that this call did not air."""
    if row.report is None:
        aired = "another process is airing it" if row.status == "unfinished" else "it was closed unfinished"
        kind = "Waiting" if row.status == "unfinished" else "Rejected"
        status = row.status or "failed"
        return Report(run=row.id, show=row.show, slot=row.slot, status=status, error=aired, kind=kind)
    said = {"aired": "already aired", "quiet": "already looked: there was nothing new"}.get(row.report.status)
    closed = "its time is over: it is closed" if row.closed else "done by another call"
    note = f"{said or closed}; this call did nothing"
    return row.report.model_copy(update={"notes": (*row.report.notes, note)})


async def window(station: Station, show: Show, slot: datetime) -> Window:
    """Return which stories are new to the run at *slot*: since the last that aired, or within a fixed span."""
    last = await station.runs.last_aired(show.name, before=slot)
    if last is None:
        return Window(since=slot - (show.window or FIRST_WINDOW))
    aired, listed = last
    since = slot - show.window if show.window is not None else aired
    if aired < since - SLACK:  # the spans leave gaps, and are meant to
        return Window(since=since)
    return Window(since=since, late=since - LATE_NEWS, last=aired, listed=listed)
