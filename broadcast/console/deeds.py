"""What can be done on the console. Each deed is the same call as the command line's, asked for once, and noted.

A deed has a page that says what it will do, and a form that does it. What takes long is done by the crew, as
a run is, and its entry in the audit log says what came of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from broadcast import after, runner
from broadcast.desk import Wish
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.pauses import words
from broadcast.journal.run import FINAL
from broadcast.journal.runs import name
from broadcast.page.markup import Html, joined, tag
from broadcast.planning import planned
from broadcast.show import Show
from broadcast.types import Report

from .house import Asked, House, Missing
from .layout import Page, hidden, run_path, said, show_path
from .rehearsals import Rehearsal

log = logging.getLogger(__name__)

VIA = "console"
LOOKS, LOOK_SECONDS = 30, 0.1  #: for a run that was just begun
REF, NOTE = 200, 1_000  #: characters of what a person says with a deed


@dataclass(frozen=True)
class Deed:
    """Something to be done: its question, and how it is done."""

    title: str
    question: str
    button: str
    fields: tuple[Html, ...] = ()
    grave: bool = False  #: it spends, publishes, or cannot be undone


Form = Mapping[str, str]
Ask = Callable[[House, Asked], Awaitable[Deed]]
Do = Callable[[House, Asked, Form], Awaitable[str]]  #: returns where to look then


async def question(house: House, asked: Asked, ask: Ask, back: str, problem: str = "") -> Page:
    """Return the page that asks whether a deed is to be done; *problem* is why it was not, when it was tried."""
    deed = await ask(house, asked)
    form = tag(
        "form",
        hidden(asked.visit),
        *deed.fields,
        tag(
            "p",
            tag("button", deed.button, type="submit", class_="grave" if deed.grave else None),
            " ",
            tag("a", "Leave it", href=back),
            class_="deeds",
        ),
        method="post",
    )
    main = joined(
        tag("h1", deed.title),
        tag("p", said(problem, 2000), class_="warning", role="alert") if problem else None,
        tag("p", said(deed.question, 1000)),
        form,
    )
    data = {"title": deed.title, "question": deed.question, "error": problem or None}
    return Page(deed.title, data, tag("div", main, class_="ask"), status=400 if problem else 200)


# --- shows


async def ask_air(house: House, asked: Asked) -> Deed:
    show = house.show(asked.path["show"])
    comes = f"A fresh run begins at once. {_comes_of_it(show)}"
    return Deed(f"Air {show.title} now?", comes, "Air now", grave=True)


def _comes_of_it(show: Show) -> str:
    """Return what airing *show* may cost, and who sees it."""
    paid = [way.name for edition in show.editions for way in edition.ways if not way.renderer.repeatable]
    spends = f"It may pay for a render by {paid[0]}. " if paid else "Its render costs nothing. "
    return spends + (f"It is published on {', '.join(show.channels)}." if show.channels else "It has no channels.")


async def air(house: House, asked: Asked, form: Form) -> str:
    show, user = house.show(asked.path["show"]), asked.visit.user
    async with house.station.audit.noted("air", show.name, who=user, via=VIA) as note:
        if pause := await house.station.pauses.now(show.name):
            raise ConfigError(f"{show.name} is paused {words(pause)}: resume it first")
        slot = await runner.next_slot(house.station, show, fresh=True)
        note.run = name(show.name, slot)
        house.air(show.name, slot)
        note.words = "begun"
    for _ in range(LOOKS):
        if await house.station.runs.find(note.run):
            return run_path(note.run)
        await asyncio.sleep(LOOK_SECONDS)
    return show_path(show.name)  # it stands in line: others are being aired


async def ask_preview(house: House, asked: Asked) -> Deed:
    show = house.show(asked.path["show"])
    return Deed(
        f"Preview {show.title}?", "Sources are read and a script is written. Nothing is spent or sent.", "Preview"
    )


async def preview(house: House, asked: Asked, form: Form) -> str:
    show = house.show(asked.path["show"])
    if (id := house.rehearsals.under_way(show.name)) is None:
        one = Rehearsal(show.name, asked.visit.user, house.station.clock.now())
        id = house.rehearsals.add(one)
        async with house.station.audit.noted("preview", show.name, who=asked.visit.user, via=VIA):
            pass

        async def rehearse() -> None:
            try:
                report, written, why = await runner.rehearse(house.station, show, None, Wish(until="script"))
            except BroadcastError as error:
                one.error = str(error)
                return
            run = runner.rehearsal_run(house.station, show, report.slot)
            one.editions = tuple(
                planned(show, ed, written[ed.name], run) for ed in show.editions if ed.name in written
            )
            one.why, one.report = why, report

        house.crew.begin(f"preview {id}", rehearse())
    return show_path(show.name, "previews", id)


async def ask_pause(house: House, asked: Asked) -> Deed:
    known = await _a_show(house, asked)
    what = "Nothing of it is begun until it is resumed, by this daemon, by cron or by anybody else."
    return Deed(
        f"Pause {known}?",
        f"{what} A run that is under way goes on. Slots of that time are not made up for.",
        "Pause",
    )


async def pause(house: House, asked: Asked, form: Form) -> str:
    known, user = await _a_show(house, asked), asked.visit.user
    async with house.station.audit.noted("pause", known, who=user, via=VIA):
        await house.station.pauses.begin(known, user)
    return show_path(known)


async def ask_resume(house: House, asked: Asked) -> Deed:
    known = await _a_show(house, asked)
    return Deed(
        f"Resume {known}?", "It airs again from its next slot on, and goes on with what it had begun.", "Resume"
    )


async def resume(house: House, asked: Asked, form: Form) -> str:
    known, user = await _a_show(house, asked), asked.visit.user
    async with house.station.audit.noted("resume", known, who=user, via=VIA):
        await house.station.pauses.end(known, user)
    return show_path(known)


async def _a_show(house: House, asked: Asked) -> str:
    known = asked.path["show"]
    if known in house.shelf.shows or known in house.shelf.broken or known in await house.reading.shows():
        return known
    raise Missing(f"there is no show {known[:100]!r}")


# --- runs


async def ask_go_on(house: House, asked: Asked) -> Deed:
    run = await _a_run(house, asked)
    comes = _comes_of_it(house.show(run.rpartition("@")[0]))
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


def back_from(asked: Asked) -> str:
    """Return the page that a deed belongs to."""
    return run_path(asked.path["run"]) if "run" in asked.path else show_path(asked.path["show"])
