"""Speech that came from elsewhere: a sound of unknown make into samples, and their word times onto our words."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path

import av
import numpy as np

from broadcast.types import Speech

from .sound import RATE, Samples

LONGEST = 1200  #: seconds of one segment: 5,000 characters at half the speed are less
QUIET = 0.02  #: of the peak: what is below it at either end is silence
DEAF = 1e-3  #: -60 dBFS: what never rises above it says nothing
MARGIN = 0.05  #: seconds kept around what can be heard
OFF = 0.6, 0.1  #: seconds, and share of them, by which a sound may differ from what was announced
KNOWN = 0.5  #: of the words must be found among those said, of a word its letters

Times = tuple[tuple[str, float, float], ...]


def heard(speech: Speech) -> tuple[Samples, Times]:
    """Return the samples at `RATE` without the silence around them, and the words from their start.

    Raises `ValueError` where the file is no sound, is cut off, or says nothing.
    """
    samples = decoded(speech.path)
    seconds = len(samples) / RATE
    slack, share = OFF
    if speech.seconds and abs(seconds - speech.seconds) > slack + share * speech.seconds:
        raise ValueError(f"its sound lasts {seconds:.1f} s where {speech.seconds:.1f} s were announced")
    loud = np.abs(samples)
    peak = float(loud.max(initial=0.0))
    if peak < DEAF:
        raise ValueError("nothing can be heard in it")
    audible = np.flatnonzero(loud > QUIET * peak)
    words = speech.words if speech.words and speech.words[-1][2] <= seconds + slack else ()
    first, last = audible[0] / RATE - MARGIN, audible[-1] / RATE + MARGIN
    if words:
        first, last = min(first, words[0][1]), max(last, words[-1][2])
    start, stop = max(round(first * RATE), 0), min(round(last * RATE), len(samples))
    cut, total = start / RATE, (stop - start) / RATE
    return samples[start:stop], tuple(
        (word, max(one - cut, 0.0), min(max(two - cut, 0.0), total)) for word, one, two in words
    )


def audible(samples: Samples) -> bool:
    """Say whether anything can be heard in *samples*."""
    return float(np.abs(samples).max(initial=0.0)) >= DEAF


def decoded(path: Path) -> Samples:
    """Return one channel of floats at `RATE`. Raises `ValueError`."""
    with path.open("rb") as file:
        format = kind(file.read(16))
    if format is None:
        raise ValueError("it is no sound")
    pieces: list[Samples] = []
    length = 0
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    try:
        with av.open(str(path), format=format) as source:
            for frame in chain(source.decode(audio=0), (None,)):
                for made in resampler.resample(frame):
                    pieces.append(made.to_ndarray().reshape(-1).astype(np.float32))
                    length += len(pieces[-1])
                    if length > LONGEST * RATE:
                        raise ValueError(f"it lasts longer than {LONGEST} s")
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("its sound cannot be decoded") from error
    joined = np.concatenate([np.zeros(0, np.float32), *pieces])
    samples: Samples = np.nan_to_num(joined, posinf=0.0, neginf=0.0)
    return samples


def kind(start: bytes) -> str | None:
    """Return the container that a file's first bytes show. Only these are opened: others can name further files."""
    for at, magic, name in ((0, b"RIFF", "wav"), (0, b"ID3", "mp3"), (0, b"OggS", "ogg"), (0, b"fLaC", "flac"),
                            (4, b"ftyp", "mp4")):  # fmt: skip
        if start[at:].startswith(magic):
            return name
    if len(start) > 1 and start[0] == 0xFF and start[1] & 0xE0 == 0xE0:
        return "mp3" if start[1] & 0x06 else "aac"
    return None


def timed(words: Sequence[str], said: Times, seconds: float) -> list[tuple[float, float]]:
    """Return when each of our *words* is said, in *seconds* of sound.

    They are found by their letters: a word may be cut otherwise there, or end in other punctuation. What is not
    found, as a number that is written out there, shares by its length the time between its neighbours.
    """
    ours = [(letter, number) for number, word in enumerate(words) for letter in _letters(word)]
    theirs: list[tuple[str, float, float]] = []
    for word, start, end in said:
        letters = _letters(word)
        edges = np.linspace(start, end, len(letters) + 1) if letters else ()
        theirs += [(letter, float(edges[n]), float(edges[n + 1])) for n, letter in enumerate(letters)]
    matcher = SequenceMatcher(None, [one[0] for one in ours], [one[0] for one in theirs], autojunk=False)
    found: dict[int, list[tuple[float, float]]] = {}
    for a, b, size in matcher.get_matching_blocks():
        for step in range(size):
            found.setdefault(ours[a + step][1], []).append(theirs[b + step][1:])
    sure = {
        number: (times[0][0], times[-1][1])
        for number, times in found.items()
        if len(times) >= KNOWN * len(_letters(words[number]))
    }
    if len(sure) < KNOWN * len(words):
        sure = {}
    return _filled(words, sure, seconds)


def _filled(
    words: Sequence[str], sure: dict[int, tuple[float, float]], seconds: float
) -> list[tuple[float, float]]:
    """Give the words that are not *sure* the time between those that are."""
    made: list[tuple[float, float]] = []
    at = 0
    while at < len(words):
        if at in sure:
            made.append(sure[at])
            at += 1
            continue
        until = next((number for number in range(at, len(words)) if number in sure), len(words))
        start = made[-1][1] if made else 0.0
        end = max(sure[until][0] if until in sure else seconds, start)
        weights = np.cumsum([0.0, *(len(word) + 1.5 for word in words[at:until])])
        edges = start + weights / weights[-1] * (end - start)
        made += [(float(edges[n]), float(edges[n + 1])) for n in range(until - at)]
        at = until
    return made


def _letters(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())
