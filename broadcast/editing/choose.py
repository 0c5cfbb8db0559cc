"""Which stories air, and why the others do not. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from broadcast.types import Noun, Past, Story, Why, Window

from .rank import Taste, Worth, about, half_life, worth
from .sift import TITLE, Candidate, LeftOut, Sifted, sift

Rated = tuple[Candidate, Worth]


class Choice(Noun):
    """What was chosen, in the order of airing, and what was not."""

    stories: tuple[Story, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    why: tuple[Why, ...] = ()  #: of all that was sifted, chosen or not

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report should say about those left out: one line for each reason."""
        reasons = Counter(story.sort or story.reason for story in self.left_out)
        first = {story.sort or story.reason: story for story in reversed(self.left_out)}
        return tuple(
            f"left out {first[sort].title!r}: {first[sort].reason}"
            if count == 1
            else f"left out {count} stories: {sort}"
            for sort, count in reasons.items()
        )


def choose(
    stories: Iterable[Story],
    *,
    told: Collection[str],
    since: datetime,
    limit: int,
    languages: Collection[str] = (),
    tags: Collection[str] = (),
    weights: Mapping[str, float] | None = None,
    taste: Taste | None = None,
) -> Choice:
    """Choose at most *limit* of *stories*: see `sift` and `pick`, which are called for a run and for an edition.

    *told* holds the `identities` of what earlier runs told.
    """
    stories = list(stories)
    now = max((story.at for story in stories), default=since)
    sifted = sift(stories, Past(told=frozenset(told)), Window(since=since), now, weights)
    return pick(sifted, limit=limit, window=now - since, languages=languages, tags=tags, taste=taste)


def pick(
    sifted: Sifted,
    *,
    limit: int,
    window: timedelta,
    languages: Collection[str] = (),
    tags: Collection[str] = (),
    taste: Taste | None = None,
) -> Choice:
    """Choose at most *limit* events, those that are worth most first.

    With *languages* or *tags*, a story must have one of them; one whose language nobody named is not held to it.
    Where two are worth the same, sources take turns. No source fills more than half of the places, rounded up,
    while another has something to tell, nor more than `Taste.per_source` ever.
    """
    taste = taste or Taste()
    left: list[LeftOut] = []
    fit: list[Candidate] = []
    for candidate in sifted.candidates:
        if reason := unfit(candidate.story, languages, tags, taste):
            left.append(_left(candidate, reason))
        else:
            fit.append(candidate)
    why = [Why(story=one.story, title=one.title, chosen=False, reason=one.reason) for one in left]
    rated = in_order(fit, window, taste)
    chosen = shared_out([one.story.source for one, _ in rated], limit, taste.per_source)
    airing = set(chosen)
    given = Counter(rated[place][0].story.source for place in chosen)
    for place, (candidate, value) in enumerate(rated):
        story, reason = candidate.story, str(value)
        if place not in airing:
            full = taste.per_source is not None and given[story.source] >= taste.per_source
            short = f"{story.source} has its {taste.per_source} already" if full else f"over the limit of {limit}"
            left.append(_left(candidate, short))
            reason = f"{short}: {value}"
        elif candidate.news:
            reason = f"update: {candidate.news}; {value}"
        why.append(
            Why(
                story=story.key,
                title=story.title[:TITLE],
                chosen=place in airing,
                reason=reason,
                rank=round(value.sum, 4),
            )
        )
    return Choice(
        stories=tuple(rated[place][0].story for place in chosen),
        left_out=(*sifted.left_out, *left),
        why=tuple(why),
    )


def unfit(story: Story, languages: Collection[str], tags: Collection[str], taste: Taste) -> str:
    """Return why an edition does not tell *story*, or nothing."""
    if languages and story.language and story.language not in languages:
        return f"in another language: {story.language}"
    if tags and not {tag.casefold() for tag in tags} & {tag.casefold() for tag in story.tags}:
        return f"none of the tags {', '.join(sorted(tags))}"
    if unwanted := about(story, taste.avoid):
        return f"about an unwanted topic: {unwanted}"
    return ""


def in_order(candidates: Sequence[Candidate], window: timedelta, taste: Taste) -> list[Rated]:
    """Sort by worth; of equal worth, the first stories of each source come before its second ones."""
    newest = max((one.newest for one in candidates), default=None)
    rated: list[Rated] = []
    for one in candidates:
        age = (newest - one.newest) / half_life(window) if newest else 0.0
        rated.append((one, worth(one.story, weight=one.weight, points=one.points, age=age, taste=taste)))
    rated.sort(key=lambda pair: (-pair[1].sum, -pair[0].newest.timestamp()))
    place: Counter[str] = Counter()
    turns: list[tuple[float, float, int, Rated]] = []
    for pair in rated:
        source = pair[0].story.source
        turns.append((-pair[1].sum, -pair[0].newest.timestamp(), place[source], pair))
        place[source] += 1
    return [pair for *_, pair in sorted(turns, key=lambda turn: turn[:3])]


def shared_out(sources: Sequence[str], limit: int, most: int | None = None) -> list[int]:
    """Return the places, at most *limit*, of those that air among stories of *sources*, in their order.

    Of several sources none fills more than half; none gives more than *most*.
    """
    share = (limit + 1) // 2
    taken: Counter[str] = Counter()
    within: list[int] = []
    beyond: list[int] = []
    for index, source in enumerate(sources):
        if most is None or taken[source] < most:
            (within if taken[source] < share else beyond).append(index)
            taken[source] += 1
    return sorted((within + beyond)[:limit])


def _left(candidate: Candidate, reason: str) -> LeftOut:
    return LeftOut(story=candidate.story.key, title=candidate.story.title[:TITLE], reason=reason)
