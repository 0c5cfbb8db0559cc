"""`broadcast serve`: air every show at its time."""

import argparse
import asyncio
import re

from broadcast.errors import ConfigError
from broadcast.logs import Redact, setup
from broadcast.settings import Settings


def serve(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import daemon

    names = frozenset(re.findall(r"[^,\s]+", arguments.shows or ""))
    if arguments.shows is not None and not names:
        raise ConfigError("names no show; leave it out for all of them", where="--shows")
    setup(redact, verbose=arguments.verbose, lasting=True)
    host, port, concurrent = arguments.host, arguments.port, arguments.concurrent
    asyncio.run(daemon.serve(known, redact, host=host, port=port, only=names, concurrent=concurrent))
    return 0
