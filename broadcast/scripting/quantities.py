"""The figure that a sentence is about, as words of the sentence itself. Pure."""

import re
from collections.abc import Iterator

from .lint import OVERLAY
from .ranking import stopwords

BEFORE = r"[A-Za-z0-9.,$€£¥₹₩₽-]"  #: a number behind one of these has begun before
CJK = r"\d[\d,.]*(?:[百千万萬億亿兆]+(?:\d[\d,.]*)?)+"  #: "3億4000万"
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
    rf"|(?<!{BEFORE})(?:{CJK}|(?:{NUMBER})(?:\s?(?:{SCALE}))?)\s?(?:(?:d['’]|de\s|di\s)?(?:{MONEY_WORD})|[€£¥₹])"
)
PERCENT = re.compile(
    rf"(?<!{BEFORE})[+−-]?(?:{NUMBER})\s?(?:%|％|percentage points?|per\s?cent|Prozentpunkte|Prozent|pour cent"
    r"|por ciento|por cento|per cento|procent|प्रतिशत|パーセント|ポイント)"
)
LARGE = re.compile(rf"(?<!{BEFORE})(?:{CJK}|(?:{NUMBER})\s(?:{SCALE})(?!\w)|{NUMBER})(?![A-Za-z0-9%°]|[.,:/-]\d)")
LETTER = r"(?:[^\W\d_]|[\u0900-\u0dff])"  # vowel signs are no letters to `re`
WORD = re.compile(rf"\s({LETTER}+(?:[’'-]{LETTER}+)*)")
#: What stands between a number and its noun: "114 additional French fighter jets". Elsewhere the noun comes first.
BETWEEN = {
    "en": re.compile(
        r"[A-Z].*|.*(?:al|an|ese|ish|ic|ive|ous|ary|able|ible|ful|less|ern|ing|ed|ar|er-?old)"
        r"|new|more|fresh|extra|young|old|large|small|big|high|low|different|human|fighter|square|cubic|metric"
    ),
    "de": re.compile(r"[a-zäöüß]{2,}(?:e|en|er|es)"),
    "nl": re.compile(r"[a-z]{3,}(?:e|se)"),
}
COUNTER = re.compile(r"[人名件台個本社票歳年月日か国円回位户家个辆吨米公里元倍]")


def span(sentence: str, language: str) -> str:
    """Return the shortest words of *sentence* that show its strongest quantity, at most `OVERLAY` characters.

    Money and percentages first, then a large number with its noun; "" where there is none. A bare small number or
    a year is none: nobody knows what it counts.
    """
    for found in (*MONEY.finditer(sentence), *PERCENT.finditer(sentence)):
        text = found[0].strip()
        if len(text) <= OVERLAY and _whole(sentence, found) and not re.match(r"100\s?[%％p]", text):
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
        shown = number + _noun(rest, language)
        if number != shown and len(shown) <= OVERLAY:
            yield digits + 6 * scaled, shown


def _noun(rest: str, language: str) -> str:
    """Return the beginning of *rest* that names what was counted, or "" where that cannot be told."""
    between, end = BETWEEN.get(language), 0
    for _ in range(4):
        word = WORD.match(rest, end)
        if word is None:
            return ""
        end = word.end()
        if between and between.fullmatch(word[1]):
            continue
        return "" if word[1].lower() in stopwords(language) else rest[:end]
    return ""


def _whole(sentence: str, found: re.Match[str]) -> bool:
    """Say whether no digit of the quantity was left outside."""
    return not re.match(r"[.,]?\d", sentence[found.end() :])
