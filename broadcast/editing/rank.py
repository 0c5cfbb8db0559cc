"""What a story is worth to a show, in terms that can be said. Pure."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from broadcast.types import Story

HALF_LIFE = timedelta(hours=18)  #: of the freshness in a daily show; in a longer window, half of the window
POINTS = 0.5  #: what the highest score of a source is worth: scores of different sources have no common scale
WANTED = 1.0  #: what a wanted topic is worth: as much as an ordinary source itself
TITLE = 300  #: characters that a topic is looked for in
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


@dataclass(frozen=True)
class Taste:
    """What a show or an edition prefers."""

    want: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    per_source: int | None = None  #: at most so many stories of one


@dataclass(frozen=True)
class Worth:
    """What a story is worth, term by term: (source + outlets + points + topic) x freshness."""

    source: float
    outlets: float
    points: float
    topic: float
    freshness: float
    wanted: str = ""

    @property
    def sum(self) -> float:
        return (self.source + self.outlets + self.points + self.topic) * self.freshness

    def __str__(self) -> str:
        parts = [f"source {self.source:.2f}"]
        parts += [f"outlets {self.outlets:.2f}"] if self.outlets else []
        parts += [f"points {self.points:.2f}"] if self.points else []
        parts += [f"topic {self.wanted} {self.topic:.2f}"] if self.topic else []
        return f"({' + '.join(parts)}) x freshness {self.freshness:.2f} = {self.sum:.3f}"


def worth(story: Story, *, weight: float, points: float, age: float, taste: Taste) -> Worth:
    """Return what *story* is worth. *points* are a share of the highest of its source, *age* is in half-lives."""
    wanted = about(story, taste.want)
    return Worth(
        source=weight,
        outlets=math.log(1 + len(story.outlets)),
        points=POINTS * points,
        topic=WANTED if wanted else 0.0,
        freshness=0.5 ** max(age, 0.0),
        wanted=wanted,
    )


def half_life(window: timedelta) -> timedelta:
    """Return in what time a story of a show with that *window* loses half of its worth."""
    return max(HALF_LIFE, window / 2)


def points(stories: Iterable[Story], best: Mapping[str, float]) -> float:
    """Return the highest score of *stories*, each as a share of the *best* of its own source."""
    counted = ((max(story.score or 0.0, 0.0), best.get(story.source, 0.0)) for story in stories)
    shares = (math.log1p(score) / math.log1p(most) for score, most in counted if most > 0 and score <= most)
    return max(shares, default=0.0)


def highest(stories: Iterable[Story]) -> dict[str, float]:
    """Return the highest score of each source."""
    best: dict[str, float] = {}
    for story in stories:
        if story.score is not None and math.isfinite(story.score):
            best[story.source] = max(best.get(story.source, 0.0), story.score)
    return best


def about(story: Story, topics: Sequence[str]) -> str:
    """Return the first of *topics* that the title of *story* names in whole words, or that is one of its tags."""
    title, tags = f" {_words(story.title[:TITLE])} ", {_words(tag[:TITLE]) for tag in story.tags}
    for topic in topics:
        words = _words(topic)
        within = words if _spaceless(words) else f" {words} "
        if words and (words in tags or within in title):
            return topic
    return ""


def _words(text: str) -> str:
    return " ".join(re.findall(r"[\w+#]+", text.casefold()))


def _spaceless(words: str) -> bool:
    return any(unicodedata.name(letter, "").startswith(SPACELESS) for letter in words)
