"""Claude tells a story, one isolated question at a time. What it says is proven by others."""

import asyncio
import secrets
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, SecretStr

from broadcast.claude import answering, asking, models
from broadcast.claude.paying import paying
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Env, Plugin, Tools
from broadcast.types import Brief, Draft, Exchange, Story

if TYPE_CHECKING:
    from broadcast.claude.sdk import Service

ENOUGH = 2  #: times `max_tokens` for a repair of an answer that was cut off


class Claude(Plugin):
    """Has Anthropic's Claude tell each story: one question a story, and one more to repair what the lint finds.

    It sees one story at a time and no tools. Every question and answer is kept with the run. List `extractive`
    behind it: it steps in for a story that Claude will not or cannot tell.
    """

    repeatable: ClassVar[bool] = False

    key: Annotated[SecretStr, Env("ANTHROPIC_API_KEY", "https://console.anthropic.com/settings/keys")]
    base: Annotated[str, Env("ANTHROPIC_BASE_URL")] = "https://api.anthropic.com"
    model: str = Field("claude-sonnet-5-5", min_length=1, description="`claude-haiku-5-5` is the cheap one")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        "low", description="how hard it thinks; none for models that know no effort"
    )
    max_tokens: int = Field(4_000, ge=500, le=16_000, description="of one answer, what it thinks included")
    seconds: float = Field(30.0, gt=0, description="for one answer")

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:
        """Return what Claude makes of *story*, an empty draft with its flaws where that cannot be used.

        Raises `Rejected` where it declines, and for a story that is too short to be told by anybody.
        """
        if not asking.tellable(story):
            raise Rejected(f"the story has fewer than {asking.LEAST} words: there is nothing to tell")
        exchange = await tools.recall("1", Exchange, lambda: self._ask(tools, story, brief, self.max_tokens))
        return answering.read(exchange, story, brief.language)

    async def repair(
        self, tools: Tools, story: Story, brief: Brief, draft: Draft, findings: Sequence[str]
    ) -> Draft:
        """Return what Claude makes of *story* when it is told what is wrong with *draft*."""
        room = self.max_tokens * (ENOUGH if answering.CUT in findings else 1)
        exchange = await tools.recall(
            "2", Exchange, lambda: self._ask(tools, story, brief, room, draft=draft, findings=findings)
        )
        return answering.read(exchange, story, brief.language)

    async def findings(self, tools: Tools) -> list[str]:
        """Return, in words, what reading shows to be wrong: key, model. What is only going to be is noted."""
        old = models.lifecycle(self.model, tools.clock.now().date())
        try:
            found = await (await self._service(tools)).model(self.model)
        except Unavailable:
            if old:
                tools.note(old)
            raise
        except StageError as error:
            return [str(error), *([old] if old else [])]
        if found.lifecycle == "retired":
            return [old or f"the model {self.model} was retired; choose a newer `model`"]
        if found.lifecycle != "active" or old:
            until = f" and will be retired on {found.retires_at[:10]}" if found.retires_at else ""
            tools.note(old or f"the model {self.model} is {found.lifecycle}{until}; choose a newer `model`")
        if models.usd(self.model, {}) is None:
            tools.note(f"the price of the model {self.model} is not known: no budget can hold it")
        return []

    async def _ask(self, tools: Tools, story: Story, brief: Brief, room: int, **again: Any) -> Exchange:
        """Ask once. Asking again does no harm, and may cost its price twice: cents."""
        mark = f"STORY-{secrets.token_hex(8)}"
        service = await self._service(tools)
        request = asking.request(
            story, brief, model=self.model, effort=self.effort, max_tokens=room, mark=mark, **again
        )
        worst = models.worst(self.model, len(str(request).encode()), room)
        if worst is None:
            tools.note(f"the price of the model {self.model} is not known: what it costs is not in the report")
        try:
            async with paying(tools, f"script/{mark}", worst) as bill:
                reply = await service.ask(request)
                bill.usd = models.usd(self.model, reply.usage.tokens)
        except Unconfirmed as error:
            tools.note("a question to Claude was sent and not answered: it may be charged, and is not in the cost")
            raise Unavailable(str(error)) from None
        return Exchange(
            model=self.model,
            request=request,
            text=reply.text,
            stop=reply.stop,
            tokens=reply.usage.tokens,
            usd=bill.usd,
            ref=reply.id,
        )

    async def _service(self, tools: Tools) -> "Service":
        await asyncio.to_thread(import_module, "broadcast.claude.sdk")  # a second's work
        from broadcast.claude.sdk import Service

        if not self.base.startswith(("http://", "https://")):
            raise Refused("ANTHROPIC_BASE_URL is not an http or https address")
        return Service(tools.http, self.base, self.key.get_secret_value().strip(), self.seconds)
