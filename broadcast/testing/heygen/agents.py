"""The Video Agent: sessions that think first, then have a video, and are paid when it is done."""

from datetime import datetime, timedelta
from typing import Any

from . import assets, videos
from .bodies import Agent, Nothing, dump
from .calls import Call
from .ledger import Job, unix
from .paging import Page
from .troubles import Problem

Item = dict[str, Any]


def create(call: Call) -> Item:
    heygen, body, stock = call.heygen, call.body(Agent), call.heygen.catalogue
    if not body.prompt.strip():
        raise Problem(400, "invalid_parameter", "prompt: must not be blank", "prompt")
    if body.avatar_id:
        stock.usable(body.avatar_id)
    stock.known(stock.voices, body.voice_id, "voice_not_found", "voice_id")
    stock.known(stock.styles, body.style_id, "resource_not_found", "style_id")
    stock.known(stock.brands, body.brand_kit_id, "resource_not_found", "brand_kit_id")
    for at, media in enumerate(body.files or []):
        assets.checked(heygen, media, f"files.{at}")
    if body.mode == "chat":
        raise Problem(400, "invalid_parameter", "mode chat is not rehearsed here: use generate", "mode")
    job = heygen.accept(
        "video-agent",
        text=body.prompt,
        spoken=heygen.hear(body.prompt),
        price=heygen.prices["video-agent"],
        size=(720, 1280) if body.orientation == "portrait" else (1280, 720),
        asked=dump(body),
        now=call.now,
    )
    known = job.begun(call.now)
    return {
        "session_id": job.session, "status": status(job, call.now),
        "video_id": job.video if known else None, "created_at": unix(job.at),
    }  # fmt: skip


def status(job: Job, now: datetime) -> str:
    stage = job.stage(now)
    return {"pending": "generating", "processing": "generating"}.get(stage, stage)


def found(call: Call) -> Job:
    job = call.heygen.ledger.sessions.get(call.id)
    if job is None or (job.fate == "lost-session" and job.told):
        raise Problem(404, "not_found", "Session not found")
    return job


def show(call: Call) -> Item:
    job, now = found(call), call.now
    known = job.begun(now)
    job.told |= known
    failed = job.stage(now) == "failed"
    return {
        "session_id": job.session, "status": status(job, now),
        "progress": 0 if failed else int(job.share(now) * 100) if job.fate != "stuck" else 5,
        "title": videos.title(job) if known else None, "video_id": job.video if known else None,
        "created_at": unix(job.at), "messages": messages(call, job),
    }  # fmt: skip


def messages(call: Call, job: Job) -> list[Item]:
    """Return what was said in the session, the newest first."""
    said = [("user", job.text, job.at)] if call.heygen.tells_prompts else []
    said.append(("model", "Let me plan this video.", job.at))
    if job.begun(call.now):
        said.append(("model", "Rendering.", job.at + timedelta(seconds=job.takes / 3)))
    if job.stage(call.now) == "completed":
        said.append(("model", "Your video is ready.", job.ends))
    return [
        {"role": role, "content": content, "type": "text", "created_at": unix(at), "resource_ids": None}
        for role, content, at in reversed(said)
    ][:40]


def index(call: Call) -> Page:
    lag = timedelta(seconds=call.heygen.list_lag)
    sessions = [
        {
            "session_id": job.session, "created_at": unix(job.at),
            "title": videos.title(job) if job.begun(call.now) else None,
        }
        for job in reversed(call.heygen.ledger.sessions.values())
        if job.at + lag <= call.now
    ]  # fmt: skip
    return call.query.page(sessions, "session_id")


def of_session(call: Call) -> Page:
    job = found(call)
    known = job.begun(call.now) and job.video in call.heygen.ledger.videos
    return call.query.page([videos.view(call.heygen, job, call.now)] if known else [], "id")


def message(call: Call) -> Item:
    if call.id == "sessions":
        raise Problem(404, "not_found", "This path was removed; use /v3/video-agents/{session_id}")
    found(call)
    raise Problem(409, "conflict", "Only sessions of the mode chat take messages")


def stop(call: Call) -> Item:
    if call.request.size:
        call.body(Nothing)
    job = found(call)
    if not job.over(call.now):
        job.stopped = call.now
        call.heygen.ledger.settle(call.now)
    return {"session_id": job.session}
