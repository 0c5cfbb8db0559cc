"""Somebody who speaks in a corner of the picture: the frames of a clip, cut to a circle or a box."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageDraw

from broadcast.types import Speech

from .compositor import Layer, Sprite
from .fonts import SS
from .look import Palette
from .stage import FPS, Corner
from .voice import LEAD

PIXELS = 4096 * 2304  #: of a frame of the clip at most
RIM = 6  #: pixels of the accent around the picture
HEAD = 0.12  #: of an upright clip's height that is above the square that is shown: faces are in the upper half


@dataclass(frozen=True)
class Guest:
    """Who speaks: the *clip*, what it says and when, and where it is seen. *size* is in shorter sides of it."""

    clip: Path
    speech: Speech
    corner: Corner = "bottom-right"
    shape: Literal["circle", "box"] = "circle"
    size: float = 0.28


class Seat:
    """The guest's place in the frame. Frames are asked for in order, and the clip is read as they are."""

    def __init__(self, guest: Guest, palette: Palette, size: int, x: int, y: int) -> None:
        self._x, self._y, self._size = x, y, size
        self._frames = _frames(guest.clip, size - 2 * RIM)
        self._next = next(self._frames, None)
        if self._next is None:
            raise ValueError("the clip has no pictures")
        self._sprite: Sprite | None = None
        self._mask = _mask(size - 2 * RIM, guest.shape)
        rim = Image.new("RGBA", (size, size), palette.accent)
        rim.putalpha(_mask(size, guest.shape))
        self._rim = rim

    def layers(self, frame: int) -> list[Layer]:
        """Return what of the guest stands in frame number *frame*: the last picture stays when the clip is over."""
        now = frame / FPS - LEAD
        picture = None
        while self._next is not None and (self._next[0] <= now or (self._sprite is None and picture is None)):
            picture = self._next[1]
            self._next = next(self._frames, None)
        if picture is not None:
            whole = self._rim.copy()
            whole.paste(picture, (RIM, RIM), self._mask)
            self._sprite = Sprite(whole)
        assert self._sprite is not None
        return [Layer(self._sprite, self._x, self._y)]


def _frames(clip: Path, size: int) -> Iterator[tuple[float, Image.Image]]:
    """Give the times and the pictures of *clip*, cut to a square. Raises `ValueError`."""
    shape = VideoReformatter()
    try:
        with av.open(str(clip)) as source:
            stream = source.streams.video[0]
            stream.thread_type = "AUTO"
            if stream.width * stream.height > PIXELS:
                raise ValueError(f"the clip has {stream.width}x{stream.height} pixels; 4K is the most")
            side = min(stream.width, stream.height)
            left, top = (stream.width - side) // 2, 0
            if stream.height > stream.width:
                top = min(round(stream.height * HEAD), stream.height - side)
            scale = size / side
            wide, high = round(stream.width * scale), round(stream.height * scale)
            box = (round(left * scale), round(top * scale))
            first: float | None = None
            for frame in source.decode(stream):
                at = float((frame.pts or 0) * (frame.time_base or Fraction(1, FPS)))
                first = at if first is None else first
                small = shape.reformat(frame, wide, high, "rgb24", interpolation="AREA")
                pixels = small.to_ndarray()[box[1] : box[1] + size, box[0] : box[0] + size]
                yield at - first, Image.fromarray(np.ascontiguousarray(pixels))
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("the clip cannot be decoded") from error


def _mask(size: int, shape: Literal["circle", "box"]) -> Image.Image:
    mask = Image.new("L", (size * SS, size * SS))
    pen, edge = ImageDraw.Draw(mask), size * SS - 1
    if shape == "circle":
        pen.ellipse((0, 0, edge, edge), fill=255)
    else:
        pen.rounded_rectangle((0, 0, edge, edge), radius=size * SS // 12, fill=255)
    return mask.reduce(SS)
