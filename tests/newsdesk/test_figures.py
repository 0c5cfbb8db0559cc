import pytest

from broadcast.newsdesk.figures import KeyNumber, key_number
from broadcast.types import Figure, Overlay, Story

from .shows import NOW

STORY = Story(id="1", title="A title", at=NOW)


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
