"""Discord, by a channel's webhook."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from broadcast.errors import Refused, Rejected, StageError, Unconfirmed
from broadcast.multipart import Form, Part
from broadcast.plugins import Answer, Env, Plugin, Rung, Tools
from broadcast.text import clean, cut_escaped
from broadcast.types import Destination, Post, Sent
from broadcast.webhooks import ABSENT, Hook, fields, judge, post_json

LABEL = "Discord's webhook"
CONTENT = 2_000  #: characters: https://discord.com/developers/docs/resources/webhook#execute-webhook
HEADING, LINK, DISCLOSURE = 200, 1_300, 400  #: characters that these may take of it
SECONDS = 540.0  #: for an upload
MARKUP = re.compile(r"([\\*_~`|>\[\]()#<@:-])")


class Discord(Plugin):
    """Posts to the Discord channel that its webhook belongs to: the video where it is small enough, else a link.

    Nobody is mentioned, whatever a headline holds. Posts can be taken back.
    """

    url: Annotated[SecretStr, Hook, Env("DISCORD_WEBHOOK", "https://support.discord.com/hc/articles/228383668")]
    limit: int = Field(10 << 20, gt=0, description="bytes of a file: 10 MiB, more on a boosted server")
    thread: str | None = Field(None, pattern=r"^\d{5,20}$", description="the id of a thread to post in")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (self.thread or "webhook",)

    def ladder(self) -> Sequence[Rung]:
        return self.file, self.link

    async def preflight(self, tools: Tools) -> None:
        """Raise `Refused` where the webhook does not exist."""
        label = "the Discord webhook"
        answer = await tools.http.send("GET", self.url.get_secret_value(), label=label, again=True, deadline=20.0)
        if error := _error(answer, again=True):
            raise error

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Upload the video in one form with its words."""
        video = post.video
        if not video.path.is_file():
            raise Rejected(f"{video.path} is gone from the archive")
        if (size := video.path.stat().st_size) > self.limit:
            raise Rejected(f"the video has {size / 1e6:.1f} MB; `limit` allows {self.limit / 1e6:.1f}")
        part = Part("files[0]", f"{post.show}-{post.slot:%Y-%m-%d}.mp4", "video/mp4", video.path)
        form = Form({"payload_json": json.dumps(_payload(_content(post, shown=True)))}, [part])
        answer = await tools.http.send(
            "POST",
            self._address(wait="true"),
            label=LABEL,
            headers={"content-type": form.type},
            body=form.body(),
            length=form.length,
            again=False,
            deadline=SECONDS,
        )
        return _sent(answer)

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        return await self._post(tools, _content(post, shown=False))

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        return await self._post(tools, cut_escaped(text, CONTENT, escape))

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Delete the message, else put *note* in its place."""
        if not sent.ref.isdigit():
            raise Rejected("Discord named no message: delete it by hand")
        place = self._address(f"/messages/{sent.ref}")
        answer = await tools.http.send("DELETE", place, label=LABEL, again=True, deadline=30.0)
        if answer.status == 204 or _code(answer) == 10008:  # there is no such message any more
            return Sent(ref=sent.ref, rung="deleted")
        if (error := _error(answer, again=True)) and not isinstance(error, Rejected | Refused):
            raise error
        said = {**_payload(cut_escaped(note or "This post was withdrawn.", CONTENT, escape)), "attachments": []}
        answer = await post_json(tools.http, place, said, label=LABEL, method="PATCH", again=True)
        if error := _error(answer, again=True):
            raise error
        return Sent(ref=sent.ref, rung="edited")

    async def _post(self, tools: Tools, content: str) -> Sent:
        return _sent(await post_json(tools.http, self._address(wait="true"), _payload(content), label=LABEL))

    def _address(self, path: str = "", **query: str) -> str:
        address, _, given = self.url.get_secret_value().partition("?")
        said = urlencode({**query, **({"thread_id": self.thread} if self.thread else {})})
        return (
            address.rstrip("/") + path + "?" * bool(said or given) + "&".join(one for one in (given, said) if one)
        )


def escape(text: str) -> str:
    """Return *text* so that nothing in it is markup, a link with another's name, or a mention."""
    return MARKUP.sub(r"\\\1", text)


def _content(post: Post, *, shown: bool) -> str:
    head = f"**{cut_escaped(post.heading, HEADING, escape)}**" if post.heading else ""
    link = post.link if post.link and len(post.link) <= LINK else "" if shown else ABSENT
    tail = "\n\n".join(part for part in (link, cut_escaped(post.disclosure, DISCLOSURE, escape)) if part)
    room = max(CONTENT - len(head) - len(tail) - 4, 0)
    words = cut_escaped(post.caption, room, escape)
    return "\n\n".join(part for part in (head, words, tail) if part)


def _payload(content: str) -> dict[str, Any]:
    return {"content": content, "allowed_mentions": {"parse": []}}


def _sent(answer: Answer) -> Sent:
    if error := _error(answer):
        raise error
    found = fields(answer).get("id")
    if not isinstance(found, str) or not found:
        raise Unconfirmed(f"{LABEL} answered and named no message; look into the channel")
    return Sent(ref=found)


def _error(answer: Answer, *, again: bool = False) -> StageError | None:
    why = clean(str(fields(answer).get("message") or ""), 120)
    return judge(answer, LABEL, again=again, why=why)


def _code(answer: Answer) -> Any:
    return fields(answer).get("code")
