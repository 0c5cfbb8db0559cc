"""Slack: the video itself with its player, else a message that leads to it."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, WithJsonSchema, model_validator

from broadcast.errors import Refused, Rejected, StageError, Unconfirmed
from broadcast.plugins import Env, Plugin, Rung, Tools
from broadcast.slack import asking, files, rooms, words
from broadcast.slack.answers import Gone, MissingScope, Shut
from broadcast.slack.answers import scopes as granted
from broadcast.slack.sharing import Sharing
from broadcast.text import cut
from broadcast.types import Decision, Destination, Post, Put, Question, Sent
from broadcast.webhooks import digest

if TYPE_CHECKING:
    from broadcast.slack.client import Client

WITHDRAWN = "This post was withdrawn."


def _ids(value: Any) -> Any:
    many = value if isinstance(value, list | tuple) else [value]
    for one in many:
        if isinstance(one, str) and (one.startswith("#") or one != one.upper()):
            raise ValueError(
                f"{one!r} is a name: write the id, as C0123456789; `broadcast slack channels` lists it"
            )
    return tuple(many)


_ONE = {"type": "string", "examples": ["C0123456789"]}
Ids = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,30}$")], ...],
    BeforeValidator(_ids),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1}]}),
]


class Slack(Plugin):
    """Posts to Slack channels as a bot: the video where files are taken, else a message that leads to it.

    The bot needs the scopes `chat:write` and `files:write` and must be in the channel. With `files:read` it finds
    the message that its file became, with `channels:history` (`groups:history`) one whose answer never came.
    Questions need `reactions:read`.
    Several channels get one upload, because Slack shares a file in all of them by one call. Each is a delivery of
    its own all the same, with its own message; what that one call leaves open is open for each of them.
    """

    token: Annotated[SecretStr, Env("SLACK_BOT_TOKEN", "https://api.slack.com/apps")]
    base: Annotated[str, Env("SLACK_BASE_URL")] = "https://slack.com/api/"
    channel: Ids = Field(description="the id of a channel, or several", min_length=1)
    app_token: Annotated[SecretStr | None, Env("SLACK_APP_TOKEN", "https://api.slack.com/apps")] = Field(
        None, description="an app-level token (xapp-…) with connections:write: questions then have buttons"
    )
    thread: str | None = Field(
        None, pattern=r"^\d{1,12}\.\d{1,6}$", description="the `ts` of a message to reply to"
    )

    @model_validator(mode="after")
    def _one_thread(self) -> "Slack":
        if self.thread and len(self.channel) > 1:
            raise ValueError("a thread belongs to one channel: name one, or leave `thread` out")
        return self

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return self.channel

    def ladder(self) -> Sequence[Rung]:
        return self.file, self.link

    async def preflight(self, tools: Tools) -> Mapping[str, StageError]:
        """Raise `Refused` for a token that cannot post; return the channels where it could not."""
        client = await self._client(tools)
        who = await client.auth_test()
        scopes = granted(who.headers)
        if scopes and "chat:write" not in scopes:
            raise Refused("the token lacks chat:write: add it under OAuth & Permissions and install the app again")
        name = cut(str(who.get("user") or "the bot"), 80)
        found = {
            to: why for to in self.channel if (why := await rooms.objection(client, to, scopes=scopes, name=name))
        }
        if len(found) == len(self.channel):
            raise Refused("; ".join(f"{to}: {why}" for to, why in found.items()))
        return found

    # --- rungs

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Upload the video and share it, or take part in the call by which another delivery of this post did."""
        client = await self._client(tools)
        try:
            file = await Sharing(client, tools, post, self.channel, self.thread).do(to)
        except (MissingScope, Shut) as error:
            raise Rejected(str(error)) from None  # a message may be taken where a file is not
        return await self._arrived(client, tools, file, to)

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Post a message that leads to the video; without a lasting address, one that says so."""
        mark = {"event_type": rooms.EVENT, "event_payload": {"item": _mark(post, to)}}
        text, blocks = words.comment(post, shown=False), words.blocks(post)
        return await self._post(tools, to, text, blocks=blocks, metadata=mark, unfurl_links=True)

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        return await self._post(tools, to, words.fitted(text, words.TEXT), unfurl_links=False)

    # --- questions: see `slack.asking`

    async def ask(self, tools: Tools, to: str, question: Question) -> Sent:
        """Put a question to a channel, with buttons where there is an app token; a reaction answers it as well."""
        client = await self._client(tools)
        await tools.pace(f"slack/{digest(self.token.get_secret_value())}/{to}", 1, 1.0)
        return await asking.ask(client, tools, to, question, buttons=self.app_token is not None)

    async def heard(self, tools: Tools, puts: Sequence[Put]) -> Sequence[Decision]:
        return await asking.heard(await self._client(tools), tools, puts)

    async def tell(self, tools: Tools, answer: Decision, words: str) -> None:
        await asking.tell(await self._client(tools), tools, answer, words)

    async def close(self, tools: Tools, put: Put, words: str) -> None:
        await asking.close(await self._client(tools), put, words)

    @property
    def ear(self) -> str | None:
        return digest(self.app_token.get_secret_value()) if self.app_token else None

    async def listen(self, tools: Tools) -> AsyncIterator[Decision]:
        """Give what is pressed, through Socket Mode."""
        assert self.app_token
        module = await asyncio.to_thread(importlib.import_module, "broadcast.slack.socket")
        async for answer in module.listen(tools.http, self.base, self.app_token.get_secret_value()):
            yield answer

    # --- afterwards

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        """Look for the message that the file became, or for the one that bears this delivery's mark."""
        client, file = await self._client(tools), tools.kept.get("file")
        try:
            if tools.kept.get("rung") == "link":
                mark = _mark(post, to)
                stamp = await rooms.marked(client, tools.clock, mark, to, thread=self.thread, begun=begun)
                return Sent(ref=stamp, url=await self._address(client, to, stamp)) if stamp else None
            seen = await files.seen(client, tools.clock, file, to) if file else None
        except Refused as error:
            raise Unconfirmed(f"it cannot be told whether it got through: {error}") from None
        return await self._message(tools, file, to, seen) if file and seen else None

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Delete the file and its message; else edit the message; else reply to it with *note*."""
        if not sent.ref:
            raise Rejected("Slack named no message: delete it by hand")
        client, text = await self._client(tools), words.fitted(note or WITHDRAWN, words.TEXT)
        if "." in sent.ref:
            stamp, file = sent.ref, await tools.memory.get(f"file/{to}/{sent.ref}")
        else:  # its message was not to be seen yet
            seen = None
            with suppress(Refused):
                seen = await files.seen(client, tools.clock, sent.ref, to, patient=False)
            stamp, file = (seen or {}).get("ts", ""), sent.ref
        try:
            with suppress(Gone):
                if file:
                    await client.files_delete(file=file)
            with suppress(Gone):
                if stamp:
                    await client.chat_delete(channel=to, ts=stamp)
            return Sent(ref=sent.ref, rung="deleted")
        except (Rejected, Refused):
            if not stamp:
                raise
        try:
            await client.chat_update(channel=to, ts=stamp, text=text, blocks=[])
            return Sent(ref=sent.ref, url=sent.url, rung="edited")
        except (Rejected, Refused):
            answer = await self._post(tools, to, text, thread_ts=stamp, unfurl_links=False)
            return answer.model_copy(update={"rung": "followed up"})

    # --- steps

    async def _arrived(self, client: "Client", tools: Tools, file: str, to: str) -> Sent:
        """Return the message that the shared file became. Slack took it: what is not seen yet is only a note."""
        try:
            if seen := await files.seen(client, tools.clock, file, to):
                return await self._message(tools, file, to, seen)
            tools.note(f"file: Slack took {file} and does not show it in {to} yet")
        except StageError as error:
            tools.note(f"file: Slack took {file}; its message could not be looked up: {error}")
        return Sent(ref=file)

    async def _message(self, tools: Tools, file: str, to: str, seen: Mapping[str, Any]) -> Sent:
        await tools.memory.put(f"file/{to}/{seen['ts']}", file)  # whoever takes the message back deletes both
        return Sent(ref=seen["ts"], url=seen["permalink"])

    async def _post(self, tools: Tools, to: str, text: str, **more: Any) -> Sent:
        client = await self._client(tools)
        await tools.pace(f"slack/{digest(self.token.get_secret_value())}/{to}", 1, 1.0)
        said = {"thread_ts": self.thread, "unfurl_media": False, **more}
        stamp = str((await client.chat_postMessage(channel=to, text=text, **said)).get("ts") or "")
        return Sent(ref=stamp, url=await self._address(client, to, stamp))

    async def _address(self, client: "Client", to: str, stamp: str) -> str | None:
        """Return where a message can be looked at. It is there all the same where nobody says so."""
        with suppress(StageError):
            return (
                str((await client.chat_getPermalink(channel=to, message_ts=stamp)).get("permalink") or "") or None
            )
        return None

    async def _client(self, tools: Tools) -> "Client":
        # slack_sdk takes half a second to load: in a thread, so that nothing else waits for it.
        module = await asyncio.to_thread(importlib.import_module, "broadcast.slack.client")
        client: Client = module.Client(tools.http, self.base, self.token.get_secret_value())
        return client


def _mark(post: Post, to: str) -> str:
    """Return what marks the message of one delivery."""
    return digest(post.run, post.edition, to)
