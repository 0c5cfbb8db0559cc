"""The newsdesk with a guest: an order and the clip of somebody who speaks it in, a film out."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from broadcast.types import Order, Rendered, Speech

from .captions import Phrase, subrip
from .guest import Guest
from .stage import Corner, FrameMode
from .studio import render as drawn
from .subrip import Cue, cues
from .voice import LEAD, Word


def render(
    order: Order,
    folder: Path,
    name: str,
    frame_mode: FrameMode,
    crf: int,
    seat: tuple[Corner, Literal["circle", "box"], float],
    progress: Callable[[float], None] = lambda share: None,
) -> Rendered:
    """Render *order* with `<name>.clip.mp4` in it, whose subtitles are in `<name>.clip.srt`, where there are any.

    *seat* is the guest's corner, shape and size. The captions beside the film are the clip's own, moved to where it
    is heard, so that they say what it says. Last comes `<name>.presented.json`. Raises `ValueError` where the clip
    cannot be read.
    """
    corner, shape, size = seat
    try:
        found = cues((folder / f"{name}.clip.srt").read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        found = []
    clip = folder / f"{name}.clip.mp4"
    speech = Speech(path=clip, seconds=0.0, words=tuple(word for cue in found for word in _words(cue)))
    guest = Guest(clip, speech, corner, shape, size)
    film = drawn(order, folder, name, frame_mode, crf, guest=guest, progress=progress)
    captions = folder / f"{name}.said.srt" if found else None
    if captions:
        said = (Phrase((Word(cue.text, 0.0, 0.0),), cue.start + LEAD, cue.end + LEAD) for cue in found)
        captions.write_text(subrip(said), encoding="utf-8")
    film = film.model_copy(update={"captions": captions})
    part = folder / f"{name}.presented.json.part"
    part.write_text(film.model_dump_json(), encoding="utf-8")
    part.replace(folder / f"{name}.presented.json")
    return film


def _words(cue: Cue) -> list[tuple[str, float, float]]:
    """Share the time of a cue among its words, by their length."""
    words = cue.text.split()
    share = (cue.end - cue.start) / sum(len(word) + 1 for word in words)
    found, at = [], cue.start
    for word in words:
        found.append((word, at, at + share * (len(word) + 1)))
        at = found[-1][2]
    return found
