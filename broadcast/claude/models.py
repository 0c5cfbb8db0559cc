"""What a model costs, and how long it lives. Pure, from a dated table."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls

#: Bytes of a request that make a token at least: English has three to four, other scripts no fewer than two.
BYTES_A_TOKEN = 2


@cache
def _table() -> dict[str, Any]:
    models: dict[str, Any] = yamls.table(Path(__file__).with_name("models.yaml"))
    return models


def as_of() -> date:
    """Return the day on which the table was written."""
    day: date = _table()["as of"]
    return day


def usd(model: str, tokens: Mapping[str, int]) -> float | None:
    """Return what *tokens* cost: `input`, `output`, `cache_write` and `cache_read`. None for an unknown model."""
    if (price := _table()["prices"].get(model)) is None:
        return None
    cache = _table()["cache"]
    read = tokens.get("input", 0)
    read += tokens.get("cache_write", 0) * cache["write"] + tokens.get("cache_read", 0) * cache["read"]
    written = tokens.get("output", 0)
    return round(float(read * price["input"] + written * price["output"]) / 1_000_000, 6)


def worst(model: str, size: int, max_tokens: int) -> float | None:
    """Return the most that a request of *size* bytes may cost, or None for an unknown model."""
    return usd(model, {"cache_write": size // BYTES_A_TOKEN + 1, "output": max_tokens})


def lifecycle(model: str, today: date) -> str:
    """Return what is to be said of the age of *model*, or "" where nothing is known against it."""
    if (end := _table()["ends"].get(model)) is None:
        return ""
    state = "was retired on" if end < today else "is deprecated and will be retired on"
    return f"the model {model} {state} {end:%Y-%m-%d} (as of {as_of():%Y-%m-%d}); choose a newer `model`"
