"""What was released on GitHub."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError

from broadcast.errors import Refused, Rejected
from broadcast.feeds import web
from broadcast.material.markdown import prose
from broadcast.material.places import address
from broadcast.material.records import moment
from broadcast.plugins import Env, Plugin, Tools
from broadcast.text import clean
from broadcast.types import Noun, Story

LABEL = "GitHub"
PAGE = "https://github.com/settings/tokens"
SIZE = 8_000_000  #: bytes; a release's text has at most 125,000 characters
READING = 10.0  #: seconds
NOTES = 40_000  #: characters of a release's text that are looked at
#: What GitHub writes around the titles of pull requests where nobody writes notes.
GIVEN = re.compile(r" by @[\w-]{1,39}(?:\[bot\])? in (?:https?://\S+|#\d+)\s*$| \(#\d+\)(?=\s*$)")
NEWCOMER = re.compile(r"\s*[*-] @[\w-]{1,39}(?:\[bot\])? made their first contribution in \S+\s*")
HEADINGS = re.compile(r"\s*#{1,6} (?:What's Changed|New Contributors)\s*", re.IGNORECASE)
TYPED = re.compile(
    r"(?P<bullet>\s*[*-] )(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)"
    r"(?:\((?P<scope>[^()]{1,60})\))?!?: +(?P<what>\S.*)"
)
FIRST = re.compile(r"\A\W*\w")  #: the first letter behind whatever marks it
VERSION = "2022-11-28"  #: https://docs.github.com/en/rest/about-the-rest-api/api-versions


class Release(Noun):
    """One release, as far as it is told."""

    id: str
    tag: str
    name: str
    text: str
    url: str
    at: str
    draft: bool
    prerelease: bool


class Remembered(Noun):
    """What the last answer was."""

    asked: str
    etag: str
    releases: tuple[Release, ...]


class GithubReleases(Plugin):
    """Releases of a repository on GitHub, the newest first. A token raises the limit of 60 requests an hour."""

    repo: str = Field(pattern=r"^[A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,100}$", description="owner/name")
    token: Annotated[SecretStr | None, Env("GITHUB_TOKEN", PAGE)] = Field(None, description=f"issued at {PAGE}")
    base: Annotated[str, Env("GITHUB_API_URL"), address("GitHub's API", base=True)] = Field(
        "https://api.github.com", description="of the API: GitHub Enterprise has its own"
    )
    limit: int = Field(5, ge=1, le=100, description="how many of its newest releases are looked at")
    prereleases: bool = Field(False, description="tell those too")
    drafts: bool = Field(False, description="tell those too; seen only with a token that may write")
    project: str = Field("", max_length=60, description="what is released, as it is said; default: the name")
    publisher: str = Field("", description="who says so; default: the project")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the release notes")
    tags: tuple[str, ...] = ()

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest releases. What did not change costs no request of the limit."""
        before = self._recalled(await tools.memory.get("releases"))
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        if before and before.etag:
            headers["If-None-Match"] = before.etag
        owner, _, name = self.repo.partition("/")
        url = f"{self.base}/repos/{quote(owner)}/{quote(name)}/releases?per_page={self._asked()}"
        try:
            answer = await tools.http.get(url, label=LABEL, headers=headers, limit=SIZE)
        except (Refused, Rejected) as error:
            raise type(error)(f"{error}; {self._hint(error)}") from None
        if answer.status == 304:
            if not before:
                raise Rejected(f"{LABEL} answered 304, as if it had been asked before; check `base`")
            return self._stories(before.releases, tools.clock.now())
        releases = await tools.compute(f"{__name__}:read", answer.body, deadline=READING)
        now = Remembered(asked=self._fingerprint(), etag=answer.headers.get("etag", "")[:1000], releases=releases)
        await tools.memory.put("releases", now.model_dump(mode="json"))
        return self._stories(now.releases, tools.clock.now())

    def _asked(self) -> int:
        """Return for how many to ask: some may be left out."""
        return self.limit if self.prereleases and self.drafts else min(self.limit * 3 + 5, 100)

    def _hint(self, error: Exception) -> str:
        if isinstance(error, Rejected):
            return f"`repo: {self.repo}` may be misspelt, or private: a token would have to be allowed to read it"
        return "see GITHUB_TOKEN" if self.token else f"without a token ({PAGE}) it answers 60 requests an hour"

    def _recalled(self, value: Any) -> Remembered | None:
        try:
            before = Remembered.model_validate(value)
        except ValidationError:
            return None
        return before if before.asked == self._fingerprint() else None

    def _fingerprint(self) -> str:
        """Return what identifies the request: another token may see other releases."""
        token = self.token.get_secret_value() if self.token else ""
        said = f"{self.base}\n{self.repo}\n{self._asked()}\n{token}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def _stories(self, releases: Sequence[Release], now: datetime) -> list[Story]:
        project = self.project or self.repo.partition("/")[2]
        told = (
            one for one in releases if (self.drafts or not one.draft) and (self.prereleases or not one.prerelease)
        )
        return [
            Story(
                id=one.id,
                title=clean(
                    one.name if project.casefold() in one.name.casefold() else f"{project} {one.name}", 300
                ),
                text=one.text,
                url=one.url,
                at=moment(one.at, now) or now,
                publisher=self.publisher or project,
                language=self.language,
                tags=self.tags,
            )
            for one in list(told)[: self.limit]
        ]


def read(body: bytes) -> tuple[Release, ...]:
    """Return the releases that an answer holds. Raises `Rejected`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected(f"{LABEL} answered something that is not JSON; check `base`") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Rejected(f"{LABEL} answered no list of releases; check `base`, which ends before /repos")
    return tuple(release for one in found if (release := release_of(one)))


def release_of(one: dict[str, Any]) -> Release | None:
    """Return one release, or None where it has no name at all."""
    said = {key: value if isinstance(value := one.get(key), str) else "" for key in one}
    tag = clean(said.get("tag_name", ""), 100)
    name = clean(said.get("name", ""), 200) or tag
    if not name:
        return None
    return Release(
        id=str(one["id"]) if isinstance(one.get("id"), int) else tag or name,
        tag=tag,
        name=name,
        text=spoken(said.get("body", "")[:NOTES]),
        url=web(said.get("html_url", "")),
        at=said.get("published_at", "") or said.get("created_at", ""),
        draft=one.get("draft") is True,
        prerelease=one.get("prerelease") is True,
    )


def spoken(notes: str) -> str:
    """Return release notes as they can be told: of what GitHub writes by itself, what was done, and not by whom."""
    lines = [
        TYPED.sub(_untyped, GIVEN.sub("", line)) for line in notes.splitlines() if not NEWCOMER.fullmatch(line)
    ]
    return prose("\n".join(line for line in lines if not HEADINGS.fullmatch(line)), 6_000)


def _untyped(found: re.Match[str]) -> str:
    scope = f"{found['scope']}: " if found["scope"] else ""
    return found["bullet"] + FIRST.sub(lambda letter: letter[0].upper(), scope + found["what"], count=1)
