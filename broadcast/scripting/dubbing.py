"""Whether a dub says the numbers and names of the script it was made from, going by its subtitles. Pure.

The words of two languages cannot be compared; what must be the same in both can: quantities, dates, identifiers,
and names where both languages write them in Latin letters.
"""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cache

import babel

from broadcast.types import Script, Segment, Sentence

from .fact import Fact
from .facts import facts
from .finding import Finding
from .literals import bare
from .names import CAPITALS, names
from .sanitise import base
from .subrip import spoken
from .timing import seconds

UNREADABLE, NUMBER, NAME = "D0", "D1", "D2"  #: codes
ALIKE = 0.6  #: likeness of the letters of a name in two languages: "Londres" is London
SHORT = 3  #: letters of a name; shorter ones are abbreviations, which languages have of their own: EU, UE
SMALL = 12  #: a number up to it may be a word like any other: "one of them", "two" for "both"
FINDINGS = 20  #: that are told
FIGURES = re.compile(r"\d+(?:[.,'’\u00a0\u202f ]\d+)*")
TRIES = 64  #: corrections that are tried

Key = tuple[str, Decimal, str, tuple[int | None, int | None, int | None]]


def deviations(script: Script, srt: str, language: str) -> list[Finding]:
    """Return which numbers and names of *script* the subtitles *srt*, in *language*, lack or have besides.

    The codes: D0 nothing readable, D1 a number, D2 a name. An empty list where there are none.
    """
    lines = spoken(srt, "")
    if not lines:
        return [Finding(UNREADABLE, "the dub has no subtitles to hear it by")]
    said = " ".join(lines)
    wanted, got = _stated(_text(script), script.language), _stated(said, language)
    lacks, besides = "the dub lacks a number", "the dub has a number that the script has not"
    found = [Finding(NUMBER, lacks, raw) for key, raw in wanted.items() if not _among(key, got)]
    found += [Finding(NUMBER, besides, raw) for key, raw in got.items() if not _among(key, wanted)]
    found += [Finding(NAME, "the dub lacks a name", name) for name in _lost(script, said, language)]
    return found[:FINDINGS]


def corrected(script: Script, srt: str, language: str) -> str | None:
    """Return *srt* with its wrong figures put right, where that makes it say the script's numbers and names.

    Only figures that the script does not have are changed, each into one of the script's that the dub lacks. None
    where there is no such change, or more than one.
    """
    theirs = {_digits(match[0]) for match in FIGURES.finditer(_text(script))}
    ours = {_digits(match[0]) for line in spoken(srt, "") for match in FIGURES.finditer(line)}
    wrong, lacking = sorted(ours - theirs), sorted(theirs - ours)
    shown = {_digits(match[0]): match[0] for match in FIGURES.finditer(_text(script))}
    if not wrong or len(wrong) * len(lacking) > TRIES:
        return None
    good = set()
    for figure in wrong:
        for other in lacking:
            changed = _replaced(srt, figure, _written(shown[other], script.language, language))
            if not deviations(script, changed, language):
                good.add(changed)
    return good.pop() if len(good) == 1 else None


def dubbed(script: Script, srt: str, language: str) -> Script:
    """Return *script* as its dub in *language* says it, going by the dub's subtitles."""
    words = " ".join(spoken(srt, ""))
    said = tuple(Sentence(text=text) for text in _sentences(words, language))
    if not said:
        return script
    body = Segment(kind="story", sentences=said, seconds=seconds(words, language), writer=script.writer)
    return script.model_copy(update={"language": language, "segments": (body,)})


def _sentences(text: str, language: str) -> list[str]:
    from sentencex import segment  # as long an import as the rest of a start

    return [one.strip() for one in segment(language, text) if one.strip()]


def _text(script: Script) -> str:
    return " ".join(segment.text for segment in script.segments)


def _stated(text: str, language: str) -> dict[Key, str]:
    """Return what *text* states that must be the same in every language, and how it says it."""
    stated: dict[Key, str] = {}
    for sentence in _sentences(text, base(language)):
        for fact in facts(sentence, language):
            if key := _key(fact):
                stated.setdefault(key, fact.raw or str(key[1]))
    return stated


def _key(fact: Fact) -> Key | None:
    if fact.kind in ("weekday", "day", "time") or fact.loose:
        return None  # languages differ in how they say these: "heute Nacht", "half past two"
    value = fact.value * fact.factor
    if fact.kind == "amount" and not fact.unit and value <= SMALL and value == int(value):
        return None
    return fact.kind, value.normalize(), fact.unit, fact.date


def _among(key: Key, others: dict[Key, str]) -> bool:
    """Say whether *key* is one of *others*: the same, or an amount whose unit only one of the two says."""
    if key in others:
        return True
    kind, value, unit, date = key
    if kind == "date":
        return any(other[0] == "date" and _fits(date, other[3]) for other in others) or (
            date[1:] == (None, None) and any(other[0] == "amount" and other[1] == date[0] for other in others)
        )
    if kind != "amount":
        return False
    if not unit and any(other[3][0] == value for other in others if other[0] == "date"):
        return True
    return any(other[1] == value and (not unit or not other[2]) for other in others if other[0] == "amount")


def _fits(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    return all(a == b or a is None or b is None for a, b in zip(one, other, strict=True))


def _lost(script: Script, said: str, language: str) -> Iterator[str]:
    """Give the names of *script* that nothing in what was *said* is like."""
    if base(script.language) not in CAPITALS or base(language) not in CAPITALS:
        return
    there = {bare(word).lower() for word in re.findall(r"[^\W\d_]{2,}", said)}
    counted: Counter[str] = Counter()
    for segment in script.segments:
        if segment.kind != "story":
            continue  # the greeting has a programme's name, which a dub may translate
        for sentence in segment.sentences:
            counted.update(names(sentence.text, base(script.language)))
    for name in counted:
        forms = {bare(name).lower(), *_abroad(name, base(script.language), base(language))}
        parts = [part for form in forms for part in re.findall(r"[^\W\d_]{2,}", form) if len(part) > SHORT]
        if parts and not any(_alike(part, word) for part in parts for word in there):
            yield name


def _alike(name: str, word: str) -> bool:
    """Say whether *word* may be *name* in another language: "Londres" for London, "otan" for nato."""
    if name[:SHORT] == word[:SHORT] or sorted(name) == sorted(word):
        return True
    return name[0] == word[0] and SequenceMatcher(None, name, word, autojunk=False).ratio() >= ALIKE


def _abroad(name: str, language: str, other: str) -> Iterator[str]:
    """Give what the country or language called *name* is called in the language *other*."""
    known, theirs = _places(language), _places(other)
    for code in known.get(bare(name).lower(), ()):
        yield from (word for word, codes in theirs.items() if code in codes)


@cache
def _places(language: str) -> dict[str, frozenset[str]]:
    locale = babel.Locale(language)
    found: dict[str, frozenset[str]] = {}
    for table in (locale.territories, locale.languages):
        for code, word in table.items():
            low = bare(word).lower()
            found[low] = found.get(low, frozenset()) | {str(code)}
    return found


def _digits(figure: str) -> str:
    return re.sub(r"\D", "", figure)


def _written(figure: str, language: str, other: str) -> str:
    """Return *figure*, as *language* writes it, as the language *other* does."""
    one, two = (babel.Locale(base(each)).number_symbols["latn"] for each in (language, other))
    swap = {one["group"]: two["group"], one["decimal"]: two["decimal"]}
    return "".join(swap.get(character, character) for character in figure)


def _replaced(srt: str, digits: str, figure: str) -> str:
    """Return *srt* with every figure of those *digits* as *figure*; times and numbers of cues are left alone."""
    lines = srt.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if "-->" not in line and not line.strip().isdecimal():
            lines[at] = FIGURES.sub(lambda match: figure if _digits(match[0]) == digits else match[0], line)
    return "".join(lines)
