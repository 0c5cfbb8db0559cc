"""The files that a rehearsed render leaves: a playable MP4, a WAV, pictures. Made when somebody fetches them."""

import io
import random
import struct
import wave
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Protocol

RATE = 16_000  #: samples a second
FRAMES = 2  #: a second
BLOCK = random.Random(0).randbytes(65_521)  #: of a prime length, so that a download resumed off by one byte differs


class Content(Protocol):
    """A file, however it comes to be."""

    @property
    def mime(self) -> str: ...
    @property
    def size(self) -> int: ...
    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from *start* up to *stop*, some at a time."""


@dataclass(frozen=True)
class Made:
    """Bytes, then *padding* more of them that are made while they are sent, then a *tail*."""

    mime: str
    data: bytes
    padding: int = 0
    tail: bytes = b""

    @property
    def size(self) -> int:
        return len(self.data) + self.padding + len(self.tail)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        padded = len(self.data) + self.padding
        while start < stop:
            if start < len(self.data):
                piece = self.data[start : min(stop, start + len(BLOCK))]
            elif start < padded:
                at = (start - len(self.data)) % len(BLOCK)
                piece = BLOCK[at : at + min(stop, padded) - start]
            else:
                piece = self.tail[start - padded : stop - padded]
            yield piece
            start += len(piece)


@dataclass(frozen=True)
class Stored:
    """A file on the disk."""

    mime: str
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(start)
            while start < stop and (piece := file.read(min(stop - start, len(BLOCK)))):
                yield piece
                start += len(piece)


def film(seconds: float, size: tuple[int, int], *, at_least: int = 0) -> Made:
    """Return an MP4 of *seconds* and *size*; what no sample refers to makes it *at_least* so many bytes long."""
    data = playable(seconds, size)
    padding = max(0, at_least - len(data))
    at = 0
    while (long := struct.unpack(">I", data[at : at + 4])[0]) and data[at + 4 : at + 8] != b"mdat":
        at += long
    longer = data[:at] + struct.pack(">I", long + padding) + data[at + 4 : at + long]
    return Made("video/mp4", longer, padding, data[at + long :])


@lru_cache(maxsize=64)
def playable(seconds: float, size: tuple[int, int]) -> bytes:
    try:
        import av
    except ImportError:
        return boxes(seconds, size)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        fast = {"preset": "ultrafast", "crf": "35", "threads": "1"}
        picture = container.add_stream("libx264", rate=FRAMES, options=fast)
        picture.width, picture.height = size
        picture.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.VideoFrame(*size, "yuv420p")
        for number in range(round(seconds * FRAMES)):
            for plane, value in zip(frame.planes, (40 + number % 160, 118, 140), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, FRAMES)
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        for start in range(0, round(seconds * RATE), 1024):
            samples = av.AudioFrame("fltp", "mono", min(1024, round(seconds * RATE) - start))
            samples.planes[0].update(bytes(samples.planes[0].buffer_size))
            samples.sample_rate, samples.pts, samples.time_base = RATE, start, Fraction(1, RATE)
            container.mux(sound.encode(samples))
        container.mux(sound.encode())
    return buffer.getvalue()


def boxes(seconds: float, size: tuple[int, int]) -> bytes:
    """Return the smallest file that says of itself what a video says. It has no pictures."""
    head = struct.pack(">B3xIIII", 0, 0, 0, 1000, round(seconds * 1000))
    shape = struct.pack(">II", size[0] << 16, size[1] << 16)
    track = box(b"trak", box(b"tkhd", bytes(76) + shape))
    return box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", head + bytes(80)) + track) + box(b"mdat", b"pictures")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def sound(seconds: float, words: Sequence[tuple[float, float]]) -> Made:
    """Return a WAV that hums at every one of *words*, given as start and end, and is silent at the end of each."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        hums = [struct.pack("<h", 6000) * half + struct.pack("<h", -6000) * half for half in (50, 40, 60)]
        made = bytearray(2 * round(seconds * RATE))
        for number, (start, end) in enumerate(words):
            first, count = round(start * RATE), round((end - start) * 0.8 * RATE)
            hum = hums[number % len(hums)]
            made[2 * first : 2 * (first + count)] = (hum * (2 * count // len(hum) + 1))[: 2 * count]
        file.writeframes(bytes(made))
    return Made("audio/wav", buffer.getvalue())


def png(size: tuple[int, int]) -> Made:
    """Return a picture of one colour."""
    row = b"\0" + b"\x28\x50\x90" * size[0]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(row * size[1])),
        (b"IEND", b""),
    ]  # fmt: skip
    chunks = (
        struct.pack(">I", len(data)) + k + data + struct.pack(">I", zlib.crc32(k + data)) for k, data in parts
    )
    return Made("image/png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


GIF = Made(
    "image/gif",
    b"GIF89a\1\0\1\0\x80\0\0\x28\x50\x90\xff\xff\xff!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
)

SIGNATURES = (
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"), ("image/jpeg", 0, b"\xff\xd8\xff"), ("video/mp4", 4, b"ftyp"),
    ("video/webm", 0, b"\x1aE\xdf\xa3"), ("audio/mpeg", 0, b"ID3"), ("audio/mpeg", 0, b"\xff\xfb"),
    ("audio/mpeg", 0, b"\xff\xf3"), ("audio/wav", 8, b"WAVE"), ("application/pdf", 0, b"%PDF-"),
)  # fmt: skip


def kind(start: bytes) -> str | None:
    """Return the media type that a file's first bytes show, or None for one that the service does not take."""
    for mime, at, magic in SIGNATURES:
        if start[at:].startswith(magic):
            return mime
    if b" --> " in start[:200] and start.lstrip(b"\xef\xbb\xbf\r\n ")[:1].isdigit():
        return "application/x-subrip"
    return None
