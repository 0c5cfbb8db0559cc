import numpy as np
import pytest

from broadcast.newsdesk.sound import CEILING, LOUDNESS, doubled, levelled, loudness

SECONDS = np.arange(24_000 * 12) / 24_000


def test_a_full_sine_of_one_kilohertz_has_the_loudness_that_the_standard_names() -> None:
    sine = np.sin(2 * np.pi * 997 * np.arange(48_000 * 25) / 48_000).astype(np.float32)
    assert loudness(sine, 48_000) == pytest.approx(-3.01, abs=0.02)


def test_silence_is_left_alone() -> None:
    silence = np.zeros(24_000, np.float32)
    assert loudness(silence, 24_000) == -70.0
    assert not levelled(silence, 24_000).any()


@pytest.mark.parametrize("length", [0, 100, 2_400, 9_599])
def test_what_is_too_short_to_measure_is_not_an_error(length: int) -> None:
    assert len(levelled(np.full(length, 0.1, np.float32), 24_000)) == length


def test_speech_with_pauses_comes_to_the_same_loudness_and_under_the_ceiling() -> None:
    noise = np.random.default_rng(3).normal(0, 0.02, len(SECONDS))
    bursts = (noise * (np.sin(2 * np.pi * 0.4 * SECONDS) > 0)).astype(np.float32)
    bursts[50_000:50_010] = 0.9  # a click must not decide
    made = levelled(bursts, 24_000)
    assert loudness(made, 24_000) == pytest.approx(LOUDNESS, abs=0.5)
    assert np.abs(made).max() <= CEILING + 1e-6


def test_doubling_keeps_every_sample_and_puts_the_wave_between() -> None:
    wave = np.sin(2 * np.pi * 3_000 * SECONDS[:24_000]).astype(np.float32)
    wide = np.sin(2 * np.pi * 3_000 * np.arange(48_000) / 48_000)
    made = doubled(wave)
    assert np.array_equal(made[0::2], wave)
    assert np.abs(made - wide)[200:-200].max() < 1e-4
