from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadcast.editing import LeftOut, choose, identities
from broadcast.types import Story

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY_AGO = NOON - timedelta(days=1)


def story(id: str, hours: float = 1, source: str = "a", **fields: Any) -> Story:
    """A story that is *hours* old."""
    at = NOON - timedelta(hours=hours)
    return Story(**{"id": id, "source": source, "title": f"Title {source}{id}", "at": at, **fields})


def pick(*stories: Story, **options: Any) -> list[str]:
    return [
        each.key for each in choose(stories, **{"told": set(), "since": DAY_AGO, "limit": 10, **options}).stories
    ]


def reasons(*stories: Story, **options: Any) -> dict[str, str]:
    choice = choose(stories, **{"told": set(), "since": DAY_AGO, "limit": 10, **options})
    return {left.story: left.reason for left in choice.left_out}


def test_the_newest_come_first() -> None:
    assert ["a/2", "a/3", "a/1"] == pick(story("1", 9), story("2", 1), story("3", 5))


def test_at_most_so_many_air() -> None:
    stories = [story("1", 1), story("2", 2), story("3", 3)]

    assert ["a/1", "a/2"] == pick(*stories, limit=2)
    assert {"a/3": "over the limit of 2"} == reasons(*stories, limit=2)


def test_what_is_older_than_the_window_is_left_out() -> None:
    assert {"a/1": "older than the window"} == reasons(story("1", 25), story("2", 24))


@pytest.mark.parametrize(
    "before",
    [
        story("1"),
        story("9", source="z", url="http://www.example.com/1/?utm_source=x"),
        story("9", source="z", title="  TITLE, a1!"),
    ],
    ids=["its key", "its address", "its title on that day"],
)
def test_what_was_told_is_known_again_by(before: Story) -> None:
    now = story("1", url="https://example.com/1")

    assert {"a/1": "told before"} == reasons(now, told=identities(before))


def test_a_recurring_title_is_another_story_every_day() -> None:
    last_week = story("1", 24 * 7, title="The week in pictures")

    assert ["a/2"] == pick(story("2", title="The week in pictures"), told=identities(last_week))


def test_a_story_without_a_title_is_left_out() -> None:
    assert {"a/1": "no title"} == reasons(story("1", title=" "))


def test_one_address_airs_once_with_the_longest_text_at_the_place_of_the_newest() -> None:
    link = story("1", 1, "hn", url="https://example.com/x?ref=hn")
    whole = story("1", 5, "blog", url="https://example.com/x", text="All of it.", title="Whole")
    between = story("2", 3, "hn")

    assert ["blog/1", "hn/2"] == pick(link, between, whole)
    assert {"hn/1": "same address as 'Whole' of blog"} == reasons(link, between, whole)


def test_one_title_on_one_day_airs_once() -> None:
    one = story("1", 1, "a", title="Rates cut", publisher="BBC", text="More.")
    other = story("1", 2, "b", title="Rates cut!", publisher="bbc")

    assert {"b/1": "same title as 'Rates cut' of a"} == reasons(one, other)


def test_where_dates_tie_sources_take_turns() -> None:
    stories = [story("1", source="a"), story("2", source="a"), story("1", source="b"), story("2", source="b")]

    assert ["a/1", "b/1", "a/2", "b/2"] == pick(*stories)


def test_no_source_fills_more_than_half_while_another_has_news() -> None:
    loud = [story(str(n), n / 10, "loud") for n in range(1, 8)]
    quiet = [story(str(n), 10 + n, "quiet") for n in range(1, 3)]

    assert ["loud/1", "loud/2", "quiet/1", "quiet/2"] == pick(*loud, *quiet, limit=4)
    assert ["loud/1", "loud/2", "quiet/1"] == pick(*loud, *quiet, limit=3)
    assert ["loud/1", "loud/2", "loud/3", "quiet/1"] == pick(*loud, quiet[0], limit=4)
    assert ["loud/1", "loud/2", "loud/3", "loud/4"] == pick(*loud, limit=4)


def test_a_show_may_want_languages_and_tags() -> None:
    german = story("1", 1, language="de", tags=("Tech",))
    unknown = story("2", 2, tags=("sport",))
    english = story("3", 3, language="en", tags=("tech",))

    assert ["a/2", "a/3"] == pick(german, unknown, english, languages={"en"})
    assert ["a/1", "a/3"] == pick(german, unknown, english, tags=("tech",))
    assert {"a/1": "in another language: de"} == reasons(german, unknown, english, languages={"en"})
    assert {"a/2": "none of the tags tech"} == reasons(german, unknown, english, tags=("tech",))


def test_the_order_of_the_sources_does_not_matter() -> None:
    stories = [story(str(n), n % 5, "abc"[n % 3]) for n in range(12)]

    assert set(pick(*stories, limit=12)) == set(pick(*reversed(stories), limit=12))


def test_nothing_gives_nothing() -> None:
    assert [] == pick()
    assert [] == pick(story("1"), limit=0)


def test_the_report_has_a_line_for_each_reason() -> None:
    choice = choose([story("1", 99), story("2", 99), story("3", title="")], told=set(), since=DAY_AGO, limit=3)

    assert LeftOut(story="a/3", title="", reason="no title") in choice.left_out
    assert {"left out 2 stories: older than the window", "left out '': no title"} == set(choice.notes)
