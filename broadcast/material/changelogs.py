"""What a changelog says: Keep a Changelog, and the many files that are like it. Pure.

`split` is meant for a worker process: a changelog may be long, and is somebody else's.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from broadcast.types import Noun

from .markdown import Block, blocks, told

TEXT = 6_000  #: characters of one version that are kept
WORDS = 8  #: a heading with more of them only mentions a version
VERSION = re.compile(
    r"(?<![\w.])v?(\d{1,4}\.\d{1,4}(?:\.\d{1,5}){0,3}(?:[-+.]?(?:a|b|rc|alpha|beta|dev|post|pre|snapshot)[\w.]{0,20})?)"
    r"(?![\w])",
    re.IGNORECASE,
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMED = r"(?P<month>[A-Z][a-z]{2})[a-z]{0,6}\.?"
DATES = tuple(re.compile(pattern) for pattern in (
    r"(?P<year>\d{4})[-/.](?P<number>\d\d)[-/.](?P<day>\d\d)",
    rf"{NAMED} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {NAMED},? (?P<year>\d{{4}})",
))  # fmt: skip


class Version(Noun):
    """One version of a changelog."""

    name: str
    day: datetime | None = None  #: its date at midnight UTC, where it has one
    text: str


def split(text: str, limit: int) -> list[Version]:
    """Return the first *limit* versions in the order of the file; what is not released yet is left out."""
    every = list(blocks(text))
    marks = [(at, name) for at, block in enumerate(every) if (name := version(block))]
    levels = Counter(every[at].level for at, _ in marks)
    if not levels:
        return []
    top = max(levels, key=lambda level: (levels[level] > 1, levels[level]))
    starts = [mark for mark in marks if every[mark[0]].level == top]
    # "Unreleased" is a heading of the same level: what stands below it is no version's.
    ends = [at for at, block in enumerate(every) if block.level == top and (top or version(block))]
    found = []
    for at, name in starts[:limit]:
        end = next((other for other in ends if other > at), len(every))
        found.append(Version(name=name, day=date(every[at]), text=told(every[at + 1 : end], TEXT)))
    return found


def version(block: Block) -> str:
    """Return the version that *block* is the heading of, or nothing."""
    said = without_dates(block.text)
    found = VERSION.search(said)
    if not found or len(re.findall(r"\w+", VERSION.sub(" ", said))) > WORDS:
        return ""
    if not block.level and (block.item or found.start() > 0 or len(block.text) > 80):
        return ""
    return found[1]


def without_dates(text: str) -> str:
    for pattern in DATES:
        text = pattern.sub(" ", text)
    return text


def date(block: Block) -> datetime | None:
    """Return the day that a heading names."""
    for found in (match for pattern in DATES if (match := pattern.search(block.text))):
        parts = found.groupdict()
        month = int(parts["number"]) if "number" in parts else month_of(parts["month"])
        try:
            return datetime(int(parts["year"]), month, int(parts["day"]), tzinfo=UTC)
        except ValueError:
            continue
    return None


def month_of(name: str, names: Sequence[str] = MONTHS) -> int:
    return names.index(name.lower()) + 1 if name.lower() in names else 0
