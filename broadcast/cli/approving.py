"""`broadcast approve`: answer what a run asks, edit the script that it asks about."""

import argparse
import sys
from pathlib import Path

from broadcast import approving, config, runner
from broadcast.approving import Faulty
from broadcast.errors import ConfigError
from broadcast.journal.approvals import Approval
from broadcast.logs import Redact
from broadcast.scripting import editing
from broadcast.settings import Settings
from broadcast.stages import gates

from .calls import say, together
from .who import VIA, who


def approve(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    id = arguments.run
    show = config.load(id.rpartition("@")[0] or id, known)
    redact.add(show.secrets)
    about = "script" if arguments.script or arguments.write or arguments.edit else ""
    about = "video" if arguments.video else about
    if arguments.video and (arguments.write or arguments.edit):
        raise ConfigError("is rendered already: a script is written out and edited before that", where="--video")
    if arguments.write and arguments.note:
        raise ConfigError("belongs to an answer, and --write gives none", where="--note")
    text = _read(arguments.edit) if arguments.edit else None

    async def go() -> tuple[Approval, str]:
        async with runner.on_duty(known) as station:
            gate = await approving.asked(station, id, about=about, edition=arguments.edition or "")
            if arguments.write:
                found = await approving.written(station, id, gate.edition)
                return gate, editing.written_out(found.script)
            script = None
            if text is not None:
                before = (await approving.written(station, id, gate.edition)).script
                try:
                    script = await approving.edit(station, show, gate, editing.read_back(text, before))
                except (ValueError, Faulty) as error:
                    raise ConfigError(f"nothing was answered: {error}", where=arguments.edit) from None
            verdict = gates.VERDICTS["drop" if arguments.reject else "air"]
            said = arguments.note or ""
            found_ = await approving.answer(
                station, show, gate, verdict, who=who(), via=VIA, said=said, script=script
            )
            return found_, ""

    gate, written = together(go())
    if arguments.write:
        if arguments.write == "-":
            print(redact.text(written), end="")
            return 0
        _write(arguments.write, written)
        edition = "" if gate.edition == "main" else f" --edition {gate.edition}"
        back = f"broadcast approve {id}{edition} --edit {arguments.write}"
        say(arguments, redact, {"run": id, "gate": gate.gate, "file": arguments.write, "next": back},
            [f"{arguments.write}: edit it, then {back}"])  # fmt: skip
        return 0
    show_, _, slot = id.rpartition("@")
    on = None if gate.verdict == "rejected" else f"broadcast run {show_} --slot {slot}"
    data = {"run": id, "gate": gate.gate, "verdict": gate.verdict, "who": gate.who, "next": on}
    data["edited"] = gate.script is not None
    lines = [f"{id}: the {gate.about} is {gate.verdict}{', as edited' if gate.script else ''}"]
    say(arguments, redact, data, [*lines, *([f"a daemon goes on by itself; else: {on}"] if on else [])])
    return 0


def _read(name: str) -> str:
    try:
        return sys.stdin.read(editing.MOST + 1) if name == "-" else Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", where=name) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=name) from None


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=name) from None


COMMANDS = (approve,)
