"""A thumbnail as Telegram takes it, made from a poster in another process."""

import io
from importlib.util import find_spec
from pathlib import Path

from broadcast.errors import StageError
from broadcast.plugins import Tools

SIDE = 320  #: pixels, at most (https://core.telegram.org/bots/api#sendvideo)
SIZE = 200_000  #: bytes, fewer
SECONDS = 20.0


async def thumbnail(tools: Tools, poster: Path | None) -> bytes | None:
    """Return the thumbnail as JPEG; None where there is no poster, or nothing to draw with."""
    if poster is None or find_spec("PIL") is None:
        return None
    try:
        drawn = await tools.compute(f"{__name__}:drawn", str(poster), deadline=SECONDS)
    except StageError:
        drawn = b""
    if not drawn:
        tools.note("the poster is no picture that could be used: sent without a thumbnail")
    return drawn or None


def drawn(poster: str) -> bytes:
    """Return the picture, small enough, as JPEG; nothing where it is none."""
    from PIL import Image

    try:
        with Image.open(poster) as picture:
            picture.draft("RGB", (SIDE, SIDE))
            small = picture.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""
    small.thumbnail((SIDE, SIDE))
    made = io.BytesIO()
    small.save(made, "JPEG", quality=85, optimize=True)
    return made.getvalue() if made.tell() < SIZE else b""
