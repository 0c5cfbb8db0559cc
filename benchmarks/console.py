"""What the console's pages cost at the server, with 50 shows and 10,000 runs beside an empty database; and what 200
pages cost that follow a run at once.

    python benchmarks/console.py [RUNS] [PAGES]
"""

import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import sqlalchemy as sa

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
PAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 200
SHOWS, TIMES = 50, 20
SHOW = """title: Show {n}
schedule: {{cron: "{minute} {hours} * * *", timezone: Europe/Berlin}}
sources:
  wire: {{use: rss, url: "https://news.example/{n}.xml"}}
  other: {{use: rss, url: "https://news.example/{n}-b.xml"}}
renderer: newsdesk
channels: {{folder: {{use: folder, path: out}}}}
budget: {{month: 100}}
"""


def configured(folder: Path, shows: int) -> None:
    (folder / "config").mkdir(parents=True)
    for n in range(shows):
        hours = "*" if n % 10 == 0 else "7,12,17" if n % 5 == 0 else "17"  # some air every hour
        (folder / "config" / f"show-{n:02}.yaml").write_text(SHOW.format(n=n, minute=n, hours=hours))


def filled(folder: Path, count: int, now: datetime) -> str:
    """Write *count* runs as those look that really aired. Returns the newest, which is the one looked at."""
    from broadcast.journal.store import Store
    from broadcast.journal.tables import audit, items, memories, runs, spending

    (folder / "data").mkdir()
    url = f"sqlite:///{folder / 'data' / 'broadcast.db'}"
    Store.open(url).close()
    text = "The city council approved a plan on Friday to rebuild the harbour, the mayor said. " * 12
    stories = [
        {
            "id": f"s{n}",
            "source": "wire",
            "title": f"Harbour rebuild approved, part {n}",
            "text": text,
            "url": f"https://news.example/{n}",
            "at": now.isoformat(),
            "publisher": "Wire",
        }
        for n in range(30)
    ]
    told = [{key: one[key] for key in ("id", "title", "url", "source")} for one in stories[:3]]
    why = [
        {
            "story": f"wire/s{n}",
            "title": one["title"],
            "chosen": n < 3,
            "reason": "the newest of its event",
            "rank": 1 / (n + 1),
            "edition": "main",
        }
        for n, one in enumerate(stories)
    ]
    sentences = [{"text": text[:83], "quotes": [text[:83]]}] * 4
    segments = [{"kind": "story", "story": f"wire/s{n}", "sentences": sentences, "seconds": 15.0} for n in range(3)]
    script = {
        "title": "Daily",
        "kind": "daily-news",
        "language": "en",
        "segments": segments,
        "seconds": 45.0,
        "writer": "extractive",
    }
    sources = [
        {"name": "wire", "stories": 30},
        {"name": "other", "stories": 0, "error": "cannot be reached", "kind": "Unavailable"},
    ]
    deeds = {
        "gather": {"stories": stories, "sources": sources},
        "choose": {"pool": stories[:6], "editions": {"main": [f"wire/s{n}" for n in range(6)]}, "why": why},
        "write/main": {"script": script, "stories": stories[:3]},
        "submit/main/heygen/1": {"id": "job", "renderer": "heygen", "estimate": 2.0},
        "video/main": None,
        "deliver/main/folder/out": {
            "to": "out",
            "item": "deliver/main/folder/out",
            "status": "sent",
            "rung": "file",
        },
    }
    engine = sa.create_engine(url)
    with engine.begin() as db:
        for at in range(0, count, 500):
            some = range(at, min(at + 500, count))
            run_rows, item_rows, money = [], [], []
            for n in some:
                show, slot = f"show-{n % SHOWS:02}", now - timedelta(minutes=60 + n * 3)
                id = f"{show}@{slot:%Y-%m-%dT%H:%M:%SZ}"
                status = ("aired", "aired", "aired", "partial", "failed", "quiet")[n % 6]
                video = {
                    "renderer": "heygen",
                    "job": "job",
                    "path": str(folder / "none.mp4"),
                    "sha256": "0" * 64,
                    "seconds": 45.0,
                    "bytes": 9_000_000,
                    "width": 1920,
                    "height": 1080,
                }
                receipt = {
                    "channel": "folder",
                    "item": "deliver/main/folder/out",
                    "status": "sent",
                    "rung": "file",
                    "ref": "out",
                }
                edition = {
                    "name": "main",
                    "language": "en",
                    "stories": [one["id"] for one in told],
                    "video": video,
                    "receipts": [receipt],
                }
                report = {
                    "run": id,
                    "show": show,
                    "slot": f"{slot:%Y-%m-%dT%H:%M:%SZ}",
                    "status": status,
                    "stories": told,
                    "sources": sources,
                    "editions": [edition],
                    "seconds": 130.0,
                    "cost": {"usd": 2.0, "items": [{"what": "render", "usd": 2.0}]},
                }
                run_rows.append(
                    {
                        "id": id,
                        "show": show,
                        "slot": report["slot"],
                        "options": "",
                        "status": status,
                        "held": n % 500 == 7,
                        "closed": n > 100,
                        "report": json.dumps(report),
                        "owner": None,
                        "epoch": 1,
                        "created": slot.timestamp(),
                        "closes": slot.timestamp() + 7200,
                    }
                )
                for m, (key, result) in enumerate(deeds.items()):
                    begun = slot.timestamp() + m * 10
                    doubt = n % 500 == 7 and key.startswith("deliver")
                    item_rows.append(
                        {
                            "run": id,
                            "key": key,
                            "deed": "once" if m > 2 else "step",
                            "state": "intent" if doubt else "done",
                            "kept": "{}",
                            "begun": begun,
                            "result": None if doubt else json.dumps(video if result is None else result),
                            "ended": None if doubt else begun + 9,
                        }
                    )
                money.append(
                    {
                        "run": id,
                        "key": "submit/main/heygen/1",
                        "show": show,
                        "what": "render",
                        "reserved": 2.5,
                        "actual": 2.0,
                        "at": slot.timestamp(),
                    }
                )
            db.execute(runs.insert(), run_rows)
            db.execute(items.insert(), item_rows)
            db.execute(spending.insert(), money)
        if count:
            health = json.dumps({"fails": 4, "error": "cannot be reached", "kind": "Unavailable"})
            db.execute(
                memories.insert(),
                [{"scope": f"show-{n:02}/health/other", "name": "health", "value": health} for n in range(SHOWS)],
            )
            db.execute(
                audit.insert(),
                [
                    {
                        "id": str(n),
                        "at": now.timestamp() - n,
                        "who": "anna",
                        "via": "console",
                        "deed": "retry",
                        "show": "show-00",
                        "run": "",
                        "item": "",
                        "said": "",
                        "outcome": "done",
                        "words": "",
                        "ended": 1.0,
                    }
                    for n in range(count // 10)
                ],
            )
    engine.dispose()
    return f"show-00@{now - timedelta(minutes=60):%Y-%m-%dT%H:%M:%SZ}"


async def started(folder: Path, port: int, shows: int) -> subprocess.Popen[bytes]:
    known = {"BROADCAST_DATA_DIR": str(folder / "data"), "BROADCAST_CONFIG_DIR": str(folder / "config")}
    command = [sys.executable, "-m", "broadcast", "console", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **known}, cwd=folder, stderr=log)  # noqa: ASYNC220
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/shows.json") as answer:
                    if sum(one["configured"] for one in (await answer.json())["shows"]) == shows:
                        return process
            await asyncio.sleep(0.1)
    process.kill()
    raise SystemExit((folder / "log").read_text())


async def measured(port: int, pid: int, paths: list[str]) -> dict[str, tuple[float, float, float]]:
    """Return of each page, in ms: the median, the fastest, and the CPU of the server, asked one after the other."""
    found = {}
    async with aiohttp.ClientSession() as session:
        for path in paths:
            took, cpu = [], ticks(pid)
            for _ in range(TIMES):
                start = time.perf_counter()
                async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                    await answer.read()
                took.append((time.perf_counter() - start) * 1000)
                assert answer.status in (200, 404), (path, answer.status)
            found[path] = statistics.median(took), min(took), (ticks(pid) - cpu) / TIMES * 1000
    return found


def memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


async def followed(port: int, pid: int, run: str, pages: int, folder: Path) -> tuple[float, float]:
    """Return the MB that *pages* open live pages add, and the share of a core that they cost while all is quiet."""
    engine = sa.create_engine(f"sqlite:///{folder / 'data' / 'broadcast.db'}")
    with engine.begin() as db:  # a run that may go on changing
        db.execute(
            sa.text("UPDATE run SET status = 'unfinished', closed = 0, held = 0 WHERE id = :id"), {"id": run}
        )
    engine.dispose()
    before = memory(pid)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120)) as session:
        answers = []
        for _ in range(pages):
            answer = await session.get(f"http://127.0.0.1:{port}/runs/{run}/live")
            await answer.content.readline()
            answers.append(answer)
        cpu = ticks(pid)
        await asyncio.sleep(10)
        share = (ticks(pid) - cpu) / 10
        added = memory(pid) - before
        for answer in answers:
            answer.close()
    return added, share


def ticks(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    root = Path(tempfile.mkdtemp(prefix="console-"))
    try:
        tables: dict[str, dict[str, tuple[float, float, float]]] = {}
        for number, (name, count) in enumerate((("empty", 0), (f"{RUNS} runs", RUNS))):
            folder = root / str(number)
            configured(folder, SHOWS if count else 0)
            run = filled(folder, count, now)
            process = await started(folder, 18_930 + number, SHOWS if count else 0)
            try:
                paths = [
                    "/shows",
                    "/shows/show-00",
                    "/runs",
                    "/runs?page=100",
                    "/runs?show=show-00",
                    "/runs?status=failed",
                    f"/runs/{run}",
                    f"/runs/{run}/stories",
                    f"/runs/{run}/script",
                    f"/runs/{run}/prompt",
                    "/held",
                    "/calendar",
                    "/costs",
                    "/costs?page=100",
                    "/sources",
                    "/log",
                    f"/runs/{run}/settle?item=deliver/main/folder/out",
                ]
                tables[name] = await measured(18_930 + number, process.pid, paths)
                if count:
                    added, share = await followed(18_930 + number, process.pid, run, PAGES, folder)
            finally:
                process.terminate()
                process.wait(30)
        empty, full = tables.values()
        print(f"{'ms, of ' + str(TIMES):32}{'empty':>9}{f'{RUNS} runs':>12}{'fastest':>9}{'CPU':>7}")
        for path, (median, fastest, cpu) in full.items():
            name = f"/runs/RUN{path.partition('Z')[2]}" if "@" in path else path
            print(f"{name.partition('?item')[0]:32}{empty[path][0]:9.1f}{median:12.1f}{fastest:9.1f}{cpu:7.1f}")
        slowest = max(median for median, _, _ in full.values())
        print(f"the slowest page takes {slowest:.1f} ms (aim: 100); load of this machine: {os.getloadavg()[0]:.1f}")
        print(
            f"{PAGES} live pages add {added:.1f} MB (aim: 100), and take {share:.1%} of a core while all is quiet"
        )
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
