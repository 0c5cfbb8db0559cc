"""What the service says of videos: of one in full, of many in a word each."""

from collections.abc import Mapping, Sequence
from typing import Any

from broadcast.errors import Crowded, Refused, Rejected, Unavailable
from broadcast.types import Rendered

from .client import Client, clean

ASKED = 100  #: videos in one question, by the reference of `GET /v3/videos/statuses`
#: Words for a video that is being made. With any other, it is worth a look at the video itself.
UNDER_WAY = frozenset(("queued", "pending", "waiting", "processing", "rendering"))


async def stages(client: Client, ids: Sequence[str]) -> Mapping[str, str]:
    """Return how far videos are, in the service's words. Of one alone, or where it cannot tell, it says nothing.

    Raises `Crowded` where it wants to be left alone; whatever else goes wrong, each video can still be looked at.
    """
    if len(ids) < 2:
        return {}
    try:
        items = await client.items("/v3/videos/statuses", video_ids=",".join(ids))
    except Crowded:
        raise
    except (Unavailable, Rejected, Refused):
        return {}
    said = {one.get("video_id"): one.get("status") for one in items}
    return {id: stage for id, stage in said.items() if isinstance(id, str) and isinstance(stage, str)}


async def making(client: Client, ids: Sequence[str]) -> list[str]:
    """Return which videos are still being made. Raises `Unavailable` where the service cannot be asked now."""
    found: list[str] = []
    for start in range(0, len(ids), ASKED):
        some = ids[start : start + ASKED]
        try:
            items = await client.items("/v3/videos/statuses", video_ids=",".join(some))
        except Rejected:  # it knows no such question: each is asked about
            items = [await _stage(client, id) for id in some]
        stages = {one.get("video_id"): one.get("status") for one in items}
        found += [id for id in some if stages.get(id) in UNDER_WAY]
    return found


async def _stage(client: Client, id: str) -> dict[str, Any]:
    try:
        return {"video_id": id, "status": (await client.get(f"/v3/videos/{id}")).get("status")}
    except Rejected:
        return {}  # whoever waits for it looks for itself


def rendered(video: Mapping[str, Any], *, rate: float, seconds: float, kin: str | None) -> Rendered | None:
    """Return where a finished video's files are, or None while it is being made; unknown words mean the latter.

    *rate* is its price in USD a second, *seconds* its length where the service gives none, *kin* the host that
    said so. Raises `Rejected` where it failed for good.
    """
    if video.get("status") == "failed":
        reason = video.get("failure_message") or video.get("failure_code") or "it gives no reason"
        raise Rejected(f"HeyGen could not make the video: {clean(str(reason))}")
    if video.get("status") != "completed" or not (address := _address(video, "video_url")):
        return None  # `completed` without an address happens: it comes a little later
    length = float(video["duration"]) if isinstance(video.get("duration"), int | float) else None
    return Rendered(
        video=address,
        captions=_address(video, "subtitle_url"),
        captioned=_address(video, "captioned_video_url"),
        poster=_address(video, "thumbnail_url"),
        gif=_address(video, "gif_url"),
        seconds=length,
        usd=round(rate * (length or seconds), 4),
        kin=kin,
    )


def _address(video: Mapping[str, Any], name: str) -> str | None:
    value = video.get(name)
    return value if isinstance(value, str) and value else None
