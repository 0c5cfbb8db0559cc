"""The program is watched, and nothing of it is left behind however it ends. One of our own stands in for it."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from broadcast.errors import Rejected, Unavailable
from broadcast.hyperframes.running import end_others, family, run

#: Starts, as Chromium is started, a helper in a session of its own, says who it is, and goes on for a minute.
HELPED = """
import subprocess, sys, time
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
open("helper", "w").write(str(helper.pid))
print("started", flush=True)
{then}
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


async def start(folder: Path, code: str, deadline: float = 60.0) -> list[float]:
    seen: list[float] = []
    await run([sys.executable, "-c", code], env={}, folder=folder, deadline=deadline, progress=seen.append)
    return seen


async def test_how_far_it_is_is_read_from_what_it_says(tmp_path: Path) -> None:
    code = """
print('@hf-progress {"pct": 12.5}')
print('hello')
print('@hf-progress nonsense')
print('@hf-progress {"pct": 250}')
print('x' * 200_000)
print('@hf-progress {"pct": 50}')
"""
    assert [0.125, 1.0, 0.5] == await start(tmp_path, code)


async def test_what_it_says_last_is_why_it_failed(tmp_path: Path) -> None:
    code = "print('loading'); print('Error: undeclared variable \\x1b[31mfoo'); print('bye'); raise SystemExit(3)"
    with pytest.raises(
        Rejected, match=r"^hyperframes failed with exit code 3: Error: undeclared variable .*foo bye$"
    ):
        await start(tmp_path, code)


async def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="hyperframes cannot be started: No such file"):
        await run([str(tmp_path / "no")], env={}, folder=tmp_path, deadline=5, progress=print)


async def test_it_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEYGEN_API_KEY", "s3cret")
    await start(tmp_path, "import os; open('seen', 'w').write(repr(dict(os.environ)))")
    assert "s3cret" not in (tmp_path / "seen").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the family of a process is read from /proc")
@pytest.mark.parametrize("manner", ["", DEAF], ids=["willing", "deaf"])
async def test_a_stop_ends_it_with_the_browser_that_has_a_session_of_its_own(tmp_path: Path, manner: str) -> None:
    task = asyncio.create_task(start(tmp_path, manner + HELPED.format(then="time.sleep(60)")))
    helper = await _helper(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _gone(helper)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
async def test_what_a_killed_call_left_running_is_ended_and_nobody_else_is(tmp_path: Path) -> None:
    folders = tmp_path / "left", tmp_path / "other"
    running = []
    for folder in folders:
        folder.mkdir()
        command = [sys.executable, "-c", HELPED.format(then="time.sleep(60)"), folder.name]
        running.append((command, await asyncio.create_subprocess_exec(*command, cwd=folder)))
    (command, left), (_, other) = running
    helper, bystander = [await _helper(folder) for folder in folders]
    try:
        end_others(command)
        assert -9 == await left.wait()
        await _gone(helper)
        assert other.returncode is None
        assert _state(bystander) not in ("", "Z")
    finally:
        os.kill(bystander, 9)
        other.kill()
        await other.wait()


async def test_it_is_stopped_where_it_takes_too_long(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="it took longer than 3 s"):
        await start(tmp_path, HELPED.format(then="time.sleep(60)"), deadline=3)
    if (tmp_path / "helper").exists():
        await _gone(int((tmp_path / "helper").read_text()))


async def _helper(folder: Path) -> int:
    path = folder / "helper"
    assert await _comes(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


async def _gone(pid: int) -> None:
    assert await _comes(lambda: _state(pid) in ("", "Z"))  # gone, or a corpse that nobody has buried yet
    assert not family(pid)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


async def _comes(true: Callable[[], bool]) -> bool:
    for _ in range(1500):
        if true():
            return True
        await asyncio.sleep(0.02)
    return False
