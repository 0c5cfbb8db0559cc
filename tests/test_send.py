"""What a request that may pay or publish tells when its answer does not come."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpcore
import pytest
from patience import until

from broadcast.errors import Rejected, Unavailable, Unconfirmed
from broadcast.http import Client
from broadcast.http.network import Network
from broadcast.testing import FakeClock, Server


async def post(url: str, *, again: bool = False, body: bytes = b"{}", deadline: float = 30.0) -> tuple[int, bytes]:
    client = Client(FakeClock())
    try:
        answer = await client.send("POST", url, label="the service", body=body, again=again, deadline=deadline)
        return answer.status, answer.body
    finally:
        await client.close()


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500, 503])
async def test_an_answer_is_given_back_whatever_its_status(status: int) -> None:
    async with Server() as server:
        url = server.put("/deed", b"words", status=status, headers={"Location": "/elsewhere"})

        assert (status, b"words") == await post(url)
        assert [("POST", "/deed")] == [(one.method, one.path) for one in server.asked]


@pytest.mark.parametrize("fault", ["drop", "drop-body", "hang", "hang-body", "gibberish"])
@pytest.mark.parametrize(("again", "error"), [(False, Unconfirmed), (True, Unavailable)])
async def test_sent_and_not_answered_may_have_happened(fault: str, again: bool, error: type[Exception]) -> None:
    async with Server() as server:
        url = server.put("/deed", b"long enough to be cut", fault=fault)  # type: ignore[arg-type]

        with pytest.raises(error) as caught:
            await post(url, again=again, deadline=2.0 if fault.startswith("hang") else 30.0)

    assert error is type(caught.value)
    assert "127.0.0.1" not in str(caught.value)


async def test_nobody_listening_means_that_it_did_not_happen() -> None:
    with pytest.raises(Unavailable):
        await post("http://127.0.0.1:9/deed")


@pytest.mark.parametrize("again", [False, True])
async def test_an_address_that_an_answer_named_leads_to_public_addresses_only(again: bool) -> None:
    async with Server() as server:
        url, client = server.put("/deed"), Client(FakeClock())
        assert 200 == (await client.send("PUT", url, label="the storage", again=again)).status

        with pytest.raises(Rejected, match="not public"):
            await client.send("PUT", url, label="the storage", again=again, trusted=False)
        await client.close()

        assert 1 == server.count("/deed")


async def test_what_did_not_leave_in_full_did_not_happen() -> None:
    over = asyncio.Event()

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.transport.abort()
        over.set()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/upload"
    client = Client(FakeClock())
    with pytest.raises(Unavailable) as caught:
        await client.send("POST", url, label="the upload", body=endless(), length=10**9, again=False, deadline=60)
    await client.close()
    await over.wait()
    server.close()

    assert Unavailable is type(caught.value)


class Late(httpcore.AsyncNetworkStream):
    """A connection whose writer does not hear that all has left: when it has, nothing comes back."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner, self._left = inner, b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)
        self._left += buffer
        head, _, body = self._left.partition(b"\r\n\r\n")
        if b"\r\n\r\n" in self._left and len(body) == int(
            head.lower().partition(b"content-length: ")[2].split()[0]
        ):
            await asyncio.sleep(3600)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class LateNetwork(httpcore.AnyIOBackend):
    async def connect_tcp(self, *where: Any, **how: Any) -> httpcore.AsyncNetworkStream:
        return Late(await super().connect_tcp(*where, **how))


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("body", [b"", b"x", b"words" * 20_000], ids=["empty", "byte", "bytes"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_what_was_taken_in_full_before_whoever_wrote_it_heard_of_that_may_have_happened(
    body: bytes, streamed: bool
) -> None:
    async with Server() as server:
        url, client = server.put("/deed", fault="hang"), Client(FakeClock(), network=Network(backend=LateNetwork()))
        given: Any = (
            {"body": pieces(body[:1], body[1:7], body[7:]), "length": len(body)} if streamed else {"body": body}
        )
        with pytest.raises(Unconfirmed):
            await client.send("POST", url, label="the service", again=False, deadline=2, **given)
        await client.close()


async def test_a_deed_done_once_never_uses_a_kept_connection() -> None:
    opened = closed = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, closed
        opened += 1
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        closed += 1

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/deed"
    client = Client(FakeClock())
    for again in (True, True, False, False):
        await client.send("POST", url, label="the service", again=again)
    await client.close()
    await until(lambda: closed == opened, "the server's side does not notice")
    server.close()

    assert 3 == opened  # one kept for both reads, one for each deed


async def test_an_address_that_is_none_is_rejected() -> None:
    with pytest.raises(Rejected):
        await post("ftp://127.0.0.1/deed")
