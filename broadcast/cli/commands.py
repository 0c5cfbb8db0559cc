"""The commands of the command line: each is one call, and what it prints."""

import argparse
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel

from broadcast import config, settings
from broadcast.clock import surprise
from broadcast.errors import BroadcastError, ConfigError, StageError
from broadcast.logs import Progress, Redact, setup
from broadcast.offloaded import collect_seldom
from broadcast.settings import Settings
from broadcast.types import Report, duration

from . import after, approving, bundling, costs, keeping, markdown, preview, services, serving, terminal
from .calls import Stopped, channels, reported, say, together

T = TypeVar("T")

log = logging.getLogger(__name__)


def main(arguments: argparse.Namespace) -> int:
    """Do what the command line asked for. Returns the exit code; never raises, so that nobody sees a traceback."""
    collect_seldom()
    try:
        return _answered(arguments)
    except OSError as error:  # of our own output: nobody reads it any more, or there is no room for it
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # for whatever Python still wants to say
        return 0 if isinstance(error, BrokenPipeError) else 1


def _answered(arguments: argparse.Namespace) -> int:
    redact = Redact(())
    try:
        known = settings.load()
        redact = Redact(_secrets(known))
        setup(redact, verbose=arguments.verbose)
        sys.path.append(str(Path.cwd()))  # plugins of one's own may lie beside the config folder
        code = COMMANDS[arguments.command](arguments, known, redact)
        sys.stdout.flush()
        return code
    except ConfigError as error:
        return _stopped(arguments, redact.text(str(error)), "failed", 2)
    except StageError as error:
        return _stopped(arguments, redact.text(str(error)), "failed", 1)
    except Stopped as error:
        again = f"; go on with: {error}" if arguments.command == "run" else ""
        return _stopped(arguments, f"stopped by a signal{again}", "unfinished", 4)
    except OSError:
        raise
    except Exception as error:
        log.debug("%s", arguments.command, exc_info=True)
        hint = "" if arguments.verbose else " (a bug: please report it, with the output of --verbose)"
        words = str(error) if isinstance(error, BroadcastError) else surprise(arguments.command, error) + hint
        return _stopped(arguments, redact.text(words), "failed", 1)


def _stopped(arguments: argparse.Namespace, words: str, status: str, code: int) -> int:
    if arguments.json:
        print(json.dumps({"status": status, "error": words}, ensure_ascii=False))
    for line in words.splitlines():
        print(f"broadcast: {line}", file=sys.stderr)
    sys.stdout.flush()
    return code


# --- airing


def run(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import runner
    from broadcast.desk import Wish

    from . import storyfile

    show = config.load(arguments.show, known)
    redact.add(show.secrets)
    slot = _slot(arguments.slot) if arguments.slot else None
    narrowed = channels(arguments.channels)
    patience = _patience(arguments.timeout)

    async def go() -> Report:
        async with runner.on_duty(known, progress=Progress(sys.stderr), rehearsal=arguments.dry_run) as station:
            stories = None
            if arguments.story:
                asked = [storyfile.load(one, station.http, station.clock) for one in arguments.story]
                stories = tuple([await one for one in asked])
            wish = Wish(
                stories=stories,
                channels=narrowed,
                patience=patience,
                until=arguments.until,
                dry_run=arguments.dry_run,
            )
            return await runner.run(station, show, slot, now=arguments.now, due_only=arguments.due, wish=wish)

    if arguments.due and not show.schedules:
        raise ConfigError(f"{show.name} has no `schedule:`: it is never due", where="--due")
    if arguments.summary:
        markdown.write(Path(arguments.summary), "")  # what cannot be written is said before anything is paid
    report = together(go())
    if arguments.summary:
        markdown.write(Path(arguments.summary), redact.text(markdown.summary(report)))
    code = reported(report, arguments, redact)
    for line in () if arguments.dry_run else terminal.again(report):
        print(redact.text(line), file=sys.stderr)
    return code


def demo(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import demo

    report = together(
        demo.air(
            known,
            out=Path(arguments.out),
            feed=arguments.feed,
            portrait=arguments.portrait,
            progress=Progress(sys.stderr),
        )
    )
    code = reported(report, arguments, redact)
    if code == 0 and not arguments.json:
        print(f"\nWatch it: {(Path(arguments.out) / 'index.html').absolute().as_uri()}")
    return code


# --- looking


def check(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from .checking import check as look

    names = [arguments.show] if arguments.show else config.shows(known)
    if not names:
        raise ConfigError(
            "has no shows; `broadcast new NAME` makes a first one", where=str(known.broadcast_config_dir)
        )
    findings = together(look(names, known, redact))
    lines = []
    for finding in findings:
        state = "ok " if finding["ok"] else "BAD"
        lines += [f"{state} {finding['show']}: {line}" for line in finding["said"].splitlines()]
        lines += [f"      note: {note}" for note in finding["notes"]]
    say(arguments, redact, findings, lines)
    return 0 if all(finding["ok"] for finding in findings) else 2


def runs(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import runner

    if arguments.prune:
        return keeping.prune(arguments, known, redact)
    if arguments.dry_run:
        raise ConfigError("goes with --prune only", where="--dry-run")
    one = arguments.run if arguments.run and "@" in arguments.run else None

    async def go() -> Any:
        async with runner.on_duty(known, rehearsal=True) as station:
            if one:
                return await station.runs.find(one)
            return await station.runs.newest(arguments.run, limit=arguments.limit)

    found = together(go())
    if one and found is None:
        raise ConfigError(f"there is no run {one!r}; `broadcast runs` lists them")
    if arguments.run and not found and arguments.run not in (there := config.shows(known)):
        raise ConfigError(f"no run and no show is called {arguments.run!r}; there is {', '.join(there)}")
    if one:
        row, deeds = found
        report = row.report.model_dump(mode="json") if row.report else None
        data = {**_row(row), "report": report, "items": [_deed(deed) for deed in deeds]}
        say(arguments, redact, data, terminal.items(row, deeds))
    else:
        say(
            arguments,
            redact,
            [_row(row) for row in found],
            map(terminal.line, found)
            if found
            else [f"no runs of {arguments.run} yet" if arguments.run else "no runs yet"],
        )
    return 0


def _row(row: Any) -> dict[str, Any]:
    slot = f"{row.slot:%Y-%m-%dT%H:%M:%SZ}"
    state = {"status": row.status, "held": row.held, "closed": row.closed}
    return {"run": row.id, "show": row.show, "slot": slot, **state}


def _deed(item: Any) -> dict[str, Any]:
    return {"key": item.key, "deed": item.deed, "done": item.done, "begun": f"{item.begun:%Y-%m-%dT%H:%M:%SZ}"}


# --- making


def new(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from .newshow import write

    path = write(arguments.name, arguments.kind, known.broadcast_config_dir)
    name = arguments.name
    say(
        arguments,
        redact,
        {"path": str(path)},
        [f"wrote {path}; next: broadcast check {name}; broadcast preview {name}"],
    )
    return 0


def plugins(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast.plugins import ROLES, built_in, find

    walk = [_plugin(role, name, find(role, name)) for role in ROLES for name in built_in(role)]
    lines = []
    for one in walk:
        lines.append(f"{one['role']} {one['name']}: {one['summary']}")
        for key, field in one["settings"].items():
            value = " (needed)" if field["required"] else f" = {json.dumps(field['default'], ensure_ascii=False)}"
            lines.append(f"    {key}{value}" + (f"  # {field['description']}" if field["description"] else ""))
    say(arguments, redact, walk, lines)
    return 0


def _plugin(role: str, name: str, cls: type[BaseModel]) -> dict[str, Any]:
    settings = {
        key: {"required": field.is_required(), "default": _plain(field.default), "description": field.description}
        for key, field in cls.model_fields.items()
    }
    return {"role": role[:-1], "name": name, "summary": _summary(cls), "settings": settings}


def _plain(default: Any) -> Any:
    return default if isinstance(default, str | int | float | bool | None) else str(default)


def _summary(cls: type[BaseModel]) -> str:
    """Return the first sentence of its help, however many lines it takes."""
    first = " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[^.]\w\.) (?=[A-Z])", first, maxsplit=1)[0]


def schema(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast.config.showfile import schema

    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings, Redact], int]] = {
    command.__name__: command
    for command in (
        run,
        serving.serve,
        serving.console,
        serving.worker,
        demo,
        check,
        preview.preview,
        keeping.schedule,
        runs,
        keeping.migrate,
        new,
        plugins,
        schema,
        *services.COMMANDS,
        *after.COMMANDS,
        *approving.COMMANDS,
        *bundling.COMMANDS,
        costs.costs,
    )
}


# --- small change


def _secrets(known: Settings) -> Iterator[str]:
    """Yield the secrets of this installation; those of a show come with the show."""
    for name in settings.SECRETS:
        if value := known.variables.get(name):
            yield value
    if known.broadcast_database_url:
        url = known.broadcast_database_url.get_secret_value()
        said = re.findall(r"://[^/@]*?:([^/@]+)@|[?&][a-z]*password=([^&]+)", url)
        for password in filter(None, (one for pair in said for one in pair)):
            yield password
            yield unquote(password)  # as the database's own words would have it


def _slot(text: str) -> datetime:
    try:
        slot = datetime.fromisoformat(text)
        if slot.tzinfo is not None:
            return slot.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is not an instant; write it like 2026-11-23T17:00:00Z", where="--slot"
        ) from None
    raise ConfigError(f"{text!r} has no time zone; write it like 2026-11-23T17:00:00Z", where="--slot")


def _patience(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        found: timedelta = duration(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} {error}", where="--timeout") from None
    return found
