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
Planes = tuple[Plane, Plane]  #: Y, and U and V one behind the other: an array of three dimensions

#: RGB to limited-range BT.709 (ITU-R BT.709-6, sections 3 and 4), as Pillow takes it.
BT709 = (
    0.182586, 0.614231, 0.062007, 16.0,
    -0.100644, -0.338572, 0.439216, 128.0,
    0.439216, -0.398942, -0.040274, 128.0,
)  # fmt: skip
CELLS = 1 << 15  #: samples blended at a time, so that the arithmetic stays in the processor's cache
HALF = 128  #: added to premultiplied samples, to round what is divided by 255


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

    def meets(self, other: "Box") -> bool:
        """Say whether the two overlap."""
        return (
            self.left < other.right and other.left < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip

    def moved(self, dx: int, dy: int) -> "Box":
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def joined(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left), min(self.top, other.top),
            max(self.right, other.right), max(self.bottom, other.bottom),
        )  # fmt: skip

    def even(self) -> "Box":
        return Box(self.left & ~1, self.top & ~1, (self.right + 1) & ~1, (self.bottom + 1) & ~1)


class Sprite:
    """A picture that can stand anywhere in the frame. Its identity is its object: one sprite, one layer a frame."""

    __slots__ = ("_blended", "_image", "height", "opaque", "solid", "width")

    def __init__(self, image: Image.Image) -> None:
        self._image = image if image.mode == "RGBA" else image.convert("RGBA")
        self.width, self.height = image.size
        low, _ = self._image.getchannel("A").getextrema()
        self.opaque = low == 255 and self.width % 2 == 0 and self.height % 2 == 0
        self._blended: dict[tuple[int, int], tuple[tuple[Wide, Wide], ...]] = {}
        #: The samples of an opaque sprite, which is drawn at even places only, and copied where it is not faded.
        self.solid: Planes | None = None
        if self.opaque:
            y, uv = _yuv(self._image)
            self.solid = y, _halved(uv)

    def planes(self, odd_x: int, odd_y: int) -> tuple[tuple[Wide, Wide], ...]:
        """Return, for Y and for U and V, premultiplied samples and what they leave of the ground, per parity."""
        found = self._blended.get((odd_x, odd_y))
        if found is None:
            width, height = (self.width + odd_x + 1) & ~1, (self.height + odd_y + 1) & ~1
            image = self._image
            if (width, height) != image.size:
                image = Image.new("RGBA", (width, height))
                image.paste(self._image, (odd_x, odd_y))
            alpha = np.asarray(image.getchannel("A")).astype(np.uint16)
            y, uv = (np.multiply(plane, alpha, dtype=np.uint16) for plane in _yuv(image))
            rest = 255 - _quartered(alpha * np.uint16(64)) // 64
            found = ((y + np.uint16(HALF), 255 - alpha), (_quartered(uv) + np.uint16(HALF), rest))
            self._blended[odd_x, odd_y] = found
        return found


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


#: A layer and the box that it may touch.
Placed = tuple[Layer, Box]


class Compositor:
    """Holds one frame and brings it from one list of layers to the next, over an unchanging *ground*."""

    def __init__(self, ground: NDArray[np.uint8], width: int, height: int) -> None:
        self.frame = Box(0, 0, width, height)
        self.buffer: NDArray[np.uint8] = ground.copy()  #: the frame as PyAV takes it: Y, then U, then V
        self._ground = split(ground, width, height)
        self._planes = split(self.buffer, width, height)
        self._scratch = np.empty((2, CELLS), np.uint16)
        self._before: Sequence[Placed] | None = None

    def draw(self, layers: Sequence[Layer], *, everything: bool = False) -> bool:
        """Make the frame show *layers*, the first undermost. Returns whether anything was redrawn."""
        placed = [(layer, layer.box()) for layer in layers if layer.opacity > 0]
        if everything or self._before is None:
            areas = [self.frame]
        else:
            areas = merged(box.cut(self.frame) for box in damage(self._before, placed))
        for area in areas:
            self._redraw(area, placed)
        self._before = placed
        return bool(areas)

    def _redraw(self, area: Box, placed: Sequence[Placed]) -> None:
        shown = [(layer, box.cut(area)) for layer, box in placed if box.meets(area)]
        first = 0  # what lies under an opaque layer is not drawn
        for number in range(len(shown) - 1, -1, -1):
            layer, box = shown[number]
            if layer.sprite.opaque and layer.opacity == 255 and box == area:
                first = number
                break
        else:
            for plane, ground, part in zip(self._planes, self._ground, _parts(area), strict=True):
                plane[part] = ground[part]
        for layer, box in shown[first:]:
            self._lay(layer, box)

    def _lay(self, layer: Layer, box: Box) -> None:
        left, top = layer.x & ~1, layer.y & ~1
        parts = zip(self._planes, _parts(box), _parts(box.moved(-left, -top)), strict=True)
        if layer.sprite.solid is not None and layer.opacity == 255:
            for (plane, to, of), source in zip(parts, layer.sprite.solid, strict=True):
                plane[to] = source[of]
            return
        blended = layer.sprite.planes(layer.x & 1, layer.y & 1)
        for (plane, to, of), (colour, rest) in zip(parts, blended, strict=True):
            self._blend(plane[to], colour[of], rest[of[-2:]], layer.opacity)

    def _blend(self, plane: Plane, colour: Wide, rest: Wide, opacity: int) -> None:
        """Lay premultiplied *colour* over *plane*: plane x rest / 255 + colour / 255, rounded."""
        height = plane.shape[-2]
        step = max(1, CELLS * height // plane.size)
        for top in range(0, height, step):
            rows = slice(top, top + step)
            under, over, keep = plane[..., rows, :], colour[..., rows, :], rest[rows]
            x = self._scratch[0, : under.size].reshape(under.shape)
            t = self._scratch[1, : under.size].reshape(under.shape)
            if opacity < 255:
                share = opacity * 256 // 255
                faded = np.multiply(over - np.uint16(HALF), share, dtype=np.uint32) >> 8
                over = faded.astype(np.uint16) + np.uint16(HALF)
                keep = 255 - (((255 - keep) * np.uint16(share)) >> np.uint16(8))
            np.copyto(x, under)
            np.multiply(x, keep, out=x)
            np.add(x, over, out=x)
            np.right_shift(x, 8, out=t)
            np.add(x, t, out=x)
            np.right_shift(x, 8, out=x)
            np.copyto(under, x, casting="unsafe")


def split(buffer: NDArray[np.uint8], width: int, height: int) -> Planes:
    """Return Y, and U and V, of a yuv420p buffer of height x 3/2 rows, as views."""
    flat = buffer.reshape(-1)
    luma = width * height
    return flat[:luma].reshape(height, width), flat[luma:].reshape(2, height // 2, width // 2)


def damage(before: Sequence[Placed], after: Sequence[Placed]) -> list[Box]:
    """Return the boxes in which two lists of layers differ."""
    old = {id(placed[0].sprite): placed for placed in before}
    new = {id(placed[0].sprite): placed for placed in after}
    stayed = [key for key in old if key in new]
    if stayed != [key for key in new if key in old]:  # something went behind something else
        return [box for _, box in (*before, *after)]
    boxes = [box for key, (_, box) in old.items() if key not in new]
    boxes += [box for key, (_, box) in new.items() if key not in old]
    for key in stayed:
        (one, was), (two, now) = old[key], new[key]
        if one is two or one == two:
            continue
        if one[:4] == two[:4]:
            boxes += _difference(was, now)
        else:
            boxes += [was, now]
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
                if one.meets(other):
                    found.remove(other)
                    one = one.joined(other)
                    again = True
                    break
        found.append(one)
    return found


def _difference(one: Box, two: Box) -> list[Box]:
    """Return what only one of two boxes covers, where they differ in one direction: a bar that grows."""
    if not one or not two or not one.meets(two):
        return [one, two]
    if one[1::2] == two[1::2]:
        edges = ((one.left, two.left), (one.right, two.right))
        return [Box(min(pair), one.top, max(pair), one.bottom) for pair in edges]
    if one[::2] == two[::2]:
        edges = ((one.top, two.top), (one.bottom, two.bottom))
        return [Box(one.left, min(pair), one.right, max(pair)) for pair in edges]
    return [one, two]


def _parts(box: Box) -> tuple[tuple[slice, slice], tuple[slice, slice, slice]]:
    """Return where *box* lies in the planes."""
    luma = (slice(box.top, box.bottom), slice(box.left, box.right))
    return luma, (slice(None), slice(box.top // 2, box.bottom // 2), slice(box.left // 2, box.right // 2))


def _yuv(image: Image.Image) -> Planes:
    """Return the samples of *image*, all at its full size."""
    y, u, v = image.convert("RGB").convert("RGB", BT709).split()
    return np.asarray(y), np.stack([np.asarray(u), np.asarray(v)])


def _quartered(plane: Wide) -> Wide:
    """Return the mean of every four pixels, at the width of 16 bits."""
    quarter: Wide = plane >> np.uint16(2)
    found = quarter[..., 0::2, 0::2] + quarter[..., 1::2, 0::2]
    found += quarter[..., 0::2, 1::2]
    found += quarter[..., 1::2, 1::2]
    return found


def _halved(plane: Plane) -> Plane:
    wide = plane.astype(np.uint16)
    total = wide[..., 0::2, 0::2] + wide[..., 1::2, 0::2] + wide[..., 0::2, 1::2] + wide[..., 1::2, 1::2]
    return ((total + np.uint16(2)) >> np.uint16(2)).astype(np.uint8)
