from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from broadcast.newsdesk.studio import render
from broadcast.types import Brand, Script

from .shows import short, told


def looked_at(path: Path) -> dict[str, Any]:
    """Decode the file to its end."""
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        context = video.codec_context
        found: dict[str, Any] = {
            "size": (context.width, context.height),
            "colour": (context.color_range, context.colorspace, context.color_primaries, context.color_trc),
            "codecs": (context.name, audio.codec_context.name),
            "rate": audio.codec_context.sample_rate,
            "video": float(video.duration * video.time_base),
            "audio": float(audio.duration * audio.time_base),
            "container": file.duration / 1e6,
            "times": [],
            "darkest": 255.0,
        }
        for frame in file.decode(video=0):
            found["times"].append(frame.time)
            found["darkest"] = min(found["darkest"], float(frame.to_ndarray()[: frame.height].mean()))
    with av.open(str(path)) as file:
        found["samples"] = np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])
    return found


def test_a_show_becomes_a_film_with_captions_and_a_poster(tmp_path: Path) -> None:
    shares: list[float] = []
    made = render(short("en"), tmp_path, "film", "cfr", 26, progress=shares.append)
    film = looked_at(Path(made.video))
    assert film["size"] == (1920, 1080)
    assert film["colour"] == (1, 1, 1, 1)
    assert film["codecs"] == ("h264", "aac")
    assert film["rate"] == 48_000
    assert film["video"] == pytest.approx(made.seconds, abs=0.001)
    assert film["container"] == pytest.approx(made.seconds, abs=0.05)
    assert len(film["times"]) == round((made.seconds or 0) * 30)
    assert film["darkest"] > 25
    assert np.abs(film["samples"]).max() > 0.1
    start = Path(made.video).read_bytes()[:4096]
    assert b"moov" in start  # the index comes first: playing starts while loading
    assert b"mdat" not in start[: start.index(b"moov")]
    with Image.open(str(made.poster)) as poster:
        assert poster.size == (1920, 1080)
    assert "Guten Abend." in Path(str(made.captions)).read_text(encoding="utf-8")
    assert made.notes == ()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.jpg", "film.json", "film.mp4", "film.srt"]


def test_a_film_of_changing_frames_lasts_exactly_as_long(tmp_path: Path) -> None:
    made = render(short("de", orientation="portrait"), tmp_path, "film", "vfr", 26)
    film = looked_at(Path(made.video))
    assert film["size"] == (1080, 1920)
    assert film["video"] == pytest.approx(made.seconds, abs=0.001)
    assert film["audio"] == pytest.approx(made.seconds, abs=0.001)
    assert film["times"][0] == 0.0
    assert film["times"][-1] == pytest.approx((made.seconds or 0) - 1 / 30, abs=0.001)
    assert len(film["times"]) < 0.5 * 30 * (made.seconds or 0)
    assert not film["samples"].any()
    assert "silent" in made.notes[0]


def test_a_broken_logo_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"no picture")
    order = short(brand=Brand(name="Kurz", logo=tmp_path / "logo.png"))
    order = order.model_copy(
        update={"script": order.script.model_copy(update={"segments": order.script.segments[:1]})}
    )
    made = render(order, tmp_path, "film", "vfr", 30)
    assert made.notes[0] == "no logo, logo.png: it is neither PNG nor JPEG"


def test_a_script_that_says_nothing_is_refused(tmp_path: Path) -> None:
    script = Script(
        title="",
        kind="k",
        language="en",
        segments=(told("intro", "", "\u202e \x07"),),
        seconds=1,
        writer="template",
    )
    with pytest.raises(ValueError, match="no sentence"):
        render(short(script=script), tmp_path, "film", "cfr", 20)
    assert list(tmp_path.iterdir()) == []
