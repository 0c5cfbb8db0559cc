"""Speech from elsewhere: any sound into samples, their words onto ours."""

import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from broadcast.newsdesk.sound import RATE, loudness
from broadcast.newsdesk.speech import heard, kind, timed
from broadcast.newsdesk.voice import LEAD, narrate
from broadcast.testing.heygen.films import sound
from broadcast.testing.heygen.saying import word_times
from broadcast.types import Speech

from .shows import short


def tone(seconds: float, *, before: float = 0.0, rate: int = 24_000, loud: float = 0.2) -> Any:
    hum = loud * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 220 / rate)
    return np.concatenate([np.zeros(round(before * rate)), hum]).astype(np.float32)


def wav(path: Path, samples: Any, rate: int = 24_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def encoded(path: Path, codec: str, samples: Any, rate: int = 24_000) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.format, layout="stereo", rate=rate, frame_size=stream.frame_size
        )
        for made in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(made))
        file.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac"), ("a.ogg", "libopus")]
)
def test_whatever_sound_comes_is_decoded(tmp_path: Path, name: str, codec: str) -> None:
    rate = 48_000 if codec == "libopus" else 24_000
    path = encoded(tmp_path / name, codec, tone(1.5, rate=rate), rate)
    samples, words = heard(Speech(path=path, seconds=1.5))

    assert len(samples) / RATE == pytest.approx(1.5, abs=0.15)
    assert 0.17 < np.abs(samples[RATE // 2 : RATE]).max() < 0.3
    assert () == words


def test_the_silence_around_speech_is_cut_off_and_its_words_move_along(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1.0, before=0.5))
    samples, words = heard(Speech(path=path, seconds=1.5, words=(("Guten", 0.5, 1.0), ("Abend", 1.0, 1.5))))

    assert len(samples) / RATE == pytest.approx(1.05, abs=0.01)
    assert [("Guten", 0.05, 0.55), ("Abend", 0.55, 1.05)] == [(w, round(s, 2), round(e, 2)) for w, s, e in words]


@pytest.mark.parametrize(
    ("content", "seconds", "said"),
    [
        (b"", 1.0, "it is no sound"),
        (b"<!DOCTYPE html><html></html>", 1.0, "it is no sound"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", 1.0, "it is no sound"),
        (b"RIFF\x24\0\0\0WAVE and no more", 1.0, "its sound cannot be decoded"),
        (b"ID3" + bytes(400), 1.0, "its sound cannot be decoded"),
        (None, 4.0, r"its sound lasts 1\.5 s where 4\.0 s were announced"),
    ],
)
def test_what_is_no_speech_is_a_sentence(tmp_path: Path, content: bytes | None, seconds: float, said: str) -> None:
    path = wav(tmp_path / "a.wav", tone(1.5))
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        heard(Speech(path=path, seconds=seconds))


def test_a_sound_in_which_nothing_is_heard_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing can be heard"):
        heard(Speech(path=wav(tmp_path / "a.wav", tone(1.5, loud=0)), seconds=1.5))


@pytest.mark.parametrize(
    ("start", "name"),
    [(b"\xff\xfb\x90", "mp3"), (b"\xff\xf1\x50", "aac"), (b"\0\0\0\x20ftypM4A ", "mp4"), (b"ff", None)],
)
def test_a_container_is_known_by_its_first_bytes(start: bytes, name: str | None) -> None:
    assert name == kind(start)


@pytest.mark.parametrize(
    ("ours", "said", "expected"),
    [
        # the same words
        (["Guten", "Abend."], [("Guten", 0.1, 0.5), ("Abend", 0.6, 1.0)], [(0.1, 0.5), (0.6, 1.0)]),
        # cut otherwise there
        (["Gut-Wetter", "kommt"], [("Gut", 0.0, 0.4), ("Wetter", 0.4, 1.0), ("kommt.", 1.0, 1.5)],
         [(0.0, 1.0), (1.0, 1.5)]),
        # a number that is written out there has the time between its neighbours
        (["sind", "1,4", "Prozent"],
         [("sind", 0.0, 0.5), ("eins", 0.5, 0.8), ("Komma vier", 0.8, 1.5), ("Prozent", 1.5, 2.0)],
         [(0.0, 0.5), (0.5, 1.5), (1.5, 2.0)]),
        # a script without spaces, word by word there
        (["東京", "の", "天気"], [("東京の", 0.0, 0.9), ("天気", 0.9, 1.5)], [(0.0, 0.6), (0.6, 0.9), (0.9, 1.5)]),
        # other words altogether: shared by length
        (["aaaa", "bbbb"], [("xyz", 0.0, 0.2), ("uvw", 0.2, 2.0)], [(0.0, 1.0), (1.0, 2.0)]),
        # no words at all
        (["aaaa", "bbbb"], [], [(0.0, 1.0), (1.0, 2.0)]),
        # a dash is not said
        (["ja", "–", "nein"], [("ja", 0.0, 0.5), ("nein", 0.9, 1.5)], [(0.0, 0.5), (0.5, 0.9), (0.9, 1.5)]),
    ],
)  # fmt: skip
def test_our_words_get_the_times_of_theirs(
    ours: list[str], said: list[tuple[str, float, float]], expected: list[tuple[float, float]]
) -> None:
    found = timed(ours, tuple(said), 2.0)
    assert expected == [(round(start, 6), round(end, 6)) for start, end in found]


def test_every_word_of_a_segment_has_the_time_that_the_voice_tells(tmp_path: Path) -> None:
    texts = ["Gut 900 Haushalte haben Strom.", "Elf weitere – sagt das Amt – folgen.", "Ende."]
    times = word_times(" ".join(texts).replace("– ", ""), 8.0)
    said = tuple((one["word"], one["start"], one["end"]) for one in times)
    path = tmp_path / "a.wav"
    path.write_bytes(sound(8.0, [(start, end) for _, start, end in said]).data)
    made = narrate(short("de").script, [texts], [Speech(path=path, seconds=8.0, words=said)])

    shown = [word for sentence in made.segments[0] for word in sentence if word.text != "–"]
    assert [len(text.split()) for text in texts] == [len(sentence) for sentence in made.segments[0]]
    for word, (_, start, end) in zip(shown, said, strict=True):
        assert (word.start - LEAD, word.end - LEAD) == pytest.approx((start, end), abs=1 / 30)
    assert made.notes == ()


def test_a_lent_voice_and_our_own_are_equally_loud(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(3.0, loud=0.01))
    texts = [["Good evening and welcome to the news."], ["Prices fell again in the month of March."]]
    made = narrate(short("en").script, texts, [None, Speech(path=path, seconds=3.0)])

    start = round(made.segments[1][0][0].start * RATE)
    assert loudness(made.samples[:start], RATE) == pytest.approx(-16, abs=1.0)
    assert loudness(made.samples[start : start + 3 * RATE], RATE) == pytest.approx(-16, abs=1.0)
    assert ("the voice does not tell the word times of 1 segment: captions follow an estimate",) == made.notes
