"""Query strings and pages: more than an endpoint knows is refused, and a token leads on from where it was given."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .troubles import Problem


@dataclass(frozen=True)
class Page:
    """Some of the items, and how to get the rest."""

    items: list[dict[str, Any]]
    token: str | None

    @property
    def content(self) -> dict[str, Any]:
        return {"data": self.items, "has_more": self.token is not None, "next_token": self.token}


class Query:
    """What stands behind the question mark. Names that nobody asked for are refused by `done`."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._left = dict(pairs)
        if len(self._left) != len(pairs):
            raise Problem(400, "invalid_parameter", "A query parameter is given twice")

    def text(self, name: str) -> str | None:
        value = self._left.pop(name, None)
        if value == "":
            raise Problem(400, "invalid_parameter", f"{name} must not be empty", name)
        return value

    def word(self, name: str, words: Sequence[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in words:
            raise Problem(400, "invalid_parameter", f"{name} must be one of {', '.join(words)}", name)
        return value

    def page(self, items: Sequence[dict[str, Any]], key: str, *, most: int = 100, usual: int = 20) -> Page:
        """Return the page that `limit` and `token` ask for; *key* names what identifies an item."""
        limit = self.text("limit") or str(usual)
        if not limit.isdecimal() or not 1 <= int(limit) <= most:
            raise Problem(400, "invalid_parameter", f"limit must be between 1 and {most}", "limit")
        start = 0
        if token := self.text("token"):
            ids = {item[key]: at for at, item in enumerate(items)}
            try:
                start = ids[base64.urlsafe_b64decode(token).decode()] + 1
            except (KeyError, ValueError, binascii.Error):
                raise Problem(400, "invalid_parameter", "token is not one of ours", "token") from None
        shown = list(items[start : start + int(limit)])
        rest = start + len(shown) < len(items)
        return Page(shown, base64.urlsafe_b64encode(shown[-1][key].encode()).decode() if rest else None)

    def done(self) -> None:
        for name in self._left:
            raise Problem(400, "invalid_parameter", f"Unknown query parameter: {name}", name)
