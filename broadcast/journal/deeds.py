"""The deeds of a run, as rows of the journal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from .tables import items

T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """One deed of a run."""

    key: str
    deed: str  #: step | once | free: one that may be repeated, and is never in doubt
    done: bool
    result: str | None  #: JSON
    kept: Mapping[str, str]
    begun: datetime
    ended: datetime | None


def read(db: sa.Connection, run: str) -> list[Item]:
    """Return the deeds of a run in the order in which they were begun."""
    rows = db.execute(sa.select(items).where(items.c.run == run).order_by(items.c.begun, items.c.key))
    return [
        Item(row.key, row.deed, row.state == "done", row.result, json.loads(row.kept), moment(row.begun),
             moment(row.ended) if row.ended is not None else None)
        for row in rows
    ]  # fmt: skip


def columns(run: str, item: Item) -> dict[str, Any]:
    """Return the row of *item*, a deed of *run*."""
    return {
        "run": run,
        "key": item.key,
        "deed": item.deed,
        "state": "done" if item.done else "intent",
        "result": item.result,
        "kept": json.dumps(item.kept),
        "begun": item.begun.timestamp(),
        "ended": item.ended.timestamp() if item.ended else None,
    }


def moment(seconds: float) -> datetime:
    """Return the instant that a row of the journal names by its seconds since 1970."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def dumps(type: type[T], value: T) -> str:
    """Return what a deed came to as the journal keeps it."""
    return TypeAdapter(type).dump_json(value).decode()


def loads(type: type[T], text: str | None) -> T:
    """Return what a deed came to as it was before it was kept."""
    return TypeAdapter(type).validate_json(text or "null")
