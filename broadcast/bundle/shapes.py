"""What the members of a bundle hold, as far as it is checked. Who opens one did not make it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from broadcast.types import Noun


class Manifested(Noun):
    """A member, as the manifest names it."""

    name: str
    sha256: str
    bytes: int


class Filmed(Noun):
    """A video, as the manifest names it."""

    edition: str
    sha256: str
    bytes: int
    member: str | None = None


class Video(Noun):
    """A video, as the report names it."""

    sha256: str
    path: str = ""


class Edition(Noun):
    """An edition of the report."""

    name: str
    video: Video | None = None


class Report(Noun):
    """What of the report is looked at."""

    editions: tuple[Edition, ...] = ()


class Manifest(Noun):
    """What of the manifest is looked at."""

    format: str
    run: str
    slot: datetime
    members: tuple[Manifested, ...]
    videos: tuple[Filmed, ...] = ()
    missing: tuple[Mapping[str, str], ...] = ()


class Hashed(Noun):
    """A story as it was fetched, and its hash."""

    sha256: str
    story: Mapping[str, Any]


class Article(Noun):
    """The text of an article, and its hash."""

    story: str
    sha256: str
    text: str


class Found(Noun):
    """A finding of the lint."""

    code: str
    message: str
    text: str = ""
    story: str = ""  #: the story that is told there; empty for the script as a whole


class Linted(Noun):
    """What the lint found, and what was asked for then."""

    terms: Mapping[str, Any]
    findings: tuple[Found, ...]
