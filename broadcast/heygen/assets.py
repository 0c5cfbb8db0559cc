"""Files of ours in the account: small ones in one form, large ones directly to the service's storage."""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broadcast.errors import Rejected, Unavailable
from broadcast.multipart import Form, Part, read

from .client import Client

FORM = 32_000_000  #: bytes of a file that goes as a form; https://developers.heygen.com says 32 MB
SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "video/mp4": "mp4", "application/x-subrip": "srt"}
PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))  #: how each begins (PNG 3, T.81)
OURS = frozenset(("authorization", "content-length", "host", "transfer-encoding", "x-api-key"))


async def upload(client: Client, path: Path, type: str, *, sha256: str, key: str) -> str:
    """Return the id of the file at *path* as an asset. With the same idempotency *key* it is one asset.

    Raises `Unavailable`, `Rejected`, `Refused`, and OSError where the file is gone.
    """
    name, size = f"{sha256[:16]}.{SUFFIXES.get(type, 'bin')}", path.stat().st_size
    if size <= FORM:
        form = Form({}, [Part("file", name, type, path)])
        return _text(await client.form("/v3/assets", form, key=key), "asset_id")
    asked = {"filename": name, "content_type": type, "size_bytes": size, "checksum_sha256": sha256}
    place = await client.post("/v3/assets/direct-uploads", asked, again=True)  # an unused place harms nobody
    asset, address = _text(place, "asset_id"), _text(place, "upload_url")
    await client.put(address, read(path), length=size, headers=_signed(place.get("upload_headers")))
    await client.post(f"/v3/assets/{asset}/complete", {"checksum_sha256": sha256}, again=True)
    return asset


async def picture(client: Client, path: Path, *, key: str) -> str:
    """Return the PNG or JPEG at *path* as an asset. The same picture with the same *key* is one asset.

    Raises as `upload` does, and `Rejected` where it is no such picture.
    """
    start, sha256 = await asyncio.to_thread(_looked_at, path)
    kind = next((kind for magic, kind in PICTURES if start.startswith(magic)), None)
    if kind is None:
        raise Rejected("it is neither PNG nor JPEG")
    return await upload(client, path, kind, sha256=sha256, key=f"{sha256}:{key}"[:255])


def _looked_at(path: Path) -> tuple[bytes, str]:
    with path.open("rb") as file:
        start = file.read(16)
        file.seek(0)
        return start, hashlib.file_digest(file, "sha256").hexdigest()


def _signed(headers: Any) -> dict[str, str]:
    """Return the headers that the storage wants to see, but for those that are ours to say."""
    given = headers if isinstance(headers, Mapping) else {}
    named = {str(name).lower(): value for name, value in given.items()}
    return {name: value for name, value in named.items() if isinstance(value, str) and name not in OURS}


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise Unavailable(f"HeyGen took the file and gave no {name}")
    return value
