from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from broadcast.newsdesk.look import INK, LOGO_BYTES, NAVY, contrast, ground, logo, palette

COLOURS = [
    "#FF4455",
    "#000000",
    "#ffffff",
    "#00ff00",
    "#0a1330",
    "#FFD400",
    "#35D0FF",
    "#777",
    "#800000",
    "#0000ff",
]


@pytest.mark.parametrize("colour", COLOURS)
def test_text_is_readable_with_any_brand_colour(colour: str) -> None:
    made = palette(colour)
    assert contrast(made.accent[:3], made.on_accent[:3]) >= 3.0
    assert contrast(made.accent[:3], NAVY) >= 1.9
    assert contrast(made.bright[:3], NAVY) >= 4.5


@pytest.mark.parametrize("colour", ["", "red", "#12", "#zzzzzz"])
def test_what_is_no_colour_gives_the_default(colour: str) -> None:
    assert palette(colour) == palette("#FF4455")


def test_the_ground_is_never_black() -> None:
    luma = ground(1920, 1080)[:1080]
    assert luma.min() > 16
    assert float(np.std(luma)) > 3


def test_a_logo_is_made_to_fit(tmp_path: Path) -> None:
    Image.new("RGBA", (900, 300), (255, 0, 0, 128)).save(tmp_path / "logo.png")
    assert logo(tmp_path / "logo.png", 180, 44).size == (132, 44)


def test_a_broken_logo_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    with pytest.raises(ValueError, match="No such file"):
        logo(path, 10, 10)
    path.write_bytes(b"GIF89a....")
    with pytest.raises(ValueError, match="neither PNG nor JPEG"):
        logo(path, 10, 10)
    Image.new("RGB", (64, 64), INK[:3]).save(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"."):
        logo(path, 10, 10)
    path.write_bytes(b"\0" * (LOGO_BYTES + 1))
    with pytest.raises(ValueError, match="over 5 MB"):
        logo(path, 10, 10)
    Image.new("1", (5000, 4000)).save(path)
    with pytest.raises(ValueError, match="million pixels"):
        logo(path, 10, 10)
