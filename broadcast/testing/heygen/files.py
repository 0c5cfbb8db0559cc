"""Signed addresses, and the files behind them, whole or in parts."""

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from datetime import datetime

from broadcast.testing.wire import Reply, Request

from .films import Content

DENIED = Reply(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
MISSING = Reply(404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>")


class Signatures:
    """Lets in who was given an address, for as long as it holds."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)

    def sign(self, path: str, ends: datetime) -> str:
        """Return *path* with a signature that no other has."""
        until, nonce = str(int(ends.timestamp() * 1000)), secrets.token_hex(4)
        signature = self._signature(path, until, nonce)
        return f"{path}?X-Amz-Expires={until}&X-Amz-Nonce={nonce}&X-Amz-Signature={signature}"

    def hold(self, request: Request, now: datetime) -> bool:
        query = dict(request.query)
        until, nonce = query.get("X-Amz-Expires", ""), query.get("X-Amz-Nonce", "")
        if not until.isdecimal() or now.timestamp() * 1000 >= int(until):
            return False
        return hmac.compare_digest(query.get("X-Amz-Signature", ""), self._signature(request.path, until, nonce))

    def _signature(self, path: str, until: str, nonce: str) -> str:
        return hmac.new(self._secret, f"{path} {until} {nonce}".encode(), hashlib.sha256).hexdigest()


def served(request: Request, content: Content, name: str, ranges: bool) -> Reply:
    """Return a file, or the part of it that is asked for."""
    size, etag = content.size, f'"{name}-{content.size}"'
    headers = {"Content-Type": content.mime, "ETag": etag, "Content-Length": str(size)}
    if ranges:
        headers["Accept-Ranges"] = "bytes"
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if not ranges or not wanted or not any(wanted.groups()) or request.headers.get("if-range", etag) != etag:
        return Reply(200, headers, given(content, 0, size))
    if wanted[1]:
        start, stop = int(wanted[1]), min(int(wanted[2] or size) + 1, size)
    else:
        start, stop = max(size - int(wanted[2]), 0), size
    if start >= stop:
        return Reply(416, {"Content-Range": f"bytes */{size}"})
    headers |= {"Content-Length": str(stop - start), "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return Reply(206, headers, given(content, start, stop))


async def given(content: Content, start: int, stop: int) -> AsyncIterator[bytes]:
    for piece in content.pieces(start, stop):
        yield piece
