"""What there is to choose from: every event once, and nothing that was told. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from broadcast.text.urls import dedup_key, host
from broadcast.types import Noun, Past, Story, Told, Window

from . import rank
from .events import SPAN, Report, events
from .retold import changed, remember

TITLE = 300  #: characters by which a title is known
SHOWN = 80  #: characters of one in a reason
TEASER = 200  #: characters; a shorter text is no way to tell a story while another outlet has a longer one
ENOUGH = 2000  #: characters; more text tells it no better
MANY = 3  #: headlines of one source at one address: a podcast's own page, a page of incidents
OUTLETS = 12  #: that are named beside the one whose text is told


class LeftOut(Noun):
    """A story that does not air, and the reason."""

    story: str  #: its key
    title: str
    reason: str
    sort: str = ""  #: the reason without its particulars, where it has any


@dataclass(frozen=True)
class Candidate:
    """An event that could air: the story that tells it best, and what all its versions come to together."""

    story: Story
    names: frozenset[str]  #: what all versions are known by
    newest: datetime
    weight: float
    points: float
    news: str = ""  #: why it is told once more
    before: Told | None = None

    @property
    def memory(self) -> Told:
        """What is remembered of it once it is chosen."""
        return remember(self.story, self.names, self.before)


@dataclass(frozen=True)
class Sifted:
    """What could air, and what cannot and why."""

    candidates: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass
class Article:
    """Stories that are one: of one address, or of one title, outlet and day."""

    stories: list[Story] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def sift(
    stories: Iterable[Story],
    past: Past,
    window: Window,
    now: datetime,
    weights: Mapping[str, float] | None = None,
    *,
    updates: bool = True,
) -> Sifted:
    """Return the events that *stories* tell of and that may air at *now*, in the order of *stories*."""
    sieve = _Sieve(past, window, now, weights or {}, updates, rank.highest(stories := list(stories)))
    for article in articles(stories, sieve.left):
        sieve.take(article)
    place = {story.key: index for index, story in enumerate(stories)}
    candidates = sorted(sieve.settled(), key=lambda one: place[one.story.key])
    return Sifted(tuple(candidates), tuple(sieve.left))


def identities(story: Story) -> frozenset[str]:
    """Return the keys by which *story* is known again: its own, its address, its title on its day.

    A title alone does not do: "The week in pictures" is another story every week. Nor does the address of a whole
    site, or one that a source gives to all of its stories.
    """
    title = " ".join(re.findall(r"\w+", story.title[:TITLE].casefold()))
    said = f"{title}|{story.publisher.casefold()}|{story.at:%Y-%m-%d}"
    known = {story.key, f"title:{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:24]}"}
    address = "" if story.url_shared else dedup_key(story.url)
    if "/" in address or "?" in address:
        known.add(f"url:{address}")
    return frozenset(known)


def pages(stories: Iterable[Story]) -> set[tuple[str, str]]:
    """Return the addresses that a source gives to so many stories that they are no story's own, each with it."""
    seen: dict[tuple[str, str], set[str]] = {}
    for story in stories:
        if address := dedup_key(story.url):
            seen.setdefault((story.source, f"url:{address}"), set()).add(story.title[:TITLE].casefold())
    return {page for page, titles in seen.items() if len(titles) >= MANY}


def articles(stories: Iterable[Story], left: list[LeftOut]) -> list[Article]:
    """Return *stories* as articles, each once; one without a title is added to *left*."""
    known: dict[str, Article] = {}
    stories = list(stories)
    shared = pages(stories)
    for story in stories:
        if not story.title[:TITLE].strip():
            left.append(LeftOut(story=story.key, title="", reason="no title"))
            continue
        names = {name for name in identities(story) if (story.source, name) not in shared}
        met = list({id(known[name]): known[name] for name in names if name in known}.values())
        one = max(met, key=lambda each: len(each.stories), default=Article())
        for other in met:
            if other is not one:  # this story shows that two which were apart are one
                one.stories += other.stories
                one.names |= other.names
                known.update(dict.fromkeys(other.names, one))
        one.stories.append(story)
        one.names |= names
        known.update(dict.fromkeys(names, one))
    return list({id(one): one for one in known.values()}.values())


class _Sieve:
    """Articles on their way to candidates."""

    def __init__(
        self,
        past: Past,
        window: Window,
        now: datetime,
        weights: Mapping[str, float],
        updates: bool,
        best: Mapping[str, float],
    ) -> None:
        self.past, self.window, self.now, self.weights = past, window, now, weights
        self.updates, self.best = updates, best
        self.left: list[LeftOut] = []
        self.fit: dict[
            str, tuple[list[Story], frozenset[str]]
        ] = {}  # what may air, by the key of what tells it best
        self.again: list[Candidate] = []
        self.versions: dict[str, list[Told]] = {}
        for told in past.stories:
            for name in told.names:
                self.versions.setdefault(name, []).append(told)
        self.reports = {f"told:{number}": _remembered(told, number) for number, told in enumerate(past.stories)}

    def take(self, article: Article) -> None:
        """Put *article* where it belongs: told before, too old, or fit to air."""
        if not self.past.told.isdisjoint(article.names):
            self.told(article)
            return
        owed = not self.past.owed.isdisjoint(article.names)
        new: list[Story] = []
        old: list[Story] = []
        for story in article.stories:
            (new if owed or self.window.holds(story) else old).append(story)
        self.leave(old, "older than the window")
        if new:
            best = self.best_of(new)
            self.fit[best.key] = new, frozenset(article.names)

    def told(self, article: Article) -> None:
        """Leave out what was told before, unless it has changed since."""
        best = self.best_of(article.stories)
        versions = _distinct(told for name in article.names for told in self.versions.get(name, ()))
        keys = {name for told in versions for name in told.names}
        same = best.key in keys
        news = changed(best, versions, self.now, same=same) if self.updates else ""
        if not news:
            self.leave(article.stories, "told before")
            if not versions and self.now - best.at <= SPAN:
                self.reports[best.key] = _report(best, told=True)
            return
        self.update(best, article.stories, frozenset(article.names), news, versions)

    def update(
        self, best: Story, stories: list[Story], names: frozenset[str], news: str, versions: Sequence[Told]
    ) -> None:
        before = remember_all(versions)
        self.again.append(
            self.candidate(best.model_copy(update={"update": True}), stories, names, news=news, before=before)
        )
        self.double(best, stories)

    def settled(self) -> list[Candidate]:
        """Return what came of all articles: those of one event are one candidate."""
        self.reports |= {key: _report(self.best_of(new)) for key, (new, _) in self.fit.items()}
        found: list[Candidate] = []
        for event in events(self.reports.values()):
            told = [one for one in event.reports if one.told]
            fit = [self.fit[one.key] for one in event.reports if one.key in self.fit and not one.told]
            if not fit:
                continue
            if told:
                self.heard(told[0], fit)
                continue
            stories = [story for new, _ in fit for story in new]
            best = self.best_of(stories)
            names = frozenset().union(*(names for _, names in fit))
            found.append(self.candidate(best.model_copy(update=_together(best, stories)), stories, names))
            self.double(best, stories)
        return [*found, *self.again]

    def heard(self, told: Report, fit: list[tuple[list[Story], frozenset[str]]]) -> None:
        """Leave out what other outlets say of an event that was told, unless one of them has news of it."""
        number = told.key.removeprefix("told:")
        versions = [self.past.stories[int(number)]] if told.key.startswith("told:") else []
        versions = _distinct(one for each in versions for name in each.names for one in self.versions.get(name, ()))
        for stories, names in fit:
            best = self.best_of(stories)
            news = changed(best, versions, self.now, same=False) if self.updates else ""
            if news:
                self.update(best, stories, names, news, versions)
                versions = [remember(best, names, remember_all(versions))]
            else:
                self.leave(stories, f"told before: same event as {told.title[:SHOWN]!r}", "told before: same event")

    def candidate(
        self,
        story: Story,
        stories: Sequence[Story],
        names: frozenset[str],
        *,
        news: str = "",
        before: Told | None = None,
    ) -> Candidate:
        return Candidate(
            story=story,
            names=names,
            newest=max(one.at for one in stories),
            weight=max(self.weight(one) for one in stories),
            points=rank.points(stories, self.best),
            news=news,
            before=before,
        )

    def best_of(self, stories: Sequence[Story]) -> Story:
        """Return the story that is told: one with a text, of the source that weighs most, the longest."""
        if len(stories) == 1:
            return stories[0]

        def merit(story: Story) -> tuple[bool, float, int, float, str]:
            size = len(story.text)
            return size >= TEASER, self.weight(story), min(size, ENOUGH), -story.at.timestamp(), story.key

        return max(stories, key=merit)

    def weight(self, story: Story) -> float:
        return self.weights.get(story.source, 1.0)

    def double(self, best: Story, stories: Iterable[Story]) -> None:
        """Leave out all *stories* but the *best*, which stands for them."""
        others = [story for story in stories if story is not best]
        if not others:
            return
        address, names = dedup_key(best.url), identities(best)
        title = best.title[:TITLE]
        for story in others:
            same = "event"
            if identities(story) & names:
                same = "address" if address and address == dedup_key(story.url) else "title"
            self.leave([story], f"same {same} as {title[:SHOWN]!r} of {best.source}", f"same {same} as another")

    def leave(self, stories: Iterable[Story], reason: str, sort: str = "") -> None:
        self.left += [
            LeftOut(story=story.key, title=story.title[:TITLE], reason=reason, sort=sort) for story in stories
        ]


def remember_all(versions: Sequence[Told]) -> Told:
    """Return the newest of *versions*, with all that was known in any of them."""
    newest = max(versions, key=lambda one: one.at)

    def every(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for one in versions for value in getattr(one, key)))

    return newest.model_copy(update={key: every(key) for key in ("names", "numbers", "sentences", "publishers")})


def _together(best: Story, stories: Iterable[Story]) -> dict[str, object]:
    """Return what *best* says of those that tell the same event: who they are, and their tags. No text is mixed."""
    mine = _outlets(best)
    names: dict[str, str] = {}
    for story in sorted(stories, key=lambda one: (one.at, one.key)):
        theirs = _outlets(story)
        if theirs & mine:
            continue
        mine |= theirs
        names.setdefault(story.publisher.casefold(), story.publisher or host(story.url) or story.source)
    tags = dict.fromkeys(tag for story in (best, *stories) for tag in story.tags)
    return {"outlets": tuple(names.values())[:OUTLETS], "tags": tuple(tags)}


def _report(story: Story, *, told: bool = False) -> Report:
    return Report(
        key=story.key,
        title=story.title,
        summary=story.text,
        at=story.at,
        language=story.language[:2],
        outlets=_outlets(story),
        told=told,
    )


def _remembered(told: Told, number: int) -> Report:
    hosts = (name.removeprefix("url:").partition("/")[0] for name in told.names if name.startswith("url:"))
    outlets = frozenset((*(name.casefold() for name in told.publishers), *hosts))
    return Report(f"told:{number}", told.title, "", told.at, told.language[:2], outlets, told=True)


def _outlets(story: Story) -> frozenset[str]:
    """Return what an outlet is known by: its name and its host, else the source it came through."""
    known = {name for name in (story.publisher.casefold(), host(story.url)) if name}
    return frozenset(known or {story.source})


def _distinct(versions: Iterable[Told]) -> list[Told]:
    return list({id(one): one for one in versions}.values())
