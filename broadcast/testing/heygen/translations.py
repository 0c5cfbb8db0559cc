"""Dubs of a video in other languages, at once or after somebody read the translated subtitles."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError

from broadcast.archive import look
from broadcast.errors import Rejected

from . import assets, saying
from .bodies import AssetId, Generate, Media, Proof, Subtitles, Translation, dump
from .calls import Call
from .ledger import Job, unix
from .paging import Page
from .troubles import Problem

if TYPE_CHECKING:
    from .account import Account

Item = dict[str, Any]
#: What a dub can be in, by the code that is told of it. The service has many more.
LANGUAGES = {
    "English": "en", "German": "de-DE", "French": "fr-FR", "Spanish (Spain)": "es-ES", "Spanish (Mexico)": "es-MX",
    "Italian": "it-IT", "Dutch": "nl-NL", "Hindi": "hi-IN", "Japanese": "ja-JP", "Portuguese (Brazil)": "pt-BR",
    "Portuguese (Portugal)": "pt-PT", "Chinese (Mandarin, Simplified)": "zh-CN",
    "Chinese (Cantonese, Traditional)": "zh-HK",
}  # fmt: skip
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


@dataclass
class Proofread:
    """Subtitles that were translated and wait to be read."""

    id: str
    body: Proof
    asset: assets.Asset
    at: datetime
    takes: float
    code: str
    source: str  #: what the video says
    srt: str
    fails: str = ""
    put: int = 0  #: times that the subtitles were replaced
    jobs: list[Job] = field(default_factory=list)

    def stage(self, now: datetime) -> str:
        if now < self.at + timedelta(seconds=self.takes):
            return "processing"
        return "failed" if self.fails else "completed"

    def view(self, now: datetime) -> Item:
        stage = self.stage(now)
        return {
            "id": self.id, "status": stage, "title": self.body.title, "input_language": "en-US",
            "output_language": self.code, "created_at": unix(self.at), "submitted_for_review": False,
            **({"failure_message": self.fails} if stage == "failed" else {}),
        }  # fmt: skip


def languages(call: Call) -> Item:
    return {"languages": list(call.heygen.languages)}


def create(call: Call) -> Item:
    body = call.body(Translation)
    asset, codes = source(call, body.video), chosen(call.heygen, body.output_languages)
    said, seconds = call.heygen.transcribe(asset), length(asset)
    jobs = [
        begun(call, dump(body), code, call.heygen.translate(said, code), seconds, body.mode, body.enable_caption)
        for code in codes
    ]
    return {"video_translation_ids": [job.video for job in jobs]}


def proofread(call: Call) -> Item:
    body = call.body(Proof)
    asset, codes = source(call, body.video), chosen(call.heygen, body.output_languages)
    said = call.heygen.transcribe(asset)
    made = []
    for code in codes:
        srt = saying.subrip(call.heygen.translate(said, code), length(asset))
        fails = "" if said else "audio is missing or corrupted"
        id = f"pr_{secrets.token_hex(6)}"
        one = Proofread(id, body, asset, call.now, call.heygen.render_seconds, code, said, srt, fails)
        call.heygen.proofreads[one.id] = one
        made.append(one.id)
    return {"proofread_ids": made, "status": "processing"}


def one_proofread(call: Call) -> Item:
    return read(call).view(call.now)


def subtitles(call: Call) -> Item:
    one = ready(call)
    return {"srt_url": call.heygen.signed(f"/files/proofread/{one.id}.srt", call.now), "original_srt_url": None}


def replace(call: Call) -> Item:
    one = ready(call)
    media = call.body(Subtitles).srt
    if not isinstance(media, AssetId):
        raise Problem(400, "invalid_parameter", "srt: an address is not rehearsed here: use an asset_id", "srt")
    asset = assets.usable(call.heygen, media.asset_id, "srt")
    if asset.mime != "application/x-subrip":
        raise Problem(400, "invalid_parameter", f"srt: Content type not supported {asset.mime}", "srt")
    if one.jobs:
        raise Problem(409, "conflict", "This proofread has been generated already")
    one.srt, one.put = asset.path.read_text(encoding="utf-8"), one.put + 1
    return one.view(call.now)


def generate(call: Call) -> Item:
    one, body = ready(call), call.body(Generate)
    said = " ".join(saying.unsubbed(one.srt))
    job = begun(
        call, {**dump(one.body), **dump(body)}, one.code, said, length(one.asset), one.body.mode, body.captions
    )
    one.jobs.append(job)
    return {"video_translation_id": job.video, "status": "processing"}


def show(call: Call) -> Item:
    job = call.heygen.ledger.videos.get(call.id)
    if job is None or job.kind != "translation":
        raise Problem(404, "resource_not_found", f"Video translation {call.id} not found")
    return view(call.heygen, job, call.now)


def index(call: Call) -> Page:
    jobs = [job for job in reversed(call.heygen.ledger.videos.values()) if job.kind == "translation"]
    return call.query.page([view(call.heygen, job, call.now) for job in jobs], "id", usual=10)


def view(heygen: "Account", job: Job, now: datetime) -> Item:
    stage = job.stage(now)
    words = {"processing": "running", "thinking": "pending"}
    base: Item = {
        "id": job.video, "status": words.get(stage, stage), "output_language": job.asked["output_language"],
        "title": job.asked.get("title"), "created_at": unix(job.at), "translate_audio_only": False,
    }  # fmt: skip
    if stage == "failed" and job.fate == "fails" and job.trouble:
        return base | {"failure_message": job.trouble.reason}
    if stage != "completed":
        return base
    late = {"no-url": float("inf"), "late-url": 30.0 if not job.trouble else job.trouble.seconds or 30.0}
    if (now - job.ends).total_seconds() < late.get(job.fate, 0.0):
        return base | {"duration": job.seconds, "video_url": None}
    shown = job.subtitles and job.fate != "no-subtitles"
    return base | {
        "duration": job.seconds, "video_url": heygen.signed(f"/files/video/{job.video}.mp4", now),
        "audio_url": heygen.signed(f"/files/audio/{job.video}.wav", now),
        "srt_caption_url": heygen.signed(f"/files/subtitle/{job.video}.srt", now) if shown else None,
        "vtt_caption_url": None,
    }  # fmt: skip


# --- what they share


def source(call: Call, media: Media) -> assets.Asset:
    if not isinstance(media, AssetId):
        raise Problem(400, "invalid_parameter", "video: an address is not rehearsed here: use an asset_id", "video")
    asset = assets.usable(call.heygen, media.asset_id, "video")
    if asset.mime != "video/mp4":
        raise Problem(400, "invalid_parameter", f"video: Content type not supported {asset.mime}", "video")
    return asset


def chosen(heygen: "Account", names: list[str]) -> list[str]:
    for name in names:
        if name not in heygen.languages:
            said = f"output_languages: {name} is not supported; see GET /v3/video-translations/languages"
            raise Problem(400, "invalid_parameter", said, "output_languages")
    return [heygen.languages[name] for name in names]


def length(asset: assets.Asset) -> float:
    try:
        return float(look(asset.path).seconds)
    except Rejected as error:
        raise Problem(400, "invalid_parameter", f"video: {error}", "video") from None


def begun(
    call: Call, asked: Item, code: str, said: str, seconds: float, mode: str, captions: bool
) -> Job:  # fmt: skip
    return call.heygen.accept(
        "translation",
        text=said,
        spoken=said,
        price=call.heygen.prices[f"translation-{mode}"],
        size=(1280, 720),
        asked={**asked, "output_language": code},
        now=call.now,
        length=seconds,
        subtitles=captions,
        captioned=False,
    )


def read(call: Call) -> Proofread:
    if call.id not in call.heygen.proofreads:
        raise Problem(404, "resource_not_found", f"Proofread {call.id} not found")
    return call.heygen.proofreads[call.id]


def ready(call: Call) -> Proofread:
    one = read(call)
    if one.stage(call.now) != "completed":
        raise Problem(409, "resource_not_ready", f"Proofread {one.id} is {one.stage(call.now)}")
    return one


# --- what a rehearsal hears and says


def transcribed(heygen: "Account", asset: assets.Asset) -> str:
    """Return what the video in *asset* says, where it is one of the account's own: the newest that is as long."""
    seconds = length(asset)
    own = [job for job in heygen.ledger.videos.values() if abs(job.seconds - seconds) < 0.5]
    return own[-1].spoken if own else ""


def translated(text: str, code: str) -> str:
    """Return English *text* with its numbers and months as the language *code* writes them, its words unchanged."""

    def figure(match: re.Match[str]) -> str:
        number = float(match[1].replace(",", "")) * SCALES.get((match[2] or "").lower(), 1)
        short = f"{number:.6f}".rstrip("0").rstrip(".")
        return short.replace(".", locale.number_symbols["latn"]["decimal"])

    try:
        locale = Locale.parse(code.replace("-", "_"))
    except UnknownLocaleError:
        return text
    scales = "|".join(SCALES)
    text = re.sub(rf"(\d+(?:,\d{{3}})*(?:\.\d+)?)(?:\s({scales})\b)?", figure, text, flags=re.IGNORECASE)
    english, theirs = Locale("en").months["format"]["wide"], locale.months["format"]["wide"]
    for number in range(1, 13):
        text = re.sub(rf"\b{english[number]}\b", theirs[number], text)
    return text
