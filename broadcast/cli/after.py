"""The commands that come after a run: send again, settle, take back; and the test of a channel."""

import argparse
import contextlib
import sys
from collections.abc import Iterator

from broadcast import after as deeds
from broadcast import config, runner, trial
from broadcast.errors import ConfigError
from broadcast.journal.audit import Note
from broadcast.logs import Progress, Redact
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.types import Receipt, Report

from .calls import channels, reported, say, together
from .who import VIA, who


def retry(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show, narrowed = _show(arguments.run, known, redact), channels(arguments.channel)

    async def go() -> Report:
        async with runner.on_duty(known, progress=Progress(sys.stderr)) as station:
            async with _noted(station, "retry", arguments.run, item=arguments.channel or "") as note:
                report = await deeds.retry(station, show, arguments.run, narrowed)
                note.words = report.status + (f": {report.error}" if report.error else "")
            return report

    return reported(together(go()), arguments, redact)


def settle(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    async def go() -> tuple[str, str]:
        async with runner.on_duty(known) as station:
            ref, text = arguments.ref or "", "sent" if arguments.sent else "not-sent"
            said = text + (f", as {ref}" if ref else "")
            async with _noted(station, "settle", arguments.run, item=arguments.item, said=said) as note:
                row = await deeds.settle(station, arguments.run, arguments.item, sent=arguments.sent, ref=ref)
                note.words = f"the run is {row.status or 'unfinished'}"
            return row.status or "unfinished", f"broadcast run {row.show} --slot {row.slot:%Y-%m-%dT%H:%M:%SZ}"

    status, go_on = together(go())
    if arguments.item.startswith("deliver/") and not arguments.sent:
        go_on = f"broadcast retry {arguments.run}"
    over = status in ("aired", "quiet")
    data = {"run": arguments.run, "item": arguments.item, "status": status, "next": None if over else go_on}
    say(arguments, redact, data, [f"{arguments.run}: {status}" + ("" if over else f"; go on with: {go_on}")])
    return 0


def retract(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show, narrowed = _show(arguments.run, known, redact), channels(arguments.channel)

    async def go() -> tuple[Receipt, ...]:
        async with runner.on_duty(known) as station:
            noted = _noted(station, "retract", arguments.run, item=arguments.channel or "", said=arguments.note)
            async with noted as note:
                receipts = await deeds.retract(station, show, arguments.run, narrowed, arguments.note)
                note.words = "; ".join(f"{one.channel}: {one.rung or one.error or one.status}" for one in receipts)
            return receipts

    receipts = together(go())
    data = {"run": arguments.run, "receipts": [one.model_dump(mode="json") for one in receipts]}
    say(arguments, redact, data, _lines(receipts))
    return deeds.exit_code(receipts)


def test(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show = config.load(arguments.show, known)
    redact.add(show.secrets)

    async def go() -> Receipt:
        async with runner.on_duty(known) as station:
            return await trial.test(station, show, arguments.channel)

    receipt = together(go())
    say(arguments, redact, receipt.model_dump(mode="json"), _lines((receipt,)))
    return deeds.exit_code((receipt,))


def pause(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    async def go() -> None:
        async with runner.on_duty(known) as station:
            await _exists(station, known, arguments.show)
            async with station.audit.noted("pause", arguments.show, who=who(), via=VIA):
                await station.pauses.begin(arguments.show, who())

    together(go())
    words = f"{arguments.show} is paused; `broadcast resume {arguments.show}` lets it air again"
    say(arguments, redact, {"show": arguments.show, "paused": True}, [words])
    return 0


def resume(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    async def go() -> None:
        async with (
            runner.on_duty(known) as station,
            station.audit.noted("resume", arguments.show, who=who(), via=VIA),
        ):
            await station.pauses.end(arguments.show, who())

    together(go())
    say(arguments, redact, {"show": arguments.show, "paused": False}, [f"{arguments.show} airs again"])
    return 0


def cancel(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    id = arguments.run

    async def go() -> str:
        async with runner.on_duty(known) as station:
            async with _noted(station, "cancel", id) as note:
                note.words = await deeds.cancel(station, id, who())
            return note.words

    words = together(go())
    say(arguments, redact, {"run": id, "said": words}, [f"{id}: {words}"])
    return 0


def _noted(
    station: runner.Station, deed: str, run: str, *, item: str = "", said: str = ""
) -> contextlib.AbstractAsyncContextManager[Note]:
    show = run.rpartition("@")[0]
    return station.audit.noted(deed, show, who=who(), via=VIA, run=run, item=item, said=said)


async def _exists(station: runner.Station, known: Settings, show: str) -> None:
    """Raise `ConfigError` where nothing knows *show*: a typing mistake would pause nothing, and say it had."""
    if show not in config.shows(known) and not await station.runs.newest(show, limit=1):
        raise ConfigError(f"there is no show {show!r}; there is {', '.join(config.shows(known))}")


def _show(run: str, known: Settings, redact: Redact) -> Show:
    show = config.load(run.rpartition("@")[0] or run, known)
    redact.add(show.secrets)
    return show


def _lines(receipts: tuple[Receipt, ...]) -> Iterator[str]:
    for receipt in receipts:
        for end in receipt.to or (receipt,):
            to = getattr(end, "to", None)
            where = " ".join(part for part in (end.ref, end.url) if part)
            done = (end.rung or end.status) + (f": {where}" if where else "")
            became = f"{end.status}: {end.error}" if end.error else done
            yield f"{receipt.channel}{f' {to}' if to else ''}: {became}"
            yield from (f"  note: {one}" for one in end.missed)


COMMANDS = (retry, settle, retract, test, pause, resume, cancel)
