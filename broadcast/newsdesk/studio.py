"""The one entry of the studio: an order in, a film with its captions and poster out."""

import ctypes
import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from broadcast.types import Order, Rendered, Speech

from .captions import subrip
from .figures import chart_of
from .fonts import shapes
from .guest import Guest, Seat
from .look import logo, palette
from .recorder import Recorder, picture
from .scenes import Scenery, bill, spoken_texts
from .show import Show
from .stage import FPS, FrameMode, stage, with_guest
from .typesetting import TALL, Typesetter
from .voice import narrate, spoken_by

NARRATED = 0.08  #: the share of the work that is done when all is said
LOGO_SIZE = (180, 44)
M_MMAP_THRESHOLD = -3  #: of glibc's malloc.h
LARGE = 8 << 20  #: bytes; what is larger goes back to the system as soon as it is freed, in a second render too


def render(
    order: Order,
    folder: Path,
    name: str,
    frame_mode: FrameMode,
    crf: int,
    speeches: Sequence[Speech | None] = (),
    said: Sequence[str] = (),
    guest: Guest | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Rendered:
    """Render *order* into *folder*: `<name>.mp4`, `.srt`, `.jpg`, and last `.json`, which says that all is there.

    *speeches* are the script's segments as somebody else spoke them, where somebody did, and *said* is what there
    is to note of that; a *guest* speaks all of it, and is seen. *crf* is x264's constant rate factor, 14 to 34.
    Raises `ValueError` where the script says nothing, or the guest's clip cannot be read.
    """
    _release()  # a process may render one edition after another
    notes = list(said)
    type_ = Typesetter(order.script.language)
    show = bill(order, type_)
    if not show.segments:
        raise ValueError("the script has no sentence that could be shown")
    for story in show.stories:
        if story is not None and (chart := chart_of(story)) and chart.hidden:
            notes.append(f"{story.title!r}: {chart.hidden} more values than a chart has room for are not in it")
    mark = _logo(order, notes)
    colours = palette(order.brand.colour)
    spoken = [speeches[place] if place < len(speeches) else None for place in show.places]
    texts = spoken_texts(show)
    narration = spoken_by(texts, guest.speech) if guest else narrate(order.script, texts, spoken)
    notes += narration.notes
    _release()
    if not shapes() and any(TALL.search(segment.text) for segment in show.segments):
        notes.append("letters are not joined: the system lacks FriBidi (libfribidi0)")
    progress(NARRATED)
    set_, seat = stage(order.orientation, type_.rtl), None
    if guest:
        size = round(min(set_.width, set_.height) * guest.size) & ~1
        set_, x, y = with_guest(set_, guest.corner, size)
        seat = Seat(guest, colours, size, x, y)
    scenery = Scenery(set_, type_, colours, replace(show, spoken=narration.spoken), order.script.language)
    film = Show(scenery, narration, frame_mode)
    compositor = film.compositor(colours, mark)
    part = folder / f"{name}.part.mp4"
    gop = (2 if frame_mode == "vfr" else 4) * FPS
    recorder = Recorder(part, set_.width, set_.height, crf, film.frames, narration.samples, gop=gop)
    for frame in range(film.frames):
        changed = compositor.draw([*film.layers(frame), *(seat.layers(frame) if seat else ())])
        if frame == 0:
            _poster(compositor.buffer, folder / f"{name}.jpg")
        if changed or frame_mode == "cfr" or frame == film.frames - 1:
            recorder.add(compositor.buffer, frame)
        if frame % 15 == 0:
            progress(NARRATED + (0.99 - NARRATED) * frame / film.frames)
    recorder.close()
    _write(folder / f"{name}.srt", subrip(film.phrases).encode())
    _settle(part, folder / f"{name}.mp4")
    rendered = Rendered(
        video=folder / f"{name}.mp4",
        captions=folder / f"{name}.srt",
        poster=folder / f"{name}.jpg",
        seconds=film.frames / FPS,
        notes=tuple(notes),
    )
    _write(folder / f"{name}.json", rendered.model_dump_json().encode())
    progress(1.0)
    return rendered


def _release() -> None:
    """Hand back what the voice held, or the render before: a hundred megabytes that the encoder then needs."""
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # glibc
        libc.mallopt(M_MMAP_THRESHOLD, LARGE)
        libc.malloc_trim(0)


def _logo(order: Order, notes: list[str]) -> Image.Image | None:
    if order.brand.logo is None:
        return None
    try:
        return logo(order.brand.logo, *LOGO_SIZE)
    except ValueError as error:
        notes.append(f"no logo, {order.brand.logo.name}: {error}")
        return None


def _poster(buffer: NDArray[np.uint8], path: Path) -> None:
    picture(buffer).to_image().save(path, "JPEG", quality=88)  # type: ignore[no-untyped-call]


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    _settle(part, path)


def _settle(part: Path, path: Path) -> None:
    """Give a finished file its name, so that what has the name is whole even after a power cut."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
