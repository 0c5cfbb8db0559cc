"""The commands that come after a run: send again, settle, take back; and the test of a channel."""

import argparse
import sys
from collections.abc import Iterator

from broadcast import after as deeds
from broadcast import config, runner
from broadcast.logs import Progress, Redact
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.types import Receipt, Report

from .calls import channels, reported, say, together


def retry(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show, narrowed = _show(arguments.run, known, redact), channels(arguments.channel)

    async def go() -> Report:
        async with runner.on_duty(known, progress=Progress(sys.stderr)) as station:
            return await deeds.retry(station, show, arguments.run, narrowed)

    return reported(together(go()), arguments, redact)


def settle(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    async def go() -> tuple[str, str]:
        async with runner.on_duty(known) as station:
            row = await deeds.settle(
                station, arguments.run, arguments.item, sent=arguments.sent, ref=arguments.ref or ""
            )
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
            return await deeds.retract(station, show, arguments.run, narrowed, arguments.note)

    receipts = together(go())
    data = {"run": arguments.run, "receipts": [one.model_dump(mode="json") for one in receipts]}
    say(arguments, redact, data, _lines(receipts))
    return deeds.exit_code(receipts)


def test(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show = config.load(arguments.show, known)
    redact.add(show.secrets)

    async def go() -> Receipt:
        async with runner.on_duty(known) as station:
            return await deeds.test(station, show, arguments.channel)

    receipt = together(go())
    say(arguments, redact, receipt.model_dump(mode="json"), _lines((receipt,)))
    return deeds.exit_code((receipt,))


def _show(run: str, known: Settings, redact: Redact) -> Show:
    show = config.load(run.rpartition("@")[0] or run, known)
    redact.add(show.secrets)
    return show


def _lines(receipts: tuple[Receipt, ...]) -> Iterator[str]:
    for receipt in receipts:
        for end in receipt.to or (receipt,):
            to = getattr(end, "to", None)
            where = " ".join(part for part in (end.ref, end.url) if part)
            became = f"{end.status}: {end.error}" if end.error else f"{end.rung or end.status} {where}".rstrip()
            yield f"{receipt.channel}{f' {to}' if to else ''}: {became}"


COMMANDS = (retry, settle, retract, test)
