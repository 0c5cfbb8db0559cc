"""The commands that look after a station: when it airs, its tables brought up to date, what is old removed."""

import argparse
import sys
from itertools import islice
from typing import Any

from broadcast import config
from broadcast.clock import SystemClock
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.text import counted

from .calls import say, together

MOST = 100  #: runs in one transaction: a show that airs meanwhile waits for one


def schedule(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast.schedule import coming, start

    now = SystemClock().now()
    data, lines = [], []
    shows, wrong = _read(arguments.show, known, redact)
    for show in shows:
        name = show.name
        found = list(islice(coming(show.schedules, now), arguments.count))
        if not found:
            lines.append(f"{name}  " + ("never comes again" if show.schedules else "no schedule: airs when called"))
        for slot in found:
            local, begins = slot.astimezone(show.zone), start(name, show.schedules, slot)
            late = f"  starts {begins:%H:%M:%S}Z" if begins > slot else ""
            lines.append(f"{name}  {local:%a %d %b %Y %H:%M} {show.zone}  {slot:%Y-%m-%dT%H:%M:%SZ}{late}")
            data.append({
                "show": name, "slot": f"{slot:%Y-%m-%dT%H:%M:%SZ}", "local": local.isoformat(),
                "timezone": str(show.zone), "starts": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
            })  # fmt: skip
    say(arguments, redact, data, lines)
    return _told(wrong, redact)


def migrate(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import queue
    from broadcast.journal import databases, store

    was, now = store.bring_up_to_date(known.database_url)
    where = databases.shown(known.database_url)
    words = f"is at version {now}" + ("" if was == now else f", it was at {was}")
    data: dict[str, Any] = {"database": where, "version": now, "was": was, "queue": None}
    lines = [f"{where} {words}"]
    if databases.is_postgresql(known.database_url) and queue.installed():
        from broadcast.queue.schema import bring_up_to_date

        applied, waits = bring_up_to_date(known.database_url, finish=arguments.finish)
        data["queue"] = {"applied": list(applied), "waits": list(waits)}
        lines.append(f"its queue is up to date; applied: {', '.join(applied) or 'nothing'}")
        if waits:
            lines.append(f"when every worker is upgraded, `broadcast migrate --finish` applies {', '.join(waits)}")
    elif arguments.finish:
        raise ConfigError("is about a queue, which needs PostgreSQL and 'broadcast[worker]'", where="--finish")
    say(arguments, redact, data, lines)
    return 0


def prune(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import pruning, runner

    if arguments.run and "@" in arguments.run:
        raise ConfigError("name a show, or none for all of them", where="--prune")
    shows, wrong = _read(arguments.run, known, redact)
    data, rehearsal = known.broadcast_data_dir.absolute(), arguments.dry_run

    async def go() -> list[pruning.Pruned]:
        found = []
        async with runner.on_duty(known, rehearsal=rehearsal) as station:
            for show in shows:
                more = True
                while more:
                    # A rehearsal removes nothing, so it is not asked again: it is asked for all at once.
                    most = 10**6 if rehearsal else MOST
                    one = await pruning.prune(
                        show, station.runs, data, station.clock.now(), most=most, rehearsal=rehearsal
                    )
                    found.append(one)
                    more = not rehearsal and len(one.runs) == most
        return found

    found = together(go())
    gone = [id for one in found for id in one.runs]
    folders = [str(path) for one in found for path in one.folders]
    size = sum(one.bytes for one in found)
    verb = "would be removed" if rehearsal else "removed"
    lines = [f"{id}: {verb}" for id in gone]
    count = f"{counted(len(gone), 'run', 'runs')} and {counted(len(folders), 'folder', 'folders')}"
    lines.append(f"{count} of {size / 1e6:.1f} MB {verb}")
    lines += [f"{show.name} keeps everything; `keep: 90d` would change that" for show in shows if show.keep is None]
    say(arguments, redact, {"dry_run": rehearsal, "runs": gone, "folders": folders, "bytes": size}, lines)
    return _told(wrong, redact)


def _read(name: str | None, known: Settings, redact: Redact) -> tuple[list[Show], list[ConfigError]]:
    """Return the show *name*, or all of them, and what keeps others from being read: they are not in the way."""
    shows, wrong = [], []
    for one in [name] if name else config.shows(known):
        try:
            shows.append(config.load(one, known))
        except ConfigError as error:
            if name:
                raise
            wrong.append(error)
            continue
        redact.add(shows[-1].secrets)
    return shows, wrong


def _told(wrong: list[ConfigError], redact: Redact) -> int:
    """Say what is *wrong* with shows that could not be read, and return the exit code."""
    for line in (line for error in wrong for line in str(error).splitlines()):
        print(redact.text(f"broadcast: {line}"), file=sys.stderr)
    return 2 if wrong else 0
