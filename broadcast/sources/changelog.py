"""The newest versions of a changelog."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import Field, SecretStr

from broadcast.errors import Rejected
from broadcast.feeds import web
from broadcast.material import places
from broadcast.material.changelogs import Version
from broadcast.material.records import moment
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Story

LABEL = "the changelog"
SIZE = 2_000_000  #: bytes; the longest of 41 real ones has a third of that
SPLITTING = 10.0  #: seconds
REMEMBERED = 200  #: versions
DAY = timedelta(hours=23, minutes=59)


class Changelog(Plugin):
    """Versions of a changelog, in a file or at an address: Keep a Changelog and what is like it."""

    file: str = Field(min_length=1, description="a path, or an http or https address", repr=False)
    project: str = Field(min_length=1, max_length=60, description="what is released, as it is said")
    limit: int = Field(3, ge=1, le=50, description="how many of its newest versions are looked at")
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    link: str = Field("", pattern=r"^(https?://\S+)?$", max_length=300, description="may hold {version}")
    publisher: str = Field("", description="who says so; default: the project")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the changelog")
    tags: tuple[str, ...] = ()

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest versions. One that was not there the last time happened now, whatever its date."""
        body = await places.read(tools, self.file, label=LABEL, limit=SIZE, headers=self.headers)
        text = body.decode("utf-8", "replace")
        versions: list[Version] = await tools.compute(
            "broadcast.material.changelogs:split", text, self.limit, deadline=SPLITTING
        )
        if not versions:
            raise Rejected(f"{LABEL} has no heading with a version in it; give the file itself")
        seen = await self._seen(tools, versions)
        return [self._story(one, seen[one.name]) for one in versions if one.text and one.name in seen]

    async def _seen(self, tools: Tools, versions: Sequence[Version]) -> dict[str, datetime]:
        """Return when each version came, and remember it: a day alone may lie before the last broadcast."""
        now = tools.clock.now()
        known = await tools.memory.get("seen")
        before = known if isinstance(known, dict) else None
        seen: dict[str, datetime] = {}
        for place, one in enumerate(versions):
            if before is not None:
                seen[one.name] = moment(before.get(one.name), now) or now
            elif one.day:
                seen[one.name] = min(one.day + DAY, now)
            elif place == 0:
                seen[one.name] = now
            else:
                seen[one.name] = datetime(1995, 1, 1, tzinfo=UTC)  # nobody knows, and it is not the newest
        kept = {**(before or {}), **{name: at.isoformat() for name, at in seen.items()}}
        if kept != before:
            await tools.memory.put("seen", dict(list(kept.items())[-REMEMBERED:]))
        return seen

    def _story(self, version: Version, at: datetime) -> Story:
        return Story(
            id=clean(version.name, 100),
            title=clean(f"{self.project} {version.name}", 300),
            text=version.text,
            url=web(self.link.replace("{version}", version.name)),
            url_shared=bool(self.link) and "{version}" not in self.link,
            at=at,
            publisher=self.publisher or self.project,
            language=self.language,
            tags=self.tags,
        )
