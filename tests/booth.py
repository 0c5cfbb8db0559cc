"""A free renderer with a borrowed voice, as the newsdesk is one, and with nothing to draw: `use: booth:Booth`."""

from doubles import FreeStudio

from broadcast.heygen.speech import HeyGenVoice
from broadcast.plugins import Tools
from broadcast.types import Job, Order, Rendered


class Booth(FreeStudio):
    """Writes down how many segments it got spoken. What it pays for is the newsdesk's own voice."""

    voice: HeyGenVoice

    def estimate(self, order: Order) -> float:
        return self.voice.estimate(order.script)

    async def prepare(self, tools: Tools, order: Order) -> None:
        await self.voice.speak(tools, order.script)

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        found = await super().check(tools, order, job)
        assert found
        speeches, notes = await self.voice.speeches(tools, order.script)
        self.write(f"spoken {sum(speech is not None for speech in speeches)} of {len(speeches)}")
        return found.model_copy(update={"notes": notes, "usd": self.voice.spent(tools.kept)})


class Stall(Booth):
    """Another one."""
