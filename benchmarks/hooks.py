"""What `serve` makes of requests that nobody may be taken in by, and how soon it acts on one that is genuine.

    python benchmarks/hooks.py [REQUESTS] [SEED] [CALLBACKS]

Prints, by kind, what forged, replayed, late, oversized and malformed requests are answered, and how long one took
at the client on loopback: sending included, so it bounds the handler's time from above. CPU is that of the whole
process, client included. Then the time from the end of a render at a HeyGen of our own to the first message, by
callback; the poll would come ten minutes later.
"""

import asyncio
import io
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from calling import HOOKS, RELEASE, github, heygen, plain, standard  # noqa: E402
from forgers import KINDS, attempts  # noqa: E402
from test_callbacks import listed, over, studio  # noqa: E402
from watching import until  # noqa: E402

EVENT = {"event_type": "video_agent.fail", "event_data": {"session_id": "x"}}
STORY = {"title": "Velmora votes", "text": "The council of Velmora votes on twelve turbines today."}


async def forged(count: int, seed: int) -> None:
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    answers: Counter[tuple[str, int]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        async with studio(Path(folder), public=False, hooks=HOOKS) as one:
            desk, now = one.desk, datetime.now(UTC)
            await one.begun(stories=[STORY])
            job = one.service.renders[0]
            genuine = [
                ("/hooks/town/github", *github(RELEASE)),
                ("/hooks/town/signups", *standard({"user": {"name": "Ann"}}, now)),
                ("/hooks/town/plain", *plain({"name": "Bob"})),
                ("/callbacks/heygen", *heygen(EVENT, now)),
            ]
            for path, body, headers in genuine:
                await desk.post(path, (body, headers))
            await until(lambda: len(desk.watch.crew._sleepers) >= 4)
            before = await listed(desk), one.looks(), desk.watch.crew._knocks.total()
            for attempt in attempts(seed, count, now, genuine, str(job.session)):
                start, used = time.perf_counter(), time.process_time()
                data = io.BytesIO(attempt.body)
                async with desk.web.post(attempt.path, data=data, headers=attempt.headers) as answer:
                    await answer.read()
                took[attempt.kind].append((time.perf_counter() - start, time.process_time() - used))
                answers[attempt.kind, answer.status] += 1
            after = await listed(desk), one.looks(), desk.watch.crew._knocks.total()
    print(f"{count} requests, seed {seed}")
    for kind in KINDS:
        wall, cpu = (sorted(1000 * one[at] for one in took[kind]) for at in (0, 1))
        said = ", ".join(f"{status}: {number}" for (of, status), number in sorted(answers.items()) if of == kind)
        times = f"median {statistics.median(wall):.1f} ms, longest {wall[-1]:.1f} ms, CPU at most {cpu[-1]:.1f} ms"
        print(f"  {kind:10} {times} ({said})")
    print(
        f"runs begun {len(after[0]) - len(before[0])}, looks {after[1] - before[1]}, woken {after[2] - before[2]}"
    )


async def callbacks(count: int) -> None:
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        async with studio(Path(folder)) as one:
            for number in range(count + 1):
                posts = len(one.town.lines("post"))
                run = await one.begun(stories=[{**STORY, "title": f"Velmora votes {number}"}])
                start = time.perf_counter()
                over(one.service)
                while len(one.town.lines("post")) == posts:  # noqa: ASYNC110  # the ledger is all there is to see
                    await asyncio.sleep(0.002)
                seconds.append(time.perf_counter() - start)
                await one.desk.over(run)
    first, *rest = seconds
    print(f"from the end of a render to the first message: first {first:.2f} s, as a helper process starts; then")
    print(f"  median {statistics.median(rest):.2f} s, longest {max(rest):.2f} s of {count}")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    given = [int(one) for one in sys.argv[1:]]
    requests, seed, calls = (given + [1000, 20261130, 10][len(given) :])[:3]
    asyncio.run(forged(requests, seed))
    asyncio.run(callbacks(calls))
