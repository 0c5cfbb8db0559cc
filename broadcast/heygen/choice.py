"""What a show has chosen of an account: whether the look, the voice and the style are there and can be used."""

from collections.abc import Mapping
from typing import Any

from broadcast.errors import Rejected
from broadcast.types import Orientation

from .client import Client, NotFound

UNREADY = ("pending", "processing", "failed")  #: states of a look or a voice of one's own; others are usable
#: What a style's picture is like; other styles fit any.
SHAPES = {"16:9": "landscape", "9:16": "portrait", "1:1": "square"}


async def findings(
    client: Client,
    avatar_id: str | None,
    voice_id: str | None,
    style_id: str | None,
    orientation: Orientation | None,
) -> list[str]:
    """Return, in words, what is wrong with the choice. Raises `Unavailable` and `Refused`."""
    found = []
    if avatar_id:
        found += await _look(client, avatar_id, orientation)
    if voice_id:
        found += await _voice(client, voice_id)
    if style_id:
        found += await _style(client, style_id, orientation)
    return found


def unready(look: Mapping[str, Any]) -> str | None:
    """Return why a look cannot be used yet, or None. Without a picture of its own it cannot be rendered. Pure."""
    if (status := look.get("status")) in UNREADY:
        return f"its status is {status}"
    if not look.get("preview_image_url") or 0 in (look.get("image_width"), look.get("image_height")):
        return "it has no picture yet"
    return None


def misfit(id: str, look: Mapping[str, Any], orientation: Orientation | None) -> str | None:
    """Return, in words, that a look is made for another shape than the show's; None where it fits any. Pure."""
    shape = look.get("preferred_orientation")
    fits = orientation is None or shape not in ("landscape", "portrait") or shape == orientation
    return None if fits else f"the look {id!r} is made for {shape}, and the show is {orientation}"


async def _look(client: Client, id: str, orientation: Orientation | None) -> list[str]:
    try:
        look = await client.get(f"/v3/avatars/looks/{id}")
    except NotFound:
        return [f"there is no look {id!r}; `broadcast heygen looks` lists them (a look's id, not an avatar's)"]
    except Rejected as error:
        return [f"the look {id!r}: {error}"]
    found = [f"the look {id!r} cannot be used: {reason}"] if (reason := unready(look)) else []
    return [*found, *filter(None, [misfit(id, look, orientation)])]


async def _voice(client: Client, id: str) -> list[str]:
    try:
        voice = await client.get(f"/v3/voices/{id}")
    except NotFound:
        return [f"there is no voice {id!r}; `broadcast heygen voices` lists them"]
    except Rejected as error:
        return [f"the voice {id!r}: {error}"]
    status = voice.get("status")
    return [f"the voice {id!r} cannot be used: its status is {status}"] if status in UNREADY else []


async def _style(client: Client, id: str, orientation: Orientation | None) -> list[str]:
    """A style cannot be asked for by its id: it is looked for in the list."""
    async for style in client.pages("/v3/video-agents/styles", limit=100):
        if style.get("style_id") == id:
            shape = SHAPES.get(str(style.get("aspect_ratio")))
            fits = not orientation or shape in (None, orientation)
            return [] if fits else [f"the style {id!r} is made for {shape}, and the show is {orientation}"]
    return [f"there is no style {id!r}; `broadcast heygen styles` lists them"]
