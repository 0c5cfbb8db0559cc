"""What may be sent: the body of a message, with its bounds. More than this knows is refused.

Names and bounds are those of the types in Anthropic's Python package 2.12, and the rules those of its pages on
structured outputs. Stricter than the service: no tools, no streaming, no prefill, roles that take turns, every
property of a schema required, and no keyword in it that the service would silently ignore.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

IGNORED = frozenset((
    "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "maxItems", "uniqueItems", "minProperties", "maxProperties",
))  # fmt: skip
KNOWN = frozenset((
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf", "$ref",
    "$defs", "description", "title", "format", "minItems", "default",
))  # fmt: skip
KINDS: dict[str, Any] = {
    "string": str, "number": (int, float), "integer": int, "boolean": bool, "null": type(None),
}  # fmt: skip
CACHED = 4  #: breakpoints of the cache in one request


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Ephemeral(Body):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class Text(Body):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(min_length=1)]
    cache_control: Ephemeral | None = None


class Message(Body):
    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(min_length=1)] | Annotated[list[Text], Field(min_length=1)]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class Format(Body):
    type: Literal["json_schema"]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]

    @field_validator("schema_")
    @classmethod
    def compiles(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if schema.get("type") != "object":
            raise ValueError("the schema must describe an object")
        _compile(schema, "schema")
        return schema


class OutputConfig(Body):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: Format | None = None


class Thinking(Body):
    type: Literal["adaptive", "between_tools", "disabled"]


class Metadata(Body):
    user_id: str | None = None


class Create(Body):
    """`POST /v1/messages`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    max_tokens: Annotated[int, Field(ge=1, le=128_000)]
    messages: Annotated[list[Message], Field(min_length=1)]
    system: str | list[Text] | None = None
    output_config: OutputConfig | None = None
    thinking: Thinking | None = None
    metadata: Metadata | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    stop_sequences: list[str] | None = None
    stream: Literal[False] | None = None

    @model_validator(mode="after")
    def takes_turns(self) -> Self:
        roles = [message.role for message in self.messages]
        if roles != [("user", "assistant")[place % 2] for place in range(len(roles))]:
            raise ValueError("messages: roles must take turns, and the user begins")
        if roles[-1] != "user":
            raise ValueError("messages: prefilling the answer is not supported by this model")
        return self

    @model_validator(mode="after")
    def caches_little(self) -> Self:
        parts = [part for message in self.messages if isinstance(message.content, list) for part in message.content]
        parts += self.system if isinstance(self.system, list) else []
        if sum(part.cache_control is not None for part in parts) > CACHED:
            raise ValueError(f"cache_control: at most {CACHED} blocks may have one")
        return self

    @property
    def prompt(self) -> str:
        """Return the last thing that the user says."""
        return self.messages[-1].text

    @property
    def instructions(self) -> str:
        system = self.system or ""
        return system if isinstance(system, str) else "".join(part.text for part in system)

    @property
    def caches(self) -> bool:
        return isinstance(self.system, list) and any(part.cache_control for part in self.system)


def _compile(schema: Any, place: str) -> None:
    """Raise ValueError where the service would refuse *schema*, or not do what it says."""
    if not isinstance(schema, dict):
        raise ValueError(f"{place}: a schema is an object")
    for key in schema:
        if key in IGNORED:
            raise ValueError(f"{place}: {key} is not supported")
        if key not in KNOWN:
            raise ValueError(f"{place}: {key} is not known")
    if schema.get("type") == "object":
        properties = schema.get("properties")
        if schema.get("additionalProperties") is not False:
            raise ValueError(f"{place}: additionalProperties must be false")
        if not isinstance(properties, dict) or sorted(properties) != sorted(schema.get("required", ())):
            raise ValueError(f"{place}: every property must be required")
        for name, inner in properties.items():
            _compile(inner, f"{place}.{name}")
    if schema.get("type") == "array":
        _compile(schema.get("items"), f"{place}.items")
    if not re.fullmatch(r"object|array|string|number|integer|boolean|null", str(schema.get("type", "string"))):
        raise ValueError(f"{place}: there is no type {schema['type']!r}")
    for name in ("anyOf", "allOf"):
        for inner in schema.get(name, ()):
            _compile(inner, f"{place}.{name}")


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Say whether *value* has the shape of *schema*: objects, lists and what they hold."""
    match schema.get("type"):
        case "object":
            return (
                isinstance(value, dict)
                and sorted(value) == sorted(schema["properties"])
                and all(fits(value[name], inner) for name, inner in schema["properties"].items())
            )
        case "array":
            return isinstance(value, list) and all(fits(one, schema["items"]) for one in value)
        case str(kind):
            return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return True
