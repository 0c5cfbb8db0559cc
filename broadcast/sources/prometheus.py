"""A story from the numbers of Prometheus, or of what speaks like it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr, model_validator

from broadcast.errors import Rejected
from broadcast.material.figures import (
    COMPARED,
    Card,
    Numbers,
    compared,
    dated,
    decoded,
    names_in,
    number,
    suggestion,
    tidy,
)
from broadcast.material.places import address
from broadcast.material.records import digest
from broadcast.plugins import Plugin, Tools
from broadcast.text import clean
from broadcast.types import Duration, Figure, Story

LABEL = "Prometheus"
SIZE = 2_000_000  #: bytes
POINTS = 60  #: of a line


class Prometheus(Plugin):
    """Numbers of Prometheus, told as one story: {name} in a text stands for a query's value now; {name_before},
    {name_change} and {name_change_pct} for what it was a `window` ago, and for the change since: lines that name
    them are left out where there was nothing yet."""

    url: Annotated[str, address("a Prometheus", base=True)] = Field(
        description="the part of its address before /api/v1", repr=False
    )
    headers: Mapping[str, SecretStr] = Field({}, description="sent with each request, such as Authorization")
    queries: Mapping[str, str] = Field(min_length=1, max_length=10, description="PromQL by name: one value each")
    window: Duration | None = Field(None, description="how far back to compare and draw: 24h, 7d")
    title: str = Field(description="the headline, such as: {requests} requests this week")
    summary: str = Field(description="the text, such as: {requests_change_pct}% against the week before")
    figures: Mapping[str, Card] = Field({}, description="the key numbers by query; default: those in the texts")
    language: str = Field(
        "en", pattern="^[a-z]{2}$", description="of the texts, and of the way numbers are written"
    )
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "Prometheus":
        known = [name + ending for name in self.queries for ending in (("", *COMPARED) if self.window else ("",))]
        texts = (self.title, self.summary, *(card.change for card in self.figures.values()))
        for name in (name for text in texts for name in names_in(text)):
            if name not in known:
                hint = "; say how far back with `window`" if not self.window and name.endswith(COMPARED) else ""
                raise ValueError(f"{{{name}}} is not one of the queries{hint or suggestion(name, known)}")
        for name, card in self.figures.items():
            if name not in self.queries:
                raise ValueError(f"figures.{name} is not one of the queries{suggestion(name, self.queries)}")
            if card.series or card.labels:
                raise ValueError(f"figures.{name}.series: the line is drawn from `window`; leave it out")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return one story. Its id is made of its words, so that the same numbers are not told twice."""
        now = tools.clock.now()
        found = await asyncio.gather(*(self._points(tools, key, now) for key in self.queries))
        lines = dict(zip(self.queries, found, strict=True))
        values: dict[str, Any] = {}
        for key, line in lines.items():
            values[key] = tidy(line[-1][1])
            before = first(line, (now - self.window).timestamp()) if self.window else None
            values |= compared(key, line[-1][1], before)
        pending = frozenset(key + ending for key in self.queries for ending in COMPARED) - values.keys()
        numbers = Numbers(LABEL, values, language=self.language, pending=pending)
        title, summary = numbers.filled(self.title), numbers.lines(self.summary)
        shown = list(self.figures) or numbers.shown([key for key in self.queries if key in names_in(
            self.title + self.summary)])  # fmt: skip
        return [
            Story(
                id=digest(title, summary),
                title=clean(title, 300),
                text=summary,
                at=now,
                publisher=self.publisher,
                language=self.language,
                tags=self.tags,
                figures=tuple(self._figure(numbers, key, lines[key]) for key in shown),
            )
        ]

    async def _points(self, tools: Tools, key: str, now: datetime) -> list[tuple[float, float]]:
        """Return the values of a query within the window, else the one of now, each with its time."""
        if self.window:
            start, step = now - self.window, self.window / POINTS
            asked = {"start": stamp(start), "end": stamp(now), "step": f"{step.total_seconds():.3f}"}
        else:
            asked = {"time": stamp(now)}
        what = "query_range" if self.window else "query"
        url = f"{self.url}/api/v1/{what}?{urlencode({'query': self.queries[key], **asked})}"
        headers = {"Accept": "application/json"} | {k: v.get_secret_value() for k, v in self.headers.items()}
        try:
            answer = await tools.http.get(url, label=LABEL, headers=headers, limit=SIZE)
        except Rejected as error:
            raise Rejected(f"{error}; the query {key!r} may be no PromQL") from None
        payload = decoded(answer.body, answer.headers.get("content-type", ""), LABEL)
        return points(payload, key)

    def _figure(self, numbers: Numbers, key: str, line: Sequence[tuple[float, float]]) -> Figure:
        if not self.window:
            return numbers.figure(key, self.figures.get(key))
        when = [dated(datetime.fromtimestamp(at, UTC), self.window, self.language) for at, _ in line]
        values = [value for _, value in line]
        return numbers.figure(key, self.figures.get(key), line=values, labels=when, drawn="line")


# --- reading an answer, purely


def stamp(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"


def points(payload: Any, key: str) -> list[tuple[float, float]]:
    """Return the points of the one series in an answer. Raises `Rejected` that names the query."""
    data = payload.get("data") if isinstance(payload, dict) else None
    result = data.get("result") if isinstance(data, dict) else None
    if isinstance(data, dict) and data.get("resultType") == "scalar":
        result = [{"value": result}]
    if not isinstance(result, list) or not all(isinstance(one, dict) for one in result):
        raise Rejected(f"{LABEL} answered something else than a result; check `url`, which ends before /api/v1")
    if not result:
        raise Rejected(f"the query {key!r} finds no data; try it in {LABEL}'s own page")
    if len(result) > 1:
        raise Rejected(f"the query {key!r} finds {len(result)} series; make one of them, with sum() or topk(1, …)")
    found = result[0].get("values") or [result[0].get("value")]
    pairs = [
        (at, value)
        for pair in found
        if isinstance(pair, list) and len(pair) == 2
        if (at := number(pair[0])) is not None and (value := number(pair[1])) is not None
    ]
    if not pairs:
        raise Rejected(f"the query {key!r} finds no number; try it in {LABEL}'s own page")
    return pairs[-POINTS - 1 :]


def first(line: Sequence[tuple[float, float]], start: float) -> float | None:
    """Return the value at *start*, or None where there was none yet."""
    at, before = line[0]
    step = (line[-1][0] - start) / POINTS
    return before if at <= start + step + 1 else None
