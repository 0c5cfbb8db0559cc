"""A campaign of SIGKILL at random moments of a HeyGen run: never two paid jobs, never a lost one.

    python benchmarks/heygen_kill.py [MOMENTS] [SEED]

Each run, against a HeyGen of our own on a real socket, is killed at one random moment and called again with the
same slot to its end. The budget bears one render: what the ledger says must be what the service charged.
"""

import collections
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "renderers")]

from test_heygen_kill import ends_well, show, start  # noqa: E402

from broadcast.testing import HeyGen  # noqa: E402

SLOW = ("POST /v3/video-agents", "GET /v3/videos/{id}", "GET /v3/users/me", "GET /files/video/{name}")
RENDER_SECONDS = 0.6


def lasts(folder: Path) -> tuple[float, float]:
    """Return the seconds after which a run that nobody kills asks HeyGen for the first time, and is over."""
    with HeyGen() as heygen:
        heygen.render_seconds = RENDER_SECONDS
        begun, process = time.monotonic(), start(show(folder, heygen), "-m", "broadcast")
        while not heygen.asked and process.poll() is None:
            time.sleep(0.01)
        first = time.monotonic() - begun
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
        return first, time.monotonic() - begun


def one(folder: Path, chance: random.Random, after: float) -> str:
    """Kill a run *after* so many seconds, see it aired, and return how far it was."""
    with HeyGen() as heygen:
        heygen.render_seconds = RENDER_SECONDS
        town = show(folder, heygen)
        town.tree["budget"] = {"run": 2.0, "day": 2.0, "month": 2.0}
        town.file()
        if chance.random() < 0.5:  # a slow answer, before or after its effect, widens the window in which it hurts
            endpoint, late = chance.choice(SLOW), chance.random() < 0.5
            files = endpoint.startswith("GET /files/")
            heygen.fault(endpoint, "slow", after_effect=late and not files, seconds=0.4)
        process = start(town, "-m", "broadcast")
        time.sleep(after)
        process.kill()
        process.communicate()
        killed = process.returncode < 0
        asked, made = heygen.count("POST /v3/video-agents"), list((folder / "data" / "archive").rglob("*.mp4"))
        ends_well(town, heygen)
        with sqlite3.connect(folder / "data" / "broadcast.db") as db:
            charged = db.execute("SELECT sum(actual), count(*) FROM spending").fetchone()
        db.close()
        assert charged[1] == 1, charged
        assert abs(charged[0] - heygen.spent) < 0.001, (charged, heygen.spent)
    if not killed:
        return "over"
    return "fetched" if made else "asked" if asked else "not asked yet"


def main() -> None:
    moments = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance, at, begun = random.Random(seed), collections.Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        first, last = lasts(Path(folder))
    while at.total() - at["over"] < moments:  # a run that was over before its kill is no moment
        with tempfile.TemporaryDirectory() as folder:
            found = one(Path(folder), chance, chance.uniform(min(first * 0.7, last), last))
        at[found] += 1
        if not at.total() % 20:
            print(f"{at.total() - at['over']} moments so far", file=sys.stderr)
        last *= 0.93 if found == "over" else 1.02  # the machine may be busier, or less busy, than it was
    print(
        f"{moments} moments, seed {seed}: 0 paid twice, 0 lost, every charge in the ledger; "
        f"killed when {dict(at)}; {time.monotonic() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
