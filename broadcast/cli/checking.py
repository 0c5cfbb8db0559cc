"""`broadcast check`: is every show all right? It reads, and changes nothing."""

import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from broadcast import config, health, runner
from broadcast.clock import attempt, surprise
from broadcast.errors import ConfigError, StageError, Unavailable
from broadcast.journal.pauses import words
from broadcast.logs import Redact
from broadcast.plugins import Asks, Manifold, Tools
from broadcast.schedule import coming
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.stages import gates
from broadcast.stages.sending import objection
from broadcast.station import Station

log = logging.getLogger(__name__)

ANSWER_SECONDS = 60.0  #: for one writer or renderer to say whether it could work as it is set up


async def check(names: list[str], known: Settings, redact: Redact) -> list[dict[str, Any]]:
    """Return for each show whether it is all right, what it is made of or what is wrong, a line each, and notes."""
    async with runner.on_duty(known, rehearsal=True) as station:
        return [await _one(name, known, redact, station) for name in names]


async def _one(name: str, known: Settings, redact: Redact, station: Station) -> dict[str, Any]:
    try:
        show = config.load(name, known)
    except ConfigError as error:
        return {"show": name, "ok": False, "said": str(error), "notes": []}
    redact.add(show.secrets)
    wrong = [*_home(known.broadcast_data_dir), *await _refusals(show, station)]
    found, notes = await _findings(show, station)
    wrong += [*found, *await _askers(show, station)]
    notes = [*show.notes, *notes, *await _ailing(show, station), *_schedule(show, station), *_hooks(show)]
    if pause := await station.pauses.now(show.name):
        notes.append(f"{show.name} is paused {words(pause)}; `broadcast resume {show.name}` lets it air again")
    return {"show": name, "ok": not wrong, "said": "\n".join(wrong) or _made_of(show), "notes": notes}


def _home(data: Path) -> list[str]:
    """Return what keeps a run from writing its journal and videos. No folder is made: a check leaves no trace."""
    there = next(each for each in (data.absolute(), *data.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        return [f"{there} is no folder: the data directory cannot be made there; set BROADCAST_DATA_DIR"]
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        return [f"{there} cannot be written: give this user the right to, or set BROADCAST_DATA_DIR elsewhere"]
    return []


async def _refusals(show: Show, station: Station) -> list[str]:
    desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=True)
    said = []
    for name in show.channels:
        found = await objection(show, name, desk)
        if isinstance(found, StageError):
            said.append(f"channel {name}: {found}")
        else:
            said += [f"channel {name}: {to}: {error}" for to, error in found.items()]
    return said


async def _askers(show: Show, station: Station) -> list[str]:
    """Return what keeps people from being asked, or from answering, before a run pays or publishes."""
    desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=True)
    said = []
    for name, channel in (show.approval.ask if show.approval else {}).items():
        assert isinstance(channel, Asks)
        if getattr(channel, "by_link", False) and not station.settings.broadcast_public_url:
            words = (
                "BROADCAST_PUBLIC_URL is not set, so its letters have no link: they name the command that answers"
            )
            said.append(f"approval {name}: {words}")
        tools = desk.tools(gates.scope(show, name), note=lambda text: None)
        listen = partial(channel.heard, tools, ())
        try:
            found = await attempt(
                station.clock, partial(channel.preflight, tools), what=name, deadline=ANSWER_SECONDS
            )
            said += [f"approval {name}: {to}: {error}" for to, error in (found or {}).items()]
            await attempt(station.clock, listen, what=name, deadline=ANSWER_SECONDS)
        except Exception as error:  # a channel with a bug does not end the check of the others
            log.debug("approval %s", name, exc_info=True)
            said.append(f"approval {name}: {surprise(name, error)}")
    return said


async def _findings(show: Show, station: Station) -> tuple[list[str], list[str]]:
    """Return what is wrong with how writers and renderers are set up, where they can tell, and their notes."""
    desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=True)
    wrong: list[str] = []
    notes: list[str] = []
    asked: list[tuple[Any, ...]] = []

    async def ask(what: str, read: Callable[[Tools], Awaitable[list[str]]]) -> None:
        role, name = what.split(" ", 1)
        tools = desk.tools(f"{show.name}/{role}s/{name}", note=lambda text: notes.append(f"{what}: {text}"))
        try:
            found = await attempt(station.clock, partial(read, tools), what=name, deadline=ANSWER_SECONDS)
            wrong.extend(f"{what}: {one}" for one in found)
        except Unavailable as error:
            notes.append(f"{what} could not be asked whether all is right: {error}")
        except StageError as error:
            wrong.append(f"{what}: {error}")

    for name, writer in show.writers.items():
        if hasattr(writer, "findings"):
            await ask(f"writer {name}", writer.findings)
    for edition in show.editions:
        for way in edition.ways:
            avatars = (edition.avatar_id,) if edition.avatar_id else tuple(show.presenters.values())
            question = (way.renderer, edition.seconds, way.orientation, avatars, edition.voice_id, edition.language)
            if not hasattr(way.renderer, "findings") or question in asked:
                continue
            asked.append(question)
            chosen = {"avatar_ids": avatars, "voice_id": edition.voice_id, "orientation": way.orientation}
            chosen |= {"language": edition.language}
            await ask(f"renderer {way.name}", partial(way.renderer.findings, seconds=edition.seconds, **chosen))
    return list(dict.fromkeys(wrong)), list(dict.fromkeys(notes))


async def _ailing(show: Show, station: Station) -> list[str]:
    """Return one line for each source, and each part of one, that failed of late. Nothing is asked for it."""
    desk = station.desk(show, runner.rehearsal_run(station, show), rehearsal=True)
    notes = []
    for name, source in show.sources.items():
        state = health.recalled(await desk.memory(health.scope(show.name, name)).get("health"))
        if state.fails:
            notes.append(f"source {name}: {state.words()}")
        if isinstance(source, Manifold):
            tools = desk.tools(f"{show.name}/sources/{name}", note=notes.append)
            notes += [f"source {name}: {words}" for words in (await source.ailing(tools)).values()]
    return notes


def _hooks(show: Show) -> list[str]:
    alone = len(show.hooks) == 1
    return [
        f"hook {key}: POST /hooks/{show.name}{'' if alone else f'/{key}'} of `broadcast serve`, {hook.verify}"
        for key, hook in show.hooks.items()
    ]


def _schedule(show: Show, station: Station) -> list[str]:
    if not show.schedules:
        return ["no schedule: it airs when it is called"]
    slot = next(coming(show.schedules, station.clock.now()), None)
    if slot is None:
        return ["its schedule never comes again"]
    local = slot.astimezone(show.zone)
    return [f"next slot {slot:%Y-%m-%dT%H:%M:%SZ}, {local:%a %d %b %H:%M} in {show.zone}"]


def _made_of(show: Show) -> str:
    renderers = ", ".join(way.name for way in show.editions[0].ways)
    sources = "1 source" if len(show.sources) == 1 else f"{len(show.sources)} sources"
    return f"{sources} -> {', '.join(show.writers)} -> {renderers} -> {', '.join(show.channels)}" + (
        f", editions {', '.join(one.name for one in show.editions)}" if len(show.editions) > 1 else ""
    )
