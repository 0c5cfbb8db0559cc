import pytest

from broadcast.newsdesk.bidi import base_level, levels, reordered


def visual(text: str, base: int) -> str:
    """The characters of *text* as they stand from left to right."""
    return "".join(reordered(list(text), levels(text, base)))


@pytest.mark.parametrize(
    ("text", "base"), [("Hello", 0), ("قال", 1), ("שלום NASA", 1), ("BBC قال", 0), ("38% …", 0), ("", 0)]
)
def test_the_first_letter_says_which_way_a_line_reads(text: str, base: int) -> None:
    assert base_level(text) == base


@pytest.mark.parametrize(
    ("text", "base", "shown"),
    [
        ("abc אבג def", 0, "abc גבא def"),
        ("אבג abc דהו", 1, "והד abc גבא"),  # the space between two scripts stays between them
        ("אבג 38% דהו", 1, "והד 38% גבא"),
        ("אבג 1,250", 1, "1,250 גבא"),
        ("אבג (abc)", 1, "(abc) גבא".replace("(abc)", ")abc(")),  # drawn mirrored by the font
        ("abc (אבג) def", 0, "abc (גבא) def"),
        ("plain text.", 0, "plain text."),
    ],
)
def test_runs_stand_where_a_reader_expects_them(text: str, base: int, shown: str) -> None:
    assert visual(text, base) == shown


def test_numbers_after_arabic_letters_keep_their_digits_in_order() -> None:
    text = "ارتفع 1,250"
    assert visual(text, 1).startswith("1,250 ")
