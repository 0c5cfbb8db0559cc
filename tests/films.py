"""The smallest video there is. What the program is started with in tests imports this, and not pytest."""

import struct


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def mp4(seconds: float = 60.0, size: tuple[int, int] = (1920, 1080), *, version: int = 0) -> bytes:
    """The smallest file that says of itself what a video says."""
    if version:
        head = struct.pack(">B3xQQIQ", 1, 0, 0, 1000, round(seconds * 1000))
    else:
        head = struct.pack(">B3xIIII", 0, 0, 0, 1000, round(seconds * 1000))
    track = box(b"trak", box(b"tkhd", bytes(76), struct.pack(">II", size[0] << 16, size[1] << 16)))
    sound = box(b"trak", box(b"tkhd", bytes(84)))
    return (
        box(b"ftyp", b"isom")
        + box(b"moov", box(b"mvhd", head, bytes(80)), sound, track)
        + box(b"mdat", b"pictures")
    )
