"""A chart that moves: bars grow, a line is drawn, rows come on. Every text on it is one of the story's own."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from broadcast.types import Point

from .canvas import Canvas, Colour, lettering, stencil, tinted
from .card import EDGE, PAD, ROW, empty_plate, pill, rolled, row
from .compositor import Sprite
from .figures import Chart
from .fonts import SS, Face
from .look import MUTED, WHITE, Palette
from .stage import Curtain, Piece, Stage, Still
from .typesetting import Typesetter

STARTS = 22  #: the frame in which the first of the drawing moves
BAR_FRAMES, LINE_FRAMES = 30, 50
SMALLER = (1.0, 0.8, 0.64, 0.5, 0.4)  #: sizes of a number, the first that fits
RULE: Colour = (255, 255, 255, 46)
FOOT = 34  #: pixels below what is drawn
DOTS = 16  #: points of a line that are marked one by one


def plot(
    type_: Typesetter, stage: Stage, palette: Palette, chart: Chart, left: float, top: int, width: int, height: int
) -> list[Piece]:
    """Draw *chart* on a plate *width* pixels wide and at most *height* high; further figures stand below it."""
    x, inner = stage.x(left, width), width - 2 * PAD
    below = ROW * len(chart.others) + 40 if chart.others and stage.portrait else 0
    canvas = Canvas(width + 2 * EDGE, height + 2 * EDGE)
    sheet = _Sheet(type_, stage, palette, canvas, x, top, inner)
    y = sheet.heading(chart)
    space = height - y - FOOT - below
    match chart.shape:
        case "table":
            drawn, used = sheet.table(chart, y, space)
        case "line":
            drawn, used = sheet.line(chart.points, y, space)
        case _:
            drawn, used = sheet.bars(chart.points, y, space, apart=chart.shape == "comparison")
    plate = empty_plate(palette, width, y + used + FOOT).image
    plate.alpha_composite(canvas.image.crop((0, 0, *plate.size)))
    pieces = [Still(Sprite(plate), x - EDGE, top - EDGE, 4, 0, 46), *sheet.number, *drawn]
    if below:
        pieces.append(listed(type_, stage, chart, left, top + y + used + FOOT + 40, width))
    return pieces


def listed(type_: Typesetter, stage: Stage, chart: Chart, left: float, top: int, width: int) -> Piece:
    """Write the further figures of a story, one below the other."""
    canvas = Canvas(width, ROW * len(chart.others))
    for number, (label, text) in enumerate(chart.others):
        row(canvas, type_, stage, label, text, 0, ROW * number, width)
    return Still(Sprite(canvas.image), stage.x(left, width), top, 30, 0, 24)


class _Sheet:
    """A plate that is drawn on, and where it stands. Measures are from the plate's own corner."""

    def __init__(
        self, type_: Typesetter, stage: Stage, palette: Palette, canvas: Canvas, x: int, top: int, inner: int
    ) -> None:
        self.type_, self.stage, self.palette, self.canvas = type_, stage, palette, canvas
        self.x, self.top, self.inner = x, top, inner
        self.number: list[Piece] = []

    def text(self, text: str, face: Face, x: float, baseline: float, room: float, colour: Colour) -> None:
        """Write one line on the plate at *x* from the side that reading starts at."""
        line = self.type_.line(self.type_.shorten(text, room, face), face)
        at = PAD + (self.inner - x - line.width if self.stage.mirrored else x)
        self.canvas.text(self.type_, EDGE + at, EDGE + baseline, line, face, colour)

    def still(self, text: str, face: Face, x: float, baseline: int, enters: int, room: float, *, far: bool = False,
              colour: Colour = WHITE) -> Piece:  # fmt: skip
        """Return one line that comes on by itself; *far* ends it at *x* in place of beginning there.

        It is made smaller before it is cut: a number without its last digits would be another number.
        """
        faces = [Face(round(face.size * share), face.weight) for share in SMALLER]
        block = self.type_.fit(text, room, faces, [1] * len(faces))
        face = block.face
        image, dx, above = lettering(self.type_, block, colour)
        begins = x - block.width if far else x
        at = self.x + PAD + (self.inner - begins - block.width if self.stage.mirrored else begins)
        y = self.top + baseline - round(face.size * 0.73) + above
        return Still(Sprite(image), round(at) + dx, y, enters, 0, 10, 12)

    def heading(self, chart: Chart) -> int:
        """Write what is counted, its number and how it changed; return where the drawing may begin."""
        if chart.shape == "table":
            return 30
        y = 42
        if chart.label:
            block = self.type_.fit(chart.label, self.inner, [Face(30, 500), Face(26, 500)], [1, 2])
            for row, line in enumerate(block.lines):
                first = y + block.face.size * 0.73 + row * block.leading
                self.text(line.text, block.face, 0, first, self.inner + 1, MUTED)
            y += block.height + 18
        sizes = (96, 84, 72, 60, 46) if len(chart.points) <= 6 or self.stage.portrait else (72, 60, 46)
        block = self.type_.fit(chart.text, self.inner, [Face(size, 800) for size in sizes], [1] * len(sizes))
        self.number = rolled(self.type_, self.stage, block, self.x + PAD, self.top + y, self.inner)
        high = round(block.face.size * 0.73)
        if chart.change:
            room = self.inner - block.width - 40
            beside = room >= 200 and self.type_.width(chart.change, Face(26, 600)) + 44 <= room
            at, down = (block.width + 36, y + (high - 62) // 2) if beside else (0.0, y + high + 16)
            pill(self.canvas, self.type_, self.stage, self.palette, chart.change, at, down, self.inner)
            high += 0 if beside else 76
        return y + high + 30

    # --- bars

    def bars(self, points: Sequence[Point], top: int, space: int, *, apart: bool) -> tuple[list[Piece], int]:
        """Bars that grow from a common zero, each with its own number at its end."""
        row = min(space // len(points), 170 if apart or self.stage.portrait else 130)
        above = row >= 74  # names stand over their bars
        size = 30 if row >= 84 else 26 if row >= 40 else 22
        name, value = Face(size - 2, 500), Face(size, 700)
        longest = max(self.type_.width(one.label, name) for one in points)
        named = 0.0 if above else min(longest + 20, self.inner * 0.4)
        values = [one.value for one in points]
        low, high = min(0.0, *values), max(0.0, *values)
        widths = [min(self.type_.width(one.text, value) + 24, self.inner * 0.35) for one in points]
        ends = max((wide for wide, one in zip(widths, values, strict=True) if one >= 0), default=0.0)
        fore = max((wide for wide, one in zip(widths, values, strict=True) if one < 0), default=0.0)
        scale = (self.inner - named - ends - fore) / ((high - low) or 1.0)
        zero = named + fore - low * scale
        thick = max(12, round(min(row * (0.38 if above else 0.56), 64)))
        pieces: list[Piece] = []
        for number, point in enumerate(points):
            y = top + number * row
            bar_top = (y + round(size * 1.15) + 8) if above else y + (row - thick) // 2
            baseline = bar_top + thick / 2 + size * 0.36
            if point.label:
                line = y + size if above else baseline
                self.text(point.label, name, 0, line, self.inner if above else named - 16, MUTED)
            long = max(round(abs(point.value) * scale), 3)
            first = zero if point.value >= 0 else zero - long
            strong = number == len(points) - 1 if apart else point.value == high
            colour = self.palette.bright if strong else self.palette.second
            starts = STARTS + 5 * number
            pieces.append(self._bar(first, bar_top, long, thick, colour, starts, backward=point.value < 0))
            edge = first + long + 12 if point.value >= 0 else first - 12
            pieces.append(
                self.still(
                    point.text, value, edge, round(baseline), starts + 12, widths[number], far=point.value < 0
                )
            )
        if low < 0:
            at = PAD + (self.inner - zero if self.stage.mirrored else zero)
            self.canvas.box(EDGE + at, EDGE + top, 1.5, row * len(points), fill=RULE)
        return pieces, row * len(points)

    def _bar(
        self, x: float, y: int, long: int, thick: int, colour: Colour, starts: int, *, backward: bool
    ) -> Piece:
        canvas = Canvas(long, thick)
        canvas.box(0, 0, long, thick, radius=min(6, long / 2), fill=colour)
        at = self.x + PAD + (self.inner - x - long if self.stage.mirrored else x)
        return Curtain(
            Sprite(canvas.image), round(at), self.top + y, starts, BAR_FRAMES, backward != self.stage.mirrored
        )

    # --- a line

    def line(self, points: Sequence[Point], top: int, space: int) -> tuple[list[Piece], int]:
        """A line from point to point, over rules at its highest and its lowest value. Time runs to the right."""
        face, foot = Face(24, 500), 0
        if any(point.label for point in points):
            foot = 44
        low, high = min(points, key=lambda one: one.value), max(points, key=lambda one: one.value)
        marks = [high] if low.value == high.value else [high, low]
        aside = min(max(self.type_.width(one.text, face) for one in marks) + 18, self.inner * 0.3)
        width, height = round(self.inner - aside) & ~1, (space - foot) & ~1
        span = high.value - low.value
        pad = 14

        def place(number: int) -> tuple[float, float]:
            share = (points[number].value - low.value) / span if span else 0.5
            return pad + number * (width - 2 * pad) / (len(points) - 1), height - pad - share * (height - 2 * pad)

        spots = [place(number) for number in range(len(points))]
        left = EDGE + PAD + aside
        for one in marks:
            y = spots[points.index(one)][1]
            self.canvas.box(left, EDGE + top + y, width, 1.5, fill=RULE)
            line = self.type_.line(self.type_.shorten(one.text, aside - 14, face), face)
            self.canvas.text(self.type_, left - 14 - line.width, EDGE + top + y + 9, line, face, MUTED)
        self._stamps(points, [x for x, _ in spots], left, EDGE + top + height + 32, width, face)
        sprite = Sprite(polyline(spots, width, height, self.palette.second))
        x = round(self.x + PAD + aside)
        pieces: list[Piece] = [Curtain(sprite, x & ~1, (self.top + top) & ~1, STARTS, LINE_FRAMES)]
        dot = Canvas(26, 26)
        dot.box(0, 0, 26, 26, radius=13, fill=(*self.palette.bright[:3], 90))
        dot.box(6, 6, 14, 14, radius=7, fill=WHITE)
        end_x, end_y = spots[-1]
        pieces.append(
            Still(Sprite(dot.image), round((x & ~1) + end_x) - 13, self.top + top + round(end_y) - 13,
                  STARTS + LINE_FRAMES - 14, 0, 0, 10)
        )  # fmt: skip
        return pieces, height + foot

    def _stamps(
        self, points: Sequence[Point], at: Sequence[float], left: float, baseline: float, width: int, face: Face
    ) -> None:
        """Write the names of the points under the line: the first, the last, and those between that have room."""
        lines = [self.type_.line(self.type_.shorten(one.label, width * 0.45, face), face) for one in points]
        widest = max(line.width for line in lines) + 30
        step = next((n for n in range(1, len(lines)) if (at[1] - at[0]) * n >= widest), len(lines) - 1)
        last = len(lines) - 1
        shown = [number for number in range(0, last, step) if last - number >= step or number == 0] + [last]
        for number in dict.fromkeys(shown):
            line = lines[number]
            x = min(max(at[number] - line.width / 2, 0), width - line.width)
            self.canvas.text(self.type_, left + x, baseline, line, face, MUTED)

    # --- a table

    def table(self, chart: Chart, top: int, space: int) -> tuple[list[Piece], int]:
        """Rows that come on one after another: names at the near side, numbers at the far one."""
        row = min(space // (len(chart.rows) + 1), 92)
        size = min(36, round(row * 0.5))
        head, name, value = Face(max(size - 8, 18), 500), Face(size, 500), Face(size, 700)
        cells = [
            max(self.type_.width(label, head), *(self.type_.width(texts[number], value) for texts in chart.rows))
            for number, label in enumerate(chart.columns, 1)
        ]
        most = self.inner * 0.66 / len(cells)
        cells = [min(cell + 40, most) for cell in cells]
        ends = [self.inner - sum(cells[number + 1 :]) for number in range(len(cells))]
        near = self.inner - sum(cells)
        for label, end, cell in zip(chart.columns, ends, cells, strict=True):
            line = self.type_.line(self.type_.shorten(label, cell - 24, head), head)
            self.text(line.text, head, end - line.width, top + row * 0.62, cell, self.palette.second)
        pieces: list[Piece] = []
        for number, (label, *texts) in enumerate(chart.rows, 1):
            y, enters = top + number * row, STARTS + 5 * number
            self.canvas.box(EDGE + PAD, EDGE + y, self.inner, 1.5, fill=RULE)
            baseline = round(y + row / 2 + size * 0.36)
            pieces.append(self.still(label, name, 0, baseline, enters, near - 20, colour=(214, 224, 244, 255)))
            for text, end, cell in zip(texts, ends, cells, strict=True):
                pieces.append(self.still(text, value, end, baseline, enters, cell - 24, far=True))
        return pieces, row * (len(chart.rows) + 1)


def polyline(spots: Sequence[tuple[float, float]], width: int, height: int, colour: Colour) -> Image.Image:
    """Draw a line through *spots*, exactly, with a glow under it and a dot on each where they are few."""
    area, line = stencil(width, height), stencil(width, height)
    points = [(x * SS, y * SS) for x, y in spots]
    ImageDraw.Draw(area).polygon([*points, (points[-1][0], height * SS), (points[0][0], height * SS)], fill=255)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize(area.size)
    fade = fade.point([round(value * 0.42) for value in range(256)])
    pen = ImageDraw.Draw(line)
    for one, two in pairwise(points):
        pen.line((*one, *two), fill=255, width=5 * SS)
    radius = (7 if len(points) <= DOTS else 2.4) * SS
    for x, y in points:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    sheet = tinted(ImageChops.multiply(area, fade), colour)
    sheet.alpha_composite(tinted(line, colour))
    return sheet
