from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from broadcast.errors import Refused, Rejected
from broadcast.material.changelogs import split
from broadcast.sources.changelog import Changelog
from broadcast.testing import Bench, FakeClock, Server
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
KEEP = """# Changelog
All notable changes to this project, such as 1.0.0, are documented here.

## [Unreleased]
- Secret plans

## [1.1.0] - 2026-11-23
### Added
- **Export** as [PDF](https://x.example/pdf),
  with pictures (#12)
- `--quiet`
### Fixed
- A crash <!-- when nobody looks -->

## [1.0.0] - 2026-10-01 [YANKED]
- First release

[1.1.0]: https://x.example/compare
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


def written(bench: Bench, text: str) -> Changelog:
    path = bench.folder / "CHANGELOG.md"
    path.write_text(text)
    return Changelog(file=str(path), project="Acme", link="https://x.example/v{version}")


async def fetch(bench: Bench, source: Changelog) -> Sequence[Story]:
    async with bench.tools() as tools:
        return await source.fetch(tools, NOW - timedelta(days=7))


async def test_versions_are_stories_and_what_is_unreleased_is_none(bench: Bench) -> None:
    newest, first = await fetch(bench, written(bench, KEEP))

    assert ("1.1.0", "Acme 1.1.0", "https://x.example/v1.1.0") == (newest.id, newest.title, newest.url)
    assert "Added: Export as PDF, with pictures (#12).\n--quiet.\nFixed: A crash." == newest.text
    assert (NOW, datetime(2026, 10, 1, 23, 59, tzinfo=UTC)) == (newest.at, first.at)
    assert ("First release.", "Acme", "en") == (first.text, first.publisher, first.language)


async def test_a_version_that_was_not_there_before_happened_now_and_stays_there(bench: Bench) -> None:
    await fetch(bench, written(bench, KEEP))
    bench.clock.forward(86_400)
    longer = KEEP.replace("## [1.1.0]", "## [1.2.0] - 2026-11-01\n- Late\n\n## [1.1.0]")
    newest, *rest = await fetch(bench, written(bench, longer))
    assert ("1.2.0", NOW + timedelta(days=1), NOW) == (newest.id, newest.at, rest[0].at)

    bench.clock.forward(86_400)
    again, *_ = await fetch(bench, written(bench, longer))
    assert newest == again


@pytest.mark.parametrize(
    ("link", "shared"), [("https://x.example/log", True), ("https://x.example/{version}", False)]
)
async def test_one_address_for_all_versions_is_no_version_s_own(bench: Bench, link: str, shared: bool) -> None:
    source = written(bench, KEEP).model_copy(update={"link": link})

    assert {shared} == {story.url_shared for story in await fetch(bench, source)}


async def test_a_changelog_at_an_address_is_asked_for_with_its_headers(bench: Bench) -> None:
    async with Server() as server:
        url = server.put("/CHANGELOG.md", KEEP)
        source = Changelog(file=url, project="Acme", limit=1, headers={"Authorization": SecretStr("s3cret")})

        assert ["1.1.0"] == [story.id for story in await fetch(bench, source)]
        assert "s3cret" == server.asked[0].headers["authorization"]
        assert "s3cret" not in repr(source)


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("v2.0 (March 3, 2026)\n====\n\n* New\n\nv1.9 (1 Feb 2026)\n====\n\n* Old",
         ["2.0 2026-03-03", "1.9 2026-02-01"]),
        ("3.1.4 / 2026-01-05\n------\n  * Fix pi\n\n3.1.3 / 2025-12-31\n------\n  * Old",
         ["3.1.4 2026-01-05", "3.1.3 2025-12-31"]),
        ("Release 1.2.0rc1\n~~~~~~~\n\nNew in it: 7.5 things.\n\nRelease 1.1\n~~~~\n\nOld.", ["1.2.0rc1", "1.1"]),
        ("# Version 5.0.0-beta.2\nA\n# Version 5.0.0-beta.1\nB", ["5.0.0-beta.2", "5.0.0-beta.1"]),
        ("1.4.2\n\n- Fix\n\n1.4.1 2025/02/03\n\n- Fix that needs 1.0", ["1.4.2", "1.4.1 2025-02-03"]),
        ("# 2.0\n## Notes on 1.9\nText\n## More\n# 1.0\nText", ["2.0", "1.0"]),
        ("## 1.0.0 - 2026-13-45\n- A", ["1.0.0"]),
        ("# We moved\nSee the releases page.", []),
        ("# Upgrading from 1.0 to the version that comes after the next one of all\nx", []),
        ("```\n## 1.0.0\n```\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_many_ways_to_write_a_changelog_are_read(text: str, versions: list[str]) -> None:
    found = split(text, 9)

    assert versions == [f"{one.name} {one.day:%Y-%m-%d}" if one.day else one.name for one in found]
    assert all(one.text for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "## 1.0.0\n" + "[" * 300_000,
        "## 1.0.0\n" + "*_" * 150_000,
        "1.1\n" * 100_000,
        "<!--" * 100_000,
        "## 1.0.0\n" + "- x\n" * 150_000,
        "[a](" * 100_000,
    ],
)
async def test_a_changelog_made_to_be_slow_is_read_in_time(bench: Bench, text: str) -> None:
    source = written(bench, text)
    try:
        stories = await fetch(bench, source)
    except Rejected:
        stories = []
    assert all(len(story.text) <= 6_000 for story in stories)


async def test_what_is_no_changelog_says_what_to_do(bench: Bench) -> None:
    with pytest.raises(Rejected, match="has no heading with a version in it; give the file itself"):
        await fetch(bench, written(bench, "<html>no</html>"))
    with pytest.raises(Rejected, match=r"the changelog: there is no file /no/where; check its path"):
        await fetch(bench, Changelog(file="/no/where", project="x"))
    with pytest.raises(Rejected, match="is larger than the 2 MB that are read"):
        await fetch(bench, written(bench, "x" * 2_000_001))
    async with Server() as server:
        with pytest.raises(Refused, match="the changelog answered 403"):
            await fetch(bench, Changelog(file=server.put("/c", status=403), project="x"))
