"""What a plugin remembers: one value, or hundreds together, in either database."""

from broadcast.journal.memory import TOGETHER, ReadOnlyMemory, StoreMemory
from broadcast.journal.store import Store

MANY = {f"feed/{number}": {"n": number, "words": "Größe 🛰"} for number in range(TOGETHER * 2 + 5)}


async def test_many_values_are_remembered_like_one(database: str) -> None:
    store = Store.open(database)
    try:
        memory, other = StoreMemory(store, "news/sources/many"), StoreMemory(store, "news/sources/other")
        await memory.put("feed/1", "old")
        await memory.put_all(MANY)
        await memory.put_all({})
        await other.put("feed/1", "another's")

        assert MANY == await memory.get_all([*MANY, "unknown"])
        assert {} == await memory.get_all([])
        assert MANY["feed/1"] == await memory.get("feed/1")
        assert await memory.get("unknown") is None
    finally:
        store.close()


async def test_a_rehearsal_reads_many_values_and_learns_none(database: str) -> None:
    store = Store.open(database)
    try:
        memory = StoreMemory(store, "news/sources/many")
        await memory.put("feed/1", "known")
        rehearsal = ReadOnlyMemory(memory)
        await rehearsal.put_all(MANY)

        assert {"feed/1": "known"} == await rehearsal.get_all(tuple(MANY))
    finally:
        store.close()
