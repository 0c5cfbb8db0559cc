"""A story of a table in a CSV file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from broadcast.errors import Rejected
from broadcast.material import places
from broadcast.material.tabular import Rows
from broadcast.plugins import Tools
from broadcast.types import Story

LABEL = "the CSV file"
SIZE = 5_000_000  #: bytes
READING = 15.0  #: seconds


class Csv(Rows):
    """A CSV file, told as one story of all its rows: {name} stands for a column in the last row, {name_before},
    {name_change} and {name_change_pct} for the row before it and the change since, {name_sum}, {name_max} and
    {name_min} for all rows, and, with `labels`, {name_max_label} and {name_min_label} for where those are. Figures
    are drawn of all rows, as a line, bars or a table. Or, with `told: each`, a story of each row."""

    file: str = Field(min_length=1, description="a path, or an http or https address", repr=False)
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request, such as Authorization")
    delimiter: str = Field(
        "", max_length=1, description="what parts the cells; default: , ; | or a tab, as is found"
    )
    decimal: Literal[".", ","] = Field(".", description="what parts whole numbers from fractions")
    told: Literal["together", "each"] = Field("together", description="one story of all rows, or one of each")
    last: int = Field(50, ge=1, le=500, description="how many of its last rows are told")

    @field_validator("delimiter")
    @classmethod
    def _parts(cls, delimiter: str) -> str:
        if delimiter and (delimiter.isalnum() or delimiter in '"\r\n'):
            raise ValueError("is no letter, digit, quote or line end")
        return delimiter

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return one story of all rows, or one of each."""
        body = await places.read(tools, self.file, label=LABEL, limit=SIZE, headers=self.headers)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Rejected(f"{LABEL} is not UTF-8 text; save it as CSV UTF-8") from None
        try:
            rows: list[dict[str, Any]] = await tools.compute(
                "broadcast.material.tabular:table", text, self.delimiter, self.decimal, deadline=READING
            )
        except Rejected as error:
            raise Rejected(f"{LABEL} cannot be read: {error}") from None
        rows, now = rows[-self.last :], tools.clock.now()
        if self.told == "each":
            return self.of_each(rows, now, tools.note, label=LABEL)
        return self.of_all(rows, now, label=LABEL)
