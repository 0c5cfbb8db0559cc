from typing import get_args

import numpy as np
import pytest
from PIL import Image

from broadcast.newsdesk.compositor import Box, Compositor, Layer, Sprite, merged
from broadcast.newsdesk.look import palette
from broadcast.newsdesk.scenes import Scenery, bill, spoken_texts
from broadcast.newsdesk.show import Show
from broadcast.newsdesk.stage import FrameMode, stage
from broadcast.newsdesk.typesetting import Typesetter
from broadcast.newsdesk.voice import narrate
from broadcast.types import Orientation

from .shows import short


def film(orientation: Orientation, language: str, mode: FrameMode) -> Show:
    order = short(language, orientation=orientation)
    type_ = Typesetter(language)
    shown = bill(order, type_)
    scenery = Scenery(stage(orientation, type_.rtl), type_, palette("#FF4455"), shown, language)
    return Show(scenery, narrate(order.script, spoken_texts(shown)), mode)


@pytest.mark.parametrize(
    ("orientation", "language", "mode"),
    [("landscape", "en", "cfr"), ("portrait", "ar", "cfr"), ("landscape", "ar", "vfr"), ("portrait", "en", "vfr")],
)
def test_redrawing_what_changed_gives_the_same_bytes_as_redrawing_everything(
    orientation: Orientation, language: str, mode: FrameMode
) -> None:
    assert mode in get_args(FrameMode)
    show = film(orientation, language, mode)
    thrifty = show.compositor(show.scenery.palette, None)
    thorough = show.compositor(show.scenery.palette, None)
    different, same_as_before, changed = [], [], 0
    for frame in range(show.frames):
        layers = show.layers(frame)
        before = thrifty.buffer.copy()
        drawn = thrifty.draw(layers)
        thorough.draw(layers, everything=True)
        changed += drawn
        if not np.array_equal(thrifty.buffer, thorough.buffer):
            different.append(frame)
        if not drawn and not np.array_equal(before, thrifty.buffer):
            same_as_before.append(frame)
    assert different == []
    assert same_as_before == []
    assert changed == show.frames if mode == "cfr" else changed < 0.5 * show.frames


def test_text_stands_on_screen_in_every_frame() -> None:
    show = film("landscape", "de", "cfr")
    compositor = show.compositor(show.scenery.palette, None)
    body = slice(180, 830)
    empty = []
    for frame in range(show.frames):
        compositor.draw(show.layers(frame))
        if (compositor.buffer[body] > 200).sum() < 3_000:  # white letters
            empty.append(frame)
    assert empty == []


def test_half_opacity_is_half_way_between() -> None:
    ground = np.full((12, 8), 16, np.uint8)
    ground[8:] = 128
    compositor = Compositor(ground, 8, 8)
    white = Sprite(Image.new("RGBA", (4, 4), (255, 255, 255, 255)))
    compositor.draw([Layer(white, 2, 2)])
    assert compositor.buffer[2:6, 2:6].tolist() == [[235] * 4] * 4
    compositor.draw([Layer(white, 2, 2, 128)])
    assert compositor.buffer[3, 3] == pytest.approx((16 + 235) / 2, abs=2)
    compositor.draw([])
    assert np.array_equal(compositor.buffer, ground)


def test_what_goes_behind_something_else_is_redrawn() -> None:
    ground = np.full((12, 8), 100, np.uint8)
    compositor = Compositor(ground, 8, 8)
    white = Sprite(Image.new("RGBA", (4, 4), (255, 255, 255, 255)))
    black = Sprite(Image.new("RGBA", (4, 4), (0, 0, 0, 255)))
    compositor.draw([Layer(white, 2, 2), Layer(black, 2, 2)])
    compositor.draw([Layer(black, 2, 2), Layer(white, 2, 2)])
    assert compositor.buffer[3, 3] == 235


def test_a_layer_outside_the_frame_does_no_harm() -> None:
    ground = np.full((12, 8), 100, np.uint8)
    compositor = Compositor(ground, 8, 8)
    sprite = Sprite(Image.new("RGBA", (5, 5), (255, 255, 255, 200)))
    touched = [compositor.draw([Layer(sprite, x, y)]) for x, y in ((-9, 0), (50, 50), (-3, -3), (7, 7))]
    assert touched == [True, False, True, True]  # the first frame is always drawn
    compositor.draw([])
    assert np.array_equal(compositor.buffer, ground)


def test_boxes_that_touch_become_one_and_cover_the_same() -> None:
    assert merged([Box(0, 0, 4, 4), Box(2, 2, 6, 6), Box(10, 0, 12, 2)]) == [Box(0, 0, 6, 6), Box(10, 0, 12, 2)]
