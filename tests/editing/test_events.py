"""Which headlines tell of one event."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadcast.editing import synonyms
from broadcast.editing.events import SAME, Report, events
from broadcast.editing.headlines import grams, numbers, replaced
from broadcast.text.yamls import table

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TABLES = ("pairs", "pairs-again", "pairs-held")
#: Where half of those that are not one event are one headline with a word in place of another.
HARD = ("pairs-hard", "pairs-harder", "pairs-unseen")


def read(name: str) -> list[tuple[str, bool, str, str]]:
    """Return the pairs of one table: the language, whether they tell of one event, and the two headlines."""
    pairs = table(Path(__file__).with_name(f"{name}.yaml"))
    return [(language, kind == "same", *pair) for language, kinds in pairs.items() for kind in kinds
            for pair in kinds[kind]]  # fmt: skip


PAIRS = [pair for name in TABLES for pair in read(name)]


def report(key: str, title: str, outlet: str = "", hours: float = 0, **fields: object) -> Report:
    at = NOON + timedelta(hours=hours)
    known = {"summary": "", "language": "", **fields}
    return Report(key=key, title=title, at=at, outlets=frozenset({outlet or key}), **known)  # type: ignore[arg-type]


def together(*reports: Report) -> list[list[str]]:
    return sorted([one.key for one in event.reports] for event in events(reports))


def merged(one: str, other: str, **fields: object) -> bool:
    return len(events([report("a", one, **fields), report("b", other, **fields)])) == 1


def test_the_tables_of_pairs_are_large_and_in_three_languages() -> None:
    assert all(len(read(name)) >= 60 for name in TABLES)
    assert sum(len(read(name)) for name in HARD) >= 180
    assert all({"en", "de", "es"} <= {pair[0] for pair in read(name)} for name in TABLES + HARD)
    assert all(
        len([pair for pair in PAIRS if pair[0] == language]) >= 15 for language in {pair[0] for pair in PAIRS}
    )


@pytest.mark.parametrize(
    ("tables", "precise", "complete"),
    [(TABLES, 0.95, 0.85), (["pairs-held"], 0.95, 0.9), (TABLES + HARD, 0.95, 0.8), (HARD, 0.9, 0.75)],
    ids=["all", "held", "all and hard", "hard"],
)
def test_of_the_pairs_that_become_one_story_more_than_95_percent_are_one(
    tables: list[str], precise: float, complete: float, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [pair for name in tables for pair in read(name)]
    found = [(same, merged(one, other, language=language)) for language, same, one, other in pairs]
    right = sum(same and together for same, together in found)
    precision = right / sum(together for _, together in found)
    recall = right / sum(same for same, _ in found)

    with capsys.disabled():
        print(f"\n{len(pairs)} pairs of headlines: precision {precision:.3f}, recall {recall:.3f}")
    assert precision > precise
    assert recall > complete


def test_the_same_holds_where_all_headlines_are_in_one_pool(capsys: pytest.CaptureFixture[str]) -> None:
    """Each pair's two headlines are reports of their own here: a headline that the table has twice is one event."""
    reports, truth = [], {}
    for language, same, *titles in PAIRS:
        for number, title in enumerate(titles):
            if title not in truth:
                truth[title] = truth.get(titles[0], title) if same and number else title
                reports.append(report(title, title, language=language))
    random.Random(1).shuffle(reports)

    found = events(reports)

    precision, recall = b_cubed([[truth[one.key] for one in event.reports] for event in found])
    with capsys.disabled():
        print(
            f"{len(reports)} headlines, {len(found)} events: B-cubed precision {precision:.3f}, recall {recall:.3f}"
        )
    assert precision > 0.95
    assert recall > 0.9


def b_cubed(clusters: list[list[str]]) -> tuple[float, float]:
    total = [label for cluster in clusters for label in cluster]
    precision = sum(cluster.count(label) / len(cluster) for cluster in clusters for label in cluster)
    recall = sum(cluster.count(label) / total.count(label) for cluster in clusters for label in cluster)
    return precision / len(total), recall / len(total)


FIRE = "Fire destroys historic market hall in Velmora"
BLAZE = "Historic market hall in Velmora destroyed by fire"


def test_what_one_outlet_publishes_twice_are_two_stories() -> None:
    assert [["a"], ["b"]] == together(report("a", FIRE, "Post"), report("b", BLAZE, "Post"))


def test_an_outlet_s_second_report_joins_where_another_outlet_tells_of_the_event() -> None:
    reports = report("a", FIRE, "Post"), report("b", BLAZE, "Wire", 1), report("c", BLAZE, "Post", 2)

    assert [["a", "b", "c"]] == together(*reports)


@pytest.mark.parametrize(("hours", "events"), [(47, 1), (49, 2)])
def test_an_event_is_one_for_two_days(hours: float, events: int) -> None:
    assert events == len(
        together(report("a", FIRE), report("b", BLAZE.replace("destroyed", "ruined"), hours=hours))
    )


def test_an_equal_headline_is_the_same_event_weeks_later() -> None:
    assert [["a", "b"]] == together(report("a", FIRE), report("b", FIRE, hours=24 * 14))


def test_languages_are_kept_apart_where_they_are_known() -> None:
    assert 2 == len(together(report("a", FIRE, language="en"), report("b", FIRE, language="de")))
    assert 1 == len(together(report("a", FIRE, language="en"), report("b", FIRE)))


def test_a_summary_helps_where_the_headlines_alone_are_too_far_apart() -> None:
    summary = "The market hall of Velmora, built in 1898, burned down on Sunday night. Nobody was hurt."
    one, other = "Velmora market hall burns down overnight", "Flames gut the old market in Velmora's centre"

    assert not merged(one, other)
    assert merged(one, other, summary=summary)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "Judge blocks plan to drill in the reserve", "Judge allows plan to drill in the reserve"),
        ("en", "Two climbers die on Mount Varn", "Two climbers rescued on Mount Varn"),
        ("en", "Mayor votes for the new bridge", "Mayor votes against the new bridge"),
        ("de", "Umfrage: Mehrheit für Tempolimit", "Umfrage: Mehrheit gegen Tempolimit"),
        ("es", "El Supremo anula la condena a Robledo", "El Supremo confirma la condena a Robledo"),
        ("fr", "Le maire autorise la foire de Lyon", "Le maire interdit la foire de Lyon"),
    ],
)
def test_a_headline_that_says_the_opposite_is_another_event(language: str, one: str, other: str) -> None:
    assert not merged(one, other, language=language)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Earthquake strikes northern Chile on Sunday night", "Earthquake hits northern Chile on Sunday night"),
        ("Seismologists discover new fault below Lisbon", "Seismologists find new fault below Lisbon"),
        ("Two dead and nine rescued in Alps avalanche", "Nine rescued in Alps avalanche, two dead"),
    ],
)
def test_another_word_for_the_same_is_the_same_event(one: str, other: str) -> None:
    assert merged(one, other, language="en")


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("strikes", "hits", True),
        ("closing", "shut", True),
        ("sinken", "gefallen", True),
        ("winter", "takes", False),
        ("bank", "outlaws", False),
        ("landslide", "wins", False),
        ("passenger", "approves", False),
    ],
)
def test_words_that_mean_the_same_are_whole_words(one: str, other: str, equal: bool) -> None:
    assert equal == synonyms.same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fire in Leeds kills 3", "Fire in Leeds kills 5"),
        ("Version 2.1 of Frobnicate is out", "Version 2.2 of Frobnicate is out"),
        ("New mayor elected in Leeds", "New mayor elected in Bristol"),
        ("Morning briefing", "Morning edition"),
    ],
)
def test_a_headline_with_a_number_or_a_name_replaced_is_another_event(one: str, other: str) -> None:
    assert not merged(one, other)


def test_scripts_without_spaces_are_compared_by_pairs() -> None:
    one, other = "日銀が政策金利を0.5%に引き上げ", "日銀、政策金利0.5%への引き上げを決定"

    assert merged(one, other)
    assert not merged(one, "東京で桜が満開、平年より5日早く")


def test_events_do_not_depend_on_the_order_of_the_pool() -> None:
    reports = [
        report(f"{n}{side}", title)
        for n, (*_, one, other) in enumerate(PAIRS)
        for side, title in enumerate((one, other))
    ]
    expected = together(*reports)
    random.Random(3).shuffle(reports)

    assert [sorted(one) for one in expected] == [sorted(one) for one in together(*reports)]


@pytest.mark.parametrize(
    "title",
    ["x" * 200_000, "🎬" * 200_000, "مرحبا بالعالم " * 15_000, "\u202e" * 1000, "1 " * 100_000, "", " ", "\ud800"],
    ids=["long", "emoji", "arabic", "bidi", "numbers", "empty", "space", "surrogate"],
)
def test_a_hostile_title_is_an_event_like_any_other(title: str) -> None:
    reports = [report(f"{n}", title) for n in range(50)]

    assert 50 == sum(len(event.reports) for event in events(reports))
    assert len(grams(title[:200])) <= 400


def test_titles_without_words_are_never_one_event() -> None:
    assert [["a"], ["b"]] == together(report("a", "🎬🎬🎬"), report("b", "🎬🎬🎬"))


def test_numbers_have_one_spelling() -> None:
    assert {"1200", "3.4", "14", "3.14.1", "35"} == numbers("1,200 1.200 3,4 3.4 14 3.14.1 ٣٥")


def test_a_replaced_name_is_seen_and_a_reworded_headline_is_not_one() -> None:
    assert replaced("Fire in Leeds", "Fire in York")
    assert not replaced(FIRE, BLAZE)


def test_the_threshold_is_what_the_table_was_measured_with() -> None:
    assert 0.45 == SAME
