"""Bodies of requests, read strictly and without holding a file in memory."""

import hashlib
import json
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from broadcast.testing.wire import Request

from .troubles import Problem

DISPOSITION = re.compile(r'form-data; name="([^"]+)"(?:; filename="([^"]+)")?')
CHUNK = 1 << 16
HEAD = 4096  #: bytes of a part's head, at most
FIELD = 40_000  #: bytes of a plain field, at most


@dataclass(frozen=True)
class File:
    """An uploaded file."""

    name: str
    type: str
    size: int
    sha256: str
    start: bytes  #: its first bytes


@dataclass(frozen=True)
class Form:
    fields: Mapping[str, str]
    files: Mapping[str, File]


def form(request: Request) -> Form:
    """Return the parameters of *request*. Raises what the service answers where they cannot be read."""
    kind, _, more = request.headers.get("content-type", "").partition(";")
    match kind.strip():
        case "multipart/form-data":
            boundary = re.fullmatch(r'\s*boundary="?([!-~]{1,70}?)"?', more)
            if not boundary:
                raise Problem(400, "Bad Request: the boundary of the form is missing")
            return _multipart(request, boundary[1].encode())
        case "application/x-www-form-urlencoded":
            pairs = parse_qsl(request.read().decode(), keep_blank_values=True, strict_parsing=request.size > 0)
        case "application/json":
            said = json.loads(request.read())
            pairs = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in said.items()]
        case "" if request.size == 0:
            pairs = request.query
        case other:
            raise Problem(400, f"Bad Request: the body is of the unknown type {other!r}")
    return Form(_single(pairs), {})


def _single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Problem(400, "Bad Request: a field is there twice")
    return fields


def _multipart(request: Request, boundary: bytes) -> Form:
    request.body.flush()
    pairs: list[tuple[str, str]] = []
    files: dict[str, File] = {}
    with mmap.mmap(request.body.fileno(), 0, access=mmap.ACCESS_READ) as body:
        for start, end in _parts(body, boundary):
            stop = body.find(b"\r\n\r\n", start, min(end, start + HEAD))
            if stop < 0:
                raise Problem(400, "Bad Request: a part of the form has no head")
            lines = body[start:stop].decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            about = DISPOSITION.fullmatch(headers.get("content-disposition", ""))
            if not about:
                raise Problem(400, "Bad Request: a part of the form has no name")
            if about[2] is None:
                if end - stop > FIELD:
                    raise Problem(400, f"Bad Request: the field {about[1]} is too long")
                pairs.append((about[1], body[stop + 4 : end].decode()))
            else:
                files[about[1]] = _file(body, stop + 4, end, about[2], headers.get("content-type", ""))
    return _attached(_single(pairs), files)


def _attached(fields: dict[str, str], files: dict[str, File]) -> Form:
    """Put each file that a field names by `attach://` in the place of that field."""
    for field, value in list(fields.items()):
        if value.startswith("attach://"):
            if (file := files.pop(value.removeprefix("attach://"), None)) is None:
                raise Problem(400, f"Bad Request: {field} names a file that is not attached")
            files[field] = file
            del fields[field]
    return Form(fields, files)


def _parts(body: mmap.mmap, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each part begins and ends."""
    line = b"--" + boundary
    at = body.find(line)
    if at != 0:
        raise Problem(400, "Bad Request: the form does not begin with its boundary")
    while body[at + len(line) : at + len(line) + 2] == b"\r\n":
        start = at + len(line) + 2
        end = body.find(b"\r\n" + line, start)
        if end < 0:
            raise Problem(400, "Bad Request: the form does not end with its boundary")
        yield start, end
        at = end + 2
    if body[at + len(line) :] not in (b"--", b"--\r\n"):
        raise Problem(400, "Bad Request: the form does not end with its boundary")


def _file(body: mmap.mmap, start: int, end: int, name: str, type: str) -> File:
    digest = hashlib.sha256()
    for at in range(start, end, CHUNK):
        digest.update(body[at : min(at + CHUNK, end)])
    return File(name, type, end - start, digest.hexdigest(), body[start : min(start + 16, end)])
