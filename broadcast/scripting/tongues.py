"""What is known of each language that is spoken: its little words, its numbers, its signs. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls

from . import numerals
from .ranking import stopwords

LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e])"

#: Inside a number a word agrees with its noun, or is shorter: as `numerals` has it, and as it may stand there.
VARIANTS = {
    "de": (("eins", "ein"), ("zwei", "zwo"), ("einhundert", "hundert")),
    "fr": (("cents", "cent"), ("vingts", "vingt")),
    "es": (("cientos", "cientas"), ("quinientos", "quinientas"), ("uno", "un"), ("uno", "una")),
    "pt": (
        ("entos", "entas"),
        ("dois", "duas"),
        ("um", "uma"),
        ("catorze", "quatorze"),
        ("dezasseis", "dezesseis"),
        ("dezassete", "dezessete"),
        ("dezanove", "dezenove"),
    ),
}


@dataclass(frozen=True)
class Tongue:
    """What is known of a language."""

    language: str
    kinds: dict[str, str]
    ones: frozenset[str]
    scales: dict[str, int]
    points: frozenset[str]
    percent: tuple[str, ...]
    money: dict[str, str]
    values: dict[str, int]
    begins: frozenset[str]
    ways: dict[str, Any]


@lru_cache(maxsize=16_384)
def plain(word: str) -> str:
    """Return *word* without case, accents of Latin letters, and what two keyboards write differently."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFD", word.casefold())
    # A nasal vowel of Devanagari is written with either sign, its borrowed consonants with or without a dot.
    word = re.sub(r"[\u0300-\u036f\u093c\u200c\u200d]", "", word).replace("\u0901", "\u0902")
    return unicodedata.normalize("NFC", word)


@cache
def tongue(language: str) -> Tongue:
    """Return what is known of *language*, a base language."""
    path = Path(__file__).with_name("heard.yaml")
    table = yamls.table(path)
    own: dict[str, Any] = table.get(language) or table["other"]
    spoken = yamls.table(path.with_name("spoken.yaml"))
    ways: dict[str, Any] = spoken.get(language) or spoken["other"]

    def listed(name: str) -> list[str]:
        return [plain(word) for word in str(own.get(name, "")).split()]

    kinds = dict.fromkeys((plain(word) for word in stopwords(language) if len(word) <= 4), "little")
    kinds |= dict.fromkeys(listed("ands"), "and")
    kinds |= dict.fromkeys([*listed("weighty"), plain(ways["minus"])], "weighty")
    kinds |= dict.fromkeys(listed("negations"), "negation")
    ones, scales = listed("ones"), {plain(word): power for word, power in own.get("scales", {}).items()}
    values: dict[str, int] = {}
    begins = {*ones}
    for spelled, number in _spelled(language, own):
        for written in _variants(spelled, language):
            begins.add(written[0])
            values["".join(written)] = number
            if language == "en":
                values.setdefault("".join(word for word in written if word != "and"), number)
    for word in (*ones, *scales, *listed("articles")):
        values.pop(word, None)
    units = [plain(name) for name in ways["money"].values() if " " not in name]
    return Tongue(
        language=language,
        kinds=kinds,
        ones=frozenset([*ones, *listed("articles")]),
        scales=scales,
        points=frozenset(map(plain, [ways["point"], ways.get("dot", ways["point"]), *listed("points")])),
        percent=tuple(map(plain, re.findall(rf"{LETTER}+", ways["percent"]))),
        money={unit.removesuffix("s"): unit for unit in units} | {unit: unit for unit in units},
        values=values,
        begins=frozenset(begins),
        ways=ways,
    )


def _spelled(language: str, own: dict[str, Any]) -> Iterator[tuple[list[str], int]]:
    """Give the words of every number below a thousand, and of every ordinal up to a hundred."""
    if language in ("ja", "zh") or not own:
        return
    endings = [plain(ending) for ending in str(own.get("endings", "")).split()]
    for number in range(1000):
        text = plain(numerals.words(number, language))
        yield re.findall(rf"{LETTER}+", text), number
        if not 1 <= number <= 100:
            continue
        stem = text if language == "hi" else plain(numerals.words(number, language, "ordinal"))
        if endings and language != "hi":
            stem = stem.removesuffix(endings[0])
        for ending in endings or [""]:
            yield re.findall(rf"{LETTER}+", stem + ending), number
    for word, number in own.get("ordinals", {}).items():
        yield [plain(word)], number


def _variants(spelled: list[str], language: str) -> Iterator[list[str]]:
    yield spelled
    for usual, other in VARIANTS.get(language, ()):
        if any(usual in word for word in spelled):
            yield [word.replace(usual, other) for word in spelled]
