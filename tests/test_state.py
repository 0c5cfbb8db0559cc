"""A copy of the journal outlives the machine: a destroyed runner pays nothing twice, of two runners one pays."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from airing import Town
from moto.server import ThreadedMotoServer
from nursery import Child, started
from patience import held_until

from broadcast.errors import ConfigError, Lost, StageError, Unavailable, Unwritten
from broadcast.state import State, shelf
from broadcast.state.shelf import Copy
from broadcast.testing import HeyGen

HERE = Path(__file__).parent
SLOT = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"  #: HeyGen's sessions are of today
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
AWS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_DEFAULT_REGION": "us-east-1"}


def git(*arguments: str | Path, at: Path | None = None) -> str:
    environment = {"PATH": os.environ["PATH"], **ALONE}
    done = subprocess.run(["git", *arguments], cwd=at, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare repository with one commit, where the working directory is a checkout of it."""
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    bare = tmp_path / "origin.git"
    git("init", "--quiet", "--bare", "--initial-branch", "main", bare)
    git("clone", "--quiet", bare.as_uri(), tmp_path / "seed")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    git(*who, "commit", "--quiet", "--allow-empty", "-m", "a show", at=tmp_path / "seed")
    git("push", "--quiet", "origin", "HEAD:main", at=tmp_path / "seed")
    monkeypatch.chdir(tmp_path / "seed")
    return bare


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {**AWS, "AWS_ENDPOINT_URL_S3": endpoint}.items():
        monkeypatch.setenv(name, value)
    resource = boto3.resource("s3")
    bucket = resource.create_bucket(Bucket="town")
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()
    resource.meta.client.close()


@pytest.fixture(params=["git:journal", "s3://town/journal.db"])
def spec(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue("origin" if request.param.startswith("git:") else "bucket")
    return str(request.param)


def journal(folder: Path, *words: str) -> Path:
    """Have a database in *folder* that holds these words, and what is in it already."""
    folder.mkdir(exist_ok=True)
    path = folder / "broadcast.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS said (word TEXT)")
        db.executemany("INSERT INTO said VALUES (?)", [(word,) for word in words])
    return path


def said(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [word for (word,) in db.execute("SELECT word FROM said")]


# --- the copy itself, on both places


async def test_what_one_machine_put_there_another_brings(spec: str, tmp_path: Path) -> None:
    first = await State.restored(spec, journal(tmp_path / "a", "one"))
    await first.guard()
    journal(tmp_path / "a", "two")
    await first.close()

    second = await State.restored(spec, tmp_path / "b" / "broadcast.db")

    assert ["one", "two"] == said(second.path)
    await second.close()


async def test_a_copy_is_taken_of_what_is_still_in_the_write_ahead_log(spec: str, tmp_path: Path) -> None:
    path = journal(tmp_path / "a")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("INSERT INTO said VALUES ('committed')")
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO said VALUES ('not committed')")
        state = await State.restored(spec, path)
        await state.guard()
        db.execute("ROLLBACK")
    await state.close()

    other = await State.restored(spec, tmp_path / "b" / "broadcast.db")

    assert ["committed"] == said(other.path)
    await other.close()


async def test_of_two_that_know_the_same_copy_one_goes_on(spec: str, tmp_path: Path) -> None:
    states = [await State.restored(spec, journal(tmp_path / name, name)) for name in "ab"]

    ends = await asyncio.gather(*(state.guard() for state in states), return_exceptions=True)

    assert [Lost] == [type(end) for end in ends if end]
    loser, winner = sorted(states, key=lambda state: not state.moved)
    with pytest.raises(Lost):
        await loser.guard()
    journal(winner.path.parent, "more")
    await winner.guard()
    await loser.close()
    await winner.close()


async def test_who_lost_takes_up_what_the_other_knows(spec: str, tmp_path: Path) -> None:
    loser = await State.restored(spec, journal(tmp_path / "a", "old"))
    winner = await State.restored(spec, journal(tmp_path / "b", "new"))
    await winner.guard()
    await winner.close()
    with pytest.raises(Lost):
        await loser.guard()
    await loser.close()

    again = await State.restored(spec, tmp_path / "a" / "broadcast.db")

    assert ["new"] == said(again.path)
    assert ["old"] == said(tmp_path / "a" / "broadcast.db.before")
    await again.close()


class Trouble:
    """A place that takes the copy and does not say so, or cannot be reached."""

    def __init__(self, spec: str) -> None:
        self._real, self.unsaid, self.away = shelf(spec), 0, False
        self.where, self.name, self.bring = self._real.where, self._real.name, self._real.bring

    def look(self) -> Copy | None:
        if self.away:
            raise Unavailable("not reached")
        return self._real.look()

    def put(self, file: Path, name: str, over: Copy | None) -> Copy:
        if self.away:
            raise Unavailable("not reached")
        copy = self._real.put(file, name, over)
        if self.unsaid:
            self.unsaid -= 1
            raise Unavailable("no answer")
        return copy


async def troubled(spec: str, path: Path) -> tuple[State, Trouble]:
    trouble = Trouble(spec)
    state = State(trouble, path, copy=False)
    await asyncio.to_thread(state._restore)
    return state, trouble


async def test_a_copy_that_arrived_and_was_not_confirmed_is_ours(spec: str, tmp_path: Path) -> None:
    state, trouble = await troubled(spec, journal(tmp_path / "a", "one"))
    trouble.unsaid = 1

    await state.guard()
    journal(tmp_path / "a", "two")
    await state.close()

    other = await State.restored(spec, tmp_path / "b" / "broadcast.db")
    assert ["one", "two"] == said(other.path)
    await other.close()


async def test_a_copy_that_arrived_while_nothing_could_be_read_is_ours_later(spec: str, tmp_path: Path) -> None:
    state, trouble = await troubled(spec, journal(tmp_path / "a", "one"))
    look, trouble.look = trouble.look, lambda: unreachable()  # type: ignore[method-assign]
    trouble.unsaid = 1
    with pytest.raises(Unwritten, match="no answer"):
        await state.guard()
    trouble.look = look  # type: ignore[method-assign]
    journal(tmp_path / "a", "two")

    await state.guard()

    assert not state.moved
    await state.close()


def unreachable() -> Copy | None:
    raise Unavailable("not reached")


async def test_what_cannot_be_put_there_is_not_begun(spec: str, tmp_path: Path) -> None:
    state, trouble = await troubled(spec, journal(tmp_path / "a", "one"))
    trouble.away = True

    with pytest.raises(Unwritten, match=r"cannot be copied to .*: not reached"):
        await state.guard()
    trouble.away = False
    await state.guard()
    await state.close()


async def test_whoever_comes_while_a_copy_is_on_its_way_shares_the_next(spec: str, tmp_path: Path) -> None:
    state = await State.restored(spec, journal(tmp_path / "a", "one"))
    puts: list[str] = []
    put = state._shelf.put

    def counted(file: Path, name: str, over: Copy | None) -> Copy:
        puts.append(name)
        return put(file, name, over)

    state._shelf.put = counted  # type: ignore[method-assign]
    first = asyncio.create_task(state.guard())
    await asyncio.sleep(0)
    journal(tmp_path / "a", "two")
    await asyncio.gather(first, *(state.guard() for _ in range(20)))

    assert len(puts) <= 2
    await state.close()


async def test_a_machine_that_was_cut_off_before_it_noted_its_copy_goes_on(spec: str, tmp_path: Path) -> None:
    state = await State.restored(spec, journal(tmp_path / "a", "one"))
    marked: Callable[[], None] = state._mark
    await state.guard()
    journal(tmp_path / "a", "two")
    calls: list[int] = []

    def once() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        marked()

    state._mark = once  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        state._put()
    state._ends.close()
    journal(tmp_path / "a", "three")

    again = await State.restored(spec, tmp_path / "a" / "broadcast.db")

    assert ["one", "two", "three"] == said(again.path)
    await again.close()


async def test_two_journals_of_their_own_are_not_mixed(spec: str, tmp_path: Path) -> None:
    first = await State.restored(spec, journal(tmp_path / "a", "one"))
    await first.guard()
    await first.close()

    with pytest.raises(ConfigError, match=r"BROADCAST_STATE: .* are two journals: move one of them away"):
        await State.restored(spec, journal(tmp_path / "b", "other"))


async def test_one_process_in_a_folder_keeps_the_copy(spec: str, tmp_path: Path) -> None:
    first = await State.restored(spec, journal(tmp_path / "a", "one"))

    with pytest.raises(ConfigError, match="another process works in"):
        await State.restored(spec, tmp_path / "a" / "broadcast.db")
    await first.close()


async def test_nothing_is_put_there_where_nothing_changed(spec: str, tmp_path: Path) -> None:
    first = await State.restored(spec, journal(tmp_path / "a", "one"))
    await first.close()
    before = first._shelf.look()

    second = await State.restored(spec, tmp_path / "b" / "broadcast.db")
    await second.close()

    assert before == second._shelf.look()


async def test_the_branch_has_one_commit_however_often_it_is_written(origin: Path, tmp_path: Path) -> None:
    state = await State.restored("git:journal", journal(tmp_path / "a", "one"))
    for word in ("two", "three"):
        await state.guard()
        journal(tmp_path / "a", word)
    await state.close()

    assert "1" == git("rev-list", "--count", "journal", at=origin).strip()
    assert "broadcast.db" == git("ls-tree", "--name-only", "journal", at=origin).strip()
    assert "" == git("status", "--porcelain", at=Path.cwd())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("git:", "is written git:BRANCH or s3://bucket/key"),
        ("git:-x", "is written git:BRANCH or s3://bucket/key"),
        ("git:a..b", "must be a branch of `origin`"),
        ("s3://town", "is written git:BRANCH or s3://bucket/key"),
        ("https://example.com/x", "is written git:BRANCH or s3://bucket/key"),
    ],
)
async def test_what_names_no_place_is_said(origin: Path, tmp_path: Path, spec: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"BROADCAST_STATE: .*{words}"):
        await State.restored(spec, tmp_path / "a" / "broadcast.db")


async def test_outside_a_checkout_a_branch_means_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the working directory a git checkout"):
        await State.restored("git:journal", tmp_path / "a" / "broadcast.db")


async def test_the_credentials_of_the_remote_are_in_no_error(origin: Path, tmp_path: Path) -> None:
    git("remote", "set-url", "origin", "http://user:hunter2@127.0.0.1:1/x.git", at=Path.cwd())

    with pytest.raises(StageError) as raised:
        await State.restored("git:journal", tmp_path / "a" / "broadcast.db")

    assert "git ls-remote failed with exit code 128" == str(raised.value)


async def test_a_branch_that_we_may_not_write_is_no_lost_race(origin: Path, tmp_path: Path) -> None:
    hook = origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'remote: error: GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    state = await State.restored("git:journal", journal(tmp_path / "a", "one"))

    with pytest.raises(Unwritten, match="grant `contents: write`"):
        await state.guard()
    assert not state.moved
    state._ends.close()


async def test_a_bucket_that_is_not_there_takes_nothing(bucket: Any, tmp_path: Path) -> None:
    state = await State.restored("s3://elsewhere/journal.db", journal(tmp_path / "a", "one"))

    with pytest.raises(Unwritten, match="answers 404 NoSuchBucket") as raised:
        await state.guard()
    assert "hunter2" not in str(raised.value)
    state._ends.close()


# --- a show on machines that come and go


class Machines:
    """Checkouts of one repository on machines that come and go; what people see is written down outside them."""

    def __init__(self, folder: Path, origin: Path, spec: str = "git:journal") -> None:
        self.folder, self.origin, self.spec = folder, origin, spec
        self.town = Town(folder)

    def new(self, name: str) -> Path:
        at = self.folder / name
        git("clone", "--quiet", self.origin.as_uri(), at)
        (at / "config").mkdir()
        (at / "config" / "town.yaml").write_text(yaml.safe_dump(self.town.tree, sort_keys=False))
        return at

    def start(self, at: Path, *arguments: str, die: str = "0") -> Child:
        aws = {name: os.environ[name] for name in (*AWS, "AWS_ENDPOINT_URL_S3") if name in os.environ}
        environment = ALONE | aws
        if self.spec:
            environment["BROADCAST_STATE"] = self.spec
        arguments = arguments or ("run", "town", "--slot", SLOT, "--json")
        return started((str(HERE / "hasty.py"), die, "after", *arguments), at, environment)

    def run(self, at: Path, *arguments: str, die: str = "0") -> tuple[int, Any]:
        process = self.start(at, *arguments, die=die)
        out, err = process.communicate()
        assert out or process.returncode < 0, err
        return process.returncode, json.loads(out) if out else None


def with_heygen(machines: Machines, heygen: HeyGen) -> None:
    tree = machines.town.tree
    tree["sources"] = {"wire": machines.town.of("Wire", series=[100, 400, 900])}
    quick = {"poll": 0.1, "look_again": [0.2, 0.4]}
    tree["renderer"] = {"use": "heygen", "key": heygen.key, "base": heygen.url, **quick}
    tree["channels"] = {"folder": {"use": "folder", "path": str(machines.folder / "out")}}


def destroyed_after_the_submit(machines: Machines, heygen: HeyGen) -> None:
    before = len(heygen.renders)
    heygen.fault("POST /v3/video-agents", "slow", after_effect=True, seconds=60)
    at = machines.new("first")
    process = machines.start(at)
    held_until(lambda: len(heygen.renders) > before)
    process.kill()
    process.communicate()
    assert before + 1 == len(heygen.renders)
    shutil.rmtree(at)


@pytest.mark.parametrize("spec", ["git:journal", "s3://town/journal.db"])
def test_destroyed_right_after_the_submit_an_empty_machine_goes_on_and_pays_nothing(
    tmp_path: Path, origin: Path, bucket: Any, spec: str
) -> None:
    with HeyGen() as heygen:
        machines = Machines(tmp_path, origin, spec)
        with_heygen(machines, heygen)
        destroyed_after_the_submit(machines, heygen)

        code, report = machines.run(machines.new("second"))

        assert (0, "aired", 1) == (code, report["status"], len(heygen.renders)), report
        assert 1 == len(list((tmp_path / "out" / "town").iterdir()))


def test_a_render_with_files_is_known_again_by_what_was_kept_before_it_was_asked_for(
    tmp_path: Path, origin: Path
) -> None:
    with HeyGen() as heygen:
        machines = Machines(tmp_path, origin)
        with_heygen(machines, heygen)
        earlier = f"{datetime.now(UTC) - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
        machines.run(machines.new("earlier"), "run", "town", "--slot", earlier, "--json")
        machines.town.tree["sources"]["wire"]["prefix"] = "other"  # the journal knows a run: it has no amnesia
        destroyed_after_the_submit(machines, heygen)

        code, report = machines.run(machines.new("second"))

        assert (0, "aired", 2) == (code, report["status"], len(heygen.renders)), report
        assert heygen.renders[1].asked["files"]


def test_destroyed_with_no_state_the_service_is_asked_first_and_the_render_is_taken_up(
    tmp_path: Path, origin: Path
) -> None:
    with HeyGen() as heygen:
        machines = Machines(tmp_path, origin, spec="")
        with_heygen(machines, heygen)
        destroyed_after_the_submit(machines, heygen)

        code, report = machines.run(machines.new("second"))

        assert (0, "aired", 1) == (code, report["status"], len(heygen.renders)), report
        assert "was asked for before this journal began; it is taken up" in str(report["editions"][0]["notes"])


def test_with_no_state_and_no_render_it_says_that_it_looked(tmp_path: Path, origin: Path) -> None:
    with HeyGen() as heygen:
        machines = Machines(tmp_path, origin, spec="")
        with_heygen(machines, heygen)

        code, report = machines.run(machines.new("first"))

        assert (0, 1) == (code, len(heygen.renders))
        assert "was asked first, as this journal knows of no run" in str(report["editions"][0]["notes"])


def test_a_renderer_that_cannot_be_asked_is_held_on_the_next_machine(tmp_path: Path, origin: Path) -> None:
    machines = Machines(tmp_path, origin)
    machines.town.tree["renderer"]["trouble"] = "killed-after"
    machines.run(machines.new("first"))
    machines.town.tree["renderer"]["trouble"] = ""
    shutil.rmtree(tmp_path / "first")

    code, report = machines.run(machines.new("second"))

    assert (4, "unfinished") == (code, report["status"])
    assert ["pay main"] == machines.town.lines("pay")


def test_of_two_runners_at_once_one_pays_and_the_other_says_so(tmp_path: Path, origin: Path) -> None:
    machines = Machines(tmp_path, origin)
    done = tmp_path / "done"
    machines.town.tree["renderer"]["after"] = str(done)
    both = [machines.start(machines.new(name)) for name in ("first", "second")]
    held_until(lambda: any(one.poll() is not None for one in both), "whoever does not air it waits for the other")
    done.touch()
    ends = [(process.communicate()[0], process.returncode) for process in both]

    reports = sorted((json.loads(out)["status"], code) for out, code in ends)
    assert [("aired", 0), ("unfinished", 4)] == reports, ends
    assert (["pay main"], 1) == (machines.town.lines("pay"), len(machines.town.lines("post")))
    other = next(out for out, code in ends if code == 4)
    assert "another process is airing it" in json.loads(other)["error"]


def test_a_copy_that_cannot_be_made_pays_nothing_and_the_next_call_airs(tmp_path: Path, origin: Path) -> None:
    hook = origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    machines = Machines(tmp_path, origin)
    at = machines.new("first")

    code, report = machines.run(at)
    paid = machines.town.lines("pay")
    hook.unlink()
    again, aired = machines.run(at)

    assert (1, []) == (code, paid), report
    assert "the journal cannot be copied to git branch journal: git push failed" in report["error"]
    assert (0, "aired", ["pay main"]) == (again, aired["status"], machines.town.lines("pay"))


def test_the_next_machine_knows_that_the_slot_was_aired(tmp_path: Path, origin: Path) -> None:
    machines = Machines(tmp_path, origin)
    machines.run(machines.new("first"))

    code, report = machines.run(machines.new("second"))
    _, listed = machines.run(tmp_path / "second", "runs", "--json")

    assert (0, "aired", 1) == (code, report["status"], len(machines.town.lines("pay")))
    assert "already aired; this call did nothing" in str(report["notes"])
    assert ["aired"] == [one["status"] for one in listed]


def test_looking_brings_a_copy_and_leaves_nothing_behind(tmp_path: Path, origin: Path) -> None:
    machines = Machines(tmp_path, origin)
    machines.run(machines.new("first"))
    at = machines.new("second")

    _, listed = machines.run(at, "runs", "--json")

    assert 1 == len(listed)
    assert not (at / ".broadcast").exists()
