"""A channel with blanks: `to: "{email}"` is filled for each row, or for each call, with its own fields. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from .errors import Rejected, StageError
from .material.figures import suggestion
from .plugins import Rung, Tools

NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
#: What a blank may hold, as far as anybody knows before it is filled: the other settings are tried out with these.
SAMPLES = ("somebody@example.com", "@somebody", "C0123456789", "1", "https://example.com/somebody")


@dataclass(frozen=True)
class Form:
    """A channel of which some settings are blank. It can be asked nothing before it is filled."""

    name: str
    cls: type[Any]
    options: Mapping[str, Any] = field(repr=False)  #: a secret may be among them

    @property
    def repeatable(self) -> bool:
        return bool(self.cls.repeatable)

    @property
    def abreast(self) -> int:
        return int(self.cls.abreast)

    async def preflight(self, tools: Tools) -> None:
        """Nobody knows yet to whom it will post."""

    async def destinations(self, tools: Tools) -> Sequence[str]:
        raise Rejected(f"{', '.join(sorted(blanks(self.cls, self.options)))} of {self.name} is filled for each row")

    def ladder(self) -> Sequence[Rung]:
        return ()

    def filled(self, fields: Mapping[str, str]) -> Any:
        """Return the channel with *fields* in its blanks. Raises `Rejected` that names what is missing or wrong."""
        options = {key: self._with(fields, key, value) for key, value in self.options.items()}
        try:
            return self.cls.model_validate(options)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            key = ".".join(str(part) for part in first["loc"][:1])
            words = first["msg"].removeprefix("Value error, ")
            raise Rejected(f"`{key}` {words[:1].lower()}{words[1:]}" if key else words) from None

    def sample(self) -> Any | None:
        """Return it as it would be for somebody, or None where nobody can tell what its blanks may hold."""
        for one in SAMPLES:
            try:
                return self.filled(dict.fromkeys(blanks(self.cls, self.options), one))
            except Rejected:
                continue
        return None

    def _with(self, fields: Mapping[str, str], key: str, value: Any) -> Any:
        if not any(_names(self.cls, key, value)):
            return value
        return _mapped(value, lambda text: filled(text, fields, path=_is_path(self.cls, key), own=_own(self.cls)))


class Unfilled:
    """A channel that could not be filled: posting to it fails with the reason."""

    repeatable, abreast = True, 1

    def __init__(self, why: StageError) -> None:
        self.why = why

    async def preflight(self, tools: Tools) -> None:
        raise self.why

    async def destinations(self, tools: Tools) -> Sequence[str]:
        raise self.why

    def ladder(self) -> Sequence[Rung]:
        return ()


def blanks(cls: type[Any], options: Mapping[str, Any]) -> dict[str, str]:
    """Return the names that are blank in *options* of a channel, each with the setting where it stands first.

    A secret has no blanks, and neither has what the channel fills by itself, as the {token} of a mailing list.
    """
    found: dict[str, str] = {}
    for key, value in options.items():
        for name in _names(cls, key, value):
            found.setdefault(name, key)
    return found


def filled(text: str, fields: Mapping[str, str], *, path: bool = False, own: frozenset[str] = frozenset()) -> str:
    """Return *text* with *fields* in place of its names. Raises `Rejected` for one that is not there, or is empty.

    With *path* what is filled in must be one part of a path: never a way up or elsewhere.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in own:
            return match[0]
        if not (found := fields.get(name, "")):
            raise Rejected(f"there is no {name!r} to fill in{suggestion(name, fields)}")
        if path and not re.fullmatch(r"\w[\w.@+-]{0,99}", found):
            raise Rejected(f"the {name!r} to fill in is no part of a path: letters, digits, . _ @ + -")
        return found

    return NAME.sub(value, text)


def _names(cls: type[Any], key: str, value: Any) -> Iterator[str]:
    if key == "command" or _holds(cls, key, SecretStr) or _holds(cls, key, bytes):
        return
    for text in _texts(value):
        yield from (name for name in NAME.findall(text) if name not in _own(cls))


def _own(cls: type[Any]) -> frozenset[str]:
    return frozenset(getattr(cls, "own_names", ()))


def _is_path(cls: type[Any], key: str) -> bool:
    return _holds(cls, key, Path)


def _holds(cls: type[Any], key: str, type_: type[Any]) -> bool:
    """Return whether the setting *key* takes a *type_*."""
    for name, one in cls.model_fields.items():
        if key in (name, one.alias):
            return _mentions(one.annotation, type_)
    return False


def _mentions(annotation: Any, type_: type[Any]) -> bool:
    return annotation is type_ or any(_mentions(part, type_) for part in getattr(annotation, "__args__", ()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(part, change) for key, part in value.items()}
    return [_mapped(part, change) for part in value] if isinstance(value, list | tuple) else value
