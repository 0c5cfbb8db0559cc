import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Rejected, Unavailable
from broadcast.sources.command import Command
from broadcast.testing import Bench, FakeClock
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def tell(bench: Bench, code: str, **options: Any) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await Command(run=(sys.executable, "-c", code), **options).fetch(tools, NOW - timedelta(days=1))


async def test_each_line_that_a_program_prints_is_a_story(bench: Bench) -> None:
    records = {"title": "One", "text": "It was."}, {"title": "Two", "publisher": "Them"}
    code = f"print({json.dumps(records[0])!r}); print(); print({json.dumps(records[1])!r})"
    one, two = await tell(bench, code, publisher="Us", tags=("own",))

    assert ("One", "It was.", "Us", ("own",), NOW) == (one.title, one.text, one.publisher, one.tags, one.at)
    assert ("Two", "Them") == (two.title, two.publisher)


async def test_a_program_knows_what_is_named_and_no_secret_besides(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEYGEN_API_KEY", "s3cret")
    code = "import json, os; print(json.dumps({'title': ' '.join(sorted(os.environ)), 'text': os.environ['MINE']}))"
    (story,) = await tell(bench, code, env={"MINE": SecretStr("mine")})
    known = story.title.split()

    assert "mine" == story.text
    assert "PATH" in known
    assert "HEYGEN_API_KEY" not in known


async def test_a_program_is_told_since_when_and_runs_where_it_should(bench: Bench) -> None:
    code = "import json, os; print(json.dumps({'title': os.environ['BROADCAST_SINCE'], 'text': os.getcwd()}))"
    (story,) = await tell(bench, code, folder=bench.folder)

    assert ("2026-11-22T17:00:00+00:00", str(bench.folder)) == (story.title, story.text)


async def test_no_shell_looks_at_the_arguments(bench: Bench) -> None:
    code = "import json, sys; print(json.dumps({'title': sys.argv[1]}))"
    async with bench.tools() as tools:
        source = Command(run=(sys.executable, "-c", code, "$(touch owned); `id` *"))
        (story,) = await source.fetch(tools, NOW)

    assert "$(touch owned); `id` *" == story.title


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('hello')", "the program 'python': line 1 is not JSON"),
        ("print('[1]')", "the program 'python': story 1 is a list, not an object with `title` and `text`"),
        ("import sys; sys.exit('no such table')", "the program 'python' failed with exit code 1: no such table"),
        ("import sys; sys.exit('cannot log in with hunter2!')", "exit code 1: cannot log in with \\*\\*\\*!"),
        ("print('x' * 3_000_000)", "the program 'python' said more than the 2 MB that are read"),
    ],
)
async def test_a_program_that_fails_says_why(bench: Bench, code: str, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        await tell(bench, code, env={"PASSWORD": SecretStr("hunter2")})


async def test_a_program_that_takes_too_long_is_stopped(bench: Bench) -> None:
    with pytest.raises(Unavailable, match="the program 'python' was stopped: it took longer than 1 s"):
        await tell(bench, "import time; time.sleep(60)", seconds=1)


async def test_a_program_that_is_not_there_or_says_nothing(bench: Bench) -> None:
    assert [] == await tell(bench, "")
    async with bench.tools() as tools:
        with pytest.raises(Rejected, match="the program 'no-such' cannot be started: No such file"):
            await Command(run=("no-such",)).fetch(tools, NOW)


def test_a_command_line_is_not_taken_for_a_program() -> None:
    with pytest.raises(ValidationError):
        Command(run="echo hello")  # type: ignore[arg-type]
