"""Reserve one dollar for each of many runs, all at once: `spender.py FOLDER COUNT FIRST MONTH [all]`.

It prints who got it. With `all` each run is of another show, and the month's budget is that of all shows.

It says `ready` and begins when a line comes in, so that several of them begin together.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from journals import SLOT, opened

from broadcast.clock import SystemClock
from broadcast.errors import Rejected
from broadcast.journal.ledger import Purse
from broadcast.types import Budget


async def main(folder: Path, count: int, first: int, month: float, of_all: bool) -> None:
    async with opened(folder) as journal:
        numbers = range(first, first + count)
        shows = [f"news-{number}" if of_all else "news" for number in numbers]
        slots = [SLOT + timedelta(hours=number) for number in numbers]
        runs = [await journal.claim(show, slot) for show, slot in zip(shows, slots, strict=True)]
        mine, whole = Budget(run=10, month=None if of_all else month), Budget(month=month if of_all else None)
        zone, clock = ZoneInfo("UTC"), SystemClock()
        purses = {run.id: Purse(journal.store, clock, run, mine, zone, of_all=whole) for run in runs}
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        got = await asyncio.gather(
            *(purse.reserve("submit/main/heygen/1", 1.0) for purse in purses.values()), return_exceptions=True
        )
    for run, answer in zip(purses, got, strict=True):
        if answer is None:
            print(run)
        elif not isinstance(answer, Rejected):
            raise answer


asyncio.run(
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:] == ["all"])
)
