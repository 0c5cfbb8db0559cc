"""A story from the numbers of a JSON API."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr, field_validator, model_validator

from broadcast.errors import Rejected
from broadcast.feeds import web
from broadcast.figures import NAME, Card, Numbers, compiled, decoded, names_in, search, suggestion
from broadcast.plugins import Plugin, Tools
from broadcast.records import digest
from broadcast.text import clean
from broadcast.types import Story

LABEL = "the metrics API"
BODY = 2_000_000  #: bytes; read and searched on the event loop, so much less than a feed's


class Metrics(Plugin):
    """The numbers of a JSON API, told as one story: {name} in a text stands for a field of the answer."""

    url: str = Field(description="the address of the API", repr=False)
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    title: str = Field(description="the headline, such as: This week {new_users} new users")
    summary: str = Field(description="the text, such as: Growth of {growth_pct}% week over week")
    fields: Mapping[str, str] = Field({}, description="JMESPath by name; default: the fields of the answer itself")
    figures: Mapping[str, Card] = Field({}, description="the key numbers by field; default: those in the texts")
    language: str = Field(
        "en", pattern="^[a-z]{2}$", description="of the texts, and of the way numbers are written"
    )
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        if not web(url):
            raise ValueError("give the http or https address of an API")
        return url

    @model_validator(mode="after")
    def _fits_together(self) -> "Metrics":
        paths = {f"fields.{name}": path for name, path in self.fields.items()}
        paths |= {f"figures.{name}.series": card.series for name, card in self.figures.items() if card.series}
        for where, path in paths.items():
            compiled(where, path)
        texts = (self.title, self.summary, *(card.change for card in self.figures.values()))
        names = [*self.figures, *(name for text in texts for name in names_in(text))]
        for name in names if self.fields else ():
            if name not in self.fields:
                raise ValueError(f"{{{name}}} is not one of the fields{suggestion(name, self.fields)}")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return one story. Its id is made of its words, so that the same numbers are not told twice."""
        headers = {"Accept": "application/json"} | {k: v.get_secret_value() for k, v in self.headers.items()}
        answer = await tools.http.get(self.url, label=LABEL, headers=headers, limit=BODY)
        payload = decoded(answer.body, answer.headers.get("content-type", ""), LABEL)
        numbers = Numbers(LABEL, self._values(payload), payload, self.language)
        title, summary = (numbers.filled(text) for text in (self.title, self.summary))
        percents = [name for name, sign in NAME.findall(self.title + self.summary) if sign]
        return [
            Story(
                id=digest(title, summary),
                title=clean(title, 300),
                text="\n".join(clean(line, 2_000) for line in summary.splitlines()),
                at=tools.clock.now(),
                publisher=self.publisher,
                language=self.language,
                tags=self.tags,
                figures=tuple(
                    numbers.figure(name, self.figures.get(name), percent=name in percents)
                    for name in self._shown(numbers)
                ),
            )
        ]

    def _values(self, payload: Any) -> Mapping[str, Any]:
        if self.fields:
            return {name: search(path, payload, name, LABEL) for name, path in self.fields.items()}
        if not isinstance(payload, dict):
            raise Rejected(
                f"{LABEL} answered a {type(payload).__name__}, not an object with named fields; "
                "say with `fields` where each number is, as in `new_users: '[0].new_users'`"
            )
        return payload

    def _shown(self, numbers: Numbers) -> Sequence[str]:
        """Return the fields that become key numbers: the configured ones, else all with a digit in the texts."""
        return list(self.figures) or numbers.shown((*names_in(self.title), *names_in(self.summary)))
