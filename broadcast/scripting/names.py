"""Names that a sentence has and its sources have not. Pure.

Only where capitals tell: neither Hindi, Japanese nor Chinese has them, and every German noun has one, so that there
only what stands behind no article or adjective counts.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from .facts import facts
from .literals import bare, table
from .ranking import stopwords, terms
from .tongues import tongue
from .utterance import plainly

READ = 4_000  #: characters that are read
CAPITALS = ("en", "de", "fr", "es", "pt", "it", "nl")
WORD = re.compile(r"[^\W_]+(?:['.&-][^\W_]+)*+")
STEM = 4  #: letters that a word and another form of it begin with
#: Words with a capital that are no names of anybody.
UNITS = frozenset(["celsius", "fahrenheit", "kelvin", "richter", "euro", "euros", "watt", "volt", "hertz"])
LITTLE = 5  #: letters; a longer little word with a capital inside a sentence is a name: "Podemos"
TITLED = 0.85  #: share of capitals in a headline
#: Ends of ordinary words that begin a sentence.
ORDINARY = re.compile(r"(?:s|ers?|ors?|[ts]ion|ment|ance|ence|isme?|mente|cion|dad|ung|heit|keit|schaft|ait)$")
ENGLISH = re.compile(r"(?:ing|ed|ly|ity|ness)$")
NOUN_BEFORE = re.compile(
    r"(?:e|e[nrms]|in|n|zum|zur|im|am|vom|beim|als|ein|kein|und|oder|per|pro|ab|bis|je|mit|fur|von|aus|nach|um|auf|bei|uber|unter|durch|ohne|gegen|vor|seit|zu|an)$"
)
#: Nouns behind which another one is what they measure.
MEASURED = re.compile(
    r"(?:meter|liter|gramm|kilo|tonnen?|prozent|euro|dollar|franken|million(?:en)?|milliarden?|uhr|grad|stunden?|tagen?"
    r"|monate?n?|jahre?n?|wochen?|minuten|mal|ende|anfang|mitte|teil|art|zahl|reihe|paar|menge|watt)$",
    re.IGNORECASE,
)
#: Behind these a German noun has its article, and a name has none.
BARE_BEFORE = frozenset(["in", "aus", "von", "nach", "gegen", "bei", "und", "zwischen"])
TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sir",
        "herr",
        "frau",
        "sra",
        "sr",
        "mme",
        "dhr",
        "mevrouw",
        "president",
        "minister",
    ]
)
SCALES = frozenset(["mrd", "mio", "bio", "tsd", "mill"])  #: that German writes with a capital
SKIPPED = TITLES | UNITS | SCALES
ALIASES = (
    frozenset(["us", "usa", "america", "american", "americans", "united", "states"]),
    frozenset(["uk", "britain", "british", "united", "kingdom", "gb"]),
    frozenset(["eu", "european", "union", "europe"]),
    frozenset(["un", "united", "nations", "uno"]),
)


def strange(sentence: str, sources: str, language: str) -> Iterator[str]:
    """Give the names in *sentence* that *sources*, all of its evidence in the same language, do not hold."""
    if language not in CAPITALS:
        return
    known, initials = _known(sources)
    for name in names(sentence, language, sources):
        low = bare(name).lower().removesuffix("'s").rstrip("'")
        if low in known or _another_form(low, known) or low.replace(".", "") in initials:
            continue
        if any(low.replace(".", "") in same and same & known for same in ALIASES):
            continue
        parts = [part for part in re.split(r"[-.&']", low) if len(part) > 1]
        if parts and all(_another_form(part, known) or part in known for part in parts):
            continue
        yield name


@lru_cache(maxsize=128)
def _known(sources: str) -> tuple[frozenset[str], frozenset[str]]:
    found = WORD.findall(plainly(sources[:READ]))
    words = {bare(word).lower().removesuffix("'s") for word in found}
    words |= {f"{word}s" for word in words}  # "Maren Ades Film"
    words |= {part for word in words for part in re.split(r"[-.&']", word) if part}
    words |= {word.replace(".", "") for word in words}
    capitals = "".join(word[0] if word[0].isupper() else " " for word in found).lower()
    row = {capitals[i:j] for i in range(len(capitals)) for j in range(i + 2, min(i + 6, len(capitals) + 1))}
    return frozenset(words), frozenset(one for one in row if " " not in one)


def _another_form(word: str, known: frozenset[str]) -> bool:
    """Say whether one of *known* is *word* with another ending: "German" and "Germany", "Toyota" and "Toyotas"."""
    if word.isdigit():
        return False
    for other in known:
        shared = min(len(word), len(other))
        if shared >= STEM and word[:STEM] == other[:STEM]:
            common = next((i for i in range(shared) if word[i] != other[i]), shared)
            ends = {word[common:], other[common:]}
            if common < max(STEM, shared - 1) or max(map(len, ends)) > STEM:
                continue
            if common == shared or any(
                one in "aeiouy" for one in ends
            ):  # "China" and "Chinese", not "Morel" and "Moreau"
                return True
    return False


def names(sentence: str, language: str, sources: str = "") -> list[str]:
    """Return what in *sentence* is written as a name."""
    text = plainly(sentence[:READ])
    found = list(WORD.finditer(text))
    letters = [match[0] for match in found if match[0][0].isalpha() and len(match[0]) > 3]
    if len(letters) > 3 and sum(word[0].isupper() for word in letters) >= TITLED * len(letters):
        return []
    dated = {word.lower() for fact in facts(sentence, language)
             for word in WORD.findall(fact.raw)}  # fmt: skip
    kept = []
    counting = re.compile(bare(table(language).get("percent") or "(?!)"))
    ignored = _ignored(language)
    for place, match in enumerate(found):
        word = match[0]
        low = word.lower()
        before = text[: match.start()].rstrip()
        first = not before or before[-1] in ".!?:;\"'“„«(" or place == 0
        if len(word) == 1 and word.isupper() and not first and found[place - 1][0][:1].isupper():
            kept.append(word)  # "Model Y"
            continue
        odd = not word[1:].islower() and not word.isdigit() and any(letter.isupper() for letter in word[1:])
        named = word[0].isupper() or (odd and len(word) > STEM)  # "macOS"
        if not named or len(word) < 2 or re.search(r"\d", word) or bare(low) in dated or low in SKIPPED:
            continue
        if odd and not first:
            kept.append(word)
            continue
        little = low in ignored and (first or len(low) < LITTLE or language == "de")
        if (little or counting.fullmatch(bare(low))) and not odd:
            continue
        if first and not odd:
            after = " ".join(one[0] for one in found[place + 1 : place + 4])
            pair = after[:1].isupper() and language != "de" and text[match.end() : match.end() + 1] == " "
            if not (pair or _subject(word, after, sources, language)):
                continue
        elif language == "de" and not odd and not _german_name(word, found[place - 1][0], text, sources):
            continue
        kept.append(word)
    return kept


@cache
def _ignored(language: str) -> frozenset[str]:
    """Return the words that are no names however they are written: little ones and numbers."""
    return (
        stopwords(language)
        | tongue(language).scales.keys()
        | tongue(language).values.keys()
        | tongue(language).points
    )


def _german_name(word: str, previous: str, text: str, sources: str) -> bool:
    """Say whether a German *word* is a name, by what stands before it."""
    if previous[:1].isupper() and previous.lower() not in stopwords("de") and not MEASURED.search(previous):
        return True  # "das Unternehmen Celonis", "Annalena Huber"
    if bare(word).lower() in places("de"):
        return True
    plain = not NOUN_BEFORE.search(bare(previous).lower())
    if plain:
        return not _common_noun(word)
    return not re.search(r"(?:ung|heit|keit|schaft|tion|nis|ment)s?$", word) and _instead(
        word, previous, text, sources
    )


@cache
def places(language: str) -> frozenset[str]:
    """Return the words by which *language* calls countries and well-known cities, in lower case without accents."""
    from babel import Locale, UnknownLocaleError  # slow to import

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    cities = [
        zone.get("city", name.rpartition("/")[2].replace("_", " ")) for name, zone in locale.time_zones.items()
    ]
    countries = [name for code, name in locale.territories.items() if len(code) == 2]
    return frozenset(bare(name).lower() for name in (*countries, *cities) if " " not in name and len(name) > 3)


def _instead(word: str, previous: str, text: str, sources: str) -> bool:
    """Say whether a German *word* stands behind a preposition where its sources have another one."""
    if previous.lower() not in BARE_BEFORE:
        return False
    there = re.findall(rf"\b(?i:{previous}) ([^\W\d_a-zäöüß][^\W\d_]+)", plainly(sources[:READ]))
    return bool(there) and not any(other in text for other in there)


def _common_noun(word: str) -> bool:
    """Say whether a German *word* ends as ordinary nouns do, and not as the names of countries."""
    return not re.search(r"(?:[a-z]ien|land|reich)$", bare(word)) and bool(
        re.search(r"(?:ung|heit|keit|schaft|tion|tat|nis|ment|en|er|te|e|ling|tum|[a-z]{12})s?$", bare(word))
    )


def _subject(word: str, after: str, sources: str, language: str) -> bool:
    """Say whether the first *word* of a sentence stands where its sources have another name.

    It does where what follows it is in the sources, and they begin with a name that it is not.
    """
    if _replaces(word, after, sources):
        return True
    start = WORD.findall(plainly(sources[:READ]))[:1]
    if language == "en" and ENGLISH.search(word.lower()):
        return False
    if not start or not after or ORDINARY.search(bare(word).lower()) or (language == "de" and _common_noun(word)):
        return False
    lead, after = start[0], after.split()[0] if language == "de" else after
    if not lead[0].isupper() or lead.lower() in stopwords(language):
        return False
    return bool(terms(after, language).keys() & terms(sources[:READ], language).keys())


def _replaces(word: str, after: str, sources: str) -> bool:
    """Say whether the words *after* a *word* stand in the sources behind another name: "TSMC will build"."""
    behind = after.split()[:2]
    if len(behind) < 2 or re.search(r"s$", word.removesuffix("'s")):
        return False
    there = re.findall(rf"([^\W\d_][\w.&'-]*) {re.escape(' '.join(behind))}\b", plainly(sources[:READ]))
    return bool(there) and all(
        other[0].isupper() and (other[1:] != other[1:].lower() or other.endswith("'s")) for other in there
    )
