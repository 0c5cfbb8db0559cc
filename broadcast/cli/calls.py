"""What every command does alike: run to its end, print data or lines, answer with an exit code."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

from broadcast import reporting
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.plugins import Env, Plugin
from broadcast.settings import Settings
from broadcast.types import Report

from . import terminal

T = TypeVar("T")


class Stopped(Exception):
    """Somebody asked the process to end: what is under way can be gone on with."""


def together(work: Awaitable[T]) -> T:
    """Run *work* to its end. On SIGTERM it is put down, so that the next call can go on."""

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
        try:
            return await task
        except asyncio.CancelledError as error:
            show, _, slot = str(error).rpartition("@")
            raise Stopped(f"broadcast run {show} --slot {slot}" if show else "the same command") from None

    return asyncio.run(guarded())


def reported(report: Report, arguments: argparse.Namespace, redact: Redact) -> int:
    say(arguments, redact, report.model_dump(mode="json"), terminal.told(report))
    code = reporting.exit_code(report)
    for line in terminal.what_next(report) if code else ():
        print(redact.text(line), file=sys.stderr)
    return code


def say(arguments: argparse.Namespace, redact: Redact, data: Any, lines: Iterable[str]) -> None:
    """Print *data* where JSON is asked for, else *lines*."""
    if arguments.json:
        print(json.dumps(redact.data(data), ensure_ascii=False, indent=2))
    else:
        print(redact.text("\n".join(lines)))


def channels(text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise ConfigError("names no channel; leave it out for all of them", where="--channels")
    return names


def account(known: Settings, plugin: type[Plugin], secret: str) -> tuple[str, str]:
    """Return the credential and the address of a service, from where *plugin* has them in its fields."""
    fields = plugin.model_fields
    env, base = (next(m for m in fields[name].metadata if isinstance(m, Env)) for name in (secret, "base"))
    if not (found := known.variables.get(env.name)):
        raise ConfigError(f"is not set; get one at {env.page}", where=env.name)
    return found, known.variables.get(base.name) or fields["base"].default
