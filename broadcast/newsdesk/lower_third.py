"""What stands in front of every scene, drawn: captions, the ticker, the voice meter, the band that wipes."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from .canvas import Canvas, Colour, letters
from .captions import joined
from .compositor import Sprite
from .fonts import Face
from .look import CYAN, INK, WHITE, Palette
from .stage import TICKER_HEIGHT, Stage, Still
from .typesetting import Typesetter
from .voice import Word

TICKER = Face(27, 500)
WORD_GAP = 0.42  #: between words of a caption, in type sizes: wide enough for the mark around the word being said
SLANT = 24  #: pixels that the end of the ticker's tag leans
FADE = 70  #: pixels in which running headlines fade beside the tag
MARK = 7  #: pixels that the mark stands out beside its word


def caption_face(stage: Stage) -> Face:
    """Captions are read on a phone where the picture is upright."""
    return Face(46 if stage.portrait else 40, 600)


def caption_room(stage: Stage) -> int:
    """Return how wide the text of a caption may be, in pixels."""
    return stage.width - 2 * 36 - 2 * max(40 if stage.portrait else 150, stage.aside)


def bar(width: int, height: int, colour: Colour) -> Sprite:
    return Sprite(Image.new("RGBA", (width, height), colour))


def marks_words(type_: Typesetter, face: Face, words: Sequence[Word]) -> bool:
    """Say whether the word being said can be marked: words stand apart, from left to right."""
    text = " ".join(word.text for word in words)
    return not any(word.glued for word in words) and all(run.rightward for run in type_.line(text, face).runs)


def caption_width(type_: Typesetter, face: Face, words: Sequence[Word]) -> float:
    """Return the width of *words* in a caption, in pixels."""
    if marks_words(type_, face, words):
        return sum(type_.width(word.text, face) for word in words) + WORD_GAP * face.size * (len(words) - 1)
    return type_.width(joined(words), face)


def caption(type_: Typesetter, stage: Stage, palette: Palette, words: Sequence[Word]) -> tuple[Still, list[Still]]:
    """A phrase on its plate, and for each of its words, where words are marked, the marked word."""
    text = joined(words)
    face, room = caption_face(stage), caption_room(stage)
    width = caption_width(type_, face, words)
    marked = width <= room and marks_words(type_, face, words)
    if width > room:  # one endless word
        face = Face(round(face.size * 0.6), face.weight)
        text = type_.shorten(text, room, face)
        width = type_.width(text, face)
    total = round(width) + 72
    x = (stage.width - total) // 2
    canvas = Canvas(total, 80)
    canvas.box(0, 0, total, 80, radius=16, fill=INK)
    found: list[Still] = []
    if not marked:
        canvas.text(type_, 36, 54, text, face, WHITE)
        return Still(Sprite(canvas.image), x, stage.caption), found
    at = 36.0
    for word in words:
        line = type_.line(word.text, face)
        mask, left, top = letters(type_, at, 54, line)
        canvas.stamp(mask, left, top, (232, 239, 252, 255))
        offset = round(at) - MARK
        mark = Canvas(line.width + 2 * MARK + 2, 58)
        mark.box(0, 0, line.width + 2 * MARK, 58, radius=10, fill=palette.accent)
        mark.stamp(mask, left - offset, top - 11, palette.on_accent)
        found.append(Still(Sprite(mark.image), x + offset, stage.caption + 11))
        at += line.width + WORD_GAP * face.size
    return Still(Sprite(canvas.image), x, stage.caption), found


def ticker_strip(type_: Typesetter, stage: Stage, titles: Sequence[str], window: int) -> tuple[Sprite, int]:
    """All headlines in one row, repeated until any *window* of it is full; and after how many pixels it repeats."""
    lines = [type_.line(title, TICKER) for title in titles]
    loop = (round(sum(line.width + 110 for line in lines)) + 1) & ~1
    canvas = Canvas(loop, TICKER_HEIGHT, INK)
    at = 0.0
    for line in lines:
        canvas.dot(round(loop - at - 30 if stage.mirrored else at + 20), 27, 10, (*CYAN, 255))
        x = loop - at - 56 - line.width if stage.mirrored else at + 56
        canvas.text(type_, x, 42, line, TICKER, (228, 236, 250, 255))
        at += line.width + 110
    once = canvas.image
    times = -(-window // loop) + 1
    strip = Image.new("RGBA", (loop * times, TICKER_HEIGHT))
    for number in range(times):
        strip.paste(once, (number * loop, 0))
    return Sprite(strip), loop


def ticker_card(type_: Typesetter, stage: Stage, title: str, window: int) -> Sprite:
    """One headline in the ticker's row."""
    line = type_.line(type_.shorten(title, window - 100, TICKER), TICKER)
    canvas = Canvas(window, TICKER_HEIGHT, INK)
    canvas.dot(window - 36 if stage.mirrored else 26, 27, 10, (*CYAN, 255))
    canvas.text(type_, window - 60 - line.width if stage.mirrored else 60, 42, line, TICKER, (228, 236, 250, 255))
    return Sprite(canvas.image)


def ticker_tag(type_: Typesetter, stage: Stage, palette: Palette, text: str, *, faded: bool) -> tuple[Still, int]:
    """The name of the ticker, in the corner, and how wide it is (even).

    *faded*: the ticker's ground thins out beside it, into the headlines that run past.
    """
    face = Face(34, 700, "label", 1.5)
    line = type_.line(text.upper(), face)
    width = (round(line.width) + 82) & ~1 if text else 48
    whole = width - SLANT + FADE if faded else width
    canvas = Canvas(whole, TICKER_HEIGHT)
    if faded:
        canvas.image.paste(_fade(stage.mirrored), (0 if stage.mirrored else width - SLANT, 0))
    slant: list[tuple[float, float]] = [(0, 0), (width, 0), (width - SLANT, TICKER_HEIGHT), (0, TICKER_HEIGHT)]
    if stage.mirrored:
        slant = [(whole - x, y) for x, y in slant]
    canvas.polygon(slant, palette.accent)
    canvas.text(type_, whole - 30 - line.width if stage.mirrored else 30, 44, line, face, palette.on_accent)
    return Still(Sprite(canvas.image), stage.x(0, whole), stage.ticker), width


def _fade(leftward: bool) -> Image.Image:
    """The ticker's ground, thinning out to one side."""
    ramp = np.linspace(255, 0, FADE).astype(np.uint8)
    alpha = np.broadcast_to(ramp[::-1] if leftward else ramp, (TICKER_HEIGHT, FADE))
    image = Image.new("RGBA", (FADE, TICKER_HEIGHT), INK)
    image.putalpha(Image.fromarray(np.ascontiguousarray(alpha)))
    return image


METER_BARS = 14
METER_LEVELS = 10


def meter(palette: Palette) -> list[list[Sprite]]:
    """Bars that stand for how loud the voice is: per level three pictures, so that they live."""
    found = []
    for level in range(METER_LEVELS + 1):
        found.append([_bars(palette, level / METER_LEVELS, turn) for turn in range(3 if level else 1)])
    return found


def _bars(palette: Palette, level: float, turn: int) -> Sprite:
    canvas = Canvas(METER_BARS * 14, 48)
    for number in range(METER_BARS):
        bell = 0.35 + 0.65 * np.cos((number - (METER_BARS - 1) / 2) / METER_BARS * np.pi)
        life = 0.72 + 0.28 * np.sin(number * 2.1 + turn * 2.2)
        height = 4 + 42 * float(min(1.0, level * bell * life))
        share = height / 46
        canvas.box(
            number * 14, 48 - height, 8, height, radius=2, fill=(*palette.second[:3], round(150 + 105 * share))
        )
    return Sprite(canvas.image)


def band(stage: Stage, palette: Palette, height: int) -> tuple[Sprite, int]:
    """The stripe that wipes from one story to the next, and where in it nothing can be seen through."""
    canvas = Canvas(300, height)
    lean = 60
    accent = [(60 + lean, 0), (220 + lean, 0), (220, height), (60, height)]
    second = [(lean, 0), (34 + lean, 0), (34, height), (0, height)]
    for points, colour in ((accent, palette.accent), (second, palette.second)):
        canvas.polygon([(300 - x if stage.mirrored else x, y) for x, y in points], colour)
    return Sprite(canvas.image), (300 - 170 if stage.mirrored else 170)
