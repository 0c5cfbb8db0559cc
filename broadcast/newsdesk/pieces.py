"""What stands in a scene, drawn: the brand, headlines, the card of a key number, the list of the intro."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from .canvas import Canvas, Colour, lettering
from .compositor import Sprite
from .figures import KeyNumber, counted
from .fonts import SS, Face
from .look import MUTED, WHITE, Palette
from .stage import Curtain, Flipbook, Piece, Stage, Still
from .typesetting import Block, Typesetter


def placed(
    type_: Typesetter, stage: Stage, block: Block, left: float, top: float, colour: Colour, *,
    room: float | None = None, shadow: bool = False, enters: int | None = None, dy: int = 0,
) -> Still:  # fmt: skip
    """Place *block* with its near edge at *left* and its capitals at *top*; a line of the other direction keeps to
    the far edge of *room*."""
    width = room if room is not None and block.rtl != stage.mirrored else block.width
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
        image = plate.done()
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
        stills.append(Still(Sprite(canvas.done()), stage.x(at, canvas.width), stage.top))
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
    return Still(Sprite(canvas.done()), stage.x(stage.width - stage.margin - width, width), stage.top + 6)


def kicker(type_: Typesetter, stage: Stage, palette: Palette, text: str, top: int, room: float) -> Still:
    """A short line in the second colour behind a bar in the first."""
    face = Face(36, 700, "label", 2.5)
    line = type_.line(type_.shorten(text.upper(), room - 40, face), face)
    canvas = Canvas(line.width + 34, 56)
    near = stage.mirrored
    canvas.box(canvas.width - 8 if near else 0, 8, 8, 40, radius=2, fill=palette.accent)
    canvas.text(type_, 2 if near else 26, 41, line, face, palette.second)
    return Still(Sprite(canvas.done()), stage.x(stage.margin, canvas.width), top)


def card(
    type_: Typesetter,
    stage: Stage,
    palette: Palette,
    key: KeyNumber,
    left: float,
    top: int,
    width: int,
    height: int,
) -> list[Piece]:
    """The key number on a plate: it counts up, its line is drawn."""
    pad, inner = 42, width - 84
    parts: list[tuple[Block, int, Colour]] = []  # block, top, colour
    y = 48
    if key.label:
        block = type_.fit(key.label, inner, [Face(30, 500), Face(26, 500)], [1, 2])
        parts.append((block, y, MUTED))
        y += block.height + 26
    sizes = (220 if stage.portrait else 150, 150, 132, 112, 92, 76, 60, 46)
    number = type_.fit(key.text, inner, [Face(size, 800) for size in sizes], [1, 1, 1, 1, 1, 1, 2, 3])
    number_top = y
    y += round(number.leading * (len(number.lines) - 1) + number.face.size * 0.73) + 34
    pill_top = y
    if key.change:
        y += 76
    line_top = y + 8
    drawn = 260 if stage.portrait else 160
    if key.series:
        y += drawn + 20
    rows_top = y + 4
    y += 50 * len(key.rows) + 8 * bool(key.rows)
    if key.quote:
        block = type_.fit(key.quote, inner, [Face(30, 500), Face(26, 500)], [3, 5])
        parts.append((block, y + 14, MUTED))
        y += block.height + 22
    height = max(y + 26, min(height, 300))
    edge = 36
    canvas = Canvas(width + 2 * edge, height + 2 * edge)
    canvas.box(edge, edge, width, height, radius=24, fill=(15, 26, 60, 255))
    canvas.shadow(22, 12, 0.75)
    canvas.box(edge, edge, width, height, radius=24, fill=(16, 28, 62, 255), outline=(66, 78, 116, 255), line=1.5)
    canvas.box(edge + 24, edge, width - 48, 6, radius=0, fill=palette.accent)
    for block, at, colour in parts:
        for row, line in enumerate(block.lines):
            near = stage.mirrored or block.rtl
            x = edge + pad + (inner - line.width if near else 0)
            canvas.text(
                type_, x, edge + at + block.face.size * 0.73 + row * block.leading, line, block.face, colour
            )
    if key.change:
        face = Face(26, 600)
        line = type_.line(type_.shorten(key.change, inner - 44, face), face)
        x = edge + (width - pad - line.width - 44 if stage.mirrored else pad)
        r, g, b, _ = palette.second
        canvas.box(
            x, edge + pill_top + 6, line.width + 44, 50, radius=25, fill=(r, g, b, 40), outline=(r, g, b, 130)
        )
        canvas.text(type_, x + 22, edge + pill_top + 40, line, face, palette.second)
    for row, (label, text) in enumerate(key.rows):
        _row(canvas, type_, stage, label, text, edge + pad, edge + rows_top + 50 * row, inner)
    if key.series:
        canvas.box(edge + pad, edge + line_top + drawn, inner, 1, fill=(255, 255, 255, 60))
    x = stage.x(left, width)
    base = Still(Sprite(canvas.done()), x - edge, top - edge, 4, 0, 46)
    pieces: list[Piece] = [base, _count(type_, stage, key.text, number, x + pad, top + number_top, inner)]
    if key.series:
        line_sprite = Sprite(sparkline(key.series, inner, drawn - 4, palette.second))
        pieces.append(Curtain(line_sprite, (x + pad) & ~1, (top + line_top + 4) & ~1, 26, 45))
    return pieces


def globe(palette: Palette, size: int) -> Sprite:
    """A globe of thin lines, *size* pixels wide, with an arc in the accent around it."""
    canvas = Canvas(size, size)
    centre, radius = size * SS / 2, size * SS * 0.42
    tilt = np.radians(24)
    turns = np.radians(np.arange(0, 361, 4))
    lines = [(np.full_like(turns, np.radians(angle)), turns) for angle in range(0, 180, 20)]  # meridians
    lines += [(turns, np.full_like(turns, np.radians(angle))) for angle in range(-80, 81, 20)]  # parallels
    r, g, b, _ = palette.second
    for east, north in lines:
        x, y, z = np.cos(north) * np.sin(east), np.sin(north), np.cos(north) * np.cos(east)
        down, near = y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)
        points = list(zip(centre + radius * x, centre - radius * down, near, strict=True))
        for (x0, y0, z0), (x1, y1, z1) in pairwise(points):
            if z0 > -0.02 and z1 > -0.02:
                light = round(26 + 60 * max(z0, 0.0) ** 0.5)
                canvas.pen.line((x0, y0, x1, y1), fill=(r, g, b, light), width=2)
    for share, start, end, colour, width in (
        (1.0, 0, 360, (r, g, b, 110), 3),
        (1.09, 150, 318, (*palette.accent[:3], 230), 9),
        (1.16, -35, 96, (r, g, b, 90), 4),
    ):
        reach = radius * share
        box = (centre - reach, centre - reach, centre + reach, centre + reach)
        canvas.pen.arc(box, start, end, fill=colour, width=width)
    return Sprite(canvas.done())


def numeral(type_: Typesetter, stage: Stage, number: int) -> Still:
    """The number of a story, huge and faint, where no card stands."""
    face = Face(640 if stage.portrait else 560, 800)
    line = type_.line(str(number), face)
    canvas = Canvas(line.width + 20, face.size * 0.8)
    canvas.text(type_, 10, face.size * 0.765, line, face, (150, 180, 255, 20))
    left = stage.width - stage.margin - canvas.width + 30
    return Still(Sprite(canvas.done()), stage.x(left, canvas.width), stage.floor - canvas.height + 10)


def _row(
    canvas: Canvas, type_: Typesetter, stage: Stage, label: str, text: str, x: int, y: int, width: int
) -> None:
    """One further figure: its label at the near end, its text at the far end, a rule above."""
    canvas.box(x, y, width, 1, fill=(255, 255, 255, 44))
    strong, face = Face(26, 700), Face(24, 500)
    value = type_.line(type_.shorten(text, width * 0.55, strong), strong)
    name = type_.line(type_.shorten(label, width - value.width - 24, face), face)
    ends = (x, x + width - value.width), (x + width - name.width, x)
    name_x, value_x = ends[stage.mirrored]
    canvas.text(type_, name_x, y + 34, name, face, MUTED)
    canvas.text(type_, value_x, y + 34, value, strong, WHITE)


def _count(type_: Typesetter, stage: Stage, text: str, block: Block, x: int, top: int, room: int) -> Flipbook:
    """The number, counting up at 15 frames a second for most of a second."""
    whole = [line.text for line in block.lines]
    pages: list[tuple[int, Sprite]] = []
    shown = ""
    dx = above = 0
    for step in range(1, 13):
        share = 1 - (1 - step / 12) ** 3
        now = counted(text, share) if len(whole) == 1 else text
        if now == shown:
            continue
        shown = now
        lines = [now] if len(whole) == 1 else whole
        made = Block(
            tuple(type_.line(line, block.face) for line in lines), block.face, block.leading, stage.mirrored
        )
        image, dx, above = lettering(type_, made, WHITE, width=room)
        pages.append((4 + 2 * step, Sprite(image)))
    return Flipbook(tuple(pages), x + dx, top + above)


def sparkline(series: Sequence[float], width: int, height: int, colour: Colour) -> Image.Image:
    """A smooth line through *series*, with a glow under it and a dot at its end."""
    values = np.asarray(series[-60:], float)
    span = values.max() - values.min()
    values = (values - values.min()) / span if span else np.full(len(values), 0.5)
    pad = 10
    nodes = np.linspace(pad, width - pad, len(values))
    fine = np.linspace(pad, width - pad, 240)
    heights = np.interp(fine, nodes, (height - 22) - values * (height - 40))
    kernel = np.hanning(13)[1:-1]
    heights = np.convolve(np.pad(heights, 5, "edge"), kernel / kernel.sum(), "valid")
    points = [(float(px) * SS, float(py) * SS) for px, py in zip(fine, heights, strict=True)]
    size = (width * SS, height * SS)
    area = Image.new("L", size, 0)
    ImageDraw.Draw(area).polygon([*points, (points[-1][0], size[1]), (points[0][0], size[1])], fill=255)
    fade = Image.fromarray(np.linspace(120, 0, size[1]).astype(np.uint8)[:, None].repeat(size[0], 1))
    sheet = Image.new("RGBA", size, colour[:3] + (0,))
    sheet.putalpha(Image.composite(fade, Image.new("L", size, 0), area))
    over = Image.new("RGBA", size, colour[:3] + (0,))
    pen = ImageDraw.Draw(over)
    pen.line(points, fill=colour, width=5 * SS, joint="curve")
    x, y = points[-1]
    pen.ellipse((x - 8 * SS, y - 8 * SS, x + 8 * SS, y + 8 * SS), fill=(255, 255, 255, 255))
    sheet.alpha_composite(over)
    return sheet.reduce(SS)


def item(
    type_: Typesetter, palette: Palette, mirrored: bool, number: int, title: str, width: int, size: int, rows: int
) -> tuple[Sprite, Sprite]:
    """A headline in the list of the intro: waiting, and lit."""
    face = Face(size, 600)
    side = 68
    block = type_.fit(title, width - side - 28, [face, Face(size - 6, 600)], [rows, rows])
    height = max(side, block.height + 12) + 8
    made = []
    for lit in (False, True):
        canvas = Canvas(width, height)
        x = width - side if mirrored else 0
        fill = palette.accent if lit else (255, 255, 255, 26)
        canvas.box(x, 4, side, side, radius=14, fill=fill, outline=None if lit else (255, 255, 255, 60))
        digit = type_.line(str(number), Face(36, 700))
        colour = palette.on_accent if lit else palette.second
        canvas.text(type_, x + (side - digit.width) / 2, 51, digit, Face(36, 700), colour)
        first = 4 + side / 2 + block.face.size * 0.36 - (block.leading / 2) * (len(block.lines) - 1)
        for row, line in enumerate(block.lines):
            near = width - side - 28 - line.width if mirrored else width - line.width if block.rtl else side + 28
            canvas.text(
                type_, near, first + row * block.leading, line, block.face, WHITE if lit else (214, 224, 244, 255)
            )
        made.append(Sprite(canvas.done()))
    return made[0], made[1]
