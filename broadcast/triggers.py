"""Who may have a show aired from outside, and what they say. Pure: the time is an argument.

A request is believed by its signature alone. What tells a delivery from another is taken from what was signed: the
id that the sender signed, or the body itself, so that neither a redelivery nor somebody's replay is another run.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from .errors import Rejected
from .material import records
from .material.figures import NAME, Numbers, compiled, names_in, search
from .signed import Denied
from .text import clean
from .types import Story
from .webhooks import digest

FRESH = timedelta(
    minutes=5
)  #: that a signed time may be off; https://www.standardwebhooks.com asks for some minutes
SHORTEST = 16  #: characters of a secret
LONGEST_ID = 200  #: characters of the id of a delivery


class StoryForm(BaseModel):
    """The story that a payload tells: {name} stands for a field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=500, description="the headline, such as: {repo} {tag} is out")
    text: str = Field("", max_length=2_000, description="such as: {notes}")
    url: str = Field("", max_length=500, description="where it can be read")
    publisher: str = Field("", max_length=80, description="who says so")
    language: str = Field("", pattern="^([a-z]{2})?$", description="of the texts")

    @field_validator("title", "text", "url")
    @classmethod
    def _names_only(cls, text: str) -> str:
        names_in(text)
        return text


class Trigger(BaseModel):
    """Somebody who may have the show aired by `POST /hooks/SHOW`, and what their payload means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verify: Literal["github", "standard", "token"] = Field(
        description="how a request is known: GitHub's signature, Standard Webhooks', or a secret in a header"
    )
    secret: SecretStr = Field(description="what both sides know, as ${NAME}")
    header: str = Field(
        "Authorization",
        pattern="^[A-Za-z][A-Za-z0-9-]{0,63}$",
        description="for token: where the secret is sent, such as X-Gitlab-Token",
    )
    id: str = Field("", description="for token: JMESPath of what tells deliveries apart, where no header does")
    events: list[str] = Field(
        [], max_length=20, description="for github: these only, such as release; not said: all"
    )
    when: str = Field("", description="JMESPath: what it finds nothing in, or false, airs nothing")
    fields: Mapping[str, str] = Field({}, description="JMESPath by name; default: the fields of the payload itself")
    story: StoryForm | None = Field(None, description="the story to air; not said: the show's sources are asked")
    rate: int = Field(60, ge=1, le=600, description="runs a minute, at most")

    @field_validator("fields")
    @classmethod
    def _reads(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        for name, path in fields.items():
            if not NAME.fullmatch(f"{{{name}}}") or len(name) > records.NAME_LENGTH:
                raise ValueError(
                    f"{name[: records.NAME_LENGTH]!r} is no name for a field: letters, digits, _ and -"
                )
            compiled(name, path)
        return fields

    @field_validator("id", "when")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        if path:
            compiled("the payload", path)
        return path

    @model_validator(mode="after")
    def _fits_together(self) -> "Trigger":
        given = self.secret.get_secret_value()
        if self.verify == "standard":
            if not 24 <= len(_key(given)) <= 64:
                raise ValueError("`secret` is not a signing secret: whsec_ and 24 to 64 bytes in base64")
        elif len(given) < SHORTEST:
            raise ValueError(f"`secret` has {len(given)} characters: it can be guessed; take {SHORTEST} at least")
        if self.events and self.verify != "github":
            raise ValueError("`events` are GitHub's: tell others apart with `when`")
        if self.id and self.verify != "token":
            raise ValueError("`id` is for `verify: token`: what is signed names itself")
        if self.story and self.fields:
            said = (self.story.title, self.story.text, self.story.url)
            if unknown := [name for text in said for name in names_in(text) if name not in self.fields]:
                raise ValueError(f"the story names {{{unknown[0]}}}; there is {', '.join(self.fields)}")
        return self


@dataclass(frozen=True)
class Delivery:
    """A request that was believed. *keys* tell it from others: any of them seen before is the same one again."""

    keys: tuple[str, ...]
    payload: Any


@dataclass(frozen=True)
class Asked:
    """What a payload asks for."""

    fields: Mapping[str, str]
    story: Story | None = None


def admitted(trigger: Trigger, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery | None:
    """Return the delivery that this request is; None for one that is genuine and airs nothing. Raises `Denied`.

    Names in *headers* are in lower case. Nothing of the body is looked into before it is known who sent it.
    """
    keys = _VERIFIED[trigger.verify](trigger, headers, body, now)
    if trigger.verify == "github":
        event = headers.get("x-github-event", "")
        if event == "ping" or (trigger.events and event not in trigger.events):
            return None
    payload = decoded(headers, body)
    if trigger.when and not _found(trigger.when, payload, "when"):
        return None
    if not keys:
        id = _found(trigger.id, payload, "id") if trigger.id else None
        if not isinstance(id, str | int) or isinstance(id, bool) or not str(id):
            header = "the header Idempotency-Key, or have `id:` of the hook say where the payload has one"
            where = f"`{trigger.id}` of the payload" if trigger.id else header
            raise Denied(400, f"nothing tells this delivery from another: give it an id in {where}")
        keys = (digest("id", _short(str(id))),)
    return Delivery(keys, payload)


def asked(trigger: Trigger, payload: Any, now: datetime) -> Asked:
    """Return what *payload* asks for. Raises `Denied` where a field that the story needs is not in it."""
    values = {name: _found(path, payload, name) for name, path in trigger.fields.items()}
    if not trigger.fields and isinstance(payload, Mapping):
        values = {str(name): value for name, value in payload.items() if NAME.fullmatch(f"{{{name}}}")}
    fields = records.variables(values)
    if trigger.story is None:
        return Asked(fields)
    said = trigger.story
    numbers = Numbers("the payload", values)
    try:
        record = {
            "title": numbers.raw(said.title),
            "text": numbers.raw(said.text),
            "url": numbers.raw(said.url),
            "publisher": said.publisher,
            "language": said.language,
        }
        return Asked(fields, records.story(record, now).model_copy(update={"source": "story"}))
    except (Rejected, ValueError) as error:
        words = str(error) if isinstance(error, Rejected) else f"the story {error}"
        raise Denied(422, words) from None


def decoded(headers: Mapping[str, str], body: bytes) -> Any:
    """Return what a body of JSON says. Raises `Denied`."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Denied(415, f"the body is {clean(kind, 60) or 'of no type'}: send application/json")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Denied(400, "the body is not JSON") from None


def bearer(headers: Mapping[str, str], secret: str, header: str = "authorization") -> bool:
    """Return whether a request brings *secret*: as `Authorization: Bearer …`, or bare in another *header*."""
    given = headers.get(header, "")
    if header == "authorization":
        scheme, _, given = given.partition(" ")
        given = given.strip() if scheme.lower() == "bearer" else ""
    return bool(given) and hmac.compare_digest(_bytes(given), _bytes(secret))


# --- who it is


def _github(trigger: Trigger, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[str, ...]:
    """GitHub signs the body and nothing else, so the body is what tells deliveries apart: one that is sent again is
    the same to the byte. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    given = headers.get("x-hub-signature-256", "")
    wanted = "sha256=" + hmac.new(_bytes(trigger.secret.get_secret_value()), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(_bytes(given), _bytes(wanted)):
        raise Denied(401, "the signature does not fit")
    event, id = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
    if not event or not id:
        raise Denied(400, "X-GitHub-Event and X-GitHub-Delivery are missing: this is none of GitHub's deliveries")
    return digest("body", hashlib.sha256(body).hexdigest()), digest("id", _short(id))


def _standard(trigger: Trigger, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[str, ...]:
    from standardwebhooks import Webhook

    id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or "." in id or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise Denied(400, "webhook-id, webhook-timestamp and webhook-signature are needed")
    at = datetime.fromtimestamp(int(stamp), UTC)
    try:
        signer = Webhook(trigger.secret.get_secret_value())
        wanted = signer.sign(msg_id=_short(id), timestamp=at, data=body.decode())
    except UnicodeDecodeError:
        raise Denied(400, "the body is not UTF-8 text") from None
    given = headers.get("webhook-signature", "").split(" ")[:10]
    if not any(hmac.compare_digest(_bytes(one), _bytes(wanted)) for one in given):
        raise Denied(401, "the signature does not fit")
    if abs(now - at) > FRESH:
        raise Denied(401, f"it was signed more than {FRESH} from now: look at the clocks")
    return (digest("id", id),)


def _token(trigger: Trigger, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[str, ...]:
    if not bearer(headers, trigger.secret.get_secret_value(), trigger.header.lower()):
        raise Denied(401, "the secret is missing or wrong")
    given = headers.get("idempotency-key", "")
    return (digest("id", _short(given)),) if given else ()


_VERIFIED = {"github": _github, "standard": _standard, "token": _token}


def _found(path: str, payload: Any, name: str) -> Any:
    try:
        return search(path, payload, name, "the payload")
    except Rejected as error:
        raise Denied(422, str(error)) from None


def _short(id: str) -> str:
    if len(id) > LONGEST_ID:
        raise Denied(400, f"the id of a delivery has {LONGEST_ID} characters at most")
    return id


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_") + "==") if secret.startswith("whsec_") else b""
    except binascii.Error:
        return b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
