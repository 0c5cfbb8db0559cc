"""A sheet to draw one element on, at twice its size; it becomes a sprite."""

from PIL import Image, ImageDraw, ImageFilter

from .fonts import SS, Face
from .typesetting import Block, Line, Typesetter

Colour = tuple[int, int, int, int]

#: Above the baseline and below it, in shares of the type size: room for Thai and Vietnamese marks.
ASCENT, DESCENT = 1.3, 0.55


class Canvas:
    """*width* and *height* are in pixels of the frame."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = max(2, round(width)), max(2, round(height))
        self.image = Image.new("RGBA", (self.width * SS, self.height * SS), (0, 0, 0, 0))
        self.pen = ImageDraw.Draw(self.image)

    def box(
        self, x: float, y: float, width: float, height: float, *, radius: float = 0, fill: Colour | None = None,
        outline: Colour | None = None, line: float = 1,
    ) -> None:  # fmt: skip
        """Lay a rectangle with rounded corners over what is there; translucent colours mix."""
        sheet = Image.new("RGBA", (round(width * SS), round(height * SS)), (0, 0, 0, 0))
        ImageDraw.Draw(sheet).rounded_rectangle(
            (0, 0, sheet.width - 1, sheet.height - 1), radius * SS, fill, outline, round(line * SS)
        )
        self.image.alpha_composite(sheet, (round(x * SS), round(y * SS)))

    def polygon(self, points: list[tuple[float, float]], fill: Colour) -> None:
        self.pen.polygon([(x * SS, y * SS) for x, y in points], fill=fill)

    def text(self, type_: Typesetter, x: float, y: float, text: str | Line, face: Face, fill: Colour) -> None:
        """Draw one line with its left end at *x* and its baseline at *y*."""
        type_.draw(self.pen, x, y, text if isinstance(text, Line) else type_.line(text, face), fill)

    def shadow(self, blur: float = 10, drop: float = 6, strength: float = 0.6) -> None:
        """Put a soft shadow under all that is drawn so far."""
        # Blurred at the frame's size: a shadow has no detail to lose.
        alpha = self.image.getchannel("A").reduce(SS).filter(ImageFilter.GaussianBlur(blur))
        alpha = alpha.point([round(value * strength) for value in range(256)]).resize(self.image.size)
        under = Image.new("RGBA", self.image.size, (2, 6, 18, 0))
        shade = Image.new("L", self.image.size, 0)
        shade.paste(alpha, (0, round(drop * SS)))
        under.putalpha(shade)
        under.alpha_composite(self.image)
        self.image = under
        self.pen = ImageDraw.Draw(self.image)

    def done(self) -> Image.Image:
        """Return the sheet at the frame's size."""
        return self.image.reduce(SS)


def lettering(
    type_: Typesetter, block: Block, fill: Colour, *, width: float | None = None, shadow: bool = False
) -> tuple[Image.Image, int, int]:
    """Draw *block*; return it with the offset of its sheet from the block's left end and top.

    The top is where the first line's capitals begin. Lines that read right to left end at the right of *width*.
    """
    margin = 28 if shadow else 6
    room = block.width if width is None else width
    above = round(block.face.size * (ASCENT - 0.73))
    height = block.leading * (len(block.lines) - 1) + round(block.face.size * (ASCENT + DESCENT))
    canvas = Canvas(room + 2 * margin, height)
    for number, line in enumerate(block.lines):
        x = margin + (room - line.width if block.rtl else 0)
        canvas.text(type_, x, round(block.face.size * ASCENT) + number * block.leading, line, block.face, fill)
    if shadow:
        canvas.shadow()
    return canvas.done(), -margin, -above
