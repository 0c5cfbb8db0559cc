"""The local renderer: a finished news video with no key, no account and no network. It may borrow a voice."""

from hashlib import sha256
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from broadcast.errors import ConfigError, Rejected, Unavailable
from broadcast.heygen.speech import HeyGenVoice
from broadcast.newsdesk.films import finished
from broadcast.plugins import Plugin, Tools
from broadcast.types import Job, Order, Rendered, Speech

#: What the extra `newsdesk` brings, as it is imported.
NEEDED = (
    "PIL", "av", "fontpkg_barlow_condensed", "fontpkg_inter", "hibari", "manimgx_fonts", "manimgx_fonts_cjk",
    "numpy",
)  # fmt: skip
LOOK = 5  #: raised when the same order would give another film: an unfinished run then renders anew
PATIENCE = 600.0  #: seconds a render may take at least
PATIENCE_PER_SECOND = 20.0  #: and for each second of video


class LocalVoice(BaseModel):
    """The voice that comes along: English, free, on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: Literal["local"] = "local"


def _voice(value: Any) -> Any:
    return {"use": value} if isinstance(value, str) else value


class Newsdesk(Plugin):
    """Renders 1080p30 on this machine, landscape or portrait, narrated in English, with captions.

    Needs `pip install 'broadcast[newsdesk]'`. Other languages are spoken by a voice of HeyGen's, paid by the
    second: `voice: {use: heygen, voice_id: ...}`. Without one they air as a silent film with captions.
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

    voice: Annotated[
        LocalVoice | HeyGenVoice,
        Field(discriminator="use"),
        BeforeValidator(_voice, json_schema_input_type=Literal["local"] | LocalVoice | HeyGenVoice),
    ] = Field(default=LocalVoice(), description="who speaks: local, or a voice of HeyGen's, paid by the second")

    def ready(self) -> None:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"the renderer newsdesk needs more packages ({', '.join(missing)}): "
                "run `pip install 'broadcast[newsdesk]'`"
            )

    def voice_in(self, language: str) -> str | None:
        """Return a name for the voice that speaks *language*; None where the film is silent."""
        if isinstance(self.voice, HeyGenVoice):
            return f"heygen/speech/{self.voice.voice_id}/{self.voice.speed:g}"
        return "hibari/heart" if language.lower().startswith("en") else None

    async def findings(self, tools: Tools, *, seconds: float = 60.0, **_: Any) -> list[str]:
        """Return, in words, what reading shows to be wrong with a borrowed voice."""
        return await self.voice.findings(tools, seconds) if isinstance(self.voice, HeyGenVoice) else []

    def estimate(self, order: Order) -> float:
        """Return what `prepare` should cost, in USD. The render itself costs nothing."""
        return self.voice.estimate(order.script) if isinstance(self.voice, HeyGenVoice) else 0.0

    async def prepare(self, tools: Tools, order: Order) -> None:
        """Have a borrowed voice speak the script. What it does not speak airs as it would without one."""
        if isinstance(self.voice, HeyGenVoice):
            await self.voice.speak(tools, order.script)

    async def submit(self, tools: Tools, order: Order) -> Job:
        """Render now. The same order, settings and speech are one job, and are rendered once."""
        self.ready()
        spoken = sorted((name, value) for name, value in tools.kept.items() if value)
        job = Job(id=self._id(order, *spoken))
        if finished(tools.folder, job.id) is None:
            await self._render(tools, order, job)
        return job

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered:
        """Return the film; one that is gone is rendered again."""
        film = finished(tools.folder, job.id) or await self._render(tools, order, job)
        spent = self.voice.spent(tools.kept) if isinstance(self.voice, HeyGenVoice) else 0.0
        return film.model_copy(update={"usd": spent})

    async def _render(self, tools: Tools, order: Order, job: Job) -> Rendered:
        speeches: tuple[Speech | None, ...] = ()
        notes: tuple[str, ...] = ()
        if isinstance(self.voice, HeyGenVoice):
            speeches, notes = await self.voice.speeches(tools, order.script)
        try:
            tools.folder.mkdir(parents=True, exist_ok=True)
            rendered = await tools.compute(
                "broadcast.newsdesk.studio:render",
                order,
                tools.folder,
                job.id,
                self.frame_mode,
                self.crf,
                speeches,
                notes,
                deadline=PATIENCE + PATIENCE_PER_SECOND * order.script.seconds,
                progress=tools.progress,
            )
        except ValueError as error:
            raise Rejected(f"newsdesk: {error}") from error
        except OSError as error:  # a full disk, a folder that may not be written
            raise Unavailable(f"newsdesk cannot write {tools.folder}: {error.strerror or error}") from error
        return Rendered.model_validate(rendered)

    def _id(self, order: Order, *spoken: tuple[str, str]) -> str:
        made_of = (str(LOOK), self.frame_mode, str(self.crf), order.model_dump_json(), *map(str, spoken))
        return sha256("\n".join(made_of).encode()).hexdigest()[:20]
