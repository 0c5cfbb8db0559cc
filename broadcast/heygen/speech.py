"""A voice of HeyGen's that speaks a script: every segment asked for once, paid once, and fetched.

`POST /v3/voices/speech` knows no idempotency key. What was asked is written down before it is asked; what was asked
and has no answer may have been paid, and is never asked again.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from broadcast.errors import Refused, Rejected, Unavailable, Unconfirmed
from broadcast.plugins import Env, Tools
from broadcast.types import Noun, Script, Segment, Speech

from . import choice
from .client import Client, NotFound
from .money import balance, price

TEXT = 5_000  #: characters of one request, by the reference of `POST /v3/voices/speech`
SOUND = 32_000_000  #: bytes of one segment's sound: five minutes of 48 kHz, uncompressed
ENGINE = "starfish"  #: which speaks without a picture, by the reference of `GET /v3/voices`
HOUR = 3600.0  #: seconds; no time in a segment is later
READ_SECONDS, SPEECH_SECONDS, FETCH_SECONDS = 30.0, 60.0, 120.0


class Said(Noun):
    """What became of asking for one segment. It is written down as `asked` before it is asked for."""

    state: Literal["asked", "refused", "said"]
    reason: str = ""  #: why it was refused
    url: str = ""  #: where the sound can be fetched for a while
    seconds: float = 0.0
    usd: float = 0.0
    words: tuple[tuple[str, float, float], ...] = ()


class HeyGenVoice(BaseModel):
    """A voice of HeyGen's, in any language that it speaks. It is paid by the second."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: Literal["heygen"]
    voice_id: str = Field(min_length=1, description="`broadcast heygen voices` lists them")
    speed: float = Field(1.0, ge=0.5, le=2.0)
    locale: str | None = Field(
        None,
        pattern=r"^[a-z]{2,3}-[A-Za-z0-9-]{2,}$",
        description="an accent, as pt-BR, of a voice that has several",
    )
    key: Annotated[SecretStr, Env("HEYGEN_API_KEY", "https://app.heygen.com/settings")]
    base: Annotated[str, Env("HEYGEN_BASE_URL")] = "https://api.heygen.com"

    def estimate(self, script: Script) -> float:
        """Return what *script* should cost, in USD."""
        return price("speech") * script.seconds / self.speed

    async def findings(self, tools: Tools, seconds: float) -> list[str]:
        """Return, in words, what reading shows to be wrong. Raises `Unavailable`."""
        client = self._client(tools)
        try:
            left = balance(await client.get("/v3/users/me"))
            found = await choice.findings(client, None, self.voice_id, None, None)
            if not found and not await self._speaks(client):
                found.append(
                    f"the voice {self.voice_id!r} cannot be used for speech alone: it lacks the engine {ENGINE}"
                )
        except Refused as error:
            return [f"the voice: {error}"]
        needed = price("speech") * seconds / self.speed
        if left is not None and left < needed:
            found.append(f"the balance of {left:.2f} USD does not bear the speech of one show, {needed:.2f}")
        return found

    async def speak(self, tools: Tools, script: Script) -> None:
        """Have every segment said that was not asked for yet, and fetch what was said.

        Raises `Unavailable` where another try may bring more, `Refused` and `NotFound` where no segment would fare
        better. What became of each is kept.
        """
        late: Unavailable | None = None
        for name, body in self._requests(script).items():
            said = _read(tools.kept.get(name)) or await self._ask(tools, name, body)
            try:
                await self._fetch(tools, name, said)
            except (Refused, Rejected):
                continue  # `speeches` tries once more, and says so
            except Unavailable as error:
                late = error
        if late:
            raise late

    async def speeches(self, tools: Tools, script: Script) -> tuple[tuple[Speech | None, ...], tuple[str, ...]]:
        """Return what was said of each segment, and notes on what was asked for in vain. Nothing is paid."""
        found: list[Speech | None] = []
        notes: list[str] = []
        for number, segment in enumerate(script.segments, 1):
            name = self._name(body) if (body := self._body(segment, script.language)) else ""
            said = _read(tools.kept.get(name))
            speech, why = None, ""
            if body and len(body["text"]) > TEXT:
                why = f"it has {len(body['text'])} characters, and {TEXT} can be spoken at once"
            elif said and said.state == "asked":
                why = "its answer was lost; it may have been paid, and is not asked for again"
            elif said and said.state == "refused":
                why = said.reason
            elif said:
                try:
                    path = await self._fetch(tools, name, said)
                    speech = Speech(path=path, seconds=said.seconds, words=said.words)
                except (Refused, Rejected, Unavailable) as error:
                    why = str(error)
            if why:
                notes.append(f"segment {number} is not spoken by the voice {self.voice_id!r}: {why}")
            found.append(speech)
        return tuple(found), tuple(notes)

    def spent(self, kept: Mapping[str, str]) -> float:
        """Return what the speech that was kept has cost, in USD, as far as that is known."""
        return round(sum(said.usd for value in kept.values() if (said := _read(value))), 6)

    async def _speaks(self, client: Client) -> bool:
        """Say whether the voice is among those of the engine that speech needs. It tells so in a list only."""
        async for voice in client.pages("/v3/voices", limit=100, engine=ENGINE):
            if isinstance(voice, dict) and voice.get("voice_id") == self.voice_id:
                return True
        return False

    async def _ask(self, tools: Tools, name: str, body: Mapping[str, Any]) -> Said:
        said = Said(state="asked")
        await tools.keep(name, said.model_dump_json())
        try:
            answer = await self._client(tools).post("/v3/voices/speech", body)
        except Unconfirmed:
            return said
        except (Unavailable, Refused, NotFound):
            await tools.keep(name, "")  # nothing was said or paid
            raise
        except Rejected as error:
            said = Said(state="refused", reason=str(error))
        else:
            said = understood(answer)
        await tools.keep(name, said.model_dump_json())
        return said

    async def _fetch(self, tools: Tools, name: str, said: Said) -> Path:
        """Return where the sound lies, after fetching it where it does not."""
        path = tools.folder / f"{name.replace('/', '-')}.sound"
        if said.state != "said" or path.is_file():
            return path
        kin = urlsplit(said.url).hostname == urlsplit(self.base).hostname
        answer = await tools.http.get(
            said.url, label="the address of the speech", limit=SOUND, deadline=FETCH_SECONDS, trusted=kin
        )
        try:
            await asyncio.to_thread(_write, path, answer.body)
        except OSError as error:
            raise Unavailable(f"the speech cannot be written: {error.strerror or error}") from None
        return path

    def _requests(self, script: Script) -> dict[str, dict[str, Any]]:
        """Return what has to be asked for, by name; what is said twice is asked for once."""
        bodies = [self._body(segment, script.language) for segment in script.segments]
        return {self._name(body): body for body in bodies if body and len(body["text"]) <= TEXT}

    def _body(self, segment: Segment, language: str) -> dict[str, Any] | None:
        text = " ".join("".join(c if c.isprintable() else " " for c in segment.text).split())
        if not any(character.isalnum() for character in text):
            return None
        accent = {"locale": self.locale} if self.locale else {}
        language = language.replace("_", "-").partition("-")[0].lower()
        return {"text": text, "voice_id": self.voice_id, "speed": self.speed, "language": language, **accent}

    def _name(self, body: Mapping[str, Any]) -> str:
        """Return the name under which an answer is kept: another text or voice is another deed."""
        said = json.dumps([self.base, body], sort_keys=True).encode()
        return f"speech/{hashlib.sha256(said).hexdigest()[:20]}"

    def _client(self, tools: Tools) -> Client:
        return Client(tools.http, self.base, self.key.get_secret_value(), READ_SECONDS, SPEECH_SECONDS)


def understood(answer: Any) -> Said:
    """Return what an answer means. One that names no sound leaves it at `asked`: it may have been paid. Pure."""
    if not isinstance(answer, dict) or not isinstance(answer.get("audio_url"), str) or not answer["audio_url"]:
        return Said(state="asked")
    seconds = _time(answer.get("duration"))
    return Said(
        state="said",
        url=answer["audio_url"],
        seconds=seconds or 0.0,  # then the sound itself tells
        usd=round(price("speech") * (seconds or 0.0), 6),
        words=_words(answer.get("word_timestamps")),
    )


def _words(items: Any) -> tuple[tuple[str, float, float], ...]:
    """Return the times of the words, without those that have none; nothing where they run backwards."""
    found: list[tuple[str, float, float]] = []
    for item in items if isinstance(items, list) else ():
        said = item if isinstance(item, dict) else {}
        word, start, end = said.get("word"), _time(said.get("start")), _time(said.get("end"))
        if not isinstance(word, str) or start is None or end is None:
            continue
        if start > end or (found and start < found[-1][1]):
            return ()
        found.append((word, start, end))
    return tuple(found)


def _time(value: Any) -> float | None:
    """Return *value* where it is a time within an hour."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < HOUR
    return float(value) if good else None


def _read(value: str | None) -> Said | None:
    try:
        return Said.model_validate_json(value) if value else None
    except ValidationError:
        return Said(state="asked")  # of another version: that it was asked for is certain


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
