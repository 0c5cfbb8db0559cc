"""Whole numbers in words. Pure."""

from functools import lru_cache
from typing import Literal

#: A longer row of digits is no quantity.
DIGITS = 15

#: 0 to 99: none of them can be derived from the others.
HINDI_WORDS = (
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस "
    "इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस "
    "छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस "
    "अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ "
    "चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर "
    "अठहत्तर उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे "
    "बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
)
HINDI = HINDI_WORDS.split()
HINDI_SCALES = ((10**7, "करोड़"), (10**5, "लाख"), (1000, "हज़ार"), (100, "सौ"))

CHINESE = "零一二三四五六七八九"
CHINESE_SCALES = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))


@lru_cache(maxsize=4096)
def words(number: int, language: str, form: Literal["cardinal", "ordinal", "year"] = "cardinal") -> str:
    """Return *number*, 0 or more and of at most `DIGITS` digits, in words; in digits where nobody knows better.

    num2words knows most languages, though neither Hindi nor Chinese.
    """
    if language == "hi":
        return _hindi(number)
    if language == "zh":
        return _chinese(number)
    # The import takes as long as the rest of a start.
    from num2words import num2words

    try:
        return str(num2words(number, lang=language, to=form))
    except (NotImplementedError, OverflowError, ValueError, KeyError, IndexError, TypeError):
        return str(number)  # languages differ in what they miss, and in how they say so


def _hindi(number: int) -> str:
    for scale, name in HINDI_SCALES:
        if number >= scale:
            rest = f" {_hindi(number % scale)}" if number % scale else ""
            return f"{_hindi(number // scale)} {name}{rest}"
    return HINDI[number]


def _chinese(number: int) -> str:
    for scale, name in CHINESE_SCALES:
        if number >= scale:
            rest = number % scale
            gap = "零" if 0 < rest < scale // 10 else ""
            return f"{_chinese(number // scale)}{name}{gap}{_chinese(rest) if rest else ''}"
    return CHINESE[number]
