"""The bundled sample makes a good first show: fresh, well told, and plainly a sample."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import feedparser
import pytest

from broadcast.sample import feed, metrics

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ITEMS = list(ElementTree.fromstring(feed(NOW)).iterfind("channel/item"))
PRONOUN = re.compile(r"(He|She|It|They|This|That|These|Those|His|Her|Its|Their|But|And|Also|However)\b")


def sentences(item: ElementTree.Element) -> list[str]:
    text = re.sub(r"<[^>]+>", " ", item.findtext("description", "")).strip()
    return re.split(r"(?<=[.])\s+(?=[A-Z])", text)


def titles() -> list[str]:
    return [item.findtext("title", "") for item in ITEMS]


def test_it_is_a_feed_that_a_feed_reader_reads_without_complaint() -> None:
    read = feedparser.parse(feed(NOW))
    assert read.bozo is False
    assert read.version == "rss20"
    assert len(read.entries) == 6
    assert read.entries[0].title.startswith("Ferry operator Norvik")


def test_it_says_that_it_is_a_sample() -> None:
    read = feedparser.parse(feed(NOW))
    assert read.feed.title == "Sample Wire (demo)"
    assert "Sample stories" in read.feed.description
    assert "invented" in read.feed.description
    assert all("sample" in [category.term for category in entry.tags] for entry in read.entries)
    assert "sample" in json.loads(metrics())["about"]


def test_no_link_leads_to_anybody() -> None:
    # Names below .example belong to no one, by RFC 2606.
    assert {link.split("/")[2] for link in re.findall(r"https?://[^<\"]+", feed(NOW).decode())} == {
        "sample-wire.example"
    }


@pytest.mark.parametrize("now", [NOW, datetime(2031, 1, 1, 0, 5, tzinfo=UTC)])
def test_its_stories_are_of_the_last_hours_newest_first(now: datetime) -> None:
    items = ElementTree.fromstring(feed(now)).iterfind("channel/item")
    ages = [now - parsedate_to_datetime(item.findtext("pubDate", "")) for item in items]
    assert ages == sorted(ages)
    assert timedelta(minutes=0) < ages[0] < ages[-1] < timedelta(hours=6)


def test_a_second_demonstration_has_new_stories_to_tell_and_the_first_can_be_repeated() -> None:
    def identities(now: datetime) -> set[str | None]:
        items = ElementTree.fromstring(feed(now)).iterfind("channel/item")
        return {item.findtext(name) for item in items for name in ("guid", "link")}

    assert len(identities(NOW)) == 12
    assert identities(NOW).isdisjoint(identities(NOW + timedelta(seconds=1)))
    assert feed(NOW) == feed(NOW)


@pytest.mark.parametrize("item", ITEMS, ids=titles())
def test_a_story_is_long_enough_to_choose_from(item: ElementTree.Element) -> None:
    assert 90 <= sum(len(sentence.split()) for sentence in sentences(item)) <= 150
    assert len(item.findtext("title", "")) <= 80


@pytest.mark.parametrize("item", ITEMS, ids=titles())
def test_every_sentence_can_be_said_alone(item: ElementTree.Element) -> None:
    assert 12 <= len(sentences(item)[0].split()) <= 25
    assert [sentence for sentence in sentences(item) if len(sentence.split()) > 25] == []
    assert [sentence for sentence in sentences(item) if PRONOUN.match(sentence)] == []


@pytest.mark.parametrize("item", ITEMS, ids=titles())
def test_a_story_has_numbers_to_show(item: ElementTree.Element) -> None:
    assert len(re.findall(r"\$?\d[\d,.]*", " ".join(sentences(item)))) >= 4
    assert "percent" in " ".join(sentences(item)) or "$" in " ".join(sentences(item))


def test_the_numbers_fit_the_example_of_the_metrics_source() -> None:
    numbers = json.loads(metrics())
    assert (numbers["new_users"], numbers["revenue"], numbers["growth_pct"]) == (1284, "$48,200", 4.2)
    assert sum(numbers["signups_by_day"]) == numbers["new_users"]
    assert len(numbers["signups_by_day"]) == 7
