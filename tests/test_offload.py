import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE, held_until, until

from broadcast.errors import Rejected, Unavailable
from broadcast.offload import Offload, ended
from broadcast.offloaded import LESS, SPARE, limit_processor_time

HELPERS = """
import os, pathlib, subprocess, sys, time
from broadcast.errors import Rejected, Unavailable

class Picky(Exception):
    def __init__(self, one, two): super().__init__(f"{one} {two}")

def echo(*args): return args
def nice(): return os.nice(0)
def pid(): return os.getpid()
def env(): return dict(os.environ)
def doze(seconds): time.sleep(seconds); return os.getpid()
def spin():
    while True: pass
def noisy(): print("noise"); os.write(1, b"more noise"); return sys.stdin.read()
def half(progress): progress(0.0); progress(0.001); progress(0.5); progress(1.0); return "done"
def reject(): raise Rejected("not like this")
def wait(): raise Unavailable("later", retry_after=7.0)
def picky(): raise Picky(1, 2)
def unpicklable(): return lambda: None
def memory(): raise MemoryError
def greedy(size): return len(bytearray(size))
def begun(path, deed, given): pathlib.Path(path).touch(); return globals()[deed](*given)
def leave(): os._exit(3)
def killed(): os.kill(os.getpid(), 9)
def child(path):
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    pathlib.Path(path).write_text(str(grandchild.pid)); time.sleep(60)
"""


@pytest.fixture
def helpers(tmp_path: Path) -> str:
    """Functions that a worker can import, and a search path that holds them."""
    folder = tmp_path / "helpers"
    folder.mkdir()
    (folder / "deeds.py").write_text(HELPERS)
    return os.pathsep.join([str(folder), *sys.path])


async def call(helpers: str, function: str, *args: Any, deadline: float = PATIENCE) -> Any:
    offload = Offload({"PYTHONPATH": helpers})
    try:
        return await offload(f"deeds:{function}", *args, deadline=deadline)
    finally:
        await offload.close()


def alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and was not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


async def test_a_function_is_called_elsewhere(helpers: str) -> None:
    assert os.getpid() != await call(helpers, "pid")
    assert (1, "zwei", None) == await call(helpers, "echo", 1, "zwei", None)


async def test_a_megabyte_travels_both_ways(helpers: str) -> None:
    data = os.urandom(5_000_000)

    assert (data,) == await call(helpers, "echo", data)


async def test_a_worker_is_used_again_and_three_work_at_once(helpers: str) -> None:
    offload = Offload({"PYTHONPATH": helpers})
    pids = await asyncio.gather(*(offload("deeds:doze", 0.3, deadline=PATIENCE) for _ in range(6)))
    await offload.close()

    assert 3 == len(set(pids))


async def test_progress_is_told_in_steps_worth_telling(helpers: str) -> None:
    told: list[float] = []
    offload = Offload({"PYTHONPATH": helpers})
    result = await offload("deeds:half", deadline=PATIENCE, progress=told.append)
    await offload.close()

    assert ("done", [0.0, 0.5, 1.0]) == (result, told)


async def test_what_a_function_prints_does_no_harm(helpers: str) -> None:
    assert "" == await call(helpers, "noisy")


async def test_errors_come_back_as_they_are(helpers: str) -> None:
    with pytest.raises(Rejected, match="not like this"):
        await call(helpers, "reject")
    with pytest.raises(Unavailable) as caught:
        await call(helpers, "wait")
    assert 7.0 == caught.value.retry_after


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        ("picky", RuntimeError, "Picky: 1 2"),
        ("unpicklable", Exception, "pickle"),
        ("memory", Unavailable, "ran out of memory"),
        ("leave", Unavailable, "exit code 3"),
        ("killed", Unavailable, "killed, perhaps because the machine ran out of memory"),
        ("nothing_of_that_name", AttributeError, "nothing_of_that_name"),
    ],
)
async def test_a_call_that_fails_says_why(helpers: str, function: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await call(helpers, function)


async def test_after_a_death_the_next_call_gets_a_new_worker(helpers: str) -> None:
    offload = Offload({"PYTHONPATH": helpers}, workers=1)
    first = await offload("deeds:pid", deadline=PATIENCE)
    with pytest.raises(Unavailable):
        await offload("deeds:leave", deadline=PATIENCE)
    second = await offload("deeds:pid", deadline=PATIENCE)
    os.kill(second, signal.SIGKILL)
    (idle,) = offload._idle
    await until(lambda: idle.process.returncode is not None, "nobody hears of it")
    third = await offload("deeds:pid", deadline=PATIENCE)
    await offload.close()

    assert 3 == len({first, second, third})


async def test_a_worker_is_nicer_than_its_parent(helpers: str) -> None:
    assert min(os.nice(0) + LESS, 19) == await call(helpers, "nice")


async def test_past_its_deadline_a_worker_is_killed_with_all_it_started(helpers: str, tmp_path: Path) -> None:
    offload = Offload({"PYTHONPATH": helpers})
    await offload("deeds:pid", deadline=PATIENCE)  # one that is up already
    with pytest.raises(Unavailable, match="took longer than 5 s"):
        await offload("deeds:child", str(tmp_path / "pid"), deadline=5)
    await offload.close()

    grandchild = int((tmp_path / "pid").read_text())
    held_until(lambda: not alive(grandchild))


async def test_a_function_that_never_lets_go_is_stopped(helpers: str) -> None:
    with pytest.raises(Unavailable, match=r"took longer than 0\.5 s"):
        await call(helpers, "spin", deadline=0.5)


async def test_a_call_gets_the_memory_it_was_given_and_the_next_its_own(helpers: str) -> None:
    offload = Offload({"PYTHONPATH": helpers})
    with pytest.raises(Unavailable, match="ran out of memory"):
        await offload("deeds:greedy", 300_000_000, deadline=PATIENCE, memory=100_000_000)
    assert 300_000_000 == await offload("deeds:greedy", 300_000_000, deadline=PATIENCE)
    await offload.close()


async def test_a_cancelled_call_kills_its_worker(helpers: str, tmp_path: Path) -> None:
    offload = Offload({"PYTHONPATH": helpers})
    pid = await offload("deeds:pid", deadline=PATIENCE)
    task = asyncio.create_task(offload("deeds:child", str(tmp_path / "pid"), deadline=PATIENCE))
    await until((tmp_path / "pid").exists, "it does not begin")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await until(lambda: not alive(pid), "it goes on")
    await offload.close()


async def test_closing_ends_a_worker_at_work(helpers: str, tmp_path: Path) -> None:
    offload = Offload({"PYTHONPATH": helpers})
    task = asyncio.create_task(offload("deeds:child", str(tmp_path / "pid"), deadline=PATIENCE))
    await until((tmp_path / "pid").exists, "it does not begin")
    await offload.close()
    with pytest.raises(Unavailable):
        await task


async def test_a_worker_knows_nothing_of_the_environment(helpers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEYGEN_API_KEY", "s3cret")

    assert "s3cret" not in str(await call(helpers, "env"))


@pytest.mark.parametrize("deed", ["", "doze", "spin", "child"], ids=["idle", "asleep", "at work", "with a child"])
def test_a_worker_dies_with_a_parent_that_was_killed(helpers: str, tmp_path: Path, deed: str) -> None:
    """Whatever it does at that time, and even when the parent had no time to say goodbye."""
    begun, given = str(tmp_path / "begun"), {"doze": [600], "child": [str(tmp_path / "child")]}.get(deed, [])
    work = f'offload("deeds:begun", {begun!r}, {deed!r}, {given!r}, deadline=600)' if deed else "asyncio.sleep(600)"
    script = f"""
import asyncio
from broadcast.offload import Offload
async def main():
    offload = Offload({{"PYTHONPATH": {helpers!r}}})
    print(await offload("deeds:pid", deadline={PATIENCE}), flush=True)
    await {work}
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        if deed:
            held_until(Path(begun).exists)
        if deed == "child":
            held_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
        assert alive(worker)
        parent.kill()

    held_until(lambda: not alive(worker))
    if deed == "child":
        child = int((tmp_path / "child").read_text())
        held_until(lambda: not alive(child))


def test_what_never_lets_go_of_python_is_ended_by_the_system_when_its_parent_is_dead() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        limit_processor_time(100)
        most, _ = resource.getrlimit(resource.RLIMIT_CPU)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))

    assert 100 * (os.cpu_count() or 1) <= most - time.process_time() <= 100 * (os.cpu_count() or 1) + SPARE + 1


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "was killed"), (-24, "too much processor time"), (-11, "crashed (SIGSEGV)"), (1, "exit code 1")],
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert words in ended(code)
