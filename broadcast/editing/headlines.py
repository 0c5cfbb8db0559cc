"""The words of headlines: what two of them have in common, and what one has in place of another. Pure."""

import math
import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from .synonyms import same

STEM = 5  #: characters by which a word is known
NUMBERS = 8_000  #: characters in which numbers are looked for
GRAM, DENSE_GRAM = 4, 2  #: characters; fewer where no spaces are written
TEMPLATE = 0.6  #: the share of equal words from which a headline is another one with a name replaced
PHRASE = 0.5  #: the same where what is replaced is no name

WORD = re.compile(r"\w+(?:[.,:]\d+)*")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
GROUPS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
DENSE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
#: Words that every headline has: in a small pool nothing else would show that they are common.
ENGLISH = (
    "a about after against all an and are as at be been before by can could first for from had has have he her his"
    " how in into is it its more new no not of off on or out over says than that the their they this to up was we"
    " were what when who why will with you"
)
GERMAN = (
    "ab als am an auf aus bei beim bis das dem den der des die ein eine einem einen einer es für gegen hat im in"
    " ist mehr mit nach nicht sich sind so über um und vom von vor war was wegen wer wie will wird zu zum zur"
)
SPANISH = (
    "a al ante como con contra cómo de del desde dónde e el en es está este esta fue ha han la las lo los más no o"
    " para pero por que qué se ser sin sobre son su sus tras un una uno y ya"
)
FRENCH = (
    "au aux avec ce ces dans des du elle en est et il la le les leur mais n ne ou où par pas plus pour qu que qui"
    " sa s se ses sont sur une un vers"
)
LITTLE = frozenset(f"{ENGLISH} {GERMAN} {SPANISH} {FRENCH}".split())


def grams(text: str) -> dict[str, float]:
    """Return the grams of *text*: of its words without the little ones, each with a space on both sides.

    A word has one weight, however long: a minister's title says no more than her name.
    """
    found: dict[str, float] = {}
    for word in WORD.findall(text.casefold()):
        if word in LITTLE:
            continue
        parts, weight = _parts(word)
        for gram in parts:
            found[gram] = found.get(gram, 0.0) + weight
    return found


@lru_cache(maxsize=4_096)
def _parts(word: str) -> tuple[tuple[str, ...], float]:
    """Return the grams of one word, and what each of them weighs."""
    if word.isascii() or not DENSE.search(word):
        word, size = f" {word} ", GRAM
        weight = 1 / math.sqrt(max(len(word) - size + 1, 1))
    else:
        size, weight = DENSE_GRAM, 1.0
    return tuple(word[at : at + size] for at in range(max(len(word) - size + 1, 1))), weight


def content(text: str) -> list[str]:
    """Return the words of *text* without the little ones; pairs of characters where no spaces are written."""
    words = (word for word in WORD.findall(text.casefold()) if word not in LITTLE)
    return [part for word in words for part in (grams(word) if DENSE.search(word) else (word,))]


def stems(text: str) -> frozenset[str]:
    """Return what the words of *text* begin with."""
    return frozenset(word[:STEM] for word in content(text))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers in *text* in one spelling: "1,200" and "1.200" are 1200, "٣٫٥" is no other than 3.5."""
    found = (GROUPS.sub("", number) for number in NUMBER.findall(text[:NUMBERS]))
    return frozenset(
        "".join(str(unicodedata.decimal(each)) if each.isdecimal() else "." for each in number) for number in found
    )


def replaced(one: str, other: str) -> bool:
    """Say whether *other* is *one* with a name or a number replaced: "Fire in Leeds" and "Fire in York"."""
    low, under, likeness, changes = _aligned(one, other)
    if likeness < TEMPLATE:
        return False
    a, b = WORD.findall(one), WORD.findall(other)
    for i, j, k, end in changes:
        here = {word.casefold() for word in a[max(i, 1) : j] if _named(word)} - set(under)
        there = {word.casefold() for word in b[max(k, 1) : end] if _named(word)} - set(low)
        if here and there:
            return True
    return False


@lru_cache(maxsize=64)
def _aligned(one: str, other: str) -> tuple[list[str], list[str], float, list[list[int]]]:
    """Return the words of both, how much of them is equal in its order, and the places where they are not."""
    low, under = ([word.casefold() for word in WORD.findall(each)] for each in (one, other))
    match = SequenceMatcher(None, low, under, autojunk=False)
    likeness = match.ratio()
    if likeness < PHRASE:
        return low, under, likeness, []
    return low, under, likeness, [places for tag, *places in match.get_opcodes() if tag == "replace"]


def _named(word: str) -> bool:
    return word[0].isupper() or word[0].isdigit()


def spoken(*texts: str) -> str:
    """Return all words of *texts*, with a space before each."""
    return " " + " ".join(WORD.findall(" ".join(texts).casefold()))


def share(words: Sequence[str], said: str) -> float:
    """Return how many of *words* are among those *said*, 0 to 1."""
    return sum(known(word, said) for word in words) / len(words) if words else 0.0


def known(word: str, said: str) -> bool:
    """Say whether *word* is among those *said*, inflected, in the plural or as a part of a longer one."""
    if len(word) >= STEM:
        return word[: min(STEM, len(word) - 1)] in said
    return word in said if DENSE.match(word) else f" {word}" in said


def rephrased(one: str, other: str, said: str, also: str) -> bool:
    """Say whether *other* is *one* with something else in one place: "approves the pension bill", "… the budget".

    *said* and *also* are all words of one and of the other outlet. A word that means the same is nothing else.
    """
    a, b, likeness, changes = _aligned(one, other)
    if likeness < PHRASE:
        return False
    for i, j, k, end in changes:
        here = [word for word in a[i:j] if word not in LITTLE and not known(word, also)]
        there = [word for word in b[k:end] if word not in LITTLE and not known(word, said)]
        left = [word for word in here if not any(same(word, each) for each in b)]
        if left and [word for word in there if not any(same(word, each) for each in a)]:
            return True
    return False
