"""HeyGen: the Video Agent makes a video of the script, or an avatar speaks it as written."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from broadcast.errors import ConfigError, Refused, Rejected, Unconfirmed
from broadcast.heygen import assets, attach, callbacks, choice, keys
from broadcast.heygen.client import Client, clean
from broadcast.heygen.money import balance, price
from broadcast.heygen.sessions import contents, find
from broadcast.heygen.videos import ASKED, UNDER_WAY, making, rendered, stages
from broadcast.plugins import Env, Plugin, Tools
from broadcast.scripting import video_agent
from broadcast.scripting.lint import lint_prompt
from broadcast.types import Job, Order, Orientation, Rendered

OVERRUN = 1.75  #: times the asked length was the longest seen: the balance must bear it
SCRIPT_LIMIT = 5_000  #: characters that an avatar speaks in one video
PROMPT = "prompt"  #: the name under which a submit keeps the words that it sends
GATHERED = 0.1  #: of the pause between looks: so long are looks of several runs gathered into one
LOOPBACK = ("127.0.0.1", "localhost")
KEPT, PICTURE = "files", "image"  #: the names under which a submit keeps what it uploaded
ASSET = "asset:"  #: before the id of a picture that is uploaded already


class HeyGen(Plugin):
    """Renders with HeyGen.

    `via: agent` asks the Video Agent: graphics, footage, a presenter. `via: videos` has one avatar speak the script
    as written; it needs `avatar_id`, or a picture of the one who speaks: `image`.
    """

    repeatable: ClassVar[bool] = False

    key: Annotated[SecretStr, Env("HEYGEN_API_KEY", "https://app.heygen.com/settings")]
    auth: Literal["key", "bearer"] = Field(
        "key", description="what `key` is: an API key, or a bearer token, which the web plan's credits pay"
    )
    base: Annotated[str, Env("HEYGEN_BASE_URL")] = "https://api.heygen.com"
    poll: Annotated[float, Env("HEYGEN_POLL_SECONDS")] = Field(
        10.0, gt=0, description="seconds before the next look"
    )
    via: Literal["agent", "videos"] = "agent"
    verify: Literal["required", "note", "off"] = Field(
        "note",
        description="hold what the render says against the script: air only the same, note what differs, or not",
    )
    captions: Literal["burned", "sidecar", "none"] = Field(
        "sidecar", description="in the picture, in a file beside it"
    )
    avatar_id: str | None = Field(None, description="a look: `GET /v3/avatars/looks` lists them")
    voice_id: str | None = None
    image: str | None = Field(
        None, description="who speaks for `via: videos`, in place of an avatar: a PNG or JPEG file, or asset:ID"
    )
    style_id: str | None = Field(None, description="for the agent")
    brand_kit_id: str | None = Field(None, description="for the agent")
    images: bool = Field(True, description="attach the stories' images, and charts of their figures, for the agent")
    read_seconds: float = Field(30.0, gt=0, description="for an answer to a question")
    write_seconds: float = Field(120.0, gt=0, description="for an answer to a deed; creating takes up to 30 s")
    look_again: tuple[float, ...] = Field(
        (30.0, 90.0), description="seconds before the next looks for a render whose answer was lost"
    )
    public: Annotated[str, Env("BROADCAST_PUBLIC_URL")] = Field(
        "", description="where `broadcast serve` is reached from outside: HeyGen says there that a render is done"
    )
    incognito: bool = Field(
        True, description="keep this video out of the account's memory, and the memory out of it"
    )

    @model_validator(mode="after")
    def _one_presenter(self) -> Self:
        if self.image and self.via == "agent":
            raise ValueError("`image` is for `via: videos`: the Video Agent takes an `avatar_id`")
        if self.image and self.avatar_id:
            raise ValueError("`avatar_id` and `image` exclude each other: one speaks")
        return self

    def ready(self) -> None:
        if self.image and not self.image.startswith(ASSET) and not Path(self.image).is_file():
            raise ConfigError(f"there is no file {self.image}: name a PNG or JPEG, or asset:ID")

    @property
    def account(self) -> str:
        """Return by what the limit of jobs at once is counted: the key, as a digest."""
        return hashlib.sha256(self.key.get_secret_value().encode()).hexdigest()[:16]

    def meant(self, token: str) -> str | None:
        """Return the run that a callback with *token* is for."""
        return callbacks.meant(self.key.get_secret_value(), token)

    @property
    def service(self) -> str:
        """Return a name for whom it asks: renders of one key, of whatever show, are looked at together."""
        return f"heygen {self.base} {self.account}"

    async def preflight(self, tools: Tools, order: Order) -> None:
        """Raise where reading shows that the render would be refused: key, credit, avatar. Note what fits badly."""
        client, avatar = self._client(tools), order.avatar_id or self.avatar_id
        if said := self._lacks(avatar, order.voice_id or self.voice_id):
            raise Rejected(said)
        self._prove_short(order)
        left = balance(await client.get("/v3/users/me"))
        needed = self.estimate(order) * OVERRUN
        if left is not None and left < needed:
            raise Refused(f"the balance of {left:.2f} USD does not bear this render, which may cost {needed:.2f}")
        if avatar:
            look = await client.get(f"/v3/avatars/looks/{avatar}")
            if misfit := choice.misfit(avatar, look, order.orientation):
                tools.note(misfit)

    async def findings(
        self,
        tools: Tools,
        *,
        seconds: float = 60.0,
        orientation: Orientation | None = None,
        avatar_ids: Sequence[str] = (),
        voice_id: str = "",
        **_: Any,
    ) -> list[str]:
        """Return, in words, what reading shows to be wrong for a video of *seconds*; nothing is changed or paid.

        *avatar_ids* and *voice_id* are what an edition has in place of the renderer's own. Raises `Unavailable`
        where the service cannot be asked.
        """
        avatars = list(dict.fromkeys(avatar_ids or filter(None, [self.avatar_id])))
        client = self._client(tools)
        try:
            left = balance(await client.get("/v3/users/me"))
        except Refused as error:
            return [str(error)]  # nothing else would be answered
        needed = self._rate(avatars[0] if avatars else None) * seconds * OVERRUN
        found = []
        if left is not None and left < needed:
            found.append(f"the balance of {left:.2f} USD does not bear one show, which may cost {needed:.2f}")
        voice = voice_id or self.voice_id
        if said := self._lacks(avatars[0] if avatars else None, voice):
            found.append(said)
        for other in avatars[1:]:
            found += await choice.findings(client, other, None, None, orientation)
        first = avatars[0] if avatars else None
        return [*found, *await choice.findings(client, first, voice, self.style_id, orientation)]

    def estimate(self, order: Order) -> float:
        """Return what *order* should cost, in USD."""
        return self._rate(order.avatar_id or self.avatar_id) * order.script.seconds

    def voice_in(self, language: str) -> str:
        """Return a name for the voice that speaks *language*."""
        return f"heygen/{self.via}/{self.voice_id or self.avatar_id or 'any'}"

    def prompt(self, order: Order) -> str | None:
        """Return what the Video Agent would be told, but for the files that are attached when it is asked."""
        return self._prompt(order, ()) if self.via == "agent" else None

    async def submit(self, tools: Tools, order: Order) -> Job:
        client = self._client(tools)
        if self.via == "videos":
            body = await self._spoken(client, tools, order)
            await keys.ask(tools)
            answer = await client.post("/v3/videos", body, key=_key(order))
            return Job(id=_text(answer, "video_id"), estimate=self.estimate(order))
        files = await self._files(client, tools, order)
        length = len(self._prompt(order, files))
        if length > video_agent.AIM:
            tools.note(f"the prompt has {length} characters: beyond {video_agent.AIM} renders fail more often")
        body = self._agent(order, files)
        await tools.keep(PROMPT, body["prompt"])
        try:
            answer = await client.post("/v3/video-agents", body)
        except Rejected as error:
            if not files:
                raise
            tools.note(f"asked again without the {len(files)} attached files: {error}")
            await tools.keep(KEPT, attach.written(()))
            body = self._agent(order, ())
            await tools.keep(PROMPT, body["prompt"])
            answer = await client.post("/v3/video-agents", body)
        video = answer.get("video_id")
        known = video if isinstance(video, str) else ""  # it may come later: then the session says it
        return Job(id=_text(answer, "session_id"), estimate=self.estimate(order), video=known)

    async def reconcile(self, tools: Tools, order: Order, begun: datetime, kept: Mapping[str, str]) -> Job | None:
        """Return the job of a submit that was not answered, or None where there is none."""
        if self.via == "videos":
            keys.prove_remembered(kept, begun, tools.clock.now(), "render")
            return None  # asked again with the same key, the service gives its first answer
        # What was sent is known; an older journal knows what it was made of.
        prompt = kept.get(PROMPT) or self._prompt(order, attach.read(kept.get(KEPT)))
        return await find(self._client(tools), tools, begun, self.look_again, prompt=prompt)

    async def recover(self, tools: Tools, order: Order) -> Job | None:
        """Return a job that another journal, now lost, may have asked for: the same broadcast of the same day."""
        if self.via == "videos":
            return None
        return await find(self._client(tools), tools, order.slot, (), mark=video_agent.mark(order))

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | Job | None:
        client = self._client(tools)
        id = job.video or (job.id if self.via == "videos" else await self._video_of(client, tools, job))
        if id is None:
            return None
        known = job.model_copy(update={"video": id})
        ask = partial(stages, client)
        stage = await tools.together(self.service, id, ask, most=ASKED, within=self.poll * GATHERED)
        if stage in UNDER_WAY:
            return known
        if (video := await client.look(f"/v3/videos/{id}")) is None:
            return known  # a video may be listed later than its session says
        rate = self._rate(order.avatar_id or self.avatar_id)
        kin = urlsplit(self.base).hostname
        return rendered(video, rate=rate, seconds=order.script.seconds, kin=kin) or known

    async def making(self, tools: Tools, jobs: Sequence[Job]) -> frozenset[str]:
        """Return the ids of those of *jobs* that are still being made, by one question for a hundred of them."""
        videos = {job.video or job.id: job.id for job in jobs}
        return frozenset(videos[id] for id in await making(self._client(tools), list(videos)))

    async def _video_of(self, client: Client, tools: Tools, job: Job) -> str | None:
        """Return the id of the job's video. Once it is known the session is not asked again: it may be gone."""
        if known := await tools.memory.get(f"video/{job.id}"):
            return str(known)
        if (session := await client.look(f"/v3/video-agents/{job.id}")) is None:
            return None  # not final: sessions go missing while their video is made
        if session.get("status") == "failed" and not session.get("video_id"):
            said = contents(session, type="error")
            raise Rejected(f"HeyGen's Video Agent failed: {clean(said[0]) if said else 'it gives no reason'}")
        video_id = session.get("video_id")
        if not isinstance(video_id, str) or not video_id:
            return None
        await tools.memory.put(f"video/{job.id}", video_id)
        return video_id

    async def _files(self, client: Client, tools: Tools, order: Order) -> Sequence[attach.Attached]:
        """Return what goes with the prompt, uploaded. What an earlier try uploaded is used again: the prompt names
        it, and by the prompt a render is known again."""
        if KEPT in tools.kept:
            return attach.read(tools.kept[KEPT])
        if not self.images or order.attempt > 1:
            return ()

        def fits(chosen: Sequence[attach.Wanted]) -> bool:
            return len(self._prompt(order, chosen)) <= video_agent.AIM

        files = await attach.brought(client, tools, order, fits)
        await tools.keep(KEPT, attach.written(files))  # none, too: asked again, the prompt is the same
        return files

    def _prompt(self, order: Order, files: Sequence[attach.Wanted | attach.Attached]) -> str:
        shown = [one.shows for one in files]
        short = order.attempt > 1
        presenter = bool(order.avatar_id or self.avatar_id)
        return video_agent.prompt(order, presenter=presenter, short=short, attached=shown)

    def _agent(self, order: Order, files: Sequence[attach.Attached]) -> dict[str, Any]:
        text = self._prompt(order, files)
        if findings := lint_prompt(text, order.script, order.stories):
            raise Rejected(f"the prompt is not what was linted: {findings[0]}")
        chosen = {
            "avatar_id": order.avatar_id or self.avatar_id,
            "voice_id": order.voice_id or self.voice_id,
            "style_id": self.style_id,
            "brand_kit_id": self.brand_kit_id,
        }
        return {
            "prompt": text,
            "mode": "generate",
            "orientation": order.orientation,
            "incognito_mode": self.incognito,
            **{name: value for name, value in chosen.items() if value},
            **self._called_back(order),
            **({"files": [{"type": "asset_id", "asset_id": one.asset} for one in files]} if files else {}),
        }

    async def _spoken(self, client: Client, tools: Tools, order: Order) -> dict[str, Any]:
        script = " ".join(segment.text for segment in order.script.segments)
        if len(script) > SCRIPT_LIMIT:
            raise Rejected(f"the script has {len(script)} characters; an avatar speaks {SCRIPT_LIMIT}")
        avatar = order.avatar_id or self.avatar_id
        who: dict[str, Any] = {"type": "avatar", "avatar_id": avatar}
        if not avatar:
            asset = await self._picture(client, tools)
            who = {"type": "image", "image": {"type": "asset_id", "asset_id": asset}}
        body = who | {
            "script": script,
            "title": video_agent.mark(order),
            "resolution": "1080p",
            "aspect_ratio": "9:16" if order.orientation == "portrait" else "16:9",
            "caption": {"file_format": "srt"},
        }
        voice = order.voice_id or self.voice_id
        return body | self._called_back(order) | ({"voice_id": voice} if voice else {})

    def _called_back(self, order: Order) -> dict[str, str]:
        """Return where this job is to be called back. A token of ours is in it, as HeyGen signs nothing there."""
        if urlsplit(self.public).scheme != "https" and urlsplit(self.public).hostname not in LOOPBACK:
            return {}  # HeyGen calls no other address, and might take none
        return {
            "callback_url": callbacks.address(self.public, self.key.get_secret_value(), order),
            "callback_id": f"{order.slot:%Y%m%dT%H%M%SZ}/{order.edition}/{order.attempt}",
        }

    async def _picture(self, client: Client, tools: Tools) -> str:
        """Return the picture of who speaks as an asset: the same in each try, as the request must be the same."""
        said = self.image or ""
        if said.startswith(ASSET):
            return said.removeprefix(ASSET)
        if known := tools.kept.get(PICTURE):
            return known
        try:
            asset = await assets.picture(client, Path(said), key=self.account)
        except OSError as error:
            raise Rejected(f"image: {said}: {error.strerror}") from None
        await tools.keep(PICTURE, asset)
        return asset

    def _lacks(self, avatar: str | None, voice: str | None) -> str:
        """Return what `via: videos` needs and does not have, in words."""
        if self.via == "agent" or avatar:
            return ""
        if not self.image:
            return "`via: videos` needs an `avatar_id`, or an `image`"
        return "" if voice else "`image` needs a `voice_id`: a picture has no voice of its own"

    def _prove_short(self, order: Order) -> None:
        if (words := self.prompt(order)) and len(words) > video_agent.LIMIT:
            raise Rejected(f"the prompt has {len(words)} characters; HeyGen takes {video_agent.LIMIT}: tell less")

    def _rate(self, avatar: str | None) -> float:
        """Return the price of a second in USD."""
        return price("video agent" if self.via == "agent" else "avatar" if avatar else "photo")

    def _client(self, tools: Tools) -> Client:
        key = self.key.get_secret_value()
        bearer = self.auth == "bearer"
        return Client(tools.http, self.base, key, self.read_seconds, self.write_seconds, bearer)


def _key(order: Order) -> str:
    """Return the idempotency key of one attempt at one edition of one run."""
    return f"{order.show}:{order.slot:%Y%m%dT%H%M%SZ}:{order.edition}:{order.attempt}"[:255]


def _text(answer: Any, name: str) -> str:
    """Return an id of the answer to a deed. Without one the deed may have been done all the same."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise Unconfirmed(f"HeyGen took the render and gave no {name}")
    return value
