"""Which stories tell of one event. Pure: running n-grams of characters, no model, no dependency.

A story joins the event whose leader's headline is closest to its own (cosine of TF-IDF over 4-grams of characters),
within 48 hours, in the same language, and from another outlet: what one outlet publishes twice are two stories.
Close is not enough: where the numbers differ, or only a name in an equal headline, it is another event.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import chain

SPAN = timedelta(hours=48)  #: an event is one for so long after its first report (a day's news and its echo)
#: Cosine from which two outlets tell of one event. A wrong merge hides a story and a missed one only repeats it, so
#: it is high: on the UCI news aggregator's headlines .12 has the best F1 and .30 a precision of .88; with words of
#: one weight, as here, .45 keeps 97 % on the pairs of tests/editing/pairs.yaml, and their recall.
SAME = 0.45
ALIKE = 0.9  #: the same weeks later: a copy of what was told, hardly reworded
GRAM, DENSE_GRAM = 4, 2  #: characters; fewer where no spaces are written
TITLE, SUMMARY = 200, 150  #: characters of each that are looked at
HALF = 0.5  #: the weight of the summary beside the title
PRIOR = 1000  #: headlines nobody saw: in a small pool, rarity must not be an accident
SHARED, STEM = 2, 5  #: words that two headlines must share at least, known by their first characters
PROBES = 12  #: the rarest grams of a leader, by which it is found
CROWD = 200  #: leaders with one gram that are looked at, the newest
CANDIDATES = 6  #: leaders that are compared in full
TEMPLATE = 0.6  #: the share of equal words from which a headline is another one with a name replaced

WORD = re.compile(r"\w+(?:[.,:]\d+)*")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
GROUPS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
#: Words that every headline has: in a small pool nothing else would show that they are common.
ENGLISH = (
    "a about after against all an and are as at be been before by can could first for from had has have he her his"
    " how in into is it its more new no not of off on or out over says than that the their they this to up was we"
    " were what when who why will with you"
)
GERMAN = (
    "ab als am an auf aus bei beim bis das dem den der des die ein eine einem einen einer es für gegen hat im in"
    " ist mehr mit nach nicht sich sind so über um und vom von vor war was wegen wer wie will wird zu zum zur"
)
SPANISH = (
    "a al ante como con contra cómo de del desde dónde e el en es está este esta fue ha han la las lo los más no o"
    " para pero por que qué se ser sin sobre son su sus tras un una uno y ya"
)
FRENCH = (
    "au aux avec ce ces dans des du elle en est et il la le les leur mais n ne ou où par pas plus pour qu que qui"
    " sa s se ses sont sur une un vers"
)
LITTLE = frozenset(f"{ENGLISH} {GERMAN} {SPANISH} {FRENCH}".split())


@dataclass(frozen=True)
class Report:
    """What is compared of one story."""

    key: str
    title: str
    summary: str
    at: datetime
    language: str
    outlets: frozenset[str]  #: who it is from, by name and by host
    #: Told before: it leads an event even where another report could join it.
    told: bool = False


@dataclass
class Event:
    """Reports of one event, in order of time. The first leads."""

    reports: list[Report] = field(default_factory=list)

    def leads(self, report: Report) -> bool:
        """Say whether others are compared to *report*: the first, and the first of another outlet than its own."""
        if not self.reports:
            return True
        first = self.reports[0].outlets
        return not first & report.outlets and all(first & one.outlets for one in self.reports)


Vector = Mapping[str, float]


class Headline:
    """A report, as it is compared. *found* are the grams of its title."""

    def __init__(self, report: Report, found: Mapping[str, float], rarity: "Rarity") -> None:
        self.report, self.event, self.rarity, self.found = report, Event(), rarity, found
        self.title = rarity.vector(found)
        self.numbers = numbers(report.title)

    @cached_property
    def whole(self) -> Vector:
        """The title with its summary: looked at only where the title is near another."""
        if not self.report.summary:
            return self.title
        found = dict(self.found)
        for gram, count in grams(self.report.summary[:SUMMARY]).items():
            found[gram] = found.get(gram, 0.0) + HALF * count
        return self.rarity.vector(found)

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems(self.report.title[:TITLE])

    def rarest(self, count: int) -> list[str]:
        return sorted(self.title, key=self.title.__getitem__, reverse=True)[:count]


Index = dict[str, list[Headline]]


def events(reports: Iterable[Report]) -> list[Event]:
    """Return the events that *reports* tell of, those told before first, then in order of time.

    The time it takes is nearly linear in their number.
    """
    ordered = sorted(reports, key=lambda one: (not one.told, one.at, one.key))
    titles = [grams(one.title[:TITLE]) for one in ordered]
    rarity = Rarity(Counter(chain.from_iterable(titles)), len(ordered))
    found: list[Event] = []
    index: Index = {}
    for report, title in zip(ordered, titles, strict=True):
        here = Headline(report, title, rarity)
        met = None if report.told else next(_matches(here, index), None)
        if met is None:
            found.append(here.event)
        else:
            here.event = met.event
        if here.event.leads(report):
            for gram in here.rarest(PROBES):
                index.setdefault(gram, []).append(here)
        here.event.reports.append(report)
    return found


def _matches(one: Headline, index: Index) -> Iterator[Headline]:
    """Give the headlines that tell of the same event, the closest first."""
    shared: Counter[Headline] = Counter()
    for gram in one.rarest(2 * PROBES):
        shared.update(index.get(gram, ())[-CROWD:])
    near = (other for other, _ in shared.most_common(CANDIDATES) if may_be_one(one, other))
    for value, other in sorted(((likeness(one, other), other) for other in near), key=lambda pair: -pair[0]):
        late = abs(one.report.at - other.report.at) > SPAN
        if value >= (ALIKE if late else SAME):
            yield other


def may_be_one(one: Headline, other: Headline) -> bool:
    """Say whether nothing speaks against two headlines telling of one event, however close they are."""
    a, b = one.report, other.report
    return (
        not a.outlets & b.outlets
        and (not a.language or not b.language or a.language == b.language)
        and not (one.numbers and other.numbers and not one.numbers & other.numbers)
        and len(one.stems & other.stems) >= SHARED
        and not replaced(a.title[:TITLE], b.title[:TITLE])
    )


def likeness(one: Headline, other: Headline) -> float:
    """Return how close two headlines are, 0 to 1: by themselves, or with their summaries where those say more."""
    value = cosine(one.title, other.title)
    return value if value >= ALIKE else max(value, cosine(one.whole, other.whole))


def cosine(one: Vector, other: Vector) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[gram] for gram, weight in one.items() if gram in other)


@dataclass(frozen=True)
class Rarity:
    """How many of the *total* headlines have a gram."""

    frequency: Mapping[str, int]
    total: int
    _weights: dict[str, float] = field(default_factory=dict)

    def vector(self, counts: Mapping[str, float]) -> Vector:
        """Return *counts* weighted by rarity, of length 1."""
        known, weighted = self._weights, {}
        for gram, count in counts.items():
            if (weight := known.get(gram)) is None:
                weight = known[gram] = math.log((PRIOR + self.total) / self.frequency.get(gram, 1))
            weighted[gram] = count * weight
        length = math.sqrt(sum(weight * weight for weight in weighted.values())) or 1.0
        return {gram: weight / length for gram, weight in weighted.items()}


def grams(text: str) -> dict[str, float]:
    """Return the grams of *text*: of its words without the little ones, each with a space on both sides.

    A word has one weight, however long: a minister's title says no more than her name.
    """
    found: dict[str, float] = {}
    for word in WORD.findall(text.casefold()):
        if word in LITTLE:
            continue
        parts, weight = _parts(word)
        for gram in parts:
            found[gram] = found.get(gram, 0.0) + weight
    return found


@lru_cache(maxsize=4_096)
def _parts(word: str) -> tuple[tuple[str, ...], float]:
    """Return the grams of one word, and what each of them weighs."""
    if word.isascii() or not DENSE.search(word):
        word, size = f" {word} ", GRAM
        weight = 1 / math.sqrt(max(len(word) - size + 1, 1))
    else:
        size, weight = DENSE_GRAM, 1.0
    return tuple(word[at : at + size] for at in range(max(len(word) - size + 1, 1))), weight


def stems(text: str) -> frozenset[str]:
    """Return what the words of *text* begin with, or its pairs where no spaces are written."""
    words = [word for word in WORD.findall(text.casefold()) if word not in LITTLE]
    return frozenset(part for word in words for part in (grams(word) if DENSE.search(word) else (word[:STEM],)))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers in *text* in one spelling: "1,200" and "1.200" are 1200, "٣٫٥" is no other than 3.5."""
    found = (GROUPS.sub("", number) for number in NUMBER.findall(text[: 40 * TITLE]))
    return frozenset(
        "".join(str(unicodedata.decimal(each)) if each.isdecimal() else "." for each in number) for number in found
    )


def replaced(one: str, other: str) -> bool:
    """Say whether *other* is *one* with a name or a number replaced: "Fire in Leeds" and "Fire in York"."""
    a, b = WORD.findall(one), WORD.findall(other)
    low, under = [word.casefold() for word in a], [word.casefold() for word in b]
    match = SequenceMatcher(None, low, under, autojunk=False)
    if match.ratio() < TEMPLATE:
        return False
    for tag, i, j, k, end in match.get_opcodes():
        here = {word.casefold() for word in a[max(i, 1) : j] if _named(word)} - set(under)
        there = {word.casefold() for word in b[max(k, 1) : end] if _named(word)} - set(low)
        if tag == "replace" and here and there:
            return True
    return False


def _named(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()
