"""Times of day as they are said: "half past two", "Viertel nach drei", "las nueve menos cuarto". Pure.

What a language says of an hour, `told` in facts.yaml, stands around two places: {h}, the hour, and {m}, the minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache

from .fact import Fact, time
from .literals import LETTERS, LITERAL, NUMBER, bare, spelled, table

QUARTER = "\uf8f0"  #: stands for the quarter of an hour, which is no quarter of anything else
HALF = "\uf8f1"
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
    minute = _minutes(said.get("m") or "")
    ways = table(language)
    if (number := NUMBER.fullmatch(said["h"])) is None:
        noon = re.fullmatch(bare(ways.get("noon") or "(?!)"), said["h"])
        hour, part = Decimal(12 if noon else 0), "" if noon else "m"
    else:
        hour = Decimal(number[1])
        if int(number[2]) > 1 or number[3] == "s":
            return None
    sure = part or said["lead"] or (said.get("m") or "") in MINUTES or way in ("half", "clock", "half_to")
    total = hour * 60
    match way:
        case "to" | "to_next":
            total -= minute
        case "half_to":
            total -= 30
        case "half":
            total += 30
        case "past_half":
            total += minute - 30
        case "to_half":
            total -= minute + 30
        case _:
            total += minute
    if not sure or minute >= 60 or total != int(total) or hour > 24:
        return None
    total = (total + 1440) % 1440  # a remainder has the sign of what is left
    if part == "m":
        return Fact("time", total)
    if not part:
        whole = int(total)
        return Fact("time", total, loose=1 <= hour <= 12) if whole >= 0 else None
    clock = total % 720 + (720 if part == "p" else 0)
    return time(int(clock // 60), int(clock % 60), "") and Fact("time", clock)


def _minutes(text: str) -> Decimal:
    found = NUMBER.fullmatch(text)
    return Decimal(found[1]) if found else MINUTES.get(text, Decimal(0))


def _raw(text: str) -> str:
    return spelled(text).replace(QUARTER, "15").replace(HALF, "30")
