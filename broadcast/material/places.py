"""Files that the configuration names, by path or by address."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AfterValidator, SecretStr

from broadcast.errors import Rejected
from broadcast.feeds import web
from broadcast.plugins import Tools

FILES = 5_000  #: of a folder that are looked at


def address(what: str, *, base: bool = False, needed: bool = True) -> AfterValidator:
    """Hold a setting to being the http or https address of *what*; a *base* of others has no slash at its end."""

    def check(url: str) -> str:
        if not web(url) and (needed or url):
            raise ValueError(f"give the http or https address of {what}{'' if needed else ', or leave it out'}")
        return url.rstrip("/") if base else url

    return AfterValidator(check)


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
        raise Rejected(f"{label}: {path} cannot be read: {reason}; check its path and rights") from None
    if len(body) > limit:
        raise Rejected(f"{label}: {path} is larger than the {limit / 1e6:g} MB that are read; give a smaller one")
    return body


def newest(
    path: Path, like: str, limit: int, since: datetime, *, kinds: Sequence[str], label: str
) -> list[tuple[Path, datetime]]:
    """Return the newest files of these *kinds* (endings) since *since*, at most *limit*, and when each was written.

    *path* is one of them or a folder of which those are looked at that are called *like* that. Raises `Rejected`
    where it cannot look.
    """
    try:
        if path.is_dir():
            inside = [one for _, one in zip(range(FILES), path.glob(like), strict=False)]
            files = [one for one in inside if one.suffix.lower() in kinds and one.is_file()]
        elif path.suffix.lower() not in kinds and (path.suffix or path.exists()):
            raise Rejected(f"{label}: {path} is none of {', '.join(kinds)}")
        else:
            files = [path]
        dated = [(one, datetime.fromtimestamp(one.stat().st_mtime, UTC)) for one in files]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name cannot be read"
        raise Rejected(f"{label}: {path} cannot be read: {reason}; check `path`") from None
    fresh = [one for one in dated if one[1] >= since and not one[0].name.startswith((".", "~$"))]
    return sorted(fresh, key=lambda one: one[1], reverse=True)[:limit]
