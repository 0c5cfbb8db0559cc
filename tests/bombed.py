"""Ask for a feed that is a bomb, and print what became of it and what it cost: `bombed.py NAME`.

The costs, in KB, are the most that this process held more than at first, and the most that a child of it held. Only
what reads the feed is a child of it. (A child counts as what this process was when it began, at least.)
"""

import asyncio
import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broadcast.errors import StageError
from broadcast.feeds import subscription
from broadcast.sources.rss import Rss
from broadcast.testing import Bench, Server

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS: dict[str, dict[str, Any]] = {
    "gzip": {"fault": "bomb"},
    "endless": {"fault": "endless"},
    "headers": {"fault": "flood"},
    "brotli": {"body": b"\x1b" * 1500, "headers": {"Content-Encoding": "br"}},
    "zstd": {"body": b"\x28\xb5\x2f\xfd" * 500, "headers": {"Content-Encoding": "zstd"}},
    "laughs": {
        "body": f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]><rss><channel><title>&l11;</title></channel></rss>'
    },
    "laughs-16": {
        "body": (
            f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]><rss><channel><title>&l11;</title></channel></rss>'
        ).encode("utf-16-le")
    },
    "quadratic": {
        "body": b"<!-- -->\xef\xbb\xbf"
        + f'<!DOCTYPE rss [<!ENTITY a "{"x" * 90_000}">]>'.encode()
        + b"<rss><channel><item><title>T</title><description>"
        + b"&a;" * 90_000
        + b"</description></item></channel></rss>"
    },
    "items": {"body": "<rss><channel>" + "<item/>" * 500_000},
    "depth": {"body": "<rss><channel>" + "<a>" * 1_000_000},
    "attributes": {
        "body": "<rss><channel><item><title>T</title><x " + " ".join(f'a{n}="1"' for n in range(30_000)) + "/>"
    },
    "refs": {"body": "<rss><channel><item><title>" + "&amp;" * 400_000},
    "json": {"body": '{"version": "https://jsonfeed.org/version/1.1", "items": [' + "{}," * 3_000_000 + "{}]}"},
}


async def main(name: str) -> dict[str, Any]:
    subscription.PARSING = 2.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with Server() as server, Bench(Path.cwd()).tools() as tools:
        try:
            source = Rss(url=server.put("/feed", **BOMBS[name]))
            found: Any = len(await source.fetch(tools, datetime(2000, 1, 1, tzinfo=UTC)))
        except StageError as error:
            found = str(error)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"found": found, "own": own, "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1]))))
