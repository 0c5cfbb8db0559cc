"""What one plugin remembers from run to run."""

import json
from typing import Any

import sqlalchemy as sa

from .databases import insert
from .store import Store
from .tables import memories


def lock(scope: str) -> str:
    """Name the lock that everything in *scope* is written under."""
    return f"memory {scope}"


class StoreMemory:
    """Small JSON values under names of their own, within *scope*."""

    def __init__(self, store: Store, scope: str) -> None:
        self._store, self._scope = store, scope

    async def get(self, name: str) -> Any | None:
        where = memories.c.scope == self._scope, memories.c.name == name
        value = await self._store.do(lambda db: db.execute(sa.select(memories.c.value).where(*where)).scalar())
        return None if value is None else json.loads(value)

    async def put(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False)

        def work(db: sa.Connection) -> None:
            row = insert(db, memories).values(scope=self._scope, name=name, value=text)
            db.execute(row.on_conflict_do_update(index_elements=("scope", "name"), set_={"value": text}))

        await self._store.do(work, lock=lock(self._scope))


class ReadOnlyMemory:
    """A memory for rehearsals: it knows what is known, and learns nothing."""

    def __init__(self, memory: StoreMemory) -> None:
        self._memory = memory

    async def get(self, name: str) -> Any | None:
        return await self._memory.get(name)

    async def put(self, name: str, value: Any) -> None:
        """Forget it at once."""
