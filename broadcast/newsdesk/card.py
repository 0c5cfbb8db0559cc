"""The card of a key number: its digits roll into place, its line is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from .canvas import Canvas, Colour, lettering, stencil, tinted
from .compositor import Sprite
from .figures import KeyNumber
from .fonts import SS, Face
from .look import MUTED, WHITE, Palette
from .stage import Curtain, Piece, Rise, Stage, Still
from .typesetting import Block, Typesetter

PAD = 42  #: inside the plate
ROW = 50  #: from one further figure to the next
EDGE = 36  #: around the plate, for its shadow
#: How large the number and how high the line may be, the first that fits; 0 is no line.
SIZES = ((220, 260), (150, 160), (132, 120), (112, 0), (92, 0), (76, 0))


@dataclass(frozen=True)
class Plan:
    """Where the parts of a card stand, from its top, in pixels."""

    number: Block
    texts: tuple[tuple[Block, int], ...]
    number_top: int
    pill: int
    line: int
    line_height: int
    rows: int
    height: int


def card(
    type_: Typesetter, stage: Stage, palette: Palette, key: KeyNumber, left: float, top: int, width: int, room: int
) -> list[Piece]:
    """Draw *key* on a plate *width* pixels wide and at most *room* high, where that can be."""
    inner = width - 2 * PAD
    plans = (_planned(type_, key, inner, *size) for size in SIZES if stage.portrait or size[0] <= 150)
    plan = _planned(type_, key, inner, *SIZES[-1])
    for each in plans:
        if each.height <= room:
            plan = each
            break
    x = stage.x(left, width)
    plate = Still(Sprite(_plate(type_, stage, palette, key, plan, width)), x - EDGE, top - EDGE, 4, 0, 46)
    pieces: list[Piece] = [plate, *rolled(type_, stage, plan.number, x + PAD, top + plan.number_top, inner)]
    if plan.line_height:
        sprite = Sprite(sparkline(key.series, inner, plan.line_height - 4, palette.second))
        pieces.append(Curtain(sprite, (x + PAD) & ~1, (top + plan.line + 4) & ~1, 26, 45))
    return pieces


def _planned(type_: Typesetter, key: KeyNumber, inner: int, size: int, line_height: int) -> Plan:
    texts: list[tuple[Block, int]] = []
    y = 48
    if key.label:
        block = type_.fit(key.label, inner, [Face(30, 500), Face(26, 500)], [1, 2])
        texts.append((block, y))
        y += block.height + 26
    faces = [Face(each, 800) for each in (220, 150, 132, 112, 92, 76, 60, 46) if each <= size]
    number = type_.fit(key.text, inner, faces, [1] * (len(faces) - 2) + [2, 3])
    number_top = y
    y += round(number.leading * (len(number.lines) - 1) + number.face.size * 0.73)
    y += max(34, round(number.face.size * 0.28))
    pill = y
    y += 76 if key.change else 0
    line = y + 8
    line_height = line_height if key.series else 0
    y += line_height + 20 if line_height else 0
    rows = y + 4
    y += ROW * len(key.rows) + 8 * bool(key.rows)
    if key.quote:
        block = type_.fit(key.quote, inner, [Face(30, 500), Face(26, 500)], [3, 5])
        texts.append((block, y + 14))
        y += block.height + 22
    return Plan(number, tuple(texts), number_top, pill, line, line_height, rows, y + 26)


def _plate(
    type_: Typesetter, stage: Stage, palette: Palette, key: KeyNumber, plan: Plan, width: int
) -> Image.Image:
    """Draw all but the number and its line."""
    inner, height, near = width - 2 * PAD, plan.height, EDGE + PAD
    canvas = empty_plate(palette, width, height)
    for block, top in plan.texts:
        first = EDGE + top + block.face.size * 0.73
        for at, line in enumerate(block.lines):
            x = near + (inner - line.width if stage.mirrored or block.rtl else 0)
            canvas.text(type_, x, first + at * block.leading, line, block.face, MUTED)
    if key.change:
        pill(canvas, type_, stage, palette, key.change, 0, plan.pill, inner)
    for number, (label, text) in enumerate(key.rows):
        row(canvas, type_, stage, label, text, near, EDGE + plan.rows + ROW * number, inner)
    if plan.line_height:
        canvas.box(near, EDGE + plan.line + plan.line_height, inner, 1, fill=(255, 255, 255, 60))
    return canvas.image


def empty_plate(palette: Palette, width: int, height: int) -> Canvas:
    """Return a plate with its shadow, `EDGE` pixels wider on each side."""
    canvas = Canvas(width + 2 * EDGE, height + 2 * EDGE)
    canvas.box(EDGE, EDGE, width, height, radius=24, fill=(15, 26, 60, 255))
    canvas.shadow(22, 12, 0.75)
    canvas.box(EDGE, EDGE, width, height, radius=24, fill=(16, 28, 62, 255), outline=(66, 78, 116, 255), line=1.5)
    canvas.box(EDGE + 24, EDGE, width - 48, 6, fill=palette.accent)
    return canvas


def pill(
    canvas: Canvas, type_: Typesetter, stage: Stage, palette: Palette, text: str, at: float, y: int, inner: int
) -> None:
    """Write how a number changed, in a frame, *at* pixels from the side that reading starts at."""
    face = Face(26, 600)
    line = type_.line(type_.shorten(text, inner - at - 44, face), face)
    x = EDGE + PAD + (inner - at - line.width - 44 if stage.mirrored else at)
    tint: Colour = (*palette.second[:3], 40)
    canvas.box(x, EDGE + y + 6, line.width + 44, 50, radius=25, fill=tint, outline=(*palette.second[:3], 130))
    canvas.text(type_, x + 22, EDGE + y + 40, line, face, palette.second)


def row(canvas: Canvas, type_: Typesetter, stage: Stage, label: str, text: str, x: int, y: int, width: int) -> None:
    """One further figure: its label at the near end, its text at the far end, a rule above."""
    canvas.box(x, y, width, 1, fill=(255, 255, 255, 44))
    strong, face = Face(26, 700), Face(24, 500)
    value = type_.line(type_.shorten(text, width * 0.55, strong), strong)
    name = type_.line(type_.shorten(label, width - value.width - 24, face), face)
    ends = (x, x + width - value.width), (x + width - name.width, x)
    name_x, value_x = ends[stage.mirrored]
    canvas.text(type_, name_x, y + 34, name, face, MUTED)
    canvas.text(type_, value_x, y + 34, value, strong, WHITE)


def rolled(type_: Typesetter, stage: Stage, block: Block, x: int, top: int, room: int) -> list[Piece]:
    """The number, whose digits rise into place together, the last one last.

    They are the digits that stay: counting up to them, or showing the first ones alone, would show numbers that no
    source holds.
    """
    lines = tuple(type_.line(line.text, block.face) for line in block.lines)
    made = Block(lines, block.face, block.leading, stage.mirrored)
    image, dx, above = lettering(type_, made, WHITE, width=room)
    pieces: list[Piece] = []
    for number, box in enumerate(_letters(image)):
        sprite = Sprite(image.crop(box))
        pieces.append(Rise(sprite, x + dx + box[0], top + above + box[1], 8, 14 + 3 * min(number, 8)))
    return pieces


def _letters(image: Image.Image) -> list[tuple[int, int, int, int]]:
    """Return what stands apart in *image*, from left to right: digits, or whole words where letters are joined."""
    _, top, _, bottom = image.getbbox() or (0, 0, *image.size)  # the sheet has room for any script
    inked = np.asarray(image.getchannel("A")).any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0]))))
    return [(int(left), top, int(right), bottom) for left, right in edges.reshape(-1, 2)]


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
    area, line, dot = (stencil(width, height) for _ in range(3))
    ImageDraw.Draw(area).polygon([*points, (points[-1][0], size[1]), (points[0][0], size[1])], fill=255)
    fade = Image.fromarray(np.linspace(120, 0, size[1]).astype(np.uint8)[:, None].repeat(size[0], 1))
    ImageDraw.Draw(line).line(points, fill=255, width=5 * SS, joint="curve")
    x, y = points[-1]
    ImageDraw.Draw(dot).ellipse((x - 8 * SS, y - 8 * SS, x + 8 * SS, y + 8 * SS), fill=255)
    sheet = tinted(ImageChops.multiply(area, fade), colour)
    sheet.alpha_composite(tinted(line, colour))
    sheet.alpha_composite(tinted(dot, (255, 255, 255, 255)))
    return sheet
