"""YouTube's resumable uploads on 127.0.0.1: stricter than the real ones, with the videos that people would see.

    with YouTube() as server:
        server.fault("upload", "drop", after_effect=True)
        ... upload with server.fields() ...
        assert len(server.videos) == 1

The places are `token`, `begin`, `upload`, `ask`, `update`.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from .troubles import Faulty
from .wire import Raw, Reply, Request

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


class YouTube(Faulty):
    """Publishes a video when the last byte of its upload has come."""

    places = ("token", "begin", "upload", "ask", "update")

    def __init__(self) -> None:
        super().__init__()
        self.videos: dict[str, Film] = {}
        self.uploads: list[Upload] = []
        self.halves = False  #: of the next upload, half is kept
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

    def where(self, request: Request) -> str:
        known = {("POST", "/token"): "token", ("POST", "/upload/youtube/v3/videos"): "begin"}
        known |= {("PUT", "/youtube/v3/videos"): "update"}
        asks = request.headers.get("content-range", "").startswith("bytes */")
        return known.get((request.method, request.path)) or ("ask" if asks else "upload")

    async def respond(self, request: Request) -> Reply | Raw:
        self.asked.append(self.where(request))
        return await super().respond(request)

    def take(self, request: Request) -> Reply:
        kind = self.where(request)
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
        return self._go_on(kind, request)

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

    def _go_on(self, kind: str, request: Request) -> Reply:
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
            upload.got += body[: len(body) // 2] if self.halves else body
            self.halves = False
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
