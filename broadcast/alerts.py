"""The operator hears of failures before the audience does: once when something breaks, and once when it is back."""

import logging
from collections.abc import Callable
from functools import partial

from . import reporting
from .clock import attempt, surprise
from .desk import Desk
from .errors import Unconfirmed
from .health import BROKEN
from .logs import Redact
from .plugins import Channel, Speaks, Tools
from .show import Show
from .types import Destination, Report

log = logging.getLogger(__name__)

ALERT_SECONDS = 60.0  #: for one alert to one destination
SHOWN = 10  #: troubles that one alert spells out
BUDGET, ALL = "budget", "budget/all shows/"  #: how the names begin of what is said of a budget


def troubles(report: Report) -> dict[str, str]:
    """Return what is wrong, in words, under names that stay the same as long as it stays wrong. Pure.

    What failed has the name of its channel and destination; what only a person can settle has that of its run, too.
    """
    found: dict[str, str] = {}
    for edition in report.editions:
        if edition.error and (edition.held or edition.kind != "Waiting"):
            open_ = edition.kind == "Unconfirmed"
            name = f"render/{report.run}/{edition.name}" if open_ else f"edition/{edition.name}"
            found[name] = f"edition {edition.name}: {edition.error}"
        for receipt in edition.receipts:
            ends = receipt.to or (Destination(to="", **receipt.model_dump(exclude={"channel", "to"})),)
            for end in ends:
                words = f"{receipt.channel}{f' {end.to}' if end.to else ''}: {end.error}"
                if end.status == "failed":
                    found[f"failed/{edition.name}/{receipt.channel}/{end.to}"] = words
                elif end.status == "unconfirmed":
                    command = reporting.settling(report.run, end.item)
                    found[f"unconfirmed/{report.run}/{end.item}"] = f"{words}; look there, then {command}"
    if report.status == "failed" and not report.editions:
        found["run"] = report.error or "it failed"
    return found | _dear(report) | _deaf(report)


def _dear(report: Report) -> dict[str, str]:
    """Return the budgets that little is left of, under names that last as long as the day or the month. Pure."""
    return {
        f"{BUDGET}/{limit.of}/{limit.name}/{limit.period}": reporting.nearly_spent(limit)
        for limit in reporting.near(report.cost)
    }


def _deaf(report: Report) -> dict[str, str]:
    """Return the sources that are broken, and what of them is: at once where nothing could air without it. Pure."""
    found: dict[str, str] = {}
    for source in report.sources:
        if source.error and (source.fails >= BROKEN or (not report.editions and report.status == "failed")):
            times = f"failed {source.fails} times in a row: " if source.fails > 1 else ""
            found[f"source/{source.name}"] = f"source {source.name}: {times}{source.error}"
        found |= {
            f"source/{source.name}/{part}": f"source {source.name}: {words}"
            for part, words in source.ailing.items()
        }
    return found


def mended(before: dict[str, str], report: Report) -> list[str]:
    """Return the names of what was wrong *before* and has worked in the run of *report*. Pure."""
    now = troubles(report)
    worked = {"run"} if report.editions or report.status == "quiet" else set[str]()
    if report.status in ("aired", "quiet", "partial"):
        worked.add("late")
    for edition in report.editions:
        worked |= set() if edition.error else {f"edition/{edition.name}"}
        for receipt in edition.receipts:
            for end in receipt.to or (Destination(to="", **receipt.model_dump(exclude={"channel", "to"})),):
                if end.status == "sent":
                    worked.add(f"failed/{edition.name}/{receipt.channel}/{end.to}")
                    worked.add(f"unconfirmed/{report.run}/{end.item}")
    for source in report.sources:
        if not source.error:
            worked |= {name for name in before if name.split("/")[:2] == ["source", source.name]}
    return [name for name in before if name in worked and name not in now]


def worded(title: str, run: str, new: list[str], back: list[str]) -> str:
    """Return the words of an alert. Pure."""
    lines = [f"{title}: something needs you ({run})"] if new else [f"{title}: all right again ({run})"]
    lines += [f"- {words}" for words in new[:SHOWN]]
    if len(new) > SHOWN:
        lines.append(f"- and {len(new) - SHOWN} more: broadcast runs {run}")
    lines += [f"- works again: {words}" for words in back[:SHOWN]]
    return "\n".join(lines)


async def alert(show: Show, report: Report, desk: Desk) -> list[str]:
    """Say what is newly wrong, and what works again, on the show's alert channel. Returns notes for the report.

    What was said is remembered when it got through to anybody, or may have: an alert is better heard twice than
    never, and not at every run because one of those who should hear it cannot be reached.
    """
    return await _tell(show, report.run, desk, troubles(report), partial(mended, report=report))


async def announce(show: Show, about: str, desk: Desk, name: str, words: str | None) -> list[str]:
    """Say what is wrong beside the runs' own reports: *words* under *name*; or, with None, that it works again."""
    now = {} if words is None else {name: words}
    return await _tell(show, about, desk, now, lambda known: [one for one in known if one == name and not now])


async def _tell(
    show: Show, about: str, desk: Desk, now: dict[str, str], mends: Callable[[dict[str, str]], list[str]]
) -> list[str]:
    """Say what of *now* is not known to be wrong yet, and what *mends* finds to work again."""
    if show.alerts is None:
        return []
    notes: list[str] = []
    tools = desk.tools(f"{show.name}/alerts", note=notes.append)
    known: dict[str, str] = await tools.memory.get("known") or {}
    common = desk.memory("alerts")  # what one show has told of all shows' budget no other tells again
    known |= await common.get("known") or {}
    new = [words for name, words in now.items() if name not in known]
    back = mends(known)
    if not new and not back:
        return notes
    text = Redact(show.secrets).text(worded(show.title, about, new, [known[name] for name in back]))
    try:
        ask = partial(show.alerts.destinations, tools)
        there = await attempt(desk.clock, ask, what="alerts", deadline=ALERT_SECONDS)
        heard = [await _said(show.alerts, tools, to, text, desk, notes) for to in there]
    except Exception as error:  # an alert that fails must not change what became of the run
        log.debug("alerts", exc_info=True)
        return [*notes, f"the alert could not be sent: {surprise('alerts', error)}"]
    if not any(heard):
        return notes
    left = {name: words for name, words in known.items() if name not in back} | now
    periods = {name.rpartition("/")[0]: name for name in left if name.startswith(f"{BUDGET}/")}  # the last of each
    left = {name: words for name, words in left.items() if periods.get(name.rpartition("/")[0], name) == name}
    ours = {name: words for name, words in left.items() if not name.startswith(ALL)}
    await tools.memory.put("known", ours)
    if any(name.startswith(ALL) for name in now):
        await common.put("known", {name: words for name, words in left.items() if name.startswith(ALL)})
    return notes


async def _said(channel: Channel, tools: Tools, to: str, text: str, desk: Desk, notes: list[str]) -> bool:
    """Say *text* to one destination; return whether it got through, or may have. What goes wrong is a note."""
    assert isinstance(channel, Speaks)
    try:
        say = partial(channel.say, tools, to, text)
        await attempt(desk.clock, say, what="alerts", deadline=ALERT_SECONDS, late=Unconfirmed)
    except Unconfirmed as error:
        notes.append(f"alerts: {error}")
    except Exception as error:
        log.debug("alerts", exc_info=True)
        notes.append(f"the alert could not be sent: {surprise('alerts', error)}")
        return False
    return True
