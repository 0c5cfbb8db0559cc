"""The still picture of a letter, with a play mark over it. Runs in a worker, where Pillow is installed."""

from importlib.util import find_spec
from pathlib import Path

WIDTH = 1104  #: pixels: twice the column, for fine screens
HEAVY = 200_000  #: bytes; more costs readers on a phone, and Gmail clips what is long
QUALITIES = (82, 72, 60, 45)  #: of JPEG, until the picture is light enough
SHARE = 0.26  #: of the shorter side that the mark takes


def possible() -> bool:
    """Say whether this installation can draw."""
    return find_spec("PIL") is not None


def drawn(source: str, to: str, mark: bool) -> tuple[int, int]:
    """Write the picture *source* to *to* as a small JPEG, with a play *mark*. Returns its size in pixels."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    with Image.open(source) as opened:
        image = opened.convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    if mark:
        fine = 4  # drawn larger and made smaller: Pillow's own edges are rough
        side = round(min(image.size) * SHARE)
        disc = Image.new("RGBA", (side * fine, side * fine))
        draw = ImageDraw.Draw(disc)
        edge = side * fine
        draw.ellipse(
            (0, 0, edge - 1, edge - 1), fill=(0, 0, 0, 170), outline=(255, 255, 255, 235), width=edge // 28
        )
        # The mass of a triangle lies left of the middle of its box.
        draw.polygon(
            [(edge * 0.39, edge * 0.29), (edge * 0.39, edge * 0.71), (edge * 0.74, edge * 0.5)],
            fill=(255, 255, 255, 245),
        )
        disc = disc.resize((side, side), Image.Resampling.LANCZOS)
        image.paste(disc, ((image.width - side) // 2, (image.height - side) // 2), disc)
    for quality in QUALITIES:
        held = BytesIO()
        image.save(held, "JPEG", quality=quality, optimize=True, progressive=True)
        if held.tell() <= HEAVY:
            break
    target = Path(to)
    part = target.with_suffix(".part")
    part.write_bytes(held.getvalue())
    part.replace(target)  # several letters may ask for it at once
    return image.size
