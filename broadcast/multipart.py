"""A form with files, streamed: what file APIs of chats and of HeyGen take. Never more than a chunk in memory."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 18  #: bytes read at a time


@dataclass(frozen=True)
class Part:
    """A file of a form: its field, the name and media type it goes by, and where it lies or what it holds."""

    field: str
    name: str
    type: str
    content: Path | bytes

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


@dataclass(frozen=True)
class Form:
    """Fields and files as `multipart/form-data` (RFC 7578). Each `body()` begins anew, so that a try may follow."""

    fields: Mapping[str, str]
    files: Sequence[Part] = ()
    boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def type(self) -> str:
        """The `Content-Type` that belongs to it."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """The bytes of the whole body. Raises OSError where a file is gone."""
        heads = sum(len(self._head(part)) + part.size + 2 for part in self.files)
        return len(self._plain()) + heads + len(self._end())

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks. Files are read in a thread. Raises OSError where one is gone."""
        if self.fields:
            yield self._plain()
        for part in self.files:
            yield self._head(part)
            if isinstance(part.content, bytes):
                yield part.content
            else:
                async for chunk in read(part.content):
                    yield chunk
            yield b"\r\n"
        yield self._end()

    def _plain(self) -> bytes:
        parts = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        )
        return "".join(parts).encode()

    def _head(self, part: Part) -> bytes:
        named = f'name="{_quoted(part.field)}"; filename="{_quoted(part.name)}"'
        return (
            f"--{self.boundary}\r\nContent-Disposition: form-data; {named}\r\nContent-Type: {part.type}\r\n\r\n"
        ).encode()

    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


async def read(path: Path) -> AsyncIterator[bytes]:
    """Yield a file in chunks, read in a thread."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def _quoted(text: str) -> str:
    """Return *text* as it may stand between quotes: as browsers write it."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
