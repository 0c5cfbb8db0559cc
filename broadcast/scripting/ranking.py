"""Which sentences of a story matter. Pure.

Overlap with the title, closeness to the whole text, place in it, and a figure count for a sentence; a pronoun that
points at something before it, a first person and a question count against it. Against editors' own summaries this
does as well as the published summarisers, and needs none of them.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from broadcast.text import yamls

from .sanitise import DENSE

STEMMERS = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian",
    "nl": "dutch", "hi": "hindi", "sv": "swedish", "da": "danish", "no": "norwegian", "fi": "finnish",
    "ru": "russian", "ro": "romanian", "hu": "hungarian", "tr": "turkish", "ar": "arabic",
}  # fmt: skip

FIGURE = re.compile(
    r"[$€£¥₹]\s?\d|\d\s?%|\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+|\d+(?:[.,]\d+)?\s(?:million|billion|Mi[ol]|Mrd|mil)"
)
QUESTION = re.compile(r"[?？؟][\"”’»]?$")
SPEECH = re.compile(r"[“”\"„«»「」]")


class Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # the library's own name


@cache
def _stemmer(language: str) -> Stemmer | None:
    import snowballstemmer  # only a writer needs it

    name = STEMMERS.get(language)
    stemmer: Stemmer | None = snowballstemmer.stemmer(name) if name else None
    return stemmer


@lru_cache(maxsize=20_000)  # words come again and again, and a stem takes as long as ten searches
def _stem(word: str, language: str) -> str:
    stemmer = _stemmer(language)
    return stemmer.stemWord(word) if stemmer else word


@cache
def stopwords(language: str) -> frozenset[str]:
    """Return the words of *language* that carry no meaning; none for a language without a list."""
    import stopwordsiso  # takes as long to import as all of this package

    return frozenset(stopwordsiso.stopwords(language)) if language in stopwordsiso.langs() else frozenset()


def terms(text: str, language: str) -> Counter[str]:
    """Return what *text* is about: stems without stopwords; pairs of characters where no spaces are written."""
    dense = "".join(DENSE.findall(text))
    pairs = [dense[i : i + 2] for i in range(len(dense) - 1)]
    found = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", DENSE.sub(" ", text).lower())
    ignored = stopwords(language)
    return Counter([_stem(word[:40], language) for word in found if word not in ignored] + pairs)


def likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the cosine of two texts' terms, 0 to 1."""
    common = sum(one[term] * other[term] for term in one.keys() & other.keys())
    size = math.sqrt(sum(v * v for v in one.values())) * math.sqrt(sum(v * v for v in other.values()))
    return common / size if size else 0.0


def scores(sentences: Sequence[str], title: str, language: str) -> list[float]:
    """Return how much each of *sentences*, in the order of the story, matters; more is more."""
    counted = [terms(sentence, language) for sentence in sentences]
    spread = Counter(term for one in counted for term in one)
    weight = {term: math.log(1 + len(sentences) / count) for term, count in spread.items()}
    vectors = [{term: count * weight[term] for term, count in one.items()} for one in counted]
    centre: Counter[str] = Counter()
    for vector in vectors:
        for term, value in vector.items():
            centre[term] += value  # type: ignore[assignment]  # a Counter of floats
    head = terms(title, language)
    return [
        likeness(vector, head) + 0.6 * likeness(vector, centre) + 0.8 / (1 + place) + _manner(sentence, language)
        for place, (vector, sentence) in enumerate(zip(vectors, sentences, strict=True))
    ]


def _manner(sentence: str, language: str) -> float:
    """Return what counts for or against a sentence whatever its story is."""
    pointing, own, yours = _words_against(language)
    return (
        0.1 * min(2, len(FIGURE.findall(sentence)))
        - 0.35 * bool(pointing.match(sentence))
        - 0.3 * bool(own.search(sentence))
        - 0.2 * bool(yours.search(sentence))
        - 0.15 * bool(SPEECH.search(sentence))
        - 0.4 * bool(QUESTION.search(sentence))
        - 0.15 * sentence.endswith(("!", "！"))
    )


@cache
def _words_against(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what finds the words that point back, the speaker's own and the reader's, in *language*."""
    table = yamls.table(Path(__file__).with_name("manner.yaml"))
    listed = {name: "|".join(map(re.escape, words)) for name, words in table.get(language, {}).items()}
    pointing, own, yours = (listed.get(name, "(?!)").replace("'", "['’]") for name in ("pointing", "own", "yours"))
    letter = r"[\w\u0900-\u097f]"
    before, after = (f"(?<!{letter})", f"(?!{letter})") if language not in ("ja", "zh") else ("", "")
    # "US" is a country and "us" is we: what stands in capitals is a name.
    spoken = before + "(?![A-Z]{2})"
    return (
        re.compile(f"[\"“„«'‘(]*(?:{pointing}){after}", re.IGNORECASE),
        re.compile(f"{spoken}(?i:{own}){after}"),
        re.compile(f"{spoken}(?i:{yours}){after}"),
    )
