"""How fast a voice speaks, learned from what it said. Pure.

An exponential mean of what finished renders took: one that was padded with silence, or cut, moves it a little and
not for good. A rate is characters of spoken text a second, inside sentences, as `timing.seconds` takes it.
"""

from broadcast.types import Script

from . import timing
from .subrip import span

SHARE = 0.3  #: of a new measurement in the mean
FAR = 0.3  #: of the usual rate: what is further away than that is no speech, but a fault of the measurement


def measured(script: Script, seconds: float) -> float | None:
    """Return the rate at which *script* was said in *seconds*, pauses included; None where that cannot be."""
    texts = [sentence.text for segment in script.segments for sentence in segment.sentences]
    spoken = [timing.verbalise(text, script.language) for text in texts]
    pauses = timing.SENTENCE_PAUSE * sum(map(timing.sentence_ends, spoken))
    pauses += timing.SEGMENT_PAUSE * max(len(script.segments) - 1, 0)
    length = sum(timing.length(text, script.language) for text in spoken)
    if not length or seconds <= pauses:
        return None
    return length / (seconds - pauses)


def learned(known: float | None, rate: float, language: str) -> float:
    """Return what is known of a voice's rate after it was found to be *rate* once more."""
    usual = timing.usual(language)
    low, high = usual * (1 - FAR), usual * (1 + FAR)
    rate = min(max(rate, low), high)
    return rate if known is None else min(max(known, low), high) * (1 - SHARE) + rate * SHARE


def heard_seconds(srt: str, whole: float) -> float:
    """Return for how long something is said: by the subtitles *srt* where they tell, else *whole*."""
    first, last = span(srt) or (0.0, whole)
    return last - first
