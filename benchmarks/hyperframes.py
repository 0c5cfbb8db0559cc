"""What ten seconds cost: the same order drawn by newsdesk and by both templates of hyperframes, side by side.

    python benchmarks/hyperframes.py [RENDERER...]     newsdesk weekly headline; without names all of them

Needs Node, Hyperframes, a browser and ffmpeg: `sh tests/browser/install.sh`. CPU and memory (PSS) are sums over all
processes that were started, looked at ten times a second: a browser ends its own in ways that no parent hears of.
"""

import asyncio
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from broadcast.hyperframes import toolbox
from broadcast.hyperframes.running import family
from broadcast.renderers.hyperframes import Hyperframes
from broadcast.renderers.newsdesk import Newsdesk
from broadcast.testing import Bench
from broadcast.types import Brand, Figure, Order, Point, Script, Segment, Sentence, Story

MODULES = Path(__file__).parents[1] / ".hyperframes" / "node_modules"
NAMES = ("newsdesk", "weekly", "headline")
SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)


def order() -> Order:
    regions = (("North", 4210), ("South", 3120), ("East", 2400), ("West", 1890))
    points = tuple(Point(label=name, text=f"{value:,}", value=value) for name, value in regions)
    figure = Figure(label="Orders by region", text="11,620", change="+4.2% week over week", points=points)
    story = Story(
        id="1", source="s", title="North leads with 4,210 orders", at=SLOT, publisher="Sales", figures=(figure,)
    )
    texts = (
        ("intro", "", "This is the week in numbers."),
        ("story", "s/1", "All regions together placed 11,620 orders. North had the most of them, 4,210."),
        ("signoff", "", "Thanks for watching."),
    )
    segments = tuple(
        Segment.model_validate({"kind": kind, "story": key, "sentences": (Sentence(text=text),), "seconds": 3})
        for kind, key, text in texts
    )
    script = Script(title="Week", kind="report", language="en", segments=segments, seconds=9, writer="extractive")
    return Order(
        show="week", edition="main", slot=SLOT, title="The week in numbers", date="Monday, 23 November 2026",
        script=script, stories=(story,), brand=Brand(name="In numbers"),
    )  # fmt: skip


async def render(name: str, folder: Path) -> float:
    renderer = Newsdesk() if name == "newsdesk" else Hyperframes(template=name, modules=MODULES)
    async with Bench(folder).tools() as tools:
        job = await renderer.submit(tools, order())
        film = await renderer.check(tools, order(), job)
    return film.seconds or 0.0


def looked(pid: int, spent: dict[tuple[int, str], float]) -> int:
    """Note what a process and its descendants have *spent*; return what they have to themselves, in bytes."""
    total = 0
    for one in (pid, *family(pid)):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        spent[one, fields[19]] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def measured(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        began, most = time.monotonic(), 0
        spent: dict[tuple[int, str], float] = {}
        pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, __file__, "--one", name, folder])
        while True:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                break
            most = max(most, looked(pid, spent))
            time.sleep(0.1)
        if status:
            raise SystemExit(f"{name} failed")
        length = float((Path(folder) / "seconds").read_text())
    cpu = max(usage.ru_utime + usage.ru_stime, sum(spent.values()))
    wall = time.monotonic() - began
    print(
        f"{name:10} {length:5.1f} s of video: {cpu:6.1f} CPU-s ({cpu / length:4.1f} a second), wall {wall:5.1f} s, "
        f"memory {most / 1e6:5.0f} MB",
        flush=True,
    )


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        name, folder = sys.argv[2], Path(sys.argv[3])
        seconds = asyncio.run(render(name, folder / "work"))
        (folder / "seconds").write_text(str(seconds))
        return
    if fault := toolbox.look(MODULES).fault():
        raise SystemExit(fault)
    for name in sys.argv[1:] or NAMES:
        measured(name)


if __name__ == "__main__":
    main()
