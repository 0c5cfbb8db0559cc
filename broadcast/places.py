"""Files that the configuration names, by path or by address."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from .errors import Rejected
from .feeds import web
from .plugins import Tools


async def read(
    tools: Tools, place: str, *, label: str, limit: int, headers: Mapping[str, SecretStr] | None = None
) -> bytes:
    """Return what the file or address *place* holds. *label* names it in errors; *limit* is in bytes."""
    if web(place):
        given = {name: value.get_secret_value() for name, value in (headers or {}).items()}
        return (await tools.http.get(place, label=label, headers=given, limit=limit)).body
    return await asyncio.to_thread(_bytes, Path(place), label, limit)


def _bytes(path: Path, label: str, limit: int) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device might never end
            raise Rejected(f"{label}: there is no file {path}; check its path")
        with path.open("rb") as file:
            body = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its path cannot be read"
        raise Rejected(f"{label}: {path} cannot be read: {reason}") from None
    if len(body) > limit:
        raise Rejected(f"{label}: {path} is larger than the {limit / 1e6:g} MB that are read")
    return body
