"""The commands that list what a service has: what can be named in a show."""

import argparse
import sys

from broadcast.logs import Redact
from broadcast.settings import Settings

from .calls import say, together


def heygen(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from .heygen import FILTERS, listed, table

    if arguments.list == "webhooks":
        return _webhooks(arguments, known, redact)
    what = arguments.list
    filters = {theirs: value for ours, theirs in FILTERS.items() if (value := getattr(arguments, ours, None))}
    found, more = together(listed(known, what, filters, arguments.limit))
    say(arguments, redact, found, table(what, found))
    if more:
        print(f"there are more {what} than these {len(found)}: raise --limit, or narrow it", file=sys.stderr)
    return 0


def _webhooks(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from . import endpoints
    from .heygen import table

    if arguments.deed == "list":
        found = together(endpoints.listed(known))
        say(arguments, redact, found, table("webhooks", found))
    elif arguments.deed == "remove":
        gone = together(endpoints.remove(known, arguments.endpoint))
        say(arguments, redact, gone, [f"{arguments.endpoint} is removed"])
    else:
        add = arguments.deed == "add"
        deed = endpoints.add(known, arguments.url) if add else endpoints.rotate(known, arguments.endpoint)
        made = together(deed)
        say(arguments, redact, made, endpoints.lines(made))
    return 0


def telegram(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from .telegram import NONE, listed, table

    found = together(listed(known))
    say(arguments, redact, found, table(found))
    if not found:
        print(NONE, file=sys.stderr)
    return 0


def slack(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from .slack import channels, table

    found, notes = together(channels(known, arguments.limit))
    say(arguments, redact, found, table(found))
    for note in notes:
        print(note, file=sys.stderr)
    return 0


COMMANDS = (heygen, slack, telegram)
