"""`broadcast preview`: what would be said, each sentence beside its source. Nothing is spent."""

import argparse
from dataclasses import replace
from pathlib import Path

from broadcast import config, reporting, runner
from broadcast.desk import Wish
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.page.preview import Planned, preview_page
from broadcast.planning import planned
from broadcast.settings import Settings
from broadcast.types import Report, Why

from . import terminal
from .calls import say, together


def preview(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    show = config.load(arguments.show, known)
    redact.add(show.secrets)

    async def go() -> tuple[Report, list[Planned], tuple[Why, ...]]:
        async with runner.on_duty(known, rehearsal=True) as station:
            report, written, why = await runner.rehearse(station, show, None, Wish(until="script"))
            run = runner.rehearsal_run(station, show, report.slot)
            like = {one.name: one for one in show.editions}
            editions = [like.get(name) or replace(show.editions[0], name=name) for name in written]
            return report, [planned(show, one, written[one.name], run) for one in editions], why

    report, plans, why = together(go())
    if arguments.html:
        path = Path(arguments.html)
        try:
            path.write_text(redact.text(preview_page(show.title, show.brand, report, plans)), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"cannot be written: {error.strerror}", where=str(path)) from None
    data = {
        "report": report.model_dump(mode="json"),
        "editions": {one.name: one.written.model_dump(mode="json") for one in plans},
        "prompts": {one.name: one.prompt for one in plans},
        "why": [one.model_dump(mode="json") for one in why],
        "estimates": {one.name: {"renderer": one.renderer, "usd": one.usd} for one in plans},
    }
    reasons = terminal.reasons(why) if arguments.why else ()
    say(arguments, redact, data, [*terminal.told(report, preview=True), *reasons, *terminal.beside_sources(plans)])
    return reporting.exit_code(report)
