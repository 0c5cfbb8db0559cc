"""What of a show's settings nobody may read: its secrets, and what of an address lets somebody in. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, SecretStr

#: Characters of a part of an address, and of a password in one, that are taken for a secret.
SHORTEST_KEY, SHORTEST_PASSWORD = 16, 8


def secrets(value: Any) -> Iterable[str]:
    """Yield every secret that a plugin's settings hold."""
    if isinstance(value, SecretStr):
        yield from _telling(value.get_secret_value())
    elif isinstance(value, BaseModel):
        yield from (one for key in type(value).model_fields for one in secrets(getattr(value, key)))
    elif isinstance(value, Mapping):
        yield from (one for part in value.values() for one in secrets(part))
    elif isinstance(value, list | tuple):
        yield from (one for part in value for one in secrets(part))


def _telling(secret: str) -> Iterable[str]:
    """Yield *secret*; and of an address what lets somebody in: a service may say back a part of it. Pure."""
    yield secret
    try:
        parts = urlsplit(secret)
    except ValueError:
        return
    if parts.netloc:
        words = [*parts.path.split("/"), *(word for _, word in parse_qsl(parts.query))]
        yield from (word for word in words if len(word) >= SHORTEST_KEY)
        given = {parts.password or "", unquote(parts.password or "")}
        yield from (word for word in given if len(word) >= SHORTEST_PASSWORD)
