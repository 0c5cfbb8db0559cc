"""Files that go with a prompt: the images of the stories, and charts of their figures.

An image's address was found in content: only public addresses are reached, and what comes is a picture by its
bytes or is left out. Whatever is wrong with one, the render is asked for without it, and a note says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from pydantic import TypeAdapter

from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.plugins import Tools
from broadcast.text import clean
from broadcast.types import Figure, Noun, Order

from .assets import picture
from .client import Client

FILES = 8  #: with one prompt; the service takes 20, and each costs characters of it
IMAGE = 32 << 20  #: bytes of an image; https://developers.heygen.com says 32 MB
#: To have one, and to upload all. A render whose answer is lost is looked for within a quarter of an hour after the
#: intention: what comes before the submit must be short.
SECONDS, UPLOAD_SECONDS = 45.0, 120.0
SERIES = 3  #: values that a chart needs at least
TITLE, LABEL = 50, 24  #: characters of what a prompt says of a file


class Attached(Noun):
    """A file that goes with the prompt."""

    asset: str
    shows: str


FOUND = TypeAdapter(tuple[Attached, ...])


@dataclass(frozen=True)
class Wanted:
    """A picture that would go with the prompt: at an address, or to be drawn."""

    shows: str
    image: str = ""
    figure: Figure | None = None


def wanted(order: Order) -> list[Wanted]:
    """Return what could be attached for the stories told: their images first, in their order. Pure."""
    images = [Wanted(clean(story.title, TITLE), image=story.image) for story in order.stories if story.image]
    charts = [
        Wanted(f"{clean(story.title, TITLE)} - chart: {clean(figure.label, LABEL)}", figure=figure)
        for story in order.stories
        for figure in story.figures
        if len(figure.series) >= SERIES and all(map(isfinite, figure.series))
    ]
    return images + charts


async def brought(
    client: Client, tools: Tools, order: Order, fits: Callable[[Sequence[Wanted]], bool]
) -> tuple[Attached, ...]:
    """Return what goes with *order*, uploaded: as much as *fits*. What is left out is noted, never raised."""
    every = wanted(order)
    chosen = every[:FILES]
    while chosen and not fits(chosen):
        chosen = chosen[:-1]
    if len(chosen) < len(every):
        tools.note(f"{len(every) - len(chosen)} of {len(every)} images and charts are not attached: no room")
    folder = tools.folder / "attached"
    paths = [folder / f"{number}" for number in range(len(chosen))]
    had = await asyncio.gather(*(_had(tools, order, *one) for one in zip(chosen, paths, strict=True)))
    files: list[Attached] = []
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            for one, path, why in zip(chosen, paths, had, strict=True):
                if why or (why := await _add(client, order, one, path, files)):
                    tools.note(f"not attached: {one.shows!r}: {why}")
    except TimeoutError:
        tools.note(f"not attached: {one.shows!r} and what follows: uploads took {UPLOAD_SECONDS:g} s")
    except Refused as error:
        tools.note(f"not attached: {one.shows!r} and what follows: {error}")
    return tuple(files)


async def _add(client: Client, order: Order, one: Wanted, path: Path, files: list[Attached]) -> str:
    """Upload the picture at *path* and add it to *files*; return why that could not be, or nothing.

    Raises `Refused`: the others would be refused as well.
    """
    try:
        asset = await picture(client, path, key=f"{order.show}:{order.slot:%Y%m%dT%H%M%SZ}:{order.edition}")
    except (Unavailable, Rejected, OSError, ValueError) as error:
        return _words(error)
    if asset in [file.asset for file in files]:
        return "it is the picture of a story before"
    files.append(Attached(asset=asset, shows=one.shows))
    return ""


def written(files: Sequence[Attached]) -> str:
    """Return *files* as they are kept in the journal."""
    return FOUND.dump_json(tuple(files)).decode()


def read(kept: str | None) -> tuple[Attached, ...]:
    """Return the files that were kept."""
    return FOUND.validate_json(kept) if kept else ()


async def _had(tools: Tools, order: Order, one: Wanted, path: Path) -> str:
    """Put the picture at *path*; return why it could not be had, or nothing."""
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            if one.figure is None:
                await _download(tools, one.image, path)
            else:
                await _draw(tools, order, one.figure, path)
    except Exception as error:  # noqa: BLE001  # whatever somebody's picture does: the render goes on without it
        return _words(error)
    return ""


async def _download(tools: Tools, address: str, path: Path) -> None:
    ask = tools.http.stream(address, label="the image", limit=IMAGE, deadline=SECONDS, trusted=False)
    async with ask as body:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in body:
                await asyncio.to_thread(file.write, chunk)


async def _draw(tools: Tools, order: Order, figure: Figure, path: Path) -> None:
    look = order.brand.colour, order.script.language, order.orientation
    drawn = await tools.compute("broadcast.newsdesk.chart:chart", figure, *look, deadline=SECONDS)
    await asyncio.to_thread(path.write_bytes, drawn)


def _words(error: Exception) -> str:
    """Return why in words of our own: others may hold an address, or a path."""
    if isinstance(error, StageError):
        return str(error)
    if isinstance(error, ImportError):
        return "a chart needs pip install 'broadcast[newsdesk]'"
    if isinstance(error, TimeoutError):
        return f"it took longer than {SECONDS:g} s"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
