"""What a text states that can be checked: quantities, dates, times and identifiers, in ten languages. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from .counting import figures
from .fact import Fact, dated, time
from .hours import DAYLONG, quarters
from .joins import joined
from .literals import bare, literals, table
from .sanitise import base
from .shapes import Shape
from .shapes import shape as shape_of
from .tongues import tongue
from .utterance import plainly, prepared, upright

READ = 4_000  #: characters of a sentence or quote that are read for facts; nobody listens to a longer one
MILLION = 6  #: the power of ten from which an amount without a unit may be one of money
MARK = 0xE000  #: the first of the private characters that stand for what was read before the numbers
MARKS = 0x1800

IDENTIFIER = re.compile(
    r"(?<![\w.$€£¥-])(?:[A-Za-z]{2,40}-\d[\w.-]{0,40}(?<=\w)|[A-Za-z]{1,40}\d\w{0,40}(?:[.-]\d{1,20})*+"
    r"|\d{1,6}(?:\.\d{1,8}){2,6})(?!\w)"
)
NO_IDENTIFIER = re.compile(
    r"\d{1,3}(?:\.\d{3})+|\d{1,2}\.\d{1,2}\.(?:\d\d|\d{4})|(?:USD|EUR|GBP|CHF|INR|JPY|CNY|RMB|BRL|Rs)\d.*|[a-z]{1,3}-\d+",
    re.ASCII,
)
ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
NUMERIC = re.compile(r"(?<![\w./])(\d{1,2})([./])(\d{1,2})\2(\d{4})(?![\w])")
SCORES = ("to", "zu", "tegen", "", "a", "à", ":", "対", "比")  #: between the two numbers of a score, dashes aside
RATIO = re.compile(
    r"\b(?:ratio|verhältnis|proportion|rapport|relación|proporción|rapporto|razão|verhouding)\b.{0,40}$",
    re.IGNORECASE,
)
SIDED = ("date", "time", "weekday")
CLAUSE = re.compile(r"[,;:()。、，；：]|\.\s|(?<!\w)(?:and|und|et|y|e|और|和)(?!\w)")
FRACTION = re.compile(r"(?<![\w/.,])([1-4])/([2-5])(?![\w/])")
QUARTER = re.compile(r"(?<!\w)[QT]([1-4])(?!\w)")


def facts(text: str, language: str) -> tuple[Fact, ...]:
    """Return what *text* states, in its order."""
    return read(text, language)[0]


@lru_cache(maxsize=512)
def read(text: str, language: str) -> tuple[tuple[Fact, ...], str]:
    """Return what *text* states, in its order, and the text in which it stands from `start` to `end`."""
    language = base(language)
    known = tongue(language)
    shape = shape_of(language)
    marked: list[Fact] = []

    def mark(make: Callable[[re.Match[str]], Fact | None]) -> Callable[[re.Match[str]], str]:
        def put(match: re.Match[str]) -> str:
            fact = make(match) if len(marked) < MARKS else None
            if fact is None:
                return match[0]
            marked.append(replace(fact, raw=match[0].strip()))
            return chr(MARK + len(marked) - 1)

        return put

    text = re.sub("[\ue000-\uf8ff⟦⟧]", " ", upright(plainly(text[:READ]), language))
    for pattern, make in ((ISO, _iso), (NUMERIC, _numeric(language)), (QUARTER, _quarter)):
        text = pattern.sub(mark(make), text)
    text = shape.clock.sub(mark(_clock(language)), text)
    text = IDENTIFIER.sub(mark(_identifier), text)
    text = bare(prepared(re.sub("[个個]?百分[点點]", "pp", text), known))
    text = shape.said(quarters(text, language))
    if shape.phrase.search(text):
        for pattern, unit, value in shape.phrases:
            text = pattern.sub(mark(_phrase(unit, value)), text)
    text = FRACTION.sub(mark(_fraction), text)
    text = joined(literals(shape.percent.sub("%", text), known), language, shape.money, shape.measures)
    found = list(shape.read(text))
    for match in re.finditer("[\ue000-\uf8ff]", text):
        if ord(match[0]) - MARK < len(marked):
            fact = marked[ord(match[0]) - MARK]
            hedge = shape.around.hedge(text, match.start(), match.end()) if fact.kind == "amount" else ""
            found.append(replace(fact, hedge=hedge, start=match.start(), end=match.end()))
    found = list(_paid(sorted(found, key=lambda fact: fact.start), text, shape))
    found = list(_shared(found, text, shape))
    return tuple(_sided(found, text, shape)), text


def _iso(match: re.Match[str]) -> Fact | None:
    return dated(int(match[1]), int(match[2]), int(match[3]))


def _numeric(language: str) -> Callable[[re.Match[str]], Fact | None]:
    def read(match: re.Match[str]) -> Fact | None:
        day, month = int(match[1]), int(match[3])
        if match[2] == "/" and language == "en" and day <= 12:
            day, month = month, day
        return dated(int(match[4]), month, day)

    return read


def _quarter(match: re.Match[str]) -> Fact:
    return Fact("quarter", Decimal(match[1]))


def _fraction(match: re.Match[str]) -> Fact | None:
    part, whole = int(match[1]), int(match[2])
    return Fact("amount", Decimal(part * 100) / whole, unit="%", loose=True) if part < whole else None


def _identifier(match: re.Match[str]) -> Fact | None:
    if NO_IDENTIFIER.fullmatch(match[0]):
        return None
    return Fact("name", unit=squeezed(match[0]).lstrip("v"))


def squeezed(text: str) -> str:
    """Return *text* without what identifiers are spelled with or without."""
    return re.sub(r"[\s_-]", "", text).casefold()


def _clock(language: str) -> Callable[[re.Match[str]], Fact | None]:
    def read(match: re.Match[str]) -> Fact | None:
        if RATIO.search(match.string[: match.start()]):
            return None
        said = {name: value for name, value in match.groupdict().items() if value}
        told = next(value for name, value in said.items() if re.fullmatch(r"h\d?", name))
        hour = _figure(told)
        minute = next((_figure(value) for name, value in said.items() if name.startswith("m")), 0)
        half = next((value.lower() for name, value in said.items() if name.startswith("half")), "")
        exact = told.startswith("0") or language in DAYLONG
        if exact and not half and (found := time(hour, minute, "")):
            return replace(found, loose=False)
        return time(hour, minute, half or _half(said.get("part", ""), language))

    return read


def _figure(text: str) -> int:
    """Return an hour or its minutes, in figures or in Han characters: "30", "七", "半", "一刻"."""
    if text.isdigit():
        return int(text)
    known = {"半": 30, "一刻": 15, "三刻": 45, "整": 0, "钟": 0}
    return known[text] if text in known else int(Decimal(figures(text.rstrip("分"), tongue("zh"))))


def _half(words: str, language: str) -> str:
    ways = table(language)
    for name in ("pm", "am"):
        if words and ways.get(name) and re.fullmatch(bare(ways[name]), bare(words), re.IGNORECASE):
            return name[0]
    return ""


def _phrase(unit: str, value: Decimal) -> Callable[[re.Match[str]], Fact]:
    def read(match: re.Match[str]) -> Fact:
        kind = unit if unit.isalpha() and unit != "x" else "amount"
        return Fact(kind, value, unit=unit if kind == "amount" else "", loose=unit == "%")

    return read


def _sided(found: list[Fact], text: str, shape: Shape) -> Iterator[Fact]:
    """Give *found* with dates and times led by from or to where something starts or ends then."""
    timed = [place for place, fact in enumerate(found) if fact.kind in SIDED]
    for place in timed:
        if place + 1 in timed and found[place].kind == found[place + 1].kind:
            one, other = found[place : place + 2]
            if shape.days.fullmatch(text[one.end : other.start]):
                found[place : place + 2] = replace(one, lead="from"), replace(other, lead="to")
                continue
        fact = found[place]
        if not fact.lead:
            first = found[place - 1].end if place else 0
            last = found[place + 1].start if place + 1 < len(found) else len(text)
            before = CLAUSE.split(text[first : fact.start])[-1]
            behind = CLAUSE.split(text[fact.end : last])[0]
            found[place] = replace(fact, lead=shape.around.side(f"{before} {behind}"))
    yield from found


def _paid(found: Sequence[Fact], text: str, shape: Shape) -> Iterator[Fact]:
    """Give *found* with the money of one amount at those that leave it out: "of 86 billion euros 16 billion"."""
    money, last = "", None
    for fact in found:
        if (
            last
            and fact.kind == "amount"
            and not fact.unit
            and fact.lead == "base"
            and not _noun(fact, text, shape)
        ):
            fact = replace(fact, unit=last.unit, factor=last.factor)  # "35 cents, up from 30"
        if fact.kind == "amount":
            last = fact if fact.unit not in ("", "%", "pp", "x") else None
        if fact.kind == "amount" and len(fact.unit) == 3 and fact.unit.isupper():
            money = fact.unit
        elif fact.kind == "amount" and not fact.unit and fact.power >= MILLION and not _noun(fact, text, shape):
            fact = replace(fact, unit=money)
        yield fact


def _noun(fact: Fact, text: str, shape: Shape) -> bool:
    """Say whether a word behind a number says what it counts."""
    word = re.match(r"\s?([^\W\d_]+)", text[fact.end :])
    return word is not None and word[1] not in shape.around.little


def _days(one: Fact, other: Fact) -> list[Fact]:
    """Return two ends of a range with the month of one at both: "3 to 8 June"."""
    amount, day = (one, other) if one.kind == "amount" else (other, one)
    value, (year, month, known) = amount.value, day.date
    if amount.unit or not month or not known or value != int(value) or not 1 <= value <= 31:
        return [one, other]
    filled = replace(amount, kind="date", value=Decimal(0), date=(year, month, int(value)), claim=True)
    return [filled, other] if amount is one else [one, filled]


def _shared(found: list[Fact], text: str, shape: Shape) -> Iterator[Fact]:
    """Give *found* with unit and scale of one end of a range at both: "$10-15 million", "10 to 15 percent"."""
    for place in range(len(found) - 2, -1, -1):
        one, other = found[place], found[place + 1]
        if {one.kind, other.kind} == {"amount", "date"} and shape.days.fullmatch(text[one.end : other.start]):
            found[place : place + 2] = _days(one, other)
            continue
        if one.kind != "amount" or other.kind != "amount" or one.loose or other.loose:
            continue
        gap = text[one.end : other.start]
        if gap != " " and gap.strip(" -") in SCORES and not one.unit and not other.unit:  # "three to one", "4-0"
            found[place] = one = replace(one, claim=True)
            found[place + 1] = other = replace(other, claim=True)
        if shape.of_all.fullmatch(gap) and not one.unit and other.unit not in ("", "%", "pp", "x"):
            found[place] = one = replace(one, unit=other.unit, factor=other.factor)  # "4 of his 9 years"
        if not shape.range.fullmatch(gap):
            continue
        if (
            one.unit and not other.unit and other.lead == "to" and one.lead in ("from", "base")
        ):  # "from 11 points to four"
            other = found[place + 1] = replace(other, unit=one.unit, factor=one.factor)
        if not one.unit and other.unit != "x":
            one = replace(one, unit=other.unit, factor=other.factor)
        elif one.factor == 1 and len(one.unit) == 3 and not other.unit and not _noun(other, text, shape):
            found[place + 1] = replace(other, unit=one.unit, factor=one.factor)
        scale = Decimal(10) ** other.power
        shared = one.unit in ("", other.unit) or (not other.unit and len(one.unit) == 3)
        if shared and other.power and not one.power and one.value < other.value / scale:
            one = replace(one, value=one.value * scale, power=other.power)
        found[place] = one
    yield from found
