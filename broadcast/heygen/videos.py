"""What `GET /v3/videos/{id}` says of a video. Pure."""

from collections.abc import Mapping
from typing import Any

from broadcast.errors import Rejected
from broadcast.types import Rendered

from .client import clean


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
