"""A story from the numbers of a JSON API."""

import difflib
import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from broadcast.errors import Rejected
from broadcast.feeds import web
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Figure, Story

LABEL = "the metrics API"
BODY = 2_000_000  #: bytes; read and searched on the event loop, so much less than a feed's
PATH = 500  #: characters of a JMESPath
SERIES = 200  #: points of a line; more cannot be seen
NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}(%?)")
UNITS = ("pct", "percent", "percentage")  #: last words of a name that are no part of a label


class Card(BaseModel):
    """How one field is shown as a key number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field("", description="what is counted; default: the name of the field")
    format: str = Field("#,##0.##", description="a number pattern of Unicode CLDR, such as $#,##0.0")
    unit: str = Field("", description="what stands behind the number, such as % or users")
    change: str = Field("", description="against what came before, such as {growth_pct}% week over week")
    series: str = Field("", description="JMESPath of a list of numbers, oldest first, drawn as a line")


class Metrics(Plugin):
    """The numbers of a JSON API, told as one story: {name} in a text stands for a field of the answer."""

    url: str = Field(description="the address of the API", repr=False)
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    title: str = Field(description="the headline, such as: This week {new_users} new users")
    summary: str = Field(description="the text, such as: Growth of {growth_pct}% week over week")
    fields: Mapping[str, str] = Field({}, description="JMESPath by name; default: the fields of the answer itself")
    figures: Mapping[str, Card] = Field({}, description="the key numbers by field; default: those in the texts")
    language: str = Field(
        "en", pattern="^[a-z]{2}$", description="of the texts, and of the way numbers are written"
    )
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if not web(url):
            raise ValueError("give the http or https address of an API")
        return url

    @model_validator(mode="after")
    def _fits_together(self) -> "Metrics":
        paths = {f"fields.{name}": path for name, path in self.fields.items()}
        paths |= {f"figures.{name}.series": card.series for name, card in self.figures.items() if card.series}
        for where, path in paths.items():
            compiled(where, path)
        texts = (self.title, self.summary, *(card.change for card in self.figures.values()))
        names = [*self.figures, *(name for text in texts for name in names_in(text))]
        for name in names if self.fields else ():
            if name not in self.fields:
                raise ValueError(f"{{{name}}} is not one of the fields{suggestion(name, self.fields)}")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return one story. Its id is made of its words, so that the same numbers are not told twice."""
        headers = {"Accept": "application/json"} | {k: v.get_secret_value() for k, v in self.headers.items()}
        answer = await tools.http.get(self.url, label=LABEL, headers=headers, limit=BODY)
        payload = decoded(answer.body, answer.headers.get("content-type", ""))
        values = self._values(payload)
        title, summary = (self._filled(text, values) for text in (self.title, self.summary))
        return [
            Story(
                id=hashlib.sha256(f"{title}\n{summary}".encode()).hexdigest()[:16],
                title=clean(title, 300),
                text="\n".join(clean(line, 2_000) for line in summary.splitlines()),
                at=tools.clock.now(),
                publisher=self.publisher,
                language=self.language,
                tags=self.tags,
                figures=tuple(self._figure(name, values, payload) for name in self._shown(values)),
            )
        ]

    def _values(self, payload: Any) -> Mapping[str, Any]:
        if self.fields:
            return {name: search(path, payload, name) for name, path in self.fields.items()}
        if not isinstance(payload, dict):
            raise Rejected(
                f"{LABEL} answered a {type(payload).__name__}, not an object with named fields; "
                "say with `fields` where each number is, as in `new_users: '[0].new_users'`"
            )
        return payload

    def _shown(self, values: Mapping[str, Any]) -> Sequence[str]:
        """Return the fields that become key numbers: the configured ones, else all with a digit in the texts."""
        if self.figures:
            return list(self.figures)
        names = dict.fromkeys((*names_in(self.title), *names_in(self.summary)))
        return [name for name in names if re.search(r"\d", str(values.get(name)))]

    def _filled(self, text: str, values: Mapping[str, Any], *, signed: bool = False) -> str:
        """Return *text* with its names replaced by values, once: what a value holds is never looked at again."""

        def value(match: re.Match[str]) -> str:
            plain = value_of(match[1], values)
            sign = "+" if signed and not isinstance(plain, str) and plain > 0 else ""
            return sign + self._written(plain) + match[2]

        return NAME.sub(value, text)

    def _written(self, value: str | float, pattern: str | None = None) -> str:
        """Write a number as the language does; words stay as they are."""
        if isinstance(value, str):
            return clean(value, 200)
        from babel import UnknownLocaleError  # it reads much, and only when needed
        from babel.numbers import format_decimal

        try:
            return str(format_decimal(value, pattern, locale=self.language))
        except UnknownLocaleError:
            return str(format_decimal(value, pattern, locale="en"))
        except ArithmeticError:
            raise Rejected("a number of the metrics is too large to be written; scale it in the API") from None

    def _figure(self, name: str, values: Mapping[str, Any], payload: Any) -> Figure:
        value = value_of(name, values)
        card = self.figures.get(name)
        words = name.replace("-", "_").strip("_").split("_")
        label = " ".join(words[:-1] if len(words) > 1 and words[-1].lower() in UNITS else words)
        if not card:
            percent = (name, "%") in NAME.findall(self.title + self.summary)
            card = Card(unit="%" if percent else "", format="#,##0.###")
        space = "" if card.unit in ("", "%", "‰", "°") else " "
        series = series_of(search(card.series, payload, name), name) if card.series else ()
        return Figure(
            label=clean(card.label or label[:1].upper() + label[1:], 60),
            text=clean(self._written(value, card.format) + space + card.unit, 60),
            value=number(value),
            change=clean(self._filled(card.change, values, signed=True), 100),
            series=series,
        )


# --- picking values out of an answer, purely


def names_in(text: str) -> list[str]:
    """Return the names in *text*. Raises `ValueError` for braces with anything else: it is no format string."""
    if re.search(r"[{}]", NAME.sub("", text)):
        raise ValueError(f"only {{name}} may stand in braces in {text!r}; reach deeper values with `fields`")
    return [name for name, _ in NAME.findall(text)]


def suggestion(name: str, known: Collection[str]) -> str:
    """Return what the operator may have meant, as the end of a sentence."""
    near = difflib.get_close_matches(name, known, n=1)
    shown = ", ".join(clean(each, 40) for each in sorted(known)[:20]) or "none"
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {shown}"


def compiled(where: str, path: str) -> Any:
    """Return a JMESPath, which can neither loop nor reach out. Raises `ValueError` that says *where* it stands."""
    import jmespath  # only where paths are used

    try:
        if len(path) > PATH:
            raise ValueError(f"longer than {PATH} characters")
        return jmespath.compile(path)
    except (ValueError, RecursionError) as error:  # jmespath's own errors are ValueErrors
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{where}: {path[:60]!r} is not a JMESPath ({reason})") from None


def search(path: str, payload: Any, name: str) -> Any:
    """Return what *path* finds, or None. Raises `Rejected` where it does not fit the answer."""
    try:
        return compiled(name, path).search(payload)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Rejected(
            f"the field {name!r} cannot be read from the answer of {LABEL}: {clean(reason, 200)}"
        ) from None


def decoded(body: bytes, kind: str) -> Any:
    """Return what the JSON in *body* says. Raises `Rejected`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        said = clean(kind.partition(";")[0], 60) or "something else"
        raise Rejected(f"{LABEL} answered {said} that is not JSON; check its address") from None


def value_of(name: str, values: Mapping[str, Any]) -> str | float:
    """Return one number or text. Raises `Rejected` that names the field where it is neither."""
    if name not in values:
        raise Rejected(f"{LABEL} gave no field {name!r}{suggestion(name, values)}")
    value = values[name]
    if value is None or value == "":
        raise Rejected(f"the field {name!r} of {LABEL} is empty; nothing is told without it")
    if isinstance(value, bool | dict | list) or (isinstance(value, float) and not math.isfinite(value)):
        raise Rejected(f"the field {name!r} of {LABEL} is no number or text; pick one with `fields`")
    return value if isinstance(value, str | int | float) else str(value)


def number(value: Any) -> float | None:
    """Return *value* as a number, where it is one, also when it came as text."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def series_of(values: Any, name: str) -> tuple[float, ...]:
    """Return a list of numbers. Raises `Rejected` that names the field."""
    found = [number(value) for value in values] if isinstance(values, list) else [None]
    if None in found:
        raise Rejected(f"the series of {name!r} is no list of numbers in the answer of {LABEL}")
    return tuple(value for value in found[-SERIES:] if value is not None)
