"""A show that Claude writes, against a service of our own, and what it came to."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airing import Town

from broadcast.scripting.lint import lint
from broadcast.testing import Anthropic
from broadcast.types import Brief, Draft, Exchange, Segment, Story, Written

SLOT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HARBOUR = Story(
    id="harbour",
    source="story",
    title="Harbour rebuild approved",
    text=(
        "The city council approved a $3.4 billion plan on Friday to rebuild the harbour by 2030."
        " The 9-4 vote followed months of debate, Mayor Ana Ruiz said. Work starts in March."
        " The plan adds 1,200 homes and a tram line to the waterfront."
    ),
    at=SLOT,
    publisher="Example Wire",
)


def claude(anthropic: Anthropic, **options: Any) -> dict[str, Any]:
    return {"use": "claude", "key": anthropic.key, "base": anthropic.url, **options}


def show(folder: Path, anthropic: Anthropic, *, alone: bool = False, **options: Any) -> Town:
    """A show of which Claude writes what it can, and the extractive writer the rest."""
    folder.mkdir(exist_ok=True)
    town = Town(folder)
    town.tree["writer"] = [claude(anthropic, **options), *([] if alone else ["extractive"])]
    return town


def _items(town: Town, prefix: str) -> list[str]:
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        query = "select result from item where key like ? and state = 'done' order by begun, key"
        found = [row[0] for row in db.execute(query, (f"{prefix}%",))]
    db.close()
    return found


def written(town: Town, edition: str = "main") -> Written:
    """What the run's script says, as the journal has it."""
    (result,) = _items(town, f"write/{edition}")
    return Written.model_validate_json(result)


def exchanges(town: Town) -> list[Exchange]:
    """Every question that was answered, as the journal has it."""
    return [Exchange.model_validate(json.loads(one)) for one in _items(town, "tell/")]


def told(town: Town, edition: str = "main") -> list[Segment]:
    """The segments that tell a story. Every word in them must pass the lint."""
    result = written(town, edition)
    known = {story.key: story for story in result.stories}
    segments = [segment for segment in result.script.segments if segment.kind == "story"]
    for one in segments:
        draft = Draft(story=one.story, sentences=one.sentences, overlays=one.overlays, writer=one.writer)
        brief = Brief(kind=result.script.kind, language=result.script.language, seconds=one.seconds)
        assert [] == lint(draft, known[one.story], brief)
    return segments
