"""What every source says of a file, folder, program, repository or database that is no good: what to do about it.

One table for those that ask no server, beside the one of `test_bad_answers.py`.
"""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unheard import AHEAD, MANY, NOW, outcome, tools

from broadcast.errors import StageError
from broadcast.sources.changelog import Changelog
from broadcast.sources.command import Command
from broadcast.sources.csv import Csv
from broadcast.sources.git import Git
from broadcast.sources.notes import Notes
from broadcast.sources.sql import Sql
from broadcast.sources.stories import Stories
from broadcast.sources.transcript import Transcript
from broadcast.types import Story

FILES: dict[str, Callable[[Path], Any]] = {
    "csv": lambda path: Csv(file=str(path), title="{title}", at="at", told="each"),
    "stories": lambda path: Stories(file=str(path)),
    "changelog": lambda path: Changelog(file=str(path), project="App"),
    "notes": lambda path: Notes(path=path),
    "transcript": lambda path: Transcript(path=path),
    "command": lambda path: Command(run=(sys.executable, "-c", SHOW, str(path)), seconds=20),
    "sql": lambda path: Sql(url=f"sqlite:///{path}", query="select * from told", title="{title}", at="at"),
    "git": lambda path: Git(path=path),
}
ENDINGS = {"notes": "md", "transcript": "srt"}
#: A program that prints what a file holds.
SHOW = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
#: What a sentence has that tells somebody what to do.
ADVICE = re.compile(
    r"check|give|print|save|run it|may be|the first line names|each line holds|it knows|it reads|not an object with"
)
WRONG: dict[str, bytes | None] = {
    "not-there": None,
    "empty": b"",
    "web-page": b"<!doctype html><html><title>Log in</title><form></form></html>",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "other-shape": b'{"data": [1, null], "x": {"y": []}}',
    "huge": b"x" * 11_000_000,
}
#: What is no fault: nothing was written, and notes, what is said and a CSV file may be any text.
FINE = {
    *((source, "empty") for source in ("stories", "command")),
    *((source, case) for source in ("notes", "transcript") for case in ("web-page", "pdf", "other-shape")),
    ("csv", "other-shape"),
}


def write(folder: Path, source: str, body: bytes | None) -> Path:
    path = folder / f"it.{ENDINGS.get(source, 'txt')}"
    if body is not None:
        path.write_bytes(body)
    return path


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("source", FILES)
async def test_what_is_no_good_is_an_error_that_says_what_to_do(tmp_path: Path, source: str, case: str) -> None:
    made = FILES[source](write(tmp_path, source, WRONG[case]))
    async with tools(tmp_path) as (given, _):
        found = await outcome(made, given)

    if (source, case) in FINE and not isinstance(found, StageError):
        return
    assert isinstance(found, StageError)
    assert ADVICE.search(str(found)), found


def rows(count: int, at: datetime | None, title: str | None) -> list[tuple[str | None, str | None]]:
    said = [(title and f"{title} {number}", at and at.isoformat()) for number in range(count)]
    return [*said, ("Good", (NOW - timedelta(hours=1)).isoformat())]


def csv(count: int, at: datetime | None, title: str | None) -> bytes:
    lines = (f"{said or ''},{when or ''}" for said, when in rows(count, at, title))
    return "\n".join(("title,at", *lines)).encode()


def lines(count: int, at: datetime | None, title: str | None) -> bytes:
    said = ({"title": said, "at": when, "text": None} for said, when in rows(count, at, title))
    return "\n".join(map(json.dumps, said)).encode()


def versions(count: int, at: datetime | None, title: str | None) -> bytes:
    said = (
        f"## {(title and f'1.{n}.0') or ''}{f' - {at:%Y-%m-%d}' if at else ''}\n- It works.\n" for n in range(count)
    )
    return "\n".join((*said, "## 0.1.0\n- Good.\n")).encode()


def headings(count: int, at: datetime | None, title: str | None) -> bytes:
    return "\n".join(
        (*(f"## {title or ''} {n}\n\nIt went well.\n" for n in range(count)), "## Good\n\nAll of it.")
    ).encode()


LISTS: dict[str, Callable[[int, datetime | None, str | None], bytes]] = {
    "csv": csv,
    "stories": lines,
    "command": lines,
    "changelog": versions,
    "notes": headings,
}


@pytest.mark.parametrize("source", [*LISTS, "sql", "git"])
@pytest.mark.parametrize(
    ("count", "at", "title"),
    [(2, AHEAD, "Ahead"), (2, None, None), (MANY, NOW - timedelta(hours=1), "N")],
    ids=["future", "null", "many"],
)
async def test_a_date_in_the_future_what_is_null_and_far_too_much(
    tmp_path: Path, source: str, count: int, at: datetime | None, title: str | None
) -> None:
    if source == "sql":
        path = database(tmp_path, rows(count, at, title))
    elif source == "git":
        path = repository(tmp_path, min(count, 5_000), at or NOW, title or "")
    else:
        path = write(tmp_path, source, LISTS[source](count, at, title))
    async with tools(tmp_path) as (given, notes):
        found = await outcome(FILES[source](path), given)

    if isinstance(found, StageError):
        assert count == MANY
        assert ADVICE.search(str(found)), found
        return
    assert 0 < len(found) <= 50
    assert all(story.title and story.at <= NOW for story in found if isinstance(story, Story))
    assert (
        title or source in ("notes", "changelog", "git", "csv") or notes
    )  # what has no title is said to be left out


def database(folder: Path, rows: list[tuple[str | None, str | None]]) -> Path:
    path = folder / "shop.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table told (title text, at text)")
        db.executemany("insert into told values (?, ?)", rows)
    return path


def repository(folder: Path, count: int, at: datetime, message: str) -> Path:
    """Return a repository with *count* commits, which git reads from one stream."""
    path = folder / "acme"
    when = f"{int(at.timestamp())} +0000"
    stream = "".join(
        f"commit refs/heads/main\ncommitter Ada <ada@x.example> {when}\ndata {len(said)}\n{said}\n"
        for said in [*(f"{message}" for _ in range(count)), "fix: good"]
    )
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "--quiet", str(path)], check=True)
    subprocess.run([*git, "-C", str(path), "fast-import", "--quiet"], input=stream.encode(), check=True)
    return path


async def test_a_file_from_the_future_was_written_now(tmp_path: Path) -> None:
    import os

    for source in ("notes", "transcript"):
        path = write(tmp_path, source, b"# Minutes\n\nIt went well and nobody was hurt.")
        os.utime(path, (AHEAD.timestamp(), AHEAD.timestamp()))
        async with tools(tmp_path) as (given, _):
            (story,) = await FILES[source](path).fetch(given, datetime(2026, 1, 1, tzinfo=UTC))
        assert NOW == story.at
