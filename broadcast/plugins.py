"""The verbs: what a source, a writer, a renderer and a channel must do. What they get to do it with is in `tools`.

A plugin is one frozen pydantic model in one file. Its fields are its configuration, its docstring is its
help. It holds no state, opens nothing when it is made, and reaches the world only through the tools that are
handed to its methods: their names are here, too. `use: rss` finds the one plugin in `broadcast/sources/rss.py`;
`use: my_package.metrics:Revenue` finds any importable class. Nothing is registered.
"""

import importlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import isclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from .errors import ConfigError, StageError
from .tools import (
    Answer,
    Body,
    Clock,
    Compute,
    Http,
    Keep,
    Memory,
    Pace,
    Purse,
    Recall,
    Together,
    Tools,
    Unlimited,
    alone,
    keep_nothing,
    no_jobs,
    recall_nothing,
    unpaced,
)  # fmt: skip
from .types import (
    Brief,
    Decision,
    Destination,
    Draft,
    Job,
    Order,
    Post,
    Published,
    Put,
    Question,
    Rendered,
    Sent,
    Story,
)

#: Its own names, and those of the tools, which stand here for whoever writes a plugin.
__all__ = [
    "ROLES", "Answer", "Asks", "Body", "CallsBack", "Channel", "Clock", "Compute", "Env", "Http", "Keep",
    "Leavable", "Listens", "Manifold", "Memory", "Overseen", "Pace", "Plugin", "Prompts", "Publishes", "Purse",
    "Recall", "Reconciles", "Renderer", "Repairer", "Retracts", "Rung", "Source", "Speaks", "Together", "Tools",
    "Unlimited", "Voiced", "Writer", "alone", "built_in", "find", "keep_nothing", "no_jobs", "recall_nothing",
    "unpaced",
]  # fmt: skip

#: The folder of each role's built-in plugins, and the method that marks one.
ROLES = {"sources": "fetch", "writers": "write", "renderers": "submit", "channels": "ladder"}


# --- what plugins are made of


class Plugin(BaseModel):
    """What every built-in plugin is: a frozen record of its own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Doing it twice does no harm: after a crash it is simply done again.
    repeatable: ClassVar[bool] = False
    #: Destinations that a channel serves at once, when the first of them has been served alone.
    abreast: ClassVar[int] = 1

    #: Names in braces that a channel fills by itself: they are no blanks of a row's.
    own_names: ClassVar[frozenset[str]] = frozenset()

    def ready(self) -> None:
        """Raise `ConfigError` where something that only the operator can add is missing: an extra, a program."""


@dataclass(frozen=True)
class Env:
    """Marks a field that config fills from the environment: `Annotated[SecretStr, Env("NAME", "https://…")]`."""

    name: str
    page: str = ""  #: where the credential is issued


# --- the roles


class Source(Protocol):
    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return what happened since *since*, in any order. Older stories do no harm: they are left out later."""


@runtime_checkable
class Manifold(Protocol):
    """A source that is made of several, and remembers how each of them fares."""

    async def ailing(self, tools: Tools) -> Mapping[str, str]:
        """Return what of it is broken, each under a name that stays, in words. Reads what is remembered only."""


class Writer(Protocol):
    """One that can do better when it is told what is wrong has a `repair`, too: see `Repairer`."""

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:
        """Tell one story. Raises `Rejected` where it has nothing that could be said."""


class Repairer(Writer, Protocol):
    async def repair(
        self, tools: Tools, story: Story, brief: Brief, draft: Draft, findings: Sequence[str]
    ) -> Draft:
        """Tell the story of *draft* once more, without what the *findings* say is wrong with it. Asked once."""


class Renderer(Protocol):
    """Who renders. `rendering.py` also asks for these, and does without those that are not there:

    `preflight(tools, order)`    raises where reading shows that the render would be refused
    `estimate(order)`            its price in USD; a budget refuses one that has a price and cannot tell it
    `reconcile(tools, order, begun, kept)`   the job of a submit that was not answered, or None: there is none
    `recover(tools, order)`      the job that a journal, now lost, knew of
    `prepare(tools, order)`      of one that is *repeatable*, thus free: pays for what its render is better with and
                                 can do without, and keeps what it bought; `estimate` is then the price of that
    `account`                    by which its renders under way are counted, against `concurrent`
    `poll`                       seconds between the first looks at a job
    `verify`, `captions`         what is held against the script, and where captions go
    `findings(tools, …)`         what `broadcast check` says of it
    """

    repeatable: ClassVar[bool]

    async def submit(self, tools: Tools, order: Order) -> Job:
        """Ask for a render. This may spend money: it is never repeated by itself."""

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | Job | None:
        """Return what was rendered; while it is being made None, or the job as it is better known by now.

        Raises `Rejected` when it failed for good, and costs nothing then.
        """


@runtime_checkable
class Voiced(Protocol):
    """A renderer that can say which voice would speak, so that its pace is learned."""

    def voice_in(self, language: str) -> str | None:
        """Return a name for the voice that speaks *language*; None where it stays silent."""


@runtime_checkable
class CallsBack(Protocol):
    """A renderer whose service says by itself that a job is over, at an address that was made for the job."""

    def meant(self, token: str) -> str | None:
        """Return the run that *token*, the end of such an address, was made for; None where we did not make it."""


@runtime_checkable
class Overseen(Protocol):
    """A renderer that can tell of many jobs at once which are still being made: no run need ask by itself."""

    @property
    def service(self) -> str:
        """Return a name for whom it asks: jobs of one name, of whatever show, are asked about together."""

    @property
    def poll(self) -> float:
        """Return the seconds between the first looks at a job."""

    async def making(self, tools: Tools, jobs: Sequence[Job]) -> frozenset[str]:
        """Return the ids of those of *jobs* that are still being made. The others are worth a `check` of their own.

        Each is better known by a `check` before. Raises `Unavailable` where the service cannot be asked now.
        """


@runtime_checkable
class Prompts(Protocol):
    """A renderer that is told in words what to make."""

    def prompt(self, order: Order) -> str | None:
        """Return those words, as far as they are known before anything is sent; None where there are none."""


class Rung(Protocol):
    """One way of sending a post: a method of a channel, named for what it sends: url, file, link."""

    @property
    def __name__(self) -> str: ...

    def __call__(self, tools: Tools, post: Post, to: str, /) -> Awaitable[Sent]: ...


class Channel(Protocol):
    """Where a show goes. What a channel can do besides is in the four protocols below it: all are optional."""

    repeatable: ClassVar[bool]
    abreast: ClassVar[int]

    async def destinations(self, tools: Tools) -> Sequence[str]:
        """Return the chats or addresses it posts to: one delivery each."""

    def ladder(self) -> Sequence[Rung]:
        """Return the ways to send a post, the best first."""

    async def preflight(self, tools: Tools) -> Mapping[str, StageError] | None:
        """Raise `Refused` or `Rejected` where reading shows that nothing could be sent. Changes nothing.

        Where that is true of some destinations only, return those, each with its error.
        """


@runtime_checkable
class Reconciles(Protocol):
    """A channel that can be asked what became of a post whose answer never came."""

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Return the message, or None where there surely is none: then it is sent again. Changes nothing.

        `tools.kept` holds what the earlier try kept, `rung` among it; *begun* is when it began. Raises
        `Unconfirmed` where the channel cannot tell, `Unavailable` where it cannot be asked now.
        """


@runtime_checkable
class Speaks(Protocol):
    """A channel that can send a plain message: an alert, a test, a correction."""

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Send *text*, which is plain, to one destination. Raises as a rung does."""


@runtime_checkable
class Asks(Protocol):
    """A channel on which people can be asked whether something may air, and answer.

    One whose recipients answer by `Question.link` says so by `by_link = True`; one that can be listened to as well
    is a `Listens`.
    """

    async def ask(self, tools: Tools, to: str, question: Question) -> Sent:
        """Put *question* to one destination, with a way to approve and to reject. Raises as a rung does."""

    async def heard(self, tools: Tools, puts: Sequence[Put]) -> Sequence[Decision]:
        """Return what was answered since the last look, to any of the questions. Waits for nobody.

        Without a question it raises where nothing could be heard, as far as reading tells: `broadcast check` asks.
        What is answered twice is returned twice, with who did; one answer is returned once.
        """

    async def tell(self, tools: Tools, answer: Decision, words: str) -> None:
        """Tell whoever gave *answer* what became of it, in plain *words*."""

    async def close(self, tools: Tools, put: Put, words: str) -> None:
        """Take away by what *put* could be answered, and say in plain *words* how it was."""


@runtime_checkable
class Listens(Protocol):
    """A channel that is told of answers as they are given, while somebody listens."""

    @property
    def ear(self) -> str | None:
        """Return what one connection is enough for, told by no secret; None where nobody can listen."""

    def listen(self, tools: Tools) -> AsyncIterator[Decision]:
        """Give the answers as they come, until the connection ends. Raises as `heard` does."""


@runtime_checkable
class Retracts(Protocol):
    """A channel that can take a post back."""

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Delete what was *sent*, else edit it, else follow up with *note*; say which in `Sent.rung`.

        *note* is plain and may be empty. Raises as a rung does.
        """


@runtime_checkable
class Leavable(Protocol):
    """A channel whose recipients can leave by a signed link."""

    async def leave(self, clock: Clock, token: str) -> bool:
        """Take whom *token* was made for off the list for good. Returns False where it was not made here."""


@runtime_checkable
class Publishes(Protocol):
    """A channel that gives a video a lasting public address."""

    async def publish(self, tools: Tools, post: Post) -> Published:
        """Put the video where it stays. Doing it again does no harm. Raises as a rung does."""


# --- how one is found


def find(role: str, use: str) -> type[Any]:
    """Return the plugin class for `rss`, `acme.feeds` or `acme.feeds:Revenue`. Raises `ConfigError`."""
    name, _, attribute = use.partition(":")
    if "." not in use and ":" not in use:
        name = f"{__package__}.{role}.{use.replace('-', '_')}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise ConfigError(f"there is no {role[:-1]} {use!r}") from None
        raise ConfigError(f"the {role[:-1]} {use!r} needs the Python package {error.name!r}") from None
    except Exception as error:  # whatever somebody's module does when it is imported
        said = f"{type(error).__name__}: {error}"
        raise ConfigError(f"the {role[:-1]} {use!r} cannot be imported: {said}") from error
    classes = [
        value
        for key, value in vars(module).items()
        if isclass(value)
        and value.__module__ == module.__name__
        and hasattr(value, ROLES[role])
        and attribute in ("", key)
    ]
    if len(classes) != 1:
        raise ConfigError(f"{name} has {len(classes)} {role}; write `use: module:Class`")
    return classes[0]


def built_in(role: str) -> list[str]:
    """Return the names of the built-in plugins of *role*, in order."""
    files = (Path(__file__).parent / role).glob("*.py")
    return sorted(path.stem.replace("_", "-") for path in files if path.stem != "__init__")
