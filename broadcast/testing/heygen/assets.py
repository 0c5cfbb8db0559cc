"""Files of our own: uploaded in one piece, or directly to the storage; and those that a request refers to."""

import base64
import binascii
import hashlib
import re
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadcast.testing.wire import Reply

from .bodies import AssetId, Complete, Inline, Upload, Url
from .calls import Call
from .films import kind
from .ledger import unix
from .troubles import Problem

if TYPE_CHECKING:
    from .account import Account

Item = dict[str, Any]
LIMIT = 32 * 1024 * 1024  #: bytes of an asset in one piece, says the reference of `POST /v3/assets`
TYPES = frozenset((
    "image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav", "application/pdf",
    "application/x-subrip",
))  # fmt: skip


@dataclass
class Asset:
    """An uploaded file."""

    id: str
    name: str
    mime: str
    size: int
    path: Path = field(repr=False)
    at: datetime
    state: str = "complete"  #: or pending, uploaded
    sha256: str | None = None

    def view(self, heygen: "Account") -> Item:
        return {"asset_id": self.id, "url": self.url(heygen), "mime_type": self.mime, "size_bytes": self.size}

    def url(self, heygen: "Account") -> str:
        return f"{heygen.url}/public/assets/{self.id}"


def upload(call: Call) -> Item:
    if call.request.size > LIMIT + 4096:
        raise Problem(413, "payload_too_large", "The file is larger than 32 MB", "file")
    name, data = part(call)
    if len(data) > LIMIT:
        raise Problem(413, "payload_too_large", "The file is larger than 32 MB", "file")
    mime = kind(data[:256])
    if mime is None:
        raise Problem(400, "invalid_parameter", "Content type not supported", "file")
    asset = new(call, name, mime, len(data))
    asset.path.write_bytes(data)
    return asset.view(call.heygen)


def part(call: Call) -> tuple[str, bytes]:
    """Return name and bytes of the one part of a form, which is called `file`."""
    found = re.match(r'multipart/form-data;\s*boundary="?([^";]+)"?$', call.request.headers.get("content-type", ""))
    if not found:
        raise Problem(400, "invalid_parameter", "Content-Type is not multipart/form-data with a boundary")
    mark = b"--" + found[1].encode()
    pieces = call.request.read().split(mark)
    if len(pieces) != 3 or pieces[0] or not pieces[2].startswith(b"--"):
        raise Problem(400, "invalid_parameter", "The form must hold one part, named file", "file")
    head, _, data = pieces[1].partition(b"\r\n\r\n")
    text = head.decode("utf-8", "replace")
    named, filed = re.search(r'; name="([^"]*)"', text), re.search(r'filename="([^"]*)"', text)
    if not named or named[1] != "file" or not filed or not filed[1]:
        raise Problem(400, "invalid_parameter", "The form must hold one file, named file", "file")
    return filed[1], data.removesuffix(b"\r\n")


def new(call: Call, name: str, mime: str, size: int, state: str = "complete") -> Asset:
    id = f"asset_{secrets.token_hex(8)}"
    asset = Asset(id, name, mime, size, call.heygen.folder / id, call.now, state)
    call.heygen.assets[id] = asset
    return asset


def begin(call: Call) -> Item:
    body = call.body(Upload)
    if body.content_type not in TYPES:
        raise Problem(400, "invalid_parameter", f"Content type not supported {body.content_type}", "content_type")
    if body.size_bytes > call.heygen.upload_bytes:
        raise Problem(413, "payload_too_large", "The file is too large", "size_bytes")
    asset = new(call, body.filename, body.content_type, body.size_bytes, "pending")
    asset.sha256 = body.checksum_sha256
    return {
        "asset_id": asset.id, "upload_url": call.heygen.signed(f"/uploads/{asset.id}", call.now, 3600),
        "upload_headers": {"Content-Type": body.content_type}, "max_bytes": call.heygen.upload_bytes,
        "expires_in_seconds": 3600, "status": "pending_upload",
    }  # fmt: skip


def put(call: Call) -> Reply:
    """Take the bytes of a direct upload, as a storage does: what was signed is what must come."""
    asset = owned(call)
    sent = call.request.headers.get("content-type")
    if call.request.size != asset.size or sent != asset.mime:
        return Reply(403, {"Content-Type": "application/xml"}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
    call.request.body.seek(0)
    digest = hashlib.sha256()
    while chunk := call.request.body.read(1 << 20):
        digest.update(chunk)
    if asset.sha256 not in (None, digest.hexdigest()):
        return Reply(400, {"Content-Type": "application/xml"}, b"<Error><Code>BadDigest</Code></Error>")
    call.request.body.seek(0)
    with asset.path.open("wb") as file:
        shutil.copyfileobj(call.request.body, file, 1 << 20)
    asset.state, asset.sha256 = "uploaded", digest.hexdigest()
    return Reply(200)


def complete(call: Call) -> Item:
    body = call.body(Complete) if call.request.size else Complete()
    asset = owned(call)
    if asset.state == "pending":
        raise Problem(409, "resource_not_ready", "The file has not been uploaded yet")
    if body.checksum_sha256 not in (None, asset.sha256):
        raise Problem(400, "invalid_parameter", "The checksum does not match", "checksum_sha256")
    with asset.path.open("rb") as file:
        real = kind(file.read(256))
    if real != asset.mime:
        raise Problem(400, "invalid_parameter", f"Content type not match {asset.mime} != {real}")
    asset.state = "complete"
    return {**asset.view(call.heygen), "status": "processing"}


def owned(call: Call) -> Asset:
    if call.id not in call.heygen.assets:
        raise Problem(404, "asset_not_found", f"Asset {call.id} not found")
    return call.heygen.assets[call.id]


def show(call: Call) -> Item:
    asset = owned(call)
    return {
        "id": asset.id, "name": asset.name, "type": asset.mime.partition("/")[0], "owner": "rehearsal",
        "space_id": "space_1", "uploaded_at": unix(asset.at), "folder_id": None,
        "url": asset.url(call.heygen) if asset.state == "complete" else None,
    }  # fmt: skip


def delete(call: Call) -> Item:
    asset = owned(call)
    del call.heygen.assets[asset.id]
    asset.path.unlink(missing_ok=True)
    return {"id": asset.id}


def usable(heygen: "Account", id: str, param: str) -> Asset:
    asset = heygen.assets.get(id)
    if asset is None:
        raise Problem(404, "asset_not_found", f"Asset {id} not found", param)
    if asset.state != "complete":
        raise Problem(409, "resource_not_ready", f"Asset {id} is not complete", param)
    return asset


def checked(heygen: "Account", media: Url | AssetId | Inline, param: str) -> str:
    """Return the media type of what a request refers to, or raise what the service answers where it is no good."""
    if isinstance(media, AssetId):
        return usable(heygen, media.asset_id, param).mime
    if isinstance(media, Url):
        path = media.url.partition("?")[0].lower()
        if media.url in heygen.unreachable:
            raise Problem(400, "download_failed", f"{param}: the file could not be fetched", param)
        if path.endswith((".html", ".htm", "/")):
            raise Problem(400, "invalid_parameter", f"{param}: Content type not supported text/html", param)
        return "application/pdf" if path.endswith(".pdf") else "image/unknown"
    try:
        data = base64.b64decode(media.data, validate=True)
    except binascii.Error:
        raise Problem(400, "invalid_parameter", f"{param}: is not base64", param) from None
    if len(data) > LIMIT:
        raise Problem(413, "payload_too_large", f"{param}: is larger than 32 MB", param)
    if media.media_type not in TYPES or kind(data[:256]) != media.media_type:
        said = f"{param}: Content type not match {media.media_type} != {kind(data[:256])}"
        raise Problem(400, "invalid_parameter", said, param)
    return media.media_type
