"""Where things stand in the frame, and how they come on. Pure but for the sprites it places."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from broadcast.types import Orientation

from .compositor import Box, Layer, Sprite

FPS = 30

FrameMode = Literal["cfr", "vfr"]


@dataclass(frozen=True)
class Stage:
    """Lines of the layout, in pixels. A *mirrored* stage is that of a show which reads right to left."""

    width: int
    height: int
    margin: int
    top: int  #: of the brand's row
    body: int  #: where the scene begins
    floor: int  #: where the scene ends, on the side that reading starts at
    board: int  #: where it ends on the other side, on which charts and numbers stand
    caption: int
    ticker: int
    mirrored: bool = False
    aside: int = 0  #: pixels on each side that captions keep free, for a guest

    @property
    def portrait(self) -> bool:
        return self.height > self.width

    @property
    def room(self) -> int:
        """The width between the margins."""
        return self.width - 2 * self.margin

    def x(self, left: float, width: float) -> int:
        """Return where something *width* wide stands, *left* pixels from the side that reading starts at."""
        return round(self.width - left - width if self.mirrored else left)


TICKER_HEIGHT = 64
PROGRESS_HEIGHT = 6


Corner = Literal["bottom-left", "bottom-right", "top-left", "top-right"]


def with_guest(bare: Stage, corner: Corner, size: int) -> tuple[Stage, int, int]:
    """Return *bare* with room for a guest of *size* pixels in *corner*, and where the guest's near corner stands.

    No text of a scene stands under the guest: in a wide picture captions make way as well, and what stands on the
    other side of it keeps its height.
    """
    x = bare.margin if corner.endswith("left") else bare.width - bare.margin - size
    low = bare.floor + 30 if bare.portrait else bare.ticker - 24
    if corner.startswith("top"):
        return replace(bare, body=bare.body + size + 30), x & ~1, bare.body & ~1
    ends = min(low - size - 30, bare.floor)
    if bare.portrait:
        return replace(bare, floor=ends, board=ends), x & ~1, (low - size) & ~1
    near = corner.endswith("left") != bare.mirrored
    shorter = replace(bare, floor=ends) if near else replace(bare, board=ends)
    return replace(shorter, aside=bare.margin + size + 20), x & ~1, (low - size) & ~1


def stage(orientation: Orientation, mirrored: bool) -> Stage:
    """Return the stage of 1920x1080 or 1080x1920 pixels."""
    if orientation == "portrait":
        return Stage(1080, 1920, 64, 96, 330, 1500, 1500, 1560, 1920 - 70, mirrored)
    return Stage(1920, 1080, 120, 56, 206, 830, 830, 862, 1080 - 70, mirrored)


def eased(share: float) -> float:
    """Return how far a movement has come that starts fast and ends softly, for the share of its time, 0 to 1."""
    return float(1 - (1 - min(1.0, max(0.0, share))) ** 3)


class Piece(Protocol):
    """Something that stands in a scene."""

    def layers(self, frame: int) -> Sequence[Layer]:
        """Return its layers *frame* frames after the scene began."""


@dataclass(frozen=True)
class Still:
    """A sprite that stands from the start, or comes on at frame *enters* from *dx*, *dy* pixels away."""

    sprite: Sprite
    x: int
    y: int
    enters: int | None = None
    dx: int = 0
    dy: int = 0
    frames: int = 16

    def layers(self, frame: int) -> Sequence[Layer]:
        if self.enters is None:
            return (Layer(self.sprite, self.x, self.y),)
        share = eased((frame - self.enters) / self.frames)
        if share <= 0:
            return ()
        x, y = self.x + round(self.dx * (1 - share)), self.y + round(self.dy * (1 - share))
        return (Layer(self.sprite, x, y, round(255 * share)),)


@dataclass(frozen=True)
class Flipbook:
    """Sprites that follow one another in one place, each from its own frame on; the last one stays."""

    pages: tuple[tuple[int, Sprite], ...]
    x: int
    y: int

    def layers(self, frame: int) -> Sequence[Layer]:
        shown = [sprite for starts, sprite in self.pages if starts <= frame]
        return (Layer(shown[-1], self.x, self.y),) if shown else ()


@dataclass(frozen=True)
class Curtain:
    """A sprite that is uncovered from the left, or from the right, between two frames."""

    sprite: Sprite
    x: int
    y: int
    starts: int
    frames: int
    leftward: bool = False

    def layers(self, frame: int) -> Sequence[Layer]:
        shown = int(self.sprite.width * eased((frame - self.starts) / self.frames)) & ~1
        if shown <= 0:
            return ()
        left = (self.x & ~1) + (self.sprite.width - shown if self.leftward else 0)
        left &= ~1
        right = left + shown + 2 if shown >= self.sprite.width - 1 else left + shown
        box = Box(left, self.y & ~1, right + (right & 1), (self.y + self.sprite.height + 2) & ~1)
        return (Layer(self.sprite, self.x, self.y, 255, box),)


@dataclass(frozen=True)
class Rise:
    """A sprite that rises into its place out of a slot of its own size, as a wheel of digits comes to rest."""

    sprite: Sprite
    x: int
    y: int
    starts: int
    frames: int = 20

    def layers(self, frame: int) -> Sequence[Layer]:
        share = eased((frame - self.starts) / self.frames)
        if share <= 0:
            return ()
        right, bottom = self.x + self.sprite.width, self.y + self.sprite.height
        slot = Box(self.x, self.y, right, bottom).even()
        return (Layer(self.sprite, self.x, self.y + round(self.sprite.height * (1 - share)), 255, slot),)
