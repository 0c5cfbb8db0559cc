"""Whether a render says its script, going by its subtitles. Pure.

Both are compared as words, numbers by their value. What a listener would not notice is let pass: another way to
write the same, and now and then an ordinary word that recognition took for one that sounds like it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from broadcast.types import Script

from .counting import Word
from .finding import Finding
from .sanitise import base
from .subrip import spoken
from .tongues import plain, tongue
from .utterance import words

ALIKE = 0.5  #: likeness of the letters of two words that recognition may mix up
COUNTED = 0.75  #: the same for the word behind a number: "minutes" are no "months"
SLIPS = 20  #: words of a script, of which one may be misheard
NEAR = 8  #: words of a sentence, of which one may be misheard
CLOSE = 12  #: words of a stretch that is explained word by word
MOST = 3  #: times the length of the script that is read of subtitles
FINDINGS = 20  #: that are told; more say no more
SHOWN = 160  #: characters of a text in a finding
ELSEWHERE = 0.6  #: share of a sentence's pairs of words that must stand together in another place

UNREADABLE = "H0"  #: the code where there is nothing to compare
NUMBER, NAME, MISSING, ADDED, ORDER, NEGATION, WORDING = "H1", "H2", "H3", "H4", "H5", "H6", "H7"
STRICT = ("number", "unit", "negation", "weighty", "name")
NOUN = re.compile(r"(?:ung|heit|keit|schaft|tion|tät|nis|ment)(?:en|s)?$")  #: German ones that are no names
OPPOSITE = re.compile(
    r"^(?:un|in|im|il|ir|de|dis|des|dé|non|ex|out|on|ge|an|ab|auf|zu|over|under|up|down)(?=\w{4})"
)


def heard(script: Script, srt: str) -> list[Finding]:
    """Return how what the SubRip subtitles *srt* say differs from *script*; an empty list where it does not.

    The codes: H0 nothing readable, H1 a number or its unit, H2 a name, H3 left out, H4 added, H5 another order,
    H6 a negation, H7 other words. H0 stands alone. Tolerated is one misheard word in twenty, which is no number,
    name or negation. Never raises, whatever *srt* holds.
    """
    language = base(script.language)
    wanted = _wanted(script, language)
    text = " ".join(word.raw for word in wanted)
    lines = spoken(srt, text)
    said = "\n".join(lines)
    limit = MOST * len(text) + 2000
    got = [word for word in words(said[:limit], language) if word.kind != "stop"]
    if not got:
        return [
            Finding(
                UNREADABLE,
                "there are no subtitles to hear it by"
                if not srt.strip()
                else "the subtitles hold nothing that is said",
            )
        ]
    if not wanted:
        return [Finding(ADDED, "the script has nothing to say", _shown(_raw(got)))]
    found = list(_compared(wanted, got, script, language))
    if len(said) > limit:
        found.append(
            Finding(
                ADDED, f"it says far more than the script: {len(said)} characters where {len(text)} were to be said"
            )
        )
    return found[:FINDINGS]


def _wanted(script: Script, language: str) -> list[Word]:
    """Return the words of *script*, each with the number of its sentence, and the names among them."""
    texts = [sentence.text for segment in script.segments for sentence in segment.sentences]
    sentences = [_said(text, language) for text in texts]
    lower = {word.key for sentence in sentences for word in sentence if word.raw[:1].islower()}
    titled = [language != "de" and _titled(sentence) for sentence in sentences]
    inside = {
        word.key
        for sentence, title in zip(sentences, titled, strict=True)
        for before, word in pairwise(sentence)
        if not title and before.kind != "stop" and word.raw[:1].isupper()
    }
    found = []
    for number, sentence in enumerate(sentences):
        before: Word | None = None
        for word in sentence:
            if word.kind != "stop":
                kind = word.kind
                if not kind and _name(word, before, titled[number], lower, inside, language):
                    kind = "name"
                elif not kind and before and before.kind == "number":
                    kind = "counted"
                found.append(replace(word, sentence=number, kind=kind))
            before = word
    return found


@lru_cache(maxsize=512)  # each render of a script is held against it
def _said(text: str, language: str) -> tuple[Word, ...]:
    return tuple(words(text, language))


def _titled(sentence: Sequence[Word]) -> bool:
    """Say whether a sentence is a headline of which most words have a capital."""
    letters = [word for word in sentence if word.raw[:1].isalpha() and word.kind != "little"]
    return sum(word.raw[:1].isupper() for word in letters) >= 0.8 * len(letters) and len(letters) > 3


def _name(word: Word, before: Word | None, titled: bool, lower: set[str], inside: set[str], language: str) -> bool:
    """Say whether an ordinary *word* of the script may be a name, as far as its letters tell."""
    if language in ("hi", "ja", "zh"):
        return word.raw[:1].isascii()
    if not word.raw[:1].isupper() or word.key in tongue(language).kinds:
        return False
    if len(word.raw) > 1 and not word.raw[1:].islower():
        return True
    first = before is None or before.kind == "stop"
    if language == "de" and not first:
        assert before is not None
        behind = before.raw[:1].islower() and re.search(r"(?:e|e[nrms]|in|n)$", before.raw)
        if NOUN.search(word.raw) or before.kind == "number" or behind:
            return False  # behind an article or an adjective stands a noun
    return word.key in inside if titled else word.key not in lower


# --- comparing


def _compared(wanted: list[Word], got: list[Word], script: Script, language: str) -> Iterator[Finding]:
    stretches = _stretches(wanted, got)
    differing = [one for one in stretches if not _same(wanted[one[0] : one[1]], got[one[2] : one[3]], language)]
    texts = [sentence.text for segment in script.segments for sentence in segment.sentences]
    size = Counter(word.sentence for word in wanted)
    gone: Counter[int] = Counter()
    slips: list[tuple[int, str, str]] = []
    serious: list[tuple[int, int, int, int]] = []
    for stretch in differing:
        left, right = wanted[stretch[0] : stretch[1]], got[stretch[2] : stretch[3]]
        count = _slips(left, right, language)
        if count is None:
            serious.append(stretch)
            gone.update(word.sentence for word in left)
        elif count:
            at = left[0].sentence if left else wanted[min(stretch[0], len(wanted) - 1)].sentence
            slips += [(at, _raw(left), _raw(right))] * count
    missing = {
        number
        for number, count in gone.items()
        if (count >= 0.7 * size[number] and count > 1) or count == size[number]
    }
    yield from _lost(missing, wanted, got, serious, texts)
    moved = bool(missing) and _pairs(wanted)
    for start, end, begin, stop in serious:
        left = [word for word in wanted[start:end] if word.sentence not in missing]
        right = got[begin:stop]
        if left or right:
            again = bool(right) and _share(right, _pairs(wanted)) >= ELSEWHERE
            if again and moved and not left:
                continue  # it has been said that this stands in another place
            yield _finding(left, right, again, wanted[max(0, start - 3) : start], wanted[end : end + 3])
    near = Counter(at for at, _, _ in slips)
    total = sum(size.values()) / (2 if language in ("ja", "zh") else 1)
    if len(slips) > max(2, total / SLIPS):
        yield Finding(WORDING, f"{len(slips)} of {total:.0f} words are others", _examples(slips))
    else:
        for number, count in near.items():
            length = size[number] / (2 if language in ("ja", "zh") else 1)
            if count > max(2 if length > 8 else 1, length / NEAR):
                yield Finding(WORDING, f"{count} words of a sentence are others", _shown(texts[number]))


def _stretches(wanted: list[Word], got: list[Word]) -> list[tuple[int, int, int, int]]:
    """Return where the two differ, as (start, end, begin, stop). A stray word in common does not part a stretch."""
    matcher = SequenceMatcher(None, [word.key for word in wanted], [word.key for word in got], autojunk=False)
    found: list[tuple[int, int, int, int]] = []
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        if found:
            last = found[-1]
            between = wanted[last[1] : start]
            rough = max(last[1] - last[0], last[3] - last[2]) > 2 and max(end - start, stop - begin) > 2
            # What differs on both sides of a number may be one number in two ways: "20 26" and "2026".
            split = len(between) == 1 and between[0].kind in ("number", "and")
            if split or (rough and len(between) <= 2):
                found[-1] = (last[0], end, last[2], stop)
                continue
        found.append((start, end, begin, stop))
    return found


def _same(left: Sequence[Word], right: Sequence[Word], language: str) -> bool:
    """Say whether two stretches are the same words in other writing."""
    strict = [sum(word.kind == "negation" for word in side) for side in (left, right)]
    if strict[0] != strict[1]:
        return False
    version = any(word.key.isdigit() and word.raw.count(".") > 1 for word in left)
    in_words = not any(character.isdigit() for word in right for character in word.raw)

    def digits(word: Word) -> str:
        if word.kind != "number" and not word.key.isdigit():
            return word.key
        key = word.key.replace(".", "") if version else word.key
        if "." in key:  # what is written 19.50 may be said as 19.5
            return key.rstrip("0").rstrip(".") if in_words else key
        return key.lstrip("0") or "0"  # 09:05

    numbers = [
        [digits(word) for word in side if word.kind == "number" or word.key.isdigit()] for side in (left, right)
    ]
    ways: list[Callable[[Word], str]] = [lambda word: word.spoken or plain(word.raw)]
    if len(numbers[0]) != len(numbers[1]) or numbers[0] == numbers[1]:  # "4 and 25" is not "42 and 5"
        ways += [lambda word: word.key, digits]
    for way in ways:
        one, other = ("".join(way(word) for word in side if word.kind != "and") for side in (left, right))
        if one == other:
            return True
    return False


def _slips(left: Sequence[Word], right: Sequence[Word], language: str) -> int | None:
    """Return how many words recognition took for others, or None where that explains nothing."""
    if max(len(left), len(right)) > CLOSE:
        return None
    never = len(left) + len(right) + 1
    costs = [[never] * (len(right) + 1) for _ in range(len(left) + 1)]
    costs[0][0] = 0
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            here = costs[i][j]
            if here >= never:
                continue
            for one, other in ((1, 0), (0, 1), (1, 1), (2, 1), (1, 2), (1, 3)):
                if i + one <= len(left) and j + other <= len(right):
                    cost = _slip(left[i : i + one], right[j : j + other], language)
                    if cost is not None:
                        costs[i + one][j + other] = min(costs[i + one][j + other], here + cost)
    return costs[-1][-1] if costs[-1][-1] < never else None


def _slip(left: Sequence[Word], right: Sequence[Word], language: str) -> int | None:
    """Return what it costs that *right*, of at most three words, was heard for *left*; None for too much."""
    both = (*left, *right)
    if not left or not right:
        return 0 if both[0].kind == "and" else 1 if both[0].kind == "little" else None
    if _same(left, right, language):
        return 0
    if len(both) > 3 or any(word.kind in STRICT for word in both):
        return None
    if all(word.kind in ("little", "and") for word in both) or (language in ("ja", "zh") and len(both) == 2):
        return 1
    one, other = ("".join(word.spoken or word.key for word in side)[:60] for side in (left, right))
    if OPPOSITE.sub("", one) == OPPOSITE.sub("", other):
        return None  # "legal" and "illegal" sound alike as well
    least = COUNTED if left[0].kind == "counted" else ALIKE
    if (
        min(len(one), len(other)) > 5 and least == ALIKE
    ):  # "accepted" and "rejected" are alike in their endings only
        shared = next((count for count in (0, 1) if one[-1 - count] != other[-1 - count]), 2)
        one, other = one[: len(one) - shared], other[: len(other) - shared]
    return 1 if SequenceMatcher(None, one, other, autojunk=False).ratio() >= least else None


# --- telling


def _lost(
    missing: set[int],
    wanted: list[Word],
    got: list[Word],
    serious: list[tuple[int, int, int, int]],
    texts: list[str],
) -> Iterator[Finding]:
    """Give a finding for every sentence that is not said where it should be."""
    extra: set[tuple[str, str]] = set()
    for _, _, begin, stop in serious:
        extra |= _pairs(got[begin:stop])
    for number in sorted(missing):
        own = [word for word in wanted if word.sentence == number]
        if len(own) > 1 and _share(own, extra) >= ELSEWHERE:
            yield Finding(ORDER, "a sentence is said in another place", _shown(texts[number]))
        else:
            yield Finding(MISSING, "a sentence is left out", _shown(texts[number]))


def _pairs(side: Sequence[Word]) -> set[tuple[str, str]]:
    return {(one.key, other.key) for one, other in pairwise(side)}


def _share(side: Sequence[Word], pairs: set[tuple[str, str]]) -> float:
    """Return the share of the pairs of neighbours in *side* that are among *pairs*."""
    own = _pairs(side)
    return len(own & pairs) / len(own) if own else 0.0


def _finding(left: list[Word], right: list[Word], again: bool, before: list[Word], after: list[Word]) -> Finding:
    """Return what to tell of a stretch: the gravest that differs in it."""
    lost, new = Counter(word.key for word in left), Counter(word.key for word in right)
    lost, new = lost - new, new - lost
    differing = [word for word in left if word.key in lost] + [word for word in right if word.key in new]
    kinds = {word.kind for word in differing}
    where = _shown(" ".join(filter(None, (_raw(before), "…" if not left else _raw(left), _raw(after)))))
    if kinds & {"number", "unit"}:
        code, what = NUMBER, "a number is not as in the script"
    elif "negation" in kinds:
        code, what = NEGATION, "a negation is lost or added"
    elif "name" in kinds:
        code, what = NAME, "a name is not as in the script"
    elif not left:
        code, what = ADDED, "words are said twice" if again else "words are added"
    elif not right:
        code, what = MISSING, "words are left out"
    else:
        code, what = WORDING, "other words are said"
    if left and right:
        detail = f"“{_shown(_raw(left))}” is said as “{_shown(_raw(right))}”"
    else:
        detail = f"“{_shown(_raw(left or right))}” is {'left out' if left else 'new'}"
    return Finding(code, f"{what}, {detail}", where)


def _raw(side: Sequence[Word]) -> str:
    return " ".join(word.raw for word in side)


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _examples(slips: list[tuple[int, str, str]]) -> str:
    return _shown(", ".join(f"{one or '…'} / {other or '…'}" for _, one, other in slips[:5]))
