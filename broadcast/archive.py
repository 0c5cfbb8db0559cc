"""Where finished videos live: a folder per run, every file whole or not there at all."""

import asyncio
import hashlib
import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from .errors import Refused, Rejected, Unavailable
from .plugins import Http
from .types import Job, Rendered, Video

CHUNK = 1 << 20  #: bytes moved at a time
FETCH_SECONDS = 900.0
START = 1024  #: bytes of a file by which it is known
CONNECTIONS = 5  #: to one address, each going on where the last one broke
VIDEO, SMALL = 4_000_000_000, 20_000_000  #: bytes of a video; of a poster, a preview or captions
#: How a GIF begins (GIF89a specification, "Header"); how any picture does (PNG 3, T.81, RIFF of WebP).
GIF = (b"GIF87a", b"GIF89a")
PICTURE = (*GIF, b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
SHORTEST, LONGEST = 0.4, 3.0  #: of the estimated seconds: beyond that it is not what was asked for


@dataclass(frozen=True)
class Picture:
    """What a file says of itself."""

    seconds: float
    width: int
    height: int


class Archive:
    """Keeps what was rendered under *root*."""

    def __init__(self, root: Path, http: Http) -> None:
        self._root, self._http = root, http

    def folder(self, show: str, slot: datetime, edition: str) -> Path:
        return self._root / show / f"{slot:%Y%m%dT%H%M%SZ}" / edition

    async def keep(self, rendered: Rendered, job: Job, folder: Path, *, expected: float) -> Video:
        """Bring a render into *folder*, and check that it is a playable video of about *expected* seconds.

        Raises `Rejected` where it is not, `Unavailable` where it could not be fetched or written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "video.mp4"
            sha256 = await self._take(rendered.video, path, rendered.kin)
            picture = await asyncio.to_thread(look, path)
            if not expected * SHORTEST <= picture.seconds <= expected * LONGEST:
                raise Rejected(
                    f"the video lasts {picture.seconds:.1f} s where about {expected:.0f} s were asked for"
                )
            notes = list(rendered.notes)
            name = f"poster{_suffix(rendered.poster)}"
            poster = await self._beside(rendered.poster, folder, name, rendered, notes, _begins(PICTURE))
            gif = await self._beside(rendered.gif, folder, "preview.gif", rendered, notes, _begins(GIF))
            srt = await self._beside(rendered.captions, folder, "captions.srt", rendered, notes, _has_cues)
            vtt = folder / "captions.vtt" if srt else None
            if srt and vtt:
                write(vtt, web_captions(srt.read_text(encoding="utf-8", errors="replace")).encode())
        except OSError as error:
            raise Unavailable(f"the archive cannot be written: {error.strerror or error} ({folder})") from None
        return Video(
            renderer=job.renderer, job=job.id, path=path, sha256=sha256, bytes=path.stat().st_size,
            seconds=round(picture.seconds, 3), width=picture.width, height=picture.height,
            fleeting=rendered.video if isinstance(rendered.video, str) else None,
            poster=poster, gif=gif, srt=srt, vtt=vtt, usd=rendered.usd, estimate=job.estimate, notes=tuple(notes),
        )  # fmt: skip

    async def replace(self, video: Video, path: Path) -> Video:
        """Return *video* as it lies at *path*: the same, worked over."""
        picture = await asyncio.to_thread(look, path)
        seconds, size = round(picture.seconds, 3), path.stat().st_size
        found = {
            "path": path,
            "sha256": await asyncio.to_thread(_digest, path),
            "bytes": size,
            "seconds": seconds,
            "fleeting": None,
        }
        return video.model_copy(update=found)

    async def _beside(
        self,
        source: str | Path | None,
        folder: Path,
        name: str,
        rendered: Rendered,
        notes: list[str],
        fits: Callable[[bytes], bool],
    ) -> Path | None:
        """Bring a file that goes with the video, whose start *fits*. Without it the video airs all the same."""
        if source is None:
            return None
        try:
            await self._take(source, folder / name, rendered.kin, SMALL)
            if not fits(_start(folder / name)):
                (folder / name).unlink()
                raise Unavailable("what came is something else")
        except Unavailable as error:
            notes.append(f"{name} is missing: {error}")
            return None
        return folder / name

    async def _take(self, source: str | Path, target: Path, kin: str | None, limit: int = VIDEO) -> str:
        if isinstance(source, Path):
            return await asyncio.to_thread(_copy, source, target)
        trusted = urlsplit(source).hostname == kin  # else it came from content: public addresses only
        try:
            return await self._download(source, target, limit, trusted)
        except (Refused, Rejected) as error:
            raise Unavailable(f"{error} (it may have expired: a new one is asked for)") from None

    async def _download(self, url: str, target: Path, limit: int, trusted: bool) -> str:
        """Stream *url* into *target*, and return its sha256. What breaks off is gone on with where it was."""
        digest, size = hashlib.sha256(), 0
        with _whole(target.with_name(f".{target.name}.part"), target) as file:
            for tried in range(1, CONNECTIONS + 1):
                ask = self._http.stream(
                    url,
                    label="the render's address",
                    limit=limit,
                    deadline=FETCH_SECONDS,
                    trusted=trusted,
                    start=size,
                )
                came = 0
                try:
                    async with ask as body:
                        if body.start != size:  # it gives everything again
                            file.seek(0)
                            file.truncate()
                            digest, size = hashlib.sha256(), 0
                        async for chunk in body:
                            digest.update(chunk)
                            await asyncio.to_thread(file.write, chunk)
                            size += len(chunk)
                            came += len(chunk)
                    return digest.hexdigest()
                except Unavailable:
                    if tried == CONNECTIONS or not came:
                        raise
        raise AssertionError("unreachable")


def write(path: Path, content: bytes) -> None:
    """Write a small file so that it is whole or not there at all."""
    with _whole(path.with_name(f".{path.name}.part"), path) as file:
        file.write(content)


def web_captions(srt: str) -> str:
    """Return SubRip captions as WebVTT."""
    body = re.sub(r"(\d\d:\d\d:\d\d),(\d{3})", r"\1.\2", srt.replace("\r\n", "\n").lstrip("\ufeff"))
    return f"WEBVTT\n\n{body}"


def look(path: Path) -> Picture:
    """Read duration and size from an MP4's own table. Raises `Rejected` where it is not a playable MP4."""
    with path.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        if end == 0:
            raise Rejected("the video has 0 bytes")
        boxes = dict(_boxes(file, 0, end))
        if "ftyp" not in boxes:
            start = _head(file)
            raise Rejected(f"what came is not an MP4: it begins with {start!r}")
        if "moov" not in boxes or "mdat" not in boxes:
            raise Rejected("the video is cut off: its table or its pictures are missing")
        movie = dict(_boxes(file, *boxes["moov"]))
        seconds = _duration(file, *movie["mvhd"]) if "mvhd" in movie else 0.0
        sizes = [_size(file, *box) for kind, box in _boxes(file, *boxes["moov"]) if kind == "trak"]
    width, height = max(sizes, default=(0, 0))
    if not seconds or not width or not height:
        raise Rejected("the video has no pictures")
    return Picture(seconds, width, height)


def _begins(how: tuple[bytes, ...]) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(how)


def _has_cues(start: bytes) -> bool:
    return b"-->" in start


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START)


def _head(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(16).decode("latin-1")


def _boxes(file: BinaryIO, start: int, end: int) -> list[tuple[str, tuple[int, int]]]:
    found: list[tuple[str, tuple[int, int]]] = []
    while start + 8 <= end and len(found) < 10_000:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        body = start + 8
        if size == 1:
            size, body = struct.unpack(">Q", file.read(8))[0], start + 16
        elif size == 0:
            size = end - start
        if size < body - start or start + size > end:
            break  # cut off, or not a box at all
        found.append((kind.decode("latin-1"), (body, start + size)))
        start += size
    return found


def _duration(file: BinaryIO, start: int, end: int) -> float:
    file.seek(start)
    data = file.read(min(end - start, 32))
    scale, duration = struct.unpack(">IQ", data[20:32]) if data[0] == 1 else struct.unpack(">II", data[12:20])
    return float(duration / scale) if scale else 0.0


def _size(file: BinaryIO, start: int, end: int) -> tuple[int, int]:
    header = dict(_boxes(file, start, end)).get("tkhd")
    if header is None:
        return 0, 0
    file.seek(header[1] - 8)
    width, height = struct.unpack(">II", file.read(8))
    return width >> 16, height >> 16


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with _whole(target.with_name(f".{target.name}.part"), target) as copy, source.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


@contextmanager
def _whole(part: Path, target: Path) -> Iterator[BinaryIO]:
    """Give a file to write; it becomes *target* when all went well, and is gone when not."""
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _suffix(source: str | Path | None) -> str:
    name = str(source).partition("?")[0].lower()
    return ".png" if name.endswith(".png") else ".jpg"
