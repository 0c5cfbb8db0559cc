"""A script into a narration: samples, and when every word is said.

English is spoken by the voice that comes with hibari-tts. Its network computes how long each phoneme lasts and
keeps that to itself; naming the tensor as one more output gives word times that are exact to 25 ms and changes
no sample. Where the tensor is not there, and in every other language, words share their sentence's time by
their length. A speech that somebody else lent, in any language, takes the place of a segment.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from broadcast.text import counted
from broadcast.types import Script, Speech

from .sound import RATE, Samples, doubled, levelled
from .speech import Times, audible, decoded, heard, timed
from .typesetting import breaks

#: The network's tensor of frames per phoneme, in hibari-tts 0.2.1.
DURATIONS = "/Clip_output_0"
SEED = 7  #: of the noise in the voice: the same text gives the same samples

LEAD = 0.55  #: seconds of picture before the first word
BETWEEN_SENTENCES = 0.34
BETWEEN_SEGMENTS = 0.75
TAIL = 1.2  #: seconds of picture after the last word
MARGIN = 0.05  #: seconds kept around what can be heard of a sentence


@dataclass(frozen=True)
class Word:
    """A word as it is shown; *start* and *end* are seconds from the start of the show.

    *glued* says that no space stands before it, as in Chinese.
    """

    text: str
    start: float
    end: float
    glued: bool = False


@dataclass(frozen=True)
class Narration:
    """What is said: the samples at `RATE`, and per segment and sentence the words. *seconds* is the whole show."""

    samples: Samples
    segments: tuple[tuple[tuple[Word, ...], ...], ...]
    seconds: float
    spoken: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Spoken:
    samples: Samples
    words: tuple[Word, ...]  # from the start of the sentence
    seconds: float


def narrate(script: Script, texts: Sequence[Sequence[str]], speeches: Sequence[Speech | None] = ()) -> Narration:
    """Say *texts*, which are the sentences of each of the script's segments as they are shown.

    A segment with a speech is said by that; the others by the voice that comes along, where it knows the language.
    """
    notes: list[str] = []
    lent = _lent(texts, speeches, notes)
    voice = None
    if len(lent) == len(texts):
        pass
    elif script.language.lower()[:2] == "en":
        voice = EnglishVoice()
        if not voice.exact:
            notes.append("the voice does not tell its word times: captions follow an estimate")
    elif lent:
        notes.append(f"{len(texts) - len(lent)} of {len(texts)} segments without a voice: captions only")
    else:
        notes.append(f"no voice for language {script.language!r}: a silent track with captions")
    mute = 0
    at = LEAD
    own: list[tuple[float, Samples]] = []
    other: list[tuple[float, Samples]] = []
    segments: list[tuple[tuple[Word, ...], ...]] = []
    for number, sentences in enumerate(texts):
        if number in lent:
            samples, said = lent[number]
            other.append((at, samples))
            told = _told(sentences, said, len(samples) / RATE, at)
            at += len(samples) / RATE + BETWEEN_SENTENCES
        else:
            told = []
            for text in sentences:
                spoken = voice.say(text) if voice else None
                if spoken is None:
                    mute += voice is not None
                    spoken = _unspoken(text, script.language)
                own.append((at, spoken.samples))
                told.append(tuple(Word(w.text, w.start + at, w.end + at, w.glued) for w in spoken.words))
                at += spoken.seconds + BETWEEN_SENTENCES
        segments.append(tuple(told))
        at += BETWEEN_SEGMENTS - BETWEEN_SENTENCES * bool(sentences)
    if mute:
        notes.append(
            f"{counted(mute, 'sentence', 'sentences')} cannot be spoken by the English voice: captions only"
        )
    total = at - BETWEEN_SEGMENTS + TAIL
    track = _track(other, total, RATE)
    if voice:  # each voice is brought to the same loudness by itself
        mine = doubled(_track(own, total, voice.rate))[: len(track)]
        track[: len(mine)] += mine
    return Narration(track, tuple(segments), total, bool(voice or other), tuple(notes))


def spoken_by(texts: Sequence[Sequence[str]], track: Speech) -> Narration:
    """Have *track*, one speech of all *texts*, be the narration as it is: whoever speaks it is seen to.

    Raises `ValueError` where its file has no sound.
    """
    try:
        samples = decoded(track.path)
    except ValueError as error:
        raise ValueError(f"the clip cannot be heard: {error}") from error
    seconds = len(samples) / RATE
    notes = [] if track.words else ["the clip does not tell its word times: captions follow an estimate"]
    if not audible(samples):
        notes.append("nothing can be heard in the clip")
    shown = [[display_words(text) for text in sentences] for sentences in texts]
    every = [word for sentences in shown for words in sentences for word, _ in words]
    times = iter(timed(every, track.words, seconds))
    segments = tuple(
        tuple(
            tuple(
                Word(word, LEAD + start, LEAD + end, glued)
                for (word, glued), (start, end) in ((each, next(times)) for each in words)
            )
            for words in sentences
        )
        for sentences in shown
    )
    total = LEAD + seconds + TAIL
    return Narration(_track([(LEAD, samples)], total, RATE), segments, total, True, tuple(notes))


def _lent(
    texts: Sequence[Sequence[str]], speeches: Sequence[Speech | None], notes: list[str]
) -> dict[int, tuple[Samples, Times]]:
    """Return the speeches that can be heard, by the number of their segment."""
    found: dict[int, tuple[Samples, Times]] = {}
    untimed = 0
    for number, speech in enumerate(speeches[: len(texts)]):
        if speech is None:
            continue
        try:
            found[number] = heard(speech)
        except (ValueError, OSError) as error:
            notes.append(f"the speech of segment {number + 1} is left out: {error}")
        else:
            untimed += not found[number][1]
    if untimed:
        segments = counted(untimed, "segment", "segments")
        notes.append(f"the voice does not tell the word times of {segments}: captions follow an estimate")
    return found


def _told(sentences: Sequence[str], said: Times, seconds: float, at: float) -> list[tuple[Word, ...]]:
    """Give the words of *sentences*, which one speech says, their times from *at* on."""
    shown = [display_words(sentence) for sentence in sentences]
    times = iter(timed([word for words in shown for word, _ in words], said, seconds))
    told = []
    for words in shown:
        spans = ((word, glued, *next(times)) for word, glued in words)
        told.append(tuple(Word(word, at + start, at + end, glued) for word, glued, start, end in spans))
    return told


def _track(pieces: Sequence[tuple[float, Samples]], total: float, rate: int) -> Samples:
    track = np.zeros(round(total * rate), np.float32)
    for at, samples in pieces:
        start = round(at * rate)
        track[start : start + len(samples)] += samples[: len(track) - start]
    return levelled(track, rate)


def _unspoken(text: str, language: str) -> _Spoken:
    from broadcast.scripting.timing import seconds as estimated

    total = max(estimated(text, language), 0.6)
    return _Spoken(np.zeros(0, np.float32), shared(text, 0.0, total), total)


def display_words(text: str) -> list[tuple[str, bool]]:
    """Return what captions are made of: words, or pieces of them where a script has no spaces, and if glued."""
    words: list[tuple[str, bool]] = []
    for word in text.split():
        words += [(unit.strip(), number > 0) for number, unit in enumerate(breaks(word))]
    return words


def shared(text: str, start: float, end: float) -> tuple[Word, ...]:
    """Share the time from *start* to *end* among the words of *text* by their length."""
    words = display_words(text)
    weights = np.cumsum([0.0, *(len(word) + 1.5 for word, _ in words)])
    times = start + weights / weights[-1] * (end - start)
    return tuple(Word(word, float(times[n]), float(times[n + 1]), glued) for n, (word, glued) in enumerate(words))


class EnglishVoice:
    """The voice "heart" of hibari-tts: 24 kHz, one channel, no network. Loading takes about half a second."""

    def __init__(self) -> None:
        from hibari import SAMPLE_RATE, Hibari
        from hibari.voices import DEFAULT, voice_path

        self.rate: int = SAMPLE_RATE
        assert 2 * self.rate == RATE
        self.exact = True
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "voice.onnx"
            model.write_bytes(Path(voice_path(DEFAULT)).read_bytes() + _one_more_output(DURATIONS))
            try:
                self._voice: Any = Hibari(model=str(model))
            except Exception:  # noqa: BLE001 - whatever onnxruntime raises for a tensor that is not there
                self._voice = Hibari()
                self.exact = False
        self._noise = np.random.default_rng(SEED)

    def say(self, text: str) -> _Spoken | None:
        """Return *text* spoken, or None where the voice has no sounds for it."""
        parts: list[Samples] = []
        spans: list[tuple[float, float]] = []  # of each spoken word, in seconds
        length = 0
        for phonemes in self._voice.phonemize(text):
            samples, found = self._say(phonemes)
            parts.append(samples)
            spans += [(start + length / self.rate, end + length / self.rate) for start, end in found]
            length += len(samples)
        if not length:
            return None
        samples = np.concatenate(parts)
        heard = np.flatnonzero(
            np.abs(samples) > 0.01
        )  # -40 dBFS: the voice begins and ends with a third of a second
        margin = round(MARGIN * self.rate)
        first = max(int(heard[0]) - margin, 0) if len(heard) else 0
        samples = samples[first : int(heard[-1]) + margin] if len(heard) else samples
        total = len(samples) / self.rate
        if not self.exact:
            return _Spoken(samples, shared(text, 0.0, total), total)
        cut = first / self.rate
        words = tuple(
            Word(
                word.text, min(max(word.start - cut, 0.0), total), min(max(word.end - cut, 0.0), total), word.glued
            )
            for word in self._aligned(text, spans)
        )
        return _Spoken(samples, words, total)

    def _say(self, phonemes: str) -> tuple[Samples, list[tuple[float, float]]]:
        """Speak a string of phonemes; return the samples and when each of its words is said."""
        from hibari import dsp

        ids = self._voice.ids(phonemes)
        if len(ids) < 3:
            return np.zeros(0, np.float32), []
        made = self._voice.sess.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([1.0], np.float32)}
        )
        samples: Samples = dsp.synth(*(each[0] for each in made[:6]), self._noise)
        if not self.exact:
            return samples, []
        frames = made[6].reshape(-1)
        edges = np.cumsum(frames) * (len(samples) / self.rate / frames.sum())  # where each phoneme ends
        spans, start = [], float(edges[0])
        known = [phoneme for phoneme in phonemes if phoneme in self._voice.vocab]
        for number, phoneme in enumerate(known, 1):
            if phoneme == " ":
                spans.append((start, float(edges[number - 1])))
                start = float(edges[number])
        return samples, [*spans, (start, float(edges[len(known)]))]

    def _aligned(self, text: str, spans: Sequence[tuple[float, float]]) -> tuple[Word, ...]:
        """Give every written word the time of the spoken words it stands for: "1.4%" is four of them."""
        words = display_words(text)
        counts = [max(1, len(self._voice.g2p(word).split())) for word, _ in words]
        edges = np.rint(np.cumsum([0, *counts]) * (len(spans) / sum(counts))).astype(int)
        aligned = []
        for number, (word, glued) in enumerate(words):
            first = min(int(edges[number]), len(spans) - 1)
            last = min(max(first, int(edges[number + 1]) - 1), len(spans) - 1)
            aligned.append(Word(word, spans[first][0], spans[last][1], glued))
        return tuple(aligned)


def _one_more_output(tensor: str) -> bytes:
    """Return bytes that, behind an ONNX file, make *tensor* one more output: protobuf merges what is joined."""
    floats = _field(2, _field(1, b"\x08\x01"))  # ValueInfoProto.type.tensor_type.elem_type = FLOAT
    return _field(7, _field(12, _field(1, tensor.encode()) + floats))  # ModelProto.graph.output


def _field(number: int, value: bytes) -> bytes:
    assert len(value) < 128
    return bytes((number << 3 | 2, len(value))) + value
