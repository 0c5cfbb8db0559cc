"""Questions that many runs of this process have for one service: those of a moment are asked in one call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from .plugins import Clock

ALONE = timedelta(minutes=2)  #: nobody else has asked for so long: there is nobody to wait for

Ask = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]


@dataclass
class Round:
    """What is asked in one call, and its answer."""

    answers: asyncio.Future[Mapping[str, Any]]
    subjects: dict[str, None] = field(default_factory=dict)  #: in the order in which they came


@dataclass
class Company:
    """Who asks by one name: the last, and when it last was another than the one before."""

    last: str
    mixed: datetime | None = None


class Together:
    """The questions of this process. Whoever asks alone is told so at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Round] = {}
        self._company: dict[str, Company] = {}
        self._calls: set[asyncio.Task[None]] = set()

    async def __call__(self, name: str, subject: str, ask: Ask, *, most: int, within: float) -> Any | None:
        """Return the answer about *subject*, or None where there is none, or nobody else asks.

        Questions by the same *name* that come *within* so many seconds are asked as one, of *most* subjects: *ask*
        is called with them by whoever came first, and what it raises is raised for all.
        """
        if self._alone(name, subject):
            return None
        now = self._open.get(name)
        if now is None or (len(now.subjects) >= most and subject not in now.subjects):
            now = self._open[name] = Round(asyncio.get_running_loop().create_future())
            call = asyncio.create_task(self._held(name, now, ask, within))  # it outlives whoever came first
            self._calls.add(call)
            call.add_done_callback(partial(self._over, now))
        now.subjects[subject] = None
        return (await asyncio.shield(now.answers)).get(subject)

    async def close(self) -> None:
        """Ask nothing more."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _alone(self, name: str, subject: str) -> bool:
        now = self._clock.now()
        company = self._company.setdefault(name, Company(subject))
        if company.last != subject:
            company.last, company.mixed = subject, now
        return company.mixed is None or now - company.mixed > ALONE

    def _over(self, round: Round, call: "asyncio.Task[None]") -> None:
        self._calls.discard(call)
        round.answers.cancel()  # of no account where there is an answer

    async def _held(self, name: str, round: Round, ask: Ask, within: float) -> None:
        try:
            await self._clock.sleep(within)
            if self._open.get(name) is round:
                del self._open[name]
            round.answers.set_result(await ask(tuple(round.subjects)))
        except Exception as error:  # noqa: BLE001  # raised again where it was asked
            round.answers.set_exception(error)
            round.answers.exception()  # nobody may be left who asked
