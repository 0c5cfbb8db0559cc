"""WordPress on 127.0.0.1: its REST API for articles and files, stricter than the real one, and what readers see.

with WordPress() as site:
    id = site.publish("Ferries", "<p>Twelve boats join.</p>")      # at site.articles[id]["link"]
    site.fault("post", 503)                                        # get, post or upload: see `troubles`
    ... edit through site.url as site.user with site.password ...
    assert 1 == site.articles[id]["content"].count("<video")
"""

import hashlib
import json
import re
from typing import Any

from broadcast.webhooks import basic

from .strikes import JSON
from .troubles import Faulty
from .wire import Reply, Request

BLOCK = re.compile(r"<!--\s*(/?)wp:([a-z/-]+)(?:\s+\{[^}]*\})?\s*(/?)-->")
FORBIDDEN = re.compile(r"<\s*(?:script|iframe|style|object)\b|\son\w+\s*=|javascript:", re.IGNORECASE)


class WordPress(Faulty):
    """One site with one editor. `articles` holds what was written, by id; `files` what was uploaded, by name."""

    places = ("get", "post", "upload")

    def __init__(self, *, role: str = "editor") -> None:
        super().__init__()
        self.user, self.password, self.role = "herald", "abcd EFGH 1234 ijkl MNOP 6789", role
        self.articles: dict[int, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.edits = 0
        self.refused: list[str] = []  #: what the client did wrong
        self.largest = 64 << 20  #: bytes of a file that it takes

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, title: str, content: str, *, type: str = "posts") -> int:
        """Publish an article, and return its id."""
        id, slug = 100 + len(self.articles), re.sub(r"\W+", "-", title.lower()).strip("-")
        link = f"{self.url}/2026/11/{slug}/" if type == "posts" else f"{self.url}/{slug}/"
        self.articles[id] = {"id": id, "type": type, "slug": slug, "link": link, "content": content}
        return id

    def where(self, request: Request) -> str:
        uploads = request.method == "POST" and request.path.endswith("/media")
        return "upload" if uploads else request.method.lower()

    def take(self, request: Request) -> Reply:
        answer = self._taken(request)
        if answer.status == 400:
            self.refused.append(f"{request.method} {request.path}: {answer.body!r}")
        return answer

    def _taken(self, request: Request) -> Reply:
        if not request.path.startswith("/wp-json/wp/v2/"):
            return _wrong(404, "rest_no_route", "No route was found matching the URL and request method.")
        if request.headers.get("authorization") != basic(self.user, self.password):
            return _wrong(401, "incorrect_password", "The provided password is an invalid application password.")
        match request.method, *request.path.removeprefix("/wp-json/wp/v2/").split("/"):
            case "GET", "users", "me":
                may = {"edit_posts": self.role == "editor", "upload_files": self.role == "editor"}
                return _said({"id": 1, "name": self.user, "capabilities": may})
            case "GET", "media":
                wanted = dict(request.query).get("slug")
                return _said([self._file(name) for name in self.files if name == wanted])
            case "POST", "media":
                return self._upload(request)
            case "GET", ("posts" | "pages") as type:
                wanted = dict(request.query).get("slug")
                if not wanted:
                    return _wrong(400, "rest_invalid_param", "Invalid parameter(s): slug")
                found = [one for one in self.articles.values() if (one["type"], one["slug"]) == (type, wanted)]
                return _said([self._shown(one, request) for one in found])
            case method, ("posts" | "pages") as type, id:
                article = self.articles.get(int(id)) if id.isdecimal() else None
                if article is None or article["type"] != type:
                    return _wrong(404, "rest_post_invalid_id", "Invalid post ID.")
                return _said(self._shown(article, request)) if method == "GET" else self._edit(article, request)
        return _wrong(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _edit(self, article: dict[str, Any], request: Request) -> Reply:
        if self.role != "editor":
            return _wrong(403, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
        try:
            tree = json.loads(request.read())
        except ValueError:
            return _wrong(400, "rest_invalid_json", "Invalid JSON body passed.")
        if not isinstance(tree, dict) or set(tree) != {"content"} or not isinstance(tree["content"], str):
            return _wrong(400, "rest_invalid_param", "Invalid parameter(s): content")
        if FORBIDDEN.search(tree["content"]):
            return _wrong(400, "rest_invalid_param", "The content holds what a site takes out")
        if (problem := _unbalanced(tree["content"])) is not None:
            return _wrong(400, "rest_invalid_param", f"The block {problem} is not closed where it was opened")
        article["content"] = tree["content"]
        self.edits += 1
        return _said(self._shown(article, request))

    def _upload(self, request: Request) -> Reply:
        if self.role != "editor":
            return _wrong(403, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
        said = request.headers.get("content-disposition", "")
        named = re.fullmatch(r'attachment; filename="([\w-]+)\.mp4"', said)
        if not named:
            return _wrong(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
        data = request.read()
        if request.headers.get("content-type") != "video/mp4" or not data:
            return _wrong(400, "rest_upload_no_data", "No data supplied.")
        if len(data) > self.largest:
            return _wrong(413, "rest_upload_file_too_big", "This file is too big.")
        name = named[1] if named[1] not in self.files else f"{named[1]}-{len(self.files)}"
        self.files[name] = data
        return Reply(201, JSON, json.dumps(self._file(name)).encode())

    def _file(self, name: str) -> dict[str, Any]:
        address = f"{self.url}/wp-content/uploads/2026/11/{name}.mp4"
        id = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)
        return {"id": id, "slug": name, "source_url": address, "media_type": "file"}

    def _shown(self, article: dict[str, Any], request: Request) -> dict[str, Any]:
        query = dict(request.query)
        written = request.method == "POST" or (query.get("context") == "edit" and self.role == "editor")
        content = {"rendered": BLOCK.sub("", article["content"])} | ({"raw": article["content"]} if written else {})
        return {"id": article["id"], "slug": article["slug"], "link": article["link"], "content": content}


def _unbalanced(content: str) -> str | None:
    """Return the first block that is not closed where it was opened."""
    open_: list[str] = []
    for end, name, alone in BLOCK.findall(content):
        if alone:
            continue
        if not end:
            open_.append(name)
        elif not open_ or open_.pop() != name:
            return str(name)
    return open_[0] if open_ else None


def _said(tree: Any) -> Reply:
    return Reply(200, JSON, json.dumps(tree).encode())


def _wrong(status: int, code: str, message: str) -> Reply:
    return Reply(status, JSON, json.dumps({"code": code, "message": message, "data": {"status": status}}).encode())
