"""What was committed to a repository, or released from it."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from broadcast.errors import ConfigError, Rejected
from broadcast.feeds import web
from broadcast.material import programs
from broadcast.material.commits import OTHER, Commit, parsed, parted
from broadcast.material.markdown import sentence
from broadcast.material.records import moment
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Story

LABEL = "git"
SECONDS = 20.0  #: 2,000 commits take a tenth of one
OUTPUT = 10_000_000  #: bytes
LINES = 40  #: commits that one story names; nobody listens to more
KNOWN = 5_000  #: commits of which it is remembered in which story they were, the newest
#: What a repository's own configuration could otherwise have run, and what would wait for somebody to type.
HARMLESS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "log.showSignature=false",
    "gpg.program=/bin/false",
    "protocol.allow=never",
)
ALONE = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
FIELDS = ("%H", "%an", "%cI", "%s", "%b")
GROUPS = {"breaking": "Breaking changes", "feat": "New", "fix": "Fixed", "perf": "Faster", OTHER: "Changed"}


class Git(Plugin):
    """Commits of a repository on this machine: since the last broadcast, or those of its newest release."""

    path: Path = Field(description="the repository, or a folder in it")
    span: Literal["since", "tags"] = Field(
        "since", description="since the last broadcast, or between the two newest tags: one release"
    )
    tags_like: str = Field("*", max_length=100, description="which tags are releases, such as v*")
    branch: str = Field("HEAD", pattern=r"^[A-Za-z0-9_][\w./@^~-]{0,199}$", description="what is looked at")
    group: Literal["type", "all", "commit"] = Field(
        "type", description="what makes one story: a kind of change, all of them, each commit"
    )
    groups: Mapping[str, str] = Field(
        GROUPS, description=f"what is told, in this order, by Conventional Commits type; `{OTHER}` follow none"
    )
    project: str = Field("", max_length=60, description="what it is called; default: the name of the folder")
    link: str = Field("", max_length=300, description="an address with {ref}: the tag, or the hash of a commit")
    authors: bool = Field(False, description="say who made the changes")
    limit: int = Field(500, ge=1, le=5000, description="how many of the newest commits are looked at")
    publisher: str = Field("", description="who says so; default: the project")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the commits and of `groups`")
    tags: tuple[str, ...] = ()

    @field_validator("link")
    @classmethod
    def _is_web(cls, link: str) -> str:
        if link and not (web(link.replace("{ref}", "x")) and "{ref}" in link):
            raise ValueError("give an http or https address with {ref} in it")
        return link

    def ready(self) -> None:
        if shutil.which("git") is None:
            raise ConfigError("git is left out: the program `git` is not installed")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return what was committed. A commit stays in the story in which it was first told of."""
        if not self.path.is_dir():
            raise Rejected(f"there is no folder {self.path}; give the path of a repository")
        if self.span == "since":
            commits = await self._log(tools, f"--since={since.isoformat()}", self.branch)
            kept = await self._known(tools)
            known = dict(kept)
            stories = list(self._stories(commits, "", None, tools.clock.now(), known))
            if known != kept:
                await tools.memory.put(f"stories/{self.group}", dict(list(known.items())[-KNOWN:]))
            return stories
        tags = await self._tags(tools)
        if not tags:
            tools.note(f"no tag like {self.tags_like!r} leads to {self.branch}: nothing was released")
            return []
        (tag, made), *before = tags
        span = f"refs/tags/{before[0][0]}..refs/tags/{tag}" if before else f"refs/tags/{tag}"
        return list(self._stories(await self._log(tools, span), tag, made, tools.clock.now(), {}))

    async def _known(self, tools: Tools) -> dict[str, str]:
        """Return in which story each commit was told of.

        *since* lies before the last broadcast, for what was pushed late: without this a commit would be told of
        again with those that came after it.
        """
        value = await tools.memory.get(f"stories/{self.group}")
        return {str(hash): str(id) for hash, id in value.items()} if isinstance(value, dict) else {}

    async def _git(self, tools: Tools, *arguments: str) -> list[str]:
        """Return the fields that git printed; nothing but NUL is in no commit."""
        # That the operator named this repository is leave enough to read it, whoever owns the files.
        settings = (part for one in (*HARMLESS, "safe.directory=*") for part in ("-c", one))
        command = ("git", "--no-pager", "-C", str(self.path), *settings, *arguments)
        env = {**tools.env, **ALONE}
        try:
            output = await programs.run(command, label=LABEL, env=env, deadline=SECONDS, limit=OUTPUT)
        except Rejected as error:
            raise Rejected(f"{error}; check `path` and `branch`, or look at fewer with `limit`") from None
        return output.decode("utf-8", "replace").split("\0")

    async def _log(self, tools: Tools, *span: str) -> list[Commit]:
        shape = "%x00".join(FIELDS) + "%x00"
        fields = await self._git(
            tools,
            "log",
            f"--max-count={self.limit}",
            "--no-merges",
            "--no-show-signature",
            "--no-color",
            "--encoding=UTF-8",
            f"--format={shape}",
            *span,
            "--",
        )
        size = len(FIELDS)
        if len(fields) // size == self.limit:
            tools.note(f"only the newest {self.limit} commits were looked at; raise `limit`, or air more often")
        rows = (fields[at : at + size] for at in range(0, len(fields) - size, size))
        return parsed(((hash.strip(), *rest) for hash, *rest in rows))

    async def _tags(self, tools: Tools) -> list[tuple[str, str]]:
        """Return the two newest releases, each with its date."""
        fields = await self._git(
            tools,
            "for-each-ref",
            "--count=2",
            "--sort=-creatordate",
            "--format=%(refname:strip=2)%00%(creatordate:iso-strict)%00",
            f"--merged={self.branch}",
            f"refs/tags/{self.tags_like}",
        )
        pairs = zip(fields[0:-1:2], fields[1::2], strict=False)
        return [(name.strip(), at) for name, at in pairs]

    def _stories(
        self, commits: Sequence[Commit], tag: str, made: str | None, now: datetime, known: dict[str, str]
    ) -> Iterator[Story]:
        """Give the stories of *commits*; those of no release are parted by which are *known*, and then are."""
        told = {key: [one for one in commits if one.type == key] for key in self.groups}
        project = self.project or self.path.absolute().name
        name = f"{project} {tag}".strip()
        if self.group == "commit":
            for key, found in told.items():
                for one in found:
                    title = f"{name}: {self.groups[key]}: {one.line}"
                    yield self._story(one.hash, title, [one], one.hash, made, now)
        elif self.group == "type":
            for key, found in told.items():
                for id, some in parted(found, known, key) if not tag else [(f"{tag}/{key}", found)]:
                    if some:
                        more = f" ({len(some)})" if len(some) > 1 else f": {some[0].line}"
                        # One address would make one story of all groups.
                        yield self._story(id, f"{name}: {self.groups[key]}{more}", some, "", made, now)
        else:
            every = [one for found in told.values() for one in found]
            for id, some in parted(every, known) if not tag else [(tag, every)]:
                if some:
                    counted = Counter(one.type for one in some)
                    counts = ", ".join(
                        f"{said} {counted[key]}" for key, said in self.groups.items() if counted[key]
                    )
                    title = name if tag else f"{name}: {counts}"
                    yield self._story(id, title, some, tag, made, now, headed=True)

    def _story(
        self,
        id: str,
        title: str,
        commits: Sequence[Commit],
        ref: str,
        made: str | None,
        now: datetime,
        *,
        headed: bool = False,
    ) -> Story:
        lines: list[str] = []
        for key, heading in self.groups.items():
            found = [one for one in commits if one.type == key][:LINES]
            start = f"{heading}: " if headed else ""
            lines += [sentence(start + one.line) for one in found]
        names = [name for name, _ in Counter(one.author for one in commits if one.author).most_common(10)]
        if self.authors and names:
            lines.append(sentence(", ".join(names)))
        dates = [made] if made else [one.at for one in commits]
        project = self.project or self.path.absolute().name
        return Story(
            id=clean(id, 200),
            title=clean(title, 300),
            text="\n".join(lines)[:6_000],
            url=web(self.link.replace("{ref}", ref)) if ref else "",
            at=max((at for one in dates if (at := moment(one, now))), default=now),
            publisher=self.publisher or project,
            language=self.language,
            tags=self.tags,
        )
