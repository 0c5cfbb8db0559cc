"""What is done in a worker process: narration and composition before Hyperframes runs, the sound after it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from pydantic import BaseModel

from broadcast.newsdesk.captions import Phrase, phrases, subrip
from broadcast.newsdesk.captions import joined as written
from broadcast.newsdesk.recorder import AAC, AAC_RATE
from broadcast.newsdesk.scenes import bill, spoken_texts
from broadcast.newsdesk.show import BEFORE_WORDS
from broadcast.newsdesk.sound import RATE
from broadcast.newsdesk.typesetting import Typesetter
from broadcast.newsdesk.voice import narrate
from broadcast.types import Order, Rendered

from . import composition, sheet, templates

CAPTION = {"landscape": 64, "portrait": 30}  #: characters of a caption; an ideograph counts as two


class Plan(BaseModel):
    """What is ready to be rendered."""

    seconds: float
    notes: tuple[str, ...] = ()


def prepare(order: Order, folder: Path, name: str, template: str, own: Mapping[str, Any], fps: int) -> Plan:
    """Speak the script and write the composition to `<folder>/<name>/`, the sound and the captions beside it.

    Raises `ValueError` where the script says nothing or the template cannot be used.
    """
    type_ = Typesetter(order.script.language)
    show = bill(order, type_)
    if not show.segments:
        raise ValueError("the script has no sentence that could be shown")
    narration = narrate(order.script, spoken_texts(show))
    frames = round(narration.seconds * fps)
    seconds = frames / fps
    starts = [0.0, *(max(segment[0][0].start - BEFORE_WORDS, 0.1) for segment in narration.segments[1:])]
    found: list[Phrase] = []
    for segment in narration.segments:
        found += phrases(segment, CAPTION[order.orientation], lambda words: _width(written(words)))
    show = replace(show, spoken=narration.spoken)
    told = sheet.variables(order, show, starts, seconds, found, type_.rtl)
    composition.write(
        templates.folder(template), folder / name, told, own,
        seconds=seconds, size=composition.SIZES[order.orientation],
    )  # fmt: skip
    np.save(folder / f"{name}.npy", narration.samples)
    (folder / f"{name}.srt").write_text(subrip(found), encoding="utf-8")
    return Plan(seconds=seconds, notes=narration.notes)


def _width(text: str) -> float:
    return sum(2.0 if character > "\u2e7f" else 1.0 for character in text)


def finish(folder: Path, name: str, plan: Plan) -> Rendered:
    """Give the silent film of `<name>.silent.mp4` its sound; write the poster, and last the record.

    The pictures are copied as they are. Raises `ValueError` where the film is not what was asked for.
    """
    silent, part = folder / f"{name}.silent.mp4", folder / f"{name}.part.mp4"
    samples = np.load(folder / f"{name}.npy")
    try:
        with (
            av.open(str(silent)) as source,
            av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as film,
        ):
            seen = source.streams.best("video")
            if not isinstance(seen, VideoStream):
                raise ValueError("it has no pictures")
            length = float(source.duration or 0) / av.time_base
            if abs(length - plan.seconds) > max(0.2, 0.01 * plan.seconds):
                raise ValueError(f"it lasts {length:.2f} s where {plan.seconds:.2f} s were asked for")
            pictures = film.add_stream_from_template(seen)
            sound = film.add_stream("aac", rate=RATE, layout="mono", options=AAC)
            sound.bit_rate = AAC_RATE
            track = np.zeros((1, round(plan.seconds * RATE)), np.float32)
            track[0, : min(len(samples), track.shape[1])] = samples[: track.shape[1]]
            heard = 0
            for packet in source.demux(seen):
                if packet.dts is None:
                    continue
                at = float(packet.dts * (packet.time_base or Fraction(1)))
                while heard < track.shape[1] and heard / RATE <= at:
                    heard = _speak(film, sound, track, heard)
                packet.stream = pictures
                film.mux(packet)
            while heard < track.shape[1]:
                heard = _speak(film, sound, track, heard)
            film.mux(sound.encode(None))
    except av.FFmpegError as error:  # it does not travel between processes
        raise ValueError(f"its film cannot be read: {error.strerror}") from None
    _poster(part, folder / f"{name}.jpg")
    _settle(part, folder / f"{name}.mp4")
    silent.unlink()
    rendered = Rendered(
        video=folder / f"{name}.mp4",
        captions=folder / f"{name}.srt",
        poster=folder / f"{name}.jpg",
        seconds=plan.seconds,
        notes=plan.notes,
    )
    record = folder / f"{name}.json.part"
    record.write_text(rendered.model_dump_json(), encoding="utf-8")
    _settle(record, folder / f"{name}.json")
    return rendered


def _speak(film: Any, sound: Any, track: Any, heard: int) -> int:
    """Encode a second of sound."""
    piece = np.ascontiguousarray(track[:, heard : heard + RATE])
    frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, heard, Fraction(1, RATE)
    film.mux(sound.encode(frame))
    return heard + int(piece.shape[1])


def _poster(video: Path, path: Path) -> None:
    with av.open(str(video)) as source:
        source.seek(round(min(2.0, float(source.duration or 0) / av.time_base / 2) * av.time_base))
        frame = next(source.decode(video=0))
        frame.to_image().save(path, "JPEG", quality=88)  # type: ignore[no-untyped-call]


def _settle(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
