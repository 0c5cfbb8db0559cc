"""A file without what is wrong with it, so that the rest can be looked at in the same go. Pure."""

import copy
from collections.abc import Sequence
from typing import Any

from .mistakes import meant
from .yamlfile import Path_

#: Stands for what a show cannot do without, so that the rest of a file without it can be looked at.
SOUND = {
    "title": "-",
    "sources": {"any": {"use": "trending", "site": "hacker-news"}},
    "channels": {"any": {"use": "folder", "path": "out"}},
}


def without(data: dict[str, Any], places: Sequence[Path_]) -> dict[str, Any]:
    """Return *data* without what stands at *places*, nor what would be wrong only because that is gone. Pure."""
    data = copy.deepcopy(data)
    for place in sorted(places, key=str, reverse=True):  # of a list, the last first
        _remove(data, place or ("keep",))  # what is wrong between two keys
    faulty = [str(place[0]) if place else "sources" for place in places]  # or what was meant to be that
    about = {key: any(meant(word, [key]) for word in faulty) for key in ("sources", "channels")}
    about["sources"] |= "hooks" in faulty  # one that would have brought the story
    for key, other in (("sources", "quorum"), ("channels", "editions")):
        if about[key]:
            data.pop(other, None)
    return data | {key: one for key, one in SOUND.items() if about.get(key, True) and not data.get(key)}


def _remove(data: Any, place: Path_) -> None:
    """Take away what stands at *place*; what is missing there takes away what it is missing from."""
    inside = data
    try:
        for part in place[:-1]:
            inside = inside[part]
        del inside[place[-1]]
    except (KeyError, IndexError, TypeError):
        if len(place) > 1:
            _remove(data, place[:-1])
