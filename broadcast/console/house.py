"""What the pages and the deeds of the console work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from broadcast.daemon.crew import Crew
from broadcast.daemon.shelf import Shelf
from broadcast.errors import BroadcastError, ConfigError
from broadcast.journal.books import Books
from broadcast.logs import Redact
from broadcast.show import Show
from broadcast.station import Station

from .layout import FARTHEST
from .reading import Reading
from .rehearsals import Rehearsals
from .visit import Visit


class Missing(BroadcastError):
    """There is no such page."""


class Gone(BroadcastError):
    """There was such a page, or file, and there is none any more."""


@dataclass(frozen=True)
class House:
    """An open station with its shows. *air* begins a run that nobody asked for before."""

    station: Station
    shelf: Shelf
    crew: Crew
    redact: Redact
    air: Callable[[str, datetime], None]
    reading: Reading
    wake: Callable[[str, datetime], object] = lambda show, slot: None  #: has a run go on that waited for somebody
    rehearsals: Rehearsals = field(default_factory=Rehearsals)

    @property
    def books(self) -> Books:
        """Return the ledger, to be read."""
        return Books(self.station.store)

    def show(self, name: str) -> Show:
        """Return a show that can be aired. Raises `ConfigError`."""
        if (found := self.shelf.shows.get(name)) is not None:
            return found
        raise ConfigError(self.shelf.broken.get(name) or f"{name} has no file in the config folder")


@dataclass(frozen=True)
class Asked:
    """What a request names: parts of its path, its query, and who asks."""

    visit: Visit
    path: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def page(self) -> int:
        """Return which page of a list is meant, from 1. Raises `Missing`."""
        text = self.query.get("page", "1")
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= FARTHEST:
            raise Missing(f"{text[:20]!r} is no page of a list")
        return int(text)
