"""Many runs that queue for a few renders of one key, in one process, against a HeyGen in another.

    python benchmarks/waiting.py [RUNS] [LIMIT]

Prints memory above the start, CPU, looks per second at the service, and how evenly the shows came to their turn.
"""

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from airing import Town  # noqa: E402

from broadcast import runner  # noqa: E402

SERVE = """
import sys
from broadcast.testing import HeyGen
with HeyGen(balance=1e6) as heygen:
    heygen.render_seconds, heygen.limit = 1.0, int(sys.argv[1])
    print(heygen.url, heygen.key, flush=True)
    sys.stdin.readline()
    print(len(heygen.renders), heygen.ledger.peak, len(heygen.asked), flush=True)
"""


def memory() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0


async def main(count: int, limit: int) -> None:
    heygen = subprocess.Popen(  # noqa: ASYNC220  # nothing else runs yet
        [sys.executable, "-c", SERVE, str(limit)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert heygen.stdin
    assert heygen.stdout
    url, key = heygen.stdout.readline().split()
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        quick = {"poll": 0.5, "patience": "10h", "verify": "off"}
        town.tree["renderer"] = {"use": "heygen", "key": key, "base": url, "concurrent": limit, **quick}
        shows = [town.show(f"show-{number}") for number in range(count)]
        waited: list[float] = []
        async with runner.on_duty(town.settings) as station:
            before, start = memory(), time.monotonic()
            used = resource.getrusage(resource.RUSAGE_SELF)

            async def air(number: int) -> str:
                slot = station.clock.now().replace(microsecond=0, second=number % 60)
                report = await runner.run(station, shows[number], slot)
                waited.append(time.monotonic() - start)
                return report.status

            ends = await asyncio.gather(*(air(number) for number in range(count)))
            wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    heygen.stdin.write("\n")
    heygen.stdin.flush()
    renders, peak, asked = map(int, heygen.stdout.readline().split())
    heygen.wait()
    print(f"{count} runs, {limit} at once:", {end: ends.count(end) for end in set(ends)})
    print(f"renders {renders}, most at once {peak}, wall {wall:.0f} s")
    print(f"memory above the start {memory() - before:.0f} MB, CPU {100 * cpu / wall:.0f} % of a core")
    print(f"{asked / wall:.1f} requests a second")
    print(f"from begun to aired: median {statistics.median(waited):.0f} s, at most {max(waited):.0f} s")


if __name__ == "__main__":
    asyncio.run(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 10)
    )
