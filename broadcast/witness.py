"""What the network gave to a source: its label, its length and its hash. The bodies themselves are not kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from .plugins import Answer, Body, Http
from .types import Fetched

BIG = 1_000_000  #: bytes, from which on hashing would hold up the loop
MOST = 1_000  #: bodies of one source that are written down


class Witness:
    """The network of one source, which remembers what came. It passes everything on as it is."""

    def __init__(self, http: Http, source: str) -> None:
        self._http, self._source = http, source
        self.bodies: list[Fetched] = []

    async def get(self, url: str, *, label: str, **more: Any) -> Answer:
        answer = await self._http.get(url, label=label, **more)
        await self._saw(label, answer)
        return answer

    def stream(self, url: str, *, label: str, **more: Any) -> AbstractAsyncContextManager[Body]:
        return self._http.stream(url, label=label, **more)

    async def send(
        self,
        method: str,
        url: str,
        *,
        label: str,
        again: bool,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        **more: Any,
    ) -> Answer:
        answer = await self._http.send(method, url, label=label, again=again, headers=headers, body=body, **more)
        await self._saw(label, answer)
        return answer

    async def _saw(self, label: str, answer: Answer) -> None:
        if len(self.bodies) < MOST:
            size = len(answer.body)
            digest = await asyncio.to_thread(lambda: answer.sha256) if size >= BIG else answer.sha256
            seen = Fetched(source=self._source, label=label, status=answer.status, bytes=size, sha256=digest)
            self.bodies.append(seen)
