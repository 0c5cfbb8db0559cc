"""How long a run lies still whose worker was killed, with the times as they are shipped.

    python benchmarks/takeover.py [TIMES] [SEED]

Two workers on one PostgreSQL, each as on a machine of its own: no lock file tells one of the other. One is killed
with SIGKILL while its run waits for a render; counted are the seconds until the other looks at that render.
"""

import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from daemons import due, over  # noqa: E402
from fleet import Fleet  # noqa: E402
from servers import PostgreSQL  # noqa: E402

PROMISED = 60.0  #: seconds
LONGEST = 20.0  #: seconds between two kills: heartbeats and looks for the dead are met at any moment


def looked_at(fleet: Fleet) -> None:
    """Wait until somebody looks at the render."""
    looks = len(fleet.town.lines("look"))
    fleet.until(lambda: len(fleet.town.lines("look")) > looks, "nobody looks")


def main() -> None:
    numbers = [int(one) for one in sys.argv[1:]]
    times, seed = (*numbers, *(3, 1)[len(numbers) :])
    chance, server = random.Random(seed), PostgreSQL.start()
    if isinstance(server, str):
        sys.exit(f"no PostgreSQL can be started here: {server}")
    with server.database() as url, tempfile.TemporaryDirectory() as folder:
        town = due(Path(folder))
        town.on(url)
        town.tree["renderer"] = town.of("AskedStudio", ready_after=100_000)
        town.file()
        fleet, took = Fleet(town), list[float]()
        try:
            fleet.start("serve", "--queue")
            for turn in range(times):
                victim = fleet.start("worker", data=f"machine-{2 * turn}")
                looked_at(fleet)
                other = fleet.start("worker", data=f"machine-{2 * turn + 1}")
                other.read("/ready")
                time.sleep(chance.uniform(0, LONGEST))
                victim.kill()
                shutil.rmtree(Path(folder) / f"machine-{2 * turn}" / "locks")
                killed = time.monotonic()
                looked_at(fleet)
                took.append(time.monotonic() - killed)
                print(f"taken over after {took[-1]:.0f} s", flush=True)
                assert other.ask_to_end()[0] == 0
            with town.ledger.open("a") as ledger:
                ledger.write("look job-1\n" * 100_000)
            fleet.start("worker", data="last")
            fleet.until(lambda: over(town, 1), "it does not air")
            fleet.end()
        finally:
            fleet.kill()
        assert len(town.lines("pay main")) == len(town.lines("post")) == 1
    server.stop()
    print(f"{times} workers killed: taken over after {min(took):.0f} to {max(took):.0f} s; paid once, posted once")
    assert max(took) < PROMISED


if __name__ == "__main__":
    main()
