"""What one plugin remembers from run to run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from .databases import insert
from .store import Store
from .tables import memories

TOGETHER = 32  #: values in one transaction: whoever has an outcome to write down is not kept waiting for long


def lock(scope: str) -> str:
    """Name the lock that everything in *scope* is written under."""
    return f"memory {scope}"


class StoreMemory:
    """Small JSON values under names of their own, within *scope*."""

    def __init__(self, store: Store, scope: str) -> None:
        self._store, self._scope = store, scope

    async def get(self, name: str) -> Any | None:
        return (await self.get_all((name,))).get(name)

    async def put(self, name: str, value: Any) -> None:
        await self.put_all({name: value})

    async def get_all(self, names: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for some in _parts(names):
            found |= await self._store.do(partial(_read, scope=self._scope, names=some))
        return found

    async def put_all(self, values: Mapping[str, Any]) -> None:
        for some in _parts(tuple(values)):
            rows = [{"scope": self._scope, "name": name, "value": _written(values[name])} for name in some]
            await self._store.do(partial(_write, rows=rows), lock=lock(self._scope))


class ReadOnlyMemory:
    """A memory for rehearsals: it knows what is known, and learns nothing."""

    def __init__(self, memory: StoreMemory) -> None:
        self._memory = memory

    async def get(self, name: str) -> Any | None:
        return await self._memory.get(name)

    async def put(self, name: str, value: Any) -> None:
        """Forget it at once."""

    async def get_all(self, names: Sequence[str]) -> dict[str, Any]:
        return await self._memory.get_all(names)

    async def put_all(self, values: Mapping[str, Any]) -> None:
        """Forget them at once."""


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(names), TOGETHER):
        yield names[at : at + TOGETHER]


def _read(db: sa.Connection, scope: str, names: Sequence[str]) -> dict[str, Any]:
    where = memories.c.scope == scope, memories.c.name.in_(names)
    rows = db.execute(sa.select(memories.c.name, memories.c.value).where(*where))
    return {name: json.loads(value) for name, value in rows}


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write(db: sa.Connection, rows: Sequence[Mapping[str, str]]) -> None:
    row = insert(db, memories)
    anew = {"value": row.excluded.value}
    db.execute(row.on_conflict_do_update(index_elements=("scope", "name"), set_=anew), rows)
