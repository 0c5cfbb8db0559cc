"""A figure as a picture: readable, in the show's look, and nothing in it that the figure does not hold."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from broadcast.newsdesk.chart import GROUND, MARGIN, chart
from broadcast.types import Figure, Orientation


def drawn(orientation: Orientation = "landscape", language: str = "en", **changes: object) -> NDArray[np.uint8]:
    fields = {"label": "New users", "text": "12,480", "change": "+12%", "series": (1, 3, 2, 5)} | changes
    data = chart(Figure.model_validate(fields), "#FF4455", language, orientation)
    with Image.open(io.BytesIO(data)) as image:
        assert "PNG" == image.format
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(("orientation", "size"), [("landscape", (720, 1280)), ("portrait", (960, 720))])
def test_a_chart_has_the_show_s_shape_and_colour(orientation: Orientation, size: tuple[int, int]) -> None:
    picture = drawn(orientation)

    assert size == picture.shape[:2]
    assert [0xFF, 0x44, 0x55] == list(picture[4, 600])


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"label": "", "text": "", "change": ""},
        {"label": "A label that goes on and on, far beyond what anyone would read " * 4},
        {"text": "1,234,567,890,123,456 and more euros", "change": "against the same week of the year before " * 3},
        {"label": "\u202e\x00 <b>&amp;", "text": "😀", "change": "\n\n"},
        {"series": (5, 5, 5)},
        {"series": (-1e300, 0, 1e300)},
        {"series": tuple(range(500))},
    ],
)
def test_nothing_leaves_the_margins(orientation: Orientation, changes: dict[str, object]) -> None:
    picture = drawn(orientation, **changes)

    edges = [picture[20:, : MARGIN - 8], picture[20:, 8 - MARGIN :], picture[8 - MARGIN :]]
    assert all((edge == GROUND[:3]).all() for edge in edges)
    assert (picture[20:] != GROUND[:3]).any()


def test_a_rising_line_rises_and_a_falling_one_falls() -> None:
    rises, falls = drawn(series=(1, 2, 3)), drawn(series=(3, 2, 1))
    left, right = slice(MARGIN + 30, 500), slice(800, 1280 - MARGIN - 30)

    def height(picture: NDArray[np.uint8], part: slice) -> float:
        bright = picture[360:, part, 1].astype(int) > 180
        return float(np.argwhere(bright)[:, 0].mean())

    assert height(rises, left) > height(rises, right)
    assert height(falls, left) < height(falls, right)


def test_a_show_that_reads_right_to_left_stands_on_the_right() -> None:
    picture = drawn(language="ar", label="المستخدمون الجدد")
    text = (picture[20:330].max(axis=2) > 120).any(axis=0)

    assert not text[:600].any()
    assert text[600:].any()


@pytest.mark.parametrize("series", [(), (1,), (1, float("inf")), (float("nan"), 1, 2)])
def test_what_is_no_line_is_refused(series: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="no line"):
        drawn(series=series)
