"""YouTube: a resumable upload, which can be asked what became of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import Field, SecretStr

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.multipart import CHUNK
from broadcast.plugins import Answer, Env, Plugin, Rung, Tools
from broadcast.text import clean, cut
from broadcast.types import Destination, Post, Sent
from broadcast.webhooks import fields

TITLE, DESCRIPTION = 100, 5_000  #: characters and bytes (videos resource, snippet)
DAY = 86_400.0  #: seconds: quotas and upload limits are counted by the day
SECONDS, UPLOAD = 30.0, 590.0  #: for a request, and for a file
SAID = 200  #: characters of an answer that are shown
#: Reasons of the API: come back tomorrow, or not at all.
TOMORROW = {"quotaExceeded", "uploadLimitExceeded", "dailyLimitExceeded"}
ISSUED = "https://console.cloud.google.com/apis/credentials"


class YouTube(Plugin):
    """Uploads the video to a YouTube channel, declared as synthetic media.

    An upload whose answer never came is asked what became of it, and goes on where it stopped. Until Google has
    audited a project, what it uploads stays private.
    """

    repeatable: ClassVar[bool] = False

    client_id: Annotated[str, Env("YOUTUBE_CLIENT_ID", ISSUED)]
    client_secret: Annotated[SecretStr, Env("YOUTUBE_CLIENT_SECRET", ISSUED)]
    refresh_token: Annotated[SecretStr, Env("YOUTUBE_REFRESH_TOKEN", ISSUED)]
    privacy: Literal["public", "unlisted", "private"] = "public"
    category: str = Field("25", pattern=r"^\d{1,3}$", description="YouTube's number: 25 is News & Politics")
    tags: tuple[str, ...] = Field((), max_length=30)
    base: Annotated[str, Env("YOUTUBE_BASE_URL")] = Field("https://www.googleapis.com", description="for tests")
    token_url: Annotated[str, Env("YOUTUBE_TOKEN_URL")] = Field(
        "https://oauth2.googleapis.com/token", description="for tests"
    )

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return ("youtube",)

    def ladder(self) -> Sequence[Rung]:
        return (self.file,)

    async def preflight(self, tools: Tools) -> None:
        """Raise where the refresh token is not good any more."""
        await self._token(tools)

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Upload the video; go on with an upload that was begun."""
        path, size = post.video.path, post.video.bytes
        if not path.is_file():
            raise Rejected(f"{path} is gone from the archive: there is nothing to upload")
        session, start = tools.kept.get("session"), 0
        if session:
            asked = await self._asked(tools, session, size)
            if asked.status in (200, 201):
                return _uploaded(asked)
            if asked.status not in (308, 404, 410):
                raise refusal(asked, publishing=False)
            session, start = (session, _received(asked)) if asked.status == 308 else (None, 0)
        if session is None:
            session = await self._begin(tools, post)
            await tools.keep("session", session)
        headers = {"content-type": "video/mp4"}
        if start:
            headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
        answer = await tools.http.send(
            "PUT",
            session,
            label="YouTube",
            headers=headers,
            body=_tail(path, start),
            length=size - start,
            again=False,
            deadline=UPLOAD,
        )
        if answer.status in (200, 201):
            return _uploaded(answer)
        if answer.status == 308:
            raise Unavailable("YouTube has not got all of the video")
        raise refusal(answer, publishing=True)

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Ask the upload what became of it."""
        session = tools.kept.get("session")
        if session is None:
            return None  # not a byte of the video had left
        answer = await self._asked(tools, session, post.video.bytes)
        if answer.status in (200, 201):
            return _uploaded(answer)
        if answer.status == 308:
            return None
        if answer.status in (404, 410):
            raise Unconfirmed("YouTube has forgotten this upload: look at https://studio.youtube.com")
        raise Unavailable(f"YouTube cannot say now what became of the upload: it answers {answer.status}")

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Make the video private."""
        status = {"privacyStatus": "private", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True}
        answer = await tools.http.send(
            "PUT",
            f"{self.base.rstrip('/')}/youtube/v3/videos?part=status",
            label="YouTube",
            headers=await self._headers(tools),
            body=json.dumps({"id": sent.ref, "status": status}).encode(),
            again=True,
            deadline=SECONDS,
        )
        if answer.status != 200:
            raise refusal(answer, publishing=False)
        return Sent(ref=sent.ref, url=sent.url, rung="made private")

    async def _begin(self, tools: Tools, post: Post) -> str:
        """Return the address of a new upload. Nothing is published by it."""
        about = {"x-upload-content-type": "video/mp4", "x-upload-content-length": str(post.video.bytes)}
        answer = await tools.http.send(
            "POST",
            f"{self.base.rstrip('/')}/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status",
            label="YouTube",
            headers=await self._headers(tools) | about,
            body=json.dumps(self._described(post)).encode(),
            again=True,
            deadline=SECONDS,
        )
        if answer.status != 200:
            raise refusal(answer, publishing=False)
        session = answer.headers.get("location", "")
        given, home = urlsplit(session), urlsplit(self.base)
        google = given.scheme == "https" and (given.hostname or "").endswith(".googleapis.com")
        if (given.scheme, given.netloc) != (home.scheme, home.netloc) and not google:
            raise Unavailable("YouTube names no address to upload to")
        return session

    def _described(self, post: Post) -> dict[str, Any]:
        sources = [f"{clean(one.title, TITLE)} {one.url}".strip() for one in post.stories]
        text = "\n\n".join(filter(None, (post.caption, "\n".join(sources), post.disclosure)))
        snippet = {
            "title": _plain(cut(post.heading or post.title, TITLE)),
            "description": _plain(text).encode()[:DESCRIPTION].decode(errors="ignore"),
            "categoryId": self.category,
            "defaultLanguage": post.language,
            "defaultAudioLanguage": post.language,
            "tags": list(self.tags),
        }
        status = {
            "privacyStatus": "private" if post.test else self.privacy,
            "selfDeclaredMadeForKids": False,
            "containsSyntheticMedia": True,  # a machine's voice and pictures, whatever the show says of itself
        }
        return {"snippet": snippet, "status": status}

    async def _asked(self, tools: Tools, session: str, size: int) -> Answer:
        """Ask the upload how far it is: 308 with a range, or the video."""
        headers = {"content-range": f"bytes */{size}"}
        return await tools.http.send("PUT", session, label="YouTube", headers=headers, again=True, deadline=SECONDS)

    async def _headers(self, tools: Tools) -> dict[str, str]:
        token = await self._token(tools)
        return {"authorization": f"Bearer {token}", "content-type": "application/json; charset=UTF-8"}

    async def _token(self, tools: Tools) -> str:
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
            "refresh_token": self.refresh_token.get_secret_value(),
            "grant_type": "refresh_token",
        }
        answer = await tools.http.send(
            "POST",
            self.token_url,
            label="Google's login",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
            again=True,
            deadline=SECONDS,
        )
        token = fields(answer).get("access_token")
        if answer.status == 200 and isinstance(token, str):
            return token
        if 400 <= answer.status < 500 and answer.status != 429:
            named = clean(str(fields(answer).get("error", "")), SAID)
            raise Refused(f"Google's login answers {answer.status} {named}: issue a new YOUTUBE_REFRESH_TOKEN")
        raise Unavailable(f"Google's login answers {answer.status}")


def refusal(answer: Answer, *, publishing: bool) -> StageError:
    """Return what an answer of the API means that is not the one hoped for. Pure."""
    error = fields(answer).get("error")
    error = error if isinstance(error, dict) else {}
    reasons = [one.get("reason") for one in error.get("errors", ()) if isinstance(one, dict)]
    reason = clean(str(reasons[0] if reasons else error.get("message", "")), SAID)
    words = f"YouTube answers {answer.status} {reason}".rstrip()
    if reason in TOMORROW:
        return Unavailable(words, retry_after=DAY)
    if answer.status == 429:
        return Unavailable(words)
    if answer.status in (401, 403):
        return Refused(f"{words}: check that the account has a channel and granted youtube.upload")
    if 400 <= answer.status < 500:
        return Rejected(words)
    return Unconfirmed(words) if publishing else Unavailable(words)


def _uploaded(answer: Answer) -> Sent:
    id = fields(answer).get("id")
    if not isinstance(id, str) or not re.fullmatch(r"[\w-]{1,64}", id):
        raise Unconfirmed("YouTube took the video and named no id: look at https://studio.youtube.com")
    return Sent(ref=id, url=f"https://youtu.be/{id}")


def _received(answer: Answer) -> int:
    """Return how many bytes an unfinished upload has."""
    found = re.fullmatch(r"bytes=0-(\d{1,18})", answer.headers.get("range", ""))
    return int(found[1]) + 1 if found else 0


def _plain(text: str) -> str:
    """Return *text* without the two characters that YouTube refuses."""
    return text.replace("<", "‹").replace(">", "›")


async def _tail(path: Path, start: int) -> AsyncIterator[bytes]:
    """Yield a file from byte *start* on, read in a thread."""
    with await asyncio.to_thread(path.open, "rb") as file:
        file.seek(start)
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
