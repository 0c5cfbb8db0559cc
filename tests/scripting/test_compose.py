"""Drafts become a script that lands on time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast.errors import Rejected
from broadcast.scripting import kinds
from broadcast.scripting.compose import compose, transcript
from broadcast.scripting.fit import Line, fit
from broadcast.scripting.lint import lint_script
from broadcast.scripting.timing import SEGMENT_PAUSE
from broadcast.scripting.timing import seconds as spoken
from broadcast.types import Draft, Overlay, Sentence, Story

AT = datetime(2026, 11, 23, tzinfo=UTC)
DATE = "Monday, 23 November 2026"
DAILY = kinds.load("daily-news")


def story(number, publisher="", text=""):
    return Story(
        id=str(number), source="post", title=f"Story number {number}", text=text, at=AT, publisher=publisher
    )


def draft(of, texts, ranks=None, overlays=(), writer="extractive"):
    ranks = ranks or range(len(texts))
    sentences = tuple(
        Sentence(text=text, quotes=(text,), rank=rank) for text, rank in zip(texts, ranks, strict=True)
    )
    return Draft(story=of.key, sentences=sentences, overlays=overlays, writer=writer)


def said(topic, count, words=10):
    """*count* sentences of *words* words, none like another."""
    return [f"{topic} {' '.join(['matter'] * (words - 3))} number {place}." for place in range(count)]


def made(stories, drafts, seconds=60.0, kind=DAILY, language="en", title="Daily Signal", **more):
    return compose(
        kind, title=title, language=language, date=DATE, stories=stories, drafts=drafts, seconds=seconds, **more
    )


def three(count=8, words=10):
    stories = [story(number, publisher=f"Paper {'ABC'[number]}") for number in range(3)]
    return stories, [draft(one, said(f"Topic{number}", count, words)) for number, one in enumerate(stories)]


def test_a_script_opens_tells_and_signs_off():
    script = made(*three())
    assert [segment.kind for segment in script.segments] == ["intro", "story", "story", "story", "signoff"]
    assert script.segments[0].text == f"This is Daily Signal for {DATE}. Here are the stories of the day."
    assert script.segments[-1].text == (
        "Sources today: Paper A, Paper B, and Paper C. That was Daily Signal. Thanks for watching, and goodbye."
    )
    assert [segment.story for segment in script.segments[1:-1]] == ["post/0", "post/1", "post/2"]


def test_one_story_is_announced_as_one():
    stories, drafts = three()
    script = made(stories[:1], drafts[:1])
    assert script.segments[0].text.endswith("Here is the story of the day.")
    assert script.segments[-1].text.startswith("Source today: Paper A.")


@pytest.mark.parametrize("seconds", [30, 45, 60, 90, 120])
def test_it_lands_within_a_tenth_where_there_is_text_enough(seconds):
    script = made(*three(count=20), seconds=seconds)
    assert 0.9 * seconds <= script.seconds <= 1.05 * seconds


def test_what_it_says_it_takes_is_what_its_parts_take():
    script = made(*three())
    assert script.seconds == pytest.approx(
        sum(segment.seconds for segment in script.segments) + 4 * SEGMENT_PAUSE, abs=0.05
    )


def test_the_lowest_ranks_stay_and_are_told_in_their_own_order():
    one = story(0)
    texts = said("Topic", 12)
    script = made([one], [draft(one, texts, ranks=list(reversed(range(12))))], seconds=45)
    told = [sentence.text for sentence in script.segments[1].sentences]
    assert 0 < len(told) < len(texts)
    assert told == texts[-len(told) :]


def test_every_story_keeps_a_sentence():
    stories, drafts = three(count=1, words=25)
    script = made(stories, drafts)
    assert [len(segment.sentences) for segment in script.segments[1:-1]] == [1, 1, 1]
    assert script.dropped == ()


def test_stories_are_dropped_from_the_end_with_the_reason():
    stories, drafts = three(count=2, words=30)
    script = made(stories, drafts, seconds=30)
    assert [segment.story for segment in script.segments[1:-1]] == ["post/0"]
    assert script.dropped == (
        "Story number 2: no time for it in 30 seconds",
        "Story number 1: no time for it in 30 seconds",
    )
    assert "Paper B" not in transcript(script)


def test_a_long_opening_makes_way_for_a_shorter_sentence_before_a_story_is_dropped():
    stories = [story(0), story(1)]
    drafts = [draft(stories[0], said("Topic0", 1, 25)), draft(stories[1], [*said("Topic1", 1, 35), "It is short."])]
    script = made(stories, drafts, seconds=32)
    assert script.segments[2].text == "It is short."


def test_a_single_story_airs_even_where_it_is_too_long():
    one = story(0)
    script = made([one], [draft(one, said("Topic", 2, 35))], seconds=10)
    assert len(script.segments[1].sentences) == 1
    assert script.seconds > 10


def test_a_story_that_says_only_what_another_said_is_dropped():
    stories = [story(0), story(1)]
    script = made(stories, [draft(stories[0], said("Topic", 3)), draft(stories[1], said("TOPIC", 2))])
    assert script.dropped == ("Story number 1: another story says the same",)
    assert lint_script(script, [], 60)[0].code != "L15"


def test_a_sentence_of_two_stories_is_told_once():
    stories = [story(0), story(1)]
    shared = "The harbour bridge closes on Monday."
    script = made(stories, [draft(stories[0], [shared]), draft(stories[1], [shared, "Ferries run instead."])])
    assert transcript(script).count(shared) == 1
    assert script.segments[2].text == "Ferries run instead."


def test_a_story_without_a_draft_is_passed_over():
    stories, drafts = three()
    script = made(stories, drafts[1:])
    assert [segment.story for segment in script.segments[1:-1]] == ["post/1", "post/2"]


def test_nothing_to_tell_is_an_error():
    with pytest.raises(Rejected, match="there is no story to tell"):
        made([story(0)], [])


def test_who_wrote_it_is_said():
    stories, drafts = three()
    assert made(stories, drafts).writer == "extractive"
    assert made(stories, [drafts[0], draft(stories[1], said("Other", 4), writer="claude")]).writer == "mixed"


def test_sources_are_named_as_far_as_there_is_time():
    stories = [story(number, publisher=f"The Gazette of Place {chr(65 + number)}") for number in range(6)]
    drafts = [draft(one, said(f"Topic{number}", 3, 6)) for number, one in enumerate(stories)]
    closing = made(stories, drafts).segments[-1].text
    assert closing.startswith("Sources today include The Gazette of Place A")
    assert "Place F" not in closing
    assert spoken(closing, "en") < 13


@pytest.mark.parametrize(
    ("publisher", "said"),
    [
        ("Al-Monitor: the Middle East's leading independent news source since 2012", "Source today: Al-Monitor."),
        ("Go to evil.com now", "That was Daily Signal."),
        ("x" * 60, "That was Daily Signal."),
        ("The Post\u202e\u200b", "Source today: The Post."),
        ("", "That was Daily Signal."),
    ],
)
def test_a_publisher_is_named_only_by_what_can_be_spoken(publisher, said):
    one = story(0, publisher=publisher)
    assert made([one], [draft(one, ["It rains."])]).segments[-1].text.startswith(said)


def test_braces_in_a_title_are_just_braces():
    one = story(0)
    assert "{date}" in made([one], [draft(one, ["It rains."])], title="{date}").segments[0].text


def test_a_language_without_words_hears_names_and_the_date():
    one = story(0, publisher="Bladet")
    script = made([one], [draft(one, ["Det regnar."])], language="sv")
    assert transcript(script) == f"Daily Signal. {DATE}.\n\nDet regnar.\n\nBladet. Daily Signal."
    assert script.notes == (
        "the kind daily-news has no words in 'sv': intro and sign-off say names and the date only",
    )


def test_an_overlay_of_a_sentence_that_is_not_told_is_not_shown():
    one = story(0)
    texts = said("Topic", 30)
    shown = [Overlay(text="first", quote=texts[0]), Overlay(text="last", quote=texts[-1])]
    script = made([one], [draft(one, texts, overlays=(*shown, Overlay(text="title", quote=one.title)))])
    assert [overlay.text for overlay in script.segments[1].overlays] == ["first", "title"]


def test_a_slow_voice_says_less():
    fast, slow = made(*three(), rate=20.0), made(*three(), rate=10.0)
    assert len(transcript(slow)) < len(transcript(fast))
    assert slow.seconds <= 63


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "it", "nl", "hi", "ja", "zh"])
@pytest.mark.parametrize("name", kinds.names())
def test_every_kind_makes_a_script_in_every_language(name, language):
    stories, drafts = three(count=20, words=4)
    script = made(stories, drafts, kind=kinds.load(name), language=language)
    assert 54 <= script.seconds <= 66
    assert "{" not in transcript(script)


texts = st.lists(st.integers(3, 35), min_size=1, max_size=9)


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), st.sampled_from([30.0, 60.0, 90.0]))
def test_it_is_never_too_long_never_twice_and_always_the_same(lengths, seconds):
    stories = [story(number) for number in range(len(lengths))]
    drafts = [
        draft(one, [f"T{number} {' '.join(['word'] * length)} {place}." for place, length in enumerate(row)])
        for number, (one, row) in enumerate(zip(stories, lengths, strict=True))
    ]
    script = made(stories, drafts, seconds=seconds)
    told = script.segments[1:-1]
    assert script.seconds <= 1.06 * seconds or [len(segment.sentences) for segment in told] == [1]
    assert all(segment.sentences for segment in told)
    assert len(told) + len(script.dropped) == len(stories)
    sentences = [sentence.text for segment in told for sentence in segment.sentences]
    assert len(sentences) == len(set(sentences))
    assert script == made(stories, drafts, seconds=seconds)


def test_a_gap_that_the_next_ranks_are_too_long_for_is_filled_by_others():
    one = story(0)
    lines = [*said("Topic", 2, 25), *said("Long", 1, 38), *said("Small", 6, 6)]
    script = made([one], [draft(one, lines)], seconds=45)
    told = [sentence.text for sentence in script.segments[1].sentences]
    assert 0.95 * 45 <= script.seconds <= 1.05 * 45
    assert lines[0] in told
    assert lines[2] not in told
    assert lines[3] in told


def test_the_best_of_a_story_makes_way_only_where_the_show_would_be_far_too_short():
    one = story(0)
    lines = [*said("Topic", 1, 18), *said("Long", 1, 35)]
    script = made([one], [draft(one, lines)], seconds=30)
    assert [sentence.text for sentence in script.segments[1].sentences] == [lines[1]]


LEAD = "The council voted on Monday to close the old bridge for a year."


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "it", "nl"])
@pytest.mark.parametrize("kind", ["daily-news", "changelog", "all-hands", "weekly-roundup", "article", "report"])
def test_in_fifteen_seconds_the_courtesies_make_way_for_the_lead(kind, language):
    one, words = story(0, publisher="Paper A", text=LEAD), kinds.load(kind).say(language)
    telling = [draft(one, [LEAD, "It is a long story."])]
    script = made([one], telling, seconds=15, kind=kinds.load(kind), language=language)
    assert script.segments[0].text == words.briefly().one.format(title="Daily Signal", date=DATE)
    assert script.segments[-1].sentences[-1].text == words.briefly().goodbye.format(title="Daily Signal")
    assert LEAD in transcript(script)
    assert script.seconds <= 1.05 * 15
    assert [] == [one for one in lint_script(script, [one], 15, kind=kinds.load(kind)) if one.code == "L16"]

    courteous = made([one], telling, seconds=60, kind=kinds.load(kind), language=language)
    assert courteous.segments[0].text == words.one.format(title="Daily Signal", date=DATE)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([(0, 3), (2, 1), (1, 2)], [0]),  # the lead, where there is time for it
        ([(0, 9), (2, 1), (1, 3)], [2]),  # else the best that there is time for, and not the shortest
        ([(2, 2), (0, 9), (1, 3)], [0]),  # but the one that it begins with, which needs nothing before it
        ([(0, 9), (2, 5), (1, 6)], [1]),  # where there is time for none, the shortest
    ],
)
def test_of_a_story_with_little_time_the_best_that_fits_is_told(lines, told):
    story = [Line(0, place, rank, seconds, f"line {place}") for place, (rank, seconds) in enumerate(lines)]
    assert told == [line.place for line in fit([story], least=0.9, low=0.95, full=3.0, most=3.2)]


ARTICLE = [
    "The harbour of Aldery is older than the town itself.",
    "Ferries carry 1,200 passengers an hour across the bay in every season of the year.",
    "Fishing boats keep a distance of three nautical miles from the new piers.",
    "The council expects a report on seals and birds before the summer begins.",
    "A second site in the north of the bay is under study by the same company.",
    "Engineers finished the last of the piers on Monday after nine years of work.",
]


def article(link=""):
    one = story(1, publisher="Harbour Post")
    sentences = tuple(Sentence(text=text, quotes=(text,), rank=rank) for rank, text in enumerate(ARTICLE))
    draft = Draft(story=one.key, sentences=sentences, writer="x")
    return compose(
        kinds.load("article"), title="Harbour", language="en", date="Monday", stories=[one], drafts=[draft],
        seconds=45, link=link,
    )  # fmt: skip


def test_an_article_begins_with_its_figure_and_ends_on_the_show_s_own_link():
    script = article("https://www.harbour.example/articles/aldery/")

    assert ARTICLE[1] == script.segments[1].sentences[0].text
    assert "the link is on the screen" in script.segments[-1].text
    assert ["harbour.example/articles/aldery"] == [one.text for one in script.segments[-1].overlays]
    assert "harbour.example" not in transcript(script)


def test_an_article_without_a_link_of_the_show_s_points_nowhere():
    script = article()

    assert "link" not in transcript(script)
    assert () == script.segments[-1].overlays


def test_a_long_link_is_shown_by_its_host():
    script = article("https://harbour.example/" + "articles/" * 20)

    assert ["harbour.example"] == [one.text for one in script.segments[-1].overlays]
