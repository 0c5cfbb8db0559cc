"""What numbers were the times before, as a source remembers them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from broadcast.types import Noun

from .figures import number

KEPT = 100  #: times of which the numbers are remembered
NUMBERS = 50  #: of one time that are remembered
APART = timedelta(minutes=30)  #: what was asked for twice within is one sample: a run may be called again


class Sample(Noun):
    """What the numbers were at one time."""

    at: datetime
    values: Mapping[str, float]


SAMPLES = TypeAdapter(list[Sample])


def recalled(value: Any) -> list[Sample]:
    """Return what is remembered as *value*; none where another version wrote it."""
    try:
        return SAMPLES.validate_python(value or [])
    except ValidationError:
        return []


def with_those_of(now: datetime, values: Mapping[str, Any], kept: Sequence[Sample]) -> list[Sample]:
    """Return *kept* with the numbers among *values* as the newest."""
    plain = {name: found for name, value in values.items() if (found := number(value)) is not None}
    one = Sample(at=now, values=dict(list(plain.items())[:NUMBERS]))
    return [*(each for each in kept if now - each.at >= APART), one][-KEPT:]


def earlier(samples: Sequence[Sample], ago: timedelta | None) -> dict[str, float]:
    """Return the numbers of about so long *ago*, up to a quarter of it off, else those before the newest."""
    *others, newest = samples
    if ago is not None:
        then = newest.at - ago
        near = [one for one in others if abs(one.at - then) <= ago / 4]
        others = sorted(near, key=lambda one: abs(one.at - then))[:1]
    return dict(others[-1].values) if others else {}
