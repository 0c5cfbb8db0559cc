"""What can be done with a show: air it now, look at what it would say, pause it, resume it."""

import asyncio

from broadcast import runner
from broadcast.desk import Wish
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.pauses import words
from broadcast.journal.runs import name
from broadcast.planning import planned

from .deeds import VIA, Deed, Form, comes_of_it
from .house import Asked, House, Missing
from .layout import run_path, show_path
from .rehearsals import Rehearsal

LOOKS, LOOK_SECONDS = 30, 0.1  #: for a run that was just begun


async def ask_air(house: House, asked: Asked) -> Deed:
    show = house.show(asked.path["show"])
    comes = f"A fresh run begins at once. {comes_of_it(show)}"
    return Deed(f"Air {show.title} now?", comes, "Air now", grave=True)


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
