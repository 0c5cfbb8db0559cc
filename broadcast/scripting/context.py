"""What stands around each number of a text: the words beside it, whose it is, of when, and whether it rose. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from .claims import WORD, clauses, manner, stems
from .fact import Fact
from .facts import read
from .literals import bare
from .opposites import sides
from .ranking import stopwords
from .sanitise import DENSE
from .shapes import shape
from .utterance import plainly

LITERAL = re.compile(r"⟦[^⟧]*⟧")
BEFORE, BEHIND = 2, 3  #: words beside a number that may say what it is
CLOSE = 5  #: characters between a number and what it counts: "a third of voters"
#: Behind these words a number is no longer what the word before them names: "12 people were killed in 3 towns".
APART = frozenset(
    """to at in for with by from on against after before than as auf um bei mit fur gegen nach vor zu en pour avec
    contre apres avant sur dans por para con contra hasta em com ate no na per su al naar met voor tegen op om""".split()  # noqa: SIM905
)
HEDGED = frozenset(("least", "most"))
STATED = frozenset(("weekday", "day", "quarter", "half", "season", "month", "week", "year"))
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a number, in stems."""

    near: frozenset[str] = NONE  #: beside it
    about: frozenset[str] = NONE  #: in its part of its clause
    counted: frozenset[str] = NONE  #: right behind it, where nothing but its unit stands between
    names: frozenset[str] = NONE  #: those of them with a capital
    marks: frozenset[str] = NONE  #: dates and versions that stand by it
    ways: Mapping[int, int] = field(default_factory=dict)  #: by pair of opposites: which side of it stands nearest


@dataclass(frozen=True, slots=True)
class _Word:
    at: int
    raw: str
    stems: frozenset[str]


def _all(words: Sequence[_Word]) -> frozenset[str]:
    return NONE.union(*(word.stems for word in words))


@lru_cache(maxsize=512)
def contexts(text: str, language: str) -> tuple[tuple[Fact, Context], ...]:
    """Return the numbers of *text*, and its dates where a clause has no number, with what stands around each."""
    found, inner = read(text, language)
    words = list(_words(inner, found, language))
    capitals = _capitals(text, language)
    out: list[tuple[Fact, Context]] = []
    subject, pending, last = NONE, NONE, Context()
    for start, end in clauses(inner, manner(language)):
        stated = [fact for fact in found if start <= fact.start < end]
        own = [word for word in words if start <= word.at < end]
        numbers = [fact for fact in stated if _counts(fact, inner)]
        marks = [fact for fact in stated if fact not in numbers]
        if not numbers:
            numbers = [fact for fact in marks if fact.kind == "date"]
        if not numbers:
            pending |= _marks(marks)
            subject = _all(own) or subject
            continue
        leading = _all([word for word in own if word.at < numbers[0].start])
        clause = _Clause(inner, start, end, numbers, marks, own, language)
        for fact, context in clause.read():
            if not _all(own):  # ", 3 % the other": what it is of was said before
                context = replace(context, near=NONE, about=last.about)
            elif not leading:
                context = replace(context, near=context.near or subject, about=context.about | subject)
            names = context.about & capitals
            out.append((fact, replace(context, names=names, marks=context.marks or pending)))
            last = out[-1][1]
        subject, pending = leading or subject, NONE if leading else pending
    return tuple(_together(out, inner, language))


def _counts(fact: Fact, inner: str) -> bool:
    if inner[fact.end : fact.end + 1].isalpha() or inner[max(0, fact.start - 1) : fact.start].isalpha():
        return DENSE.fullmatch(inner[fact.end : fact.end + 1]) is not None  # no part of a word
    if fact.kind == "amount":
        return fact.claim and (bool(fact.unit) or fact.value == int(fact.value))
    return fact.kind == "time"


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause with numbers, from *start* to *end* of a text."""

    text: str
    start: int
    end: int
    numbers: Sequence[Fact]
    marks: Sequence[Fact]
    words: Sequence[_Word]
    language: str

    def read(self) -> Iterator[tuple[Fact, Context]]:
        numbers = self.numbers
        begins = [self.start, *(self._chunk(at) for at in range(1, len(numbers)))]
        ends = [*begins[1:], self.end]
        lefts = [self.start, *(fact.end for fact in numbers[:-1])]
        rights = [*(fact.start for fact in numbers[1:]), self.end]
        shared, ways = _all([word for word in self.words if word.at < numbers[0].start]), dict[int, int]()
        for at, fact in enumerate(numbers):
            here = [word for word in self.words if begins[at] <= word.at < ends[at]]
            before = [word for word in here if word.at < fact.start]
            behind = [word for word in here if word.at >= fact.end and word.stems]
            near = _all(_phrase(before)) | _all(behind[:BEHIND])
            about = _all(here)
            ways = self._ways(lefts[at], fact, rights[at]) or ({} if _all(before) else ways)
            if not _all(before):
                near, about = near or shared, about | shared
            by = [mark for mark in self.marks if mark is not fact and begins[at] <= mark.start < ends[at]]
            if not by and not _all(before):
                by = [mark for mark in self.marks if mark.start < numbers[0].start]
            counted = behind[0].stems if behind and behind[0].at - fact.end < CLOSE else NONE
            yield fact, Context(near, about, counted, marks=_marks(by), ways=ways)

    def _chunk(self, at: int) -> int:
        """Return where the words between two numbers begin to be those of the second: "at a depth of 10 km"."""
        one, other = self.numbers[at - 1], self.numbers[at]
        begin = other.start
        between = [word for word in self.words if one.end <= word.at < other.start]
        for word in reversed(between):
            if word.stems:
                begin = word.at
            elif word.raw in APART and not (other.hedge in HEDGED and word.raw == "at" and begin == other.start):
                break
        # Where nothing parts them the words are what the first one counts: "12 killed, 3 hurt", not "3 killed".
        apart = any(word.raw in APART for word in between if word.at < begin)
        return begin if apart else other.start

    def _ways(self, left: int, fact: Fact, right: int) -> dict[int, int]:
        """Return which of two opposites stands by a number: the nearest before it, else the nearest behind."""
        no = manner(self.language).no
        before, behind = self.text[left : fact.start], self.text[fact.end : right]
        if no.search(before) or no.search(behind):
            return {}
        found = {pair: side for pair, side, *_ in reversed(sides(behind, self.language))}
        return found | {pair: side for pair, side, *_ in sides(f"{before}⟦", self.language)}


def _phrase(before: Sequence[_Word]) -> list[_Word]:
    """Return the words of the last phrase before a number: "depth" of "struck at a depth of"."""
    kept: list[_Word] = []
    for word in reversed(before):
        if word.stems:
            kept.append(word)
        elif kept and word.raw in APART:
            break
        if len(kept) == BEFORE:
            break
    return kept


def _together(
    placed: Sequence[tuple[Fact, Context]], inner: str, language: str
) -> Iterator[tuple[Fact, Context]]:
    """Give the two ends of a range or of a change the words of both."""
    every = list(placed)
    for at, (one, other) in enumerate(zip(placed, placed[1:], strict=False)):
        gap = inner[one[0].end : other[0].start]
        change = {one[0].lead, other[0].lead} in ({"from", "to"}, {"base", "to"})
        if change or shape(language).range.fullmatch(gap) or gap.strip() in ("-to-", "-"):
            about, near = one[1].about | other[1].about, one[1].near | other[1].near
            names = one[1].names | other[1].names
            every[at] = one[0], replace(every[at][1], about=about, near=near, names=names)
            every[at + 1] = other[0], replace(every[at + 1][1], about=about, near=near, names=names)
    yield from every


def _words(inner: str, found: Sequence[Fact], language: str) -> Iterator[_Word]:
    taken = bytearray(len(inner))
    for start, end in [*((fact.start, fact.end) for fact in found), *(one.span() for one in LITERAL.finditer(inner))]:
        taken[start:end] = b"\x01" * (end - start)
    if language in ("ja", "zh"):
        for at in range(len(inner) - 1):
            pair = inner[at : at + 2]
            if not any(taken[at : at + 2]) and DENSE.fullmatch(pair[0]) and DENSE.fullmatch(pair[1]):
                yield _Word(at, pair, frozenset((pair,)))
        return
    for match in WORD.finditer(inner):
        if not taken[match.start()]:
            yield _Word(match.start(), match[0], stems(match[0], language))


@lru_cache(maxsize=512)
def _capitals(text: str, language: str) -> frozenset[str]:
    """Return the stems of the words of *text* with a capital."""
    every = {bare(word).lower() for word in WORD.findall(plainly(text)) if word[:1].isupper()}
    return NONE.union(*(stems(word, language) for word in every if word not in stopwords(language)))


def _marks(facts: Sequence[Fact]) -> frozenset[str]:
    found = set()
    for fact in facts:
        if fact.kind == "date":
            found |= {f"{name}{part}" for name, part in zip("ym", fact.date, strict=False) if part}
        elif fact.kind == "name":
            found.add(fact.unit)
        elif fact.kind in STATED:
            found.add(f"{fact.kind} {fact.value}")
        elif fact.kind == "amount" and not fact.unit and fact.value != int(fact.value):
            found.add(str(fact.value))
    return frozenset(found)
