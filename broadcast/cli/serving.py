"""`broadcast serve` airs every show at its time; `broadcast console` shows what was aired."""

import argparse
import asyncio
import getpass
import re
import sys

from broadcast.errors import ConfigError
from broadcast.logs import Redact, setup
from broadcast.settings import Settings

from .calls import say


def serve(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import console, daemon

    names = frozenset(re.findall(r"[^,\s]+", arguments.shows or ""))
    if arguments.shows is not None and not names:
        raise ConfigError("names no show; leave it out for all of them", where="--shows")
    setup(redact, verbose=arguments.verbose, lasting=True)
    host, port, concurrent = arguments.host, arguments.port, arguments.concurrent
    furnish = console.furnishing(known, redact, host)
    asyncio.run(
        daemon.serve(known, redact, host=host, port=port, only=names, concurrent=concurrent, furnish=furnish)
    )
    return 0


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
