"""What the words around a number make of it: how it is hedged, by what time it is counted, its sign. Pure."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls

from .literals import LETTERS, bare, table
from .ranking import stopwords
from .tongues import tongue
from .utterance import MONTHS

ARTICLE = "the|a|an|den|die|der|le|la|les|los|las|i|il|gli|os|as|de|het"
AHEAD = 40  #: characters before a number that may hedge it
BEHIND = 24  #: characters behind it that may
LED = 24  #: characters before it that may say which end of a change it is
FAR = 48  #: characters behind it in which it is said by what time it is counted
MARK = re.compile(r"[⟦,;:()]|\.(?:\s|$)")
WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+")
JOINTS = frozenset(("but", "while", "whereas", "aber", "mais", "pero", "mas", "maar"))  #: beside "and"
DIFFERS = re.compile(
    r"⟧(?:\s(?:points?|seconds?|minutes?|hours?|days?|per ?cent|prozent|punkten?|sekunden))?\s$"
)  #: "17 fewer than 30"
THAN = (["than"], ["als"], ["dan"])
NEAR = 3  #: words behind a number that may say what it counts
ROOT = 5  #: letters that two forms of a word begin with


@cache
def around(language: str) -> "Around":
    return Around(language)


class Around:
    """The patterns of a language, compiled. They are matched in a text whose numbers are literals."""

    def __init__(self, language: str) -> None:
        ways: dict[str, Any] = table(language)
        dense = language in ("ja", "zh")
        self.little = frozenset(map(bare, stopwords(language)))
        self.joints = frozenset(word for word, kind in tongue(language).kinds.items() if kind == "and") | JOINTS
        self.first, self.last = ("", "") if dense else (f"(?<![{LETTERS}])", f"(?![{LETTERS}])")

        def told(name: str) -> str:
            return bare(ways.get(name) or "(?!)")

        self.hedges = [
            (name, re.compile(rf"(?:^|{self.first})(?:{told(name)})(?:\s(?:{ARTICLE}))?\s?$"))
            for name in ("least", "most", "over", "under", "about")
            if ways.get(name)
        ]
        room = r"\s?[^\s⟦,.。、，]{0,8}\s?" if language == "hi" else ".{0,2}?"  # for what is counted
        self.behind: list[tuple[str, re.Pattern[str]]] = [
            (name, re.compile(f"{room}(?:{bare(pattern)})")) for name, pattern in ways.get("after", {}).items()
        ]
        self.periods = [
            (name, re.compile(f"{self.first}(?:{bare(words)}){self.last}")) for name, words in _periods(language)
        ]
        self.minus = re.compile(rf"(?:(?:^|[\s(])-|{self.first}(?:{told('minus')})\s?)$")
        more = rf"{self.first}(?:{told('more')}){self.last}"
        self.more = re.compile(more), re.compile(rf"{more}(?:\s[a-z]+)?\s?[$€£]?\s?$")
        self.zero = re.compile(rf".{{0,16}}?(?:{told('zero')})")
        self.sides = [
            (name, re.compile(f"{self.first}(?:{told(key)}){self.last}"))
            for name, key in (("from", "starts"), ("to", "ends"))
        ]
        self.leads = [
            (name, re.compile(rf"{self.first}(?:{told(name)})\s?(?:[$€£¥₹]\s?)?$"))
            for name in ("base", "from", "to", "by")
        ]

    def hedge(self, text: str, start: int, end: int) -> str:
        """Return how what stands from *start* to *end* is hedged."""
        before = text[max(0, start - AHEAD) : start]
        for name, pattern in self.hedges:
            if said := pattern.search(before):
                than = said[0].split()[-1:] in THAN and DIFFERS.search(before[: said.start()])
                return "" if than else name
        behind = text[end : end + BEHIND]
        for name, pattern in self.behind:
            if pattern.match(behind):
                return name
        return ""

    def counts(self, text: str, end: int) -> frozenset[str]:
        """Return the roots of the words that may say what the number counts that ends at *end*."""
        words = [
            word for word in WORD.findall(self.counted(text, end)) if word not in self.little or word in MONTHS
        ]
        return frozenset(word[:ROOT] for word in words[:NEAR])

    def counted(self, text: str, end: int) -> str:
        """Return what stands behind the number that ends at *end*, to the next number or mark."""
        mark = MARK.search(text, end, end + FAR)
        return text[end : mark.start() if mark else end + FAR]

    def per(self, text: str, end: int) -> str:
        """Return by what time is counted what ends at *end*: "day" of "500 cars a day"."""
        behind = self.counted(text, end)
        for name, pattern in self.periods:
            if pattern.search(behind):
                return name
        return ""

    def below(self, text: str, start: int, end: int) -> bool:
        """Say whether what stands from *start* to *end* is below zero."""
        return bool(self.minus.search(text[max(0, start - 12) : start]) or self.zero.match(text[end : end + AHEAD]))

    def difference(self, text: str, start: int, end: int) -> bool:
        """Say whether what stands from *start* to *end* is said to be more or less than something else."""
        behind, before = self.more
        return bool(
            before.search(text[max(0, start - AHEAD) : start]) or behind.search(self.counted(text, end)[:BEHIND])
        )

    def lead(self, text: str, start: int) -> str:
        """Return "from", "to", "base" or "by" where such a word stands before *start*."""
        before = text[max(0, start - LED) : start]
        return next((name for name, pattern in self.leads if pattern.search(before)), "")

    def side(self, clause: str) -> str:
        """Return "from" or "to" where *clause*, in which a date or a time stands, tells of a start or of an end."""
        found = [name for name, pattern in self.sides if pattern.search(clause)]
        return found[0] if len(found) == 1 else ""


def _periods(language: str) -> list[tuple[str, str]]:
    path = Path(__file__).with_name("units.yaml")
    every: dict[str, dict[str, str]] = yamls.table(path)["per"]
    return list(every.get(language, {}).items())
