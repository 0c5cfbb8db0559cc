import pytest

from broadcast.newsdesk.figures import KeyNumber, counted, key_number
from broadcast.types import Figure, Overlay, Story

from .shows import NOW

STORY = Story(id="1", title="A title", at=NOW)


@pytest.mark.parametrize(
    ("text", "share", "shown"),
    [
        ("+1.4%", 0.5, "+0.7%"),
        ("12,480", 0.5, "6,240"),
        ("12,480", 0.05, "624"),
        ("$1.2 million", 0.5, "$0.6 million"),
        ("1.234.567", 0.001, "1.234"),
        ("2026", 0.5, "2026"),
        ("3 of 5", 0.5, "3 of 5"),
        ("7:30", 0.5, "7:30"),
        ("007", 0.5, "007"),
        ("record high", 0.5, "record high"),
        ("12,480", 1.0, "12,480"),
    ],
)
def test_a_number_counts_up_the_way_it_is_written(text: str, share: float, shown: str) -> None:
    assert counted(text, share) == shown


def test_a_story_that_brings_figures_shows_the_first_and_lists_others() -> None:
    figures = (Figure(label="Users", text="12"), Figure(label="Revenue", text="$5"))
    story = STORY.model_copy(update={"figures": figures})
    assert key_number(story, (Overlay(text="99%"),)) == KeyNumber("12", "Users", rows=(("Revenue", "$5"),))


def test_a_story_without_figures_shows_an_overlay_with_a_number_and_its_quote() -> None:
    overlays = (Overlay(text="no number"), Overlay(text="38%", quote="a drop of 38%"))
    assert key_number(STORY, overlays) == KeyNumber("38%", quote="a drop of 38%")


@pytest.mark.parametrize("overlays", [(), (Overlay(text="words"),), (Overlay(text="x1 " * 40),)])
def test_where_there_is_no_number_there_is_no_card(overlays: tuple[Overlay, ...]) -> None:
    assert key_number(STORY, overlays) is None


def test_one_value_makes_no_line() -> None:
    story = STORY.model_copy(update={"figures": (Figure(label="Users", text="12", series=(1.0,)),)})
    found = key_number(story, ())
    assert found is not None
    assert found.series == ()
