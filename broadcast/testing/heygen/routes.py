"""Which path leads where."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from broadcast.testing.wire import Reply, Request

from . import agents, assets, catalogue, me, translations, videos, webhooks
from .calls import Call
from .paging import Page
from .troubles import Problem

Answer = dict[str, Any] | Page | Reply
ROUTES: Mapping[str, Callable[[Call], Answer]] = {
    "POST /v3/video-agents": agents.create,
    "GET /v3/video-agents": agents.index,
    "GET /v3/video-agents/styles": lambda call: catalogue.styles(call.heygen.catalogue, call.query),
    "GET /v3/video-agents/{session_id}": agents.show,
    "POST /v3/video-agents/{session_id}": agents.message,
    "POST /v3/video-agents/{session_id}/stop": agents.stop,
    "GET /v3/video-agents/{session_id}/videos": agents.of_session,
    "POST /v3/videos": videos.create,
    "GET /v3/videos": videos.index,
    "GET /v3/videos/statuses": videos.statuses,
    "GET /v3/videos/{video_id}": videos.show,
    "DELETE /v3/videos/{video_id}": videos.delete,
    "POST /v3/video-translations": translations.create,
    "GET /v3/video-translations": translations.index,
    "GET /v3/video-translations/languages": translations.languages,
    "POST /v3/video-translations/proofreads": translations.proofread,
    "GET /v3/video-translations/proofreads/{proofread_id}": translations.one_proofread,
    "GET /v3/video-translations/proofreads/{proofread_id}/srt": translations.subtitles,
    "PUT /v3/video-translations/proofreads/{proofread_id}/srt": translations.replace,
    "POST /v3/video-translations/proofreads/{proofread_id}/generate": translations.generate,
    "GET /v3/video-translations/{video_translation_id}": translations.show,
    "POST /v3/assets": assets.upload,
    "POST /v3/assets/direct-uploads": assets.begin,
    "POST /v3/assets/{asset_id}/complete": assets.complete,
    "GET /v3/assets/{asset_id}": assets.show,
    "DELETE /v3/assets/{asset_id}": assets.delete,
    "GET /v3/avatars": lambda call: catalogue.avatars(call.heygen.catalogue, call.query),
    "GET /v3/avatars/looks": lambda call: catalogue.looks(call.heygen.catalogue, call.query),
    "GET /v3/avatars/looks/{look_id}": lambda call: catalogue.one_look(call.heygen.catalogue, call.id),
    "GET /v3/voices": lambda call: catalogue.voices(call.heygen.catalogue, call.query),
    "POST /v3/voices/speech": videos.speak,
    "GET /v3/voices/{voice_id}": lambda call: catalogue.one_voice(call.heygen.catalogue, call.id),
    "GET /v3/brand-kits": lambda call: catalogue.brands(call.heygen.catalogue, call.query),
    "GET /v3/users/me": me.show,
    "POST /v3/webhooks/endpoints": webhooks.add,
    "GET /v3/webhooks/endpoints": webhooks.index,
    "PATCH /v3/webhooks/endpoints/{endpoint_id}": webhooks.change,
    "DELETE /v3/webhooks/endpoints/{endpoint_id}": webhooks.remove,
    "POST /v3/webhooks/endpoints/{endpoint_id}/rotate-secret": webhooks.rotate,
    "GET /v3/webhooks/event-types": webhooks.types,
    "GET /v3/webhooks/events": webhooks.events,
    "PUT /uploads/{asset_id}": assets.put,
}
PARTS = ("video", "captioned", "subtitle", "thumbnail", "gif", "audio", "proofread")
FILES = (*(f"GET /files/{part}/{{name}}" for part in PARTS), "GET /public/assets/{asset_id}")


def bare(endpoint: str) -> str:
    """Return *endpoint* without the names of what its path holds."""
    return re.sub(r"\{\w*\}", "{}", endpoint)


PATTERNS = [
    (re.compile(re.sub(r"\\\{\w*\\\}", "([^/]+)", re.escape(name))), name) for name in (*ROUTES, *FILES)
]  #: fixed names stand before those that hold something


def route(method: str, path: str) -> tuple[str, str]:
    """Return the endpoint, or "", and what its path names."""
    for pattern, name in PATTERNS:
        if found := pattern.fullmatch(f"{method} {path}"):
            return name, found[1] if found.groups() else ""
    return "", ""


def unknown(request: Request) -> Problem:
    if re.match(r"/v[12]/", request.path):
        return Problem(410, "not_found", "This version of the API has ended; use /v3")
    if request.path.startswith("/v3/video-agents/sessions"):
        return Problem(404, "not_found", "This path was removed; use /v3/video-agents/{session_id}")
    if others := [method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if route(method, request.path)[0]]:
        allow = ", ".join(others)
        return Problem(405, "invalid_request", f"Use {allow}", headers={"Allow": allow})
    return Problem(404, "not_found", "There is nothing here")
