"""Which stories tell of one event. Pure: running n-grams of characters, no model, no dependency.

A story joins the event whose leader's headline is closest to its own (cosine of TF-IDF over 4-grams of characters),
within 48 hours, in the same language, and from another outlet: what one outlet publishes twice are two stories.
Close is not enough: where the numbers differ, or only a name in an equal headline, it is another event.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain

from .headlines import content, grams, numbers, rephrased, replaced, share, spoken, stems
from .opposites import opposed

SPAN = timedelta(hours=48)  #: an event is one for so long after its first report (a day's news and its echo)
#: Cosine from which two outlets tell of one event. A wrong merge hides a story and a missed one only repeats it, so
#: it is high: on the UCI news aggregator's headlines .12 has the best F1 and .30 a precision of .88. What is close
#: must `agree` besides: by .45 alone, 72 and 88 % of what was merged was right in two tables written later.
SAME = 0.45
ALIKE = 0.9  #: the same weeks later: a copy of what was told, hardly reworded
TITLE, SUMMARY = 200, 150  #: characters of each that are looked at
HALF = 0.5  #: the weight of the summary beside the title
PRIOR = 1000  #: headlines nobody saw: in a small pool, rarity must not be an accident
SHARED = 2  #: words that two headlines must share at least
PROBES = 12  #: the rarest grams of a leader, by which it is found
CROWD = 200  #: leaders with one gram that are looked at, the newest
CANDIDATES = 6  #: leaders that are compared in full
COVERED = 0.55  #: the share of a headline's words that the other outlet must have as well
COVERED_BY_NUMBER = 0.4  #: where both give the same number


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
    def words(self) -> list[str]:
        return content(self.report.title[:TITLE])

    @cached_property
    def all_words(self) -> list[str]:
        return self.words + content(self.report.summary[:SUMMARY])

    @cached_property
    def said(self) -> str:
        return spoken(self.report.title[:TITLE], self.report.summary[:SUMMARY])

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
    near = (other for other, _ in shared.most_common(CANDIDATES) if may_be_one(one, other) and agree(one, other))
    met = []
    for other in near:
        enough = ALIKE if abs(one.report.at - other.report.at) > SPAN else SAME
        if (value := likeness(one, other, enough)) >= enough:
            met.append((value, other))
    yield from (other for _, other in sorted(met, key=lambda pair: -pair[0]) if not opposite(one, other))


def may_be_one(one: Headline, other: Headline) -> bool:
    """Say whether nothing speaks against two headlines telling of one event, however close they are."""
    a, b = one.report, other.report
    return (
        not a.outlets & b.outlets
        and (not a.language or not b.language or a.language == b.language)
        and not (one.numbers and other.numbers and not one.numbers & other.numbers)
        and len(one.stems & other.stems) >= SHARED
    )


def agree(one: Headline, other: Headline) -> bool:
    """Say whether two headlines that are alike tell the same: each has most words of the other, in its summary if
    not in its title, and neither is the other with a name or a phrase in place of another."""
    a, b = one.report.title[:TITLE], other.report.title[:TITLE]
    enough = COVERED_BY_NUMBER if one.numbers & other.numbers else COVERED
    if min(share(one.words, other.said), share(other.words, one.said)) < enough:
        if not (one.report.summary and other.report.summary):
            return False
        if min(share(one.all_words, other.said), share(other.all_words, one.said)) < enough:
            return False
    return not replaced(a, b) and not rephrased(a, b, one.said, other.said)


def opposite(one: Headline, other: Headline) -> bool:
    """Say whether one outlet says what the other denies, in the language of either that is known."""
    a, b = one.report, other.report
    return opposed(a.title[:TITLE], b.title[:TITLE], a.language or b.language)


def likeness(one: Headline, other: Headline, enough: float) -> float:
    """Return how close two headlines are, 0 to 1: with their summaries where they alone are not *enough*."""
    value = cosine(one.title, other.title)
    return value if value >= enough else max(value, cosine(one.whole, other.whole))


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
