"""The figure that a sentence is about, as words of the sentence itself. Pure."""

import re
from collections.abc import Iterator

from .lint import OVERLAY
from .ranking import stopwords

NUMBER = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?![\d])(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
SCALE = (
    r"thousand|million|billion|trillion|[kKmM]|mn|bn|tn|B|Tausend|Millionen|Million|Mio\.?|Milliarden?|Mrd\.?|mille|millions?"
    r"|milliards?|Mds?|mil|mill[oó]n(?:es)?|milh(?:ão|ões)|bilh(?:ão|ões)|mila|milion[ei]|miliard[oi]|miljoen|miljard"
    r"|mln\.?|mld\.?|हज़ार|लाख|करोड़|अरब|万|萬|億|亿|兆|千|百万|万亿"
)
SIGN = r"(?:US|CA|C|A|HK|R|NZ)?[$€£¥₹₩₽]"
MONEY_WORD = (
    r"dollars?|euros?|pounds?|yen|yuan|rupees?|Dollar|Euro|Pfund|livres|dólares|libras|reais|dollari|sterline"
    r"|डॉलर|रुपये|यूरो|ドル|円|ユーロ|美元|欧元|元|人民币|USD|EUR|GBP|CHF|JPY"
)
MONEY = re.compile(
    rf"{SIGN}\s?(?:{NUMBER})(?:[\s-]?(?:{SCALE})(?!\w))?"
    rf"|(?<![\w.,])(?:{NUMBER})(?:\s?(?:{SCALE}))?\s?(?:(?:d['’]|de\s|di\s)?(?:{MONEY_WORD})|[€£¥₹])"
)
PERCENT = re.compile(
    rf"(?<![\w.,])[+−-]?(?:{NUMBER})\s?(?:%|％|percentage points?|per\s?cent|Prozentpunkte|Prozent|pour cent"
    r"|por ciento|por cento|per cento|procent|प्रतिशत|パーセント|ポイント)"
)
LARGE = re.compile(
    rf"(?<![\w.,$€£¥₹-])(?:(?:{NUMBER})\s(?:{SCALE})(?!\w)|(?:{NUMBER})(?:万|億|亿|千|百万)|{NUMBER})(?![\w%°]|[.,:/-]\d)"
)
NOUN = re.compile(r"\s((?:[^\W\d_]+[’'-]?)+)(?:\s((?:[^\W\d_]+[’'-]?)+))?")
COUNTER = re.compile(r"[人名件台個本社票歳年月日か国円回位户家个辆吨米公里元倍]")


def span(sentence: str, language: str) -> str:
    """Return the shortest words of *sentence* that show its strongest quantity, at most `OVERLAY` characters.

    Money and percentages first, then a large number with its noun; "" where there is none. A bare small number or
    a year is none: nobody knows what it counts.
    """
    for found in (*MONEY.finditer(sentence), *PERCENT.finditer(sentence)):
        text = found[0].strip()
        if len(text) <= OVERLAY and _whole(sentence, found):
            return text
    counted = sorted(_counted(sentence, language), key=lambda pair: (-pair[0], len(pair[1])))
    return counted[0][1] if counted else ""


def _counted(sentence: str, language: str) -> Iterator[tuple[int, str]]:
    """Give (digits, span) for each large number that is followed by what it counts."""
    for found in LARGE.finditer(sentence):
        number = found[0]
        digits = len(re.sub(r"\D", "", number))
        scaled = bool(re.search(r"[^\W\d]", number))
        if not scaled and (digits < 3 or re.fullmatch(r"1[1-9]\d\d|20\d\d", number)):
            continue
        rest = sentence[found.end() :]
        if unit := COUNTER.match(rest):
            if unit[0] not in "年月日":
                yield digits + 6 * scaled, number + unit[0]
            continue
        noun = NOUN.match(rest)
        ignored = stopwords(language)
        if noun is None or not noun[1][0].isalpha():
            continue
        after = noun[1] if noun[1].lower() not in ignored or not noun[2] else f"{noun[1]} {noun[2]}"
        if after.lower() in ignored or after.split()[-1].lower() in ignored:
            continue
        shown = f"{number} {after}"
        if len(shown) <= OVERLAY:
            yield digits + 6 * scaled, shown


def _whole(sentence: str, found: re.Match[str]) -> bool:
    """Say whether no digit of the quantity was left outside."""
    return not re.match(r"[.,]?\d", sentence[found.end() :])
