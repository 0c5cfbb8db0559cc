"""The kinds of show: length, tone, and the words around the stories in every language. Pure but for its files.

One YAML file a kind. Each story is spoken about by a writer; the intro and the sign-off are templates, so that no
foreign text can ever speak for the show.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from broadcast.errors import ConfigError
from broadcast.text.yamls import loader

from .sanitise import base

FOLDER = Path(__file__).with_name("kinds")


def _only(*fields: str) -> AfterValidator:
    """Accept a template that fills in nothing but *fields*."""

    def check(template: str) -> str:
        try:
            used = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        except ValueError as error:
            raise ValueError(f"{template!r}: {error}; write a plain brace twice") from None
        if used - set(fields):
            wrong = ", ".join(sorted(used - set(fields)))
            raise ValueError(f"{template!r} wants {{{wrong}}}; there is only {', '.join(fields)}")
        return template

    return AfterValidator(check)


class Words(BaseModel):
    """What is said around the stories, in one language. Each is one sentence, or two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    one: Annotated[str, _only("title", "date")]  #: opens a show of one story
    many: Annotated[str, _only("title", "date")]  #: opens a show of several
    source: Annotated[str, _only("sources")]  #: names the only source
    sources: Annotated[str, _only("sources")]  #: names all sources
    some: Annotated[str, _only("sources")]  #: names those that there is time for
    goodbye: Annotated[str, _only("title")]
    action: Annotated[str, _only()] = ""  #: points to the show's own link, which the screen shows

    def briefly(self) -> Self:
        """Return what is said where time is short: what the show is and the day, and no courtesies."""
        short = {name: _named(getattr(self, name)) for name in ("one", "many", "goodbye")}
        return self.model_copy(update=short)


def _named(template: str) -> str:
    """Return those sentences of *template* that fill something in, or all of it where none does."""
    sentences = re.split(r"(?<=[.!?])\s+|(?<=[。।！？])\s*", template)
    return " ".join(one for one in sentences if "{" in one) or template


#: For a language that a kind has no words for: nothing but names.
WORDLESS = Words(
    one="{title}. {date}.",
    many="{title}. {date}.",
    source="{sources}.",
    sources="{sources}.",
    some="{sources}.",
    goodbye="{title}.",
)


class Kind(BaseModel):
    """A preset of structure, length and tone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    about: str  #: one line of help
    seconds: float = Field(gt=0, le=600)  #: length of a show that names none
    stories: int = Field(ge=1, le=20)  #: how many a show of that length tells
    tone: str = ""  #: for writers that can take a hint
    structure: str = ""  #: how one story is told, for the same
    hook: bool = False  #: a story begins with its strongest figure
    words: Mapping[str, Words]  #: by ISO 639-1 code

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        if not self.words:
            raise ValueError("words: at least one language is needed")
        return self

    def speaks(self, language: str) -> bool:
        return language in self.words or base(language) in self.words

    def say(self, language: str) -> Words:
        """Return the words in *language*, or `WORDLESS`."""
        return self.words.get(language) or self.words.get(base(language), WORDLESS)


def names() -> list[str]:
    """Return the built-in kinds, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str, own: Path | None = None) -> Kind:
    """Return the kind *name*: one of the folder *own*, or a built-in one. Raises `ConfigError` for any other."""
    mine = sorted(path.stem for path in own.glob("*.yaml")) if own and own.is_dir() else []
    if own and name in mine:
        return read(own / f"{name}.yaml")
    if name not in names():
        known = [*names(), *mine]
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
        raise ConfigError(f"there is no kind {name!r}; {hint}")
    return _built_in(name)


@cache
def _built_in(name: str) -> Kind:
    return read(FOLDER / f"{name}.yaml")


def read(path: Path) -> Kind:
    """Return the kind that the file at *path* describes, named like the file. Raises `ConfigError`."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = yaml.load(text, Loader=loader(text))  # noqa: S506 - it is a safe one
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {error}", where=str(path)) from None
    if not isinstance(raw, dict):
        raise ConfigError("a kind is a mapping with `about`, `seconds`, `stories` and `words`", where=str(path))
    try:
        return Kind.model_validate({**raw, "name": path.stem})
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}".lstrip(": ") for one in error.errors()]
        raise ConfigError("; ".join(lines), where=str(path)) from None


def date(slot: datetime, timezone: str, language: str) -> str:
    """Return the day of *slot* in *timezone* as *language* says it: "Monday, 23 November 2026".

    A language that babel does not know gets ISO 8601: "2026-11-23".
    """
    from babel import Locale, UnknownLocaleError  # takes as long to import as all of this package
    from babel.dates import format_date

    day = slot.astimezone(ZoneInfo(timezone)).date()
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return day.isoformat()
    # English without a country says the month first; day first is what both sides of the ocean read at ease.
    return str(format_date(day, "EEEE, d MMMM y" if language == "en" else "full", locale=locale))
