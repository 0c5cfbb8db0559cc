"""What plugins may use of the outside world: the network, time, a memory, money, and what a run keeps for them.

Each is a narrow Protocol: the runner hands in the real one, a test any other. `Tools` holds them all.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Answer(Protocol):
    """A complete answer of a server, within its byte limit."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...  #: names in lower case
    @property
    def url(self) -> str: ...  #: after redirects
    @property
    def body(self) -> bytes: ...
    @property
    def sha256(self) -> str: ...  #: of the body, in hexadecimal
    @property
    def moved(self) -> bool: ...  #: by redirects for good only: `url` is the address to ask from now on


class Body(Protocol):
    """The body of an answer, in chunks as it comes."""

    @property
    def start(self) -> int: ...  #: its first byte
    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Http(Protocol):
    """The only way onto the network."""

    async def get(
        self,
        url: str,
        *,
        label: str,
        headers: Mapping[str, str] | None = None,
        limit: int = ...,
        deadline: float = ...,
        trusted: bool = True,
        more: bool = False,
    ) -> Answer:
        """Return the answer, 304 included.

        *label* names the request in logs and errors, in place of its address. *limit* is in bytes after
        decompression, *deadline* in seconds for everything. *trusted* is false for an address that was found
        in content: only public http(s) addresses are then reached. *more*: this is one of several requests to
        the same server that follow each other, and share a connection. Raises `Unavailable`, `Rejected`, `Refused`.
        """

    def stream(
        self,
        url: str,
        *,
        label: str,
        limit: int = ...,
        deadline: float = ...,
        trusted: bool = True,
        start: int = 0,
    ) -> AbstractAsyncContextManager[Body]:
        """Give the body in chunks as it comes, never all at once; from byte *start* on where that is served."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        label: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        length: int | None = None,
        again: bool,
        limit: int = ...,
        deadline: float = ...,
        trusted: bool = True,
    ) -> Answer:
        """Send *body* and return the answer whatever its status. Nothing of it is repeated.

        *again*: doing it twice does no harm. Where it is false, a request that was sent and not answered raises
        `Unconfirmed`; one that did not leave in full raises `Unavailable` either way. *trusted* is false for an
        address that an answer named.
        """


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the time, always aware and in UTC."""

    async def sleep(self, seconds: float) -> None: ...


class Memory(Protocol):
    """What a plugin may remember from run to run: small JSON values under names of its own."""

    async def get(self, name: str) -> Any | None: ...
    async def put(self, name: str, value: Any) -> None: ...

    async def get_all(self, names: Sequence[str]) -> Mapping[str, Any]:
        """Return what is remembered under *names*, in a fraction of the time that asking one by one takes."""

    async def put_all(self, values: Mapping[str, Any]) -> None:
        """Remember all *values*, likewise. A crash meanwhile may leave out some of them."""


class Compute(Protocol):
    """Work that would hold up the event loop, done in another process."""

    async def __call__(
        self,
        function: str,
        *args: Any,
        deadline: float,
        memory: int | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Any:
        """Call `package.module:function` with *args* elsewhere; both ways are pickled.

        *deadline* is in seconds; past it the process is killed and `Unavailable` is raised, as it is where the
        function takes more than *memory*, in bytes. An exception of the function's is raised here. A function with
        a parameter named `progress` is handed a callable that takes the share done, 0 to 1.
        """


class Purse(Protocol):
    """What the run may spend. Whatever costs money is reserved here first, under a key of its own.

    The key's first word says what is paid for: `script/story-7/1`. A writer's keys are apart from those of another
    edition; a renderer says the edition in them.
    """

    async def reserve(self, key: str, usd: float | None) -> None:
        """Set *usd*, the most that it can cost, aside before it is spent. Said again it changes nothing.

        Raises `Rejected` where the budget does not bear it, or where there is one and *usd* is None: not known.
        """

    async def settle(self, key: str, usd: float) -> None:
        """Write down what it did cost. Where that is never known, what was reserved stays spent."""

    async def release(self, key: str) -> None:
        """Give it back: nothing was paid."""


class Pace(Protocol):
    """A limit of calls that all plugins of this process keep together."""

    async def __call__(self, name: str, calls: int, seconds: float) -> None:
        """Wait until fewer than *calls* calls by this *name* were let through within the last *seconds*."""


class Together(Protocol):
    """Questions that many runs of this process have for one service, asked in one call."""

    async def __call__(
        self,
        name: str,
        subject: str,
        ask: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]],
        *,
        most: int,
        within: float,
    ) -> Any | None:
        """Return the answer about *subject*; None where there is none, or nobody else asks by this *name*.

        Questions that come *within* so many seconds are asked as one, of *most* subjects: by the *ask* of whoever
        came first. What it raises is raised for all.
        """


class Keep(Protocol):
    """Commits a handle into the row of the once-deed under way, before the deed goes on."""

    async def __call__(self, name: str, value: str) -> None: ...


class Recall(Protocol):
    """Does a part of the work that the run remembers: what it came to is written down, and given back next time."""

    async def __call__(self, part: str, type: type[T], do: Callable[[], Awaitable[T]]) -> T: ...


async def no_jobs() -> frozenset[str]:
    """Stand in for the journal where there is none."""
    return frozenset()


class Unlimited:
    """Stands in for the purse where nobody counts."""

    async def reserve(self, key: str, usd: float | None) -> None:
        """Bear it."""

    async def settle(self, key: str, usd: float) -> None:
        """Forget it."""

    async def release(self, key: str) -> None:
        """Forget it."""


async def unpaced(name: str, calls: int, seconds: float) -> None:
    """Stand in for the limits where there are none."""


async def alone(
    name: str,
    subject: str,
    ask: Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]],
    *,
    most: int,
    within: float,
) -> None:
    """Stand in for the others where there are none."""


async def keep_nothing(name: str, value: str) -> None:
    """Stand in for `keep` where there is no row to keep anything in."""
    raise RuntimeError("keep() belongs to a deed that is done once")


async def recall_nothing(part: str, type: type[T], do: Callable[[], Awaitable[T]]) -> T:
    """Stand in for `recall` where there is no run: do it."""
    return await do()


@dataclass(frozen=True)
class Tools:
    """What a plugin may use of the outside world."""

    http: Http
    clock: Clock
    memory: Memory
    compute: Compute
    folder: Path  #: a folder of this run's own; what lies there may be gone in the next call
    note: Callable[[str], None] = field(default=lambda text: None)  #: puts a line into the report
    progress: Callable[[float], None] = field(default=lambda share: None)  #: 0 to 1
    jobs: Callable[[], Awaitable[frozenset[str]]] = no_jobs  #: the ids of all renders that runs know of
    purse: Purse = field(default_factory=Unlimited)
    pace: Pace = unpaced
    together: Together = alone
    keep: Keep = keep_nothing
    #: What an earlier try at this deed kept; a renderer also gets what its `prepare` kept.
    kept: Mapping[str, str] = field(default_factory=dict)
    recall: Recall = recall_nothing
    #: What a program that it starts may know of the environment: how to find others, and no secret.
    env: Mapping[str, str] = field(default_factory=dict)
