"""What sending to Telegram costs: memory, the event loop, uploads, next to the loops that cookbooks show.

    python benchmarks/telegram.py

A Bot API of our own answers from another process, on loopback. Each line is measured in a process of its own.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from broadcast.channels.telegram import Telegram as Channel
from broadcast.clock import SystemClock
from broadcast.http import Client
from broadcast.offload import Offload
from broadcast.pace import Paces
from broadcast.plugins import Tools, unpaced
from broadcast.stages.sending import spread
from broadcast.testing import Notebook, Telegram
from broadcast.types import Destination, Post, Sent, Video

LARGE, USUAL = 49_000_000, 12_000_000  #: bytes of a video
CHATS = 200
TICK = 0.002  #: seconds between looks at memory and loop
PAGE = os.sysconf("SC_PAGE_SIZE")
HEAD = b"\0\0\0\x10ftypisom"


def serve() -> None:
    """Answer until the standard input ends; tell what was seen whenever a line comes."""
    with Telegram() as telegram:
        people = [telegram.person().id for _ in range(CHATS)]
        print(json.dumps({"url": telegram.url, "token": telegram.token, "people": people}), flush=True)
        for _ in sys.stdin:
            seen = [len(telegram.seen(chat)) for chat in people]
            print(json.dumps({"seen": sum(seen), "most": max(seen), "uploaded": sum(telegram.uploads)}), flush=True)


# --- ours, and what is compared with it


def a_post(path: Path) -> Post:
    video = Video(
        renderer="x",
        job="1",
        path=path,
        sha256="0" * 64,
        seconds=60,
        bytes=path.stat().st_size,
        width=1920,
        height=1080,
    )
    words = {"heading": "Daily Signal", "caption": "Three stories.", "disclosure": "Made by a machine."}
    return Post.model_construct(video=video, **words)


async def ours(server: dict, path: Path, chats: list[int], *, paced: bool) -> None:
    clock = SystemClock()
    http, compute = Client(clock), Offload()

    async def keep(name: str, value: str) -> None:
        """Commit nothing: the journal is measured elsewhere."""

    tools = Tools(http=http, clock=clock, memory=Notebook(), compute=compute, folder=path.parent)
    tools = replace(tools, keep=keep, pace=Paces(clock).wait if paced else unpaced)
    channel = Channel(token=server["token"], base=server["url"], chat=chats)
    post = a_post(path)

    async def send(to: str) -> Destination:
        sent: Sent = await channel.file(tools, post, to)
        return Destination(to=to, item=to, status="sent", ref=sent.ref)

    await spread(await channel.destinations(tools), send, abreast=channel.abreast)
    await compute.close()
    await http.close()


async def cookbook(server: dict, path: Path, chats: list[int]) -> None:
    """Do as python-telegram-bot's examples do: an open file to each chat, one after the other."""
    from telegram import Bot

    async with Bot(server["token"], base_url=f"{server['url']}/bot") as bot:
        for chat in chats:
            with path.open("rb") as file:
                await bot.send_video(
                    chat, file, width=1920, height=1080, duration=60, caption="Three stories.", write_timeout=60,
                    read_timeout=60,
                )  # fmt: skip


WAYS: dict[str, Callable[[dict, Path, list[int]], Awaitable[None]]] = {
    "ours": lambda server, path, chats: ours(server, path, chats, paced=True),
    "ours, no limits": lambda server, path, chats: ours(server, path, chats, paced=False),
    "cookbook": cookbook,
}


async def watched(work: Awaitable[None]) -> dict[str, float]:
    """Do *work*; return its seconds, the memory it added at its peak, the longest time the loop stood still."""
    seen = SimpleNamespace(peak=0, stall=0.0)

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            seen.stall, last = max(seen.stall, now - last - TICK), now
            seen.peak = max(seen.peak, resident())

    before, began = resident(), time.perf_counter()
    task = asyncio.create_task(watch())
    await work
    seconds = time.perf_counter() - began
    task.cancel()
    return {"seconds": seconds, "memory": max(seen.peak - before, 0), "stall": seen.stall}


async def measured(way: str, size: int, number: int, server: dict) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        small, path = Path(folder) / "small.mp4", Path(folder) / "video.mp4"
        small.write_bytes(HEAD)
        with path.open("wb") as file:
            file.write(HEAD)
            for _ in range(size // 1_000_000):
                file.write(os.urandom(1_000_000))
        await WAYS[way](server, small, server["people"][-1:])  # imports and connects
        return await watched(WAYS[way](server, path, server["people"][:number]))


def line(way: str, size: int, number: int) -> None:
    python = [sys.executable, __file__]
    with subprocess.Popen([*python, "serve"], stdin=-1, stdout=-1, text=True) as server:
        assert server.stdin
        assert server.stdout
        about = server.stdout.readline()
        done = subprocess.run(
            [*python, "measure", way, str(size), str(number), about], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        server.stdin.write("\n")
        server.stdin.flush()
        told = json.loads(server.stdout.readline())
        server.stdin.close()
    print(
        f"{way:16} {size / 1e6:3.0f} MB to {number:3} chats: {found['seconds']:6.2f} s, "
        f"{number / found['seconds']:6.1f} messages/s, {told['uploaded'] / 1e6:6.0f} MB uploaded, "
        f"+{found['memory'] / 1e6:5.1f} MB memory, loop still for {found['stall'] * 1e3:4.0f} ms at most"
    )


def main() -> None:
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["measure", way, size, number, server]:
            print(json.dumps(asyncio.run(measured(way, int(size), int(number), json.loads(server)))))
        case _:
            for way in ("ours", "cookbook"):
                line(way, LARGE, 1)
            for way in WAYS:
                line(way, USUAL, CHATS)


if __name__ == "__main__":
    main()
