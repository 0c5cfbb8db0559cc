"""What pydantic found wrong with a part of a file, in words that say what to write. Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from .yamlfile import Path_

MADE_UP = r"function-|literal\[|str$|dict\[|\[key\]$"  #: pydantic's names of what it tried
WANTED = {
    "string_type": "{}: put it in quotes",
    "dict_type": "must hold keys and values: a name, a colon, and what belongs to it",
    "model_type": "must hold keys and values, like {{key: value}}",
    "float_parsing": "must be a number, without a unit",
    "int_parsing": "must be a whole number, without a unit",
}  #: pydantic's words say what Python would want; these say what to write


#: The patterns of more than one key, and what they want.
LANGUAGE = "^[a-z]{2}$"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
PATTERNS = {
    LANGUAGE: "write the two letters of a language, as en, de or ja",
    NAME: "a name is made of letters, digits, `-`, `_` and `.`, at most 64, without spaces",
}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong, and where it stands in the part that was read."""

    place: Path_
    words: str


@dataclass(frozen=True)
class Part:
    """A part of a file that was meant for a model: it stands at *loc*, and *also* are keys that others read."""

    cls: type[BaseModel]
    data: Any
    loc: Path_ = ()
    also: frozenset[str] = frozenset()

    def mistakes(self, error: ValidationError) -> list[Mistake]:
        """Return all that *error* says is wrong; of what could have been meant in several ways only one of them."""
        found: dict[Path_, tuple[str, Path_, str]] = {}
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            (place, tried), kind = self._read(one["loc"]), one["type"]
            if tried in found and (kind != "extra_forbidden" or found[tried][0] == kind):
                continue  # of several ways to read it, one with a key too many tells the most
            found[tried] = kind, place, one["msg"].removeprefix("Value error, ")
        typos = [place for kind, place, _ in found.values() if kind == "extra_forbidden"]
        return [
            Mistake(place, self._words(kind, place, message))
            for kind, place, message in found.values()
            if not (kind == "missing" and any(_meant_by(typo, place) for typo in typos))
        ]

    def _words(self, kind: str, place: Path_, message: str) -> str:
        key = ".".join(str(part) for part in (*self.loc, *place))
        if kind == "extra_forbidden":
            known = [*self._fields(place[:-1]), *(self.also if len(place) == 1 else ())]
            hint = meant(str(place[-1]), known) or f"there is {', '.join(sorted(known))}"
            return f"there is no key `{key}`; {hint}"
        if kind == "missing":
            return f"`{key}` is missing"
        if kind == "string_pattern_mismatch":
            message = next((words for pattern, words in PATTERNS.items() if f"'{pattern}'" in message), message)
        if kind in WANTED:
            nothing = "stands there with nothing behind it: give it a value, or take it out"
            message = nothing if self._value(place) is None else WANTED[kind].format(message)
        return f"`{key}`: {message[:1].lower()}{message[1:]}" if key else message

    def _value(self, place: Path_) -> Any:
        """Return what stands at *place*, or an empty text where nothing can."""
        data = self.data
        for part in place:
            try:
                data = data[part]
            except (KeyError, IndexError, TypeError):
                return ""
        return data

    def _read(self, loc: Path_) -> tuple[Path_, Path_]:
        """Return *loc*, where pydantic found something wrong, as the file has it; and as much of that as stands
        before what it tried to read in several ways."""
        place: list[str | int] = []
        data, tried = self.data, None
        for part in loc:
            if not _made_up(part, data):
                place.append(part)
                data = _within(data, part)
            elif isinstance(part, str) and part != _chose(data) and tried is None:
                tried = tuple(place)
        return tuple(place), tuple(place) if tried is None else tried

    def _fields(self, place: Path_) -> list[str]:
        """Return the keys that are known at *place*."""
        cls, data = self.cls, self.data
        for part in place:
            data = _within(data, part)
            field = cls.model_fields.get(str(part))
            if field is None:
                continue
            models = list(_models(field.annotation))
            if not models:
                return []
            cls = (chosen(field.annotation, data) if isinstance(data, Mapping) else None) or models[0]
        return [field.alias or key for key, field in cls.model_fields.items()]


def chosen(annotation: Any, part: Mapping[str, Any]) -> type[BaseModel] | None:
    """Return which of the models that a key takes is meant by the `use:` of *part*."""
    for model in _models(annotation):
        use = model.model_fields.get("use")
        if use and part.get("use") in getattr(use.annotation, "__args__", ()):
            return model
    return None


def meant(word: str, known: Iterable[str]) -> str:
    """Return the question whether one of *known* was meant by *word*; nothing where none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def _meant_by(typo: Path_, gap: Path_) -> bool:
    """Return whether what is missing at *gap* was meant by the unknown key at *typo*."""
    return typo[:-1] == gap[:-1] and bool(meant(str(typo[-1]), [str(gap[-1])]))


def _within(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _made_up(part: str | int, data: Any) -> bool:
    """Return whether pydantic named a branch of its own, or by what *data* chose one: no file has these."""
    if isinstance(data, Mapping) and part in data:
        return False
    if isinstance(part, int):
        return not isinstance(data, list)  # one that stands where a list may is a list of one
    return part == _chose(data) or bool(re.match(MADE_UP, part))


def _chose(data: Any) -> Any:
    return data.get("use") if isinstance(data, Mapping) else data


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
