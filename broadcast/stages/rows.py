"""One edition a row: which rows a run makes, and what its fields fill. Pure.

The rows come as stories, each with its fields. Which of them a run makes is decided once and remembered with what
it chose: called again, the run makes the same, and goes on where it stopped. A row that was told is not told again.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broadcast.desk import Wish
from broadcast.errors import Rejected, StageError
from broadcast.forms import Form, Unfilled, filled
from broadcast.journal.told import Choosing
from broadcast.scripting import captions
from broadcast.show import Edition, Outlet, Show
from broadcast.text import counted
from broadcast.types import Chosen, Gathered, Past, Receipt, Story

MOST = 2_000  #: rows of one run
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,47}")


def choose(show: Show, gathered: Gathered, past: Past, *, wish: Wish) -> Choosing[Chosen]:
    """Decide which rows this run makes: all that were not told, or those that the caller brings."""
    told = frozenset[str]() if wish.stories is not None else past.told
    fresh = {story.key: story for story in gathered.stories if known_by(story) not in told}
    known = len({story.key for story in gathered.stories}) - len(fresh)
    rows = list(fresh.values())[:MOST]
    notes = [f"{counted(known, 'row was', 'rows were')} told before"] * bool(known)
    if (more := len(fresh) - MOST) > 0:
        notes.append(f"{counted(more, 'row is', 'rows are')} left for the next run: {MOST} are made at once")
    chosen = Chosen(pool=tuple(rows), editions={name(row): (row.key,) for row in rows}, notes=tuple(notes))
    return Choosing(chosen, tuple((row, frozenset({known_by(row)})) for row in rows))


def known_by(row: Story) -> str:
    """Return by what *row* is known again: its id alone. Rows may well look alike."""
    return f"row:{row.key}"


def name(row: Story) -> str:
    """Return the name of the edition that *row* gets: its id, where that can stand in a key and a path."""
    if PLAIN.fullmatch(row.id):
        return row.id
    plain = re.sub(r"[^A-Za-z0-9]+", "-", row.id).strip("-")[:32]
    return f"{plain or 'row'}-{hashlib.sha256(row.key.encode()).hexdigest()[:10]}"


def editions(show: Show, chosen: Chosen) -> tuple[Edition, ...]:
    """Return what the run makes: the show's editions; or, of a show with rows, one of its kind for each."""
    if show.rows is None:
        return show.editions
    return tuple(replace(show.editions[0], name=name) for name in chosen.editions)


def fields(show: Show, edition: str, chosen: Chosen, wish: Wish) -> Mapping[str, str]:
    """Return what fills the blanks of *edition*: the call's fields, and those of its row."""
    rows = chosen.stories(edition) if show.rows else ()
    own = [{"id": row.id, "title": row.title, "url": row.url, **row.fields} for row in rows]
    return {**(wish.fields or {}), **(own[0] if own else {})}


def fitted(show: Show, fields: Mapping[str, str]) -> Show:
    """Return *show* with *fields* in its title, captions and channels: one that could not be filled is `Unfilled`.

    Raises `Rejected` where the title cannot be.
    """
    if not show.blank:
        return show
    channels: dict[str, Any] = dict(show.channels)
    outlets = dict(show.outlets)
    for key, channel in list(channels.items()):
        try:
            if isinstance(channel, Form):
                channels[key] = channel.filled(fields)
            if (outlet := outlets.get(key)) and outlet.caption:
                outlets[key] = replace(outlet, caption=_worded(outlet, fields))
        except Rejected as error:
            channels[key] = Unfilled(error)
    return replace(show, title=filled(show.title, fields), channels=channels, outlets=outlets)


def unfilled(show: Show) -> Mapping[str, StageError]:
    """Return the channels of *show* that could not be filled, and why."""
    channels: Mapping[str, Any] = show.channels
    return {key: channel.why for key, channel in channels.items() if isinstance(channel, Unfilled)}


def newly_filled(before: Show, show: Show, edition: Edition) -> tuple[str, ...]:
    """Return the channels of *edition* that nobody could ask before they were filled, and that should be now.

    They are asked where a render is paid for: what costs nothing may find out when it is delivered.
    """
    if not show.blank or all(way.renderer.repeatable for way in edition.ways):
        return ()
    forms: Mapping[str, Any] = before.channels
    closed = unfilled(show)
    return tuple(key for key in edition.channels if isinstance(forms[key], Form) and key not in closed)


def turned_away(show: Show, edition: Edition, wish: Wish) -> tuple[Receipt, ...]:
    """Return the receipts of a row that no channel could be filled for, else none. Nothing is paid for it."""
    closed = unfilled(show)
    names = [key for key in edition.channels if wish.channels is None or key in wish.channels]
    if wish.dry_run or wish.until or not names or not all(key in closed for key in names):
        return ()
    return tuple(
        Receipt(
            channel=key,
            item=f"deliver/{edition.name}/{key}",
            status="failed",
            error=str(closed[key]),
            kind="Rejected",
        )
        for key in names
    )


def _worded(outlet: Outlet, fields: Mapping[str, str]) -> str:
    """Return the caption with *fields* in it; names that every caption has stay for the post to fill."""
    safe = {key: value.replace("{", "(").replace("}", ")") for key, value in fields.items()}
    return filled(outlet.caption or "", safe, own=frozenset(captions.FIELDS))
