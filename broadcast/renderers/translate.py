"""HeyGen dubs the video of another edition: the same pictures, the same voice, another language."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from broadcast.errors import Held, Refused, Rejected, Unavailable
from broadcast.heygen import keys, translations
from broadcast.heygen.assets import upload
from broadcast.heygen.client import Client
from broadcast.heygen.money import balance, price
from broadcast.heygen.translations import PATH
from broadcast.plugins import Env, Plugin, Tools
from broadcast.scripting import dubbing, video_agent
from broadcast.types import Dub, Job, Order, Rendered

TOLD = 5  #: deviations that are spelled out
READ = "proofread/"  #: before the id of a job that begins with subtitles to be read


class Translate(Plugin):
    """Dubs the video of another edition with HeyGen; for `via:` of an edition.

    With `proofread` the translated subtitles are read before anything is rendered: every number and name must be
    the script's. A wrong figure is put right; what cannot be put right holds the dub.
    """

    repeatable: ClassVar[bool] = False
    dubs: ClassVar[bool] = True

    key: Annotated[SecretStr, Env("HEYGEN_API_KEY", "https://app.heygen.com/settings")]
    base: Annotated[str, Env("HEYGEN_BASE_URL")] = "https://api.heygen.com"
    poll: Annotated[float, Env("HEYGEN_POLL_SECONDS")] = Field(
        10.0, gt=0, description="seconds before the next look"
    )
    mode: Literal["speed", "precision"] = Field("speed", description="precision costs twice as much")
    dialect: str | None = Field(None, description="what the service calls the language, as `Spanish (Mexico)`")
    proofread: bool = Field(True, description="read the translated subtitles before anything is rendered")
    verify: Literal["required", "note", "off"] = Field(
        "required", description="a number or name that is not the script's holds the dub, is noted, or neither"
    )
    captions: Literal["burned", "sidecar", "none"] = Field(
        "sidecar", description="in the picture, in a file beside it"
    )
    read_seconds: float = Field(30.0, gt=0, description="for an answer to a question")
    write_seconds: float = Field(120.0, gt=0, description="for an answer to a deed")

    @property
    def account(self) -> str:
        """Return by what the limit of jobs at once is counted: dubs and other renders of a key count together."""
        return hashlib.sha256(self.key.get_secret_value().encode()).hexdigest()[:16]

    async def preflight(self, tools: Tools, order: Order) -> None:
        """Raise where reading shows that the dub would be refused: key, credit, language."""
        client = self._client(tools)
        left, needed = balance(await client.get("/v3/users/me")), self.estimate(order)
        if left is not None and left < needed:
            raise Refused(f"the balance of {left:.2f} USD does not bear this dub, which may cost {needed:.2f}")
        await self._language(client, _dub(order))

    async def findings(self, tools: Tools, *, seconds: float = 60.0, language: str = "", **_: Any) -> list[str]:
        """Return, in words, what reading shows to be wrong for a dub of *seconds* in *language*; nothing is paid.

        Raises `Unavailable` where the service cannot be asked.
        """
        client, needed, found = self._client(tools), price(f"translation {self.mode}") * seconds, []
        try:
            left = balance(await client.get("/v3/users/me"))
            translations.named(await translations.languages(client), language, self.dialect)
        except Refused as error:
            return [str(error)]  # nothing else would be answered
        except Rejected as error:
            found.append(str(error))
        else:
            if left is not None and left < needed:
                found.append(f"the balance of {left:.2f} USD does not bear one dub, which may cost {needed:.2f}")
        return found

    def estimate(self, order: Order) -> float:
        """Return what *order* should cost, in USD."""
        return price(f"translation {self.mode}") * order.seconds

    async def submit(self, tools: Tools, order: Order) -> Job:
        client, dub = self._client(tools), _dub(order)
        if not (asset := tools.kept.get("asset")):
            key = f"{dub.video.sha256}:{_key(order)}"[:255]
            asset = await upload(client, dub.video.path, "video/mp4", sha256=dub.video.sha256, key=key)
            await tools.keep("asset", asset)
        body = {
            "video": {"type": "asset_id", "asset_id": asset},
            "output_languages": [await self._language(client, dub)],
            "mode": self.mode,
            "title": f"{video_agent.mark(order)} ({dub.language})",
        }
        await keys.ask(tools)
        if self.proofread:
            answer = await client.post(f"{PATH}/proofreads", body, key=f"{_key(order)}:read"[:255])
            id = READ + translations.only(answer, "proofread_ids")
        else:
            captioned = body | {"enable_caption": True}
            answer = await client.post(PATH, captioned, key=_key(order))
            id = translations.only(answer, "video_translation_ids")
        return Job(id=id, estimate=self.estimate(order))

    async def reconcile(self, tools: Tools, order: Order, begun: datetime, kept: Mapping[str, str]) -> Job | None:
        """Return None: asked again with the same key, the service gives its first answer."""
        keys.prove_remembered(kept, begun, tools.clock.now(), "dub")
        return None

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        client, dub = self._client(tools), _dub(order)
        id: str | None = job.id
        if job.id.startswith(READ):
            id = await self._generated(client, tools, order, job.id.removeprefix(READ))
        if id is None:
            return None
        if (found := await client.look(f"{PATH}/{id}")) is None:
            return None  # it may be listed a little later
        rate = price(f"translation {self.mode}")
        return translations.rendered(found, rate=rate, seconds=dub.video.seconds, kin=urlsplit(self.base).hostname)

    async def _generated(self, client: Client, tools: Tools, order: Order, proofread: str) -> str | None:
        """Return the dub that came of a *proofread*, begun now where its subtitles are ready and right."""
        if known := await tools.memory.get(f"translation/{proofread}"):
            return str(known)
        if (state := await client.look(f"{PATH}/proofreads/{proofread}")) is None:
            return None
        if error := translations.failure(state, "translate the subtitles"):
            raise error
        if state.get("status") not in translations.DONE:
            return None
        if self.verify != "off":
            await self._read(client, tools, order, proofread)
        # Asked again after a crash, the key gives the first answer: a job is given up long before it is forgotten.
        path, key = f"{PATH}/proofreads/{proofread}/generate", f"{_key(order)}:generate"[:255]
        try:
            answer = await client.post(path, {"captions": True}, key=key)
        except Rejected as error:  # what was read is not lost by that: it is asked for again until it is given up
            raise Unavailable(str(error)) from None
        id = translations.only(answer, "video_translation_id")
        await tools.memory.put(f"translation/{proofread}", id)
        return id

    async def _read(self, client: Client, tools: Tools, order: Order, proofread: str) -> None:
        """Hold the translated subtitles against the script, and put right what can be. Raises `Held`."""
        language = _dub(order).language
        srt = await translations.subtitles(client, tools, proofread)
        findings = dubbing.deviations(order.script, srt, language)
        if not findings:
            return
        said = "; ".join(str(one) for one in findings[:TOLD])
        if (better := dubbing.corrected(order.script, srt, language)) is not None:
            await translations.put_back(client, tools, proofread, better)
            tools.note(f"the translation was put right: {said}")
        elif self.verify == "required":
            raise Held(
                f"the translation does not say what the script says: {said}. Nothing was rendered: put the"
                f" proofread {proofread} right at HeyGen, then run again"
            )
        else:
            tools.note(f"the translation: {said}")

    async def _language(self, client: Client, dub: Dub) -> str:
        return translations.named(await translations.languages(client), dub.language, self.dialect)

    def _client(self, tools: Tools) -> Client:
        return Client(tools.http, self.base, self.key.get_secret_value(), self.read_seconds, self.write_seconds)


def _dub(order: Order) -> Dub:
    if order.dub is None:
        raise Rejected("it dubs the video of another edition: write it as `via: translate` of an edition")
    return order.dub


def _key(order: Order) -> str:
    """Return the idempotency key of one attempt at one edition of one run."""
    return f"{order.show}:{order.slot:%Y%m%dT%H%M%SZ}:{order.edition}:{order.attempt}:dub"[:240]
