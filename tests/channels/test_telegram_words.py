"""The words of a message: never over a limit, never a broken tag or entity, whatever is to be said."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadcast.telegram import words
from broadcast.telegram.words import CAPTION, TEXT, units
from broadcast.testing.telegram.entities import parsed
from broadcast.types import Post, Video

ODD = "<>&\"';/b i…\n\u0e2a\u0301\u200d🇺👩\ud800"
HOSTILE = st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=6000)


def a_post(heading: str, caption: str, disclosure: str) -> Post:
    video = Video.model_construct(path=Path("x.mp4"), url=None, page=None)
    return Post.model_construct(heading=heading, caption=caption, disclosure=disclosure, video=video)


@given(
    HOSTILE, HOSTILE, HOSTILE, st.sampled_from([CAPTION, TEXT]), st.sampled_from([None, "https://x.example/?a&b"])
)
@example("👩" * 300, "👩‍👧" * 900, "&" * 400, CAPTION, None)
@example("", "a" * 1100, "", CAPTION, None)
def test_it_parses_and_fits(heading: str, caption: str, disclosure: str, limit: int, link: str | None) -> None:
    said = words.of_post(a_post(heading, caption, disclosure), limit, link=link)

    text = parsed(said.html)
    assert said.plain == text
    assert units(text) <= limit
    assert text == text.encode().decode()
    if link:
        assert link in text


@given(HOSTILE, st.integers(1, 5000))
def test_a_plain_text_is_kept_or_cut(text: str, limit: int) -> None:
    said = words.of_text(text, limit)

    assert units(said.plain) <= limit
    assert parsed(said.html) == said.plain


@pytest.mark.parametrize(("text", "limit", "cut"), [
    ("one two three", 9, "one two…"),
    ("one two", 7, "one two"),
    ("<b> & </b> more", 11, "<b> & </b>…"),
    ("👍👍👍👍", 5, "👍…"),
    ("👍👍", 4, "👍👍"),
    ("ไม่มีช่องว่าง", 6, "ไม่มี…"),
])  # fmt: skip
def test_it_is_cut_at_a_word_where_there_are_words(text: str, limit: int, cut: str) -> None:
    assert cut == words.shortened(text, limit)


def test_the_caption_gives_way_to_title_address_and_disclosure() -> None:
    said = words.of_post(a_post("Title", "word " * 500, "By a machine."), CAPTION, link="https://x.example/1")

    title, caption, link, disclosure = said.plain.split("\n\n")
    assert ("Title", "https://x.example/1", "By a machine.") == (title, link, disclosure)
    assert caption.endswith(" word…")
    assert CAPTION - 6 < units(said.plain) <= CAPTION
    assert said.html.startswith("<b>Title</b>\n\nword")
    assert said.html.endswith("\n\n<i>By a machine.</i>")


def test_an_address_that_the_caption_names_already_is_not_named_twice() -> None:
    said = words.of_post(a_post("", "Watch https://x.example/1", ""), TEXT, link="https://x.example/1")

    assert "Watch https://x.example/1" == said.html
