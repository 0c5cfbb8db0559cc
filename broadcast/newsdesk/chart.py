"""A figure as a picture of its own: the number, and the line that led to it, in the look of the show."""

import io
from dataclasses import replace
from math import isfinite

from PIL import Image

from broadcast.types import Figure, Orientation

from .canvas import Canvas, Colour, lettering
from .card import sparkline
from .fonts import Face
from .look import INK, MUTED, NAVY, WHITE, palette
from .typesetting import Block, Typesetter

SIZES = {"landscape": (1280, 720), "portrait": (720, 960)}
MARGIN, GAP, LINE = 72, 40, 1.5
GROUND: Colour = (*NAVY, 255)


def chart(figure: Figure, colour: str, language: str, orientation: Orientation) -> bytes:
    """Return *figure* as a PNG. Raises `ValueError` where its series is no line.

    Nothing is shown that the figure does not hold: no axis with round numbers, no value between two of its own.
    """
    if len(figure.series) < 2 or not all(map(isfinite, figure.series)):
        raise ValueError("the series is no line")
    type_, colours = Typesetter(language), palette(colour)
    width, height = SIZES[orientation]
    room = width - 2 * MARGIN
    canvas = Canvas(width, height, GROUND)
    canvas.box(0, 0, width, 10, fill=colours.accent)
    y = MARGIN
    for text, limit, sizes, weight, fill in (
        (figure.label, 80, (44, 36), 600, MUTED),
        (figure.text, 40, (132, 104, 80, 60), 800, WHITE),
        (figure.change, 80, (40, 32), 600, colours.bright),
    ):
        if cleaned := type_.clean(text, limit):
            faces = [Face(size, weight) for size in sizes]
            block = type_.fit(cleaned, room, faces, [1] * (len(faces) - 1) + [2])
            y = _block(canvas, type_, block, fill, y)
    high = min(height - MARGIN - y, room)
    canvas.box(MARGIN, y, room, high, radius=20, fill=INK, outline=(66, 78, 116, 255), line=LINE)
    line = sparkline(figure.series, room - 40, high - 30, colours.second)
    canvas.image.alpha_composite(line, (MARGIN + 20, y + 15))
    buffer = io.BytesIO()
    canvas.image.convert("RGB").save(buffer, "PNG", optimize=False)
    return buffer.getvalue()


def _block(canvas: Canvas, type_: Typesetter, block: Block, fill: Colour, top: int) -> int:
    """Draw *block* from *top* on, on the side that the show reads from; return where the next thing begins."""
    room = canvas.width - 2 * MARGIN
    image, left, above = lettering(type_, replace(block, rtl=type_.rtl or block.rtl), fill, width=room)
    sheet = Image.new("RGBA", canvas.image.size)
    sheet.paste(image, (MARGIN + left, top + above))
    canvas.image.alpha_composite(sheet)
    return top + round(block.leading * (len(block.lines) - 1) + block.face.size * 0.73) + GAP
