"""Webhooks: addresses that are secrets, take a post, and say little in return."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from .errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from .plugins import Answer, Http

SECONDS = 30.0
GONE = "check its address, or make a new one"
#: What is said where the link should stand.
ABSENT = "The video has no lasting address where it could be watched."


def _address(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not the address of a webhook: that begins with https://")
    return url


#: Marks a field that holds a webhook's address.
Hook = AfterValidator(_address)


async def post_json(
    http: Http,
    url: SecretStr | str,
    said: Any,
    *,
    label: str,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    again: bool = False,
) -> Answer:
    """Send *said* as JSON and return the answer whatever its status. The address appears nowhere."""
    return await http.send(
        method,
        url if isinstance(url, str) else url.get_secret_value(),
        label=label,
        headers={"content-type": "application/json", **(headers or {})},
        body=json.dumps(said, ensure_ascii=False).encode(),
        again=again,
        deadline=SECONDS,
    )


def judge(answer: Answer, label: str, *, again: bool = False, why: str = "") -> StageError | None:
    """Return what an answer that is not 2xx means. *why* is what the service says of it, made fit to show. Pure."""
    status = answer.status
    if 200 <= status < 300:
        return None
    said = f"{label} answered {status}{f': {why}' if why else ''}"
    if status == 429:
        return Unavailable(f"{said}: too many requests", retry_after=wait(answer))
    if status == 408 or status >= 500:
        return (Unavailable if again else Unconfirmed)(said)
    if status in (401, 403, 404, 410):
        return Refused(f"{said}; {GONE}")
    return Rejected(f"{said}: it does not take this message")


def wait(answer: Answer) -> float | None:
    """Return the seconds that the service asks to wait, as its header says or its JSON."""
    value = fields(answer).get("retry_after")
    if isinstance(value, int | float) and 0 <= value < 1e9:
        return float(value)
    header = answer.headers.get("retry-after", "").strip()
    return float(header[:9]) if header.isascii() and header.isdigit() else None


def tree(answer: Answer) -> Any:
    """Return the JSON of an answer; None where it is none. Pure."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def fields(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object of an answer; an empty one where it is none. Pure."""
    found = tree(answer)
    return found if isinstance(found, dict) else {}


def digest(*parts: str) -> str:
    """Return a name that stands for *parts* and shows none of them."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def basic(user: str, password: str) -> str:
    """Return the header that says who asks (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
