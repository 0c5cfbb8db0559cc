"""The set: colours made of the brand's one, the ground behind everything, the brand's mark."""

import colorsys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from .canvas import Colour
from .compositor import split

WHITE: Colour = (245, 248, 255, 255)
MUTED: Colour = (166, 183, 214, 255)
INK: Colour = (7, 12, 30, 255)  #: dark text, and the ground of captions and ticker
CYAN = (53, 208, 255)
NAVY = (9, 17, 44)  #: about the middle of the ground

LOGO_BYTES = 5_000_000
LOGO_PIXELS = 16_000_000


@dataclass(frozen=True)
class Palette:
    """*accent* fills areas, *on_accent* is read on it, *bright* is read and drawn on the ground."""

    accent: Colour
    on_accent: Colour
    bright: Colour
    second: Colour


def palette(colour: str) -> Palette:
    """Make a readable palette of any hexadecimal *colour*; one that is no colour gives the default.

    A colour that would vanish on the dark ground is lightened until it does not (contrast 1.9), and text in it
    until it is read well (contrast 4.5, as WCAG 2.2 asks of text).
    """
    accent = _lightened(_parsed(colour), 1.9)
    on_accent = WHITE if contrast(accent, WHITE[:3]) >= min(3.0, contrast(accent, INK[:3])) else INK
    bright = _lightened(accent, 4.5)
    return Palette((*accent, 255), on_accent, (*bright, 255), (*CYAN, 255))


def contrast(one: tuple[int, int, int], two: tuple[int, int, int]) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parsed(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    try:
        red, green, blue = bytes.fromhex(digits)[:3]
    except ValueError:
        return 255, 68, 85
    return red, green, blue


def _lightened(colour: tuple[int, int, int], least: float) -> tuple[int, int, int]:
    hue, light, strength = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    while contrast(colour, NAVY) < least and light < 1:
        light = min(light + 0.02, 1.0)
        red, green, blue = (round(255 * channel) for channel in colorsys.hls_to_rgb(hue, light, strength))
        colour = (red, green, blue)
    return colour


def ground(width: int, height: int) -> NDArray[np.uint8]:
    """Return the empty set as a yuv420p frame: a deep blue gradient, dithered so that it does not band."""
    small = np.stack([_light(width, height, channel) for channel in range(3)])
    y = 16 + 0.182586 * small[0] + 0.614231 * small[1] + 0.062007 * small[2]
    u = 128 - 0.100644 * small[0] - 0.338572 * small[1] + 0.439216 * small[2]
    v = 128 + 0.439216 * small[0] - 0.398942 * small[1] - 0.040274 * small[2]
    noise = np.random.default_rng(1)
    frame = np.empty(width * height * 3 // 2, np.uint8)
    luma, (blue, red) = split(frame, width, height)
    for plane, values, grain in ((luma, y, 0.8), (blue, u, 0.4), (red, v, 0.4)):
        full = noise.standard_normal(plane.shape, np.float32)
        full *= grain
        full += _stretched(values + 0.5, plane.shape)
        if plane is luma:
            _texture(full)
        np.copyto(plane, np.clip(full, 0, 255, out=full), casting="unsafe")
    return frame.reshape(height * 3 // 2, width)


def _light(width: int, height: int, channel: int) -> NDArray[np.float32]:
    """Return one channel of the gradient and its glows at an eighth of the size."""
    across = (np.arange(width // 8, dtype=np.float32) + 0.5) / (width // 8)
    down = ((np.arange(height // 8, dtype=np.float32) + 0.5) / (height // 8))[:, None]
    slope = np.clip(0.55 * across + 0.6 * down, 0, 1)
    light = (10, 19, 48)[channel] * (1 - slope) + (6, 10, 24)[channel] * slope
    aspect = width / height
    for x, y, reach, colour, strength in (
        (0.16, 0.13, 0.33, (36, 80, 200), 0.44),
        (0.86, 0.39, 0.37, (91, 43, 214), 0.27),
        (0.61, 1.04, 0.33, (14, 143, 208), 0.24),
    ):
        stretch = (aspect**0.5, aspect**-0.5)
        far = ((across - x) * stretch[0]) ** 2 + ((down - y) * stretch[1]) ** 2
        light = light + np.exp(-far / (reach * 1.05) ** 2) * colour[channel] * strength
    return light.astype(np.float32)


def _stretched(values: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    image = Image.fromarray(values.astype(np.float32)).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.array(image)


def _texture(luma: NDArray[np.float32]) -> None:
    """Add soft diagonal beams, and dots that come up towards the right."""
    height, width = luma.shape
    for phase in range(20):  # 20 rows further down the beams stand 11 pixels to the left
        slant = np.arange(width + 0.55 * height, dtype=np.float32) + np.float32(0.55 * phase)
        beams = np.clip(1 - np.abs((slant - 380) % 760 - 380) / 60, 0, 1) * 4
        beams += np.clip(1 - np.abs((slant - 60) % 760 - 380) / 9, 0, 1) * 5
        for turn, row in enumerate(luma[phase::20]):
            row += beams[11 * turn : 11 * turn + width]
    dots = np.clip(np.arange(width, dtype=np.float32) / width - 0.45, 0, 1) * 32
    for start in (0, 1):
        for column in (0, 1):
            luma[start::32, column::32] += dots[column::32]


def logo(path: Path, width: int, height: int) -> Image.Image:
    """Return the logo at *path*, at most *width* x *height*. Raises `ValueError` with what is wrong with it."""
    try:
        if path.stat().st_size > LOGO_BYTES:
            raise ValueError(f"it is over {LOGO_BYTES // 1_000_000} MB")
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > LOGO_PIXELS:
                raise ValueError(f"it has over {LOGO_PIXELS // 1_000_000} million pixels")
            image.draft("RGB", (width * 2, height * 2))
            picture = image.convert("RGBA")
    except UnidentifiedImageError:
        raise ValueError("it is neither PNG nor JPEG") from None
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from None
    except (SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError("it is damaged") from None
    picture.thumbnail((width, height), Image.Resampling.LANCZOS)
    return picture
