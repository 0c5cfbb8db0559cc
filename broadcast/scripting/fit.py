"""Which sentences are told in the time there is. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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


def fit(
    stories: Sequence[Sequence[Line]], *, least: float, low: float, full: float, most: float
) -> list[Line] | None:
    """Return the lines to tell, in the order of telling: at least one of each of *stories*.

    They are taken by rank until they take *full* seconds. Where that leaves them under *low* because the next
    ones are too long, one is exchanged for others, the best of a story only if they would stay under *least*
    otherwise; they never take more than *most*. None where one line of each story is too much already; a single
    story keeps its shortest line in any case.
    """
    anchors = _anchors(stories, most)
    if anchors is None:
        return None
    kept = list(anchors)
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
    for enough, fixed in ((low, anchors), (least, [])):
        if _seconds(kept) < enough:
            kept = min(_exchanges(kept, rest, fixed, most), key=partial(_regret, low=enough))
    return sorted(kept, key=lambda line: (line.story, line.place))


def _anchors(stories: Sequence[Sequence[Line]], most: float) -> list[Line] | None:
    """Return one line of each story: its best; from the last story on a shorter one where time is short.

    That is the one it begins with, which needs nothing before it; or else the best of those that there is time
    for, or the shortest where there is none.
    """
    kept: list[Line] = []
    for lines in stories:
        told = {line.told for line in kept}
        fresh = [line for line in lines if line.told not in told] or lines
        kept.append(min(fresh, key=_best))
    for number in reversed(range(len(kept))):
        if _seconds(kept) <= most:
            break
        others = {line.told for line in kept if line.story != number}
        fresh = [
            line for line in stories[number] if line.told not in others and line.seconds < kept[number].seconds
        ]
        if fresh:
            room = most - _seconds(line for line in kept if line is not kept[number])
            first = [line for line in fresh if line.place == 0]
            fitting = [line for line in fresh if line.seconds <= room]
            kept[number] = first[0] if first else min(fitting or fresh, key=_best if fitting else _shortest)
    if _seconds(kept) > most and len(kept) == 1:
        kept = [min(stories[0], key=_shortest)]
    return kept if _seconds(kept) <= most or len(kept) == 1 else None


def _exchanges(kept: list[Line], rest: Sequence[Line], fixed: Sequence[Line], most: float) -> Iterator[list[Line]]:
    """Give *kept*, and what becomes of it when at most one line, none of the *fixed*, makes way for one or two."""
    yield kept
    pool = [line for line in rest if line not in kept][:POOL]
    added = [*combinations(pool, 1), *combinations(pool, 2)]
    for out in [None, *(line for line in kept if line not in fixed)]:
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


def _best(line: Line) -> tuple[int, int]:
    return line.rank, line.place


def _shortest(line: Line) -> tuple[float, int]:
    return line.seconds, line.place


def _seconds(lines: Iterable[Line]) -> float:
    return sum(line.seconds for line in lines)
