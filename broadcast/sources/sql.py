"""Stories from the rows of a database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from broadcast.errors import ConfigError
from broadcast.material import sql
from broadcast.material.tabular import Rows
from broadcast.plugins import Tools
from broadcast.types import Story

LABEL = "the database"
SECONDS = 20.0


class Sql(Rows):
    """Rows of a database, opened for reading only: {name} in a text stands for a column. With `told: together` they
    are one story, as those of a CSV file are."""

    url: SecretStr = Field(
        description="postgresql://user:password@host/name, sqlite:///path, mysql+pymysql://…, or another"
    )
    user_may_only_read: bool = Field(
        False, description="say so of the user in `url`, for databases that cannot be opened for reading only"
    )
    query: str = Field(min_length=1, max_length=20_000, description="one SELECT; each row is told as a story")
    limit: int = Field(20, ge=1, le=2_000, description="how many of its rows are looked at")
    told: Literal["each", "together"] = Field(
        "each", description="a story of each row, or one of all, the newest last, as the source csv tells it"
    )

    @field_validator("query")
    @classmethod
    def _asks(cls, query: str) -> str:
        if fault := sql.fault(query):
            raise ValueError(f"the query {fault}")
        return query

    @model_validator(mode="after")
    def _can_only_read(self) -> Self:
        if not self.user_may_only_read and not self.url.get_secret_value().startswith(sql.READABLE):
            raise ValueError(
                "only PostgreSQL, SQLite, MySQL and MariaDB can be opened for reading only; for another database "
                "give the `url` of a user who may only read, and say so with `user_may_only_read: true`"
            )
        return self

    def ready(self) -> None:
        if fault := sql.missing(self.url.get_secret_value()):
            raise ConfigError(f"sql is left out: {fault}")

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return a story for each row."""
        address = self.url.get_secret_value()
        rows: list[dict[str, Any]] = await tools.compute(
            "broadcast.material.sql:select", address, self.query, self.limit, SECONDS - 5, deadline=SECONDS
        )
        if len(rows) > self.limit:
            tools.note(f"only the first {self.limit} rows were looked at; raise `limit`, or ask for fewer")
        rows, now = rows[: self.limit], tools.clock.now()
        if self.told == "together":
            return self.of_all(rows, now, label=LABEL)
        return self.of_each(rows, now, tools.note, label=LABEL)
