"""Editions that dub another edition's video: what they are made from, and what they say."""

import asyncio

from broadcast.errors import Rejected, Waiting
from broadcast.journal.run import Run
from broadcast.scripting import dubbing
from broadcast.show import Edition
from broadcast.types import Dub, Order, Video, Written


def script_of(edition: Edition, run: Run) -> Written:
    """Return the script of the edition that *edition* dubs. Raises `Rejected` where it came to none."""
    written = run.recall(f"approved/{edition.dubs}", Written) or run.recall(f"write/{edition.dubs}", Written)
    if written is None:
        raise Rejected(f"edition {edition.dubs!r}, which it dubs, has no script")
    return written


def dub_of(edition: Edition, run: Run) -> Dub:
    """Return what is dubbed. Raises `Waiting` while it is made, `Rejected` where it came to nothing."""
    video = run.recall(f"video/{edition.dubs}", Video)
    if video is None:
        mine = f"submit/{edition.dubs}/"
        if run.in_flight(mine) or run.in_doubt(mine):
            raise Waiting(f"it dubs the video of {edition.dubs!r}, which is not there yet")
        raise Rejected(f"edition {edition.dubs!r}, which it dubs, has no video")
    return Dub(video=video, language=edition.language)


async def as_spoken(order: Order, video: Video) -> Order:
    """Return *order* with the script as *video*, which is its dub, says it; as it was where nobody can tell."""
    if video.srt is None:
        return order
    srt = await asyncio.to_thread(video.srt.read_text, "utf-8", "replace")
    return order.model_copy(update={"script": dubbing.dubbed(order.script, srt, order.language)})
