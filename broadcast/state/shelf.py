"""What a place for the journal's copy can do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Copy:
    """A copy of the journal as it lies outside."""

    name: str  #: no two copies have the same
    tag: str  #: by what the place replaces this copy and no other


class Shelf(Protocol):
    """One place for one copy. All of it blocks, and raises `StageError` without a credential in its words."""

    where: str  #: as the operator reads it

    def look(self) -> Copy | None:
        """Return what lies there."""

    def bring(self, copy: Copy, into: Path) -> None:
        """Write the copy that lies there into a file."""

    def name(self, file: Path) -> str:
        """Return a name for *file* as a copy, before it is put there."""

    def put(self, file: Path, name: str, over: Copy | None) -> Copy:
        """Put *file* there in place of *over*, and only of it; None: in place of nothing."""
