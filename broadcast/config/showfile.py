"""What a show file may hold. `broadcast schema` prints it as JSON schema, for editors."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from broadcast.plugins import ROLES, built_in, find
from broadcast.schedule import Schedule
from broadcast.scripting import captions, kinds
from broadcast.triggers import Trigger
from broadcast.types import Duration, Orientation, duration
from broadcast.webhooks import Hook

from .mistakes import LANGUAGE, NAME

Ref = str | dict[str, Any]  #: a plugin: its bare name, or `use` and its settings
Name = Annotated[str, Field(pattern=NAME)]  #: of a source, a channel, an edition: it ends up in keys and paths

SHORTEST_KEEP = timedelta(days=1)  #: a run is looked at again, sent again, taken back within that time


def _window(value: Any) -> Any:
    return None if value == "since-last" else duration(value)


#: How far back stories are told: a length of time, or since the last broadcast.
Window = Annotated[
    timedelta | None,
    BeforeValidator(_window),
    WithJsonSchema({"type": "string", "default": "since-last", "examples": ["since-last", "24h", "7d"]}),
]


Topic = Annotated[str, Field(min_length=1, max_length=60)]


class TopicsFile(BaseModel):
    """What a show would rather tell, and what it does not: words of a title, or tags."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    want: list[Topic] = Field(default=[], max_length=50, description="told before others")
    avoid: list[Topic] = Field(default=[], max_length=50, description="never told")


class EditionFile(BaseModel):
    """One variant that a run makes. What is not said is as in the show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str | None = Field(default=None, pattern=LANGUAGE)
    seconds: float | None = Field(default=None, ge=10, le=600)
    orientation: Orientation | None = None
    stories: int | None = Field(default=None, ge=1, le=20)
    tags: list[str] = []
    topics: TopicsFile | None = None
    per_source: int | None = Field(default=None, ge=1, le=20, description="at most so many stories of one source")
    tone: str = Field(default="", max_length=200, description="how it is told, for a writer that can take a hint")
    audience: str = Field(default="", max_length=200, description="for whom, as `investors` or `new colleagues`")
    avatar_id: str = Field(default="", description="who presents it, where the renderer has avatars")
    voice_id: str = Field(default="", description="who speaks it, where the renderer has voices to choose from")
    via: Ref | None = Field(default=None, description="translate: dub the video of another edition, in `language`")
    of: Name | None = Field(default=None, description="the edition that is dubbed; not said: the first one")
    channels: list[str] | None = None

    @model_validator(mode="after")
    def _a_dub_is_of_another_edition(self) -> "EditionFile":
        if self.via is None and self.of is not None:
            raise ValueError("`of` names what is dubbed: say `via: translate` as well")
        if self.via is not None:
            if self.language is None:
                raise ValueError("a dub needs a `language`")
            kept = {"language", "via", "of", "channels"}
            if meaningless := sorted(self.model_fields_set - kept):
                raise ValueError(f"a dub has the stories and pictures of its edition: take out `{meaningless[0]}`")
        return self


class EachFile(BaseModel):
    """One edition a row: how each is made, beside the settings of the source that the rows come from."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    language: str | None = Field(default=None, pattern=LANGUAGE)
    seconds: float | None = Field(default=None, ge=10, le=600)
    orientation: Orientation | None = None
    tone: str = Field(default="", max_length=200, description="how it is told, for a writer that can take a hint")
    audience: str = Field(default="", max_length=200)
    avatar_id: str = ""
    voice_id: str = ""
    channels: list[str] | None = None
    concurrent: int = Field(default=8, ge=1, le=100, description="rows at work at once")


class BrandFile(BaseModel):
    """How the show looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(default="", max_length=60)
    colour: str = Field(default="#FF4455", json_schema_extra={"pattern": "^#[0-9A-Fa-f]{6}$"})
    logo: Path | None = None

    @field_validator("colour")
    @classmethod
    def _colour(cls, value: str) -> str:
        if not re.fullmatch("#[0-9A-Fa-f]{6}", value):
            raise ValueError('write it like "#FF4455": in quotes, else YAML takes it for a comment')
        return value


class BudgetFile(BaseModel):
    """What may be spent, in USD. Days and months are those of the calendar, in the show's time zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    day: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    month: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    warn: float = Field(default=0.8, gt=0, le=1, description="tell the operator at this share of a day or a month")
    over: Literal["degrade", "hold"] = Field(
        default="degrade", description="beyond a limit: the next renderer or writer; or hold the run for a person"
    )


class ApprovalFile(BaseModel):
    """What a person must say before a run pays or publishes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    script: bool = Field(default=False, description="ask before the render is paid, with the script")
    video: bool = Field(default=False, description="ask before it is published, with the video")
    ask: dict[Name, Ref] = Field(default={}, description="where, besides the console: telegram, slack or email")
    by: list[str] = Field(
        default=[],
        description="who may answer, as known there: @name, an id, an address; else anybody",
    )
    wait: Duration = Field(default=timedelta(hours=2), description="so long")
    then: Literal["air", "drop"] = Field(default="drop", description="what becomes of it where nobody answers")

    @model_validator(mode="after")
    def _something_is_asked(self) -> "ApprovalFile":
        if not self.script and not self.video:
            raise ValueError("say what is asked about: `script: true`, `video: true`, or both")
        return self


class ShowFile(BaseModel):
    """A show as its file says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=120)
    kind: str = Field(default="daily-news", description="built in, or a file of your own in kinds/ beside the show")
    language: str = Field(default="en", pattern=LANGUAGE)
    seconds: float | None = Field(default=None, ge=10, le=600)
    schedule: list[Schedule] = []
    window: Window = None
    sources: dict[Name, Ref] = {}
    hooks: dict[Name, Trigger] = Field(default={}, description="who may have it aired by POST /hooks/SHOW")
    quorum: int = Field(default=1, ge=1)
    stories: int | None = Field(default=None, ge=1, le=20)
    per_source: int | None = Field(default=None, ge=1, le=20, description="at most so many stories of one source")
    topics: TopicsFile = TopicsFile()
    updates: bool = Field(default=True, description="a story that changed after it was told is told once more")
    writer: list[Ref] = Field(default=["extractive"], min_length=1)
    renderer: list[Ref] = Field(default=["newsdesk"], min_length=1)
    editions: dict[Name, EditionFile] = {}
    publish: Ref | None = None
    alerts: Ref | None = None
    ping: Annotated[SecretStr, Hook] | None = Field(
        default=None, description="a dead man's switch as of healthchecks.io, told when a run begins and ends"
    )
    channels: dict[Name, Ref] = Field(min_length=1)
    link: str = Field(default="", pattern=r"^(https?://\S+)?$", max_length=300, description="an article ends on it")
    presenters: dict[str, str] = Field(default={}, description="who presents a tag's stories: a look")
    keep: Duration | None = Field(
        default=None, description="for how long runs and their files stay, as 90d; not said: for good"
    )
    approval: ApprovalFile | None = None
    priority: int = Field(
        default=0, ge=-100, le=100, description="of the shows whose turn it is, the highest begins first"
    )
    budget: BudgetFile = BudgetFile()
    brand: BrandFile = BrandFile()

    @model_validator(mode="after")
    def _a_slot_is_known_while_it_may_air(self) -> "ShowFile":
        if self.keep is not None and self.keep < SHORTEST_KEEP:
            raise ValueError("`keep` is at least 1d; leave it out to keep everything")
        if self.keep and any(self.keep < one.grace for one in self.schedule):
            raise ValueError("`keep` is shorter than the schedule's grace: a slot would be forgotten and air again")
        return self

    @model_validator(mode="after")
    def _it_has_something_to_tell(self) -> "ShowFile":
        if not self.sources and not any(hook.story for hook in self.hooks.values()):
            raise ValueError("`sources` is missing: only a show whose hooks bring a `story` can do without")
        return self

    @field_validator("writer", "renderer", "schedule", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return value if isinstance(value, list) else [value]


class SourceFile(BaseModel):
    """What a show may say of any source, beside the source's own settings."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    weight: float = Field(default=1.0, ge=0.1, le=10, description="its stories come so much earlier, or later")
    fetch: Literal["article"] | None = Field(
        default=None, description="article: read the page of each chosen story of which there is only a teaser"
    )


class WayFile(BaseModel):
    """What a show may say of any renderer, beside the renderer's own settings."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    attempts: int = Field(default=1, ge=1, le=3)
    patience: Duration = timedelta(minutes=60)
    give_up: Duration = timedelta(hours=6)
    orientation: Orientation = "landscape"
    concurrent: int = Field(default=2, ge=1, le=100)


class OutletFile(BaseModel):
    """What a show may say of any channel, beside the channel's own settings."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    caption: Annotated[str, AfterValidator(captions.template)] | None = Field(
        default=None,
        max_length=4000,
        description="the words of a post, with " + ", ".join(f"{{{name}}}" for name in captions.FIELDS),
    )
    disclosure: bool = Field(default=True, description="say that a machine made it")


def schema() -> dict[str, Any]:
    """Return the JSON schema of a show file, with the settings of every built-in plugin."""
    tree = ShowFile.model_json_schema()
    definitions, properties = tree["$defs"], tree["properties"]
    for role in ROLES:
        definitions[role] = _plugins(role, definitions)
    one = {role: {"$ref": f"#/$defs/{role}"} for role in ROLES}
    names = {"type": "object", "minProperties": 1, "propertyNames": {"pattern": NAME}}
    properties["sources"] = {**names, "minProperties": 0, "additionalProperties": one["sources"]}
    properties["channels"] = {**names, "additionalProperties": one["channels"]}
    properties["publish"] = properties["alerts"] = one["channels"]
    for key, role in (("writer", "writers"), ("renderer", "renderers")):
        many = {"type": "array", "minItems": 1, "items": one[role]}
        properties[key] = {"anyOf": [one[role], many], "default": properties[key]["default"]}
    one_or_more = properties["schedule"]
    properties["schedule"] = {"anyOf": [one_or_more["items"], {**one_or_more, "minItems": 1}]}
    properties["kind"]["examples"] = kinds.names()
    row: dict[str, Any] = {"type": "object", "required": ["use"]}
    row["properties"] = {"use": {"type": "string"}, **EachFile.model_json_schema()["properties"]}
    named = properties["editions"]["patternProperties"]
    properties["editions"]["patternProperties"] = {key: {"anyOf": [value, row]} for key, value in named.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tree, "title": "A broadcast show"}


def _plugins(role: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what may stand where a plugin of *role* is asked for: a bare name, or `use` and its settings."""
    forms: list[dict[str, Any]] = [{"type": "string", "examples": built_in(role)}]
    for name in built_in(role):
        tree = find(role, name).model_json_schema()
        definitions |= tree.pop("$defs", {})
        own = tree.get("properties", {})
        beside: dict[str, type[BaseModel]] = {"sources": SourceFile, "renderers": WayFile, "channels": OutletFile}
        if role in beside:
            own |= beside[role].model_json_schema()["properties"]
        required = ["use", *tree.get("required", ())]
        forms.append({**tree, "properties": {"use": {"const": name}, **own}, "required": required})
    mine = {"use": {"type": "string", "pattern": "[.:]", "description": "your own: my_package.feeds:Mine"}}
    forms.append({"type": "object", "properties": mine, "required": ["use"]})
    return {"anyOf": forms}
