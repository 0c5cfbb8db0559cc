"""What costs a test as much as all that it is about, and is the same for each of a process: done once."""

from functools import cache
from typing import Any

import sqlalchemy as sa

from broadcast import http


class Statements(dict[Any, Any]):
    """Compiled statements, for all engines of a kind: an engine of its own has one for each journal that is opened.

    In the place of a dialect, its kind is the first part of a key.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), compiled)


def remember() -> None:
    """Read whom this machine trusts once (40 ms for each client of the network), and compile a statement once."""
    http.certificates = cache(http.certificates)
    statements = Statements()

    @sa.event.listens_for(sa.Engine, "engine_connect")
    def shared(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=statements)
