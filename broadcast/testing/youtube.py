"""YouTube's resumable uploads on 127.0.0.1: stricter than the real ones, with the videos that people would see.

    with YouTube() as server:
        server.faults = ["upload drop-after"]       # what goes wrong, in order: a request, and how
        ... upload with server.fields() ...
        assert len(server.videos) == 1

Requests are `token`, `begin`, `upload`, `ask`, `update`. A fault is a status, or `drop`, `drop-after`,
`hang-after`; `upload half` keeps half of what came and drops the connection.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from .wire import Host, Raw, Reply, Request

SECRET, REFRESH, ACCESS = "client-secret-1", "refresh-token-1", "access-token-1"


@dataclass
class Upload:
    """An upload under way, or done when it has an id."""

    about: dict[str, Any]
    size: int
    got: bytes = b""
    id: str = ""


@dataclass
class Film:
    """What people would see."""

    about: dict[str, Any]
    content: bytes = field(repr=False)


class YouTube(Host):
    """Publishes a video when the last byte of its upload has come."""

    def __init__(self) -> None:
        super().__init__()
        self.videos: dict[str, Film] = {}
        self.uploads: list[Upload] = []
        self.faults: list[str] = []
        self.problems: list[str] = []
        self.asked: list[str] = []

    def fields(self) -> dict[str, str]:
        """Return the settings of a channel that uploads here."""
        home = f"http://127.0.0.1:{self.port}"
        return {
            "base": home,
            "token_url": f"{home}/token",
            "client_id": "client-1",
            "client_secret": SECRET,
            "refresh_token": REFRESH,
        }

    async def respond(self, request: Request) -> Reply | Raw:
        kind = self._kind(request)
        self.asked.append(kind)
        how = ""
        if self.faults and self.faults[0].partition(" ")[0] == kind:
            how = self.faults.pop(0).partition(" ")[2]
        if how.isdigit():
            return _error(int(how), "backendError")
        if how == "drop":
            return Raw()
        reply = self._answer(kind, request, half=how == "half")
        if how == "hang-after":
            await asyncio.sleep(3600)
        return Raw() if how in ("drop-after", "half") else reply

    def _kind(self, request: Request) -> str:
        known = {("POST", "/token"): "token", ("POST", "/upload/youtube/v3/videos"): "begin"}
        known |= {("PUT", "/youtube/v3/videos"): "update"}
        asks = request.headers.get("content-range", "").startswith("bytes */")
        return known.get((request.method, request.path)) or ("ask" if asks else "upload")

    def _answer(self, kind: str, request: Request, *, half: bool) -> Reply:
        if kind == "token":
            form = dict(parse_qsl(request.read().decode()))
            good = (form.get("client_secret"), form.get("refresh_token"), form.get("grant_type"))
            if good != (SECRET, REFRESH, "refresh_token"):
                return Reply(400, body=b'{"error": "invalid_grant"}')
            return Reply(body=json.dumps({"access_token": ACCESS, "expires_in": 3599}).encode())
        if kind in ("begin", "update") and request.headers.get("authorization") != f"Bearer {ACCESS}":
            return _error(401, "authError")
        if kind == "begin":
            return self._begin(request)
        if kind == "update":
            said = json.loads(request.read())
            if said["id"] not in self.videos:
                return _error(404, "videoNotFound")
            self.videos[said["id"]].about["status"] = said["status"]
            return Reply(body=b"{}")
        return self._go_on(kind, request, half=half)

    def _begin(self, request: Request) -> Reply:
        about, query = json.loads(request.read()), dict(request.query)
        snippet, status = about["snippet"], about["status"]
        title, text = snippet["title"], snippet["description"]
        if query.get("uploadType") != "resumable" or query.get("part") != "snippet,status":
            return self._bad(400, "wrong query")
        if not 0 < len(title) <= 100 or re.search("[<>]", title):
            return self._bad(400, "invalidTitle")
        if len(text.encode()) > 5000 or re.search("[<>]", text):
            return self._bad(400, "invalidDescription")
        if status.get("containsSyntheticMedia") is not True or "selfDeclaredMadeForKids" not in status:
            return self._bad(400, "undeclared")
        if request.headers.get("x-upload-content-type") != "video/mp4":
            return self._bad(400, "badContentType")
        self.uploads.append(Upload(about, int(request.headers["x-upload-content-length"])))
        where = f"http://127.0.0.1:{self.port}/session/{len(self.uploads) - 1}"
        return Reply(200, {"Location": where})

    def _go_on(self, kind: str, request: Request, *, half: bool) -> Reply:
        found = re.fullmatch(r"/session/(\d+)", request.path)
        if not found or int(found[1]) >= len(self.uploads):
            return _error(404, "notFound")
        upload = self.uploads[int(found[1])]
        if kind == "upload" and not upload.id:
            body = request.read()
            start = len(upload.got)
            ranged = request.headers.get("content-range")
            if ranged != (f"bytes {start}-{upload.size - 1}/{upload.size}" if start else None):
                return self._bad(400, f"range {ranged!r} at {start}")
            upload.got += body[: len(body) // 2] if half else body
        elif kind == "upload":
            return self._bad(400, "uploaded twice")
        if len(upload.got) > upload.size:
            return self._bad(400, "too much")
        if len(upload.got) == upload.size and not upload.id:
            upload.id = f"video-{len(self.videos)}"
            self.videos[upload.id] = Film(upload.about, upload.got)
        if upload.id:
            return Reply(200, body=json.dumps({"kind": "youtube#video", "id": upload.id}).encode())
        so_far = {"Range": f"bytes=0-{len(upload.got) - 1}"} if upload.got else {}
        return Reply(308, so_far)

    def _bad(self, status: int, problem: str) -> Reply:
        self.problems.append(problem)
        return _error(status, problem)


def _error(status: int, reason: str) -> Reply:
    said = {"error": {"code": status, "message": reason, "errors": [{"reason": reason}]}}
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(said).encode())
