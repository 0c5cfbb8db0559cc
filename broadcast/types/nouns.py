"""What every noun is, and the plain values they share."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

Orientation = Literal["landscape", "portrait"]
Status = Literal["aired", "quiet", "partial", "unfinished", "failed"]
Outcome = Literal["sent", "failed", "unconfirmed", "skipped"]


_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


LONGEST = timedelta(days=3660)


def duration(value: Any) -> Any:
    """Return the timedelta that `90s`, `30m`, `24h`, `1h30m`, `90d` or `2w` means. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    if text == "0":
        return timedelta(0)
    parts = _PARTS.findall(text)
    if isinstance(value, bool) or not parts or _PARTS.sub("", text).strip():
        raise ValueError("is not a length of time; write it like 90s, 30m, 24h or 7d")
    try:
        length = sum((timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        length = timedelta.max
    if length > LONGEST:
        raise ValueError("is longer than ten years")
    return length


#: A length of time as a show file writes it.
Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "examples": ["90s", "30m", "24h", "7d"]}),
]


class Noun(BaseModel):
    """A frozen record. A row that an older or newer version wrote still reads: unknown fields are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")
