"""A render that was fetched, made fit to air: held against its script, its captions put into the picture."""

from broadcast.clock import surprise
from broadcast.desk import Desk
from broadcast.errors import Rejected
from broadcast.scripting import dubbing
from broadcast.scripting.heard import heard
from broadcast.types import Order, Video

BURN_SECONDS = 7200.0  #: for putting captions into a picture
TOLD = 5  #: deviations that are spelled out


class Deviates(Rejected):
    """The render says something else than the script: asking the same service again would be a gamble."""


def held_against(order: Order, video: Video, verify: str) -> Video:
    """Hold what the render says against the script: *verify* is `required`, `note` or `off`.

    Raises `Deviates` where they must be the same and are not.
    """
    if verify == "off":
        return video
    srt = video.srt.read_text(encoding="utf-8", errors="replace") if video.srt else ""
    differ = dubbing.deviations(order.script, srt, order.language) if order.dub else heard(order.script, srt)
    findings = [str(finding) for finding in differ]
    if findings and verify == "required":
        raise Deviates(f"the render does not say what the script says: {'; '.join(findings[:TOLD])}")
    return video.model_copy(update={"notes": (*video.notes, *(f"heard: {one}" for one in findings[:TOLD]))})


async def with_captions(order: Order, video: Video, desk: Desk) -> Video:
    """Put the captions into the picture, where the service has no file of its own with them."""
    if video.srt is None:
        note = "no captions came with the render: none are burned in"
        return video.model_copy(update={"notes": (*video.notes, note)})
    target = video.path.with_name("captioned.mp4")
    srt = video.srt.read_text(encoding="utf-8", errors="replace")
    language, colour = order.language, order.brand.colour
    try:
        await desk.compute(
            "broadcast.newsdesk.burn:burn", video.path, srt, target, language, colour, deadline=BURN_SECONDS
        )
    except Exception as error:  # noqa: BLE001  # a video with captions beside it is better than none
        why = surprise("burn", error)
        note = f"captions were not burned in ({why}); that needs pip install 'broadcast[newsdesk]'"
        return video.model_copy(update={"notes": (*video.notes, note)})
    return await desk.archive.replace(video, target)
