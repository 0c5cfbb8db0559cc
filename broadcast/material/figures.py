"""Numbers from somebody's answer, written into texts and shown as key numbers. Pure."""

import difflib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from broadcast.errors import Rejected
from broadcast.text import clean
from broadcast.types import Drawn, Figure, Point

PATH = 500  #: characters of a JMESPath
BARS = 8  #: that can be told apart, and read, while a story is told; more named values are a line
SERIES = 200  #: points of a line; more cannot be seen
NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}(%?)")
#: A day in ISO 8601, or its first moment, as databases and files have it.
DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
#: What stands behind the name of a number for what it was, and for what has changed since.
COMPARED = ("_before", "_change", "_change_pct")
CLOSE = ("%", "‰", "°")  #: units that stand at the number without a space
UNITS = ("pct", "percent", "percentage")  #: last words of a name that are no part of a label


class Card(BaseModel):
    """How one field is shown as a key number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field("", description="what is counted; default: the name of the field")
    format: str = Field("#,##0.##", description="a number pattern of Unicode CLDR, such as $#,##0.0")
    unit: str = Field("", description="what stands behind the number, such as % or users")
    change: str = Field("", description="against what came before, such as {growth_pct}% week over week")
    series: str = Field("", description="JMESPath of a list of numbers, oldest first, drawn as a line")
    labels: str = Field("", description="JMESPath of a list of words, one for each number of the series")
    drawn: Drawn = Field(
        "", description="number, line, bars, comparison or table; default: as suits its values and their labels"
    )

    @property
    def behind(self) -> str:
        """What stands behind the number."""
        return "" if not self.unit else self.unit if self.unit in CLOSE else f" {self.unit}"


@dataclass(frozen=True)
class Numbers:
    """Named values of one answer, and the language they are written in. *label* names who answered."""

    label: str
    values: Mapping[str, Any]
    payload: Any = None
    language: str = "en"
    pending: frozenset[str] = frozenset()  #: names whose values nobody can know yet

    def value(self, name: str) -> str | float:
        """Return one number or text. Raises `Rejected` that names the field where it is neither."""
        if name not in self.values:
            raise Rejected(f"{self.label} gave no field {name!r}{suggestion(name, self.values)}")
        value = self.values[name]
        if value is None or value == "":
            raise Rejected(f"the field {name!r} of {self.label} is empty; nothing is told without it")
        if isinstance(value, bool | dict | list) or (isinstance(value, float) and not math.isfinite(value)):
            raise Rejected(f"the field {name!r} of {self.label} is no number or text; pick one with `fields`")
        return value if isinstance(value, str | int | float) else str(value)

    def shown(self, names: Sequence[str]) -> Sequence[str]:
        """Return those of *names* whose value holds a digit and is no day, each once."""
        said = {name: str(self.values.get(name)) for name in names}
        return [name for name, value in said.items() if re.search(r"\d", value) and not DAY.fullmatch(value)]

    def filled(self, text: str, *, signed: bool = False) -> str:
        """Return *text* with its names replaced by values, once: what a value holds is never looked at again."""

        def value(match: re.Match[str]) -> str:
            plain = self.value(match[1])
            sign = "+" if signed and not isinstance(plain, str) and plain > 0 else ""
            return sign + self.written(plain) + match[2]

        return NAME.sub(value, text)

    def lines(self, text: str) -> str:
        """Return *text* filled, without the lines that name what is *pending*."""
        kept = (line for line in text.splitlines() if not self.pending.intersection(names_in(line)))
        return "\n".join(clean(self.filled(line), 2_000) for line in kept)

    def raw(self, text: str, spelled: Callable[[str], str] = str) -> str:
        """Return *text* with its names replaced by values as they came, *spelled* as the place needs it."""
        return NAME.sub(lambda match: spelled(str(self.value(match[1]))) + match[2], text)

    def written(self, value: str | float, pattern: str | None = None) -> str:
        """Write a number or a day as the language does; words stay as they are."""
        if isinstance(value, str):
            return clean(day(value, self.language), 200)
        try:
            return written(value, self.language, pattern)
        except ArithmeticError:
            raise Rejected(f"a number of {self.label} is too large to be written; scale it there") from None

    def figure(
        self,
        name: str,
        card: Card | None,
        *,
        percent: bool = False,
        line: Sequence[float] = (),
        labels: Sequence[str] = (),
        drawn: Drawn = "",
    ) -> Figure:
        """Return the value of *name* as it is shown; without a *card* its name says what it is.

        *line* are the values behind it, *labels* what each is of, and *drawn* is how, where the card does not say.
        """
        value = self.value(name)
        if not card:
            card = Card(unit="%" if percent else "", format="#,##0.###")
        change = "" if self.pending.intersection(names_in(card.change)) else card.change
        if card.series:
            line = series_of(search(card.series, self.payload, name, self.label), name, self.label)
        if card.labels:
            labels = words_of(search(card.labels, self.payload, name, self.label), len(line), name, self.label)
        shape = card.drawn or drawn
        a_line = shape in ("line", "number") or (not shape and (not any(labels) or len(line) > BARS))
        return Figure(
            label=clean(card.label or worded(name), 60),
            text=clean(self.written(value, card.format) + card.behind, 60),
            value=number(value),
            change=clean(self.filled(change, signed=True), 100),
            series=tuple(line[-SERIES:]) if a_line else (),
            points=self.points(line[-SERIES:], labels[-SERIES:], card),
            drawn=shape,
            pattern=card.format if isinstance(value, int | float) else "",
            unit=card.behind,
        )

    def points(self, line: Sequence[float], labels: Sequence[str], card: Card) -> tuple[Point, ...]:
        """Return the values of *line* as they are shown, each with its label where there are any."""
        named = labels if len(labels) == len(line) else [""] * len(line)
        return tuple(
            Point(
                label=clean(label, 60),
                text=clean(self.written(value, card.format) + card.behind, 60),
                value=value,
            )
            for label, value in zip(named, line, strict=True)
        )


# --- writing


def written(value: float, language: str, pattern: str | None = None) -> str:
    """Write a number as *language* does, by a *pattern* of CLDR. Raises `ArithmeticError` for a huge one."""
    from babel import UnknownLocaleError  # it reads much, and only when needed
    from babel.numbers import format_decimal

    try:
        return str(format_decimal(value, pattern, locale=language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return str(format_decimal(value, pattern, locale="en"))


def dated(moment: datetime, span: timedelta, language: str) -> str:
    """Write when a point of a line was, in UTC: a day, or a time of day where the line *span*s two days or less."""
    from babel import UnknownLocaleError
    from babel.dates import format_skeleton, format_time

    locale = language.replace("-", "_")
    for name in (locale, "en"):
        try:
            if span <= timedelta(days=2):
                return str(format_time(moment, "short", tzinfo=UTC, locale=name))
            return str(format_skeleton("MMMd", moment.astimezone(UTC), locale=name))
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("unreachable")


def day(value: str, language: str) -> str:
    """Write the day that *value* is in ISO 8601 as *language* does: "29 November 2026". Other words stay."""
    if not DAY.fullmatch(value.strip()):
        return value
    from babel import UnknownLocaleError
    from babel.dates import format_date

    try:
        found = date.fromisoformat(value.strip()[:10])
        # English without a country says the month first; day first is what both sides of the ocean read at ease.
        return str(
            format_date(found, "d MMMM y" if language == "en" else "long", locale=language.replace("-", "_"))
        )
    except (UnknownLocaleError, ValueError):
        return value


def worded(name: str) -> str:
    """Return the name of a field as a label: "New users" of "new_users_pct"."""
    words = name.replace("-", "_").strip("_").split("_")
    label = " ".join(words[:-1] if len(words) > 1 and words[-1].lower() in UNITS else words)
    return label[:1].upper() + label[1:]


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


def search(path: str, payload: Any, name: str, label: str) -> Any:
    """Return what *path* finds, or None. Raises `Rejected` where it does not fit the answer."""
    try:
        return compiled(name, path).search(payload)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Rejected(
            f"the field {name!r} cannot be read from the answer of {label}: {clean(reason, 200)}"
        ) from None


def decoded(body: bytes, kind: str, label: str) -> Any:
    """Return what the JSON in *body* says. Raises `Rejected`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        said = clean(kind.partition(";")[0], 60) or "something else"
        raise Rejected(f"{label} answered {said} that is not JSON; check its address") from None


def number(value: Any) -> float | None:
    """Return *value* as a number, where it is one, also when it came as text."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def compared(name: str, value: float, before: float | None) -> dict[str, float]:
    """Return by name what *value* was and how it changed; a percentage of nothing is left out."""
    if before is None:
        return {}
    found = {f"{name}_before": tidy(before), f"{name}_change": tidy(value - before)}
    if before:
        found[f"{name}_change_pct"] = tidy(round((value - before) / abs(before) * 100, 1))
    return found


def tidy(value: float) -> float:
    """Return *value* without the noise that computing leaves behind."""
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.12g}")


def series_of(values: Any, name: str, label: str) -> tuple[float, ...]:
    """Return a list of numbers. Raises `Rejected` that names the field."""
    found = [number(value) for value in values] if isinstance(values, list) else [None]
    if None in found:
        raise Rejected(f"the series of {name!r} is no list of numbers in the answer of {label}")
    return tuple(value for value in found[-SERIES:] if value is not None)


def words_of(values: Any, count: int, name: str, label: str) -> tuple[str, ...]:
    """Return the labels of *count* numbers. Raises `Rejected` that names the field."""
    if not isinstance(values, list) or any(isinstance(value, dict | list) for value in values):
        raise Rejected(f"the labels of {name!r} are no list of words in the answer of {label}")
    if len(values[-SERIES:]) != count:
        raise Rejected(f"{name!r} has {count} numbers and {len(values)} labels in the answer of {label}")
    return tuple("" if value is None else str(value) for value in values[-SERIES:])
