"""What the tests of sources use."""

import pytest
from patience import PATIENCE

#: Seconds in which something is read in a process of its own. A busy machine takes some to start one.
READING = (
    "broadcast.feeds.subscription.PARSING", "broadcast.material.articles.EXTRACTING",
    "broadcast.sources.changelog.SPLITTING", "broadcast.sources.csv.READING",
    "broadcast.sources.github_releases.READING", "broadcast.sources.notes.READING", "broadcast.sources.opml.READING",
    "broadcast.sources.stories.READING", "broadcast.sources.transcript.READING", "broadcast.sources.trending.READING",
)  # fmt: skip


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read too slowly but where a test says so."""
    for name in READING:
        monkeypatch.setattr(name, PATIENCE)
