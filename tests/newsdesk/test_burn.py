"""Captions in the picture: at their times, in their place, and nothing else changed."""

import os
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from broadcast.newsdesk.burn import Captions, burn, lay
from broadcast.newsdesk.canvas import Canvas
from broadcast.newsdesk.subrip import Cue, cues
from broadcast.testing import Bench

SRT = """1
00:00:00,400 --> 00:00:01,000
Parliament <i>passed</i> the budget.

2
00:00:01,400 --> 00:00:01,800
{\\an8}312 votes to 240
"""
NOISE = 10  #: of 219 steps of luma: what two encodings differ by in a smooth picture at most


def film(
    path: Path,
    size: tuple[int, int] = (320, 180),
    *,
    rate: Fraction = Fraction(10),
    frames: int = 20,
    sound: str | None = "aac",
    pixels: str = "yuv420p",
    times: list[int] | None = None,
    transfer: int = 2,
    still: bool = False,
) -> Path:
    """Make a film of a soft gradient that brightens slowly.

    *times* are the frames' own, in milliseconds; the last one then stands for 200.
    """
    width, height = size
    with av.open(str(path), "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=rate, options={"crf": "12", "bf": "0" if times or still else "3"})
        video.width, video.height, video.pix_fmt = width, height, pixels
        video.codec_context.color_trc = transfer
        if times:
            video.codec_context.time_base = Fraction(1, 1000)
        audio = file.add_stream(sound, rate=44_100, layout="stereo") if sound else None
        picture = np.full((height // 2 * 3, width), 128, np.uint8)
        for number in range(frames):
            picture[:height] = np.linspace(70, 170, width, dtype=np.uint8) + (0 if still else number % 40)
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p").reformat(format=pixels)
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, 1000) if times else 1 / rate
            file.mux(video.encode(frame))
        for packet in video.encode(None):
            if times and packet.pts == times[-1]:
                packet.duration = 200
            file.mux(packet)
        if audio is not None:
            tone = np.sin(np.arange(int(frames / rate * 44_100)) / 44_100 * 440 * 2 * np.pi).astype(np.float32) / 4
            heard = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
            heard.sample_rate, heard.pts = 44_100, 0
            file.mux(audio.encode(heard))
            file.mux(audio.encode(None))
    return path


def pictures(path: Path) -> dict[float, NDArray[np.int16]]:
    """Return the luma of every frame by its time."""
    with av.open(str(path)) as file:
        return {
            round(frame.time or 0.0, 3): frame.to_ndarray(format="gray").astype(np.int16)
            for frame in file.decode(video=0)
        }


def packets(path: Path) -> list[tuple[Any, ...]]:
    """Return every packet of the sound: its times, and its bytes."""
    with av.open(str(path)) as file:
        return [(p.pts, p.dts, p.duration, bytes(p)) for p in file.demux(audio=0) if p.size]


def lasts(path: Path) -> tuple[float, float]:
    """Return how long the pictures and the file last, in seconds."""
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        return float(video.duration * video.time_base), file.duration / 1e6  # type: ignore[operator]


def changed(one: NDArray[np.int16], two: NDArray[np.int16]) -> tuple[int, int, int, int] | None:
    """Return the box in which two pictures differ: left, top, right, bottom."""
    rows, columns = np.nonzero(np.abs(one - two) > NOISE)
    if not len(rows):
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def place(text: str, size: tuple[int, int], language: str = "en") -> tuple[int, int, int, int]:
    """Return where the plate with *text* must stand."""
    layer = Captions([Cue(0, 1, text)], language, "#FF4455", *size).at(0.5)
    assert layer is not None
    return layer.x, layer.y, layer.x + layer.sprite.width, layer.y + layer.sprite.height


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (1280, 720), (426, 240), (256, 256)])
def test_the_plate_stands_at_the_times_of_its_cue_and_nothing_else_changes(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    source = film(tmp_path / "film.mp4", size)
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    before, after = pictures(source), pictures(tmp_path / "burned.mp4")
    shown = {time: changed(before[time], after[time]) for time in before}
    assert list(before) == list(after)
    assert [time for time, box in shown.items() if box] == [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.4, 1.5, 1.6, 1.7]
    for time, text in ((0.4, "Parliament passed the budget."), (1.7, "312 votes to 240")):
        left, top, right, bottom = place(text, size)
        found = shown[time]
        assert found is not None
        assert left - 8 <= found[0] <= left + 8  # a codec's block may reach over the edge
        assert top - 8 <= found[1] <= top + 8
        assert right - 8 <= found[2] <= right + 8
        assert bottom - 8 <= found[3] <= bottom + 8
        assert left >= size[0] * 0.05
        assert right <= size[0] * 0.95
        assert bottom <= size[1] * 0.95
        assert after[time][top:bottom, left:right].max() > 200  # letters
        assert after[time][top:bottom, left:right].min() < 35  # and their ground


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30_000, 1001), Fraction(60)])
def test_duration_and_sound_are_kept(tmp_path: Path, rate: Fraction) -> None:
    source = film(tmp_path / "film.mp4", rate=rate, frames=47)
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    assert lasts(tmp_path / "burned.mp4") == lasts(source)
    assert packets(tmp_path / "burned.mp4") == packets(source)
    assert len(packets(source)) > 20


def test_frames_of_any_length_keep_their_times_to_the_last(tmp_path: Path) -> None:
    times = [0, 40, 520, 560, 1400, 1440]
    source = film(tmp_path / "film.mp4", frames=6, times=times, sound=None)
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    before, after = pictures(source), pictures(tmp_path / "burned.mp4")
    assert [0.0, 0.04, 0.52, 0.56, 1.4, 1.44] == list(after)
    assert [0.52, 0.56, 1.4, 1.44] == [time for time in before if changed(before[time], after[time])]
    assert (1.64, 1.64) == lasts(source) == lasts(tmp_path / "burned.mp4")


def test_the_file_is_h264_in_bt709_with_its_index_first_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4")
    shares: list[float] = []
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455", shares.append)

    with av.open(str(tmp_path / "burned.mp4")) as file:
        context = file.streams.video[0].codec_context
        tags = (context.color_range, context.colorspace, context.color_primaries, context.color_trc)
        assert ("h264", (1, 1, 1, 1)) == (context.name, tags)
    start = (tmp_path / "burned.mp4").read_bytes()[:8192]
    assert -1 < start.find(b"moov") < start.find(b"mdat")
    assert ["burned.mp4", "film.mp4"] == sorted(path.name for path in tmp_path.iterdir())
    assert shares == sorted(shares)
    assert 1.0 == shares[-1]


def test_a_plate_leaves_no_trace_in_the_frames_that_are_made_of_its_own(tmp_path: Path) -> None:
    plate = Captions([Cue(0, 1, "Good evening")], "en", "#FF4455", 320, 180).at(0.5)
    assert plate is not None
    with av.open(str(film(tmp_path / "film.mp4", still=True))) as file:
        file.streams.video[0].thread_type = "NONE"
        seen = []
        for number, frame in enumerate(file.decode(video=0)):
            if number == 3:
                lay(frame, plate)
            seen.append(frame.to_ndarray(format="gray").astype(np.int16))

    assert changed(seen[2], seen[3])
    assert changed(seen[2], seen[4]) is None


def test_a_silent_film_stays_silent(tmp_path: Path) -> None:
    burn(film(tmp_path / "film.mp4", sound=None), SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    with av.open(str(tmp_path / "burned.mp4")) as file:
        assert () == tuple(file.streams.audio)


def test_other_sound_becomes_aac_of_the_same_length(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", sound="ac3")
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    with av.open(str(tmp_path / "burned.mp4")) as file:
        audio = file.streams.audio[0]
        samples = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)
        assert ("aac", 44_100, 2) == (audio.codec_context.name, audio.codec_context.sample_rate, len(samples))
    assert samples.shape[1] / 44_100 == pytest.approx(2.0, abs=0.1)
    assert np.sqrt(np.square(samples).mean()) == pytest.approx(0.25 / 2**0.5, rel=0.1)


def test_other_pixels_become_yuv420p_and_look_the_same(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", pixels="yuv444p")
    burn(source, SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    before, after = pictures(source), pictures(tmp_path / "burned.mp4")
    assert [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.4, 1.5, 1.6, 1.7] == [t for t in before if changed(before[t], after[t])]


@pytest.mark.parametrize(
    ("matrix", "wide", "red"),
    # ITU-T H.273: the same red in BT.601 and BT.709, limited and full range.
    [(6, 1, (81, 90, 240)), (1, 1, (63, 102, 240)), (1, 2, (54, 99, 255)), (6, 2, (76, 85, 255))],
)
def test_colours_of_another_matrix_or_range_look_the_same(
    tmp_path: Path, matrix: int, wide: int, red: tuple[int, int, int]
) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=10, options={"crf": "4"})
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.colorspace, video.codec_context.color_range = matrix, wide
        picture = np.empty((270, 320), np.uint8)
        picture[:180], picture[180:225], picture[225:] = red
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            frame.colorspace, frame.color_range = matrix, wide
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    with av.open(str(tmp_path / "burned.mp4")) as file:
        planes = next(file.decode(video=0)).to_ndarray()
    assert [63, 102, 240] == pytest.approx(
        [planes[:180].mean(), planes[180:225].mean(), planes[225:].mean()], abs=2
    )


def test_no_captions_change_no_picture(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4")
    burn(source, "no cue at all", tmp_path / "burned.mp4", "en", "#FF4455")

    before, after = pictures(source), pictures(tmp_path / "burned.mp4")
    assert [] == [time for time in before if changed(before[time], after[time])]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "أقرّ البرلمان الميزانية بأغلبية 312 صوتًا مقابل 240 بعد نقاش دام أربع عشرة ساعة ونصف الساعة"),
        ("he", "הכנסת אישרה את התקציב ברוב של 312 מול 240 לאחר דיון של ארבע עשרה שעות"),
        ("hi", "संसद ने चौदह घंटे की बहस के बाद 312 के मुकाबले 240 मतों से बजट पारित किया"),
        ("ja", "議会は14時間の審議の末、賛成312、反対240で予算案を可決した。首相は歓迎の意を表明した。"),
        ("th", "รัฐสภาผ่านงบประมาณด้วยคะแนนเสียงสามร้อยสิบสองต่อสองร้อยสี่สิบหลังอภิปรายสิบสี่ชั่วโมง"),
    ],
)
def test_every_script_fits_into_the_safe_area_upright_too(language: str, text: str) -> None:
    for size in ((1920, 1080), (1080, 1920), (320, 180)):
        left, top, right, bottom = place(text, size, language)
        assert left >= size[0] * 0.05
        assert right <= size[0] * 0.95
        assert size[1] * 0.6 < top < bottom <= size[1] * 0.95


def test_the_bar_stands_where_reading_begins() -> None:
    for language, text, side in (("en", "Good evening", 0), ("ar", "مساء الخير", -1)):
        layer = Captions([Cue(0, 1, text)], language, "#FF0000", 1920, 1080).at(0.5)
        assert layer is not None
        red = [x for x in range(layer.sprite.width) if reddish(layer.sprite._image.getpixel((x, 40)))]
        middle = layer.sprite.width / 2
        assert red
        assert all(x < middle for x in red) if side == 0 else all(x > middle for x in red)


def reddish(pixel: Any) -> bool:
    return bool(pixel[0] > 150 and pixel[1] < 90 and pixel[2] < 90)


def test_a_cue_of_many_words_is_told_in_turns_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(f"word{number}" for number in range(120))
    drawn: list[str] = []
    draw = Canvas.text
    monkeypatch.setattr(Canvas, "text", lambda self, *args: (drawn.append(args[3].text), draw(self, *args)))
    captions = Captions([Cue(10, 20, text)], "en", "#FF4455", 1920, 1080)
    for time in range(995, 2005):
        captions.at(time / 100)

    assert text.split() == " ".join(drawn).split()
    assert len(drawn) > 4
    assert captions.at(9.99) is None
    assert captions.at(20.0) is None


def test_a_plate_is_drawn_once_for_all_its_frames() -> None:
    captions = Captions([Cue(0, 10, "Good evening")], "en", "#FF4455", 1920, 1080)

    assert captions.at(1.0) is captions.at(9.0)


# --- hostile captions


def test_cues_are_read_whatever_their_line_ends_marks_and_markup() -> None:
    srt = (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500  X1:40 X2:600\r\n<font color='red'>One</font>\r\ntwo\r\n\r\n"
        "0:00:03.5 --> 0:00:04.25\r{\\an8}3 < 4 & <b>5</b>\r\r01:02 nonsense\n\n05:00,000 --> 05:01,000\nlate\n"
    )

    assert [
        Cue(1.0, 2.5, "One\ntwo"),
        Cue(3.5, 4.25, "3 < 4 & 5"),
        Cue(300.0, 301.0, "late"),
    ] == cues(srt)


def test_cues_out_of_order_and_overlapping_follow_one_another() -> None:
    srt = "\n\n".join(
        (
            "00:00:05,000 --> 00:00:09,000\nthird",
            "00:00:01,000 --> 00:00:30,000\nfirst",
            "00:00:03,000 --> 00:00:04,000\nsecond",
            "00:00:03,000 --> 00:00:04,500\nbeside it",
            "00:00:03,000 --> 00:00:04,500\nsecond",
            "00:00:08,000 --> 00:00:07,000\nbackwards",
            "00:00:12,000 --> 00:00:13,000\n<i></i>",
        )
    )

    assert [
        Cue(1.0, 3.0, "first"),
        Cue(3.0, 4.5, "second\nbeside it"),
        Cue(5.0, 9.0, "third"),
    ] == cues(srt)


def test_a_number_that_no_empty_line_sets_apart_is_not_said() -> None:
    assert [Cue(1.0, 2.0, "one"), Cue(2.0, 3.0, "2026")] == cues(
        "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\n2026"
    )


def test_ten_thousand_cues_many_of_them_beyond_the_end_do_no_harm(tmp_path: Path) -> None:
    srt = "\n\n".join(
        f"{n}\n00:{n // 600 % 60:02}:{n // 10 % 60:02},{n % 10}00 --> 99:59:59,999\n<u>{n}</u> \u202e" + "x" * 200
        for n in range(10_000)
    )
    source = film(tmp_path / "film.mp4", frames=5)
    burn(source, srt, tmp_path / "burned.mp4", "en", "no colour")

    before, after = pictures(source), pictures(tmp_path / "burned.mp4")
    assert 10_000 == len(cues(srt))
    assert list(before) == [time for time in before if changed(before[time], after[time])]
    assert lasts(source) == lasts(tmp_path / "burned.mp4")


def test_text_that_nobody_can_draw_gives_no_plate() -> None:
    captions = Captions(cues("00:00:00,000 --> 00:00:09,000\n\U0001f600 \u200b\U0001f9ff"), "en", "#fff", 640, 360)

    assert captions.at(1.0) is None


@pytest.mark.parametrize("size", [(16, 16), (32, 400), (400, 32)])
def test_a_picture_with_hardly_any_room_is_burned_all_the_same(tmp_path: Path, size: tuple[int, int]) -> None:
    source = film(tmp_path / "film.mp4", size, frames=5, sound=None)
    burn(source, "00:00:00,000 --> 00:00:01,000\nwwwwwwww " * 40, tmp_path / "burned.mp4", "en", "#FF4455")

    assert list(pictures(source)) == list(pictures(tmp_path / "burned.mp4"))


# --- hostile videos


@pytest.mark.parametrize("content", [b"", b"<html>not a video</html>" * 100, b"\0\0\0\x18ftypmp42" + b"\0" * 500])
def test_what_is_no_video_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(ValueError, match="the video"):
        burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    assert ["film.mp4"] == [path.name for path in tmp_path.iterdir()]


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w", format="mp4") as file:
        audio = file.add_stream("aac", rate=44_100, layout="mono")
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        heard.sample_rate = 44_100
        file.mux(audio.encode(heard))
        file.mux(audio.encode(None))
    with pytest.raises(ValueError, match="the video has no pictures"):
        burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")


def test_a_video_beyond_4k_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5120x2160 pixels; 4K is the most"):
        burn(
            film(tmp_path / "film.mp4", (5120, 2160), frames=1, sound=None),
            SRT, tmp_path / "burned.mp4", "en", "#FF4455",
        )  # fmt: skip


def test_hdr_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HDR"):
        burn(film(tmp_path / "film.mp4", transfer=16), SRT, tmp_path / "burned.mp4", "en", "#FF4455")


def test_a_video_stored_on_its_side_is_refused(tmp_path: Path) -> None:
    content = bytearray(film(tmp_path / "film.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 44  # ISO/IEC 14496-12, 8.3.2: a quarter turn
    content[matrix : matrix + 20] = struct.pack(">iiiii", 0, 1 << 16, 0, -1 << 16, 0)
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(ValueError, match="on its side"):
        burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    assert ["film.mp4"] == [path.name for path in tmp_path.iterdir()]


def test_a_missing_video_and_a_folder_that_is_not_there_are_errors_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")
    with pytest.raises(FileNotFoundError):
        burn(film(tmp_path / "film.mp4"), SRT, tmp_path / "no" / "burned.mp4", "en", "#FF4455")


def test_a_failure_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "burned.mp4").write_bytes(b"before")
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(ValueError):
        burn(tmp_path / "film.mp4", SRT, tmp_path / "burned.mp4", "en", "#FF4455")

    assert b"before" == (tmp_path / "burned.mp4").read_bytes()


# --- where it runs


async def test_a_worker_burns_and_its_errors_travel(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4")
    shares: list[float] = []
    async with Bench(tmp_path).tools() as tools:
        await tools.compute(
            "broadcast.newsdesk.burn:burn", source, SRT, tmp_path / "burned.mp4", "en", "#FF4455",
            deadline=60, progress=shares.append,
        )  # fmt: skip
        (tmp_path / "film.mp4").write_bytes(b"no film")
        with pytest.raises(ValueError, match="the video cannot be read"):
            await tools.compute(
                "broadcast.newsdesk.burn:burn", source, SRT, tmp_path / "again.mp4", "en", "#FF4455", deadline=60
            )

    assert (1.0, True) == (shares[-1], (tmp_path / "burned.mp4").is_file())


def test_a_long_film_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    peaks = []
    for frames in (60, 600):
        source = film(tmp_path / f"{frames}.mp4", (640, 360), rate=Fraction(30), frames=frames, sound="aac")
        code = (
            "import resource, sys; from pathlib import Path; from broadcast.newsdesk.burn import burn;"
            f"burn(Path({str(source)!r}), {SRT!r}, Path({str(tmp_path / 'burned.mp4')!r}), 'en', '#FF4455');"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        peaks.append(int(done.stdout))

    assert peaks[1] < peaks[0] + 20_000  # kB; 540 more frames are 187 MB
