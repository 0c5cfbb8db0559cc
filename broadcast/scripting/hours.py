"""Times of day as they are written and said: "18.45", "half past two", "las nueve menos cuarto". Pure.

What a language says of an hour, `told` in facts.yaml, stands around {h}, the hour, and {m}, the minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache

from .fact import Fact
from .literals import LETTERS, LITERAL, NUMBER, bare, spelled, table

#: How an hour is written in figures, by language; "" in any.
CLOCKS = {
    "": r"(?<![\d:.,])(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:])(?:\s?(?P<half>[ap])\.?m\b\.?|\s?(?:uhr|uur|h)\b)?"
    r"|(?<![\d:.,])(?P<h2>\d{1,2})(?:\.(?P<m2>\d{2}))?\s?(?P<half2>[ap])\.?m\b\.?",
    "de": r"(?<![\d:.,])(?P<h3>\d{1,2})(?:\.(?P<m3>\d{2}))?\s?uhr(?:\s(?P<m4>\d{2}))?\b",
    "nl": r"(?<![\d:.,])(?P<h3>\d{1,2})(?:\.(?P<m3>\d{2}))?\s?uur\b(?=[ ,.;]|$)(?<=\d\d\suur)",
    "es": r"(?:(?<=las )|(?<=la ))(?P<h3>\d{1,2})\.(?P<m3>\d{2})(?![\d,])(?:\s?(?:h|horas)\b)?"
    r"|(?<![\d:.,])(?P<h4>\d{1,2})[.:](?P<m4>\d{2})\s?(?:h|horas)\b",
    "it": r"(?:(?<=alle )|(?<=ore )|(?<=elle ))(?P<h3>\d{1,2})\.(?P<m3>\d{2})(?![\d,])",
    "fr": r"(?<![\d:.,])(?P<h3>\d{1,2})\s?(?:h\s?(?P<m3>\d{2})?|heures\s(?P<m4>\d{2}))(?!\w)",
    "pt": r"(?<![\d:.,])(?P<h3>\d{1,2})\s?h\s?(?P<m3>\d{2})?(?!\w)",
    "ja": r"(?P<part>午前|午後)?(?P<h3>\d{1,2}|[一二三四五六七八九十]{1,3})時(?!間|代)"
    r"(?:(?P<m3>\d{1,2}分|[一二三四五六七八九十]{1,3}分|半))?",
    "zh": r"(?P<part>上午|下午|晚上|傍晚|凌晨|早上)(?P<h3>\d{1,2}|[一二三四五六七八九十两]{1,3})"
    r"[点时](?:(?P<m3>半|[一三]刻|\d{1,2}分?|[一二三四五六七八九十]{1,3}分?))?"
    r"|(?P<h4>\d{1,2}|[一二三四五六七八九十两]{1,3})[点时](?P<m4>\d{1,2}分|[一二三四五六七八九十]{1,3}分|半|[一三]刻|整|钟)",
    "hi": r"(?:(?P<part>शाम|सुबह|रात|दोपहर)\s(?:के\s)?)?(?P<h3>\d{1,2})(?::(?P<m3>\d{2}))?\sबजे",
}

QUARTER = "\uf8f0"  #: stands for the quarter of an hour, which is no quarter of anything else
HALF = "\uf8f1"
SHIFTS = {"half": 30, "half_to": -30, "past_half": -30, "to_half": -30}  #: minutes, of a way to say an hour
BACK = frozenset(("to", "to_next", "to_half"))  #: ways in which the minutes are before the hour
DAYLONG = ("de", "fr", "it", "nl", "pt")  #: languages whose figures count the hours of a day to 24
RANGE = "from|von|between|entre|de|da|van"  #: in front of two ends of something
MINUTES = {QUARTER: Decimal(15), HALF: Decimal(30)}
#: Between an hour and its half of the day may stand what tells the day.
GAP = r"(?:[,\s]|\bo'clock\b|\buhr\b|\buur\b|\bheures?\b|\bhoras\b|\bon\b|\bam\b|[\ue000-\uf7ff])*?"
DAY = "\ue000-\uf7ff"


def quarters(text: str, language: str) -> str:
    """Return *text* with the quarters and halves of hours marked, before shares are looked for."""
    for mark, words in ((QUARTER, "quarter_hour"), (HALF, "half_hour")):
        if pattern := _words(language, words):
            text = pattern.sub(mark, text)
    return text


@cache
def _words(language: str, name: str) -> re.Pattern[str] | None:
    words = table(language).get(name)
    return re.compile(f"(?<![{LETTERS}])(?:{bare(words)})(?![{LETTERS}])", re.IGNORECASE) if words else None


@cache
def _patterns(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return (way, pattern) for each way to say an hour with its minutes."""
    ways = table(language)
    noons = "|".join(bare(ways[name]) for name in ("noon", "midnight") if ways.get(name)) or "(?!)"
    hour, minutes = rf"(?P<h>{LITERAL}|(?:{noons})(?![{LETTERS}]))", rf"(?P<m>{LITERAL}|[{QUARTER}{HALF}])"
    lead = rf"(?P<lead>(?<![{LETTERS}])(?:{bare(ways.get('lead') or '(?!)')})\s)?"
    pm, am = (bare(ways.get(name) or "(?!)") for name in ("pm", "am"))
    before = rf"(?:(?:(?P<p0>{pm})|(?P<a0>{am}))\s)?" if language == "hi" else ""
    half = rf"(?:{GAP}(?<![{LETTERS}])(?:(?P<p>{pm})|(?P<a>{am}))(?![{LETTERS}]))?"
    found = []
    for way, said in ways.get("told", {}).items():
        said = bare(said).replace("{h}", hour).replace("{m}", minutes)
        found.append((way, re.compile(f"{before}{lead}{said}(?![{LETTERS}]){half}")))
    return found


def hours(text: str, language: str) -> Iterator[tuple[re.Match[str], Fact]]:
    """Give the times of day of *text*, whose numbers are literals."""
    for way, pattern in _patterns(language):
        for match in pattern.finditer(text):
            if fact := _time(way, match, language):
                yield match, replace(fact, raw=_raw(match[0]), start=match.start(), end=match.end())


def _time(way: str, match: re.Match[str], language: str) -> Fact | None:
    """Return the time that *match* tells, if it is surely one."""
    said = match.groupdict()
    part = "p" if said["p"] or said.get("p0") else "a" if said["a"] or said.get("a0") else ""
    minutes = said.get("m") or ""
    minute = _minutes(minutes)
    number = NUMBER.fullmatch(said["h"])
    if number is None:
        noon = re.fullmatch(bare(table(language).get("noon") or "(?!)"), said["h"])
        hour, exact = Decimal(12 if noon else 0), True
    elif int(number[2]) > 1 or number[3] == "s":
        return None
    else:
        hour, exact = Decimal(number[1]), False
    sure: object = part or said["lead"] or minutes in MINUTES or way in ("half", "clock", "half_to")
    if way == "then" and language == "en":  # "eight forty-five", though not "three fifteen mm parts"
        words = number is not None and number[3] == "w" and minutes.endswith("|w⟧")
        ends = match.string[match.end() : match.end() + 1] in ("", ".", ",", ";", "?", "!")
        sure = words and minute >= 10 and (sure or ends)
    total = hour * 60 + SHIFTS.get(way, 0) + (-minute if way in BACK else minute)
    if way in BACK and re.fullmatch(RANGE, (said["lead"] or "").strip()):
        return None  # "from 5 to 7" is no time
    if not sure or minute >= 60 or total != int(total) or not 0 <= hour <= 24:
        return None
    total = (total + 1440) % 1440  # a remainder has the sign of what is left
    if part and not exact:
        return Fact("time", total % 720 + (720 if part == "p" else 0))
    exact = exact or (number is not None and number[3] == "f" and language in DAYLONG)
    return Fact("time", total, loose=not exact and 1 <= hour <= 12)


def _minutes(text: str) -> Decimal:
    found = NUMBER.fullmatch(text)
    return Decimal(found[1]) if found else MINUTES.get(text, Decimal(0))


def _raw(text: str) -> str:
    return spelled(text).replace(QUARTER, "15").replace(HALF, "30")
