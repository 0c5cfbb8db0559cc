"""Compositions of HTML and CSS, rendered on this machine by HeyGen's open-source Hyperframes."""

import asyncio
import json
from collections.abc import Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from broadcast.errors import ConfigError, Rejected, Unavailable
from broadcast.hyperframes import running, templates, toolbox
from broadcast.newsdesk.films import finished
from broadcast.plugins import Plugin, Tools
from broadcast.types import Job, Order, Rendered

LOOK = 2  #: raised when the same order would give another film
NEEDED = ("PIL", "av", "fontpkg_inter", "fontpkg_barlow_condensed", "hibari", "manimgx_fonts", "manimgx_fonts_cjk")
PREPARING = 600.0  #: seconds for the narration and the composition, and again for the sound
PATIENCE, PATIENCE_PER_SECOND = 600.0, 90.0  #: seconds a render may take at least, and for each second of video


class Hyperframes(Plugin):
    """Renders a template of HTML and CSS with Hyperframes, narrated in English as newsdesk is.

    Needs Node 22, `npm install hyperframes@0.8.170`, Chromium and ffmpeg: `broadcast check` says which of them is
    missing. It takes many times the work of newsdesk, and draws whatever a browser can.
    """

    repeatable: ClassVar[bool] = True

    template: str = Field("weekly", description="weekly, headline, or a folder of your own with an index.html")
    variables: Mapping[str, str | float | bool] = Field(
        {}, description="values for the variables that a template of your own declares"
    )
    fps: int = Field(30, ge=10, le=60, description="frames a second: fewer are less work")
    quality: Literal["draft", "looks", "delivery"] = Field("looks", description="of the pictures")
    modules: Path = Field(Path("node_modules"), description="npm's folder in which hyperframes lies")
    node: str = Field("", description="a Node of 22 or newer; default: of npm, of pip, or of the system")
    browser: str = Field("", description="a Chromium or Chrome; default: the system's")

    @model_validator(mode="after")
    def _template_fits(self) -> "Hyperframes":
        templates.check(self.template, self.variables)
        return self

    def ready(self) -> None:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"hyperframes narrates as newsdesk does, and needs more packages ({', '.join(missing)}): "
                "run `pip install 'broadcast[newsdesk]'`"
            )
        if fault := toolbox.look(self.modules, self.node, self.browser).fault():
            raise ConfigError(fault)

    def voice_in(self, language: str) -> str | None:
        """Return a name for the voice that speaks *language*; None where the film is silent."""
        return "hibari/heart" if language.lower().startswith("en") else None

    async def submit(self, tools: Tools, order: Order) -> Job:
        """Render now. The same order and settings are one job, and are rendered once."""
        self.ready()
        job = Job(id=self._id(order))
        if finished(tools.folder, job.id) is None:
            await self._render(tools, order, job)
        return job

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered:
        """Return the film; one that is gone is rendered again."""
        return finished(tools.folder, job.id) or await self._render(tools, order, job)

    async def _render(self, tools: Tools, order: Order, job: Job) -> Rendered:
        box = toolbox.look(self.modules, self.node, self.browser)
        if fault := box.fault():
            raise Rejected(fault)
        try:
            tools.folder.mkdir(parents=True, exist_ok=True)
            own = dict(self.variables)
            command = self._command(box, tools.folder, job)
            await asyncio.to_thread(running.end_others, command)
            plan = await tools.compute(
                "broadcast.hyperframes.studio:prepare", order, tools.folder, job.id, self.template, own, self.fps,
                deadline=PREPARING,
            )  # fmt: skip
            await running.run(
                command,
                env=box.environment(tools.env, tools.folder),
                folder=tools.folder,
                deadline=PATIENCE + PATIENCE_PER_SECOND * plan.seconds,
                progress=lambda share: tools.progress(0.05 + 0.9 * share),
            )
            rendered = await tools.compute(
                "broadcast.hyperframes.studio:finish", tools.folder, job.id, plan, deadline=PREPARING
            )
        except ValueError as error:
            raise Rejected(f"hyperframes: {error}") from error
        except OSError as error:  # a full disk, a folder that may not be written
            raise Unavailable(f"hyperframes cannot write {tools.folder}: {error.strerror or error}") from error
        tools.progress(1.0)
        return Rendered.model_validate(rendered)

    def _command(self, box: toolbox.Toolbox, folder: Path, job: Job) -> list[str]:
        composition = folder.absolute() / job.id
        return [
            str(box.node), str(box.program), "render", str(composition),
            "--variables-file", str(composition / "variables.json"), "--strict-variables",
            "--workers", "1", "--fps", str(self.fps), "--quality", self.quality, "--no-best-effort",
            "--no-browser-gpu", "--frames-cache-dir", "off",
            "--output", str(folder.absolute() / f"{job.id}.silent.mp4"),
        ]  # fmt: skip

    def _id(self, order: Order) -> str:
        made_of = (LOOK, templates.digest(self.template), dict(self.variables), self.fps, self.quality)
        settings = json.dumps(made_of, sort_keys=True)
        return sha256(f"{settings}\n{order.model_dump_json()}".encode()).hexdigest()[:20]
