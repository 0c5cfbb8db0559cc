"""A campaign of SIGKILL at random moments: nothing paid or posted twice, nothing lost.

    python benchmarks/kill.py [RUNS] [SEED]

Each run of a show with a paid renderer and three chats is killed one to four times at random moments, and called
again with the same slot until it comes to an end. Slow answers widen the windows in which a kill hurts.
"""

import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from airing import Town  # noqa: E402
from test_kill import SLOT  # noqa: E402


def start(town: Town) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": os.environ["PATH"]}
    environment |= {"BROADCAST_DATA_DIR": str(town.folder / "data")}
    return subprocess.Popen(
        [sys.executable, "-m", "broadcast", "run", "town", "--slot", SLOT, "--json"],
        cwd=town.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def one(folder: Path, chance: random.Random) -> str:
    town = Town(folder)
    town.tree["renderer"] = town.of("Studio", pause=0.1)
    town.tree["channels"] = {
        "chat": town.of("Chat", pause=0.1),
        "other": town.of("Chat", to=["@one", "@two"], pause=0.1),
    }
    town.file()
    for _ in range(chance.randint(1, 4)):
        process = start(town)
        time.sleep(chance.uniform(0.6, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = start(town)
    out, _ = process.communicate(timeout=60)
    report, posts, pays = json.loads(out), town.lines("post"), town.lines("pay")
    receipts = [one for edition in report["editions"] for one in edition["receipts"]]
    ends = [end for receipt in receipts for end in receipt["to"] or [{**receipt, "to": "@town"}]]
    assert len(pays) <= 1, f"paid {len(pays)} times"
    assert len(posts) == len(set(posts)), f"posted twice: {posts}"
    for end in ends:
        sent = f"post {end['to']} url" in posts
        assert sent or end["status"] != "sent", f"called sent and never seen: {end}"
        assert end["status"] in ("sent", "unconfirmed"), f"lost: {end}"
    assert ends or "Unconfirmed" in {edition["kind"] for edition in report["editions"]}, report
    return "held for a person" if process.returncode == 4 else "aired"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance, ends = random.Random(seed), collections.Counter[str]()
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            ends[one(Path(folder), chance)] += 1
    print(f"{count} runs, seed {seed}: 0 paid twice, 0 posted twice, 0 lost; {dict(ends)}")


if __name__ == "__main__":
    main()
