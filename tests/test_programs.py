import sys
from pathlib import Path

import pytest

from broadcast.errors import Rejected, Unavailable
from broadcast.material import programs


async def python(code: str, *, deadline: float = 10, limit: int = 1000) -> bytes:
    command = (sys.executable, "-c", code)
    return await programs.run(command, label="it", env={"A": "b"}, deadline=deadline, limit=limit)


async def test_a_program_knows_of_the_environment_what_it_is_told() -> None:
    said = await python("import os; print({k: v for k, v in os.environ.items() if not k.startswith('LC_')})")

    assert b"{'A': 'b'}\n" == said


async def test_a_program_cannot_ask() -> None:
    assert b"''\n" == await python("import sys; print(repr(sys.stdin.read()))")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit(3)", "it failed with exit code 3"),
        ("import sys; print('a\\n\\x1b[1mno disk', file=sys.stderr); sys.exit(1)", "exit code 1: [1mno disk"),
        ("import os; os.kill(os.getpid(), 9)", "it failed with exit code -9"),
        ("print('x' * 10**6)", "it said more than the 0.001 MB that are read"),
        ("import sys; sys.stderr.write('x' * 10**6); sys.exit(1)", "exit code 1: xxx"),
    ],
)
async def test_a_program_that_fails_says_so_in_one_line(code: str, words: str) -> None:
    with pytest.raises(Rejected) as caught:
        await python(code)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


async def test_a_program_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(Unavailable, match=r"it was stopped: it took longer than 0\.5 s"):
        await python(parent, deadline=0.5)
    await python("import time; time.sleep(2.5)")

    assert not mark.exists()


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Rejected, match="it cannot be started: No such file or directory"):
        await programs.run(("/no/such/program",), label="it", env={}, deadline=1, limit=1)
    with pytest.raises(Rejected, match="it cannot be started: its name cannot be read"):
        await programs.run(("a\0b",), label="it", env={}, deadline=1, limit=1)
