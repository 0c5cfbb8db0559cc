"""Wall time, CPU time and peak memory of `broadcast demo`, all its processes together.

python benchmarks/demo.py [RUNS]
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def tree(pid: int) -> list[int]:
    """Return *pid* and every process below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB, shared pages counted with their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def once() -> tuple[float, float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        start, peak = time.monotonic(), 0.0
        process = subprocess.Popen(
            [sys.executable, "-m", "broadcast", "demo"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            try:
                peak = max(peak, sum(memory(one) for one in tree(process.pid)))
            except (FileNotFoundError, ProcessLookupError):
                continue  # a process has just ended
            time.sleep(0.1)
        wall = time.monotonic() - start
    assert process.returncode == 0, "the demo failed"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, peak


def main() -> None:
    runs = [once() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3)]
    for name, unit, values in zip(
        ("wall", "CPU", "peak memory"), ("s", "s", "MB"), zip(*runs, strict=True), strict=True
    ):
        print(f"{name:12} {statistics.median(values):7.1f} {unit}   ({min(values):.1f} to {max(values):.1f})")


if __name__ == "__main__":
    main()
