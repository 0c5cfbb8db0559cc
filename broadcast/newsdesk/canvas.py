"""A sheet to draw one element on; it becomes a sprite. Shapes are drawn at twice their size, one mask at a time."""

from math import ceil, floor

from PIL import Image, ImageDraw, ImageFilter

from .fonts import SS, Face
from .typesetting import Block, Line, Typesetter

Colour = tuple[int, int, int, int]

#: Above the baseline and below it, in shares of the type size: room for Thai and Vietnamese marks.
ASCENT, DESCENT = 1.3, 0.55
ASIDE = 0.5  #: beside a line, in shares of the type size: letters may reach over their width


class Canvas:
    """*width* and *height* are in pixels of the frame, as all measures here are; *fill* is what is drawn on."""

    def __init__(self, width: float, height: float, fill: Colour = (0, 0, 0, 0)) -> None:
        self.width, self.height = max(2, round(width)), max(2, round(height))
        self.image = Image.new("RGBA", (self.width, self.height), fill)

    def box(
        self, x: float, y: float, width: float, height: float, *, radius: float = 0, fill: Colour | None = None,
        outline: Colour | None = None, line: float = 1,
    ) -> None:  # fmt: skip
        """Lay a rectangle with rounded corners over what is there; translucent colours mix."""
        left, top, right, bottom = (round(each * SS) for each in (x, y, x + width, y + height))
        at = (left // SS, top // SS)
        size = (-(-right // SS) - at[0], -(-bottom // SS) - at[1])
        if outline is None and fill is not None and not radius and not (left | top | right | bottom) % SS:
            self.image.alpha_composite(Image.new("RGBA", size, fill), at)
            return
        sheet = Image.new("RGBA", (size[0] * SS, size[1] * SS))
        edges = (left - at[0] * SS, top - at[1] * SS, right - at[0] * SS - 1, bottom - at[1] * SS - 1)
        ImageDraw.Draw(sheet).rounded_rectangle(edges, radius * SS, fill, outline, round(line * SS))
        self.image.alpha_composite(sheet.reduce(SS), at)

    def polygon(self, points: list[tuple[float, float]], fill: Colour) -> None:
        mask = stencil(self.width, self.height)
        ImageDraw.Draw(mask).polygon([(x * SS, y * SS) for x, y in points], fill=255)
        self.image.alpha_composite(tinted(mask, fill))

    def dot(self, x: int, y: int, size: int, fill: Colour) -> None:
        mask = stencil(size + 1, size + 1)
        ImageDraw.Draw(mask).ellipse((0, 0, size * SS, size * SS), fill=255)
        self.image.alpha_composite(tinted(mask, fill), (x, y))

    def text(self, type_: Typesetter, x: float, y: float, text: str | Line, face: Face, fill: Colour) -> None:
        """Draw one line with its left end at *x* and its baseline at *y*."""
        line = text if isinstance(text, Line) else type_.line(text, face)
        self.stamp(*letters(type_, x, y, line), fill)

    def stamp(self, mask: Image.Image, x: int, y: int, fill: Colour) -> None:
        """Lay *fill* over what is there as far as *mask*, with its corner at *x* and *y*, lets it through."""
        if x < self.width and y < self.height and x > -mask.width // SS and y > -mask.height // SS:
            self.image.alpha_composite(tinted(mask, fill), (max(x, 0), max(y, 0)), (max(-x, 0), max(-y, 0)))

    def shadow(self, blur: float = 10, drop: int = 6, strength: float = 0.6) -> None:
        """Put a soft shadow under all that is drawn so far."""
        self.image = shadowed(self.image, blur, drop, strength)


def stencil(width: int, height: int) -> Image.Image:
    """Return a mask to draw on, for an area of *width* x *height* pixels of the frame."""
    return Image.new("L", (width * SS, height * SS))


def letters(type_: Typesetter, x: float, y: float, line: Line) -> tuple[Image.Image, int, int]:
    """Return a stencil of *line* with its left end at *x* and its baseline at *y*, and where its corner stands."""
    size = line.face.size
    left, top = floor(x - ASIDE * size), floor(y - ASCENT * size)
    mask = stencil(ceil(x + line.width + ASIDE * size) - left, ceil(y + DESCENT * size) - top)
    type_.draw(ImageDraw.Draw(mask), x - left, y - top, line)
    return mask, left, top


def tinted(mask: Image.Image, colour: Colour) -> Image.Image:
    """Return *colour* as far as the stencil *mask* lets it through, at the frame's size."""
    alpha = mask.reduce(SS)
    if colour[3] < 255:
        alpha = alpha.point([round(value * colour[3] / 255) for value in range(256)])
    image = Image.new("RGBA", alpha.size, colour)
    image.putalpha(alpha)
    return image


def shadowed(image: Image.Image, blur: float = 10, drop: int = 6, strength: float = 0.6) -> Image.Image:
    """Return *image* with a soft shadow under it."""
    # Blurred at half the size: a shadow has no detail to lose.
    half = image.getchannel("A").reduce(2).filter(ImageFilter.GaussianBlur(blur / 2))
    shade = Image.new("L", image.size)
    soft = half.point([round(value * strength) for value in range(256)])
    shade.paste(soft.resize(image.size, Image.Resampling.BILINEAR), (0, drop))
    under = Image.new("RGBA", image.size, (2, 6, 18, 0))
    under.putalpha(shade)
    under.alpha_composite(image)
    return under


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
    mask = stencil(max(2, round(room + 2 * margin)), max(2, height))
    pen = ImageDraw.Draw(mask)
    for number, line in enumerate(block.lines):
        x = margin + (room - line.width if block.rtl else 0)
        type_.draw(pen, x, round(block.face.size * ASCENT) + number * block.leading, line)
    image = tinted(mask, fill)
    return shadowed(image) if shadow else image, -margin, -above
