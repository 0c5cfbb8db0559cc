"""Requests that nobody may be taken in by: forged, replayed, late, oversized, malformed. Seeded."""

import copy
import json
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from calling import API, GITHUB, RELEASE, STANDARD, github, heygen, plain, standard

KINDS = ("forged", "replayed", "late", "oversized", "malformed")


@dataclass(frozen=True)
class Attempt:
    """One request, and of which kind it is."""

    kind: str
    path: str
    body: bytes
    headers: dict[str, str]
    statuses: frozenset[int] = field(default_factory=lambda: frozenset(range(400, 500)))  #: what it may be answered


def attempts(
    seed: int, count: int, now: datetime, genuine: list[tuple[str, bytes, dict[str, str]]], job: str
) -> Iterator[Attempt]:
    """Yield *count* of them. *genuine* requests were accepted before; *job* is a render that somebody waits for."""
    random = Random(seed)
    make = {"forged": _forged, "late": _late, "oversized": _oversized, "malformed": _malformed}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        if kind == "replayed":
            yield _replayed(random, genuine)
        else:
            yield make[kind](random, now, job)


def _signed(random: Random, now: datetime, job: str, **secret: str) -> tuple[str, bytes, dict[str, str]]:
    """Return a request as one of the senders would make it, of something that was never asked for before."""
    id = "".join(random.choices(string.ascii_lowercase, k=12))
    event = {"event_type": "video_agent.success", "event_data": {"session_id": job, "video_id": id}}
    release = copy.deepcopy(RELEASE)
    release["release"]["body"] = f"{id} has come."  # type: ignore[index]
    sender = random.choice(("github", "standard", "plain", "heygen", "api"))
    match sender:
        case "github":
            return "/hooks/town/github", *github(release, id=id, **secret)
        case "standard":
            return "/hooks/town/signups", *standard({"user": {"name": id}}, now, id=id, **_whole(secret))
        case "plain":
            return "/hooks/town/plain", *plain({"name": id}, id=id, **secret)
        case "heygen":
            return "/callbacks/heygen", *heygen(event, now, id=id, **secret)
    token = secret.get("secret", API)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return "/runs", json.dumps({"show": "town", "now": True}).encode(), headers


def _whole(secret: dict[str, str]) -> dict[str, str]:
    return {"secret": "whsec_" + "B" * 43} if secret else {}


def _forged(random: Random, now: datetime, job: str) -> Attempt:
    how = random.choice(("secret", "body", "none", "other", "token", "scheme"))
    if how == "token":
        token = "".join(random.choices(string.ascii_letters + string.digits + "-_", k=random.randint(0, 120)))
        return Attempt("forged", f"/callbacks/heygen/town/{token or 'x'}", b"{}", {})
    path, body, headers = _signed(
        random, now, job, **({"secret": "guessed-" + "x" * 20} if how == "secret" else {})
    )
    if how == "body":
        at = random.randrange(len(body))
        body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        if path in ("/hooks/town/plain", "/runs"):  # their secret is not of the body
            headers["Authorization"] = "Bearer " + "x" * 24
    elif how in ("none", "other", "scheme"):
        for name in ("X-Hub-Signature-256", "webhook-signature", "Authorization", "Heygen-Signature"):
            if name in headers and how == "none":
                del headers[name]
            elif name in headers:
                headers[name] = random.choice(
                    ("", "sha256=", "v1,", "v1,AAAA", "Bearer ", "Bearer", GITHUB, STANDARD, "v2")
                )
    return Attempt("forged", path, body, headers)


def _replayed(random: Random, genuine: list[tuple[str, bytes, dict[str, str]]]) -> Attempt:
    path, body, headers = random.choice(genuine)
    changed = dict(headers)
    fresh = "".join(random.choices(string.hexdigits, k=16))
    if random.random() < 0.5:  # under another name, where the name is not signed
        for name in ("X-GitHub-Delivery", "Heygen-Event-Id"):
            if name in changed:
                changed[name] = fresh
    return Attempt("replayed", path, body, changed, frozenset((200, 429)))


def _late(random: Random, now: datetime, job: str) -> Attempt:
    off = timedelta(minutes=random.choice((-1, 1)) * random.uniform(16, 60 * 24 * 300))
    id = "".join(random.choices(string.ascii_lowercase, k=12))
    if random.random() < 0.5:
        return Attempt("late", "/hooks/town/signups", *standard({"user": {"name": id}}, now + off, id=id))
    event = {"event_type": "video_agent.success", "event_data": {"session_id": job, "nonce": id}}
    return Attempt("late", "/callbacks/heygen", *heygen(event, now + off, id=id))


def _oversized(random: Random, now: datetime, job: str) -> Attempt:
    path, _, headers = _signed(random, now, job)
    limit = 64_000 if path.startswith("/callbacks") else 1_000_000
    return Attempt("oversized", path, b" " * (limit + random.randint(1, 50_000)), headers, frozenset((413, 429)))


def _malformed(random: Random, now: datetime, job: str) -> Attempt:
    path = random.choice(("/hooks/town/plain", "/runs"))
    headers: dict[str, Any] = plain({}, id=f"{random.random()}")[1]
    if path == "/runs":
        headers["Authorization"] = f"Bearer {API}"
    body = random.choice(
        (
            b"", b"{", b"[" * 200_000, b"\xff\xfe\x00", b'{"a":' * 50_000, b"9" * 100_000, b"null", b'"text"',
            b"{}" * 3, b'{"show":"town","show2":1}', b'{"show":"../../etc"}', b'{"show":"town","slot":"soon"}',
            b'{"show":"town","stories":[{"text":1}]}', b'{"show":"town","channels":["nobody"]}', b"\xf0" * 500,
            b'{"show":"town","fields":{"a":{}}}', b'{"show":"town","now":"perhaps"}', b'{"show":NaN}',
        )
    )  # fmt: skip
    if path == "/hooks/town/plain":  # what is JSON is good enough for a hook without a mapping: unless it has no id
        headers.pop("Idempotency-Key")
    if random.random() < 0.3:
        headers["Content-Type"] = random.choice(
            ("text/plain", "application/x-www-form-urlencoded", "", "multipart/x")
        )
    return Attempt("malformed", path, body, headers)
