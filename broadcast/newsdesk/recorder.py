"""Frames and sound into an MP4: H.264 and AAC, BT.709, ready to be streamed."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from numpy.typing import NDArray

from .sound import RATE, Samples
from .stage import FPS

#: A fifth less work than plain `veryfast`, at the same size and quality; adaptive quantisation stays on, since
#: without it dark gradients band.
X264 = "subme=1:me=dia:ref=1:rc-lookahead=10:weightp=0"
AAC_RATE = 112_000  #: bits a second
#: Half the work of the coder that is the default, and better above 64 kbit/s (FFmpeg, "Encoders", 6.1 aac).
AAC = {"aac_coder": "fast"}
BT709 = 1  #: of ITU-T H.273: primaries, transfer and matrix alike


class Recorder:
    """Writes one film of *frames* frames, with *samples* as its sound, or with no sound track at all.

    Frames come in order, each with its number; a gap lets the frame before stand longer. The last one must come.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        crf: int,
        frames: int,
        samples: Samples | None,
        *,
        gop: int = 4 * FPS,
    ) -> None:
        self._file: OutputContainer = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        options = {"preset": "veryfast", "crf": str(crf), "profile": "high", "x264-params": X264}
        self._video = self._file.add_stream("libx264", rate=FPS, options=options)
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        context = self._video.codec_context
        context.gop_size = gop
        context.color_range = 1  # limited
        context.colorspace = context.color_primaries = context.color_trc = BT709
        self._audio: AudioStream | None = None
        self._last: av.Packet[av.VideoStream] | None = None
        self._first = 0  # when the first packet is decoded, which is before it is shown
        self._frames = frames
        self._length = frames * RATE // FPS
        self._heard = 0
        if samples is not None:
            self._audio = self._file.add_stream("aac", rate=RATE, layout="mono", options=AAC)
            self._audio.bit_rate = AAC_RATE
            self._samples = np.zeros((1, self._length), np.float32)
            self._samples[0, : min(self._length, len(samples))] = samples[: self._length]

    def add(self, buffer: NDArray[np.uint8], number: int) -> None:
        """Encode *buffer*, a yuv420p frame, as frame *number*. It may be changed afterwards: x264 has its copy."""
        frame = av.VideoFrame.from_numpy_buffer(buffer, format="yuv420p")
        frame.pts = number
        frame.time_base = Fraction(1, FPS)
        self._show(self._video.encode(frame))
        self._speak(number * RATE // FPS)

    def close(self) -> None:
        """Write all that is still under way, and the index."""
        self._show(self._video.encode(None))
        if self._last is not None and self._last.dts is not None and self._last.time_base is not None:
            # Frames are not decoded in the order they are shown: only the whole says how long this one stands.
            end = self._first + round(self._frames / FPS / self._last.time_base)
            self._last.duration = end - self._last.dts
            self._file.mux(self._last)
        self._speak(self._length)
        if self._audio is not None:
            self._file.mux(self._audio.encode(None))
        self._file.close()

    def _show(self, packets: "list[av.Packet[av.VideoStream]]") -> None:
        """Write *packets* but the last one, which waits for its duration."""
        for packet in packets:
            if self._last is not None:
                self._file.mux(self._last)
            elif packet.dts is not None:
                self._first = packet.dts
            self._last = packet

    def _speak(self, until: int) -> None:
        """Encode the sound up to sample *until*, a second at a time: it lies in the file beside its pictures."""
        if self._audio is None or until <= self._heard:
            return
        if until - self._heard >= RATE or until == self._length:
            frame = av.AudioFrame.from_ndarray(self._samples[:, self._heard : until], format="fltp", layout="mono")
            frame.sample_rate = RATE
            frame.pts = self._heard
            frame.time_base = Fraction(1, RATE)
            self._file.mux(self._audio.encode(frame))
            self._heard = until


def picture(buffer: NDArray[np.uint8]) -> av.VideoFrame:
    """Return a yuv420p *buffer* as a frame that PyAV can turn into RGB."""
    frame = av.VideoFrame.from_numpy_buffer(buffer, format="yuv420p")
    frame.color_range = 1
    frame.colorspace = BT709
    return frame
