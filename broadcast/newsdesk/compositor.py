"""Layers into frames: BT.709 limited range, YUV 4:2:0, redrawing only what changed since the frame before.

Every rectangle that is redrawn starts at even coordinates, so that a chroma sample depends on nothing but the
layers over its own four pixels: redrawing a part gives the same bytes as redrawing everything.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.uint8]
Wide = NDArray[np.uint16]
Planes = tuple[Plane, Plane, Plane]

#: RGB to limited-range BT.709 (ITU-R BT.709-6, sections 3 and 4), as Pillow takes it.
BT709 = (
    0.182586, 0.614231, 0.062007, 16.0,
    -0.100644, -0.338572, 0.439216, 128.0,
    0.439216, -0.398942, -0.040274, 128.0,
)  # fmt: skip
ROWS = 64  #: redrawn at a time, so that the arithmetic stays in the processor's cache


class Box(NamedTuple):
    """A rectangle of pixels; the right and bottom edges are outside."""

    left: int
    top: int
    right: int
    bottom: int

    def __bool__(self) -> bool:
        return self.right > self.left and self.bottom > self.top

    def cut(self, other: "Box") -> "Box":
        return Box(
            max(self.left, other.left), max(self.top, other.top),
            min(self.right, other.right), min(self.bottom, other.bottom),
        )  # fmt: skip

    def joined(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left), min(self.top, other.top),
            max(self.right, other.right), max(self.bottom, other.bottom),
        )  # fmt: skip

    def even(self) -> "Box":
        return Box(self.left & ~1, self.top & ~1, (self.right + 1) & ~1, (self.bottom + 1) & ~1)


class Sprite:
    """A picture that can stand anywhere in the frame. Its identity is its object: one sprite, one layer a frame."""

    __slots__ = ("_image", "_variants", "height", "opaque", "width")

    def __init__(self, image: Image.Image) -> None:
        self._image: Image.Image | None = image.convert("RGBA")
        self.width, self.height = image.size
        low, _ = self._image.getchannel("A").getextrema()
        whole = self.width % 2 == 0 and self.height % 2 == 0
        self.opaque = low == 255 and whole
        self._variants: dict[tuple[int, int], tuple[tuple[Wide, Wide], ...] | Planes] = {}
        if self.opaque:  # drawn at even places only, and copied, not blended
            y, u, v = _yuv(self._image)
            self._variants[0, 0] = (y.astype(np.uint8), _halved(u), _halved(v))
            self._image = None

    def solid(self) -> Planes:
        """Return the planes of an opaque sprite."""
        y, u, v = self._variants[0, 0]
        assert isinstance(y, np.ndarray)
        assert isinstance(u, np.ndarray)
        assert isinstance(v, np.ndarray)
        return y, u, v

    def planes(self, odd_x: int, odd_y: int) -> tuple[tuple[Wide, Wide], ...]:
        """Return, for Y, U and V, the premultiplied samples and what they leave of the ground, per parity."""
        key = (odd_x, odd_y)
        found = self._variants.get(key)
        if found is None:
            assert self._image is not None
            width, height = (self.width + odd_x + 1) & ~1, (self.height + odd_y + 1) & ~1
            image = self._image
            if (width, height) != image.size:
                image = Image.new("RGBA", (width, height))
                image.paste(self._image, (odd_x, odd_y))
            alpha = np.asarray(image.getchannel("A")).astype(np.uint16)
            y, u, v = (plane * alpha for plane in _yuv(image))
            rest = 255 - _quartered(alpha * np.uint16(64)) // 64
            found = ((y, 255 - alpha), (_quartered(u), rest), (_quartered(v), rest))
            self._variants[key] = found
        return found  # type: ignore[return-value]


class Layer(NamedTuple):
    """A sprite in its place. *opacity* is 0 to 255; *clip* has even edges, an opaque sprite an even place."""

    sprite: Sprite
    x: int
    y: int
    opacity: int = 255
    clip: Box | None = None

    def box(self) -> Box:
        """Return what the layer may touch, at even coordinates."""
        box = Box(self.x, self.y, self.x + self.sprite.width, self.y + self.sprite.height).even()
        return box.cut(self.clip) if self.clip is not None else box

    def hides(self, area: Box) -> bool:
        """Say whether nothing can be seen through the layer in *area*."""
        return self.sprite.opaque and self.opacity == 255 and self.box().cut(area) == area


class Compositor:
    """Holds one frame and brings it from one list of layers to the next, over an unchanging *ground*."""

    def __init__(self, ground: NDArray[np.uint8], width: int, height: int) -> None:
        self.frame = Box(0, 0, width, height)
        self.buffer: NDArray[np.uint8] = ground.copy()  #: the frame as PyAV takes it: Y, then U, then V
        self._ground = split(ground, width, height)
        self._planes = split(self.buffer, width, height)
        self._scratch = np.empty((2, ROWS * width), np.uint16)
        self._before: Sequence[Layer] | None = None

    def draw(self, layers: Sequence[Layer], *, everything: bool = False) -> bool:
        """Make the frame show *layers*, the first undermost. Returns whether anything was redrawn."""
        layers = [layer for layer in layers if layer.opacity > 0]
        if everything or self._before is None:
            areas = [self.frame]
        else:
            areas = merged(box.cut(self.frame) for box in damage(self._before, layers))
        for area in areas:
            self._redraw(area, layers)
        self._before = layers
        return bool(areas)

    def _redraw(self, area: Box, layers: Sequence[Layer]) -> None:
        hiding = [number for number, layer in enumerate(layers) if layer.hides(area)]
        if not hiding:
            for plane, ground, part in zip(self._planes, self._ground, _parts(area), strict=True):
                plane[part] = ground[part]
        first = hiding[-1] if hiding else 0  # what lies under an opaque layer is not drawn
        for layer in layers[first:]:
            box = layer.box().cut(area)
            if box:
                self._lay(layer, box)

    def _lay(self, layer: Layer, box: Box) -> None:
        left, top = layer.x & ~1, layer.y & ~1
        own = Box(box.left - left, box.top - top, box.right - left, box.bottom - top)
        if layer.sprite.opaque and layer.opacity == 255:
            for plane, source, to, of in zip(
                self._planes, layer.sprite.solid(), _parts(box), _parts(own), strict=True
            ):
                plane[to] = source[of]
            return
        if layer.sprite.opaque:
            wide = tuple((plane.astype(np.uint16) * np.uint16(255), np.zeros(plane.shape, np.uint16))
                         for plane in layer.sprite.solid())  # fmt: skip
        else:
            wide = layer.sprite.planes(layer.x & 1, layer.y & 1)
        for plane, (colour, rest), to, of in zip(self._planes, wide, _parts(box), _parts(own), strict=True):
            self._blend(plane[to], colour[of], rest[of], layer.opacity)

    def _blend(self, plane: Plane, colour: Wide, rest: Wide, opacity: int) -> None:
        """Lay premultiplied *colour* over *plane*: plane x rest / 255 + colour / 255, rounded."""
        height, width = plane.shape
        for top in range(0, height, ROWS):
            rows = slice(top, min(top + ROWS, height))
            size = (rows.stop - top, width)
            x = self._scratch[0, : size[0] * width].reshape(size)
            t = self._scratch[1, : size[0] * width].reshape(size)
            over, keep = colour[rows], rest[rows]
            if opacity < 255:
                share = opacity * 256 // 255
                over = ((over.astype(np.uint32) * np.uint32(share)) >> np.uint32(8)).astype(np.uint16)
                keep = 255 - (((255 - keep) * np.uint16(share)) >> np.uint16(8))
            np.copyto(x, plane[rows])
            np.multiply(x, keep, out=x)
            np.add(x, over, out=x)
            np.add(x, 128, out=x)
            np.right_shift(x, 8, out=t)
            np.add(x, t, out=x)
            np.right_shift(x, 8, out=x)
            np.copyto(plane[rows], x, casting="unsafe")


def split(buffer: NDArray[np.uint8], width: int, height: int) -> Planes:
    """Return the Y, U and V of a yuv420p buffer of height x 3/2 rows, as views."""
    flat = buffer.reshape(-1)
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )


def damage(before: Sequence[Layer], after: Sequence[Layer]) -> list[Box]:
    """Return the boxes in which two lists of layers differ."""
    old = {id(layer.sprite): layer for layer in before}
    new = {id(layer.sprite): layer for layer in after}
    stayed = [key for key in old if key in new]
    if stayed != [key for key in new if key in old]:  # something went behind something else
        return [layer.box() for layer in (*before, *after)]
    boxes = [layer.box() for key, layer in old.items() if key not in new]
    boxes += [layer.box() for key, layer in new.items() if key not in old]
    for key in stayed:
        one, two = old[key], new[key]
        if one == two:
            continue
        if one[:4] == two[:4]:
            boxes += _difference(one.box(), two.box())
        else:
            boxes += [one.box(), two.box()]
    return [box for box in boxes if box]


def merged(boxes: Iterable[Box]) -> list[Box]:
    """Return boxes that cover the same and do not overlap."""
    found: list[Box] = []
    for box in boxes:
        if not box:
            continue
        one = box
        again = True
        while again:
            again = False
            for other in found:
                if one.cut(other):
                    found.remove(other)
                    one = one.joined(other)
                    again = True
                    break
        found.append(one)
    return found


def _difference(one: Box, two: Box) -> list[Box]:
    """Return what only one of two boxes covers, where they differ in one direction: a bar that grows."""
    if not one or not two or not one.cut(two):
        return [one, two]
    if one[1::2] == two[1::2]:
        edges = ((one.left, two.left), (one.right, two.right))
        return [Box(min(pair), one.top, max(pair), one.bottom) for pair in edges]
    if one[::2] == two[::2]:
        edges = ((one.top, two.top), (one.bottom, two.bottom))
        return [Box(one.left, min(pair), one.right, max(pair)) for pair in edges]
    return [one, two]


def _parts(box: Box) -> tuple[tuple[slice, slice], ...]:
    """Return where *box* lies in the three planes."""
    luma = (slice(box.top, box.bottom), slice(box.left, box.right))
    chroma = (slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2))
    return luma, chroma, chroma


def _yuv(image: Image.Image) -> tuple[Wide, Wide, Wide]:
    y, u, v = image.convert("RGB").convert("RGB", BT709).split()
    return (
        np.asarray(y).astype(np.uint16),
        np.asarray(u).astype(np.uint16),
        np.asarray(v).astype(np.uint16),
    )


def _quartered(plane: Wide) -> Wide:
    """Return the mean of every four pixels, at the width of 16 bits."""
    quarter: Wide = plane >> np.uint16(2)
    return quarter[0::2, 0::2] + quarter[1::2, 0::2] + quarter[0::2, 1::2] + quarter[1::2, 1::2]


def _halved(plane: Wide) -> Plane:
    total = plane[0::2, 0::2] + plane[1::2, 0::2] + plane[0::2, 1::2] + plane[1::2, 1::2]
    return ((total + np.uint16(2)) >> np.uint16(2)).astype(np.uint8)
