import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broadcast.errors import Rejected, Unavailable
from broadcast.sources.stories import Stories
from broadcast.testing import Bench, FakeClock, Server
from broadcast.types import Figure, Story

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
FULL = {
    "id": "a-1",
    "title": "A new bridge",
    "text": "It opens today.\nIt is long.",
    "url": "https://x.example/bridge",
    "at": "2026-11-23T10:00:00+02:00",
    "publisher": "The Town",
    "language": "en-GB",
    "tags": ["town"],
    "figures": [{"label": "Metres", "text": "1,200", "series": [1, 2]}],
    "image": "https://x.example/a.png",
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, FakeClock(NOW))


async def tell(bench: Bench, content: Any, **options: Any) -> Sequence[Story]:
    path = bench.folder / "stories.json"
    path.write_bytes(content if isinstance(content, bytes) else
                     (content if isinstance(content, str) else json.dumps(content)).encode())  # fmt: skip
    async with bench.tools() as tools:
        return await Stories(file=str(path), **options).fetch(tools, NOW - timedelta(days=1))


async def test_a_story_has_all_that_its_record_says(bench: Bench) -> None:
    (story,) = await tell(bench, [FULL], tags=("own",))

    assert Story(
        id="a-1",
        title="A new bridge",
        text="It opens today.\nIt is long.",
        url="https://x.example/bridge",
        at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        publisher="The Town",
        language="en",
        tags=("own", "town"),
        figures=(Figure(label="Metres", text="1,200", series=(1.0, 2.0)),),
        image="https://x.example/a.png",
    ) == story  # fmt: skip


async def test_the_values_behind_a_figure_are_cleaned_and_capped(bench: Bench) -> None:
    points = [{"label": "<b>\u202eN\x00orth" * 20, "text": "12\n", "value": 12}] * 300
    figure = {
        "label": "Orders",
        "text": "1",
        "points": points,
        "pattern": "#" * 99,
        "unit": " EUR\u202e",
        "drawn": "bars",
    }
    (story,) = await tell(bench, [{"title": "x", "text": "y", "figures": [figure]}])

    (found,) = story.figures
    assert (200, 40, " EUR", "bars") == (len(found.points), len(found.pattern), found.unit, found.drawn)
    assert ("12", 60) == (found.points[0].text, len(found.points[0].label))
    assert "\u202e" not in found.points[0].label


@pytest.mark.parametrize(
    "content",
    [
        [{"title": "One"}, {"title": "Two", "text": None}],
        {"stories": [{"title": "One"}, {"title": "Two"}]},
        '{"title": "One"}\n\n{"title": "Two"}\n',
        "- title: One\n- title: Two\n  at: 2026-11-23\n",
        "stories:\n  - {title: One}\n  - {title: Two}\n",
        b"\xef\xbb\xbf- title: One\n- title: Two\n",
    ],
)
async def test_json_json_lines_and_yaml_are_read(bench: Bench, content: Any) -> None:
    assert {"One", "Two"} == {story.title for story in await tell(bench, content)}


async def test_the_newest_come_first_and_what_is_to_come_is_of_now(bench: Bench) -> None:
    days = {
        "old": "2026-11-01",
        "new": "2026-11-22T09:00:00",
        "ahead": "2031-01-01T00:00:00Z",
        "epoch": 1_700_000_000,
    }
    stories = await tell(bench, [{"title": name, "at": at} for name, at in days.items()], limit=3)

    assert ["ahead", "new", "old"] == [story.title for story in stories]
    assert NOW == stories[0].at


async def test_the_same_words_are_the_same_story(bench: Bench) -> None:
    (first,), (second,) = [await tell(bench, [{"title": "One"}, {"title": "One"}]) for _ in range(2)]

    assert first.id == second.id


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (3, "story 2 is a number, not an object with `title` and `text`"),
        (None, "story 2 is null, not an object"),
        ({"text": "x"}, "story 2 has no `title`"),
        ({"title": " \u200b"}, "story 2 has no `title`"),
        ({"title": None}, "story 2 has no `title`"),
        ({"title": ["x"]}, "story 2 has a `title` that is a list, not text"),
        ({"title": True}, "story 2 has a `title` that is true or false, not text"),
        ({"title": "x", "link": "y"}, "story 2 has no use for `link`; it knows id, title, text, url, at"),
        ({"title": "x", "url": "javascript:alert(1)"}, "story 2 has a `url` that is no http or https address"),
        ({"title": "x", "at": "soon"}, "story 2 has an `at` that is no date such as 2026-11-23T17:00:00Z"),
        ({"title": "x", "at": 1e300}, "story 2 has an `at` that is no date"),
        ({"title": "x", "tags": "a"}, "story 2 has `tags` that are no list of words"),
        ({"title": "x", "figures": [{"label": 1}]}, "story 2 has `figures` that are no list of objects"),
    ],
)
async def test_a_record_that_is_no_story_is_noted_and_the_others_are_told(
    bench: Bench, record: Any, words: str
) -> None:
    (story,) = await tell(bench, [{"title": "Good"}, record])

    assert "Good" == story.title
    assert 1 == len(bench.notes)
    assert bench.notes[0].startswith(words)
    assert bench.notes[0].endswith(": left out")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"titel": "x"}, {}], "the file of stories: story 1 has no use for `titel`.*, and 1 others"),
        ("just words", "the file of stories: story 1 is text, not an object"),
        ('{"title": "One"}\n{oops', "the file of stories cannot be read: line 2 is not JSON"),
        ("[1, ", "the file of stories cannot be read: it is not JSON: "),
        ("- a: b: c\n", "the file of stories cannot be read: it is neither JSON nor YAML, in line 1"),
        ("- !!python/object/apply:os.system [id]\n", "neither JSON nor YAML, in line 1"),
        ("[" * 100_000, "it is nested too deeply to be read"),
        ("- " * 100_000, "it is nested too deeply to be read"),
        ("a: 1\r" + "? " * 100_000, "it is nested too deeply to be read"),
        (b"\xff\xfe\x00", "the file of stories is not UTF-8 text"),
    ],
)
async def test_a_file_that_cannot_be_read_says_where(bench: Bench, content: Any, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        await tell(bench, content)


async def test_an_empty_file_is_no_story(bench: Bench) -> None:
    assert [] == await tell(bench, "")
    assert [] == await tell(bench, "[]")


async def test_a_hundred_thousand_stories_are_not_all_looked_at(bench: Bench) -> None:
    stories = await tell(bench, [{"title": f"n{number}"} for number in range(100_000)], limit=5)

    assert 5 == len(stories)
    assert ["only the first 2000 of 100000 stories were looked at"] == bench.notes


async def test_an_address_serves_as_well_as_a_path(bench: Bench) -> None:
    async with Server() as server, bench.tools() as tools:
        (story,) = await Stories(file=server.put("/s", json.dumps([FULL]))).fetch(tools, NOW)
        assert "a-1" == story.id
        with pytest.raises(Unavailable, match="the file of stories answered 500: out of order"):
            await Stories(file=server.put("/s", status=500)).fetch(tools, NOW)
