"""The files of a run: its video, in the parts that a player asks for, and what goes with it."""

from aiohttp import web

from .house import Gone, House, Missing
from .told import found, videos, within

KINDS = {"video": "video/mp4", "captions": "text/vtt", "poster": ""}  #: a poster is a PNG or a JPEG
GONE = "the file is gone from the archive: it was older than the show's `keep`, or somebody removed it"


async def file(house: House, run: str, edition: str, name: str) -> web.FileResponse:
    """Return a file of *run*. Raises `Missing`, or `Gone` where there was one."""
    whole = await found(house, run)
    video = next((one.video for one in videos(whole.items) if one.edition == edition), None)
    paths = {"video": video.path, "captions": video.vtt, "poster": video.poster} if video else {}
    path = paths.get(name)
    if path is None:
        raise Missing(f"the run has no such file: {edition[:50]} {name[:20]}")
    archive = house.station.settings.broadcast_data_dir.absolute() / "archive"
    if not path.is_file() or not within(path, archive):
        raise Gone(GONE)
    kind = KINDS[name] or ("image/png" if path.suffix == ".png" else "image/jpeg")
    return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": "private, no-cache"})
