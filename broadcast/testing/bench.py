"""What a plugin works with, to try one out alone: real sockets and processes, a time and a memory of our own."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broadcast.http import Client
from broadcast.offload import Offload
from broadcast.plugins import Tools
from broadcast.settings import child_environment

from .clock import FakeClock


@dataclass
class Notebook:
    """A `Memory` that takes what a database takes: values survive as JSON or not at all."""

    pages: dict[str, str] = field(default_factory=dict)
    puts: int = 0

    async def get(self, name: str) -> Any | None:
        return json.loads(self.pages[name]) if name in self.pages else None

    async def put(self, name: str, value: Any) -> None:
        self.pages[name] = json.dumps(value)
        self.puts += 1

    async def get_all(self, names: Sequence[str]) -> dict[str, Any]:
        return {name: json.loads(self.pages[name]) for name in names if name in self.pages}

    async def put_all(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            await self.put(name, value)


@dataclass
class Bench:
    """The tools, and what became of them."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    memory: Notebook = field(default_factory=Notebook)
    notes: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  #: the functions that were called in a worker

    @asynccontextmanager
    async def tools(self) -> AsyncIterator[Tools]:
        """Give a plugin its tools, until the end of the block. The memory stays for the next block."""
        client, offload = Client(self.clock), Offload()

        async def compute(function: str, *args: Any, **options: Any) -> Any:
            self.calls.append(function)
            return await offload(function, *args, **options)

        try:
            yield Tools(
                http=client,
                clock=self.clock,
                memory=self.memory,
                compute=compute,
                folder=self.folder,
                note=self.notes.append,
                env=child_environment(),
            )
        finally:
            await client.close()
            await offload.close()
