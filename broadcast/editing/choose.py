"""Which stories air, and why the others do not. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Sequence
from datetime import datetime

from broadcast.types import Noun, Story

from .urls import dedup_key


class LeftOut(Noun):
    """A story that does not air, and the reason."""

    story: str  #: its key
    title: str
    reason: str


class Choice(Noun):
    """What was chosen, in the order of airing, and what was not."""

    stories: tuple[Story, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report should say about those left out: one line for each reason."""
        reasons = Counter(story.reason for story in self.left_out)
        first = {story.reason: story.title for story in reversed(self.left_out)}
        return tuple(
            f"left out {first[reason]!r}: {reason}" if count == 1 else f"left out {count} stories: {reason}"
            for reason, count in reasons.items()
        )


def choose(
    stories: Iterable[Story],
    *,
    told: Container[str],
    since: datetime,
    limit: int,
    languages: Collection[str] = (),
    tags: Collection[str] = (),
) -> Choice:
    """Choose at most *limit* stories: not told before, not older than *since*, newest first.

    *told* holds the `identities` of what earlier runs told. With *languages* or *tags*, a story must have one of
    them; one whose language nobody named is not held to it. Where several stories are one, the one with the most
    text stays, at the place of the newest. Where dates tie, sources take turns. No source fills more than half of
    the places, rounded up, while another has something to tell.
    """
    left: list[LeftOut] = []
    usable: list[Story] = []
    for story in in_order(stories):
        if reason := unfit(story, told, since, languages, tags):
            left.append(LeftOut(story=story.key, title=story.title, reason=reason))
        else:
            usable.append(story)
    distinct, doubles = same_once(usable)
    chosen = shared_out(distinct, limit)
    airing = {story.key for story in chosen}
    over = [
        LeftOut(story=story.key, title=story.title, reason=f"over the limit of {limit}")
        for story in distinct
        if story.key not in airing
    ]
    return Choice(stories=tuple(chosen), left_out=(*left, *doubles, *over))


def identities(story: Story) -> frozenset[str]:
    """Return the keys by which *story* is known again: its own, its address, its title on its day.

    A title alone does not do: "The week in pictures" is another story every week.
    """
    title = " ".join(re.findall(r"\w+", story.title.casefold()))
    said = f"{title}|{story.publisher.casefold()}|{story.at:%Y-%m-%d}"
    known = {story.key, f"title:{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:24]}"}
    if address := dedup_key(story.url):
        known.add(f"url:{address}")
    return frozenset(known)


def unfit(
    story: Story, told: Container[str], since: datetime, languages: Collection[str], tags: Collection[str]
) -> str:
    """Return why *story* cannot air in this run, or nothing."""
    if not story.title.strip():
        return "no title"
    if any(identity in told for identity in identities(story)):
        return "told before"
    if story.at < since:
        return "older than the window"
    if languages and story.language and story.language not in languages:
        return f"in another language: {story.language}"
    if tags and not {tag.casefold() for tag in tags} & {tag.casefold() for tag in story.tags}:
        return f"none of the tags {', '.join(sorted(tags))}"
    return ""


def in_order(stories: Iterable[Story]) -> list[Story]:
    """Sort newest first; at the same instant the first stories of each source come before its second ones."""
    newest = sorted(stories, key=lambda story: story.at, reverse=True)
    place: Counter[str] = Counter()
    turns: list[tuple[float, int, Story]] = []
    for story in newest:
        turns.append((-story.at.timestamp(), place[story.source], story))
        place[story.source] += 1
    return [story for _, _, story in sorted(turns, key=lambda turn: turn[:2])]


def same_once(stories: Sequence[Story]) -> tuple[list[Story], list[LeftOut]]:
    """Return one story for each that has several versions, and what became of the others."""
    groups: list[list[Story]] = []
    known: dict[str, list[Story]] = {}
    for story in stories:
        names = identities(story)
        group = next((known[name] for name in names if name in known), None)
        if group is None:
            groups.append(group := [])
        group.append(story)
        known.update(dict.fromkeys(names, group))
    kept, doubles = [], []
    for group in groups:
        best = max(group, key=lambda story: len(story.text))
        kept.append(best)
        for story in group:
            if story is not best:
                address = dedup_key(story.url)
                same = "address" if address and address == dedup_key(best.url) else "title"
                reason = f"same {same} as {best.title!r} of {best.source}"
                doubles.append(LeftOut(story=story.key, title=story.title, reason=reason))
    return kept, doubles


def shared_out(stories: Sequence[Story], limit: int) -> list[Story]:
    """Return *limit* of *stories*, in their order; of several sources none fills more than half of the places."""
    share = (limit + 1) // 2
    taken: Counter[str] = Counter()
    within: list[int] = []
    beyond: list[int] = []
    for index, story in enumerate(stories):
        (within if taken[story.source] < share else beyond).append(index)
        taken[story.source] += 1
    return [stories[index] for index in sorted((within + beyond)[:limit])]
