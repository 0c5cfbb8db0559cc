"""Charts that move: within the frame in every script, and with no number on them that the story does not hold."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from broadcast.material.figures import written
from broadcast.newsdesk import card, plot
from broadcast.newsdesk.compositor import Box, Layer
from broadcast.newsdesk.figures import BARS, Chart, chart_of, localised
from broadcast.newsdesk.look import palette
from broadcast.newsdesk.scenes import Scenery, bill
from broadcast.newsdesk.stage import Curtain, Piece, Rise, stage
from broadcast.newsdesk.typesetting import Line, Typesetter
from broadcast.types import Drawn, Figure, Orientation, Point, Story

from .shows import NOW, short

LONG = "A label that goes on and on, far beyond what anyone would ever read " * 2


def figure(names: Sequence[str], values: Sequence[float], drawn: Drawn = "", **more: Any) -> Figure:
    points = tuple(
        Point(label=name, text=written(value, "en", "#,##0.##"), value=value)
        for name, value in zip(names, values, strict=True)
    )
    fields = {"label": "Orders", "text": "12,480", "change": "+4.2% week over week"} | more
    return Figure(points=points, drawn=drawn, **fields)


def letters(count: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[:count]


PLANS = ("Free", "Team")
CHARTS = {
    "bars": (figure(("North", "South", "East"), (4210, 3120, 860)),),
    "bars with a loss": (figure(letters(8), (5, 4, 3, 2, 1, 0, -1, -3)),),
    "long names": (figure((LONG, "W" * 60, "c"), (1e15, 5e14, -3e14), label=LONG, text="1,234,567,890,123,456"),),
    "comparison": (figure(("Last week", "This week"), (321, 214)),),
    "line": (figure([f"{day} Nov" for day in range(1, 23)], range(700, 722), "line"),),
    "flat line": (figure("ab", (5, 5), "line"),),
    "a steep line": (figure("abc", (-1e12, 0, 1e12), "line"), Figure(label="Revenue", text="$1")),
    "table": (figure(PLANS, (1, 2), "table", label="Customers"), figure(PLANS, (3, 4), "table", label=LONG)),
    "all zero": (figure("abc", (0, 0, 0)),),
    "arabic": (figure(("الشمال", "BBC الجنوب"), (2, 3), label="الطلبات", change="+4%"),),
    "japanese": (figure(("北海道・東北", "関東", "九州"), (4210, 3120, 2400), label="地域別の受注件数"),),
}


def drawn(
    figures: tuple[Figure, ...],
    orientation: Orientation,
    language: str,
    title: str = "Rain",
    type_: Typesetter | None = None,
) -> list[Piece]:
    order = short(language, title)
    stories = (order.stories[0].model_copy(update={"figures": figures}), order.stories[1])
    order = order.model_copy(update={"stories": stories, "orientation": orientation})
    type_ = type_ or Typesetter(language)
    set_ = stage(orientation, type_.rtl)
    return Scenery(set_, type_, palette("#FF4455"), bill(order, type_), language).pieces(1)


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("figures", CHARTS.values(), ids=CHARTS)
def test_no_chart_leaves_the_frame_or_stands_under_the_captions(
    orientation: Orientation, language: str, figures: tuple[Figure, ...]
) -> None:
    set_ = stage(orientation, language == "ar")
    for piece in drawn(figures, orientation, language, "A headline of many words that goes on " * 3):
        for frame in (0, 20, 30, 200):
            for layer in piece.layers(frame):
                box = _inked(layer)
                if not box:
                    continue
                assert box.left >= 0, (piece, box)
                assert box.right <= set_.width, (piece, box)
                assert box.bottom <= set_.caption, (piece, box)


def _inked(layer: Layer) -> Box:
    """Return what of a layer is more than a shadow."""
    alpha = np.asarray(layer.sprite._image.getchannel("A")) > 128
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not len(rows):
        return Box(0, 0, 0, 0)
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1).moved(layer.x, layer.y)
    return box.cut(layer.clip) if layer.clip else box


class Watched(Typesetter):
    """Remembers every line that is drawn."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.seen: set[str] = set()

    def draw(self, pen: Any, x: float, y: float, line: Line) -> None:
        self.seen.add(line.text)
        super().draw(pen, x, y, line)


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("figures", CHARTS.values(), ids=CHARTS)
def test_every_number_on_a_chart_is_one_of_the_story(orientation: Orientation, figures: tuple[Figure, ...]) -> None:
    type_ = Watched("en")
    drawn(figures, orientation, "en", type_=type_)
    seen = type_.seen
    known = " ".join(
        text
        for one in figures
        for text in (one.label, one.text, one.change, *(word for p in one.points for word in (p.label, p.text)))
    )
    said = {number for text in seen for number in re.findall(r"\d[\d,.]*\d|\d", text)}
    assert said - {"1", "2"} <= set(re.findall(r"\d[\d,.]*\d|\d", known)), seen
    for one in figures:
        if one.drawn != "line":
            assert {point.text for point in one.points} <= seen


def test_bars_grow_in_the_measure_of_their_values_from_a_common_zero() -> None:
    pieces = drawn(CHARTS["bars with a loss"], "landscape", "en")
    bars = [piece for piece in pieces if isinstance(piece, Curtain)]
    assert 8 == len(bars)
    widths = [bar.sprite.width for bar in bars]
    assert pytest.approx(widths[0] / 5, abs=2) == widths[4]
    assert pytest.approx(widths[4] * 3, abs=4) == widths[7]
    zero = bars[0].x
    assert bars[7].x + bars[7].sprite.width == pytest.approx(zero, abs=2)
    assert bars[7].leftward != bars[0].leftward
    grown = [layer.clip for frame in (25, 35, 80) for layer in bars[0].layers(frame)]
    assert [clip.left for clip in grown if clip] == [zero & ~1] * 3
    assert sorted(clip.right for clip in grown if clip) == [clip.right for clip in grown if clip]


def test_bars_grow_from_the_right_where_that_is_where_reading_starts() -> None:
    (bar, *_) = [piece for piece in drawn(CHARTS["arabic"], "landscape", "ar") if isinstance(piece, Curtain)]
    early, late = (next(iter(bar.layers(frame))).clip for frame in (26, 80))
    assert early
    assert late
    assert early.right == pytest.approx(late.right, abs=2)
    assert early.left > late.left


def test_the_digits_come_to_rest_together_and_none_stands_alone() -> None:
    """Half of a number would be a number that nobody said."""
    type_, set_ = Typesetter("en"), stage("landscape", False)
    block = type_.fit("12,480", 600, [plot.Face(90, 800)], [1])
    wheels = card.rolled(type_, set_, block, 0, 0, 600)
    assert 6 == len(wheels)
    at_rest = [
        frame for frame in range(60) for one in wheels[:1] for layer in one.layers(frame) if layer.y == _slot(one)
    ]
    for frame in range(min(at_rest)):
        assert all(layer.y > _slot(one) for one in wheels for layer in one.layers(frame))
    shown = [frame for frame in range(60) if all(one.layers(frame) for one in wheels)]
    assert shown[0] == next(frame for frame in range(60) if any(one.layers(frame) for one in wheels))
    assert all(layer.y == _slot(one) for one in wheels for layer in one.layers(59))


def _slot(piece: Piece) -> int:
    assert isinstance(piece, Rise)
    return piece.y


STORY = Story(id="1", title="A title", at=NOW)


def charted(*figures: Figure) -> Chart | None:
    return chart_of(STORY.model_copy(update={"figures": figures}))


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (figure("ab", (1, 2)), "comparison"),
        (figure("abc", (1, 2, 3)), "bars"),
        (figure(letters(BARS + 1), range(BARS + 1)), "line"),
        (figure("abc", (1, 2, 3), "line"), "line"),
        (figure("abc", (1, 2, 3), "comparison"), "comparison"),
        (figure("a", (1,), "bars"), "bars"),
        (figure("abc", (1, 2, 3), "number"), None),
        (figure(("", "b"), (1, 2)), None),
        (figure("a", (1,), "line"), None),
        (figure("ab", (1, float("nan")), "line"), None),
        (figure("", ()), None),
    ],
)
def test_what_a_figure_is_drawn_as(given: Figure, shape: str | None) -> None:
    found = charted(given)
    assert shape == (found.shape if found else None)


def test_figures_that_name_the_same_points_are_one_table_and_others_stand_beside() -> None:
    one, two = figure(PLANS, (1, 2), "table", label="One"), figure(PLANS, (3, 4), "table", label="Two")
    strange = figure(("Free", "Other"), (5, 6), "table", label="Three")
    found = charted(one, two, strange, Figure(label="Revenue", text="$5"))
    assert found is not None
    assert ("One", "Two") == found.columns
    assert (("Free", "1", "3"), ("Team", "2", "4")) == found.rows
    assert (("Revenue", "$5"),) == found.others


def test_what_there_is_no_room_for_is_counted() -> None:
    names = letters(12)
    assert 4 == getattr(charted(figure(names, range(12), "bars")), "hidden", None)
    assert 4 == getattr(charted(figure(names, range(12), "table")), "hidden", None)
    assert 10 == getattr(charted(figure(names, range(12), "comparison")), "hidden", None)


def test_numbers_are_written_as_the_language_of_the_show_does() -> None:
    given = figure(("Nord", "Süd"), (1234.5, 2)).model_copy(
        update={"text": "$1,234.50", "value": 1234.5, "pattern": "#,##0.00", "unit": " USD"}
    )
    found = localised(given, "en", "de")
    assert "1.234,50 USD" == found.text
    assert ["1.234,50 USD", "2,00 USD"] == [point.text for point in found.points]
    assert given == localised(given, "en", "en-GB")
    assert given == localised(given, "", "de")
    assert localised(given.model_copy(update={"pattern": ""}), "en", "de").text == "$1,234.50"
