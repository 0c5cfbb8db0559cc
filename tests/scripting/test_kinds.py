"""The kinds that come with the package, and those that a user writes."""

from datetime import UTC, datetime

import pytest

from broadcast.errors import ConfigError
from broadcast.scripting import kinds

LANGUAGES = ["en", "de", "fr", "es", "pt", "it", "nl", "hi", "ja", "zh"]
SLOT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def test_seven_kinds_come_with_the_package():
    assert kinds.names() == [
        "all-hands", "article", "changelog", "daily-news", "report", "social-digest", "weekly-roundup",
    ]  # fmt: skip


@pytest.mark.parametrize("name", kinds.names())
def test_every_kind_speaks_every_language(name):
    assert sorted(kinds.load(name).words) == sorted(LANGUAGES)


@pytest.mark.parametrize("name", kinds.names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_intros_name_title_and_date_and_sign_offs_the_sources(name, language):
    words = kinds.load(name).say(language)
    for intro in (words.one, words.many):
        assert "{title}" in intro
        assert "{date}" in intro
    assert "{title}" in words.goodbye
    for template in (words.source, words.sources, words.some):
        assert "{sources}" in template
    assert all(text.endswith((".", "。", "।")) for text in words.model_dump().values() if text)


def test_a_daily_show_is_a_minute_of_three_stories():
    kind = kinds.load("daily-news")
    assert (kind.name, kind.seconds, kind.stories) == ("daily-news", 60, 3)


def test_a_country_s_variant_is_spoken_in_its_language():
    kind = kinds.load("daily-news")
    assert kind.speaks("pt-BR")
    assert kind.say("pt-BR") == kind.say("pt")


def test_an_unknown_kind_is_corrected():
    with pytest.raises(ConfigError, match="there is no kind 'daily-new'; did you mean 'daily-news'"):
        kinds.load("daily-new")


def test_a_kind_like_no_other_is_answered_with_the_list():
    with pytest.raises(ConfigError, match="there are all-hands, article"):
        kinds.load("zzz")


@pytest.mark.parametrize("name", ["../kinds/daily-news", "daily-news.yaml", ""])
def test_a_kind_s_name_is_no_path(name):
    with pytest.raises(ConfigError, match="there is no kind"):
        kinds.load(name)


WORDS = """
  en:
    one: "{title} {date}."
    many: "{title} {date}."
    source: "{sources}."
    sources: "{sources}."
    some: "{sources}."
    goodbye: "%s"
"""


def test_a_user_s_own_kind_is_read_from_its_file(tmp_path):
    path = tmp_path / "standup.yaml"
    path.write_text("about: mine\nseconds: 20\nstories: 1\nwords:" + WORDS % "Bye {title}.", encoding="utf-8")
    kind = kinds.read(path)
    assert (kind.name, kind.seconds, kind.say("en").goodbye) == ("standup", 20.0, "Bye {title}.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about: mine\nseconds: 20\nstories: 1\nwords:" + WORDS % "Bye {name}.", "there is only title"),
        ("about: mine\nseconds: 20\nstories: 1\nwords:" + WORDS % "Bye {title.", "goodbye"),
        ("about: mine\nseconds: 0\nstories: 1\nwords: {}", "seconds"),
        ("about: mine\nseconds: 20\nstories: 1\nwords: {}", "at least one language"),
        ("about: mine\ncolour: red", "colour"),
        ("- a\n- b", "a kind is a mapping"),
        ("about: [", "is not YAML"),
    ],
)
def test_a_kind_that_cannot_be_used_says_where_and_why(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        kinds.read(path)
    assert caught.value.where == str(path)


def test_a_kind_without_a_file_says_so(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        kinds.read(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("language", "zone", "date"),
    [
        ("en", "UTC", "Monday, 23 November 2026"),
        ("en", "Europe/Berlin", "Tuesday, 24 November 2026"),
        ("de", "UTC", "Montag, 23. November 2026"),
        ("fr", "UTC", "lundi 23 novembre 2026"),
        ("ja", "UTC", "2026年11月23日月曜日"),
        ("xx", "UTC", "2026-11-23"),
    ],
)
def test_the_date_is_that_of_the_show_s_zone_and_language(language, zone, date):
    assert kinds.date(SLOT, zone, language) == date


def test_a_kind_of_one_s_own_stands_beside_the_shows(tmp_path):
    (tmp_path / "sermon.yaml").write_text(
        "about: One thought.\nseconds: 45\nstories: 1\nwords:\n  en: {one: 'Good day.', many: 'Good day.',"
        " source: '{sources}.', sources: '{sources}.', some: '{sources}.', goodbye: 'Bye.'}\n"
    )

    assert ("sermon", 45) == (kinds.load("sermon", tmp_path).name, kinds.load("sermon", tmp_path).seconds)
    with pytest.raises(ConfigError, match="did you mean 'sermon'"):
        kinds.load("sermons", tmp_path)
    assert "daily-news" == kinds.load("daily-news", tmp_path).name
