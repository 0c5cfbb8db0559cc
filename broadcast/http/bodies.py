"""The body of an answer, within its limit. Decompression is ours, because that of HTTP libraries knows none."""

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from broadcast.errors import Rejected, Unavailable

PIECE = 65_536  #: bytes that are unpacked at a time


async def decoded(
    chunks: AsyncIterator[bytes], headers: Mapping[str, str], label: str, limit: int
) -> AsyncIterator[bytes]:
    """Give the body that comes in *chunks*, unpacked, as *headers* say it is: names in lower case.

    Raises `Rejected` past *limit*, in bytes, on the wire and unpacked, and `Unavailable` where it is damaged.
    """
    too_long = Rejected(f"{label} answered more than the {limit / 1e6:g} MB that are read")
    encoding = headers.get("content-encoding", "").strip().lower()
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced[:18]) > limit:
        raise too_long
    if encoding in ("", "identity"):
        inflate: Inflate | None = None
    elif encoding in ("gzip", "x-gzip", "deflate"):
        inflate = Inflate()
    else:
        raise Rejected(f"{label} answered in the encoding {encoding[:20]!r}, which was not asked for")
    wire = size = 0
    async for raw in chunks:
        wire += len(raw)
        try:
            for chunk in inflate(raw) if inflate else (raw,):
                size += len(chunk)
                if max(wire, size) > limit:
                    raise too_long
                yield chunk
        except zlib.error:
            raise Unavailable(f"{label} answered a damaged {encoding} body") from None
    if inflate and wire and not inflate.complete:
        raise Unavailable(f"{label} broke off before its answer was complete")


class Inflate:
    """Unpacks gzip, zlib and bare deflate in small pieces, so that the reader can stop a bomb at its limit."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._held = b""
        self.complete = False

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Give what *data* unpacks to. Raises `zlib.error`. What follows the end is left out."""
        data, self._held = self._held + data, b""
        while data:
            if self.complete and data == b"\x1f":  # another part may begin here, or nothing
                self._held = data
                return
            if self._stream is None or (self.complete and data.startswith(b"\x1f\x8b")):
                kind = zlib.MAX_WBITS if data[0] & 15 == 8 else -zlib.MAX_WBITS
                self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16 if data[0] == 31 else kind)
            elif self.complete:
                return
            piece = self._stream.decompress(data, PIECE)
            self.complete = self._stream.eof
            data = self._stream.unused_data if self.complete else self._stream.unconsumed_tail
            if piece:
                yield piece
