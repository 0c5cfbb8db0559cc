"""The end of waiting for a run that a person stops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from broadcast.errors import Refused

T = TypeVar("T")

LOOK_SECONDS = 0.2  #: between looks at a deed that must come to its end


class Halt:
    """Whether a run is to stop, and who said so."""

    def __init__(self) -> None:
        self.by = ""  #: empty: it goes on
        self.ears: list[asyncio.Future[None]] = []  #: what is done once it is to stop

    def say(self, by: str) -> None:
        """Stop the run."""
        self.by = by
        for said in self.ears:
            if not said.done():
                said.set_result(None)

    def refuse(self) -> None:
        """Raise `Refused` where the run is to stop."""
        if self.by:
            raise Refused(f"cancelled by {self.by}")

    async def heeding(self, do: Callable[[], Awaitable[T]], busy: Callable[[], bool]) -> T:
        """Do something that may be done again. It is cut off, and `Refused` raised, once the run is to stop.

        While *busy* says so something in it is under way that must come to its end.
        """
        self.refuse()
        task, said = asyncio.ensure_future(do()), asyncio.get_running_loop().create_future()
        self.ears.append(said)
        try:
            await asyncio.wait({task, said}, return_when=asyncio.FIRST_COMPLETED)
            while not task.done() and busy():
                await asyncio.wait({task}, timeout=LOOK_SECONDS)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
                if task.cancelled():
                    self.refuse()
            return task.result()
        finally:
            self.ears.remove(said)
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
