"""Sources of which a test says what they list."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from broadcast.plugins import Plugin, Tools
from broadcast.types import Story

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
BODY = (
    "The city council of {place} approved the plan on Friday after months of debate. Work on the harbour starts in"
    " March and takes four years. Mayor Ana Ruiz said that the plan adds a tram line to the waterfront. The"
    " opposition wants to see the contracts before the first stone is laid. A public meeting follows in January."
    " The harbour of {place} was last rebuilt forty years ago by the same company. The quay is made for ferries."
)


class Outlet(Plugin):
    """Lists the stories of a file."""

    path: Path

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        return TypeAdapter(list[Story]).validate_json(self.path.read_bytes())


def lists(folder: Path, name: str, *stories: dict[str, Any]) -> dict[str, Any]:
    """Have the outlet *name* list *stories*. Returns what a show file says of it."""
    path = folder / f"{name}.json"
    known = [
        {
            "id": f"{number}",
            "publisher": name.title(),
            "url": f"https://{name}.example/{number}",
            "text": BODY.format(place=f"{name.title()} Bay {number}"),
            "at": SLOT.isoformat(),
            **{key: value.isoformat() if isinstance(value, datetime) else value for key, value in one.items()},
        }
        for number, one in enumerate(stories)
    ]
    path.write_text(json.dumps(known))
    return {"use": "outlets:Outlet", "path": str(path)}
