"""Connections to many hosts, all of them this machine: what is kept, what is closed, what is left alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest
from patience import PATIENCE

from broadcast.http import Client
from broadcast.http.reading import ORIGINS
from broadcast.testing import FakeClock, detour

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
MANY = ORIGINS * 3


class Hosts:
    """Any number of hosts with one server; `open` are the connections that nobody has closed."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.open = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.go_on, self.closed = asyncio.Event(), asyncio.Event()

    def route(self, host: str, port: int) -> tuple[str, int]:
        self.dialled.append(host)
        return "127.0.0.1", self.port

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Give each host an address of its own."""
        return [f"198.51.100.{host.partition('.')[0]}"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.writers.append(writer)
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
    client = Client(FakeClock(), network=detour(network.route), resolve=network.resolve)
    try:
        yield network, client
    finally:
        await client.close()
        await network.down_to(0)
        server.close()


async def ask(client: Client, number: int, **how: bool) -> bytes:
    return (await client.get(f"http://{number}.test/", label="the feed", **how)).body


async def test_a_host_that_is_asked_again_is_asked_over_the_same_connection() -> None:
    async with hosts() as (network, client):
        for _ in range(5):
            assert b"good" == await ask(client, 1)

        assert ["198.51.100.1"] == network.dialled


async def test_a_connection_that_the_server_has_closed_meanwhile_is_made_anew() -> None:
    async with hosts() as (network, client):
        assert b"good" == await ask(client, 1)
        for writer in network.writers:
            writer.transport.abort()  # at the very moment that it is used again

        assert b"good" == await ask(client, 1)
        assert 2 == len(network.dialled)


async def test_of_many_hosts_only_a_few_keep_their_connections() -> None:
    async with hosts() as (network, client):
        for number in range(MANY):
            await ask(client, number)
        await network.down_to(ORIGINS)
        dialled = len(network.dialled)
        await ask(client, 0)
        assert dialled == len(network.dialled)
        await ask(client, MANY - 1)

        assert dialled + 1 == len(network.dialled)


@pytest.mark.parametrize(("more", "connections"), [(True, 1), (False, 3)])
async def test_of_any_host_the_connection_is_kept_for_a_moment_where_more_is_to_come(
    more: bool, connections: int
) -> None:
    async with hosts() as (network, client):
        for number in range(ORIGINS):
            await ask(client, number)
        for _ in range(3):
            assert b"good" == await ask(client, MANY, more=more)

        assert ORIGINS + connections == len(network.dialled)
        await network.down_to(ORIGINS)


async def test_a_connection_that_is_kept_for_a_moment_for_the_configuration_does_not_serve_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broadcast.http.reading.public", lambda address: True)  # whatever this machine calls itself
    async with hosts() as (network, client):
        for number in range(ORIGINS):
            await ask(client, number)
        await ask(client, MANY, more=True)
        await ask(client, MANY, more=True, trusted=False)
        await ask(client, MANY, more=True, trusted=False)

        assert 2 == network.dialled.count(f"198.51.100.{MANY}")


async def test_a_host_that_has_not_been_asked_for_a_while_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosts() as (network, client):
        for number in range(ORIGINS):
            await ask(client, number)
        monkeypatch.setattr("broadcast.http.reading.RECENT", -1.0)
        await ask(client, MANY)
        dialled = len(network.dialled)
        await ask(client, MANY)

        assert dialled == len(network.dialled)


async def test_many_hosts_asked_at_once_all_answer_and_few_connections_stay() -> None:
    async with hosts() as (network, client):
        answers = await asyncio.gather(*(ask(client, number) for number in range(MANY)))
        assert [b"good"] * MANY == answers

        await network.down_to(ORIGINS)


async def test_an_answer_under_way_is_not_cut_off_by_requests_to_many_other_hosts() -> None:
    async with hosts() as (network, client), client.stream("http://1.test/slow", label="the video") as body:
        for number in range(MANY):
            await ask(client, number)
        network.go_on.set()

        assert b"good" == b"".join([chunk async for chunk in body])


@pytest.mark.parametrize(("again", "connections"), [(True, 1), (False, 3)])
async def test_what_must_not_be_done_twice_is_never_sent_over_a_connection_from_before(
    again: bool, connections: int
) -> None:
    async with hosts() as (network, client):
        for _ in range(3):
            await client.send("POST", "http://1.test/", label="the service", again=again)

        assert connections == len(network.dialled)
