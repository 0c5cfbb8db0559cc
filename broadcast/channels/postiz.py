"""Postiz: one API for LinkedIn, X, TikTok and the other networks that an account of it is connected to."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.multipart import Form, Part
from broadcast.plugins import Answer, Env, Plugin, Rung, Tools
from broadcast.postiz import LONGEST, SHORTEST, chosen, letters, marked, told, worded
from broadcast.text import clean
from broadcast.types import Post, Sent
from broadcast.webhooks import fields, tree, wait

PAGE = "https://docs.postiz.com/public-api/introduction"
LARGEST = 1 << 30  #: bytes of a video: https://docs.postiz.com/public-api/uploads/upload-file
SECONDS, UPLOAD = 30.0, 590.0  #: for a request, and for a file
SAID = 200  #: characters of an answer that are shown
SKEW = timedelta(minutes=5)  #: between our clock and that of Postiz, which cuts times to minutes


class Postiz(Plugin):
    """Posts the video to networks that a Postiz account is connected to: LinkedIn, X, TikTok and more.

    One upload serves them all. Postiz hands a post to its network a moment later: `sent` means that it took it.
    Nobody is mentioned, whatever a headline holds. What was posted is taken back at the network, by hand.
    """

    repeatable: ClassVar[bool] = False

    key: Annotated[SecretStr, Env("POSTIZ_API_KEY", PAGE)]
    base: Annotated[str, Env("POSTIZ_BASE_URL")] = Field(
        "https://api.postiz.com/public/v1", pattern="^https?://", description="of one's own Postiz: …/public/v1"
    )
    integrations: tuple[str, ...] = Field(
        min_length=1, description="what it posts to, each by its id, its name, its network, or network:name"
    )
    settings: Mapping[str, Mapping[str, Any]] = Field(
        {}, description="what a network is told besides, under its name in Postiz: {x: {community: …}}"
    )

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return self.integrations

    def ladder(self) -> Sequence[Rung]:
        return self.file, self.link

    async def preflight(self, tools: Tools) -> Mapping[str, StageError]:
        """Raise where the key is not known; return those that nothing could be posted to."""
        there, errors = await self._connected(tools), dict[str, StageError]()
        for to in self.integrations:
            try:
                chosen(there, self.integrations, to)
            except (Refused, Rejected) as error:
                errors[to] = error
        if len(errors) == len(set(self.integrations)):
            raise Refused("; ".join(map(str, errors.values())))
        return errors

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Upload the video, unless it is there for another network, and post it with its words."""
        one = chosen(await self._connected(tools), self.integrations, to)
        words = worded(post, await self._limit(tools, one))
        return await self._post(tools, post, one, words, [await self._uploaded(tools, post)])

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Post the words, which lead to the video; some networks take no post without a file."""
        if not post.link:
            raise Rejected("the video has no lasting address where it could be watched")
        one = chosen(await self._connected(tools), self.integrations, to)
        words = worded(post, await self._limit(tools, one))
        if post.link not in words:
            raise Rejected("the video's address is longer than a post may be")
        return await self._post(tools, post, one, words, [])

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Look for the very words among the posts since. A post that is not there may still be on its way."""
        one = chosen(await self._connected(tools), self.integrations, to)
        words = letters(marked(worded(post, await self._limit(tools, one))))
        since, until = begun - SKEW, tools.clock.now() + SKEW
        span = f"startDate={since:%Y-%m-%dT%H:%M:%SZ}&endDate={until:%Y-%m-%dT%H:%M:%SZ}"
        found = await self._read(tools, f"posts?{span}")
        posts = found.get("posts") if isinstance(found, dict) else None
        for each in posts if isinstance(posts, list) else ():
            where, id = each.get("integration") or {}, each.get("id")
            if where.get("id") == one["id"] and letters(str(each.get("content"))) == words and id:
                if each.get("state") in ("QUEUE", "PUBLISHED"):
                    return Sent(ref=str(id), url=_url(each.get("releaseURL")))
                raise Unconfirmed("Postiz has this post and could not hand it on: look at its calendar")
        raise Unconfirmed("Postiz shows no such post, and may have it all the same: look at its calendar")

    async def _post(
        self, tools: Tools, post: Post, one: Mapping[str, Any], words: str, files: list[dict[str, str]]
    ) -> Sent:
        network = str(one.get("identifier"))
        said = {
            "type": "now",
            "date": f"{tools.clock.now():%Y-%m-%dT%H:%M:%S.000Z}",
            "shortLink": False,
            "tags": [],
            "posts": [
                {
                    "integration": {"id": one["id"]},
                    "value": [{"content": marked(words), "image": files}],
                    "settings": {**told(post, network), **self.settings.get(network, {})},
                }
            ],
        }
        answer = await self._ask(tools, "POST", "posts", json.dumps(said).encode())
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, posting=True)
        made = tree(answer)
        first = made[0] if isinstance(made, list) and made and isinstance(made[0], dict) else {}
        if not isinstance(first.get("postId"), str) or not first["postId"]:
            raise Unconfirmed("Postiz answered and named no post: look at its calendar")
        return Sent(ref=first["postId"])

    async def _limit(self, tools: Tools, one: Mapping[str, Any]) -> int:
        """Return how many characters a post there may have."""
        settings = await self._read(tools, f"integration-settings/{one['id']}")
        output = settings.get("output") if isinstance(settings, dict) else None
        most = output.get("maxLength") if isinstance(output, dict) else None
        return min(most, LONGEST) if isinstance(most, int) and most >= SHORTEST else SHORTEST

    async def _uploaded(self, tools: Tools, post: Post) -> dict[str, str]:
        """Return what Postiz calls the video. It is uploaded once a run."""
        video, name = post.video, f"upload/{post.edition}"
        same = {"run": post.run, "sha256": video.sha256}
        known = await tools.memory.get(name)
        if isinstance(known, dict) and same.items() <= known.items():
            return {"id": known["id"], "path": known["path"]}
        if not video.path.is_file():
            raise Rejected(f"{video.path} is gone from the archive: there is nothing to upload")
        if (size := video.path.stat().st_size) > LARGEST:
            raise Rejected(f"the video has {size / 1e6:.1f} MB; Postiz takes {LARGEST / 1e6:.1f}")
        form = Form({}, [Part("file", f"{post.show}-{post.slot:%Y-%m-%d}.mp4", "video/mp4", video.path)])
        answer = await tools.http.send(
            "POST",
            f"{self.base.rstrip('/')}/upload",
            label="Postiz",
            headers={"authorization": self.key.get_secret_value(), "content-type": form.type},
            body=form.body(),
            length=form.length,
            again=True,  # what lies there and is in no post, nobody sees
            deadline=UPLOAD,
        )
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, posting=False)
        file = fields(answer)
        if not all(isinstance(file.get(part), str) for part in ("id", "path")):
            raise Unavailable("Postiz took the video and did not say where it is")
        await tools.memory.put(name, {**same, "id": file["id"], "path": file["path"]})
        return {"id": file["id"], "path": file["path"]}

    async def _connected(self, tools: Tools) -> list[dict[str, Any]]:
        """Return what the account is connected to."""
        there = await self._read(tools, "integrations")
        if not isinstance(there, list):
            raise Unavailable("Postiz gave no list of what it is connected to; check POSTIZ_BASE_URL")
        return [one for one in there if isinstance(one, dict) and re.fullmatch(r"[\w-]{1,100}", str(one.get("id")))]

    async def _read(self, tools: Tools, path: str) -> Any:
        answer = await self._ask(tools, "GET", path)
        if answer.status != 200:
            raise self._refusal(answer, posting=False)
        return tree(answer)

    async def _ask(self, tools: Tools, method: str, path: str, body: bytes = b"") -> Answer:
        return await tools.http.send(
            method,
            f"{self.base.rstrip('/')}/{path}",
            label="Postiz",
            headers={"authorization": self.key.get_secret_value(), "content-type": "application/json"},
            body=body,
            again=not body,
            deadline=SECONDS,
        )

    def _refusal(self, answer: Answer, *, posting: bool) -> StageError:
        """Return what an answer means that is not the one hoped for."""
        reply, status = fields(answer), answer.status
        said = reply.get("message") or reply.get("msg") or ""
        said = "; ".join(map(str, said)) if isinstance(said, list) else said
        said = clean(str(said).replace(self.key.get_secret_value(), "…"), SAID)
        words = f"Postiz answers {status} {said}".rstrip()
        if status == 429:
            return Unavailable(f"{words}: too many posts this hour", retry_after=wait(answer))
        if status in (401, 402, 403):
            return Refused(f"{words}: check POSTIZ_API_KEY, and the plan of the account")
        if 300 <= status < 500 and status != 408:
            return Rejected(words)
        return Unconfirmed(words) if posting else Unavailable(words)


def _url(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"https?://[^\s<>\"]{1,500}", value) else None
