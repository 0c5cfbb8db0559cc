"""How a source has fared lately: kept from run to run, so that a dead one is spared and spoken of. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from .errors import StageError, Unavailable, kind
from .types import Noun

BROKEN = 3  #: failures in a row; fewer are a blip that nobody needs to hear of
TRIES = timedelta(minutes=2)  #: failures closer together are tries of one call
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)  #: so that a daily show always asks again
LONGEST_WISH = timedelta(hours=24)  #: a server that asks for more is asked again all the same: nobody is given up


class Health(Noun):
    """How often it failed in a row, and when it worked. What another version wrote is read as far as it can be."""

    fails: int = 0  #: in a row
    since: datetime | None = None  #: the first of them
    at: datetime | None = None  #: the last of them
    good: datetime | None = None  #: when it last worked
    until: datetime | None = None  #: it is not asked before
    wished: bool = False  #: because it said so itself
    error: str = ""
    kind: str = ""

    @property
    def broken(self) -> bool:
        return self.fails >= BROKEN

    def resting(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def worked(self, now: datetime) -> "Health":
        return Health(good=now)

    def failed(self, error: StageError, now: datetime, luck: float) -> "Health":
        """Return its health after a failure. *luck*, 0 to 1, spreads pauses that would end all at once."""
        again = self.at is not None and now - self.at < TRIES
        fails = max(self.fails, 1) if again else self.fails + 1
        wish = error.retry_after if isinstance(error, Unavailable) else None
        pause = timedelta(0)
        if fails >= BROKEN:
            pause = min(FIRST_PAUSE * 2 ** min(fails - BROKEN, 10), LONGEST_PAUSE) * (0.8 + 0.2 * luck)
        if wish:
            pause = max(pause, min(timedelta(seconds=wish), LONGEST_WISH))
        return Health(
            fails=fails,
            since=self.since or now,
            at=now,
            good=self.good,
            until=now + pause if pause else None,
            wished=bool(wish),
            error=str(error)[:500],
            kind=kind(error),
        )

    def words(self) -> str:
        """Say how it fares, as a sentence without a subject."""
        times = "once" if self.fails == 1 else f"{self.fails} times in a row since {_when(self.since)}"
        good = f"last worked {_when(self.good)}" if self.good else "has not worked yet"
        rest = f", is asked again after {_when(self.until)}" if self.until else ""
        return f"failed {times}, {good}{rest}: {self.error}"

    def rest(self) -> str:
        """Say why it was not asked."""
        why = "as it asked" if self.wished else f"because it failed {self.fails} times in a row"
        return f"not asked before {_when(self.until)}, {why}: {self.error}"


def scope(show: str, source: str) -> str:
    """Return where the health of a source is remembered."""
    return f"{show}/health/{source}"


def recalled(value: Any) -> Health:
    """Return what is remembered, or good health where that is nothing that can be read."""
    try:
        return Health.model_validate(value or {})
    except ValidationError:
        return Health()


def spared(known: Mapping[str, Health], needed: int, now: datetime) -> frozenset[str]:
    """Return which are left in peace: those that asked for it, and the broken ones that are not *needed*."""
    wished = {name for name, health in known.items() if health.resting(now) and health.wished}
    resting = {name for name, health in known.items() if health.resting(now)}
    return frozenset(resting if len(known) - len(resting) >= needed else wished)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "some time ago"
