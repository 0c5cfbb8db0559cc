"""Questions on Slack: buttons for those who listen, and reactions that can be read at any time.

Buttons are told through Socket Mode, to whoever listens at that moment; a reaction stays where it is.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from broadcast import asking
from broadcast.errors import Refused, Rejected
from broadcast.plugins import Tools
from broadcast.text import cut
from broadcast.types import Decision, Put, Question, Sent

from . import files
from .answers import MissingScope, scopes
from .words import HEADER, SECTION, TEXT, fitted

if TYPE_CHECKING:
    from .client import Client

#: What a reaction means. Where both are there nobody can say which was first: then it is not let through.
REACTIONS = {"x": False, "white_check_mark": True}
VERBS = {"approve": True, "reject": False}
HOW = "React to this message with :white_check_mark: to approve or with :x: to reject."
HOW_TOO = "Or react to this message, with :white_check_mark: or :x:, which is read when the show is called again."
ACTIONS = "broadcast"  #: the block of our buttons
LINES = 40  #: blocks of a script; a message has at most 50


async def ask(client: "Client", tools: Tools, to: str, question: Question, *, buttons: bool) -> Sent:
    """Put *question* to a channel, behind its video where it has one. With *buttons* somebody listens."""
    if question.video:
        await _show(client, tools, to, question)
    said = fitted(f"{asking.heading(question)} {asking.terms(question)} {HOW}", TEXT)
    laid_out = [*blocks(question), *([_buttons(question.token)] if buttons else []), _small(_how(buttons))]
    answer = await client.chat_postMessage(channel=to, text=said, blocks=laid_out, unfurl_links=False)
    return Sent(ref=str(answer.get("ts") or ""))


async def _show(client: "Client", tools: Tools, to: str, question: Question) -> None:
    """Share the video; the question stands without it where files are not taken."""
    assert question.video
    try:
        file = await files.upload(client, tools.http, question.video.path, f"{question.show}-preview.mp4")
        title = cut(asking.heading(question), HEADER)
        await files.share(client, file, [to], title=title, comment="", thread=None)
    except (Rejected, Refused) as error:
        tools.note(f"the question goes without the video: {error}")


async def heard(client: "Client", tools: Tools, puts: Sequence[Put]) -> list[Decision]:
    """Return the reactions to *puts* that were not dealt with yet. Without any, say whether they could be read."""
    if not puts:
        granted = scopes((await client.auth_test()).headers)
        if granted and "reactions:read" not in granted:
            raise MissingScope(
                "the token lacks reactions:read, by which answers are read: add it under OAuth & Permissions and "
                "install the app again"
            )
    found = []
    for put in puts:
        known = await _dealt_with(tools, put.question.token)
        about = await client.reactions_get(channel=put.to, timestamp=put.ref, full=True)
        there = {
            one.get("name"): one.get("users") or () for one in (about.get("message") or {}).get("reactions") or ()
        }
        for name, approves in REACTIONS.items():
            for user in there.get(name, ()):
                if f"{user}/{name}" not in known:
                    ref = f"{put.to}/{user}/{name}"
                    found.append(Decision(token=put.question.token, approves=approves, who=user, ref=ref))
    return found


async def tell(client: "Client", tools: Tools, answer: Decision, said: str) -> None:
    """Remember that a reaction was dealt with, and tell whoever answered, so that only they see it."""
    channel, user, reaction = answer.ref.split("/", 2)
    if reaction:
        known = await _dealt_with(tools, answer.token)
        await tools.memory.put(_place(answer.token), [*known, f"{user}/{reaction}"][-300:])
    with suppress(Rejected, Refused):  # they see what becomes of the message
        await client.chat_postEphemeral(channel=channel, user=user, text=fitted(said, TEXT))


async def close(client: "Client", put: Put, said: str) -> None:
    """Take the buttons off a question, and say in it how it was answered."""
    words = f"{said[:1].upper()}{said[1:]}."
    laid_out = [*blocks(put.question, answered=words)]
    text = fitted(f"{asking.heading(put.question)} {words}", TEXT)
    await client.chat_update(channel=put.to, ts=put.ref, text=text, blocks=laid_out)


# --- pure


def blocks(question: Question, *, answered: str = "") -> list[dict[str, Any]]:
    """Return *question* laid out, its script a block a segment; with how it was *answered*, once it is."""
    paragraphs = asking.paragraphs(question.script)
    shown = [fitted(text, SECTION) for text in paragraphs[:LINES] if text]
    if len(paragraphs) > LINES:
        shown.append(asking.CUT)
    head = {"type": "plain_text", "text": cut(asking.heading(question), HEADER), "emoji": False}
    return [
        {"type": "header", "text": head},
        *({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}} for text in shown),
        _small(fitted(answered or asking.terms(question), 2_000)),
    ]  # fmt: skip


def pressed(payload: dict[str, Any]) -> list[Decision]:
    """Return what the button means that *payload* tells of; nothing where it is none of ours."""
    user, channel = payload.get("user") or {}, payload.get("channel") or {}
    if payload.get("type") != "block_actions" or not user.get("id"):
        return []
    return [
        Decision(
            token=str(one.get("value") or ""),
            approves=VERBS[one["action_id"]],
            who=str(user["id"]),
            shown=f"{cut(str(user.get('username') or user.get('name') or ''), 80)} ({user['id']})".strip(),
            ref=f"{channel.get('id') or ''}/{user['id']}/",
        )
        for one in payload.get("actions") or ()
        if one.get("block_id") == ACTIONS and one.get("action_id") in VERBS
    ]


def _buttons(token: str) -> dict[str, Any]:
    looks = (("approve", "Approve", "primary"), ("reject", "Reject", "danger"))
    made = [
        {"type": "button", "action_id": verb, "value": token, "style": style,
         "text": {"type": "plain_text", "text": label}}
        for verb, label, style in looks
    ]  # fmt: skip
    return {"type": "actions", "block_id": ACTIONS, "elements": made}


def _how(buttons: bool) -> str:
    return HOW_TOO if buttons else HOW


def _small(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


async def _dealt_with(tools: Tools, token: str) -> list[str]:
    found = await tools.memory.get(_place(token))
    return [str(one) for one in found] if isinstance(found, list) else []


def _place(token: str) -> str:
    return f"reacted/{token}"
