"""HeyGen's dubs: what a language is called there, what is said of a dub, and the way of its subtitles."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import babel

from broadcast.errors import Refused, Rejected, Unavailable, Unconfirmed
from broadcast.plugins import Tools
from broadcast.types import Rendered

from .assets import upload
from .client import Client, clean

PATH = "/v3/video-translations"
SUBTITLES = 2_000_000  #: bytes; an hour of them is 100 kB
DONE, FAILED = ("completed", "succeeded"), ("failed",)  #: HeyGen's own tools disagree on the first


def named(known: Sequence[str], language: str, dialect: str | None) -> str:
    """Return what of the *known* names means *language*, or the *dialect* of it. Pure.

    Raises `Rejected` where there is none, or several and nobody said which.
    """
    if dialect is not None:
        if found := [name for name in known if name.casefold() == dialect.casefold()]:
            return found[0]
        raise Rejected(f"HeyGen does not dub in {dialect!r}; {_near(known, language)}")
    english = babel.Locale(language).english_name or language
    family = [name for name in known if name == english or name.startswith(f"{english} (")]
    if english in family:
        return english
    likely = str(babel.core.get_global("likely_subtags").get(language, "")).rpartition("_")[2]
    home = babel.Locale("en").territories.get(likely, "")
    at_home = [name for name in family if home and f"({home}" in name]
    if len(best := at_home or family) == 1:
        return best[0]
    raise Rejected(f"HeyGen does not dub in {language!r} as such: say `dialect`; {_near(known, language)}")


def _near(known: Sequence[str], language: str) -> str:
    english = babel.Locale(language).english_name or language
    names = [name for name in known if name.startswith(english)] or list(known)
    return f"there is {', '.join(names[:8])}{' …' if len(names) > 8 else ''}"


async def languages(client: Client) -> list[str]:
    """Return the names of the languages that the service dubs in."""
    found = (await client.get(f"{PATH}/languages")).get("languages")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def only(answer: Any, name: str) -> str:
    """Return the one id of an answer, which may list one a language. Without it the deed may have been done."""
    value = answer.get(name) if isinstance(answer, dict) else None
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(value, str) or not value:
        raise Unconfirmed(f"HeyGen took the dub and gave no {name}")
    return value


def failure(resource: Mapping[str, Any], what: str) -> Rejected | None:
    """Return why *what* failed, if it did. Pure."""
    if resource.get("status") not in FAILED:
        return None
    reason = resource.get("failure_message") or resource.get("failure_reason") or "it gives no reason"
    return Rejected(f"HeyGen could not {what}: {clean(str(reason))}")


def rendered(dub: Mapping[str, Any], *, rate: float, seconds: float, kin: str | None) -> Rendered | None:
    """Return where a finished dub's files are, or None while it is being made. Raises `Rejected` where it failed.

    *rate* is its price in USD a second, *seconds* its length where the service gives none, *kin* the host that
    said so.
    """
    if error := failure(dub, "dub the video"):
        raise error
    address, captions = dub.get("video_url"), dub.get("srt_caption_url")
    if dub.get("status") not in DONE or not isinstance(address, str) or not address:
        return None
    length = float(dub["duration"]) if isinstance(dub.get("duration"), int | float) else None
    return Rendered(
        video=address,
        captions=captions if isinstance(captions, str) and captions else None,
        seconds=length,
        usd=round(rate * (length or seconds), 4),
        kin=kin,
    )


async def subtitles(client: Client, tools: Tools, proofread: str) -> str:
    """Return the translated subtitles of a *proofread*, as they are now. Raises `Unavailable`, `Refused`."""
    address = (await client.look(f"{PATH}/proofreads/{proofread}/srt") or {}).get("srt_url")
    if not isinstance(address, str) or not address:
        raise Unavailable("HeyGen names no address for the translated subtitles")
    kin = urlsplit(address).hostname == urlsplit(client.base).hostname
    label = "the address of the translated subtitles"
    try:
        answer = await tools.http.get(
            address, label=label, limit=SUBTITLES, deadline=client.read_seconds, trusted=kin
        )
    except (Refused, Rejected) as error:
        raise Unavailable(f"{error} (it may have expired: a new one is asked for)") from None
    if b"-->" not in answer.body:
        raise Unavailable("what came in place of the translated subtitles is something else")
    return answer.body.decode("utf-8", "replace")


async def put_back(client: Client, tools: Tools, proofread: str, srt: str) -> None:
    """Replace the translated subtitles of a *proofread*; again does no harm. Raises `Unavailable`, `Refused`."""
    data = srt.encode()
    path = tools.folder / f"{proofread}.srt"
    await asyncio.to_thread(_write, path, data)
    sha256 = hashlib.sha256(data).hexdigest()
    key, place = f"{sha256}:{proofread}"[:255], f"{PATH}/proofreads/{proofread}/srt"
    try:
        asset = await upload(client, path, "application/x-subrip", sha256=sha256, key=key)
        await client.replace(place, {"srt": {"type": "asset_id", "asset_id": asset}})
    except Rejected as error:  # which says nothing of the dub
        raise Unavailable(str(error)) from None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
