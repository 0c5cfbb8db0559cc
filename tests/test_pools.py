"""Connections to many hosts, all of them this machine: what is kept, what is closed, what is left alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore
from patience import PATIENCE

from broadcast.http import Client
from broadcast.pools import ORIGINS
from broadcast.testing import FakeClock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
MANY = ORIGINS * 3


class Hosts(httpcore.AsyncNetworkBackend):
    """Any number of hosts with one server; `open` are the connections that nobody has closed."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.open = 0
        self.go_on, self.closed = asyncio.Event(), asyncio.Event()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.port, timeout)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                writer.write(HEAD + b"go")
                if b"/slow" in asked:
                    await self.go_on.wait()
                writer.write(b"od")
        self.open -= 1
        self.closed.set()
        writer.close()

    async def down_to(self, most: int) -> None:
        """Wait until the server has seen that no more than *most* connections are open."""
        async with asyncio.timeout(PATIENCE):
            while self.open > most:
                self.closed.clear()
                await self.closed.wait()


@contextlib.asynccontextmanager
async def hosts() -> AsyncIterator[tuple[Hosts, Client]]:
    network = Hosts()
    server = await asyncio.start_server(network.serve, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    client = Client(FakeClock(), network=network)
    try:
        yield network, client
    finally:
        await client.close()
        await network.down_to(0)
        server.close()


async def ask(client: Client, host: str) -> bytes:
    return (await client.get(f"http://{host}/", label="the feed")).body


async def test_a_host_that_is_asked_again_is_asked_over_the_same_connection() -> None:
    async with hosts() as (network, client):
        for _ in range(5):
            assert b"good" == await ask(client, "a.test")

        assert ["a.test"] == network.dialled


async def test_of_many_hosts_only_those_asked_last_keep_their_connections() -> None:
    async with hosts() as (network, client):
        for number in range(MANY):
            await ask(client, f"{number}.test")
        await network.down_to(ORIGINS)
        dialled = len(network.dialled)
        await ask(client, f"{MANY - 1}.test")
        assert dialled == len(network.dialled)
        await ask(client, "0.test")

        assert dialled + 1 == len(network.dialled)


async def test_many_hosts_asked_at_once_all_answer_and_few_connections_stay() -> None:
    async with hosts() as (network, client):
        answers = await asyncio.gather(*(ask(client, f"{number}.test") for number in range(MANY)))
        assert [b"good"] * MANY == answers
        await ask(client, "one-more.test")

        await network.down_to(ORIGINS)


async def test_an_answer_under_way_is_not_cut_off_by_requests_to_many_other_hosts() -> None:
    async with hosts() as (network, client), client.stream("http://a.test/slow", label="the video") as body:
        for number in range(MANY):
            await ask(client, f"{number}.test")
        network.go_on.set()

        assert b"good" == b"".join([chunk async for chunk in body])
