"""Dry runs that were asked for on the console: kept for a while, in memory, as they leave no other trace."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from broadcast.page.preview import Planned
from broadcast.types import Report, Why

KEPT = 20  #: dry runs


@dataclass
class Rehearsal:
    """A dry run, under way or done."""

    show: str
    by: str
    at: datetime
    report: Report | None = None
    editions: tuple[Planned, ...] = ()
    why: tuple[Why, ...] = ()
    error: str = ""

    @property
    def over(self) -> bool:
        return self.report is not None or bool(self.error)


@dataclass
class Rehearsals:
    """The newest dry runs, by their ids."""

    _known: OrderedDict[str, Rehearsal] = field(default_factory=OrderedDict)

    def add(self, one: Rehearsal) -> str:
        id = uuid.uuid4().hex
        self._known[id] = one
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return id

    def find(self, id: str) -> Rehearsal | None:
        return self._known.get(id)

    def under_way(self, show: str) -> str | None:
        """Return the dry run of *show* that is not over, if there is one."""
        return next((id for id, one in self._known.items() if one.show == show and not one.over), None)
