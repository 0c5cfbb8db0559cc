"""The patterns by which quantities, dates and times of a language are found around its numbers. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls

from .around import ARTICLE, around
from .fact import Fact, dated, time
from .hours import CLOCKS, DAYLONG, hours
from .literals import LETTERS, LITERAL, NUMBER, bare, spelled, table
from .vague import vague

#: Keys of facts.yaml whose phrases are facts by themselves, and what they are: a unit or a kind.
PHRASES = (
    ("halves", "half"), ("fractions", "%"), ("multiples", "x"), ("days", "day"), ("seasons", "season"),
    ("weeks", "week"), ("months_off", "month"), ("years", "year"),
)  # fmt: skip
USUAL = frozenset((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20, 100, 1000))  #: wholes of which anybody tells a part
FIRST = re.compile(r"\s(?:time|day|week|month|fois|vez|volta|keer)\s")
YEARS = 1000  #: from which a number behind "in" may be a year
AMBIGUOUS = frozenset(["may", "march", "mars", "mai", "set", "ago", "out", "dec", "mag", "mar", "jun", "sun"])
DENSE_LANGUAGES = ("ja", "zh")
EXACT = (
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "hi",
)  #: languages whose "hundred" and "thousand" need no "one" before them
COUNTERS = "人名个位家件台辆年月日号次岁倍円本社票歳店校国座条项只枚回度元歩％%"


@cache
def _units() -> dict[str, Any]:
    loaded: dict[str, Any] = yamls.table(Path(__file__).with_name("units.yaml"))
    return loaded


@cache
def _counted() -> tuple[str, str]:
    """Return the words for money, and those for what is measured."""
    listed = [words for one in _units()["measures"].values() for words in one.values()]
    return bare("|".join(_units()["money"].values())), bare("|".join(listed))


@cache
def shape(language: str) -> "Shape":
    return Shape(language)


class Shape:
    """The patterns of a language, compiled."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.ways: dict[str, Any] = {
            name: bare(value) if isinstance(value, str) else value for name, value in table(language).items()
        }
        self.dense = language in DENSE_LANGUAGES
        self.before, self.after = ("", "") if self.dense else (f"(?<![{LETTERS}])", f"(?![{LETTERS}])")
        self.clock = re.compile("|".join(filter(None, (CLOCKS.get(language), CLOCKS[""]))), re.IGNORECASE)
        self.phrases = list(self._phrases())
        # Ten times as fast as any of them: what they all begin with is looked for once.
        bodies = "|".join(pattern.pattern.removeprefix(self.before) for pattern, _, _ in self.phrases) or "(?!)"
        self.phrase = re.compile(f"{self.before}(?:{bodies})", re.IGNORECASE)
        self.money, self.measures = _counted()
        parts = {bare(words): figures for figures, words in table(language).get("parts", {}).items()}
        self.parts = [
            (self._pattern(words.replace("#", f"({self.measures})")), figures) for words, figures in parts.items()
        ]
        begins = "|".join(words.replace("#", "") for words in parts) or "(?!)"
        self.part = re.compile(f"{self.before}(?:{begins})", re.IGNORECASE)  # what they begin with, looked for once
        self.percent = self._pattern(self.ways.get("percent") or "(?!)")
        self.months = self._months()
        number, year, of = LITERAL, r"⟦[12]\d{3}\|\d+\|[fw]⟧", self.ways.get("of") or "(?!)"
        month = "|".join(sorted(map(re.escape, self.months), key=len, reverse=True)) or "(?!)"
        between = rf"\.?,?\s(?:(?:{of})\s)?"
        self.dates = [
            re.compile(pattern)
            for pattern in (
                rf"(?P<d>{number})(?:\.|º|er|st|nd|rd|th|ten)?\s(?:(?:{of})\s)?"
                rf"{self.before}(?P<mon>{month}){self.after}(?:{between}(?P<y>{year}))?",
                rf"{self.before}(?P<mon>{month}){self.after}\.?\s"
                rf"(?:the\s)?(?P<d>{number})(?:st|nd|rd|th)?(?:,?\s(?P<y>{year}))?(?!\s?[%$€]|-)",
                rf"{self.before}(?P<mon>{month}){self.after}{between}(?P<y>{year})",
                rf"(?:(?P<y>{number})年)?(?P<m>{number})月(?:(?P<d>{number})[日号])?",
                rf"(?P<y>{number})年(?![間间代])",
                rf"{self.before}(?P<mon>{month}){self.after}",
            )
        ]
        quarter = self.ways.get("quarter") or "(?!)"
        self.quarters = re.compile(
            rf"(?P<n>{number})(?:\.?(?:er|e|o|a|st|nd|rd|th))?\.?[ -]?(?:{quarter}){self.after}"
        )
        self.amounts = self._amounts()
        clock, pm, am = (self.ways.get(name) or "(?!)" for name in ("clock", "pm", "am"))
        at = self.ways.get("at")
        self.hours = re.compile(
            rf"(?P<n>{number})(?:[ -](?P<min>{number}))?(?:\s(?:{clock}){self.after})?"
            rf"\s(?:(?P<p>{pm})|(?P<a>{am})){self.after}"
            rf"|(?P<n2>{number})\s(?:{clock if language in ('en', 'de') else '(?!)'}){self.after}"
            + (rf"|{self.before}(?:{at})\s(?P<n3>{number})(?=[\s,.;]|$)" if at else "")
        )
        self.month_next = re.compile(rf"\s(?:(?:{of})\s)?{self.before}(?:{month}){self.after}")
        self.around = around(language)
        gap = self.ways.get("range") or "(?!)"
        self.range = re.compile(rf"\s?(?:-|~|{gap})\s?")
        self.days = re.compile(
            rf"(?:\.|º|st|nd|rd|th|er)?,?\s?(?:-|~|{gap})(?:\s(?:{ARTICLE}|dem|zum|el|o|l'))?\s?"
        )
        of = self.ways.get("whole") or "(?!)"
        self.of_all = re.compile(
            rf"\s(?:out of|{of}|of|de|di|von|van)(?:\s(?:{ARTICLE}|its|their|his|her|our|ses|sus))?\s"
        )
        self.fraction = re.compile(
            rf"(?<![\w/.,])([1-9])/([2-9])[ -](?:of an? |de |d')?(?=(?:{self.measures}){self.after})"
        )
        noon, midnight = (self.ways.get(name) or "(?!)" for name in ("noon", "midnight"))
        self.noon = re.compile(rf"{self.before}(?:(?P<noon>{noon})|{midnight}){self.after}")
        share = self.ways.get("share") or "(?!)"
        whole = self.ways.get("whole") or "(?!)"
        self.parted = re.compile(rf"(?P<a>{number})\s(?:[{LETTERS}]+\s)?(?:{whole}|{share})\s(?P<b>{number})")
        self.share = re.compile(
            rf"(?P<a>{number})\s(?:[{LETTERS}]+\s)?(?:{share})\s(?P<b>{number})|(?P<b2>{number})分[之の](?P<a2>{number})"
        )

    def _phrases(self) -> Iterator[tuple[re.Pattern[str], str, Decimal]]:
        for name, unit in PHRASES:
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
            rf"(?:(?P<sign>{money})\s?)?(?P<n>{LITERAL})(?:(?:st|nd|rd|th)(?=[ -]))?(?P<more>\+)?"
            rf"(?:\.?\s?-?(?:(?P<pp>%?(?:{points})){self.after}"
            rf"|(?P<bp>{self.ways.get('basis') or '(?!)'}){self.after}"
            rf"|(?P<pct>%)|(?P<tenth>{tenths})|(?P<times>{times}){self.after}"
            rf"|(?:{self.ways.get('join') or '(?!)'})?(?:{paid}){self.after}|(?:{measures}){self.after}))?"
        )

    def said(self, text: str) -> str:
        """Return *text* with parts of a point or percent that are said as words in figures."""
        if "/" in text:
            point = "." if self.language in ("en", "hi", "ja", "zh") else ","
            text = self.fraction.sub(
                lambda match: f"{int(match[1]) / int(match[2]):.4g} ".replace(".", point), text
            )
        if self.part.search(text):
            for pattern, figures in self.parts:
                text = pattern.sub(figures, text)
        return text

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

        for match, fact in hours(text, self.language):
            if not self.month_next.match(text, match.end()) and free(match):  # "a 6 de dezembro" is no hour
                yield fact
        for match in self.quarters.finditer(text):
            number = _number(match["n"])
            if 1 <= number <= 4 and free(match):
                yield told(Fact("quarter", number), match)
        for match in self.noon.finditer(text):
            if free(match):  # a loose word in German and Dutch
                sure = self.language not in ("de", "nl")
                yield told(Fact("time", Decimal(720 if match["noon"] else 0), claim=sure), match)
        for match in self.share.finditer(text):
            part, whole = _number(match["a"] or match["a2"]), _number(match["b"] or match["b2"])
            usual = whole in USUAL or (part == 1 and whole < YEARS and self._one_in(match, text))
            if 0 < part <= whole and usual and free(match):
                hedge = self.around.hedge(text, match.start(), match.end())
                yield told(Fact("amount", part * 100 / whole, unit="%", hedge=hedge, loose=True), match)
        for match in self.parted.finditer(text):
            part, whole = _number(match["a"]), _number(match["b"])
            if 0 < part < whole and not any(
                taken[match.start() : match.end()]
            ):  # known, though never claimed: three of the four are three quarters
                yield told(Fact("amount", part * 100 / whole, unit="%", loose=True, claim=False), match)
        for match in self.hours.finditer(text):
            groups = match.groupdict()
            number = _number(groups["n"] or groups["n2"] or groups["n3"])
            minute = _number(groups["min"] or "")
            at = time(int(number), int(minute), "p" if groups["p"] else "a" if groups["a"] else "")
            if at and "|f⟧" in (groups.get("n3") or "") and self.language in DAYLONG:
                at = replace(at, loose=False)
            if number == int(number) and at and not self.month_next.match(text, match.end()) and free(match):
                yield told(at, match)
        for match, fact in vague(text, self.language):
            if free(match):
                yield told(fact, match)
        for pattern in self.dates:
            for match in pattern.finditer(text):
                day = self._date(match, text)
                if day and free(match):
                    yield told(day, match)
        for match in self.amounts.finditer(text):
            if free(match):
                yield self._amount(match, text)

    def _one_in(self, match: re.Match[str], text: str) -> bool:
        """Say whether "one in" so many is a share: neither the first time in 52 years nor a share of 21 percent."""
        first = "|w" in (match["a"] or "") or FIRST.search(match[0])
        return not first and self.language != "de" and text[match.end() :].lstrip()[:1] != "%"

    def _date(self, match: re.Match[str], text: str) -> Fact | None:
        groups = match.groupdict()
        name = groups.get("mon")
        if name and not groups.get("d") and not groups.get("y"):
            full = len(name) > 3 or self.language == "hi" or name in ("may", "mai")
            led = re.search(
                r"(?:^|\W)(?:in|of|since|until|by|im|seit|bis|en|em|a|di|de|du|depuis)\s$", text[: match.start()]
            )
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
        return dated(year, month, day)

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
            elif name == "bp":
                unit, value = "pp", value / 100
            elif name == "tenth":
                unit, value = "%", value * 10
            elif "_" in name:
                unit, factor = name.split("_")[0], Decimal(name.split("_")[1])
        hedge = "over" if match["more"] else self.around.hedge(text, match.start(), match.end())
        if not unit and value == int(value) and 1900 <= value <= 2099 and flag != "g" and not power and not hedge:
            return Fact(
                "date", value, date=(int(value), None, None), raw=found[1], start=match.start(), end=match.end()
            )
        claim = not (flag == "o" and unit not in ("%", "pp")) and flag != "p" and value != 0
        if flag == "s":
            claim = claim and self.language in EXACT and value in (100, 1000)
        if self.dense and flag == "w" and not unit:
            claim = text[match.end() : match.end() + 1] in COUNTERS and value > 1
        return Fact(
            "amount", value, unit, factor, hedge=hedge, claim=claim, power=power, raw=spelled(match[0]),
            start=match.start(), end=match.end(), per=self.around.per(text, match.end()),
            counts=self.around.counts(text, match.end()),
            more=self.around.difference(text, match.start(), match.end()),
            below=self.around.below(text, match.start(), match.end()), lead=self.around.lead(text, match.start()),
        )  # fmt: skip


def _number(text: str) -> Decimal:
    found = NUMBER.fullmatch(text)
    return Decimal(found[1]) if found else Decimal(0)
