"""What stories the runs of a show told, reserved, or still owe."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from broadcast.types import Past, Story, Told

from .databases import insert
from .tables import stories

T = TypeVar("T")

OWED = timedelta(days=7)  #: a story that was chosen and not told may air for so long, whatever its date
REMEMBERED = timedelta(days=28)  #: a told event is known again, reworded and elsewhere, for so long
MOST_REMEMBERED = 1000  #: of them, the newest
ROWS = 500  #: in one statement


@dataclass(frozen=True)
class Choosing(Generic[T]):
    """What `Run.choose` remembers: the result, and the stories to reserve with what each is known by."""

    result: T
    reserved: tuple[tuple[Story, Set[str]], ...] = ()
    remembered: Mapping[str, Told] = field(default_factory=dict)  #: what to know them again by, by their keys


def reserve(db: sa.Connection, show: str, run: str, choosing: Choosing[Any], now: datetime) -> None:
    """Reserve what *run* chose, in the place of what it reserved. What nobody told in time is owed no more."""
    db.execute(stories.delete().where(stories.c.run == run))
    owed = stories.c.show == show, stories.c.state == "owed"
    db.execute(stories.delete().where(*owed, stories.c.noted < (now - OWED).timestamp()))
    rows = _rows(show, run, choosing, now)
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS]
        db.execute(stories.delete().where(*owed, stories.c.identity.in_([row["identity"] for row in some])))
        db.execute(insert(db, stories).on_conflict_do_nothing(), some)


def _rows(show: str, run: str, choosing: Choosing[Any], now: datetime) -> list[dict[str, Any]]:
    """Return the rows of the stories that *choosing* reserves: one for each name that a story is known by."""
    rows = []
    for story, identities in choosing.reserved:
        row: dict[str, Any] = {"show": show, "run": run, "state": "reserved", "story": story.key}
        row |= {"noted": now.timestamp(), "memory": None}
        rows += [row | {"identity": identity} for identity in sorted(identities)]
        if memory := choosing.remembered.get(story.key):
            identity = f"memory:{run}/{story.key}"
            rows.append(row | {"identity": identity, "memory": memory.model_dump_json()})
    return rows


def told(db: sa.Connection, show: str, *, but: str = "") -> frozenset[str]:
    """Return what the stories are known by that runs of *show*, all but one, have told or reserved."""
    mine = stories.c.show == show, stories.c.run != but, stories.c.memory.is_(None), stories.c.state != "owed"
    return frozenset(db.execute(sa.select(stories.c.identity).where(*mine)).scalars())


def past(db: sa.Connection, show: str, now: datetime, *, but: str = "") -> Past:
    """Return what runs of *show*, all but one, leave for the next to know."""
    others = stories.c.show == show, stories.c.run != but
    owed = stories.c.state == "owed", stories.c.noted >= (now - OWED).timestamp()
    # What was passed over says nothing of its event: another outlet may tell it better.
    recent = stories.c.state.in_(("told", "reserved")), stories.c.noted >= (now - REMEMBERED).timestamp()
    rows = db.execute(
        sa.select(stories.c.memory, stories.c.state)
        .where(*others, *recent, stories.c.memory.is_not(None))
        .order_by(stories.c.noted.desc(), stories.c.identity)
        .limit(MOST_REMEMBERED)
    )
    known = [Told.model_validate_json(row.memory).model_copy(update={"aired": row.state == "told"}) for row in rows]
    return Past(
        told=told(db, show, but=but),
        owed=frozenset(db.execute(sa.select(stories.c.identity).where(*others, *owed)).scalars()),
        stories=tuple(known),
    )


def release(db: sa.Connection, run: str, *, but: Iterable[str] = ()) -> None:
    """Let go of the stories that *run* reserved and did not tell. They are owed: their date may be past by now."""
    spare = stories.c.run == run, stories.c.state == "reserved", stories.c.story.not_in(tuple(but))
    db.execute(stories.delete().where(*spare, stories.c.memory.is_not(None)))
    db.execute(stories.update().where(*spare).values(state="owed"))
