"""The file of a bundle: a zip, written as a stream and the same for the same contents, and read with suspicion.

`manifest.json` names every other member with its SHA-256, `manifest.sha256` is the manifest's own. Nothing is ever
unpacked to a disk, and what is no bundle of ours is refused before any of it is read.
"""

import hashlib
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broadcast.errors import Rejected

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
FORMAT = "broadcast bundle 1"
CHUNK = 1 << 20  #: bytes moved at a time
TEXT, TEXTS = 100_000_000, 200_000_000  #: bytes of one member that is read whole, and of all such together
VIDEO = 2_000_000_000  #: bytes of a video that goes into a bundle: more needs another kind of zip
MEMBERS, DIRECTORY = 1_000, 1_000_000  #: members, and bytes of the list of them at the end of the file
NAME = re.compile(
    r"[A-Za-z0-9_-][A-Za-z0-9_.@-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.@-]*)*"
)  #: no `..`, no root, no drive
_DATE = (1980, 1, 1, 0, 0, 0)  #: the first that a zip can say; the time of packing is nobody's business
_MODE = (stat.S_IFREG | 0o644) << 16
_END = 22  #: bytes of the record that a zip without a comment ends on (PKWARE APPNOTE 4.3.16)


@dataclass(frozen=True)
class Member:
    """One file of a bundle."""

    name: str
    what: str  #: in words, for whoever opens it
    content: bytes | Path  #: what it holds, or the file that does
    sha256: str
    bytes: int

    @property
    def is_video(self) -> bool:
        return self.name.endswith(".mp4")


def sha256(content: bytes | Path) -> str:
    """Return the hash of a member's content."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def packed(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield the zip of *members* in their order, a piece at a time."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:  # the sink cannot seek: lengths are written behind each member
        for member in members:
            info = zipfile.ZipInfo(member.name, _DATE)
            info.compress_type = zipfile.ZIP_STORED if member.is_video else zipfile.ZIP_DEFLATED
            info.external_attr, info.create_system, info.file_size = _MODE, 3, member.bytes
            with (
                archive.open(info, "w") as target,
                io.BytesIO(member.content)
                if isinstance(member.content, bytes)
                else member.content.open("rb") as of,
            ):
                while chunk := of.read(CHUNK):
                    target.write(chunk)
                    yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the zip is written to: it is handed on at once."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Opened:
    """A bundle that can be read. Made with `opened`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = [info.filename for info in archive.infolist()]

    def read(self, name: str) -> bytes:
        """Return what a member that is no video holds. Raises `Rejected` where it is damaged."""
        return b"".join(self._chunks(name))

    def digest(self, name: str) -> tuple[str, int]:
        """Return the SHA-256 of a member, and its length. Raises `Rejected` where it is damaged."""
        digest, size = hashlib.sha256(), 0
        for chunk in self._chunks(name):
            digest.update(chunk)
            size += len(chunk)
        return digest.hexdigest(), size

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
            raise Rejected(f"{name} is damaged: {type(error).__name__}") from None

    def close(self) -> None:
        self._archive.close()


def opened(path: Path) -> Opened:
    """Open the bundle at *path*. Raises `Rejected` for whatever is none that we wrote."""
    archive = None
    try:
        with path.open("rb") as file:
            _small_enough(file)
        archive = zipfile.ZipFile(path)
        _unsuspicious(archive.infolist())
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror or error}") from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, IndexError):
        raise Rejected(f"{path} is no bundle: it is not a zip, or a damaged one") from None
    except Rejected:
        if archive:
            archive.close()
        raise
    return Opened(archive)


def _small_enough(file: io.BufferedReader) -> None:
    """Raise where the list of members is not what we write, before anything of it is read."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(end - _END, 0))
    record = file.read(_END)
    if len(record) < _END or record[:4] != b"PK\x05\x06":
        raise Rejected(f"{file.name} is no bundle: it is not a zip, or has something behind it")
    if int.from_bytes(record[12:16], "little") > DIRECTORY or int.from_bytes(record[10:12], "little") > MEMBERS:
        raise Rejected(f"{file.name} is refused: a bundle has at most {MEMBERS} members")


def _unsuspicious(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        name, mode = info.filename, info.external_attr >> 16
        shown = repr(name[:80])
        if not NAME.fullmatch(name) or info.orig_filename != name:
            raise Rejected(f"it is refused: {shown} is no name of a member")
        if name.casefold() in seen:
            raise Rejected(f"it is refused: {shown} is in it twice")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise Rejected(f"it is refused: {shown} is a link or a device")
        if info.flag_bits & 0x1:
            raise Rejected(f"it is refused: {shown} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Rejected(f"it is refused: {shown} is packed in a way that bundles are not")
        if name.endswith(".mp4") and (info.compress_type != zipfile.ZIP_STORED or info.file_size > VIDEO):
            raise Rejected(f"it is refused: {shown} is a video that unpacks to more than it is")
        seen.add(name.casefold())
    sizes = [info.file_size for info in infos if not info.filename.endswith(".mp4")]
    if max(sizes, default=0) > TEXT or sum(sizes) > TEXTS:
        raise Rejected(f"it is refused: it unpacks to more than {TEXTS:,} bytes")
