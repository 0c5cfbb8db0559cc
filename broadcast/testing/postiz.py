"""Postiz's public API on 127.0.0.1, stricter than the real one: what it takes, the networks show at once.

async with Postiz() as postiz:
    postiz.fault("posts", "drop", after_effect=True)
    ... post through postiz.base ...
    assert 1 == len(postiz.shown)
"""

import json
import re
import secrets
from email.parser import BytesParser
from email.policy import HTTP
from html.parser import HTMLParser
from typing import Any

from .troubles import Faulty
from .wire import Reply, Request

JSON = {"Content-Type": "application/json"}
PREFIX = "/public/v1/"
#: What it is connected to: id, network, name, the longest post, and the settings that a post must have.
CONNECTED = (
    ("cm1linked", "linkedin", "Harbour Signal", 3_000, set[str]()),
    ("cm2x", "x", "Harbour Signal", 280, {"who_can_reply_post"}),
    (
        "cm3tik", "tiktok", "harbour", 2_000,
        {"title", "privacy_level", "duet", "stitch", "comment", "autoAddMusic", "brand_content_toggle",
         "brand_organic_toggle", "video_made_with_ai", "content_posting_method"},
    ),
    ("cm4tube", "youtube", "Harbour TV", 5_000, {"title", "type", "selfDeclaredMadeForKids", "tags"}),
)  # fmt: skip
FILMED = {"tiktok", "youtube"}  #: networks that take no post without a file
FIELDS = {"type", "date", "shortLink", "tags", "posts"}


class Postiz(Faulty):
    """An account. `shown` is what people see, `files` what was uploaded. Reading posts is the place `calendar`."""

    places = ("integrations", "integration-settings", "upload", "posts", "calendar")

    def __init__(self, *, disabled: str = "") -> None:
        super().__init__()
        self.key = secrets.token_urlsafe(24)
        self.disabled = disabled  #: the id of an integration that has to be connected again
        self.hides = False  #: the calendar shows nothing yet
        self.shown: list[dict[str, Any]] = []
        self.files: list[dict[str, Any]] = []
        self.refused: list[str] = []  #: what the client did wrong

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX.rstrip('/')}"

    def where(self, request: Request) -> str:
        what = request.path.removeprefix(PREFIX).partition("/")[0]
        return "calendar" if (request.method, what) == ("GET", "posts") else what

    def take(self, request: Request) -> Reply:
        where, rest = self.where(request), request.path.removeprefix(PREFIX).partition("/")[2]
        if request.headers.get("authorization") != self.key:
            return _said(401, {"msg": "Invalid API key"})
        match request.method, where, rest:
            case "GET", "integrations", "":
                return _said(200, [self._integration(*one) for one in CONNECTED])
            case "GET", "integration-settings", id:
                most = next((one[3] for one in CONNECTED if one[0] == id), None)
                return _said(200, {"output": {"maxLength": most}}) if most else _said(404, {"msg": "not found"})
            case "GET", "calendar", "":
                asked = dict(request.query)
                if not all(_is_date(asked.get(name, "")) for name in ("startDate", "endDate")):
                    return self._bad("startDate must be a valid ISO 8601 date string")
                return _said(200, {"posts": [] if self.hides else self.shown})
            case "POST", "upload", "":
                return self._upload(request)
            case "POST", "posts", "":
                return self._create(request)
            case _:
                return _said(404, {"statusCode": 404, "message": f"Cannot {request.method} {request.path}"})

    def _integration(self, id: str, network: str, name: str, *_: Any) -> dict[str, Any]:
        known = {"id": id, "name": name, "identifier": network, "picture": "https://img.example/a.png"}
        return {**known, "disabled": id == self.disabled, "profile": name.lower()}

    def _upload(self, request: Request) -> Reply:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = list(BytesParser(policy=HTTP).parsebytes(head + request.read()).iter_parts())
        if ["file"] != [part.get_param("name", header="content-disposition") for part in parts]:
            return self._bad("No file provided")
        content = parts[0].get_payload(decode=True)
        if not isinstance(content, bytes) or not (parts[0].get_filename() or "").endswith(".mp4"):
            return self._bad("Unsupported file type.")
        id = f"file{len(self.files)}"
        file = {"id": id, "name": f"{id}.mp4", "path": f"https://uploads.postiz.example/{id}.mp4"}
        self.files.append({**file, "content": content})
        return _said(201, file)

    def _create(self, request: Request) -> Reply:
        tree = json.loads(request.read())
        if set(tree) != FIELDS or tree["type"] != "now" or tree["shortLink"] is not False or tree["tags"] != []:
            return self._bad("fields of a post")
        if not _is_date(tree["date"]) or len(tree["posts"]) != 1:
            return self._bad("date must be a valid ISO 8601 date string; one post")
        [one] = tree["posts"]
        found = next((known for known in CONNECTED if known[0] == one["integration"]["id"]), None)
        if found is None or one["integration"]["id"] == self.disabled:
            return self._bad("Integration not found")
        id, network, name, most, wanted = found
        [value] = one["value"]
        words = Words(value["content"])
        if words.others:
            return self._bad(f"markup: {words.others}")
        if wanted - set(one["settings"]) or one["settings"].get("__type") != network:
            return self._bad("Please fix your settings")
        files = [(file["id"], file["path"]) for file in value["image"]]
        if [file for file in files if file not in [(own["id"], own["path"]) for own in self.files]]:
            return self._bad("All media must be uploaded through our upload API route")
        if network in FILMED and not files:
            return self._bad(f"{network} should have at least one video")
        counted = sum(1 + (ord(one) > 0xFFFF or (network == "x" and ord(one) >= 0x1100)) for one in words.text)
        if counted > most or not words.text.strip():
            return self._bad("post is too long, please fix it")
        made = {"id": f"post{len(self.shown)}", "content": value["content"], "state": "QUEUE"}
        shown = {"text": words.text, "files": len(files), "settings": one["settings"], "releaseURL": None}
        where = {"id": id, "providerIdentifier": network, "name": name}
        self.shown.append({**made, **shown, "integration": where, "publishDate": tree["date"]})
        return _said(201, [{"postId": made["id"], "integration": id}])

    def _bad(self, problem: str) -> Reply:
        self.refused.append(problem)
        return _said(400, {"statusCode": 400, "message": [problem]})


class Words(HTMLParser):
    """The text that a network is given: a paragraph is a line, and any other element is too much."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.others: list[str] = []
        self.feed(content)
        self.close()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.lines.append("")
        self.others += [tag] if tag != "p" or attrs else []

    def handle_data(self, data: str) -> None:
        if self.lines:
            self.lines[-1] += data
        else:
            self.others.append("text outside of a paragraph")


def _is_date(value: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", value))


def _said(status: int, tree: Any) -> Reply:
    return Reply(status, JSON, json.dumps(tree).encode())
