"""What is told of a table's rows: a story of each, or one of all of them. Pure."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from broadcast.errors import Rejected
from broadcast.feeds import web
from broadcast.plugins import Plugin
from broadcast.text import clean
from broadcast.types import Figure, Story

from .figures import Card, Numbers, compared, names_in, number, suggestion, tidy
from .records import digest, moment, paragraphs, variables

ROWS, COLUMNS = 10_000, 200  #: of a file that are read
CELL = 5_000  #: characters of a cell
#: What stands behind the name of a column for something that all of its rows say.
SUMMED = ("_sum", "_max", "_min", "_max_label", "_min_label")

Row = Mapping[str, Any]


class Rows(Plugin):
    """How rows are told: {name} in a text stands for a column."""

    title: str = Field(description="the headline, such as: {orders} orders yesterday")
    summary: str = Field("", description="the text, such as: {revenue} EUR, {customers} of the customers were new")
    labels: str = Field(
        "", description="the column that names the rows, such as week, where they are told together"
    )
    id: str = Field("", description="what tells rows apart, such as {order_id}; default: title and text")
    link: str = Field("", max_length=300, description="such as https://shop.example/orders/{order_id}")
    at: str = Field("", description="the column that says when it happened; default: now")
    figures: Mapping[str, Card] = Field({}, description="the key numbers by column")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the texts, and of how numbers are written")
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_columns(self) -> "Rows":
        for text in (self.title, self.summary, self.id, self.link, *(one.change for one in self.figures.values())):
            names_in(text)
        for name, card in self.figures.items():
            if card.series or card.labels:
                raise ValueError(f"figures.{name}.series: the rows themselves are the line; leave it out")
        return self

    def of_each(
        self, rows: Sequence[Row], now: datetime, note: Callable[[str], None], *, label: str
    ) -> list[Story]:
        """Return a story of each row; what is wrong with others is noted. Raises `Rejected` where none is good."""
        stories: dict[str, Story] = {}
        faults: list[str] = []
        for at, row in enumerate(rows, 1):
            try:
                story = self._of(Numbers(label, row, language=self.language), now)
                stories.setdefault(story.id, story)
            except Rejected as error:
                faults.append(f"row {at}: {error}")
        if faults and not stories:
            raise Rejected(faults[0])
        if faults:
            note(f"{len(faults)} of {len(rows)} rows are left out: {faults[0]}")
        return list(stories.values())

    def of_all(self, rows: Sequence[Row], now: datetime, *, label: str) -> list[Story]:
        """Return one story of all *rows*, the last of which is the newest; none of no rows."""
        if not rows:
            return []
        if self.labels and self.labels not in rows[-1]:
            raise Rejected(f"{label} has no column {self.labels!r}{suggestion(self.labels, rows[-1])}")
        values, pending = gathered(rows, self.labels)
        numbers = Numbers(label, values, language=self.language, pending=pending)

        shown = list(self.figures)
        if not shown:
            said = numbers.shown(names_in(self.title + self.summary))
            shown = [name for name in said if number(values[name]) is not None]
        story = self._of(numbers, now)
        return [story.model_copy(update={"figures": tuple(self._drawn(numbers, name, rows) for name in shown)})]

    def _drawn(self, numbers: Numbers, name: str, rows: Sequence[Row]) -> Figure:
        """Return the figure *name* with what all *rows* say of its column."""
        ends = (name.removesuffix(end) for end in ("", *SUMMED))
        column = next((plain for plain in ends if plain in rows[-1]), name)
        pairs = [
            (found, str(row.get(self.labels, "")) if self.labels else "")
            for row in rows
            if (found := number(row.get(column))) is not None
        ]
        line, labels = [found for found, _ in pairs], [label for _, label in pairs]
        return numbers.figure(name, self.figures.get(name), line=line, labels=labels)

    def _of(self, numbers: Numbers, now: datetime) -> Story:
        """Return a story of *numbers*, with their figures as they are, each a number alone."""
        title, summary = clean(numbers.filled(self.title), 300), paragraphs(numbers.lines(self.summary))
        at = now
        if self.at:
            numbers.value(self.at)  # it says what is wrong with a column that is not there, or empty
            if (at := moment(numbers.values[self.at], now)) is None:  # type: ignore[assignment]
                raise Rejected(
                    f"the column {self.at!r} of {numbers.label} is no date such as 2026-11-23; give another as `at`"
                )
        return Story(
            id=clean(numbers.raw(self.id), 200) or digest(title, summary),
            title=title,
            text=summary,
            url=web(numbers.raw(self.link, lambda found: quote(found, safe=""))),
            url_shared=bool(self.link) and not names_in(self.link),
            at=at,
            publisher=self.publisher,
            language=self.language,
            tags=self.tags,
            fields=variables(numbers.values),
            figures=tuple(numbers.figure(name, card) for name, card in self.figures.items()),
        )


def gathered(rows: Sequence[Row], labels: str) -> tuple[dict[str, Any], frozenset[str]]:
    """Return by name what the last row says, how it differs from the one before, and what all rows come to.

    The names of what cannot be said, as there is one row only, come second.
    """
    last = rows[-1]
    values: dict[str, Any] = dict(last)
    changes = frozenset(name + ending for name in last for ending in ("_before", "_change", "_change_pct"))
    for name in last:
        pairs = [(found, row) for row in rows if (found := number(row.get(name))) is not None]
        if not pairs or name == labels:
            continue
        top, bottom = max(pairs, key=lambda pair: pair[0]), min(pairs, key=lambda pair: pair[0])
        more: dict[str, Any] = {
            f"{name}_sum": tidy(math.fsum(value for value, _ in pairs)),
            f"{name}_max": tidy(top[0]),
            f"{name}_min": tidy(bottom[0]),
        }
        if labels:
            more |= {f"{name}_max_label": str(top[1][labels]), f"{name}_min_label": str(bottom[1][labels])}
        if len(rows) > 1 and (now := number(last[name])) is not None:
            more |= compared(name, now, number(rows[-2].get(name)))
        values = more | values  # a column of the table's own comes first
    return values, changes - values.keys()


# --- CSV


def table(text: str, delimiter: str, decimal: Literal[".", ","]) -> list[dict[str, Any]]:
    """Return the rows of CSV *text* by the names of its first line; numbers are numbers.

    *delimiter* is one character, or empty: it is found. Names become words such as `new_users` of "New users".
    Meant for a worker process. Raises `Rejected` that names the line.
    """
    lines = text.lstrip("\ufeff")
    if lines.lstrip()[:1] == "<":
        raise Rejected("it is a web page or XML, not CSV; check its place")
    csv.field_size_limit(CELL * 20)
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter or delimited(lines), strict=True)
    rows: list[dict[str, Any]] = []
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = named(cells)
                continue
            if len(cells) > len(names):
                raise Rejected(
                    f"line {reader.line_num} has {len(cells)} cells, and the first line {len(names)} names; "
                    "check its quotes, or give `delimiter`"
                )
            padded = [*cells, *[""] * (len(names) - len(cells))]
            rows.append({name: value(cell, decimal) for name, cell in zip(names, padded, strict=True)})
            if len(rows) > ROWS:
                raise Rejected(f"it has more than the {ROWS:,} rows that are read; give the newest")
    except csv.Error as error:
        raise Rejected(f"line {reader.line_num} is no CSV: {error}; check its quotes") from None
    if not names:
        raise Rejected("it is empty: the first line names the columns")
    return rows


def delimited(text: str) -> str:
    """Return what parts the cells: whichever of comma, semicolon, tab and bar is most often in the first line."""
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    return max(",;\t|", key=first.count)


def named(cells: Sequence[str]) -> list[str]:
    """Return names for columns that can stand in braces, each once."""
    if len(cells) > COLUMNS:
        raise Rejected(f"it has {len(cells)} columns; give at most {COLUMNS}")
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        plain = unicodedata.normalize("NFKD", cell).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]
        if not name or not name[0].isalpha():
            name = f"column_{place}_{name}".rstrip("_")
        names.append(name if name not in names else f"{name}_{place}")
    return names


NUMBER = re.compile(r"[+\-−]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def value(cell: str, decimal: Literal[".", ","]) -> str | int | float:
    """Return the number that *cell* holds, else its text. What begins with a zero, as a postcode does, is text."""
    text = cell.strip()[:CELL]
    thousands = "," if decimal == "." else "."
    digits = (
        re.sub(r"[\s\u00a0\u202f'’]", "", text) if re.fullmatch(r"[\d\s\u00a0\u202f'’.,+\-−eE]+", text) else text
    )
    if re.fullmatch(rf"[+\-−]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", digits):
        digits = digits.replace(thousands, "")
    digits = digits.replace(",", ".") if decimal == "," and "." not in digits else digits
    if not NUMBER.fullmatch(digits) or re.match(r"[+\-−]?0\d", digits) or len(digits) > 30:
        return text
    found = float(digits.replace("−", "-"))
    return int(found) if found.is_integer() and abs(found) < 1e15 else found
