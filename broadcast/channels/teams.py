"""Microsoft Teams, by the webhook of a workflow."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import SecretStr

from broadcast.plugins import Env, Plugin, Rung, Tools
from broadcast.text import cut
from broadcast.types import Post, Sent
from broadcast.webhooks import ABSENT, Hook, judge, post_json

LABEL = "the Teams workflow"
PAGE = "https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams"
#: Characters and lines of a card. All of it stays under the 28 KB of a message, whatever the script:
#: https://learn.microsoft.com/microsoftteams/limits-specifications-teams
CAPTION, LINES, HEADING, DISCLOSURE, TITLE = 4_000, 40, 200, 400, 80
VERSION = "1.4"


class Teams(Plugin):
    """Posts a card that leads to the video, to the Teams channel that a workflow's webhook belongs to.

    The workflow answers before it posts, and names no message: `sent` means that it took the card.
    """

    url: Annotated[SecretStr, Hook, Env("TEAMS_WEBHOOK", PAGE)]

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return ("workflow",)

    def ladder(self) -> Sequence[Rung]:
        return (self.link,)

    async def preflight(self, tools: Tools) -> None:
        """A workflow can be asked nothing without a post."""

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Post a card that leads to the video; without a lasting address, one that says so."""
        lines = cut(post.caption, CAPTION).split("\n")[:LINES]
        body = [_text(cut(post.heading, HEADING), weight="bolder", size="large")] if post.heading else []
        body += [_text(line) for line in lines if line.strip()]
        if not post.link:
            body.append(_text(ABSENT))
        if post.disclosure:
            body.append(_text(cut(post.disclosure, DISCLOSURE), size="small", isSubtle=True))
        watch = {"type": "Action.OpenUrl", "title": f"▶ {cut(post.title, TITLE)}", "url": post.link}
        return await self._post(tools, body, [watch] if post.link else [])

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        return await self._post(tools, [_text(line) for line in cut(text, CAPTION).split("\n")[:LINES] if line], [])

    async def _post(self, tools: Tools, body: list[dict[str, Any]], actions: list[dict[str, Any]]) -> Sent:
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": VERSION,
            "body": body,
            "actions": actions,
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        answer = await post_json(
            tools.http, self.url, {"type": "message", "attachments": [attachment]}, label=LABEL
        )
        if error := judge(answer, LABEL):
            raise error
        return Sent(ref="accepted")


def _text(text: str, **looks: Any) -> dict[str, Any]:
    """Return a line of text. A run, unlike a text block, knows no markup: nothing in it is a link."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}
