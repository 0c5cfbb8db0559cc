"""What of a story's numbers is drawn, and how. Pure; nothing is shown that the story does not hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from broadcast.material import figures
from broadcast.material.figures import BARS
from broadcast.types import Figure, Overlay, Point, Story

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d+)*")
LONGEST = 60  #: characters of a key number; what is longer is a sentence, and no number
ROWS, COLUMNS = 8, 3  #: of a table, beside the column of names


@dataclass(frozen=True)
class KeyNumber:
    """What a card shows. Empty parts are left out. *rows* are further figures: label and text."""

    text: str
    label: str = ""
    change: str = ""
    quote: str = ""
    series: tuple[float, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


def key_number(story: Story | None, overlays: Sequence[Overlay]) -> KeyNumber | None:
    """Choose what the card of a story shows: its first figure, else the first overlay with a digit in it."""
    if story is not None and story.figures:
        first, *others = story.figures
        series = first.series if len(first.series) > 1 else ()
        rows = () if series else tuple((other.label, other.text) for other in others[:3])
        return KeyNumber(first.text, first.label, first.change, series=series, rows=rows)
    for overlay in overlays:
        text = overlay.text.strip()
        if re.search(r"\d", text) and len(text) <= LONGEST:
            quote = overlay.quote.strip()
            known = quote in ("", text) or (story is not None and quote == story.title)
            return KeyNumber(text, quote="" if known else quote)
    return None


@dataclass(frozen=True)
class Chart:
    """What a chart shows. *points* are drawn; *columns* and *rows* are those of a table, as text.

    *others* are further figures, label and text; *hidden* is how many points there is no room for.
    """

    shape: Literal["line", "bars", "comparison", "table"]
    text: str = ""
    label: str = ""
    change: str = ""
    points: tuple[Point, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    hidden: int = 0


def chart_of(story: Story | None) -> Chart | None:
    """Choose what is drawn of a story: the first of its figures that can be, or all that make one table."""
    for figure in story.figures if story else ():
        found = _table(figure, story.figures) if figure.drawn == "table" else _drawn(figure)  # type: ignore[union-attr]
        if found is not None:
            rest = [other for other in story.figures if other is not figure]  # type: ignore[union-attr]
            if found.shape == "table":
                rest = [other for other in rest if other.drawn != "table"]
            others = tuple((other.label, other.text) for other in rest[:3])
            return Chart(**{**vars(found), "others": others})
    return None


def _drawn(figure: Figure) -> Chart | None:
    points = tuple(point for point in figure.points if isfinite(point.value))
    named = len(points) > 1 and all(point.label for point in points)
    shape = figure.drawn
    if not shape and named:
        shape = "comparison" if len(points) == 2 else "bars" if len(points) <= BARS else "line"
    if shape == "line" and len(points) > 1:
        return Chart("line", figure.text, figure.label, figure.change, points)
    if shape == "comparison" and len(points) > 1:
        return Chart("comparison", figure.text, figure.label, figure.change, points[-2:], hidden=len(points) - 2)
    if shape == "bars" and points:
        hidden = max(len(points) - BARS, 0)
        return Chart("bars", figure.text, figure.label, figure.change, points[:BARS], hidden=hidden)
    return None


def _table(first: Figure, every: Sequence[Figure]) -> Chart | None:
    names = [point.label for point in first.points]
    if not names:
        return None
    same = [one for one in every if one.drawn == "table" and [point.label for point in one.points] == names]
    shown = same[:COLUMNS]
    rows = tuple((name, *(one.points[number].text for one in shown)) for number, name in enumerate(names[:ROWS]))
    hidden = max(len(names) - ROWS, 0) + len(same) - len(shown)
    return Chart("table", columns=tuple(one.label for one in shown), rows=rows, hidden=hidden)


def localised(figure: Figure, written: str, language: str) -> Figure:
    """Return *figure*, whose numbers are *written* in one language, with them as *language* writes them."""
    if not figure.pattern or not written or written[:2].lower() == language[:2].lower():
        return figure

    def again(value: float | None, text: str) -> str:
        if value is None or not isfinite(value):
            return text
        try:
            return figures.written(value, language, figure.pattern) + figure.unit
        except (ArithmeticError, ValueError):  # a huge number; a pattern that is none
            return text

    points = tuple(one.model_copy(update={"text": again(one.value, one.text)}) for one in figure.points)
    return figure.model_copy(update={"text": again(figure.value, figure.text), "points": points})
