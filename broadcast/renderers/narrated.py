"""A report of the newsdesk that an avatar of HeyGen's presents from a corner of the picture."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.parts import Clip, Report
from broadcast.plugins import Plugin, Tools
from broadcast.renderers.newsdesk import PATIENCE, PATIENCE_PER_SECOND, LocalVoice
from broadcast.types import Job, Order, Rendered

LOOK = 1  #: raised when the same clip and order would give another film
CLIP, SUBTITLES = 2_000_000_000, 5_000_000  #: bytes of a file at most
FETCHING = 1200.0  #: seconds for a file


def _part(value: Any) -> Any:
    return {"use": value} if isinstance(value, str) else value


class Narrated(Plugin):
    """A report of the newsdesk with an avatar of HeyGen's in its corner, who speaks all of it.

    The clip is asked for and paid once, as by `heygen` with `via: videos`; its sound is brought to the loudness of
    every film of ours. Where the report cannot be drawn, the clip airs alone, with a note.
    """

    repeatable: ClassVar[bool] = False
    captions: ClassVar[str] = "sidecar"

    clip: Annotated[Clip, BeforeValidator(_part)] = Field(description="who speaks: the settings of `heygen`")
    report: Annotated[Report, BeforeValidator(_part)] = Field(
        default=Report(), description="what is seen: the settings of `newsdesk`"
    )
    corner: Literal["bottom-left", "bottom-right", "top-left", "top-right"] = "bottom-left"
    shape: Literal["circle", "box"] = "circle"
    size: float = Field(0.28, ge=0.15, le=0.4, description="of the avatar, in shares of the picture's shorter side")

    @model_validator(mode="after")
    def _one_speaks(self) -> "Narrated":
        if not isinstance(self.report.voice, LocalVoice):
            raise ValueError("report.voice: the clip speaks; leave it out")
        if self.clip.captions != "sidecar":
            raise ValueError("clip.captions: the report has captions of its own; leave it out")
        return self

    def ready(self) -> None:
        self.report.ready()

    @property
    def account(self) -> str:
        """Return by what the limit of jobs at once is counted."""
        return self.clip.account

    @property
    def poll(self) -> float:
        """Return the seconds between the first looks."""
        return self.clip.poll

    @property
    def verify(self) -> str:
        """Return whether what the clip says is held against the script."""
        return self.clip.verify

    def voice_in(self, language: str) -> str:
        """Return a name for the voice that speaks *language*."""
        return self.clip.voice_in(language)

    def estimate(self, order: Order) -> float:
        """Return what the clip should cost, in USD."""
        return self.clip.estimate(order)

    async def preflight(self, tools: Tools, order: Order) -> None:
        """Raise where reading shows that the clip would be refused."""
        await self.clip.preflight(tools, order)

    async def findings(self, tools: Tools, **asked: Any) -> list[str]:
        """Return, in words, what reading shows to be wrong with the clip; what is *asked* is told by `HeyGen`."""
        return await self.clip.findings(tools, **asked)

    async def submit(self, tools: Tools, order: Order) -> Job:
        """Ask for the clip. Nothing is drawn before it is there."""
        return await self.clip.submit(tools, order)

    async def reconcile(self, tools: Tools, order: Order, begun: datetime, kept: Mapping[str, str]) -> Job | None:
        """Return the job of a submit that was not answered, or None where there is none."""
        return await self.clip.reconcile(tools, order, begun, kept)

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | Job | None:
        """Return the report with the clip in it; while that is being made, what is known of the clip."""
        clip = await self.clip.check(tools, order, job)
        if not isinstance(clip, Rendered):
            return clip
        name = self._name(order, job)
        if (film := _finished(tools.folder, name)) is None:
            try:
                film = await self._presented(tools, order, name, clip)
            except Rejected as error:
                note = f"the report could not be drawn, the clip airs alone: {error}"
                return clip.model_copy(update={"notes": (*clip.notes, note)})
        return film.model_copy(update={"usd": clip.usd})

    async def _presented(self, tools: Tools, order: Order, name: str, clip: Rendered) -> Rendered:
        folder = tools.folder
        video, srt = folder / f"{name}.clip.mp4", folder / f"{name}.clip.srt"
        try:
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
            if not video.is_file():
                await _fetch(tools, str(clip.video), video, CLIP, clip.kin)
            if clip.captions and not srt.is_file():
                await _fetch(tools, str(clip.captions), srt, SUBTITLES, clip.kin)
            film = await tools.compute(
                "broadcast.newsdesk.presented:render",
                order,
                folder,
                name,
                self.report.frame_mode,
                self.report.crf,
                (self.corner, self.shape, self.size),
                deadline=PATIENCE + PATIENCE_PER_SECOND * (clip.seconds or order.script.seconds),
                progress=tools.progress,
            )
        except ValueError as error:
            raise Rejected(str(error)) from error
        except OSError as error:  # a full disk, a folder that may not be written
            raise Unavailable(f"newsdesk cannot write {folder}: {error.strerror or error}") from error
        return Rendered.model_validate(film)

    def _name(self, order: Order, job: Job) -> str:
        look = (str(LOOK), job.id, self.corner, self.shape, str(self.size), self.report.frame_mode)
        made_of = (*look, str(self.report.crf), order.model_dump_json())
        return sha256("\n".join(made_of).encode()).hexdigest()[:20]


async def _fetch(tools: Tools, url: str, target: Path, limit: int, kin: str | None) -> None:
    """Stream a file of the clip to *target*, which is whole or not there. Raises `Unavailable`, `OSError`."""
    part = target.with_name(f"{target.name}.part")
    trusted = urlsplit(url).hostname == kin  # else it came from content: public addresses only
    ask = tools.http.stream(url, label="the clip's address", limit=limit, deadline=FETCHING, trusted=trusted)
    try:
        async with ask as body:
            file = await asyncio.to_thread(part.open, "wb")
            try:
                async for chunk in body:
                    await asyncio.to_thread(file.write, chunk)
            finally:
                await asyncio.to_thread(file.close)
    except (Refused, Rejected) as error:
        raise Unavailable(f"{error} (it may have expired: a new one is asked for)") from None
    part.replace(target)


def _finished(folder: Path, name: str) -> Rendered | None:
    """Return the film of that *name* where all of it is there: its record is written last."""
    try:
        film = Rendered.model_validate_json((folder / f"{name}.presented.json").read_bytes())
    except (OSError, ValidationError):
        return None
    parts = [path for path in (film.video, film.captions, film.poster) if isinstance(path, Path)]
    return film if all(path.is_file() for path in parts) else None
