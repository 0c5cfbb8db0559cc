"""What a rule finds. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from broadcast.types import Brief, Draft, Story


@dataclass(frozen=True)
class Finding:
    """A fault, and the words that have it."""

    code: str
    message: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f": {self.text}" if self.text else "")


Rule = Callable[[Draft, Story, Brief], Iterator[Finding]]
