"""Videos: asked for directly, looked at, deleted; and speech without a picture."""

import re
import secrets
import wave
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter

from . import assets, films, saying
from .bodies import AvatarVideo, ImageVideo, Speech, dump
from .calls import Call
from .ledger import Job, unix
from .paging import Page
from .troubles import Problem

if TYPE_CHECKING:
    from .account import Account

Item = dict[str, Any]
Either = TypeAdapter[AvatarVideo | ImageVideo](Annotated[AvatarVideo | ImageVideo, Field(discriminator="type")])
LINES = {"720p": 720, "1080p": 1080, "4k": 2160, None: 1080}
SHAPES = {
    "16:9": (16, 9),
    "9:16": (9, 16),
    "4:5": (4, 5),
    "5:4": (5, 4),
    "1:1": (1, 1),
    "auto": (16, 9),
    None: (16, 9),
}


def create(call: Call) -> Item:
    heygen, body, stock = call.heygen, call.one_of(Either), call.heygen.catalogue
    photo, default_voice = True, None
    if isinstance(body, AvatarVideo):
        look = stock.usable(body.avatar_id)
        photo, default_voice = look["avatar_type"] == "photo_avatar", look["default_voice_id"]
        if body.engine and body.engine.type not in look["supported_api_engines"]:
            raise Problem(400, "invalid_parameter", f"This look does not support {body.engine.type}", "engine.type")
    elif not assets.checked(heygen, body.image, "image").startswith("image/"):
        raise Problem(400, "invalid_parameter", "image: is not a picture", "image")
    if body.expressiveness and not photo:
        raise Problem(400, "invalid_parameter", "expressiveness is for photo avatars only", "expressiveness")
    stock.known(stock.voices, body.voice_id, "voice_not_found", "voice_id")
    if body.script is not None and not (body.voice_id or default_voice):
        raise Problem(
            400, "invalid_parameter", "voice_id is required: this avatar has no voice of its own", "voice_id"
        )
    if body.output_format == "webm":
        raise Problem(400, "invalid_parameter", "webm is not rehearsed here: use mp4", "output_format")
    length = None
    if body.audio_asset_id:
        length = audio_seconds(assets.usable(heygen, body.audio_asset_id, "audio_asset_id"))
    engine = body.engine.type if isinstance(body, AvatarVideo) and body.engine else "avatar_iv"
    tier = "avatar-iii" if engine == "avatar_iii" else "photo" if photo else "twin"
    job = heygen.accept(
        body.type,
        text=body.script or "",
        spoken=body.script or "",
        price=heygen.prices[tier + ("-4k" if body.resolution == "4k" else "")],
        size=size(body.resolution, body.aspect_ratio),
        asked=dump(body),
        now=call.now,
        length=length if body.script is None else None,
        subtitles=body.caption is not None,
        captioned=body.caption is not None and body.caption.style is not None,
    )
    return {"video_id": job.video, "status": "waiting", "output_format": body.output_format}


def size(resolution: str | None, shape: str | None) -> tuple[int, int]:
    """Return width and height in pixels, both even."""
    short, (wide, high) = LINES[resolution], SHAPES[shape]
    scale = short / min(wide, high)
    return round(wide * scale / 2) * 2, round(high * scale / 2) * 2


def audio_seconds(asset: "assets.Asset") -> float:
    """Return how long a WAV is; of the other kinds this says ten seconds."""
    if asset.mime != "audio/wav":
        return 10.0
    try:
        with wave.open(str(asset.path), "rb") as file:
            return max(1.0, round(file.getnframes() / file.getframerate() * 2) / 2)
    except wave.Error as error:
        raise Problem(400, "invalid_parameter", f"audio cannot be read: {error}", "audio_asset_id") from None


def title(job: Job) -> str:
    return str(job.asked.get("title") or " ".join(job.spoken.split()[:5]) or "Untitled")


def found(call: Call) -> Job:
    job = call.heygen.ledger.videos.get(call.id)
    if job is None or not job.begun(call.now):
        raise Problem(404, "video_not_found", f"Video {call.id} not found")
    return job


def show(call: Call) -> Item:
    return view(call.heygen, found(call), call.now)


def view(heygen: "Account", job: Job, now: datetime) -> Item:
    """Return a video as the service tells of it, its addresses freshly signed."""
    stage = job.stage(now)
    base: Item = {"id": job.video, "title": title(job), "status": stage, "created_at": unix(job.at)}
    if stage == "failed":
        if job.fate == "fails" and job.trouble:
            base |= {"failure_code": "rendering_failed", "failure_message": job.trouble.reason}
        return base
    if stage != "completed":
        return base
    late = {"no-url": float("inf"), "late-url": 30.0 if not job.trouble else job.trouble.seconds or 30.0}
    shown = (now - job.ends).total_seconds() >= late.get(job.fate, 0.0)

    def signed(part: str, suffix: str, there: bool = True) -> str | None:
        return heygen.signed(f"/files/{part}/{job.video}.{suffix}", now) if there and shown else None

    return base | {
        "completed_at": unix(job.ends), "duration": job.seconds, "folder_id": None, "output_language": None,
        "video_url": signed("video", "mp4"), "captioned_video_url": signed("captioned", "mp4", job.captioned),
        "subtitle_url": signed("subtitle", "srt", job.subtitles and job.fate != "no-subtitles"),
        "thumbnail_url": signed("thumbnail", "png"), "gif_url": signed("gif", "gif", heygen.gifs),
        "video_page_url": f"https://app.heygen.com/videos/{job.video}",
        "failure_code": None, "failure_message": None,
    }  # fmt: skip


def index(call: Call) -> Page:
    part, folder = call.query.text("title"), call.query.text("folder_id")
    shown = [
        view(call.heygen, job, call.now)
        for job in reversed(call.heygen.ledger.videos.values())
        if job.begun(call.now) and folder is None and (part or "").casefold() in title(job).casefold()
    ]
    return call.query.page(shown, "id", usual=10)


def statuses(call: Call) -> Page:
    """Tell of many videos how far they are. The schema promises no order, and names none that failed in full."""
    ids = (call.query.text("video_ids") or "").split(",")
    if not 1 <= len(ids) <= 100 or not all(ids) or len({*ids}) < len(ids):
        raise Problem(400, "invalid_parameter", "video_ids: 1 to 100 ids, separated by commas", "video_ids")
    videos = call.heygen.ledger.videos
    stages = {id: videos[id].stage(call.now) for id in ids if id in videos and videos[id].begun(call.now)}
    words = {"pending": "queued", "thinking": "queued"}
    items: list[Item] = [
        {
            "video_id": id, "status": words.get(stages[id], stages[id]) if id in stages else "not_found",
            "batch_id": None, "item_index": None, "error": {} if stages.get(id) == "failed" else None,
        }
        for id in sorted(ids)
    ]  # fmt: skip
    return Page(items, None)


def delete(call: Call) -> Item:
    job = found(call)
    del call.heygen.ledger.videos[job.video]
    return {"id": job.video, "deleted": True}


def content(heygen: "Account", job: Job, part: str) -> films.Content:
    """Make a file of a render. This may take a while."""
    match part:
        case "video" | "captioned":
            return films.film(job.seconds, job.size, at_least=heygen.video_bytes)
        case "subtitle":
            return films.Made("application/x-subrip", saying.subrip(job.spoken, job.seconds).encode())
        case "thumbnail":
            return films.png((job.size[0] // 4, job.size[1] // 4))
        case "audio":
            times = saying.word_times(job.spoken, job.seconds)
            return films.sound(job.seconds, [(one["start"], one["end"]) for one in times])
    return films.GIF


def speak(call: Call) -> Item:
    heygen, body = call.heygen, call.body(Speech)
    stock = heygen.catalogue
    stock.known(stock.voices, body.voice_id, "voice_not_found", "voice_id")
    if body.locale and not stock.voices[body.voice_id]["support_locale"]:
        raise Problem(400, "invalid_parameter", "This voice does not support a locale", "locale")
    if body.voice_id in stock.silent:
        raise Problem(400, "invalid_parameter", "This voice does not support the starfish engine", "voice_id")
    spoken = re.sub(r"<[^>]*>", " ", body.text) if body.input_type == "ssml" else body.text
    if not spoken.strip():
        raise Problem(400, "invalid_parameter", "text: there is nothing to say", "text")
    length = round(saying.seconds(spoken) / body.speed, 2)
    price = heygen.prices["speech"]
    if heygen.ledger.spare() < length * price:
        raise Problem(402, "insufficient_credit", "Insufficient credit")
    job = Job(
        "speech", f"tts_{secrets.token_hex(6)}", None, body.text, call.now, dump(body), spoken, length, price,
        takes=0,
    )  # fmt: skip
    heygen.ledger.add(job)
    heygen.sounds[job.video] = job
    return {
        "audio_url": heygen.signed(f"/files/audio/{job.video}.wav", call.now), "duration": length,
        "request_id": job.video,
        "word_timestamps": saying.word_times(spoken, length) if heygen.word_times else None,
    }  # fmt: skip
