"""Choose: not told before, the same event once, ranked, at most so many for each edition. Pure."""

from datetime import UTC, datetime, timedelta
from functools import partial

from broadcast import editing
from broadcast.desk import Wish
from broadcast.journal.told import Choosing
from broadcast.show import Show
from broadcast.types import Chosen, Gathered, Past, Story, Why, Window

REASONS = 100  #: why so many stories were not chosen is kept with the run: those that came nearest
UNDERSTUDIES = 3  #: stories held ready for those of which nothing can be said


def choose(
    show: Show, gathered: Gathered, past: Past, *, window: Window, now: datetime, wish: Wish
) -> Choosing[Chosen]:
    """Decide what each edition tells, and which stories to reserve for it. Pure."""
    if wish.stories is not None:
        past, window = Past(), Window(since=datetime.min.replace(tzinfo=UTC))
    sifted = editing.sift(gathered.stories, past, window, now, show.weights, updates=show.updates)
    editions: dict[str, tuple[str, ...]] = {}
    pool: dict[str, Story] = {}
    notes: list[str] = []
    why = [Why(story=one.story, title=one.title, chosen=False, reason=one.reason) for one in sifted.left_out]
    for edition in show.editions:
        if edition.dubs:
            continue
        limit = len(wish.stories) if wish.stories is not None else edition.stories
        span = max(now - window.since, timedelta()) if wish.stories is None else timedelta()
        pick = partial(editing.pick, sifted, window=span, tags=edition.tags, taste=edition.taste)
        choice = pick(limit=limit)
        found = {story.key: story for story in (*choice.stories, *pick(limit=limit + UNDERSTUDIES).stories)}
        editions[edition.name] = tuple(found)
        pool |= found
        notes += [note for note in choice.notes if note not in notes]
        why += [one.model_copy(update={"edition": edition.name}) for one in choice.why]
    editions |= {edition.name: editions[edition.dubs] for edition in show.editions if edition.dubs}
    candidates = [one for one in sifted.candidates if one.story.key in pool]
    notes += [f"{one.story.title!r} is told once more: {one.news}" for one in candidates if one.news]
    if not wish.dry_run:  # of thousands that were not chosen the report holds the sums
        passed = sorted(
            (one for one in why if not one.chosen), key=lambda one: (one.rank is None, -(one.rank or 0))
        )
        why = [*(one for one in why if one.chosen), *passed[:REASONS]]
    chosen = Chosen(pool=tuple(pool.values()), editions=editions, notes=tuple(notes), why=tuple(why))
    return Choosing(
        chosen,
        tuple((one.story, one.names) for one in candidates),
        {one.story.key: one.memory for one in candidates},
    )
