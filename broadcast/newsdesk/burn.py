"""Captions drawn into a finished film: frames and sound go through one by one, only the plate's part is redrawn."""

import os
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from .canvas import Canvas
from .captions import joined, phrases
from .compositor import Box, Compositor, Layer, Sprite, split
from .fonts import Face
from .look import INK, WHITE, palette
from .recorder import AAC, AAC_RATE, BT709
from .subrip import TEXT, Cue, cues
from .typesetting import Block, Typesetter, breaks
from .voice import Word

PIXELS = 4096 * 2304  #: of a frame at most: 4K, wide or upright
RATES = (1, 240)  #: frames a second that are believed; the times of the frames are kept in any case
QUALITY = {"preset": "veryfast", "crf": "18", "profile": "high"}  #: x264: no loss that is seen, after one before
HDR = (16, 18)  #: transfers of ITU-T H.273 that this cannot draw in: PQ and HLG
UNSAID = 2  #: of H.273: the matrix is not named; nearly always it is BT.709
SAFE = 0.05  #: of the frame at each edge that is kept free: the title-safe area of EBU R 95
BOTTOM, UPRIGHT_BOTTOM = 0.93, 0.855  #: where a plate ends; phones cover more of an upright picture
SIZE, UPRIGHT_SIZE = 40 / 1080, 46 / 1920  #: of the type, in heights of the frame
SMALLEST = 8  #: pixels of type
STEPS = (1.0, 0.85, 0.7)  #: of the size, for what does not fit into two lines
FULL = 1.8  #: lines that two lines hold for certain: words do not end where lines do


def burn(
    video: Path,
    srt: str,
    target: Path,
    language: str,
    colour: str,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Write *video* as the MP4 *target*, with the SubRip captions *srt* drawn into its pictures.

    *colour* is the brand's, hexadecimal. The frames keep their times, AAC sound is copied packet by packet, other
    sound becomes AAC. *target* is there whole or not at all. Raises `ValueError` where *video* cannot be used,
    `OSError` where a file cannot be read or written.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with av.open(str(video)) as source:
            options = {"movflags": "+faststart"}
            with av.open(str(part), "w", format="mp4", options=options) as film:
                _Burning(source, film, cues(srt), language, colour).run(progress)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except av.FFmpegError as error:  # it does not travel between processes
        if isinstance(error, OSError):
            raise OSError(error.errno, error.strerror) from None
        raise ValueError(f"the video cannot be read: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    progress(1.0)


class Captions:
    """The plates of a film of *width* x *height* pixels. They are drawn when their time comes."""

    def __init__(self, found: list[Cue], language: str, colour: str, width: int, height: int) -> None:
        self._cues, self._starts = found, [cue.start for cue in found]
        self._type, self._accent = Typesetter(language), palette(colour).accent
        self._width = width
        upright = height > width
        self._size = max(round(height * (UPRIGHT_SIZE if upright else SIZE)), SMALLEST)
        self._bottom = round(height * (UPRIGHT_BOTTOM if upright else BOTTOM))
        self._room = max(width * (1 - 2 * SAFE) - 2 * self._size, SMALLEST)
        self._parts: tuple[int, list[Cue]] = (-1, [])
        self._plate: tuple[Cue, Layer] | None = None

    def at(self, seconds: float) -> Layer | None:
        """Return the plate that stands at *seconds*: the same object as long as it is the same plate."""
        seconds += 0.0005  # a cue is stamped to the millisecond, frames are not
        number = bisect_right(self._starts, seconds) - 1
        if number < 0 or seconds >= self._cues[number].end:
            return None
        if self._parts[0] != number:
            self._parts = number, self._divided(self._cues[number])
        cue = next((part for part in self._parts[1] if part.start <= seconds < part.end), None)
        if cue is None:
            return None
        if self._plate is None or self._plate[0] is not cue:
            self._plate = cue, self._drawn(cue.text)
        return self._plate[1]

    def _divided(self, cue: Cue) -> list[Cue]:
        """Return the cue as cues that each fit into two lines, and share its time by their length."""
        face = Face(self._size)
        text = self._type.clean(cue.text, TEXT)
        if self._type.width(text, face) <= FULL * self._room:
            return [replace(cue, text=text)] if text else []
        words: list[Word] = []
        done, share, glued = 0, (cue.end - cue.start) / len(text), False
        for unit in breaks(text):
            start = cue.start + done * share
            done += len(unit)
            words.append(Word(unit.strip(), start, cue.start + done * share, glued))
            glued = not unit.endswith(" ")
        found = phrases([words], FULL * self._room, lambda some: self._type.width(joined(some), face))
        starts = [cue.start, *(phrase.words[0].start for phrase in found[1:]), cue.end]
        return [Cue(*times, phrase.text) for times, phrase in zip(pairwise(starts), found, strict=True)]

    def _drawn(self, text: str) -> Layer:
        faces = [Face(max(round(self._size * step), SMALLEST)) for step in STEPS]
        block = self._type.fit(text, self._room, faces, [2] * len(faces))
        canvas = self._canvas(block)
        x, y = (self._width - canvas.width) // 2 & ~1, (self._bottom - canvas.height) & ~1
        return Layer(Sprite(canvas.image), x, y)

    def _canvas(self, block: Block) -> Canvas:
        """Draw the newsdesk's plate around one line or two, with the brand's colour where reading begins."""
        size = block.face.size
        canvas = Canvas(block.width + 2 * size, block.leading * (len(block.lines) - 1) + 2 * size)
        canvas.box(0, 0, canvas.width, canvas.height, radius=0.4 * size, fill=INK)
        bar = 0.14 * size
        left = canvas.width - 0.38 * size - bar if block.rtl else 0.38 * size
        canvas.box(left, 0.45 * size, bar, canvas.height - 0.9 * size, radius=bar / 2, fill=self._accent)
        for number, line in enumerate(block.lines):
            x = (canvas.width - line.width) / 2
            canvas.text(self._type, x, 1.35 * size + number * block.leading, line, block.face, WHITE)
        return canvas


class _Burning:
    """One film on its way from *source* to *film*."""

    def __init__(
        self, source: InputContainer, film: OutputContainer, found: list[Cue], language: str, colour: str
    ) -> None:
        self._source, self._film = source, film
        video, audio = source.streams.best("video"), source.streams.best("audio")
        if not isinstance(video, VideoStream) or not video.width or not video.height:
            raise ValueError("the video has no pictures")
        if video.width * video.height > PIXELS:
            raise ValueError(f"the video has {video.width}x{video.height} pixels; 4K is the most")
        if video.color_trc in HDR:
            raise ValueError("the video is HDR; captions can be drawn in BT.709 only")
        self._seen, self._heard = video, audio if isinstance(audio, AudioStream) else None
        video.thread_type = "AUTO"
        self._size = video.width & ~1, video.height & ~1
        rate = video.average_rate or video.guessed_rate or Fraction(30)
        rate = rate if RATES[0] <= rate <= RATES[1] else Fraction(30)
        self._pictures = film.add_stream("libx264", rate=rate, options=QUALITY)
        self._pictures.width, self._pictures.height = self._size
        self._pictures.pix_fmt = "yuv420p"
        context = self._pictures.codec_context
        context.time_base = video.time_base or 1 / rate
        context.gop_size = round(4 * rate)
        context.sample_aspect_ratio = video.sample_aspect_ratio or Fraction(1)
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries = context.color_trc = BT709
        self._copied = self._heard is not None and self._heard.codec_context.name == "aac"
        self._sound: AudioStream | None = None
        if self._heard is not None and self._copied:
            self._sound = film.add_stream_from_template(self._heard)
        elif self._heard is not None:
            self._sound = film.add_stream("aac", rate=self._heard.rate, layout=self._heard.layout.name, options=AAC)
            self._sound.bit_rate = AAC_RATE
        self._captions = Captions(found, language, colour, *self._size)
        self._reformatter = VideoReformatter()
        self._waiting: av.Packet[VideoStream] | None = None
        self._first = 0  # when the first packet is decoded

    def run(self, progress: Callable[[float], None]) -> None:
        start: int | None = None
        before = end = 0
        length = self._length()
        number = 0
        for packet in self._source.demux([each for each in (self._seen, self._heard) if each is not None]):
            if packet.stream.type == "audio":
                self._hear(cast("av.Packet[AudioStream]", packet))
                continue
            for frame in packet.decode():
                if not isinstance(frame, av.VideoFrame):
                    continue
                if frame.pts is None or (start is not None and frame.pts <= before):
                    continue  # damaged: it has no place of its own in time
                start, before = frame.pts if start is None else start, frame.pts
                end = frame.pts + max(frame.duration, 1)
                self._mux(self._pictures.encode(self._made(frame)))
                if number % 15 == 0 and length:
                    progress(min(max((frame.time or 0.0) / length, 0.0), 0.99))
                number += 1
        if start is None:
            raise ValueError("the video has no pictures")
        self._mux(self._pictures.encode(None))
        if self._seen.duration is not None:
            end = max((self._seen.start_time or 0) + self._seen.duration, before + 1)
        self._end(end - start)

    def _length(self) -> float:
        """Return how long the film is, in seconds, or 0 where it does not say."""
        return (self._source.duration or 0) / av.time_base

    def _made(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the frame as BT.709 with its plate."""
        if frame.rotation:
            raise ValueError("the video is stored lying on its side")
        limited = frame.color_range in (ColorRange.MPEG, ColorRange.UNSPECIFIED)
        alike = limited and frame.format.name == "yuv420p" and frame.colorspace in (BT709, UNSAID)
        if not alike or (frame.width, frame.height) != self._size:
            frame = self._reformatter.reformat(
                frame, *self._size, "yuv420p",
                dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG,
            )  # fmt: skip
        plate = self._captions.at(frame.time or 0.0)
        if plate is not None:
            lay(frame, plate)
        frame.pict_type = PictureType.NONE  # the encoder's own choice, not the source's
        return frame

    def _mux(self, packets: "list[av.Packet[VideoStream]]") -> None:
        """Write *packets* but the last one: how long it stands is known at the end only."""
        for packet in packets:
            if self._waiting is None:
                self._first = packet.dts or 0
            else:
                self._film.mux(self._waiting)
            self._waiting = packet

    def _end(self, length: int) -> None:
        """Write what waits; the pictures last *length* units of the source's time."""
        last, base = self._waiting, self._seen.time_base
        if last is not None and last.dts is not None and last.time_base is not None and base is not None:
            last.duration = max(self._first + round(length * base / last.time_base) - last.dts, 1)
            self._film.mux(last)

    def _hear(self, packet: "av.Packet[AudioStream]") -> None:
        assert self._sound is not None
        if not self._copied:
            for heard in packet.decode():
                self._film.mux(self._sound.encode(heard))
            if packet.dts is None and not packet.size:
                self._film.mux(self._sound.encode(None))
        elif packet.dts is not None:
            packet.stream = self._sound
            self._film.mux(packet)


def lay(frame: av.VideoFrame, plate: Layer) -> None:
    """Draw *plate* over a yuv420p *frame*; no pixel beside it is touched."""
    frame.make_writable()  # the decoder may still need its own copy
    box = plate.box().cut(Box(0, 0, frame.width & ~1, frame.height & ~1))
    width, height = box.right - box.left, box.bottom - box.top
    areas = [_samples(frame, 0)[box.top : box.bottom, box.left : box.right]]
    areas += [_samples(frame, n)[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2] for n in (1, 2)]
    ground = np.empty((height * 3 // 2, width), np.uint8)
    luma, chroma = split(ground, width, height)
    for here, there in zip((luma, *chroma), areas, strict=True):
        here[:] = there
    part = Compositor(ground, width, height)
    part.draw([plate._replace(x=plate.x - box.left, y=plate.y - box.top)])
    luma, chroma = split(part.buffer, width, height)
    for here, there in zip((luma, *chroma), areas, strict=True):
        there[:] = here


def _samples(frame: av.VideoFrame, number: int) -> NDArray[np.uint8]:
    """Return one plane of the frame, as a view."""
    plane = frame.planes[number]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
