"""Stories from the rows of a database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator, model_validator

from broadcast import sql
from broadcast.errors import ConfigError, Rejected
from broadcast.feeds import web
from broadcast.figures import Card, Numbers, names_in
from broadcast.plugins import Plugin, Tools
from broadcast.records import digest, moment, paragraphs, variables
from broadcast.text import clean
from broadcast.types import Story

LABEL = "the database"
SECONDS = 20.0


class Sql(Plugin):
    """Rows of a PostgreSQL or SQLite database, opened for reading only: {name} in a text stands for a column."""

    url: SecretStr = Field(description="postgresql://user:password@host/name, or sqlite:///path")
    query: str = Field(min_length=1, max_length=20_000, description="one SELECT; each row is told as a story")
    title: str = Field(description="the headline, such as: {orders} orders yesterday")
    summary: str = Field("", description="the text, such as: {revenue} EUR, {customers} of the customers were new")
    id: str = Field("", description="what tells rows apart, such as {order_id}; default: title and text")
    link: str = Field("", max_length=300, description="such as https://shop.example/orders/{order_id}")
    at: str = Field("", description="the column that says when it happened; default: now")
    figures: Mapping[str, Card] = Field({}, description="the key numbers by column")
    limit: int = Field(20, ge=1, le=2_000, description="how many of its rows are looked at")
    language: str = Field("en", pattern="^[a-z]{2}$", description="of the texts, and of how numbers are written")
    publisher: str = Field("", description="who says so")
    tags: tuple[str, ...] = ()

    @field_validator("query")
    @classmethod
    def _asks(cls, query: str) -> str:
        if fault := sql.fault(query):
            raise ValueError(f"the query {fault}")
        return query

    @field_validator("url")
    @classmethod
    def _can_be_read_only(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(sql.READABLE):
            raise ValueError(
                "only PostgreSQL and SQLite can be opened for reading only: postgresql://…, sqlite:///…"
            )
        return url

    @model_validator(mode="after")
    def _fits_together(self) -> "Sql":
        for text in (
            self.title,
            self.summary,
            self.id,
            self.link,
            *(card.change for card in self.figures.values()),
        ):
            names_in(text)
        for name, card in self.figures.items():
            if card.series:
                raise ValueError(f"figures.{name}.series: a row holds no line; leave it out")
        return self

    def ready(self) -> None:
        if self.url.get_secret_value().startswith("postgresql") and find_spec("psycopg") is None:
            raise ConfigError("sql is left out: PostgreSQL needs the Python package `psycopg`")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return a story for each row."""
        address = self.url.get_secret_value()
        rows: list[dict[str, Any]] = await tools.compute(
            "broadcast.sql:select", address, self.query, self.limit, SECONDS - 5, deadline=SECONDS
        )
        if len(rows) > self.limit:
            tools.note(f"only the first {self.limit} rows were looked at; raise `limit`, or ask for fewer")
        now = tools.clock.now()
        stories: dict[str, Story] = {}
        faults: list[str] = []
        for number, row in enumerate(rows[: self.limit], 1):
            try:
                story = self._story(row, now)
                stories.setdefault(story.id, story)
            except Rejected as error:
                faults.append(f"row {number}: {error}")
        if faults and not stories:
            raise Rejected(faults[0])
        if faults:
            tools.note(f"{len(faults)} of {len(rows)} rows are left out: {faults[0]}")
        return list(stories.values())

    def _story(self, row: Mapping[str, Any], now: datetime) -> Story:
        numbers = Numbers(LABEL, row, language=self.language)
        title, summary = clean(numbers.filled(self.title), 300), paragraphs(numbers.filled(self.summary))
        at = now
        if self.at:
            numbers.value(self.at)  # it says what is wrong with a column that is not there, or empty
            if (at := moment(row[self.at], now)) is None:  # type: ignore[assignment]
                raise Rejected(f"the column {self.at!r} of {LABEL} is no date")
        return Story(
            id=clean(numbers.raw(self.id), 200) or digest(title, summary),
            title=title,
            text=summary,
            url=web(numbers.raw(self.link, lambda value: quote(value, safe=""))),
            at=at,
            publisher=self.publisher,
            language=self.language,
            tags=self.tags,
            fields=variables(row),
            figures=tuple(numbers.figure(name, card) for name, card in self.figures.items()),
        )
