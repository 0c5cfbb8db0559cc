"""How long a text takes to say. Pure.

Characters of the text as it is spoken, over characters a second: with one rate per voice that is within 10 % of
what neural voices need for a minute. Words and syllables do worse, because numbers are longer than they look.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from broadcast.text import yamls

from . import numerals
from .sanitise import DENSE, base

#: Characters a second inside a sentence. English is measured on the bundled voice (in the test of this module);
#: most others follow from it by the ratios of one synthetic voice that speaks them; nl, ja, zh, ko, th are guesses.
RATES = MappingProxyType(
    {
        "en": 17.0, "de": 16.7, "fr": 21.4, "es": 16.8, "pt": 15.5, "it": 17.0, "nl": 16.7, "hi": 13.1,
        "ja": 5.0, "zh": 5.0, "ko": 6.5, "th": 13.0,
    }
)  # fmt: skip
RATE = 16.0  #: for a language that is not named above

#: Where a character is a syllable or more, a letter of a foreign name is this much of one.
DENSE_LANGUAGES, LETTER = frozenset({"ja", "zh", "ko"}), 0.35

#: Seconds that a sentence takes beyond its characters, fitted to what can be heard of the bundled voice with the
#: 0.44 s around it that the local renderer leaves: sentences begin and end faster than they go on.
SENTENCE_PAUSE = 0.15
#: Seconds that the change to another segment takes on top of that: the gap there is 0.75 instead of 0.34.
SEGMENT_PAUSE = 0.41

SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f]")
SENTENCE_END = re.compile(r"[.!?…।]+[\"'”’»)\]]*(?=\s+[^\s\W\da-zß-öø-ÿ]|\s+[\"'“‘„«¿¡\d]|\s*$)|[。！？]+[」』”]?")
VERSION = re.compile(r"(?<![\w.])v?(\d{1,4}(?:\.\d{1,4}){2,})(?![\w]|\.\d)")
TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])")


def seconds(text: str, language: str, *, rate: float | None = None) -> float:
    """Return how long *text* takes to say, in seconds, the pause after each of its sentences included.

    *rate* is what was measured of a voice, in characters of spoken text a second; without it the language's own
    is taken.
    """
    spoken = verbalise(text, language)
    if not spoken:
        return 0.0
    return length(spoken, language) / (rate or usual(language)) + SENTENCE_PAUSE * sentence_ends(spoken)


def length(spoken: str, language: str) -> float:
    """Return how much there is to say in *spoken*, a verbalised text: its characters, a dense script's weighed."""
    if base(language) not in DENSE_LANGUAGES:
        return len(spoken)
    dense = len(DENSE.findall(spoken))
    return dense + (len(spoken) - dense) * LETTER


def usual(language: str) -> float:
    """Return the characters a second of a voice that nothing is known of."""
    return RATES.get(base(language), RATE)


def sentence_ends(text: str) -> int:
    """Return how often a reader of *text* stops: at the end of every sentence, and at the end of it all."""
    ends = list(SENTENCE_END.finditer(text))
    return len(ends) + (not ends or bool(text[ends[-1].end() :].strip()))


def verbalise(text: str, language: str) -> str:
    """Return *text* as it is said: numbers, money, percentages, times and versions in words, single spaces."""
    text = " ".join(SPACES.sub(" ", _western_digits(text)).split())
    if not re.search(r"\d", text):
        return text
    language = base(language)
    ways = _ways(language)
    dot = f" {ways.get('dot', ways['point'])} "
    text = VERSION.sub(lambda match: dot.join(_whole(part, language) for part in match[1].split(".")), text)
    text = TIME.sub(lambda match: _clock(match, language), text)
    return " ".join(_number(language).sub(lambda match: _said(match, ways, language), text).split())


@cache
def _table() -> dict[str, dict[str, Any]]:
    spoken: dict[str, dict[str, Any]] = yamls.table(Path(__file__).with_name("spoken.yaml"))
    return spoken


def _ways(language: str) -> dict[str, Any]:
    return _table().get(language) or _table()["other"]


@cache
def _number(language: str) -> re.Pattern[str]:
    """Return what finds a number in *language*, with the signs before it and behind it."""
    ways = _ways(language)
    point = re.escape(ways["decimal"])
    group = r"[,' ]" if ways["decimal"] == "." else r"[.' ]"
    money = "|".join(map(re.escape, sorted(ways["money"], key=len, reverse=True)))
    scales = "|".join(map(re.escape, sorted(ways["scales"], key=len, reverse=True))) or r"(?!)"
    return re.compile(
        rf"(?P<before>(?:US|C|A|HK)?(?:{money})\s?)?(?<![\d.,])(?P<minus>[-−](?=\d)(?<![\w][-−]))?"
        rf"(?P<whole>\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}(?!\d)|\d+)(?:{point}(?P<part>\d{{1,12}}))?"
        rf"(?:(?P<ordinal>{ways.get('ordinal') or '(?!)'})(?!\w)"
        rf"|(?P<scale>\s?(?:{scales})(?!\w)|\s(?:{ways.get('scale_words') or '(?!)'})(?!\w))?"
        rf"(?P<after>\s?(?:%|(?:°\s?[CF]?|{money})(?![A-Za-z])))?)"
    )


def _said(match: re.Match[str], ways: dict[str, Any], language: str) -> str:
    joint = "" if language in ("ja", "zh") else " "
    whole = re.sub(r"\D", "", match["whole"])
    part, scale, money = match["part"], (match["scale"] or "").strip(), (match["before"] or "").strip()
    if match["ordinal"] and len(whole) <= numerals.DIGITS:
        number = numerals.words(int(whole), language, "ordinal")
    elif ways.get("years") and len(match["whole"]) == 4 and not part and not money and 1100 <= int(whole) <= 2099:
        number = numerals.words(int(whole), language, "year")
    else:
        number = _whole(whole, language)
    if part:
        number = joint.join([number, ways["point"], *(_whole(digit, language) for digit in part)])
    sign = (match["after"] or "").strip()
    unit = {"%": ways["percent"], "°": ways["degrees"]}.get(sign[:1], ways["money"].get(sign, ""))
    paid = ways["money"].get(money) or ways["money"].get(money.lstrip("USCAHK"), money)
    minus = ways["minus"] if match["minus"] else ""
    if ways.get("percent_first") and sign == "%":
        number, unit = unit, number
    # What follows a word of ours is kept apart from it, as in "3 GB"; closing punctuation is not.
    glue = " " if match.end() < len(match.string) and match.string[match.end()].isalpha() else ""
    said = joint.join(filter(None, [minus, number, ways["scales"].get(scale, scale), paid, unit]))
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before.isalpha() and joint else "") + said + (glue and joint)


def _whole(digits: str, language: str) -> str:
    """Return *digits* as one number, or one by one where they are a code: too long, or a zero in front."""
    if len(digits) > numerals.DIGITS or (len(digits) > 1 and digits.startswith("0")):
        return " ".join(numerals.words(int(digit), language) for digit in digits)
    return numerals.words(int(digits), language)


def _clock(match: re.Match[str], language: str) -> str:
    hour, minute = _whole(match[1], language), match[2]
    return hour if minute == "00" else f"{hour} {_whole(minute, language)}"


def _western_digits(text: str) -> str:
    """Return *text* with the digits of every script as 0 to 9, and full-width signs as plain ones."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(character))
        if character > "\x7f" and character.isdecimal()
        else "%" if character in "％٪" else "." if character == "．" else character
        for character in text
    )  # fmt: skip
