"""Somebody in the corner: seen as the clip goes, heard as it is, and no text of the report stands under them."""

from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from broadcast.newsdesk.compositor import Box
from broadcast.newsdesk.guest import RIM, Guest, Seat
from broadcast.newsdesk.look import palette
from broadcast.newsdesk.scenes import Scenery, bill
from broadcast.newsdesk.stage import FPS, Corner, stage, with_guest
from broadcast.newsdesk.typesetting import Typesetter
from broadcast.newsdesk.voice import LEAD, spoken_by
from broadcast.types import Figure, Orientation, Point, Speech

from .shows import short

av = pytest.importorskip("av", reason="the extra [newsdesk] is not installed")


def clip(path: Path, width: int = 320, height: int = 180, seconds: int = 2, loud: float = 0.05) -> Path:
    """Write a clip at 10 frames a second that goes from dark to light, with a tone of the loudness *loud*."""
    with av.open(str(path), "w", format="mp4") as file:
        pictures, sound = file.add_stream("libx264", rate=10), file.add_stream("aac", rate=44_100, layout="stereo")
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv420p"
        for number in range(10 * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), min(20 + 10 * number, 250), np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(pictures.encode(frame))
        file.mux(pictures.encode())
        tone = loud * np.sin(np.arange(44_100 * seconds) * 0.05).astype(np.float32)
        for start in range(0, len(tone), 1024):
            part = np.ascontiguousarray(np.stack([tone[start : start + 1024]] * 2))
            piece = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            piece.sample_rate, piece.pts, piece.time_base = 44_100, start, Fraction(1, 44_100)
            file.mux(sound.encode(piece))
        file.mux(sound.encode())
    return path


def seat(path: Path, **fields: object) -> Seat:
    guest = Guest(path, Speech(path=path, seconds=0), **fields)  # type: ignore[arg-type]
    return Seat(guest, palette("#FF4455"), 100, 10, 20)


def seen(place: Seat, frame: int) -> np.ndarray:
    (layer,) = place.layers(frame)
    assert (10, 20) == (layer.x, layer.y)
    return np.asarray(layer.sprite._image)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (200, 200)])
def test_the_clip_s_pictures_follow_its_times_and_the_last_one_stays(
    tmp_path: Path, width: int, height: int
) -> None:
    place = seat(clip(tmp_path / "a.mp4", width, height))
    shades = [int(seen(place, frame)[50, 50, 0]) for frame in range(round((LEAD + 4) * FPS))]
    begins = round(LEAD * FPS)
    assert 1 == len(set(shades[: begins + 1]))
    assert shades == sorted(shades)
    assert shades[begins + FPS + 1] == pytest.approx(20 + 10 * 10, abs=6)
    assert shades[-1] == shades[begins + 2 * FPS + 1] == pytest.approx(20 + 10 * 19, abs=6)


def test_a_circle_leaves_the_corners_free_and_has_a_rim(tmp_path: Path) -> None:
    pixels = seen(seat(clip(tmp_path / "a.mp4")), 0)
    assert 0 == pixels[2, 2, 3]
    assert (0xFF, 0x44, 0x55, 255) == tuple(pixels[50, RIM // 2])
    assert 255 == pixels[50, 50, 3]
    box = seen(seat(tmp_path / "a.mp4", shape="box"), 0)
    assert 255 == box[12, 12, 3]


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"<html>Please sign in</html>")
    with pytest.raises(ValueError, match="the clip cannot be decoded"):
        seat(tmp_path / "a.mp4")


def test_the_clip_is_heard_from_where_it_is_seen_at_the_loudness_of_every_film(tmp_path: Path) -> None:
    from broadcast.newsdesk.sound import LOUDNESS, RATE, loudness

    path = clip(tmp_path / "a.mp4", seconds=3, loud=0.02)
    words = (("Guten", 0.5, 0.8), ("Abend", 0.9, 1.4), ("Bis", 2.0, 2.2), ("morgen", 2.3, 2.9))
    said = spoken_by([["Guten Abend."], ["Bis morgen."]], Speech(path=path, seconds=0, words=words))
    assert loudness(said.samples[round(LEAD * RATE) : round((LEAD + 3) * RATE)], RATE) == pytest.approx(
        LOUDNESS, abs=1
    )
    assert not said.samples[: round((LEAD - 0.05) * RATE)].any()
    assert [LEAD + 0.5, LEAD + 2.0] == [pytest.approx(segment[0][0].start) for segment in said.segments]
    assert () == said.notes
    mute = spoken_by([["Guten Abend."]], Speech(path=clip(tmp_path / "b.mp4", loud=0), seconds=0))
    assert [
        "the clip does not tell its word times: captions follow an estimate",
        "nothing can be heard in the clip",
    ] == [*mute.notes]


@pytest.mark.parametrize("corner", get_args(Corner))
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("drawn", [True, False], ids=["chart", "card"])
def test_no_text_stands_under_the_guest(
    corner: Corner, orientation: Orientation, language: str, drawn: bool
) -> None:
    points = tuple(
        Point(label=f"Name {name}", text=f"{value}", value=value)
        for name, value in zip("abcde", range(5), strict=True)
    )
    figure = Figure(label="Orders", text="12,480", change="+4%", points=points if drawn else ())
    order = short(language, "Ministers agree on a far reaching plan for rail and roads")
    order = order.model_copy(
        update={"stories": (order.stories[0].model_copy(update={"figures": (figure,)}), order.stories[1])}
    )
    type_ = Typesetter(language)
    bare = stage(orientation, type_.rtl)
    size = round(min(bare.width, bare.height) * 0.28) & ~1
    set_, x, y = with_guest(bare, corner, size)
    guest = Box(x, y, x + size, y + size)
    assert guest.right <= set_.width
    assert guest.bottom <= set_.ticker
    scenery = Scenery(set_, type_, palette("#FF4455"), bill(order, type_), language)
    for number in (1, 2):
        for piece in scenery.pieces(number):
            for layer in piece.layers(200):
                alpha = np.asarray(layer.sprite._image.getchannel("A")) > 128
                if not alpha.any():  # the faint number behind a story without a card
                    continue
                rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
                box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
                assert not box.moved(layer.x, layer.y).meets(guest), (corner, layer.x, layer.y, box, guest)
                assert layer.y + box.bottom <= set_.caption
