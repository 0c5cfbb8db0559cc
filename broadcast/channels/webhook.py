"""A webhook of the operator's own, signed as Standard Webhooks has it: https://www.standardwebhooks.com."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from broadcast.plugins import Env, Plugin, Rung, Tools
from broadcast.text import cut
from broadcast.types import Destination, Post, Sent
from broadcast.webhooks import Hook, digest, judge

LABEL = "the webhook"
BODY = 64_000  #: bytes of a message
CAPTION, TITLE, URL = 4_000, 300, 2_000  #: characters
SECONDS = 30.0


def _whole(secret: SecretStr | None) -> SecretStr | None:
    given = secret.get_secret_value() if secret else ""
    try:
        key = base64.b64decode(given.removeprefix("whsec_") + "==")
    except binascii.Error:
        key = b""
    if secret and not (given.startswith("whsec_") and 24 <= len(key) <= 64):
        raise ValueError("is not a signing secret: whsec_ and 24 to 64 bytes in base64")
    return secret


class Webhook(Plugin):
    """Tells a service of your own what was aired: one JSON message, signed where there is a secret.

    Its `webhook-id` is the same whenever it is sent again: whoever takes messages drops the ones it knows.
    """

    repeatable: ClassVar[bool] = True

    url: Annotated[SecretStr, Hook, Env("BROADCAST_WEBHOOK_URL")]
    secret: Annotated[SecretStr | None, AfterValidator(_whole), Env("BROADCAST_WEBHOOK_SECRET")] = None

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (urlsplit(self.url.get_secret_value()).hostname or "webhook",)

    def ladder(self) -> Sequence[Rung]:
        return (self.link,)

    async def preflight(self, tools: Tools) -> None:
        """A webhook can be asked nothing without a message."""

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Tell what was aired and where it is."""
        return await self._send(tools, digest(post.run, post.edition, self.url.get_secret_value()), _told(post))

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Tell *text*. It has another id whenever it is said: without an answer it is not repeated."""
        id = digest(tools.clock.now().isoformat(), text)
        return await self._send(tools, id, {"type": "broadcast.message", "text": cut(text, CAPTION)}, again=False)

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Tell that what the earlier message told of was withdrawn, and name that message."""
        tree = {"type": "broadcast.withdrawn", "message": sent.ref, "text": cut(note, CAPTION)}
        done = await self._send(tools, digest("withdrawn", sent.ref), tree)
        return Sent(ref=done.ref, rung="followed up")

    async def _send(self, tools: Tools, id: str, tree: dict[str, Any], *, again: bool = True) -> Sent:
        while len((body := json.dumps(tree, ensure_ascii=False)).encode()) > BODY:
            tree["stories"].pop()
        now = tools.clock.now()
        headers = {"webhook-id": f"msg_{id}", "webhook-timestamp": f"{int(now.timestamp())}"}
        if self.secret:
            from standardwebhooks import Webhook as Signer

            signer = Signer(self.secret.get_secret_value())
            headers["webhook-signature"] = signer.sign(headers["webhook-id"], now, body)
        answer = await tools.http.send(
            "POST",
            self.url.get_secret_value(),
            label=LABEL,
            headers={"content-type": "application/json", **headers},
            body=body.encode(),
            again=again,
            deadline=SECONDS,
        )
        if error := judge(answer, LABEL, again=again):
            raise error
        return Sent(ref=headers["webhook-id"])


def _told(post: Post) -> dict[str, Any]:
    """Return the message: the same whenever it is made. Pure."""
    video = post.video
    return {
        "type": "broadcast.aired",
        "timestamp": post.slot.isoformat(),
        "run": post.run,
        "show": post.show,
        "edition": post.edition,
        "language": post.language,
        "title": cut(post.title, TITLE),
        "date": post.date,
        "caption": cut(post.caption, CAPTION),
        "disclosure": cut(post.disclosure, TITLE),
        "link": post.link,
        "url": video.url,
        "sha256": video.sha256,
        "seconds": video.seconds,
        "bytes": video.bytes,
        "width": video.width,
        "height": video.height,
        "stories": [
            {
                "title": cut(one.title, TITLE),
                "url": one.url[:URL],
                "publisher": cut(one.publisher, TITLE),
                **({"outlets": [cut(name, TITLE) for name in one.outlets]} if one.outlets else {}),
            }
            for one in post.stories
        ],
    }
