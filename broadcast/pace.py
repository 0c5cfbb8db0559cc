"""How fast services may be asked: limits that everything in this process keeps together."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .plugins import Clock


@dataclass
class Paces:
    """The calls that were let through, by name. Whoever comes first goes first."""

    clock: Clock
    _calls: dict[str, deque[datetime]] = field(default_factory=dict)

    async def wait(self, name: str, calls: int, seconds: float) -> None:
        """Wait until fewer than *calls* calls by this *name* were let through within the last *seconds*.

        A call takes its turn when it asks, also where that lies in the future: so nobody is overtaken.
        """
        now = self.clock.now()
        turns = self._calls.setdefault(name, deque(maxlen=calls))
        turn = now
        if len(turns) == calls:
            turn = max(now, turns[0] + timedelta(seconds=seconds))
        turns.append(turn)
        if turn > now:
            await self.clock.sleep((turn - now).total_seconds())
