"""A story from the numbers of a JSON API."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from broadcast.errors import Rejected
from broadcast.material import samples
from broadcast.material.figures import (
    COMPARED,
    NAME,
    Card,
    Numbers,
    compared,
    compiled,
    dated,
    decoded,
    names_in,
    number,
    search,
    suggestion,
)
from broadcast.material.places import address
from broadcast.material.records import digest
from broadcast.material.samples import Sample
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Duration, Figure, Story, duration

LABEL = "the metrics API"
BODY = 2_000_000  #: bytes; read and searched on the event loop, so much less than a feed's


class Metrics(Plugin):
    """The numbers of a JSON API, told as one story: {name} in a text stands for a field of the answer. With
    `compare` or `before`, {name_before}, {name_change} and {name_change_pct} stand for what it was, as remembered
    or as the answer itself says, and for the change since; lines that name them are left out until there is
    something to compare with."""

    url: Annotated[str, address("an API")] = Field(description="the address of the API", repr=False)
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    title: str = Field(description="the headline, such as: This week {new_users} new users")
    summary: str = Field(description="the text, such as: Growth of {growth_pct}% week over week")
    fields: Mapping[str, str] = Field({}, description="JMESPath by name; default: the fields of the answer itself")
    next: str = Field("", description="JMESPath of the next page's address or cursor: `fields` see a list")
    cursor: str = Field("", description="the parameter of the query that takes the cursor")
    pages: int = Field(10, ge=1, le=50, description="how many pages are read, where there is a `next`")
    compare: Duration | Literal["last"] | None = Field(
        None, description="with what was remembered so long ago: 24h, 7d; or `last`: the last time it was asked"
    )
    before: Mapping[str, str] = Field(
        {}, description="JMESPath by name of what a number was, where the answer says so itself"
    )
    figures: Mapping[str, Card] = Field({}, description="the key numbers by field; default: those in the texts")
    language: str = Field(
        "en", pattern="^[a-z]{2}$", description="of the texts, and of the way numbers are written"
    )
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @field_validator("compare", mode="before")
    @classmethod
    def _is_a_time(cls, value: Any) -> Any:
        if value is None or value == "last":
            return value
        try:
            return duration(value)
        except ValueError as error:
            raise ValueError(f"{error}; or `last`") from None

    @model_validator(mode="after")
    def _fits_together(self) -> "Metrics":
        paths = {f"fields.{name}": path for name, path in self.fields.items()}
        paths |= {f"figures.{name}.series": card.series for name, card in self.figures.items() if card.series}
        paths |= {f"figures.{name}.labels": card.labels for name, card in self.figures.items() if card.labels}
        paths |= {f"before.{name}": path for name, path in self.before.items()}
        paths |= {"next": self.next} if self.next else {}
        for where, path in paths.items():
            compiled(where, path)
        texts = (self.title, self.summary, *(card.change for card in self.figures.values()))
        names = [*self.figures, *self.before, *(name for text in texts for name in names_in(text))]
        known = [*self.fields, *self._changes(self.fields)]
        for name in names if self.fields else ():
            if name not in known:
                raise ValueError(f"{{{name}}} is not one of the fields{suggestion(name, known)}")
        if self.next and not self.fields:
            raise ValueError("`next` makes a list of pages: say with `fields` what to take from it")
        for name, card in self.figures.items():
            if card.labels and not card.series:
                raise ValueError(f"figures.{name}.labels name the numbers of a `series`: say where that is, too")
        if self.cursor and not self.next:
            raise ValueError("`cursor` needs `next`: where the answer holds it")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return one story. Its id is made of its words, so that the same numbers are not told twice."""
        payload = await self._payload(tools)
        values = self._values(payload)
        kept = await self._samples(tools, values) if self.compare else []
        before = self._before(payload, values, kept, tools)
        values, pending = self._compared(values, before)
        numbers = Numbers(LABEL, values, payload, self.language, pending)
        title, summary = numbers.filled(self.title), numbers.lines(self.summary)
        percents = [name for name, sign in NAME.findall(self.title + self.summary) if sign]
        return [
            Story(
                id=digest(title, summary),
                title=clean(title, 300),
                text=summary,
                at=tools.clock.now(),
                publisher=self.publisher,
                language=self.language,
                tags=self.tags,
                figures=tuple(
                    self._figure(numbers, name, kept, percent=name in percents) for name in self._shown(numbers)
                ),
            )
        ]

    def _figure(self, numbers: Numbers, name: str, kept: Sequence[Sample], *, percent: bool) -> Figure:
        """Return the figure of a field, with a line of what is remembered where it has none of its own."""
        card = self.figures.get(name)
        line = [(one.at, one.values[name]) for one in kept if name in one.values]
        if len(line) < 3 or (card and card.series):
            return numbers.figure(name, card, percent=percent)
        span = line[-1][0] - line[0][0]
        labels = [dated(at, span, self.language) for at, _ in line]
        values = [value for _, value in line]
        return numbers.figure(name, card, percent=percent, line=values, labels=labels, drawn="line")

    async def _payload(self, tools: Tools) -> Any:
        """Return the answer; where there are pages, the list of them."""
        headers = {"Accept": "application/json"} | {k: v.get_secret_value() for k, v in self.headers.items()}
        url, found = self.url, []
        for _ in range(self.pages if self.next else 1):
            answer = await tools.http.get(url, label=LABEL, headers=headers, limit=BODY)
            found.append(decoded(answer.body, answer.headers.get("content-type", ""), LABEL))
            if not self.next:
                return found[0]
            if not (more := search(self.next, found[-1], "next", LABEL)):
                return found
            url = following(self.url, url, str(more), self.cursor)
        tools.note(f"only the first {self.pages} pages of {LABEL} were read; raise `pages`")
        return found

    async def _samples(self, tools: Tools, values: Mapping[str, Any]) -> list[Sample]:
        """Return what was remembered of the numbers and those of now, and remember them."""
        kept = samples.recalled(await tools.memory.get("samples"))
        every = samples.with_those_of(tools.clock.now(), values, kept)
        await tools.memory.put("samples", [one.model_dump(mode="json") for one in every])
        return every

    def _before(
        self, payload: Any, values: Mapping[str, Any], kept: Sequence[Sample], tools: Tools
    ) -> Mapping[str, float]:
        """Return what the numbers were: as remembered, else as the answer says."""
        ago = self.compare if isinstance(self.compare, timedelta) else None
        before = samples.earlier(kept, ago) if kept else {}
        for name, path in self.before.items():
            if name not in values:
                raise Rejected(f"{LABEL} gave no field {name!r}, as `before` has it{suggestion(name, values)}")
            if (found := number(search(path, payload, f"before.{name}", LABEL))) is not None:
                before[name] = found
            else:
                tools.note(f"{LABEL} says no number at `before.{name}`: nothing is said of its change")
                before.pop(name, None)
        return before

    def _compared(
        self, values: Mapping[str, Any], before: Mapping[str, float]
    ) -> tuple[Mapping[str, Any], frozenset[str]]:
        """Return *values* with those that say what changed, and the names of what cannot be said yet."""
        more: dict[str, float] = {}
        for name, was in before.items():
            if (value := number(values.get(name))) is not None:
                more |= compared(name, value, was)
        return {**values, **more}, frozenset(self._changes(values)) - more.keys() - values.keys()

    def _changes(self, names: Iterable[str]) -> list[str]:
        """Return what can be said of the changes of *names*."""
        some = names if self.compare else [name for name in names if name in self.before]
        return [name + ending for name in some for ending in COMPARED]

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


# --- pages and lines, purely


def following(first: str, url: str, more: str, cursor: str) -> str:
    """Return the address of the next page. Raises `Rejected` where that is another host: it gets our headers."""
    if cursor:
        parts = urlsplit(first)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != cursor]
        return parts._replace(query=urlencode([*query, (cursor, more)])).geturl()
    there = urljoin(url, more)
    if urlsplit(there)[:2] != urlsplit(first)[:2]:
        raise Rejected(f"the next page of {LABEL} is on another host; its credentials are not for that")
    return there
