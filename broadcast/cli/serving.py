"""`broadcast serve` and `broadcast worker`: processes that air shows until they are asked to end."""

import argparse
import asyncio
import re
from typing import Any

from broadcast.errors import ConfigError
from broadcast.logs import Redact, setup
from broadcast.settings import Settings


def serve(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import daemon

    asyncio.run(daemon.serve(known, redact, queue=arguments.queue, **_asked(arguments, redact)))
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
