"""What can be done with a run: go on, send again, take back, settle, cancel."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from broadcast import after
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.pauses import words
from broadcast.journal.run import FINAL
from broadcast.page.markup import Html, tag
from broadcast.types import Report

from .deeds import VIA, Deed, Form, comes_of_it
from .house import Asked, House, Missing
from .layout import run_path

log = logging.getLogger(__name__)

REF, NOTE = 200, 1_000  #: characters of what a person says with a deed


async def ask_go_on(house: House, asked: Asked) -> Deed:
    run = await _a_run(house, asked)
    comes = comes_of_it(house.show(run.rpartition("@")[0]))
    return Deed(
        f"Go on with {run}?",
        f"It goes on where it stopped: what was paid or sent is not done again. {comes}",
        "Go on",
        grave=True,
    )


async def go_on(house: House, asked: Asked, form: Form) -> str:
    run, user = await _a_run(house, asked), asked.visit.user
    show = house.show(run.rpartition("@")[0])
    async with house.station.audit.noted("go on", show.name, who=user, via=VIA, run=run) as note:
        found = await house.station.runs.find(run)
        if found is None or found[0].closed or found[0].status in FINAL:
            raise ConfigError(f"{run} has come to its end: there is nothing to go on with")
        if house.crew.has(run):
            raise ConfigError(f"{run} is being aired right now: wait until that has ended")
        if pause := await house.station.pauses.now(show.name):
            raise ConfigError(f"{show.name} is paused {words(pause)}: resume it first")
        house.wake(show.name, found[0].slot)
        note.words = "begun"
    return run_path(run)


async def ask_retry(house: House, asked: Asked) -> Deed:
    run, where = await _a_run(house, asked), _where(asked)
    return Deed(
        f"Send {run} again?",
        f"What failed{where} is sent from the archived file. What was sent is not sent twice. A render that failed "
        "is asked for again, which may cost money.",
        "Send again",
        grave=True,
    )


async def retry(house: House, asked: Asked, form: Form) -> str:
    run, channels = await _a_run(house, asked), _channels(asked)
    show = house.show(run.rpartition("@")[0])

    async def go() -> str:
        report: Report = await after.retry(house.station, show, run, channels)
        return report.status + (f": {report.error}" if report.error else "")

    return await _later(house, asked, "retry", run, go)


async def ask_retract(house: House, asked: Asked) -> Deed:
    run, where = await _a_run(house, asked), _where(asked)
    label = tag("label", "What is said where a message cannot be deleted", for_="note")
    note = tag("textarea", id="note", name="note", rows=3, maxlength=NOTE)
    return Deed(
        f"Take back {run}?",
        f"Each message{where} is deleted, or edited where that cannot be. This cannot be undone.",
        "Take back",
        (tag("p", label, note),),
        grave=True,
    )


async def retract(house: House, asked: Asked, form: Form) -> str:
    run, channels, note = await _a_run(house, asked), _channels(asked), form.get("note", "")[:NOTE]
    show = house.show(run.rpartition("@")[0])

    async def go() -> str:
        receipts = await after.retract(house.station, show, run, channels, note)
        ends = [(one.channel, end) for one in receipts for end in (one.to or (one,))]
        if not all(end.status == "sent" for _, end in ends):
            raise ConfigError("; ".join(f"{channel}: {end.error or end.status}" for channel, end in ends))
        return "; ".join(f"{channel}: {end.rung}" for channel, end in ends)

    return await _later(house, asked, "retract", run, go, note)


async def ask_settle(house: House, asked: Asked) -> Deed:
    run, item = await _a_run(house, asked), _item(asked)
    answers = tag(
        "fieldset",
        tag("legend", "Did it happen?"),
        _answer("sent", "Yes: it is not done again"),
        _answer("not-sent", "No: it may be done again"),
    )
    paid = item.startswith("submit/")
    label = tag("label", "Its session at the service" if paid else "Its id there, where it has one", for_="ref")
    ref = tag("input", id="ref", name="ref", type="text", maxlength=REF, autocomplete="off")
    question = f"{item} was begun, and no answer came. Look there first."
    return Deed(f"Settle what {run} left in doubt", question, "Settle", (answers, tag("p", label, ref)), grave=True)


async def settle(house: House, asked: Asked, form: Form) -> str:
    run, item, answer = await _a_run(house, asked), _item(asked), form.get("answer")
    if answer not in ("sent", "not-sent"):
        raise ConfigError("say whether it happened")
    show, ref = run.rpartition("@")[0], form.get("ref", "")[:REF].strip()
    text = answer + (f", as {ref}" if ref else "")
    noted = house.station.audit.noted("settle", show, who=asked.visit.user, via=VIA, run=run, item=item, said=text)
    async with noted as note:
        row = await after.settle(house.station, run, item, sent=answer == "sent", ref=ref)
        note.words = f"the run is {row.status or 'unfinished'}"
    return run_path(run)


async def ask_cancel(house: House, asked: Asked) -> Deed:
    run = await _a_run(house, asked)
    return Deed(
        f"Cancel {run}?",
        "What is under way comes to its end and nothing more is begun. What was sent stays sent, a render that was "
        "asked for stays paid. A cancelled run is not taken up again.",
        "Cancel the run",
        grave=True,
    )


async def cancel(house: House, asked: Asked, form: Form) -> str:
    run, user = await _a_run(house, asked), asked.visit.user
    async with house.station.audit.noted("cancel", run.rpartition("@")[0], who=user, via=VIA, run=run) as note:
        note.words = await after.cancel(house.station, run, user)
    return run_path(run)


async def _later(
    house: House, asked: Asked, deed: str, run: str, go: Callable[[], Awaitable[str]], text: str = ""
) -> str:
    """Have the crew do what takes long. What can be known to be wrong at once was raised before."""
    if house.crew.has(run):
        raise ConfigError(f"{run} is being aired right now: wait until that has ended")
    item = asked.query.get("channel", "")
    begun = asyncio.Event()

    async def work() -> None:
        noted = house.station.audit.noted(
            deed, run.rpartition("@")[0], who=asked.visit.user, via=VIA, run=run, item=item, said=text
        )
        try:
            async with noted as note:
                begun.set()
                note.words = await go()
        except BroadcastError as error:  # it is in the audit log, where the page shows it
            log.warning("%s of %s: %s", deed, run, error)
        finally:
            begun.set()

    house.crew.begin(run, work())
    await begun.wait()  # the page that comes next shows its entry
    return run_path(run)


async def _a_run(house: House, asked: Asked) -> str:
    id = asked.path["run"]
    if await house.station.runs.find(id) is None:
        raise Missing(f"there is no run {id[:100]!r}")
    return id


def _channels(asked: Asked) -> frozenset[str] | None:
    return frozenset({asked.query["channel"]}) if asked.query.get("channel") else None


def _where(asked: Asked) -> str:
    return f" on {asked.query['channel']}" if asked.query.get("channel") else ""


def _item(asked: Asked) -> str:
    if not (item := asked.query.get("item", "")):
        raise Missing("the address names no deed to settle")
    return item


def _answer(value: str, words: str) -> Html:
    button = tag("input", type="radio", name="answer", value=value, required=True)
    return tag("label", button, " ", words, class_="choice")
