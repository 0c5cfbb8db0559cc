"""What the tests of sources use."""

import pytest
from patience import PATIENCE

#: Seconds in which something is read in a process of its own. A busy machine takes some to start one.
READING = (
    "feeds.subscription.PARSING",
    "material.articles.EXTRACTING",
    "sources.changelog.SPLITTING",
    "sources.csv.READING",
    "sources.github_releases.READING",
    "sources.notes.READING",
    "sources.opml.READING",
    "sources.stories.READING",
    "sources.transcript.READING",
    "sources.trending.READING",
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read too slowly but where a test says so."""
    for name in READING:
        monkeypatch.setattr(f"broadcast.{name}", PATIENCE)
