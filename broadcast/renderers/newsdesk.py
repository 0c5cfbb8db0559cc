"""The local renderer: a finished news video with no key, no account and no network."""

from hashlib import sha256
from importlib.util import find_spec
from typing import ClassVar, Literal

from pydantic import Field, ValidationError

from broadcast.errors import ConfigError, Rejected, Unavailable
from broadcast.plugins import Plugin, Tools
from broadcast.types import Job, Order, Rendered

#: What the extra `newsdesk` brings, as it is imported.
NEEDED = (
    "PIL", "av", "fontpkg_barlow_condensed", "fontpkg_inter", "hibari", "manimgx_fonts", "manimgx_fonts_cjk",
    "numpy",
)  # fmt: skip
LOOK = 3  #: raised when the same order would give another film: an unfinished run then renders anew
PATIENCE = 600.0  #: seconds a render may take at least
PATIENCE_PER_SECOND = 20.0  #: and for each second of video


class Newsdesk(Plugin):
    """Renders 1080p30 on this machine, landscape or portrait, narrated in English, with captions.

    Needs `pip install 'broadcast[newsdesk]'`. Other languages air as a silent film with captions.
    """

    repeatable: ClassVar[bool] = True

    frame_mode: Literal["cfr", "vfr"] = Field(
        default="cfr",
        description="cfr: 30 frames every second. vfr: a calmer design, and only frames that differ are encoded: "
        "less work and smaller files; some players seek in them less well.",
    )
    crf: int = Field(
        default=20,
        ge=14,
        le=34,
        description="x264's constant rate factor: lower looks better; 20 makes about 6 MB a minute.",
    )

    def ready(self) -> None:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"the renderer newsdesk needs more packages ({', '.join(missing)}): "
                "run `pip install 'broadcast[newsdesk]'`"
            )

    async def submit(self, tools: Tools, order: Order) -> Job:
        """Render now. The same order and settings are one job, and are rendered once."""
        self.ready()
        job = Job(id=self._id(order))
        if _finished(tools, job) is None:
            await self._render(tools, order, job)
        return job

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered:
        """Return the film; one that is gone is rendered again."""
        return _finished(tools, job) or await self._render(tools, order, job)

    async def _render(self, tools: Tools, order: Order, job: Job) -> Rendered:
        try:
            tools.folder.mkdir(parents=True, exist_ok=True)
            rendered = await tools.compute(
                "broadcast.newsdesk.studio:render",
                order,
                tools.folder,
                job.id,
                self.frame_mode,
                self.crf,
                deadline=PATIENCE + PATIENCE_PER_SECOND * order.script.seconds,
                progress=tools.progress,
            )
        except ValueError as error:
            raise Rejected(f"newsdesk: {error}") from error
        except OSError as error:  # a full disk, a folder that may not be written
            raise Unavailable(f"newsdesk cannot write {tools.folder}: {error.strerror or error}") from error
        return Rendered.model_validate(rendered)

    def _id(self, order: Order) -> str:
        made_of = (str(LOOK), self.frame_mode, str(self.crf), order.model_dump_json())
        return sha256("\n".join(made_of).encode()).hexdigest()[:20]


def _finished(tools: Tools, job: Job) -> Rendered | None:
    """Return the film of *job* where all of it is there: its record is written last."""
    try:
        record = Rendered.model_validate_json((tools.folder / f"{job.id}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    files = {suffix: tools.folder / f"{job.id}.{suffix}" for suffix in ("mp4", "srt", "jpg")}
    if not all(path.is_file() and path.stat().st_size for path in files.values()):
        return None
    # The folder may have moved since: only what is in it now counts.
    return record.model_copy(update={"video": files["mp4"], "captions": files["srt"], "poster": files["jpg"]})
