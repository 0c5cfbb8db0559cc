"""What stands in a scene, drawn: the brand, headlines, the globe, the list of the intro."""

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Colour, lettering, stencil, tinted
from .compositor import Sprite
from .fonts import SS, Face
from .look import MUTED, WHITE, Palette
from .stage import Stage, Still
from .typesetting import TALL, Block, Typesetter


def placed(
    type_: Typesetter, stage: Stage, block: Block, left: float, top: float, colour: Colour, *,
    room: float | None = None, shadow: bool = False, enters: int | None = None, dy: int = 0,
) -> Still:  # fmt: skip
    """Place *block* with its near edge at *left* and its capitals at *top*; Arabic in a show that reads left to
    right keeps to the far edge of *room*."""
    width = room if room is not None and block.rtl and not stage.mirrored else block.width
    image, dx, above = lettering(type_, block, colour, width=width, shadow=shadow)
    return Still(Sprite(image), stage.x(left, width) + dx, round(top) + above, enters, 0, dy)


def brand_row(
    type_: Typesetter, stage: Stage, palette: Palette, name: str, date: str, mark: Image.Image | None
) -> list[Still]:
    """The logo, the name on its plate, the date."""
    stills: list[Still] = []
    at: float = stage.margin
    if mark is not None:
        plate = Canvas(mark.width + 24, 60)
        plate.box(0, 0, mark.width + 24, 60, radius=8, fill=(255, 255, 255, 255))
        image = plate.image
        image.alpha_composite(mark, (12, (60 - mark.height) // 2))
        stills.append(Still(Sprite(image), stage.x(at, image.width), stage.top))
        at += image.width + 16
    free = stage.width - at - stage.margin - (230 if stage.portrait else 560)
    if name:
        face = Face(40, 700, "label", 2.0)
        line = type_.line(type_.shorten(name.upper(), free - 56, face), face)
        canvas = Canvas(line.width + 54, 60)
        canvas.box(0, 0, line.width + 54, 60, radius=8, fill=palette.accent)
        canvas.text(type_, 28, 44, line, face, palette.on_accent)
        stills.append(Still(Sprite(canvas.image), stage.x(at, canvas.width), stage.top))
        at += canvas.width + 24
    if date:
        below = stage.portrait
        face = Face(28 if below else 24, 500)
        room = stage.room if below else max(stage.width - at - stage.margin - 480, 120)
        block = type_.fit(date, room, [face], [1])
        left, top = (stage.margin + 2, stage.top + 92) if below else (at, stage.top + 21)
        stills.append(placed(type_, stage, block, left, top, MUTED))
    return stills


def chip(type_: Typesetter, stage: Stage, text: str) -> Still:
    """The story counter, at the far end of the brand's row."""
    face = Face(22, 600)
    line = type_.line(text, face)
    width = line.width + 52
    canvas = Canvas(width, 48)
    canvas.box(0, 0, width, 48, radius=24, fill=(255, 255, 255, 24), outline=(255, 255, 255, 70), line=1)
    canvas.text(type_, 26, 32, line, face, WHITE)
    return Still(Sprite(canvas.image), stage.x(stage.width - stage.margin - width, width), stage.top + 6)


def kicker(
    type_: Typesetter, stage: Stage, palette: Palette, text: str, top: int, room: float, *, over: str
) -> Still:
    """A short line in the second colour behind a bar in the first, higher *over* a headline in a tall script."""
    face = Face(36, 700, "label", 2.5)
    line = type_.line(type_.shorten(text.upper(), room - 40, face), face)
    canvas = Canvas(line.width + 34, 68)  # Arabic and Devanagari reach far below the line
    near = stage.mirrored
    canvas.box(canvas.width - 8 if near else 0, 8, 8, 40, radius=2, fill=palette.accent)
    canvas.text(type_, 2 if near else 26, 41, line, face, palette.second)
    return Still(Sprite(canvas.image), stage.x(stage.margin, canvas.width), top - (18 if TALL.search(over) else 0))


def globe(palette: Palette, size: int, height: int) -> Sprite:
    """A globe of thin lines, *size* pixels wide, with an arc in the accent around it; its upper *height* pixels."""
    centre, radius = size * SS / 2, size * SS * 0.42
    net, arc = stencil(size, height), stencil(size, height)
    pen = ImageDraw.Draw(net)
    tilt = np.radians(24)
    turns = np.radians(np.arange(0, 361, 4))
    lines = [(np.full_like(turns, np.radians(angle)), turns) for angle in range(0, 180, 20)]  # meridians
    lines += [(turns, np.full_like(turns, np.radians(angle))) for angle in range(-80, 81, 20)]  # parallels
    for east, north in lines:
        x, y, z = np.cos(north) * np.sin(east), np.sin(north), np.cos(north) * np.cos(east)
        down, near = y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)
        points = list(zip(centre + radius * x, centre - radius * down, near, strict=True))
        for (x0, y0, z0), (x1, y1, z1) in pairwise(points):
            if z0 > -0.02 and z1 > -0.02:
                pen.line((x0, y0, x1, y1), fill=round(26 + 60 * max(z0, 0.0) ** 0.5), width=2)
    for mask, share, start, end, light, width in (
        (net, 1.0, 0, 360, 110, 3),
        (arc, 1.09, 228, 392, 230, 9),
        (net, 1.16, 60, 190, 90, 4),
    ):
        reach = radius * share
        box = (centre - reach, centre - reach, centre + reach, centre + reach)
        ImageDraw.Draw(mask).arc(box, start, end, fill=light, width=width)
    image = tinted(net, palette.second)
    image.alpha_composite(tinted(arc, palette.accent))
    return Sprite(image)


def numeral(type_: Typesetter, stage: Stage, number: int) -> Still:
    """The number of a story, huge and faint, where no card stands."""
    face = Face(640 if stage.portrait else 560, 800)
    line = type_.line(str(number), face)
    canvas = Canvas(line.width + 20, face.size * 0.8)
    canvas.text(type_, 10, face.size * 0.765, line, face, (150, 180, 255, 20))
    left = stage.width - stage.margin - canvas.width + 30
    return Still(Sprite(canvas.image), stage.x(left, canvas.width), stage.floor - canvas.height + 10)


def item(
    type_: Typesetter, palette: Palette, mirrored: bool, number: int, title: str, width: int, size: int, rows: int
) -> tuple[Sprite, Sprite]:
    """A headline in the list of the intro: waiting, and lit."""
    face = Face(size, 600)
    side = 68
    block = type_.fit(title, width - side - 28, [face, Face(size - 6, 600)], [rows, rows])
    margin = round(0.5 * block.face.size)
    height = max(side, block.leading * (len(block.lines) - 1) + 60) + 2 * margin
    made = []
    for lit in (False, True):
        canvas = Canvas(width, height)
        x = width - side if mirrored else 0
        fill = palette.accent if lit else (255, 255, 255, 26)
        canvas.box(x, margin, side, side, radius=14, fill=fill, outline=None if lit else (255, 255, 255, 60))
        digit = type_.line(str(number), Face(36, 700))
        colour = palette.on_accent if lit else palette.second
        canvas.text(type_, x + (side - digit.width) / 2, margin + 47, digit, Face(36, 700), colour)
        # One line stands in the middle of its number, more begin beside it.
        first = margin + (34 if len(block.lines) == 1 else 20) + block.face.size * 0.36
        ink = WHITE if lit else (214, 224, 244, 255)
        for row, line in enumerate(block.lines):
            far = width - line.width
            left = far - side - 28 if mirrored else far if block.rtl else side + 28
            canvas.text(type_, left, first + row * block.leading, line, block.face, ink)
        made.append(Sprite(canvas.image))
    return made[0], made[1]
