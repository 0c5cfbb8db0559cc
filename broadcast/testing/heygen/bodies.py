"""What may be sent: every body of the service that is rehearsed, with its bounds. More than it knows is refused.

Types, bounds and words are those of the schemas in HeyGen's own command line tool of July 2026. Two rules are
stricter than the schemas: a `callback_id` needs a `callback_url`, and addresses are https, or loopback.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Address = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://[^\s/]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/|\?|$)", max_length=4096
    ),
]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Url(Body):
    type: Literal["url"]
    url: Address


class AssetId(Body):
    type: Literal["asset_id"]
    asset_id: Id


class Inline(Body):
    type: Literal["base64"]
    media_type: str
    data: str


Media = Annotated[Url | AssetId | Inline, Discriminator("type")]


class Called(Body):
    callback_url: Address | None = None
    callback_id: Id | None = None

    @model_validator(mode="after")
    def called(self) -> Self:
        if self.callback_id is not None and self.callback_url is None:
            raise ValueError("callback_id needs a callback_url")
        return self


class Agent(Called):
    """`POST /v3/video-agents`."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    mode: Literal["generate", "chat"] = "generate"
    avatar_id: Id | None = None
    voice_id: Id | None = None
    style_id: Id | None = None
    brand_kit_id: Id | None = None
    orientation: Literal["landscape", "portrait"] | None = None
    files: Annotated[list[Media], Field(max_length=20)] | None = None
    incognito_mode: bool = False


class ElevenLabs(Body):
    engine_type: Literal["elevenlabs"]
    model: Literal["eleven_multilingual_v2", "eleven_turbo_v2_5", "eleven_flash_v2_5", "eleven_v3"] | None = None
    similarity_boost: float | None = None
    stability: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None


class Fish(Body):
    engine_type: Literal["fish"]
    model: Literal["s1", "s2-pro"] | None = None
    similarity: float | None = None
    stability: float | None = None


class Starfish(Body):
    engine_type: Literal["starfish"]


class VoiceSettings(Body):
    speed: Annotated[float, Field(ge=0.5, le=1.5)] = 1.0
    pitch: Annotated[float, Field(ge=-50, le=50)] = 0.0
    volume: Annotated[float, Field(ge=0, le=1)] = 1.0
    locale: str | None = None
    engine_settings: Annotated[ElevenLabs | Fish | Starfish, Discriminator("engine_type")] | None = None


class Background(Body):
    type: Literal["color", "image"]
    value: Colour | None = None
    url: Address | None = None
    asset_id: Id | None = None

    @model_validator(mode="after")
    def one(self) -> Self:
        if self.type == "color" and (self.value is None or self.url or self.asset_id):
            raise ValueError("a colour needs value, and nothing else")
        if self.type == "image" and ((self.url is None) == (self.asset_id is None) or self.value):
            raise ValueError("an image needs either url or asset_id, and nothing else")
        return self


class Caption(Body):
    file_format: Literal["srt"] = "srt"
    style: Literal["default"] | None = None


class Engine(Body):
    type: Literal["avatar_iii", "avatar_iv", "avatar_v"]
    reference_look_id: Id | None = None


class Spoken(Called):
    script: Annotated[str, StringConstraints(min_length=1, max_length=5_000)] | None = None
    audio_url: Address | None = None
    audio_asset_id: Id | None = None
    voice_id: Id | None = None
    voice_settings: VoiceSettings | None = None
    title: str | None = None
    resolution: Literal["4k", "1080p", "720p"] | None = None
    aspect_ratio: Literal["16:9", "9:16", "4:5", "5:4", "1:1", "auto"] | None = None
    fit: Literal["contain", "cover"] | None = None
    background: Background | None = None
    remove_background: bool | None = None
    output_format: Literal["mp4", "webm"] = "mp4"
    caption: Caption | None = None
    motion_prompt: str | None = None
    expressiveness: Literal["high", "medium", "low"] | None = None

    @model_validator(mode="after")
    def one_voice(self) -> Self:
        given = [self.script, self.audio_url, self.audio_asset_id]
        if sum(one is not None for one in given) != 1:
            raise ValueError("exactly one of script, audio_url and audio_asset_id is needed")
        if self.output_format == "webm" and self.background:
            raise ValueError("webm is transparent and takes no background")
        return self


class AvatarVideo(Spoken):
    """`POST /v3/videos` of the type avatar."""

    type: Literal["avatar"]
    avatar_id: Id
    engine: Engine | None = None

    @model_validator(mode="after")
    def lively(self) -> Self:
        if self.expressiveness and self.engine and self.engine.type != "avatar_iv":
            raise ValueError("expressiveness belongs to avatar_iv")
        return self


class ImageVideo(Spoken):
    """`POST /v3/videos` of the type image."""

    type: Literal["image"]
    image: Media


class Upload(Body):
    """`POST /v3/assets/direct-uploads`."""

    filename: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    content_type: str
    size_bytes: Annotated[int, Field(ge=1)]
    checksum_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Complete(Body):
    """`POST /v3/assets/{asset_id}/complete`."""

    checksum_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Speech(Body):
    """`POST /v3/voices/speech`."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    voice_id: Id
    input_type: Literal["text", "ssml"] = "text"
    speed: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}-[A-Za-z0-9-]{2,}$")] | None = None


class Endpoint(Body):
    """`POST /v3/webhooks/endpoints`."""

    url: Address
    events: Annotated[list[str], Field(min_length=1)] | None = None
    entity_id: Id | None = None


class Patch(Body):
    """`PATCH /v3/webhooks/endpoints/{endpoint_id}`: the list of events is replaced as a whole."""

    url: Address | None = None
    events: Annotated[list[str], Field(min_length=1)] | None = None


class Translation(Called):
    """`POST /v3/video-translations`. What only some plans have is not rehearsed."""

    video: Media
    output_languages: Annotated[list[str], Field(min_length=1, max_length=20)]
    mode: Literal["speed", "precision"] = "speed"
    input_language: str | None = None
    title: str | None = None
    translate_audio_only: bool = False
    enable_caption: bool = False
    enable_dynamic_duration: bool = True
    enable_speech_enhancement: bool = False
    disable_music_track: bool = False
    keep_the_same_format: bool | None = None
    speaker_num: Annotated[int, Field(ge=1)] | None = None
    folder_id: Id | None = None


class Proof(Body):
    """`POST /v3/video-translations/proofreads`."""

    video: Media
    output_languages: Annotated[list[str], Field(min_length=1, max_length=20)]
    title: Annotated[str, StringConstraints(min_length=1)]
    mode: Literal["speed", "precision"] = "speed"
    srt: Media | None = None
    disable_music_track: bool = False
    enable_speech_enhancement: bool = False
    enable_video_stretching: bool = False
    keep_the_same_format: bool = False
    speaker_num: Annotated[int, Field(ge=1)] | None = None
    folder_id: Id | None = None


class Subtitles(Body):
    """`PUT /v3/video-translations/proofreads/{id}/srt`."""

    srt: Media


class Generate(Called):
    """`POST /v3/video-translations/proofreads/{id}/generate`."""

    captions: bool = False
    translate_audio_only: bool = False


class Nothing(Body):
    """`POST /v3/video-agents/{session_id}/stop`."""


def dump(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)
