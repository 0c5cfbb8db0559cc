import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broadcast.text import FRAGMENT, MARKS, _lines, clean, cut, plain
from broadcast.text.tags import easy, visible


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("tab\tnew\nline\x0b\x85end", "tab new line end"),
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("Hello\u202eevil\u202c \u2066x\u2069", "Helloevil x"),
        ("a\u200bb\u200dc\ufeff\u00ad", "abc"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("\ud800x\ufffe\U0001ffff\ue000\U0010fffd", "x"),
        ("\u3164\u115f\u2800fill", "fill"),
        ("FlÃ¼chtlinge", "Flüchtlinge"),
        ("itâ€™s", "it’s"),
        ("â\x80\x9cquotedâ\x80\x9d", "“quoted”"),
        ("«Café» É€", "«Café» É€"),
        ("cafe\u0301", "café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👨\u200d👩\u200d👧 ❤️\u200d🔥", "👨\u200d👩\u200d👧 ❤️\u200d🔥"),
        ("ﷺ ½ ＡＢ", "ﷺ ½ ＡＢ"),
    ],
)
def test_clean_keeps_what_is_read_and_drops_what_is_not(dirty: str, expected: str) -> None:
    assert expected == clean(dirty, 300)


def test_a_letter_keeps_at_most_four_marks() -> None:
    assert "Z" + "\u0335" * MARKS == clean("Z" + "\u0335" * 500, 300)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("hello big world", 15, "hello big world"),
        ("hello big world", 14, "hello big…"),
        ("hello, big world", 8, "hello…"),
        ("日本語日本語", 4, "日本語…"),
        ("word verylongwordindeed", 12, "word verylo…"),
        ("abc\u0301def", 4, "ab…"),
        ("👨\u200d👩\u200d👧xx", 4, "…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
    ],
)
def test_a_cut_is_at_a_word_and_within_the_limit(text: str, limit: int, expected: str) -> None:
    assert expected == cut(text, limit)


@given(st.text(), st.integers(0, 50))
def test_clean_is_one_line_of_visible_text_within_its_limit(text: str, limit: int) -> None:
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert " ".join(cleaned.split()) == cleaned
    assert set() == {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Co"}


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\nTwo\nThree"),
        ("<script>alert(1)</script>Hi<style>b{}</style>", "Hi"),
        ("<SCRIPT>x</SCRIPT >Hi", "Hi"),
        ("<!-- ignore all --><b>Hi</b> there", "Hi there"),
        ("<!-->Hi", "Hi"),
        ('<span style="display:none">a<span>b</span>c</span>Hi', "Hi"),
        ('<span style="display&#58;none">x</span>Hi', "Hi"),
        ('<p style="font-size:0">x</p><p style="font-size:0.9em">Hi</p>', "Hi"),
        ("<div hidden><div>x</div></div>Hi", "Hi"),
        ("<p hidden>x<p>Hi", "Hi"),
        ("<b aria-hidden=true>x</b>Hi", "Hi"),
        ('<a title="the hidden truth">Hi</a>', "Hi"),
        ('<img alt="obey me" src=x onerror="a>b">Hi', "Hi"),
        ("<template>x</template><svg><text>x</text></svg>Hi", "Hi"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("AT&T &amp; 3 < 4 &hearts; I <3 you", "AT&T & 3 < 4 ♥ I <3 you"),
        ("a<td>b</td><td>c</td>", "a b c"),
        ("Hi <a href='x", "Hi"),
        ("<iframe src=x />Hi", "Hi"),
        ("&#" + "9" * 5000 + ";Hi", "\ufffdHi"),
    ],
)
def test_plain_is_what_a_reader_would_see(markup: str, expected: str) -> None:
    assert expected == plain(markup, 1000)


@pytest.mark.parametrize(
    "bait",
    [
        "<",
        "<!--",
        "<a ",
        '<a ="',
        "<a ='\"",
        "<div>",
        "&#1",
        "&",
        "<p hidden>",
        "<script>",
        "</script",
        "e\u0301\u0316",
        "<!-- -",
        "<!---->",
        "<iframe>",
        "<iframe></iframe>",
        "<style><!--",
        "<b hidden>x</b>",
    ],
)
def test_plain_takes_linear_time_on_hostile_markup(bait: str) -> None:
    def seconds(size: int) -> float:
        start = time.process_time()
        plain(bait * (size // len(bait)), 1_000_000)
        return time.process_time() - start

    assert seconds(400_000) < 0.1 + 30 * seconds(40_000)


def test_plain_is_cut_at_its_limit() -> None:
    assert "one two…" == plain("<p>one two three</p>", 10)


PIECES = st.sampled_from(
    [
        "word ", "a < b ", "&amp;lt; ", "é… ", "\n", "\t", "  ", "\xa0 ", "<p>", "</p>", "<br/>",
        "<b class='x'>", "</b>", "<td>", "<iframe src='https://v.example/?a>b'></iframe>",
        "<iframe src=x></iframe>", "<script>x<y</script>", "<script src=x></script >", "<span hidden>",
        "<img style='display:none'>", "</span>", "<!-- c -->", "<a href=",
        "<iframe src=x><a href=y>z</a></iframe>", "<style>", "</style>", "<style type=x>a { b: c }</style>",
        "</script x=y>", "<script>", "<script/>", "<!--", "-->", "<!-->", "<!-- <b> </script> -->",
        "<!DOCTYPE x>", "<?xml x?>", "<p hidden>", "<div aria-hidden='true'>", "<div>", "</div>",
        "<div hidden/>", "<b style='font-size&#58;0'>", "<svg>", "</SVG>", "<a title='<!--'>",
        "<a title='-->'>", "<title>", "</title>", "<A HIDDEN>", "</A>", "</",
    ]
)  # fmt: skip


#: Those after which nothing is left in doubt, so that the quick way goes on.
FRIENDLY = PIECES.filter(
    lambda piece: piece not in ("<a href=", "<!--", "-->", "</", "<a title='<!--'>", "<!DOCTYPE x>")
)


@example("<script>x<!-- </script> -->y</script>z", 100)
@example("<b style='&#100;isplay:none'>x</b>y", 100)
@example("<iframe><a>x</a></iframe>y", 100)
@example("a<!-- <!-- -->b", 100)
@settings(max_examples=300)
@given(st.one_of(st.lists(PIECES, max_size=60), st.lists(FRIENDLY, max_size=12)).map("".join), st.integers(10, 200))
def test_the_quick_way_to_plain_text_and_the_sure_one_agree(markup: str, limit: int) -> None:
    sure = cut(_lines("".join(visible(markup[:FRAGMENT], limit * 20))), limit)

    assert sure == plain(markup, limit)


@pytest.mark.parametrize(
    "markup",
    [
        "<p>One <b class='x'>two</b></p>",
        "One<!-- <b> two --> three",
        "<a aria-hidden='true' href='#x'>#</a><h2>One</h2>",
        "<iframe src='x' hidden><a href='y'>two</a></iframe>One",
        "<script>x < y</script><style>b {}</style>One",
        "<svg><title>two</title></svg>One",
    ],
)
def test_what_feeds_are_full_of_goes_the_quick_way(markup: str) -> None:
    assert easy(markup) is not None
