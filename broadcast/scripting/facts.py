"""What a text states that can be checked: quantities, dates, times and identifiers, in ten languages. Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from .literals import LETTERS, LITERAL, NUMBER, bare, literals, spelled, table
from .sanitise import base
from .tongues import tongue
from .utterance import plainly, prepared

READ = 4_000  #: characters of a sentence or quote that are read for facts; nobody listens to a longer one
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
QUARTER = re.compile(r"(?<!\w)[QT]([1-4])(?!\w)")
CLOCKS = {
    "": r"(?<![\d:.,])(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:])(?:\s?(?P<half>[ap])\.?m\b\.?|\s?(?:uhr|uur|h)\b)?"
    r"|(?<![\d:.,])(?P<h2>\d{1,2})(?:\.(?P<m2>\d{2}))?\s?(?P<half2>[ap])\.?m\b\.?",
    "de": r"(?<![\d:.,])(?P<h3>\d{1,2})(?:\.(?P<m3>\d{2}))?\s?uhr(?:\s(?P<m4>\d{2}))?\b",
    "nl": r"(?<![\d:.,])(?P<h3>\d{1,2})(?:\.(?P<m3>\d{2}))?\s?uur\b(?=[ ,.;]|$)(?<=\d\d\suur)",
    "fr": r"(?<![\d:.,])(?P<h3>\d{1,2})\s?(?:h\s?(?P<m3>\d{2})?|heures\s(?P<m4>\d{2}))(?!\w)",
    "pt": r"(?<![\d:.,])(?P<h3>\d{1,2})\s?h\s?(?P<m3>\d{2})?(?!\w)",
    "ja": r"(?P<part>午前|午後)?(?P<h3>\d{1,2})時(?!間)(?:(?P<m3>\d{1,2})分)?",
    "zh": r"(?P<part>上午|下午|晚上|傍晚|凌晨|早上)(?P<h3>\d{1,2})[点时](?:(?P<m3>\d{1,2})分?)?|(?P<h4>\d{1,2})[点时](?P<m4>\d{1,2})分",
    "hi": r"(?:(?P<part>शाम|सुबह|रात|दोपहर)\s(?:के\s)?)?(?P<h3>\d{1,2})(?::(?P<m3>\d{2}))?\sबजे",
}
AMBIGUOUS = frozenset(["may", "march", "mars", "mai", "set", "ago", "out", "dec", "mag", "mar", "jun", "sun"])
DENSE_LANGUAGES = ("ja", "zh")
COUNTERS = "人名个位家件台辆年月日号次岁倍円本社票歳店校国座条项只枚回度元歩％%"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or is not."""

    kind: str  #: amount, date, weekday, day (against today), time, quarter, name (an identifier)
    value: Decimal = Decimal(0)  #: for a time the minutes since midnight
    unit: str = ""  #: %, pp, x (a multiple), a currency, or a dimension
    factor: Decimal = Decimal(1)  #: of one of its unit against the smallest of its dimension
    date: tuple[int | None, int | None, int | None] = (None, None, None)
    hedge: str = ""  #: about, over, under, least, most
    loose: bool = False  #: half of a day not told, or a share in words
    claim: bool = True  #: a sentence that states it must prove it
    power: int = 0
    raw: str = ""
    start: int = 0
    end: int = 0


@lru_cache(maxsize=512)
def facts(text: str, language: str) -> tuple[Fact, ...]:
    """Return what *text* states, in its order."""
    language = base(language)
    known = tongue(language)
    shape = _shape(language)
    marked: list[Fact] = []

    def mark(make: Callable[[re.Match[str]], Fact | None]) -> Callable[[re.Match[str]], str]:
        def put(match: re.Match[str]) -> str:
            fact = make(match) if len(marked) < MARKS else None
            if fact is None:
                return match[0]
            marked.append(replace(fact, raw=match[0].strip()))
            return chr(MARK + len(marked) - 1)

        return put

    text = re.sub("[\ue000-\uf8ff⟦⟧]", " ", plainly(text[:READ]))
    for pattern, make in ((ISO, _iso), (NUMERIC, _numeric(language)), (QUARTER, _quarter)):
        text = pattern.sub(mark(make), text)
    text = shape.clock.sub(mark(_clock(language)), text)
    text = IDENTIFIER.sub(mark(_identifier), text)
    text = bare(prepared(re.sub("[个個]?百分[点點]", "pp", text), known))
    if shape.phrase.search(text):
        for pattern, unit, value in shape.phrases:
            text = pattern.sub(mark(_phrase(unit, value)), text)
    text = literals(shape.percent.sub("%", text), known)
    found = list(shape.read(text))
    for match in re.finditer("[\ue000-\uf8ff]", text):
        if ord(match[0]) - MARK < len(marked):
            fact = marked[ord(match[0]) - MARK]
            hedge = shape.hedge(text, match.start(), match.end()) if fact.kind == "amount" else ""
            found.append(replace(fact, hedge=hedge, start=match.start(), end=match.end()))
    return tuple(_shared(sorted(found, key=lambda fact: fact.start), text, shape))


def _iso(match: re.Match[str]) -> Fact | None:
    return _dated(int(match[1]), int(match[2]), int(match[3]))


def _numeric(language: str) -> Callable[[re.Match[str]], Fact | None]:
    def read(match: re.Match[str]) -> Fact | None:
        day, month = int(match[1]), int(match[3])
        if match[2] == "/" and language == "en" and day <= 12:
            day, month = month, day
        return _dated(int(match[4]), month, day)

    return read


def _dated(year: int | None, month: int | None, day: int | None) -> Fact | None:
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    return Fact("date", date=(year, month, day))


def _quarter(match: re.Match[str]) -> Fact:
    return Fact("quarter", Decimal(match[1]))


def _identifier(match: re.Match[str]) -> Fact | None:
    if NO_IDENTIFIER.fullmatch(match[0]):
        return None
    return Fact("name", unit=squeezed(match[0]).lstrip("v"))


def squeezed(text: str) -> str:
    """Return *text* without what identifiers are spelled with or without."""
    return re.sub(r"[\s_-]", "", text).casefold()


def _clock(language: str) -> Callable[[re.Match[str]], Fact | None]:
    def read(match: re.Match[str]) -> Fact | None:
        said = {name: value for name, value in match.groupdict().items() if value}
        hour = next(int(value) for name, value in said.items() if name.startswith("h") and value.isdigit())
        minute = next((int(value) for name, value in said.items() if name.startswith("m")), 0)
        half = next((value.lower() for name, value in said.items() if name.startswith("half")), "")
        return _time(hour, minute, half or _half(said.get("part", ""), language))

    return read


def _half(words: str, language: str) -> str:
    ways = table(language)
    for name in ("pm", "am"):
        if words and ways.get(name) and re.fullmatch(bare(ways[name]), bare(words), re.IGNORECASE):
            return name[0]
    return ""


def _time(hour: int, minute: int, half: str) -> Fact | None:
    if hour > 24 or minute > 59:
        return None
    loose = not half and 1 <= hour <= 12
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return Fact("time", Decimal(hour % 24 * 60 + minute), loose=loose)


def _phrase(unit: str, value: Decimal) -> Callable[[re.Match[str]], Fact]:
    def read(match: re.Match[str]) -> Fact:
        kind = {"day": "day", "weekday": "weekday"}.get(unit, "amount")
        return Fact(kind, value, unit=unit if kind == "amount" else "", loose=unit == "%")

    return read


@cache
def _units() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("units.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _shape(language: str) -> "Shape":
    return Shape(language)


class Shape:
    """The patterns of a language, compiled."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.ways = {
            name: bare(value) if isinstance(value, str) else value for name, value in table(language).items()
        }
        self.dense = language in DENSE_LANGUAGES
        self.before, self.after = ("", "") if self.dense else (f"(?<![{LETTERS}])", f"(?![{LETTERS}])")
        self.clock = re.compile("|".join(filter(None, (CLOCKS.get(language), CLOCKS[""]))), re.IGNORECASE)
        self.phrases = list(self._phrases())
        self.phrase = re.compile("|".join(pattern.pattern for pattern, _, _ in self.phrases) or "(?!)", re.IGNORECASE)
        self.percent = self._pattern(self.ways.get("percent") or "(?!)")
        self.months = self._months()
        number, of = LITERAL, self.ways.get("of") or "(?!)"
        month = "|".join(sorted(map(re.escape, self.months), key=len, reverse=True)) or "(?!)"
        between = rf"\.?,?\s(?:(?:{of})\s)?"
        self.dates = [
            re.compile(pattern)
            for pattern in (
                rf"(?P<d>{number})(?:\.|º|er|st|nd|rd|th|ten)?\s(?:(?:{of})\s)?{self.before}(?P<mon>{month}){self.after}(?:{between}(?P<y>{number}))?",
                rf"{self.before}(?P<mon>{month}){self.after}\.?\s(?:the\s)?(?P<d>{number})(?:st|nd|rd|th)?(?:,?\s(?P<y>{number}))?(?!\s?[%$€]|-)",
                rf"{self.before}(?P<mon>{month}){self.after}{between}(?P<y>{number})",
                rf"(?:(?P<y>{number})年)?(?P<m>{number})月(?:(?P<d>{number})[日号])?",
                rf"(?P<y>{number})年(?![間间])",
                rf"{self.before}(?P<mon>{month}){self.after}",
            )
        ]
        quarter = self.ways.get("quarter") or "(?!)"
        self.quarters = re.compile(rf"(?P<n>{number})(?:\.?(?:er|e|o|a|st|nd|rd|th))?\.?[ -]?(?:{quarter}){self.after}")
        self.amounts = self._amounts()
        clock, pm, am = (self.ways.get(name) or "(?!)" for name in ("clock", "pm", "am"))
        at = self.ways.get("at")
        self.hours = re.compile(
            rf"(?P<n>{number})(?:[ -](?P<min>{number}))?(?:\s(?:{clock}){self.after})?\s(?:(?P<p>{pm})|(?P<a>{am})){self.after}"
            rf"|(?P<n2>{number})\s(?:{clock if language in ('en', 'de', 'fr') else '(?!)'}){self.after}"
            + (rf"|{self.before}(?:{at})\s(?P<n3>{number})(?=[\s,.;]|$)" if at else "")
        )
        words = {name: self.ways.get(name) or "" for name in ("least", "most", "over", "under", "about")}
        self.hedges = [
            (name, re.compile(rf"(?:^|{self.before})(?:{pattern})(?:\s(?:the|a|an|den|die|der|le|la|les|los|las|i|il|gli|le|os|as|de|het))?\s?$"))
            for name, pattern in words.items()
            if pattern
        ]  # fmt: skip
        self.behind = [(name, re.compile(rf"\s?[^\s⟦,.。、，]{{0,8}}\s?(?:{bare(pattern)})" if language == "hi" else rf".{{0,2}}?(?:{bare(pattern)})"))
                       for name, pattern in table(language).get("after", {}).items()]  # fmt: skip
        gap = self.ways.get("range") or "(?!)"
        self.range = re.compile(rf"\s?(?:-|~|{gap})\s?")
        share = self.ways.get("share") or "(?!)"
        self.share = re.compile(rf"(?P<a>{number})\s(?:[{LETTERS}]+\s)?(?:{share})\s(?P<b>{number})|(?P<b2>{number})分[之の](?P<a2>{number})")

    def _phrases(self) -> Iterator[tuple[re.Pattern[str], str, Decimal]]:
        for name, unit in (("fractions", "%"), ("multiples", "x"), ("days", "day")):
            for value, words in self.ways.get(name, {}).items():
                yield self._pattern(bare(words)), unit, Decimal(str(value))
        from babel import Locale, UnknownLocaleError  # slow to import

        try:
            names = Locale.parse(self.language).days["format"]["wide"]
        except (UnknownLocaleError, ValueError):
            names = {}
        short = {number: [re.escape(bare(name))] for number, name in names.items()}
        for number, every in short.items():
            if self.language == "zh":
                every += ["周" + every[0][-1], "礼拜" + every[0][-1]]
            if self.language == "ja":
                every += [every[0].removesuffix("日")]
            if self.language in ("en", "de", "nl"):
                every[0] += "s?"
            yield self._pattern("|".join(every)), "weekday", Decimal(number)
        for value, words in self.ways.get("weekdays", {}).items():
            yield self._pattern(words), "weekday", Decimal(value)

    def _pattern(self, words: str) -> re.Pattern[str]:
        return re.compile(f"{self.before}(?:{words}){self.after}", re.IGNORECASE)

    def _months(self) -> dict[str, int]:
        from babel import Locale, UnknownLocaleError  # slow to import

        found: dict[str, int] = {}
        try:
            locale = Locale.parse(self.language)
        except (UnknownLocaleError, ValueError):
            return found
        if not self.dense:
            for context in ("format", "stand-alone"):
                for number, name in locale.months[context]["wide"].items():
                    found[bare(name).lower()] = number
        more = self.ways.get("months", {}).items()
        return found | {bare(name): number for number, names in more for name in names.split("|")}

    def _amounts(self) -> re.Pattern[str]:
        money = "|".join(f"(?P<before_{code}>{bare(words)})" for code, words in _units()["money"].items())
        paid = "|".join(f"(?P<behind_{code}>{bare(words)})" for code, words in _units()["money"].items())
        measures = "|".join(
            f"(?P<{dimension}_{factor}>{bare(words)})"
            for dimension, listed in _units()["measures"].items()
            for factor, words in listed.items()
        )
        points, times = (self.ways.get(name) or "(?!)" for name in ("points", "times"))
        tenths = {"ja": "割", "zh": "成"}.get(self.language, "(?!)")
        return re.compile(
            rf"(?:(?P<sign>{money})\s?)?(?P<n>{LITERAL})(?P<more>\+)?(?:\.?\s?-?(?:(?P<pp>%?(?:{points})){self.after}"
            rf"|(?P<pct>%)|(?P<tenth>{tenths})|(?P<times>{times}){self.after}"
            rf"|(?:{self.ways.get('join') or '(?!)'})?(?:{paid}){self.after}|(?:{measures}){self.after}))?"
        )

    def hedge(self, text: str, start: int, end: int) -> str:
        """Return how what stands from *start* to *end* is hedged, by the words around it."""
        before = text[max(0, start - 40) : start]
        for name, pattern in self.hedges:
            if pattern.search(before):
                return name
        for name, pattern in self.behind:
            if pattern.match(text[end : end + 24]):
                return name
        return ""

    def read(self, text: str) -> Iterator[Fact]:
        """Give the facts of *text*, whose numbers are literals."""
        taken = bytearray(len(text))

        def free(match: re.Match[str]) -> bool:
            if any(taken[match.start() : match.end()]):
                return False
            taken[match.start() : match.end()] = b"\x01" * len(match[0])
            return True

        def told(fact: Fact, match: re.Match[str]) -> Fact:
            return replace(fact, raw=spelled(match[0]), start=match.start(), end=match.end())

        for match in self.quarters.finditer(text):
            number = _number(match["n"])
            if 1 <= number <= 4 and free(match):
                yield told(Fact("quarter", number), match)
        for match in self.share.finditer(text):
            part, whole = _number(match["a"] or match["a2"]), _number(match["b"] or match["b2"])
            if part <= whole and whole in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 100, 1000) and free(match):
                yield told(Fact("amount", part * 100 / whole, unit="%", loose=True), match)
        for match in self.hours.finditer(text):
            groups = match.groupdict()
            number = _number(groups["n"] or groups["n2"] or groups["n3"])
            minute = _number(groups["min"] or "")
            fact = _time(int(number), int(minute), "p" if groups["p"] else "a" if groups["a"] else "")
            if number == int(number) and fact and free(match):
                yield told(fact, match)
        if self.language in ("en", "de", "nl"):
            said = {"en": "half past ", "de": "halb ", "nl": "half "}[self.language]
            for match in re.finditer(rf"{self.before}{said}(?P<n>{LITERAL})(?!\s?[%])", text):
                hour = _number(match["n"])
                if hour in range(1, 13) and free(match):
                    minutes = hour * 60 + (30 if self.language == "en" else -30)
                    yield told(Fact("time", minutes % 720, loose=True), match)
        for pattern in self.dates:
            for match in pattern.finditer(text):
                fact = self._date(match, text)
                if fact and free(match):
                    yield told(fact, match)
        for match in self.amounts.finditer(text):
            if free(match):
                yield self._amount(match, text)

    def _date(self, match: re.Match[str], text: str) -> Fact | None:
        groups = match.groupdict()
        name = groups.get("mon")
        if name and not groups.get("d") and not groups.get("y"):
            full = len(name) > 3 or self.language == "hi"
            led = re.search(r"(?:^|\W)(?:in|of|since|until|by|im|seit|bis|en|em|a|di|de|du|depuis)\s$", text[: match.start()])
            if not full or (name in AMBIGUOUS and not led):
                return None
        parts: list[int | None] = []
        for group in ("y", "m", "d"):
            value = _number(groups[group]) if groups.get(group) else None
            if value is not None and (value != int(value) or value > 9999):
                return None
            parts.append(int(value) if value is not None else None)
        year, month, day = parts
        if name:
            month = self.months[name]
        if day is not None and not 1 <= day <= 31:
            return None
        if year is not None and not 1000 <= year <= 2999:
            return None
        return _dated(year, month, day)

    def _amount(self, match: re.Match[str], text: str) -> Fact:
        found = NUMBER.search(match["n"])
        assert found is not None
        value, power, flag = Decimal(found[1]), int(found[2]), found[3]
        unit, factor = "", Decimal(1)
        for name, said in match.groupdict().items():
            if not said:
                continue
            if name.startswith(("before_", "behind_")):
                unit = name[7:]
            elif name in ("pp", "pct", "times"):
                unit = {"pp": "pp", "pct": "%", "times": "x"}[name]
            elif name == "tenth":
                unit, value = "%", value * 10
            elif "_" in name:
                unit, factor = name.split("_")[0], Decimal(name.split("_")[1])
        hedge = "over" if match["more"] else self.hedge(text, match.start(), match.end())
        if not unit and value == int(value) and 1900 <= value <= 2099 and not power and not hedge:
            return Fact("date", value, date=(int(value), None, None), raw=found[1], start=match.start(), end=match.end())
        claim = not (flag == "o" and unit not in ("%", "pp")) and flag != "s" and value != 0
        if self.dense and flag == "w" and not unit:
            claim = text[match.end() : match.end() + 1] in COUNTERS and value > 1
        return Fact(
            "amount", value, unit, factor, hedge=hedge, claim=claim, power=power, raw=spelled(match[0]),
            start=match.start(), end=match.end(),
        )  # fmt: skip


def _number(text: str) -> Decimal:
    found = NUMBER.fullmatch(text)
    return Decimal(found[1]) if found else Decimal(0)


def _shared(found: list[Fact], text: str, shape: Shape) -> Iterator[Fact]:
    """Give *found* with unit and scale of one end of a range at both: "$10-15 million", "10 to 15 percent"."""
    for place in range(len(found) - 2, -1, -1):
        one, other = found[place], found[place + 1]
        if one.kind != "amount" or other.kind != "amount" or one.loose or other.loose:
            continue
        gap = text[one.end : other.start]
        near = shape.range.fullmatch(gap)
        if not near:
            continue
        if not one.unit and other.unit:
            one = replace(one, unit=other.unit, factor=other.factor)
        elif one.factor == 1 and len(one.unit) == 3 and not other.unit:
            found[place + 1] = replace(other, unit=one.unit, factor=one.factor)
        scale = Decimal(10) ** other.power
        if other.power and not one.power and one.value < other.value / scale:
            one = replace(one, value=one.value * scale, power=other.power)
        found[place] = one
    yield from found
