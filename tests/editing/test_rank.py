"""What a story is worth, in terms that can be said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadcast.editing import choose
from broadcast.editing.rank import HALF_LIFE, Taste, about, half_life, highest, points, worth
from broadcast.types import Story

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_AGO = NOON - timedelta(days=1)


def story(id: str, title: str = "", source: str = "a", hours: float = 1, **fields: Any) -> Story:
    return Story(id=id, source=source, title=title or f"T {id}", at=NOON - timedelta(hours=hours), **fields)


def order(*stories: Story, weights: dict[str, float] | None = None, **taste: Any) -> list[str]:
    options = {"told": set[str](), "since": DAY_AGO, "limit": 10, "weights": weights, "taste": Taste(**taste)}
    return [one.id for one in choose(stories, **options).stories]  # type: ignore[arg-type]


def test_the_newest_comes_first_where_nothing_else_speaks() -> None:
    assert ["1", "2", "3"] == order(story("3", hours=9), story("1", hours=1), story("2", hours=5))


def test_a_story_loses_half_of_its_worth_in_a_half_life() -> None:
    fresh, old = (worth(story("1"), weight=1, points=0, age=age, taste=Taste()) for age in (0.0, 1.0))

    assert (1.0, 0.5) == (fresh.sum, old.sum)


@pytest.mark.parametrize(
    ("window", "expected"),
    [(timedelta(0), HALF_LIFE), (timedelta(days=1), HALF_LIFE), (timedelta(days=7), timedelta(hours=84))],
)
def test_a_weekly_show_forgets_more_slowly(window: timedelta, expected: timedelta) -> None:
    assert expected == half_life(window)


def test_a_source_that_weighs_more_comes_first_until_it_is_old() -> None:
    new, old = story("new"), story("old", source="b", hours=10)

    assert ["new", "old"] == order(new, old)
    assert ["old", "new"] == order(new, old, weights={"b": 2.0})
    assert ["new", "old"] == order(new, old, weights={"b": 1.1})


def test_points_count_against_the_best_of_their_own_source() -> None:
    stories = [
        story("1", source="hn", score=400),
        story("2", source="hn", score=20),
        story("3", source="forum", score=9),
    ]
    best = highest(stories)

    assert {"hn": 400, "forum": 9} == best
    assert [1.0, 1.0] == [points([one], best) for one in (stories[0], stories[2])]
    assert 0.4 < points([stories[1]], best) < 0.6
    assert 0.0 == points([story("4")], best)


@pytest.mark.parametrize("score", [-5.0, float("nan"), float("inf"), 0.0])
def test_a_score_that_cannot_be_one_is_worth_nothing(score: float) -> None:
    odd = story("1", score=score)

    assert 0.0 == points([odd], highest([odd]))
    assert ["2", "1"] == order(odd, story("2", hours=2, score=3.0))


@pytest.mark.parametrize(
    ("topic", "title", "tags", "found"),
    [
        ("AI", "What AI means for schools", (), True),
        ("AI", "The main aim is paid", (), False),
        ("harbour plan", "Harbour plan approved", (), True),
        ("harbour plan", "Plan for the harbour", (), False),
        ("Sport", "Cup final", ("sport",), True),
        ("C++", "C++ turns forty", (), True),
        ("金利", "日銀が政策金利を引き上げ", (), True),
        ("", "Anything", ("",), False),
        ("  ", "Anything", (), False),
    ],
)
def test_a_topic_is_found_in_whole_words_of_a_title_or_among_the_tags(
    topic: str, title: str, tags: tuple[str, ...], found: bool
) -> None:
    assert found == bool(about(story("1", title, tags=tags), (topic,)))


def test_wanted_topics_come_first_and_unwanted_ones_not_at_all() -> None:
    stories = story("1", "Rates rise"), story("2", "Cup final", hours=3), story("3", "AI in schools", hours=9)

    assert ["3", "1"] == order(*stories, want=("AI",), avoid=("cup",))


def test_no_source_gives_more_than_it_may() -> None:
    assert ["1", "2"] == order(story("1"), story("2", hours=2), story("3", hours=3), per_source=2)


def test_the_worth_is_said_term_by_term() -> None:
    told = worth(story("1", "AI", outlets=("B",)), weight=2, points=0.5, age=1, taste=Taste(want=("AI",)))

    assert "(source 2.00 + outlets 0.69 + points 0.25 + topic AI 1.00) x freshness 0.50 = 1.972" == str(told)
