"""What one upload to Slack costs: memory above the start, and the longest time that the loop stood still.

    python benchmarks/slack.py [MEGABYTES...]

Beside it, the same by slack_sdk's own `files_upload_v2`. Each has a process of its own, and Slack another.
"""

import asyncio
import dataclasses
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

SERVE = """
import sys
from broadcast.testing import Slack
with Slack(token="xoxb-benchmark-token") as slack:
    print(slack.base, flush=True)
    sys.stdin.readline()
    print(len(slack.shown()), flush=True)
"""


def memory(name: str) -> float:
    """Return VmHWM or VmRSS of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(f"{name}:"))


async def ours(base: str, path: Path) -> Any:
    from posts import a_post, a_video

    from broadcast.channels.slack import Slack
    from broadcast.testing import Bench

    channel = Slack.model_validate({"token": "xoxb-benchmark-token", "base": base, "channel": "C1"})
    post = a_post(a_video(path.parent, path=path))
    context = Bench(path.parent).tools()
    tools = await context.__aenter__()

    async def keep(name: str, value: str) -> None: ...

    kept = dataclasses.replace(tools, keep=keep)
    await channel.preflight(kept)
    return lambda: channel.file(kept, post, "C1"), lambda: context.__aexit__(None, None, None)


async def theirs(base: str, path: Path) -> Any:
    from slack_sdk.web.async_client import AsyncWebClient

    client = AsyncWebClient("xoxb-benchmark-token", base_url=base, timeout=600)
    await client.auth_test()

    async def nothing() -> None: ...

    return lambda: client.files_upload_v2(file=str(path), filename="a.mp4", channel="C1"), nothing


async def measure(how: str, base: str, megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        with path.open("wb") as file:
            for _ in range(megabytes):
                file.write(b"\xa5" * 1_000_000)
        do, end = await (ours if how == "ours" else theirs)(base, path)
        stall, going = 0.0, True

        async def watch() -> None:
            nonlocal stall
            while going:
                before = time.perf_counter()
                await asyncio.sleep(0.001)
                stall = max(stall, time.perf_counter() - before - 0.001)

        watcher = asyncio.create_task(watch())
        await asyncio.sleep(0.05)
        stall, before, start = 0.0, memory("VmRSS"), time.perf_counter()
        Path("/proc/self/clear_refs").write_text("5")  # begins the high-water mark anew
        await do()
        wall, after = time.perf_counter() - start, memory("VmHWM")
        going = False
        await watcher
        await end()
    print(f"{how:>6} {megabytes:>4} MB: memory +{after - before:.1f} MB, stall {stall * 1000:.0f} ms, {wall:.2f} s")


def main(sizes: list[int]) -> None:
    for megabytes in sizes:
        for how in ("ours", "theirs"):
            server = subprocess.Popen(
                [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
            assert server.stdin
            assert server.stdout
            base = server.stdout.readline().strip()
            subprocess.run([sys.executable, __file__, how, base, str(megabytes)], check=False)
            server.stdin.write("\n")
            server.stdin.close()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("ours", "theirs"):
        asyncio.run(measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    else:
        main([int(one) for one in sys.argv[1:]] or [49, 200])
