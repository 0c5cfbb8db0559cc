"""Samples of a narration: joined, brought to broadcast loudness, and to 48 kHz. Pure."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 48_000  #: of everything that is encoded
LOUDNESS = -16.0  #: LUFS, as online video and podcasts have it (Apple, Spotify; EBU R 128 s2 gives -16 to -20)
CEILING = 10 ** (-1.5 / 20)  #: -1.5 dBFS, room for what AAC adds


def resampled(samples: Samples, rate: int) -> Samples:
    """Return *samples*, taken at *rate*, at `RATE`; the spectrum is kept as it is."""
    if rate == RATE or not len(samples):
        return samples
    count = len(samples) * RATE // rate
    spectrum = np.fft.rfft(samples)
    wide = np.zeros(count // 2 + 1, spectrum.dtype)
    wide[: min(len(spectrum), len(wide))] = spectrum[: len(wide)]
    return (np.fft.irfft(wide, count) * (count / len(samples))).astype(np.float32)


def loudness(samples: Samples, rate: int) -> float:
    """Return the integrated loudness in LUFS (ITU-R BS.1770-4, one channel); -70 where there is nothing to hear."""
    weighted = _k_weighted(samples, rate)
    block, hop = rate * 4 // 10, rate // 10
    sums = np.concatenate(([0.0], np.cumsum(np.square(weighted, dtype=np.float64))))
    starts = np.arange(0, max(len(samples) - block, 0) + 1, hop)
    power = (sums[np.minimum(starts + block, len(samples))] - sums[starts]) / block
    heard = power[power > _power(-70.0)]
    if not len(heard):
        return -70.0
    gated = heard[heard > heard.mean() / 10]  # 10 LU under the mean of what can be heard
    return float(10 * np.log10(gated.mean()) - 0.691)


def levelled(samples: Samples, rate: int) -> Samples:
    """Return *samples* at `LOUDNESS`, no peak above `CEILING`."""
    level = loudness(samples, rate)
    if level <= -70.0:
        return samples
    loud = samples * np.float32(10 ** ((LOUDNESS - level) / 20))
    return _limited(loud, rate)


def _limited(samples: Samples, rate: int) -> Samples:
    """Turn the sound down smoothly around every peak, from 5 ms before it to 5 ms behind it."""
    reach = rate // 200
    gain = np.minimum(1.0, CEILING / np.maximum(np.abs(samples), 1e-9)).astype(np.float32)
    if gain.min() >= 1.0:
        return samples
    blocks = np.pad(gain, (0, -len(gain) % reach), constant_values=1.0).reshape(-1, reach).min(1)
    around = np.pad(blocks, 2, constant_values=1.0)
    low = np.minimum.reduce([around[shift : shift + len(blocks)] for shift in range(1, 4)])
    centres = (np.arange(len(low)) + 0.5) * reach
    smooth = np.interp(np.arange(len(samples)), centres, low)
    return np.clip(samples * smooth, -CEILING, CEILING).astype(np.float32)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _k_weighted(samples: Samples, rate: int) -> Samples:
    """Filter as an ear and a head do: the shelf and the high pass of BS.1770-4, annex 1, at any rate."""
    size = len(samples)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size, 1.0)).astype(np.complex64)
    spectrum = np.fft.rfft(samples).astype(np.complex64)
    for coefficients in (_shelf(rate), _high_pass(rate)):
        (b0, b1, b2), (a1, a2) = coefficients
        spectrum *= (b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))
    return np.fft.irfft(spectrum, size).astype(np.float32)


def _shelf(rate: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    k, q = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    return (
        ((high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - middle * k / q + k * k) / a0),
        (2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )


def _high_pass(rate: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return (1.0, -2.0, 1.0), (2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0)
