import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broadcast.errors import ConfigError, Rejected
from broadcast.sources.git import Git
from broadcast.testing import Bench, FakeClock
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


class Repository:
    """A real one, whose commits are an hour apart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.at = folder, NOW - timedelta(days=3)
        self.git("init", "--quiet", "--initial-branch=main", str(folder))

    def git(self, *arguments: str) -> str:
        when = self.at.isoformat()
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in
               {"NAME": "Ada L.", "EMAIL": "ada@x.example", "DATE": when}.items()}  # fmt: skip
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", **who}
        place = ["-C", str(self.folder)] if self.folder.is_dir() else []
        done = subprocess.run(["git", *place, *arguments], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, *messages: str) -> None:
        for message in messages:
            self.at += timedelta(hours=1)
            self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", message)

    def sign(self) -> None:
        """Replace the newest commit by one that says it is signed, which git would have a program check."""
        head, _, message = self.git("cat-file", "commit", "HEAD").partition("\n\n")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
        (self.folder / "signed").write_text(f"{head}\n{signature}\n\n{message}\n")
        self.git("reset", "--soft", self.git("hash-object", "-t", "commit", "-w", "signed"))

    def tag(self, name: str) -> None:
        self.git("tag", "-a", "-m", "a release", name)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "acme")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, source: Git, since: datetime = NOW - timedelta(days=7)) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await source.fetch(tools, since)


async def test_the_commits_since_the_last_broadcast_are_one_story_for_each_kind(
    repository: Repository, bench: Bench
) -> None:
    repository.commit("feat: an old thing")
    last = repository.at + timedelta(minutes=1)
    repository.commit(
        "feat(api): page through results",
        "feat: export as PDF.",
        "fix: crash on an empty list",
        "chore: bump versions",
        "Tidy the welcome page",
    )
    new, fixed, changed = await fetch(bench, Git(path=repository.folder), last)

    assert ("acme: New (2)", "Export as PDF.\nApi: page through results.") == (new.title, new.text)
    assert "acme: Fixed: Crash on an empty list" == fixed.title
    assert "acme: Changed: Tidy the welcome page" == changed.title
    assert (repository.at - timedelta(hours=3), "acme", "en", "") == (new.at, new.publisher, new.language, new.url)


async def test_a_release_is_what_lies_between_the_two_newest_tags(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: first")
    repository.tag("v1.9")
    repository.commit("feat: second", "fix!: third\n\nBREAKING CHANGE: the old way is\ngone\n\nSigned-off-by: x")
    repository.tag("v1.10")
    repository.tag("nightly")
    repository.commit("feat: not released")
    source = Git(
        path=repository.folder,
        span="tags",
        tags_like="v*",
        group="all",
        authors=True,
        link="https://x.example/{ref}",
    )
    (story,) = await fetch(bench, source)

    assert ("v1.10", "acme v1.10", "https://x.example/v1.10") == (story.id, story.title, story.url)
    assert "Breaking changes: Third. The old way is gone.\nNew: Second.\nAda L." == story.text
    assert repository.at - timedelta(hours=1) == story.at


async def test_the_first_release_is_all_there_was_before(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: first", "feat: second")
    repository.tag("1.0")
    (story,) = await fetch(bench, Git(path=repository.folder, span="tags"))

    assert ("1.0/feat", "acme 1.0: New (2)") == (story.id, story.title)


async def test_each_commit_is_a_story_where_that_is_asked_for(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: one", "feat: two")
    source = Git(path=repository.folder, group="commit", link="https://x.example/commit/{ref}")
    two, one = await fetch(bench, source)

    assert ["acme: New: Two", "acme: New: One"] == [two.title, one.title]
    assert repository.git("rev-parse", "HEAD") == two.id
    assert f"https://x.example/commit/{two.id}" == two.url


async def test_a_commit_that_was_taken_back_is_not_told(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: good", "feat: bad", 'Revert "feat: bad"', "fix: also bad", "revert: fix: also bad")

    assert ["acme: New: Good"] == [story.title for story in await fetch(bench, Git(path=repository.folder))]


async def test_what_is_told_can_be_chosen_and_named(repository: Repository, bench: Bench) -> None:
    repository.commit("docs: explain", "feat: new", "feat: newer")
    source = Git(path=repository.folder, groups={"docs": "Doku"}, project="Acme", language="de")

    assert ["Acme: Doku: Explain"] == [story.title for story in await fetch(bench, source)]


@pytest.mark.parametrize("group", ["type", "all", "commit"])
async def test_what_came_since_is_a_story_of_its_own_and_told_commits_stay_in_theirs(
    repository: Repository, bench: Bench, group: Any
) -> None:
    """A window reaches back behind the last broadcast: what was told then is seen again, and must be known."""
    source = Git(path=repository.folder, group=group)
    repository.commit("feat: one", "fix: two")
    first = await fetch(bench, source)
    again = await fetch(bench, source)
    repository.commit("feat: three (#3)")
    new, *others = await fetch(bench, source)

    assert first == again == others
    assert new.id not in [story.id for story in first]
    assert ("Three.", repository.at) == (new.text.removeprefix("New: "), new.at)


async def test_what_another_version_remembered_of_commits_is_forgotten(
    repository: Repository, bench: Bench
) -> None:
    repository.commit("feat: one")
    await bench.memory.put("stories/type", ["one"])

    assert ["acme: New: One"] == [story.title for story in await fetch(bench, Git(path=repository.folder))]


async def test_a_hostile_message_is_data(repository: Repository, bench: Bench) -> None:
    repository.commit(
        "feat: \x1b[31mred\x1b[0m \x1e\x1f <script>alert(1)</script> $(touch owned) `id` \u202eevil\n\n\x1e{}%00",
        "feat: " + "x" * 100_000,
        "--output=owned",
    )
    new, changed = await fetch(bench, Git(path=repository.folder))

    assert "[31mred[0m <script>alert(1)</script> $(touch owned) `id` evil." == new.text.splitlines()[1]
    assert "acme: Changed: --output=owned" == changed.title
    assert len(new.text) < 1_000
    assert not list(bench.folder.rglob("owned"))


async def test_nothing_that_the_repository_configures_is_run(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: one")
    repository.sign()
    trap = repository.folder / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository.folder}/sprung\n")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "gpg.program",
        "core.sshCommand",
        "alias.log",
        "diff.external",
        "diff.x.textconv",
        "filter.x.smudge",
        "filter.x.clean",
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "credential.helper",
        "gpg.ssh.program",
        "gpg.x509.program",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
        "trailer.x.command",
    ):
        repository.git("config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "log.diffMerges", "on")
    (repository.folder / ".git" / "info").mkdir(exist_ok=True)
    (repository.folder / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n")
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (repository.folder / ".git" / "hooks").mkdir(exist_ok=True)
        (repository.folder / ".git" / "hooks" / hook).write_bytes(trap.read_bytes())
        (repository.folder / ".git" / "hooks" / hook).chmod(0o755)
    (repository.folder / "sprung").unlink(missing_ok=True)  # by git config itself
    assert 1 == len(await fetch(bench, Git(path=repository.folder)))
    await fetch(bench, Git(path=repository.folder, span="tags"))

    assert not (repository.folder / "sprung").exists()


async def test_a_date_in_the_future_is_now(repository: Repository, bench: Bench) -> None:
    repository.at = NOW + timedelta(days=400)
    repository.commit("feat: from tomorrow")
    (story,) = await fetch(bench, Git(path=repository.folder))

    assert NOW == story.at


async def test_more_commits_than_are_looked_at_are_noted(repository: Repository, bench: Bench) -> None:
    repository.commit(*(f"feat: {number}" for number in range(4)))
    (story,) = await fetch(bench, Git(path=repository.folder, limit=3))

    assert "acme: New (3)" == story.title
    assert ["only the newest 3 commits were looked at; raise `limit`, or air more often"] == bench.notes


async def test_a_repository_without_a_release_is_noted(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: one")

    assert [] == await fetch(bench, Git(path=repository.folder, span="tags", tags_like="v*"))
    assert ["no tag like 'v*' leads to HEAD: nothing was released"] == bench.notes


async def test_nothing_new_is_no_story(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: one")

    assert [] == await fetch(bench, Git(path=repository.folder), NOW)


async def test_what_is_no_repository_is_a_plain_sentence(bench: Bench) -> None:
    with pytest.raises(Rejected, match="git failed with exit code 128: fatal: not a git repository"):
        await fetch(bench, Git(path=bench.folder))
    with pytest.raises(Rejected, match=r"there is no folder .*; give the path of a repository"):
        await fetch(bench, Git(path=bench.folder / "nowhere"))


async def test_a_branch_that_is_not_there_is_named(repository: Repository, bench: Bench) -> None:
    repository.commit("feat: one")
    with pytest.raises(Rejected, match="bad revision 'nowhere'"):
        await fetch(bench, Git(path=repository.folder, branch="nowhere"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"branch": "--output=x"}, "String should match pattern"),
        ({"branch": "a b"}, "String should match pattern"),
        ({"link": "https://x.example/"}, "give an http or https address with {ref} in it"),
        ({"link": "x/{ref}"}, "give an http or https address with {ref} in it"),
        ({"group": "author"}, "Input should be 'type', 'all' or 'commit'"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Git(path=Path("."), **change)
    assert words in str(caught.value)


def test_without_git_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    Git(path=Path(".")).ready()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="git is left out: the program `git` is not installed"):
        Git(path=Path(".")).ready()
