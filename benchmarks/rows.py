"""One edition a row: many rows in one run, killed in the middle and called again.

    python benchmarks/rows.py [ROWS] [heygen|newsdesk] [CONCURRENT]

With heygen the rows are rendered by a HeyGen of our own in another process, 10 at once; with newsdesk by the
local renderer's shortest film, vfr. Prints how many were aired, paid and posted twice, or held for a person; the
time, CPU and memory of the processes. A submit that was cut off is looked for after 1 and 2 s, not 30 and 90.
"""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from airing import Town  # noqa: E402

SLOT = "2026-11-23T17:00:00Z"
SERVE = """
import sys
from broadcast.testing import HeyGen
with HeyGen(balance=1e6) as heygen:
    heygen.render_seconds, heygen.limit = 0.5, 10
    print(heygen.url, heygen.key, flush=True)
    sys.stdin.readline()
    print(len(heygen.renders), heygen.ledger.peak, flush=True)
"""


def database(path: Path, count: int) -> str:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE customer (id TEXT, name TEXT, chat TEXT, homes INTEGER)")
        rows = [(f"c{at:04}", f"Customer {at}", f"@c{at:04}", 900 + at) for at in range(count)]
        db.executemany("INSERT INTO customer VALUES (?, ?, ?, ?)", rows)
    db.close()
    return f"sqlite:///{path}"


def call(folder: Path, **variables: str) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "-m", "broadcast", "run", "rows", "--slot", SLOT, "--json"]
    environment["BROADCAST_DATA_DIR"] = str(folder / "data")
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def main(count: int, renderer: str, concurrent: int) -> None:
    heygen: Any = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        town = Town(folder, title="Velmora for {name}", seconds=10)
        del town.tree["sources"], town.tree["stories"]
        town.tree["editions"] = {
            "each": {
                "use": "sql", "url": database(folder / "crm.db", count), "query": "SELECT * FROM customer",
                "id": "{id}", "title": "Welcome, {name}", "summary": "{homes} homes have power from the tide.",
                "limit": count, "concurrent": concurrent,
            }
        }  # fmt: skip
        town.tree["channels"] = {"chat": town.of("Chat", to=["{chat}"])}
        town.tree["renderer"] = {"use": "newsdesk", "frame_mode": "vfr"}
        if renderer == "heygen":
            serve = [sys.executable, "-c", SERVE]
            heygen = subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            url, key = heygen.stdout.readline().split()
            quick = {"poll": 0.3, "concurrent": 10, "images": False, "verify": "off", "patience": "2h"}
            quick["look_again"] = [1, 2]
            town.tree["renderer"] = {"use": "heygen", "key": key, "base": url, **quick}
        town.file("rows")

        start = time.monotonic()
        process = call(folder)
        while len(town.lines("post")) < count // 2 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        at_kill = len(town.lines("post"))
        out, _ = call(folder).communicate()
        wall = time.monotonic() - start

        report = json.loads(out)
        ends = Counter(
            receipt["status"] if edition["receipts"] else edition["kind"]
            for edition in report["editions"]
            for receipt in edition["receipts"] or [{"status": ""}]
        )
        posts = town.lines("post")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu, twice = used.ru_utime + used.ru_stime, len(posts) - len(set(posts))
        print(f"{count} rows, {renderer}, {concurrent} at once; killed after {at_kill} posts and called again")
        print(f"  {report['status']}: {dict(ends)}; posts {len(posts)}, posted twice {twice}")
        print(f"  {wall:.0f} s, {count / wall:.1f} rows a second, CPU {cpu:.0f} s with helpers")
        print(f"  largest process {used.ru_maxrss / 1000:.0f} MB, journal {size(folder):.1f} MB")
        if heygen:
            heygen.stdin.write("\n")
            heygen.stdin.flush()
            renders, peak = map(int, heygen.stdout.readline().split())
            heygen.wait()
            print(f"  renders paid {renders}, most at once {peak}")


def size(folder: Path) -> float:
    return sum(path.stat().st_size for path in (folder / "data").glob("broadcast.db*")) / 1e6


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 500,
        given[1] if len(given) > 1 else "heygen",
        int(given[2]) if len(given) > 2 else 10,
    )
