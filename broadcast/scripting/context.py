"""What stands around each number of a text: what it is of, whose and when it is, and whether it rose. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from .claims import WORD, clauses, manner, stems
from .derived import SOURCE
from .fact import Fact
from .facts import SCORES, read
from .literals import bare
from .opposites import sides
from .ranking import stopwords
from .sanitise import DENSE
from .shapes import shape
from .utterance import plainly

LITERAL = re.compile(r"⟦[^⟧]*⟧")
LONG, MANY = 1_500, 40  #: characters and facts of a text that are looked around; nobody says more in a sentence
BEFORE, BEHIND = 2, 3  #: words beside a number that may say what it is
CLOSE = 5  #: characters between a number and what it counts: "a third of voters"
#: Behind these words a number is no longer what the word before them names: "12 people were killed in 3 towns".
APART = frozenset(
    """to at in for with by from on against after before than
    auf um bei mit fur gegen nach vor zu am im vom zum zur naar met voor tegen op om
    en pour avec contre apres avant sur dans au aux por para con contra hasta al em com ate no na nos nas as ao aos
    per su alle all ai alla dal dalle nel nella nei sul sulla sui""".split()  # noqa: SIM905
)
BETWEEN = re.compile(r"(?:between|zwischen|entre|tra|fra|tussen)(?:\s\w+){0,2}\s?[$€£¥₹]?\s?$")
#: Behind these words stands what a number is held against: "4 % more than in 2023".
AGAINST = re.compile(
    r"(?<!\w)(?:than|que|qu|als|dan|from|since|gegenuber|contre|frente|rispetto|compared|against|do que)(?!\w)"
)
EXCESS = re.compile(
    r"\s(?:more|fewer|less|mehr|weniger|de plus|de moins|mas|menos|a mais|a menos|in piu|in meno|meer|minder)"
    r"(?:\s\w+)?\s(?:than|als|dan|que|qu|do que|rispetto)(?!\w)"
)
WHOLE = re.compile(r"^\s*(?:of|out of|von|van|sur|de|d|dei|delle|degli|su)(?:\s\w{1,4})?\s?'?$")
RESPECTIVELY = re.compile(
    r"respect\w+ly|respectivement|respectivamente|rispettivamente|respectievelijk|beziehungsweise"
)
HEDGED = frozenset(("least", "most"))
STATED = frozenset(("weekday", "day", "quarter", "half", "season", "month", "week", "year"))
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a number, in stems."""

    near: frozenset[str] = NONE  #: beside it
    led: frozenset[str] = NONE  #: the one before it
    about: frozenset[str] = NONE  #: in its part of its clause
    counted: frozenset[str] = NONE  #: right behind it, where nothing but its unit stands between
    names: frozenset[str] = NONE  #: those of them with a capital
    marks: frozenset[str] = NONE  #: dates and versions that stand by it
    against: frozenset[str] = NONE  #: those of what it is held against: "4 % more than in 2023"
    excess: bool = False  #: something else has so much less or more: "120 fewer than in 2024"
    whole: bool = False  #: what follows is of it: "of the 27 proposals 19 passed"
    ways: Mapping[int, int] = field(default_factory=dict)  #: by pair of opposites: which side of it stands nearest
    first: frozenset[str] = NONE  #: the first word of its clause
    then: Decimal | None = None  #: the number behind it of a score, or of what it is a part of
    end: Decimal | None = None  #: the other end of a range of which it is one
    of: bool = False  #: it is a part of the number behind it
    part: bool = False  #: something is said of a part of it only


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
    found, inner = tuple(fact for fact in found if fact.end <= LONG)[:MANY], inner[:LONG]
    words = list(_words(inner, found, language))
    capitals = _capitals(text, language)
    out: list[tuple[Fact, Context]] = []
    subject, pending, last = NONE, NONE, Context()
    for start, end in clauses(_masked(inner, found), manner(language)):
        stated = [fact for fact in found if start <= fact.start < end]
        own = [word for word in words if start <= word.at < end]
        numbers = [fact for fact in stated if _counts(fact, inner)]
        marks = [fact for fact in stated if fact not in numbers]
        if not numbers:
            numbers = [fact for fact in marks if fact.kind == "date"]
            leading = _all([word for word in own if numbers and word.at < numbers[0].start])
            if numbers and not leading & capitals:  # "2 billion people, or 28 %, went hungry in 2024"
                out = [(fact, replace(one, marks=one.marks or _marks(numbers))) for fact, one in out]
        if not numbers:
            pending |= _marks(marks)
            subject = _all(own) or subject
            continue
        leading = _all([word for word in own if word.at < numbers[0].start])
        clause = _Clause(inner, start, end, numbers, marks, own, language)
        for fact, context in clause.read():
            names = context.about & capitals
            if not _all(own):  # ", 3 % the other": what it is of was said before
                context, names = replace(context, near=last.near, about=last.about), last.names
            elif not leading:
                context = replace(context, near=context.near or subject, about=context.about | subject)
            by = context.marks or pending or (NONE if leading or context.against else last.marks)
            out.append((fact, replace(context, names=names, marks=by)))
            last = out[-1][1]
        subject = leading or subject
        if any(fact.kind != "date" for fact in numbers):
            pending = NONE
    return tuple(_respectively(list(_together(out, inner, language)), inner))


def _counts(fact: Fact, inner: str) -> bool:
    around = inner[max(0, fact.start - 1) : fact.start] + inner[fact.end : fact.end + 1]
    if any(letter.isalpha() and not DENSE.match(letter) for letter in around):
        return False  # a part of a word: "25H2"
    if fact.kind == "amount":
        return fact.claim and (bool(fact.unit) or fact.value == int(fact.value))
    return fact.kind == "time"


def _masked(inner: str, found: Sequence[Fact]) -> str:
    """Return *inner* with what no clause begins in: "1. Januar"."""
    for fact in found:
        inner = inner[: fact.start] + "_" * (fact.end - fact.start) + inner[fact.end :]
    return inner


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
        subject = next((word.stems for word in self.words if word.stems), NONE)
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
            # "In October sales rose from 5 to 7": so many they were before.
            first = fact.end if not at and fact.lead in SOURCE else begins[at]
            by = [mark for mark in self.marks if mark is not fact and first <= mark.start < ends[at]]
            if not by and not _all(before):
                by = [mark for mark in self.marks if mark.start < numbers[0].start]
            counted = behind[0].stems if behind and behind[0].at - fact.end < CLOSE else NONE
            held = [mark for mark in by if AGAINST.search(self.text, fact.end, max(fact.end, mark.start))]
            yield (
                fact,
                Context(
                    near=near,
                    led=_all(_phrase(before)[:1]),
                    about=about,
                    counted=counted,
                    marks=_marks([mark for mark in by if mark not in held]),
                    against=_marks(held),
                    excess=EXCESS.match(self.text, fact.end) is not None,
                    whole=WHOLE.fullmatch(self.text[self.start : fact.start]) is not None,
                    ways=ways,
                    first=subject,
                ),
            )

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
        found = {pair: side for pair, side, *_ in reversed(sides(f"⟧{behind}", self.language))}
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


def _together(placed: Sequence[tuple[Fact, Context]], inner: str, language: str) -> Iterator[tuple[Fact, Context]]:
    """Give the ends of a range or of a change the words of both, and mark scores, parts and what has a part."""
    every = list(placed)
    known = shape(language)
    for at, ((one, _), (other, _)) in enumerate(pairwise(placed)):
        gap = inner[one.end : other.start]
        first, last = every[at][1], every[at + 1][1]
        change = {one.lead, other.lead} in ({"from", "to"}, {"base", "to"})
        alike = one.unit == other.unit and one.kind == other.kind
        score = alike and not one.unit and gap.strip(" -") in SCORES and not change
        of = known.of_all.fullmatch(gap) is not None and (one.unit == "%" or alike)
        if change or score or of or known.range.fullmatch(gap):
            apart = gap.strip() in known.around.joints and not BETWEEN.search(inner[: one.start])
            about, near, names = first.about | last.about, first.near | last.near, first.names | last.names
            first = replace(first, about=about, near=near, names=names)
            last = replace(last, about=about, near=near, names=names)
            if alike and not (change or of or apart or ":" in gap):
                first, last = replace(first, end=other.value), replace(last, end=one.value)
        if other.lead == "base" and one.unit == other.unit and 0 not in first.ways and 0 in last.ways:
            first = replace(first, ways={**first.ways, 0: last.ways[0]})  # "53, up from 14"
        if score or (of and alike):
            first = replace(first, then=other.value, of=of)
        if of and other.unit != "%":
            last = replace(last, part=True)
        every[at], every[at + 1] = (one, first), (other, last)
    yield from every


def _respectively(placed: list[tuple[Fact, Context]], inner: str) -> list[tuple[Fact, Context]]:
    """Return *placed* with the words around the first numbers around the last: "5 and 7, up 1 % and 2 %"."""
    said = RESPECTIVELY.search(inner)
    row = [at for at, (fact, _) in enumerate(placed) if said and fact.end <= said.start()]
    unit = placed[row[-1]][0].unit if row else ""
    last = [at for at in row if placed[at][0].unit == unit]
    while last and last != list(range(last[0], last[-1] + 1)):
        del last[0]
    for at in last:
        if (there := at - len(last)) >= 0:
            other = placed[there][1]
            here = replace(placed[at][1], near=other.near, about=other.about, names=other.names)
            placed[at] = placed[at][0], here
    return placed


def _words(inner: str, found: Sequence[Fact], language: str) -> Iterator[_Word]:
    taken = bytearray(len(inner))
    for begin, behind in [
        *((fact.start, fact.end) for fact in found),
        *(one.span() for one in LITERAL.finditer(inner)),
    ]:
        taken[begin:behind] = b"\x01" * (behind - begin)
    if language in ("ja", "zh"):
        for at in range(len(inner) - 1):
            two = inner[at : at + 2]
            if not any(taken[at : at + 2]) and DENSE.fullmatch(two[0]) and DENSE.fullmatch(two[1]):
                yield _Word(at, two, frozenset((two,)))
        return
    for pair, _, begin, behind in sides(inner, language):
        if not pair:  # "rose" says nothing of what it is that rose
            taken[begin:behind] = b"\x01" * (behind - begin)
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
        elif fact.kind == "amount" and not fact.unit:
            found.add(str(fact.value))
    return frozenset(found)
