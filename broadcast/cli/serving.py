"""Processes that last: `broadcast serve` and `worker` air shows, `broadcast console` shows what was aired."""

import argparse
import asyncio
import getpass
import re
import sys
from typing import Any

from broadcast.errors import ConfigError
from broadcast.logs import Redact, setup
from broadcast.settings import Settings

from .calls import say


def serve(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import console, daemon

    asked = _asked(arguments, redact)
    furnish = console.furnishing(known, redact, arguments.host)
    asyncio.run(daemon.serve(known, redact, queue=arguments.queue, furnish=furnish, **asked))
    return 0


def worker(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast.queue import demand

    demand(known.database_url)  # first of all: what works in the queue cannot be imported without it
    from broadcast.worker import work

    asyncio.run(work(known, redact, **_asked(arguments, redact)))
    return 0


def _asked(arguments: argparse.Namespace, redact: Redact) -> dict[str, Any]:
    names = frozenset(re.findall(r"[^,\s]+", arguments.shows or ""))
    if arguments.shows is not None and not names:
        raise ConfigError("names no show; leave it out for all of them", where="--shows")
    setup(redact, verbose=arguments.verbose, lasting=True)
    return {"host": arguments.host, "port": arguments.port, "only": names, "concurrent": arguments.concurrent}


def console(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import console as pages

    if arguments.hash_password:
        return _hash(arguments, redact)
    setup(redact, verbose=arguments.verbose, lasting=True)
    asyncio.run(pages.serve(known, redact, host=arguments.host, port=arguments.port))
    return 0


def _hash(arguments: argparse.Namespace, redact: Redact) -> int:
    from broadcast.console.password import WHERE, hashed

    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise ConfigError("these were two different passwords", where="--hash-password")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    made = hashed(password)
    say(arguments, redact, {WHERE: made}, [f"{WHERE}={made}"])
    return 0
