"""How fast a voice speaks, learned from what it said."""

import pytest

from broadcast.scripting import calibration, timing
from broadcast.types import Script, Segment, Sentence

SENTENCES = (
    "The harbour opens after nine years, the council said on Monday.",
    "Ferries carry 1,200 passengers an hour across the bay in every season.",
    "The piers cost 48 million euros, and a second site is under study.",
)


def script(language: str = "en") -> Script:
    segments = tuple(
        Segment(kind="story", story=str(number), sentences=(Sentence(text=text),), seconds=5)
        for number, text in enumerate(SENTENCES)
    )
    return Script(title="T", kind="daily-news", language=language, segments=segments, seconds=15, writer="x")


def took(rate: float) -> float:
    """How long a voice of *rate* takes for the script."""
    spoken = sum(timing.seconds(text, "en", rate=rate) for text in SENTENCES)
    return spoken + timing.SEGMENT_PAUSE * (len(SENTENCES) - 1)


@pytest.mark.parametrize("rate", [13.0, 17.0, 20.5])
def test_the_rate_that_a_render_was_spoken_at_is_found_again(rate: float) -> None:
    assert rate == pytest.approx(calibration.measured(script(), took(rate)) or 0)


def test_several_renders_come_nearer_and_nearer_to_the_voice() -> None:
    known = None
    for _ in range(8):
        known = calibration.learned(known, 14.0, "en")

    assert known == pytest.approx(14.0)
    moved = calibration.learned(known, 20.0, "en")
    assert 14.0 < moved < 16.0


@pytest.mark.parametrize("rate", [0.5, 400.0])
def test_a_render_that_was_padded_or_cut_does_not_lead_far_astray(rate: float) -> None:
    usual = timing.usual("en")

    assert 0.3 * usual >= abs(calibration.learned(usual, rate, "en") - usual)
    assert calibration.learned(None, rate, "en") in (pytest.approx(usual * 0.7), pytest.approx(usual * 1.3))


@pytest.mark.parametrize("seconds", [0.0, -3.0, 0.2])
def test_a_length_that_cannot_be_teaches_nothing(seconds: float) -> None:
    assert None is calibration.measured(script(), seconds)


@pytest.mark.parametrize(
    ("srt", "seconds"),
    [
        ("1\n00:00:01,500 --> 00:00:03,000\nGood evening.\n\n2\n00:00:50,000 --> 00:00:58,500\nBye.\n", 57.0),
        ("1\n00:00:00,000 --> 00:00:04,000\n♪ music ♪\n\n2\n00:00:05,000 --> 00:00:08,000\nBye.\n", 3.0),
        ("not subtitles at all", 60.0),
        ("", 60.0),
    ],
)
def test_subtitles_tell_for_how_long_something_was_said(srt: str, seconds: float) -> None:
    assert seconds == calibration.heard_seconds(srt, 60.0)
