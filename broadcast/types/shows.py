"""What a show is given: its looks, and what it may spend."""

from pathlib import Path
from typing import Literal

from .nouns import Noun


class Brand(Noun):
    """How a show looks."""

    name: str = ""
    colour: str = "#FF4455"
    logo: Path | None = None


class Budget(Noun):
    """What a show, or all of them together, may spend, in USD. A limit that is not there is none."""

    run: float | None = None
    day: float | None = None  #: a calendar day of the show's time zone, as is the month; of all shows: of UTC
    month: float | None = None
    warn: float = 0.8  #: the share of a day's or a month's limit from which on the operator is told
    over: Literal["degrade", "hold"] = "degrade"  #: what cannot be paid gives way to the next, or holds the run

    @property
    def limited(self) -> bool:
        """Say whether there is any limit."""
        return not (self.run is self.day is self.month is None)
