"""Three daemons on one PostgreSQL, and a SIGKILL every few seconds: every slot airs once.

    python benchmarks/daemons.py [SHOWS] [SECONDS] [SEED] [--workers]

Half of the shows are due at the start, the others in the minutes after. Renderer and chat can be asked what they
did, so nothing is held for a person. With `--workers` one daemon puts the runs in line, and workers are killed.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fleet import Fleet, all_over, killing, outcome, town_of  # noqa: E402
from servers import PostgreSQL  # noqa: E402

EVERY_SECONDS = 4.0


def main() -> None:
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    shows, seconds, seed = (*numbers, *(200, 60, 1)[len(numbers) :])
    kind = "worker" if "--workers" in sys.argv else "serve"
    chance, kills = random.Random(seed), round(seconds / EVERY_SECONDS)
    server = PostgreSQL.start()
    if isinstance(server, str):
        sys.exit(f"no PostgreSQL can be started here: {server}")
    with server.database() as url, tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(town_of(Path(folder), url, shows, pause=0.15, spread=max(seconds // 60, 1)))
        try:
            if kind == "worker":
                fleet.start("serve", "--queue")
            for _ in range(3):
                fleet.start(kind, "--concurrent", "2")
            begun = time.monotonic()
            killing(fleet, kind, shows, kills, chance, every=EVERY_SECONDS)
            killed = time.monotonic() - begun
            all_over(fleet, shows)
            took = time.monotonic() - begun
            codes = fleet.end()
        finally:
            fleet.kill()
        print(outcome(fleet.town, shows))
        print(f"{kills} kills of three {kind}s in {killed:.0f} s, all over after {took:.0f} s")
        print(f"asked to end, the others left with {sorted(set(codes))}")
    server.stop()


if __name__ == "__main__":
    main()
