"""How fast each voice speaks, learned from finished renders: so the next script lands nearer to its length."""

import asyncio

from broadcast.desk import Desk
from broadcast.plugins import Memory, Renderer, Voiced
from broadcast.scripting import calibration
from broadcast.show import Edition, Show
from broadcast.types import Script, Video


async def rate(show: Show, edition: Edition, desk: Desk) -> float | None:
    """Return the rate of the voice that would speak *edition*, as `timing.seconds` takes it; None: unknown."""
    name = _voice(edition.ways[0].renderer, edition.language)
    return await _known(_memory(show, desk), name) if name else None


async def learn(show: Show, edition: Edition, script: Script, video: Video, desk: Desk) -> None:
    """Remember how fast *script* was said in *video*."""
    way = next((way for way in edition.ways if way.name == video.renderer), None)
    name = _voice(way.renderer, edition.language) if way else None
    if name is None:
        return
    srt = await asyncio.to_thread(video.srt.read_text, "utf-8", "replace") if video.srt else ""
    found = calibration.measured(script, calibration.heard_seconds(srt, video.seconds))
    if found is not None:
        memory = _memory(show, desk)
        known = calibration.learned(await _known(memory, name), found, edition.language)
        await memory.put(name, round(known, 3))


async def _known(memory: Memory, name: str) -> float | None:
    found = await memory.get(name)
    return float(found) if isinstance(found, int | float) else None


def _memory(show: Show, desk: Desk) -> Memory:
    return desk.memory(f"{show.name}/voices")


def _voice(renderer: Renderer, language: str) -> str | None:
    """Return the name of the voice that *renderer* speaks *language* with; None where it does not speak."""
    voice = renderer.voice_in(language) if isinstance(renderer, Voiced) else None
    return f"{voice}/{language}" if voice else None
