"""Slack's incoming webhooks: one address, one channel, messages only."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import SecretStr

from broadcast.errors import Unconfirmed
from broadcast.plugins import Env, Plugin, Rung, Tools
from broadcast.slack import words
from broadcast.text import clean
from broadcast.types import Post, Sent
from broadcast.webhooks import Hook, judge, post_json

LABEL = "Slack's webhook"


class SlackWebhook(Plugin):
    """Posts a message that leads to the video, to the one Slack channel that its webhook belongs to.

    A webhook takes no files and names no message: what it posted can be neither found again nor taken back.
    """

    url: Annotated[SecretStr, Hook, Env("SLACK_WEBHOOK", "https://api.slack.com/apps")]

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return ("webhook",)

    def ladder(self) -> Sequence[Rung]:
        return (self.link,)

    async def preflight(self, tools: Tools) -> None:
        """A webhook can be asked nothing without a post."""

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Post a message that leads to the video; without a lasting address, one that says so."""
        return await self._post(tools, {"text": words.comment(post, shown=False), "blocks": words.blocks(post)})

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        return await self._post(tools, {"text": words.fitted(text, words.TEXT)})

    async def _post(self, tools: Tools, tree: dict[str, Any]) -> Sent:
        answer = await post_json(tools.http, self.url, tree, label=LABEL)
        said = clean(answer.body[:200].decode(errors="replace"), 80)
        if error := judge(answer, LABEL, why=said if said.replace("_", "").isalnum() else ""):
            raise error
        if said != "ok":
            raise Unconfirmed(f"{LABEL} did not answer as Slack does; look into the channel")
        return Sent()
