"""What may be asked of a process that keeps watch, as OpenAPI 3.1 describes it. Pure."""

from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from broadcast.types import Report

Tree = dict[str, Any]
REF = "#/components/schemas/{model}"
RUN = {
    "name": "run",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "morning@2026-11-23T17:00:00Z",
}
SHOW = {"name": "show", "in": "path", "required": True, "schema": {"type": "string"}}
HOOK = {"name": "hook", "in": "path", "required": True, "schema": {"type": "string"}}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "A call with the same key is the same run.",
}
ACCEPTED = {
    "type": "object",
    "required": ["run", "url", "new"],
    "properties": {
        "run": {"type": "string", "description": "its identity, SHOW@SLOT"},
        "url": {"type": "string", "description": "where what became of it is found"},
        "new": {"type": "boolean", "description": "false: an earlier call asked for it"},
    },
}
IGNORED = {
    "type": "object",
    "required": ["run", "ignored"],
    "properties": {"run": {"type": "null"}, "ignored": {"const": True}},
}
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
#: What any request may be answered: a status, and what it means.
TROUBLES = {
    400: "It cannot be read.",
    401: "Nobody knows who sent it.",
    403: "No calls are taken here.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    409: "There is such a run, and it was begun for something else.",
    413: "The body is too large.",
    415: "The body is no JSON, or packed.",
    422: "It does not fit.",
    429: "Too often; `Retry-After` says in seconds when to come again.",
    503: "Nothing can be written down now; `Retry-After` says when to come again.",
}


def document(call: type[BaseModel], address: str) -> Tree:
    """Return the description. *call* is the body of `POST /runs`; *address* where all this is reached, if known."""
    _, definitions = models_json_schema([(call, "validation"), (Report, "serialization")], ref_template=REF)
    schemas = {**definitions["$defs"], "Accepted": ACCEPTED, "Ignored": IGNORED, "Error": ERROR}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "broadcast",
            "version": version("broadcast"),
            "description": "Has shows aired, and says what became of them.",
        },
        **({"servers": [{"url": address}]} if address else {}),
        "paths": {
            "/runs": {"post": _runs(call)},
            "/runs/{run}": {"get": _run()},
            "/hooks/{show}": {"post": _hook("hook", [SHOW])},
            "/hooks/{show}/{hook}": {"post": _hook("namedHook", [SHOW, HOOK])},
            "/live": {"get": _page("live", "Does it still go its rounds?", 503)},
            "/ready": {"get": _page("ready", "Can it air shows?", 503)},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "BROADCAST_API_TOKEN"}
            },
        },
    }


def _runs(call: type[BaseModel]) -> Tree:
    return {
        "operationId": "air",
        "summary": "Have a show aired: what is unfinished of it, else a fresh run",
        "security": [{"token": []}],
        "parameters": [KEY],
        "requestBody": {"required": True, "content": _json(call.__name__)},
        "responses": {**_accepted(), **_troubles(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)},
    }


def _run() -> Tree:
    return {
        "operationId": "report",
        "summary": "What became of a run, as far as it is",
        "security": [{"token": []}],
        "parameters": [RUN],
        "responses": {
            "200": {"description": "Its report.", "content": _json("Report")},
            **_troubles(401, 403, 404, 503),
        },
    }


def _hook(id: str, parameters: list[Tree]) -> Tree:
    return {
        "operationId": id,
        "summary": "Have a show aired by what a webhook says; how it is signed is said in the show",
        "security": [],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {**_accepted("Ignored"), **_troubles(400, 401, 404, 408, 413, 415, 422, 429, 503)},
    }


def _page(id: str, summary: str, other: int) -> Tree:
    said = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": id,
        "summary": summary,
        "security": [],
        "responses": {
            "200": {"description": "Yes.", "content": said},
            str(other): {"description": "No.", "content": said},
        },
    }


def _accepted(*others: str) -> Tree:
    known = {"anyOf": [{"$ref": REF.format(model=name)} for name in ("Accepted", *others)]}
    location = {"Location": {"schema": {"type": "string"}, "description": "of its report"}}
    return {
        "202": {
            "description": "It is written down and will be aired.",
            "headers": location,
            "content": _json("Accepted"),
        },
        "200": {"description": "Nothing new is aired.", "content": {"application/json": {"schema": known}}},
    }


def _troubles(*statuses: int) -> Tree:
    return {str(one): {"description": TROUBLES[one], "content": _json("Error")} for one in statuses}


def _json(model: str) -> Tree:
    return {"application/json": {"schema": {"$ref": REF.format(model=model)}}}
