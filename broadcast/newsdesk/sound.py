"""Samples of a narration: brought to broadcast loudness, and to 48 kHz. Pure."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 48_000  #: of everything that is encoded
LOUDNESS = -16.0  #: LUFS, as online video and podcasts have it (Apple, Spotify; EBU R 128 s2 gives -16 to -20)
SPAN = 4  #: seconds that are filtered at a time, few enough to stay in the processor's cache
TAPS = 24  #: samples on each side that a sample between is made of
CEILING = 10 ** (-1.5 / 20)  #: -1.5 dBFS, room for what AAC adds


def doubled(samples: Samples) -> Samples:
    """Return *samples* at twice their rate: between every two of them what a band-limited signal has there."""
    places = np.arange(-TAPS, TAPS) + 0.5
    taps = (np.sinc(places) * np.kaiser(2 * TAPS, 9.0)).astype(np.float32)
    found = np.empty(2 * len(samples), np.float32)
    found[0::2] = samples
    found[1::2] = np.convolve(samples, taps)[TAPS : TAPS + len(samples)]
    return found


def loudness(samples: Samples, rate: int) -> float:
    """Return the integrated loudness in LUFS (ITU-R BS.1770-4, one channel); -70 where there is nothing to hear."""
    hop = rate // 10
    tenths = [_energy(samples, start, rate) for start in range(0, len(samples), SPAN * rate)]
    energy = np.concatenate([np.zeros(0), *tenths])
    # Blocks of 400 ms, one every 100 ms.
    power = np.convolve(energy, np.ones(4), "valid") / (4 * hop) if len(energy) >= 4 else energy / hop
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
    peaks = np.abs(np.pad(samples, (0, -len(samples) % reach))).reshape(-1, reach).max(1)
    blocks = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9)).astype(np.float32)
    if blocks.min() >= 1.0:
        return samples
    around = np.pad(blocks, 2, constant_values=1.0)
    low = np.minimum.reduce([around[shift : shift + len(blocks)] for shift in range(1, 4)])
    centres = (np.arange(len(low)) + 0.5) * reach
    smooth = np.interp(np.arange(len(samples)), centres, low)
    return np.clip(samples * smooth, -CEILING, CEILING).astype(np.float32)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _energy(samples: Samples, start: int, rate: int) -> NDArray[np.float64]:
    """Return the weighted energy of every 100 ms of the `SPAN` seconds of *samples* from *start* on.

    They are filtered as an ear and a head do, by the shelf and the high pass of BS.1770-4, annex 1, on their
    spectrum; half a second before them lets the filters settle.
    """
    hop, before = rate // 10, min(start, rate // 2)
    part = samples[start - before : start + SPAN * rate]
    size = 1 << (len(part) + rate // 2 - 1).bit_length()
    weighted = np.fft.irfft(np.fft.rfft(part, size) * _weighting(rate, size), size)[before : len(part)]
    whole = len(weighted) // hop * hop
    found: NDArray[np.float64] = np.square(weighted[:whole], dtype=np.float64).reshape(-1, hop).sum(1)
    return found


@lru_cache(maxsize=2)
def _weighting(rate: int, size: int) -> NDArray[np.complex64]:
    """Return the response of both filters at the frequencies of a spectrum of *size* samples."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    found = np.ones(len(z), np.complex128)
    for (b0, b1, b2), (a1, a2) in (_shelf(rate), _high_pass(rate)):
        found *= (b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))
    return found.astype(np.complex64)


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
