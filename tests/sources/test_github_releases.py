import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.sources.github_releases import GithubReleases
from broadcast.testing import Bench, FakeClock, Server
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ASKED = "/repos/acme/app/releases?per_page=20"
BODY = """## What's Changed
* feat: **pages** by @ada in https://github.com/acme/app/pull/1

<!-- hidden -->
**Full Changelog**: https://github.com/acme/app/compare/v1...v2
"""


def release(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "tag_name": f"v{number}",
        "name": f"v{number}",
        "body": BODY,
        "html_url": f"https://github.com/acme/app/releases/tag/v{number}",
        "published_at": "2026-11-22T10:00:00Z",
        "created_at": "2026-11-01T10:00:00Z",
        "draft": False,
        "prerelease": False,
        **changes,
    }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def fetch(bench: Bench, server: Server, **options: Any) -> Sequence[Story]:
    async with bench.tools() as tools:
        source = GithubReleases(repo="acme/app", base=server.url("/"), **options)
        return await source.fetch(tools, NOW - timedelta(days=7))


async def test_releases_are_stories_whose_notes_can_be_read_aloud(bench: Bench) -> None:
    async with Server() as server:
        server.put(ASKED, json.dumps([release(2), release(1, name="The App 1")]))
        two, one = await fetch(bench, server, project="The App")

    assert Story(
        id="2",
        title="The App v2",
        text="Pages.",
        url="https://github.com/acme/app/releases/tag/v2",
        at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
        publisher="The App",
        language="en",
    ) == two  # fmt: skip
    assert "The App 1" == one.title


async def test_of_notes_that_github_wrote_what_was_done_is_told_and_can_be_spoken(bench: Bench) -> None:
    body = """## What's Changed
### New
* Pages of results come at once by @ada-l in https://github.com/acme/app/pull/1
* feat(lists)!: sort by name by @dependabot[bot] in #2
### Fixed
* A crash on empty lists (#12)
* Thanks to @bob for all the fish

## New Contributors
* @ada-l made their first contribution in https://github.com/acme/app/pull/1

**Full Changelog**: https://github.com/acme/app/compare/v1...v2"""
    async with Server() as server:
        server.put(ASKED, json.dumps([release(2, body=body)]))
        (story,) = await fetch(bench, server)

    assert [
        "New: Pages of results come at once.",
        "Lists: sort by name.",
        "Fixed: A crash on empty lists.",
        "Thanks to @bob for all the fish.",
    ] == story.text.split("\n")


async def test_drafts_and_prereleases_are_told_where_that_is_asked_for(bench: Bench) -> None:
    found = [release(4, draft=True, published_at=None), release(3, prerelease=True), release(2)]
    async with Server() as server:
        server.put(ASKED, json.dumps(found))
        server.put("/repos/acme/app/releases?per_page=5", json.dumps(found))

        assert ["2"] == [story.id for story in await fetch(bench, server)]
        assert ["3", "2"] == [story.id for story in await fetch(bench, server, prereleases=True)]
        every = await fetch(bench, server, prereleases=True, drafts=True)
        assert ["4", "3", "2"] == [story.id for story in every]
        assert datetime(2026, 11, 1, 10, 0, tzinfo=UTC) == every[0].at


async def test_what_did_not_change_is_not_sent_again(bench: Bench) -> None:
    async with Server() as server:
        server.put(ASKED, json.dumps([release(2)]), etag='W/"1"')
        first, second = await fetch(bench, server), await fetch(bench, server)

        assert first == second
        assert 'W/"1"' == server.asked[-1].headers["if-none-match"]
        assert 1 == len(bench.calls)
        await fetch(bench, server, token=SecretStr("ghp_s3cret"))
        assert "if-none-match" not in server.asked[-1].headers
        assert [] == server.faults


async def test_a_token_is_sent_and_never_shown(bench: Bench) -> None:
    async with Server() as server:
        server.put(ASKED, json.dumps([]))
        assert [] == await fetch(bench, server, token=SecretStr("ghp_s3cret"))

        assert "Bearer ghp_s3cret" == server.asked[0].headers["authorization"]
        assert "s3cret" not in json.dumps(bench.memory.pages)


@pytest.mark.parametrize(
    ("status", "token", "kind", "words"),
    [
        (404, None, Rejected, "`repo: acme/app` may be misspelt, or private"),
        (403, None, Refused, "without a token (https://github.com/settings/tokens) it answers 60 requests an hour"),
        (401, "x", Refused, "GitHub answered 401: access denied; check the credentials"),
        (429, None, Unavailable, "too many requests"),
        (500, None, Unavailable, "out of order"),
    ],
)
async def test_a_refusal_says_what_to_do(
    bench: Bench, status: int, token: str | None, kind: type[Exception], words: str
) -> None:
    async with Server() as server:
        server.put(ASKED, status=status)
        with pytest.raises(kind) as caught:
            await fetch(bench, server, token=SecretStr(token) if token else None)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html>", "something that is not JSON; check `base`"),
        ("", "something that is not JSON"),
        ('{"message": "x"}', "no list of releases; check `base`"),
        ("[1]", "no list of releases"),
        ("[" * 100_000, "something that is not JSON"),
    ],
)
async def test_an_answer_of_another_shape_is_named(bench: Bench, body: str, words: str) -> None:
    async with Server() as server:
        server.put(ASKED, body)
        with pytest.raises(Rejected) as caught:
            await fetch(bench, server)
    assert words in str(caught.value)


async def test_fields_that_are_null_or_hostile_do_no_harm(bench: Bench) -> None:
    bad = release(2, name=None, body=None, html_url="javascript:x", published_at="9999-01-01T00:00:00Z", id=None)
    empty = {"tag_name": None, "name": ""}
    async with Server() as server:
        server.put(ASKED, json.dumps([bad, empty, release(1, body="x" * 500_000)]))
        first, second = await fetch(bench, server)

    assert ("v2", "app v2", "", "", NOW) == (first.id, first.title, first.text, first.url, first.at)
    assert len(second.text) <= 6_000


@pytest.mark.parametrize("change", [{"repo": "acme"}, {"repo": "../x/y"}, {"repo": "a/b?c"}, {"base": "api.x"}])
def test_a_configuration_that_cannot_work_is_refused_at_once(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GithubReleases(**{"repo": "acme/app", **change})
