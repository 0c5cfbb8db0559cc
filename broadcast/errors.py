"""What can go wrong, named for what to do next.

    BroadcastError
    ├── ConfigError        the operator must change something; says where
    │   └── Mistakes       several of them, in the order of the file
    ├── Waiting            a render is still being made; run again to go on
    │   └── Held           a person must do something first; then run again to go on
    │       └── Unpaid     a limit of money must be raised
    ├── Lost               another process has taken this run over
    ├── Unwritten          the journal cannot be written: nothing more may be begun
    └── StageError         one deed of a run did not work out
        ├── Unavailable    it did not happen; asking again is safe
        │   ├── Crowded        there is no room now: what is under way there must end first
        │   └── Unanswered     it may have happened; asked again with its key it does not happen twice
        ├── Rejected       it never will, done this way
        │   └── Dropped    a person, or nobody in time, did not want it
        ├── Refused        it never will, for us
        └── Unconfirmed    it may have happened

Foreign exceptions become one of these once, at the edge where they are caught, by what is known to have
left the machine: never connected, or sent incompletely, is `Unavailable`; sent and not answered is
`Unconfirmed` for anything that pays or publishes.
"""

from collections.abc import Sequence
from typing import Self


class BroadcastError(Exception):
    """Anything that this package raises on purpose. Its text is written for the operator."""


class ConfigError(BroadcastError):
    """The operator must change something. *where* is a file with a line, or a variable."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class Mistakes(ConfigError):
    """Several things that the operator must change: a line each, in the order of the file."""

    def __init__(self, all: Sequence[ConfigError]) -> None:
        super().__init__("\n".join(map(str, all)))
        self.all = tuple(all)

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[ConfigError, ...]]]:
        return type(self), (self.all,)


class Waiting(BroadcastError):
    """A render was asked for and is not done yet. Running the same slot again looks again and pays nothing."""


class Held(Waiting):
    """A person must do something before it goes on. Nothing was lost, and nothing more is paid meanwhile."""


class Unpaid(Held):
    """A limit of money holds it. Looking again changes nothing until a person raises that, or its time is over."""


class Lost(BroadcastError):
    """Another process owns the run now. Whatever this one still does must not be written down."""


class Unwritten(BroadcastError):
    """The journal cannot be written. It is no `StageError`: no other way is tried, and nothing more is begun."""


class StageError(BroadcastError):
    """One deed of a run did not work out. The four kinds below say what may follow."""


class Unavailable(StageError):
    """It did not happen, and asking again is safe. *retry_after* is in seconds, where the service named one."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[Self], tuple[str], dict[str, float | None]]:
        return type(self), (str(self),), {"retry_after": self.retry_after}


class Crowded(Unavailable):
    """It did not happen, as we or others have too much under way there: what ends makes room."""


class Unanswered(Unavailable):
    """It may have happened; asking again is safe for a while, as the service knows it by a key. In the end it is in
    doubt."""


class Rejected(StageError):
    """It did not happen and never will, done this way. Another way may work."""


class Dropped(Rejected):
    """Somebody who was asked did not want it, or nobody answered in time. It is not tried again."""


class Refused(StageError):
    """It did not happen and never will for us: wrong key, no credit, thrown out of the chat."""


class Unconfirmed(StageError):
    """It may have happened. It is never repeated, and nothing else is tried in its place."""


def kind(error: BaseException) -> str:
    """Return which of the kinds above *error* is, by name: a plugin may have kinds of its own below them."""
    kinds = (Unconfirmed, Waiting, Refused, Rejected, Unavailable)
    return next((one.__name__ for one in kinds if isinstance(error, one)), "Rejected")
