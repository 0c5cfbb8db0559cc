"""Reserve one dollar for each of many runs, all at once: `spender.py FOLDER COUNT FIRST MONTH`. Prints who got it.

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


async def main(folder: Path, count: int, first: int, month: float) -> None:
    async with opened(folder) as journal:
        runs = [await journal.claim("news", SLOT + timedelta(hours=first + number)) for number in range(count)]
        budget = Budget(run=10, month=month)
        purses = {run.id: Purse(journal.store, SystemClock(), run, budget, ZoneInfo("UTC")) for run in runs}
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


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
