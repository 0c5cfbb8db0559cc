from collections.abc import Sequence
from itertools import pairwise

from broadcast.newsdesk.captions import joined, phrases, subrip
from broadcast.newsdesk.voice import Word, shared


def letters(words: Sequence[Word]) -> float:
    return float(len(joined(words)))


def test_a_sentence_that_fits_is_one_phrase() -> None:
    assert [p.text for p in phrases([shared("It is short.", 1, 3)], 40, letters)] == ["It is short."]


def test_a_long_sentence_is_cut_into_even_phrases_and_loses_no_word() -> None:
    text = "The World Health Organization reports a drop of 38% in two weeks, after a drive reached millions."
    found = phrases([shared(text, 0, 8)], 44, letters)
    assert " ".join(p.text for p in found) == text
    assert all(20 <= len(p.text) <= 44 for p in found)


def test_phrases_follow_one_another_without_overlap() -> None:
    found = phrases([shared("one two three four", 1, 3), shared("five six", 3.2, 4)], 9, letters)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(p.start < p.end for p in found)


def test_chinese_is_joined_without_spaces() -> None:
    text = "神舟飞船成功返回，飞船安全着陆。"
    assert joined(shared(text, 0, 4)) == text


def test_subrip_has_numbers_times_and_text() -> None:
    found = phrases([shared("Hello there.", 61.5, 63)], 40, letters)
    assert subrip(found) == "1\n00:01:01,420 --> 00:01:03,400\nHello there.\n"
