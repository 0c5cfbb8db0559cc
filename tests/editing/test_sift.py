"""What there is to choose from: every event once, and nothing that was told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadcast.editing import identities, pick, sift
from broadcast.editing.rank import Taste
from broadcast.editing.retold import remember
from broadcast.types import Past, Story, Told, Window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = Window(since=NOON - DAY)
TEXT = "The city council of Velmora approved the plan on Friday. Work on the harbour starts in March. " * 4


def story(id: str, title: str, outlet: str = "Post", hours: float = 1, **fields: Any) -> Story:
    source = outlet.casefold()
    known = {"publisher": outlet, "at": NOON - timedelta(hours=hours), "url": f"https://{source}.example/{id}"}
    return Story(**{"id": id, "source": source, "title": title, **known, **fields})


HARBOUR = story("1", "Velmora council approves $3.4 billion harbour plan", text=TEXT)
SAME = story("2", "Harbour plan worth $3.4bn approved by Velmora council", "Wire", 2, text="Short.", tags=("city",))
THIRD = story("3", "Velmora council: $3.4 billion harbour plan approved", "Radio", 3)


def past(*told: Story, aired: bool = True) -> Past:
    names = frozenset(name for one in told for name in identities(one))
    known = (remember(one, identities(one)).model_copy(update={"aired": aired}) for one in told)
    return Past(told=names, stories=tuple(known))


def candidates(*stories: Story, past: Past = Past(), **options: Any) -> list[Story]:  # noqa: B008  # it is frozen
    return [one.story for one in sift(stories, past, options.pop("window", TODAY), NOON, **options).candidates]


def reasons(*stories: Story, past: Past = Past(), **options: Any) -> dict[str, str]:  # noqa: B008
    left = sift(stories, past, options.pop("window", TODAY), NOON, **options).left_out
    return {one.story: one.reason for one in left}


def test_an_event_of_three_outlets_is_one_story_that_names_them_all_and_mixes_no_text() -> None:
    (found,) = candidates(HARBOUR, SAME, THIRD)

    assert (HARBOUR.key, HARBOUR.title, HARBOUR.text) == (found.key, found.title, found.text)
    assert ("Post", "Radio", "Wire") == found.publishers
    assert ("city",) == found.tags
    expected = "same event as 'Velmora council approves $3.4 billion harbour plan' of post"
    assert {"wire/2": expected, "radio/3": expected} == reasons(HARBOUR, SAME, THIRD)


def test_the_best_told_version_is_one_with_a_text_of_the_source_that_weighs_most() -> None:
    other = SAME.model_copy(update={"text": TEXT[:250]})

    assert "post/1" == candidates(HARBOUR, other)[0].key
    assert "wire/2" == candidates(HARBOUR, other, weights={"wire": 2.0})[0].key
    assert "post/1" == candidates(HARBOUR, THIRD, weights={"radio": 9.0})[0].key  # which has no text


def test_one_article_through_two_feeds_is_one_outlet() -> None:
    aggregated = story(
        "9", "Velmora approves harbour", "Hacker News", url=HARBOUR.url + "?utm_source=hn", score=300
    )

    (found,) = candidates(HARBOUR, aggregated)

    assert ("Post",) == found.publishers


def test_whatever_ties_articles_together_makes_them_one() -> None:
    one = story("1", "One title", url="https://x.example/a")
    other = story("2", "Another title", url="https://x.example/b")
    tie = story("3", "One title", url="https://x.example/b")

    assert (
        1
        == len(candidates(one, other, tie))
        == len(candidates(tie, one, other))
        == len(candidates(other, one, tie))
    )


def test_all_versions_of_a_chosen_event_are_reserved() -> None:
    (found,) = sift([HARBOUR, SAME], Past(), TODAY, NOON).candidates

    assert identities(HARBOUR) | identities(SAME) == found.names


def test_an_event_that_was_told_is_known_again_by_its_meaning() -> None:
    expected = "told before: same event as 'Velmora council approves $3.4 billion harbour plan'"

    assert {"wire/2": expected} == reasons(SAME, past=past(HARBOUR))
    assert {"wire/2": expected} == reasons(SAME, past=past(HARBOUR, aired=False))  # it is reserved by another run
    assert {"wire/2"} == set(reasons(SAME, HARBOUR, past=Past(told=identities(HARBOUR)))) - {"post/1"}  # an old row


def test_the_same_outlet_s_next_story_is_no_repetition() -> None:
    following = story("2", "Velmora council approves harbour plan: what happens next")

    assert ["post/2"] == [one.key for one in candidates(following, past=past(HARBOUR))]


def test_a_told_story_with_a_new_number_in_its_headline_is_told_once_more() -> None:
    first = story("1", "Ferry accident off Skye: 3 people hurt", text=TEXT, hours=20)
    now = first.model_copy(update={"title": "Ferry accident off Skye: 7 people hurt"})

    (found,) = sift([now], past(first), TODAY, NOON).candidates

    assert (True, "its headline now says 7") == (found.story.update, found.news)
    again = past(first).model_copy(update={"stories": (*past(first).stories, found.memory)})
    assert {"post/1": "told before"} == reasons(now, past=again)
    assert {"post/1": "told before"} == reasons(first, past=again)  # its old headline is back


def test_a_new_outlet_s_number_is_an_update_of_the_event() -> None:
    first = story("1", "Ferry runs aground off Skye, passengers evacuated", text=TEXT, hours=20)
    other = story("5", "Ferry with 83 passengers runs aground off Skye", "Wire")

    (found,) = sift([other], past(first), TODAY, NOON).candidates

    assert (True, "its headline now says 83") == (found.story.update, found.news)


def test_a_rewritten_story_is_an_update_and_a_corrected_one_is_not() -> None:
    first = HARBOUR.model_copy(update={"text": "The council of Velmora met on Friday. It spoke about the harbour."})
    fresh = " The mayor of Velmora stepped down. A new vote is set. The opposition wants more time."
    rewritten = first.model_copy(
        update={"title": "Velmora mayor quits over harbour plan", "text": first.text + fresh}
    )
    corrected = first.model_copy(update={"title": "Velmora council approves its harbour plan"})

    assert ["post/1"] == [one.key for one in candidates(rewritten, past=past(first))]
    assert [] == candidates(corrected, past=past(first))
    assert [] == candidates(first.model_copy(update={"text": first.text + fresh}), past=past(first))


def test_there_is_no_update_of_what_is_only_reserved_or_old_or_where_the_show_wants_none() -> None:
    now = HARBOUR.model_copy(update={"title": "Velmora council approves $5.1 billion harbour plan"})
    old = HARBOUR.model_copy(update={"at": NOON - timedelta(hours=49)})

    assert ["post/1"] == [one.key for one in candidates(now, past=past(HARBOUR))]
    assert [] == candidates(now, past=past(HARBOUR, aired=False))
    assert [] == candidates(now, past=past(old))
    assert [] == candidates(now, past=past(HARBOUR), updates=False)


def test_a_story_that_was_listed_late_is_new_and_one_that_was_passed_over_is_not() -> None:
    last = NOON - DAY
    late, seen, older = (
        story(id, f"Headline of {id}", hours=hours) for id, hours in (("late", 30), ("seen", 30), ("old", 80))
    )
    window = Window(since=last, late=last - 2 * DAY, last=last, listed=frozenset({"post/seen"}))

    assert ["post/late"] == [one.key for one in candidates(late, seen, older, window=window)]
    assert {"post/seen", "post/old"} == set(reasons(late, seen, older, window=window))


def test_what_another_run_chose_and_could_not_tell_may_air_whatever_its_date() -> None:
    old = story("1", "Headline of long ago", hours=100)

    assert [] == candidates(old)
    assert ["post/1"] == [one.key for one in candidates(old, past=Past(owed=identities(old)))]


def test_what_is_remembered_of_a_story_is_bounded_and_holds_no_text() -> None:
    long = story("1", "x" * 200_000, text=" ".join(f"Sentence number {n} is here." for n in range(100_000)))

    told = remember(long, identities(long))

    assert len(told.model_dump_json()) < 4000
    assert "Sentence" not in told.model_dump_json()
    assert told == Told.model_validate_json(told.model_dump_json())


def test_hostile_stories_are_sifted_like_others() -> None:
    titles = ["🎬" * 200_000, "\u202eevil", "x" * 200_000, " ", "", "\u0300" * 5000, "\ud800"]
    stories = [story(f"{n}", title, f"Outlet {n}") for n, title in enumerate(titles * 20)]

    sifted = sift(stories, Past(), TODAY, NOON)

    shown = {one.story.key for one in sifted.candidates} | {one.story for one in sifted.left_out}
    assert {one.key for one in stories} == shown
    assert all(len(one.title) <= 300 for one in sifted.left_out)


def test_an_event_of_many_outlets_comes_before_a_newer_one_of_one() -> None:
    newer = story("8", "Museum opens late on Thursdays", "Gazette", 0.5)
    sifted = sift([newer, HARBOUR, SAME, THIRD], Past(), TODAY, NOON)

    choice = pick(sifted, limit=1, window=DAY)

    assert [HARBOUR.key] == [one.key for one in choice.stories]
    assert ["gazette/8"] == [one.story for one in choice.left_out if one.reason == "over the limit of 1"]


def test_every_story_has_exactly_one_reason() -> None:
    stories = [
        HARBOUR,
        SAME,
        THIRD,
        story("4", "Old news", hours=60),
        story("5", "Told news"),
        story("6", "Other"),
        story("7", "Cup final"),
    ]
    sifted = sift(stories, past(stories[4]), TODAY, NOON)
    choice = pick(sifted, limit=1, window=DAY, taste=Taste(avoid=("cup",)))

    named = [one.story for one in sifted.left_out] + [one.story for one in choice.why]

    assert sorted(one.key for one in stories) == sorted(named)


EPISODES = [story(str(n), f"Episode {n}: {name}", "Pod", n) for n, name in enumerate(("Whales", "Moss", "Tin"), 1)]


@pytest.mark.parametrize("address", ["https://pod.example/show", "https://pod.example/show?lang=en#about"])
def test_an_address_that_a_source_gives_to_all_of_its_stories_is_no_story_s_own(address: str) -> None:
    """Many podcasts link each episode to the page of the whole show."""
    one, two, three = (episode.model_copy(update={"url": address}) for episode in EPISODES)

    assert [one, two, three] == candidates(one, two, three)
    assert [one, two] == candidates(one, two, three, past=past(three))


@pytest.mark.parametrize(
    "fields", [{"url": "https://www.pod.example/"}, {"url": "https://pod.example/show", "url_shared": True}]
)
def test_the_address_of_a_whole_site_or_of_a_show_says_nothing_of_a_story(fields: dict[str, Any]) -> None:
    old, new = (episode.model_copy(update=fields) for episode in EPISODES[:2])

    assert [new] == candidates(new, past=past(old))


def test_two_headlines_at_one_address_are_one_story() -> None:
    before = story("9#0", "Council votes on the harbour", hours=3, url="https://post.example/a/9")
    after = before.model_copy(update={"id": "9#1", "title": "Velmora gets its harbour"})

    assert 1 == len(candidates(before, after))
    assert [] == candidates(after, past=past(before), updates=False)
