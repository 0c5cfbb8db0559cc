"""Words into phrases that stand on screen together, and into SubRip. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .voice import Word

EARLY = 0.08  #: seconds a phrase appears before its first word
HOLD = 0.4  #: seconds a phrase stays at most when nothing follows it

#: Where a sentence is cut the most readily: behind these.
PAUSES = tuple(",;:–—،؛，、；：।")


@dataclass(frozen=True)
class Phrase:
    """Words that are shown together, from *start* to *end*, in seconds."""

    words: tuple[Word, ...]
    start: float
    end: float

    @property
    def text(self) -> str:
        return joined(self.words)


def joined(words: Iterable[Word]) -> str:
    """Return *words* as they are written."""
    return "".join(word.text if word.glued else f" {word.text}" for word in words).strip()


def phrases(
    sentences: Iterable[Sequence[Word]], room: float, width: Callable[[Sequence[Word]], float]
) -> list[Phrase]:
    """Cut *sentences* into phrases at most *room* wide, of about the same width within a sentence.

    *width* measures words as they will be shown; a single word may be wider than *room*.
    """
    groups: list[tuple[Word, ...]] = []
    for sentence in sentences:
        groups.extend(_cut(sentence, room, width))
    found = [Phrase(group, max(group[0].start - EARLY, 0.0), group[-1].end + HOLD) for group in groups]
    for number, (one, two) in enumerate(pairwise(found)):
        if two.start < one.end + 0.25:  # no flicker
            found[number] = Phrase(one.words, one.start, two.start)
    return found


def _cut(sentence: Sequence[Word], room: float, width: Callable[[Sequence[Word]], float]) -> list[tuple[Word, ...]]:
    whole = width(sentence)
    rows = max(1, -(-int(whole) // max(int(room), 1)))
    groups: list[tuple[Word, ...]] = []
    current: list[Word] = []
    done = 0.0
    for word in sentence:
        if current:
            so_far = width(current)
            target = (whole - done) / max(rows - len(groups), 1)
            full = width([*current, word]) > room
            enough = so_far >= target - width([word]) / 2 and rows > len(groups) + 1
            pause = current[-1].text.endswith(PAUSES) and so_far > 0.6 * target and rows > len(groups) + 1
            if full or enough or pause:
                groups.append(tuple(current))
                done += so_far
                current = []
        current.append(word)
    return [*groups, tuple(current)] if current else groups


def subrip(found: Iterable[Phrase]) -> str:
    """Return the phrases as a SubRip file."""
    cues = []
    for number, phrase in enumerate(found, 1):
        cues.append(f"{number}\n{_stamp(phrase.start)} --> {_stamp(phrase.end)}\n{phrase.text}\n")
    return "\n".join(cues)


def _stamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    return (
        f"{thousandths // 3_600_000:02}:{thousandths // 60_000 % 60:02}"
        f":{thousandths // 1000 % 60:02},{thousandths % 1000:03}"
    )
