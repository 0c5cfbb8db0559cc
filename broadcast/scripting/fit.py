"""Which sentences are told in the time there is. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

POOL = 24  #: sentences that are tried in pairs to fill the last gap


@dataclass(frozen=True)
class Line:
    """A sentence that may be told."""

    story: int
    place: int  #: in the draft, which is the order of telling
    rank: int  #: as in `Sentence`
    seconds: float
    told: str  #: equal for two sentences that say the same


def fit(stories: Sequence[Sequence[Line]], *, low: float, full: float, most: float) -> list[Line] | None:
    """Return the lines to tell, in the order of telling: at least one of each of *stories*.

    They are taken by rank until they take *full* seconds. Where that leaves them under *low* because the next
    ones are too long, one is exchanged, so that they come as close as can be, and never over *most*. None where
    one line of each story is too much already; a single story keeps its shortest line in any case.
    """
    kept = _anchors(stories, most)
    if kept is None:
        return None
    told = {line.told for line in kept}
    rest = sorted(
        (line for lines in stories for line in lines if line not in kept),
        key=lambda line: (line.rank, line.story, line.place),
    )
    total = _seconds(kept)
    for line in rest:
        if line.told not in told and total + line.seconds <= full:
            kept.append(line)
            told.add(line.told)
            total += line.seconds
    if total < low:
        kept = min(_exchanges(kept, rest, most), key=lambda lines: _regret(lines, low), default=kept)
    return sorted(kept, key=lambda line: (line.story, line.place))


def _anchors(stories: Sequence[Sequence[Line]], most: float) -> list[Line] | None:
    """Return one line of each story: its best, or from the last story on its shortest where time is short."""
    kept: list[Line] = []
    for lines in stories:
        told = {line.told for line in kept}
        fresh = [line for line in lines if line.told not in told] or lines
        kept.append(min(fresh, key=lambda line: (line.rank, line.place)))
    for number in reversed(range(len(kept))):
        if _seconds(kept) <= most:
            break
        others = {line.told for line in kept if line.story != number}
        fresh = [line for line in stories[number] if line.told not in others] or stories[number]
        kept[number] = min(fresh, key=lambda line: (line.seconds, line.rank, line.place))
    return kept if _seconds(kept) <= most or len(kept) == 1 else None


def _exchanges(kept: list[Line], rest: Sequence[Line], most: float) -> Iterator[list[Line]]:
    """Give *kept*, and what becomes of it when at most one line makes way for one or two others."""
    yield kept
    pool = [line for line in rest if line not in kept][:POOL]
    added = [*combinations(pool, 1), *combinations(pool, 2)]
    for out in [None, *kept]:
        stay = [line for line in kept if line is not out]
        room = most - _seconds(stay)
        told = {line.told for line in stay}
        homes = {line.story for line in stay}
        for lines in added:
            new = {line.told for line in lines}
            if out and out.story not in homes | {line.story for line in lines}:
                continue
            if _seconds(lines) <= room and len(new) == len(lines) and not new & told:
                yield [*stay, *lines]


def _regret(lines: Sequence[Line], low: float) -> tuple[float, int, float, list[tuple[int, int]]]:
    """Order choices: as little time missing as can be, then the best ranks, then the shortest."""
    missing = round(max(0.0, low - _seconds(lines)), 2)
    places = sorted((line.story, line.place) for line in lines)
    return missing, sum(line.rank for line in lines), round(_seconds(lines), 2), places


def _seconds(lines: Sequence[Line]) -> float:
    return sum(line.seconds for line in lines)
