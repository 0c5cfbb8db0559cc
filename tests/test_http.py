import asyncio
import contextlib
import gzip
import logging
import resource
import socket
import ssl
import threading
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mailing import certified
from patience import PATIENCE
from yarl import URL

from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.http import Client
from broadcast.http.bodies import Inflate
from broadcast.http.guard import addresses, public
from broadcast.http.verdicts import judge
from broadcast.testing import FakeClock, Server, detour
from broadcast.testing.servers import Asked, Page
from broadcast.testing.wire import Raw, Reply, Request

SPECIAL = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "nonsense",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "192.0.1.1",
    "::ffff:8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450::1",
]

#: Spellings of addresses that must not be reached for the sake of content; none of them is ever dialled.
VECTORS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://10.0.0.5/",
    "http://192.168.0.1/",
    "http://172.20.1.1/",
    "http://169.254.169.254/latest/",
    "http://[fd00:ec2::254]/",
    "http://100.64.0.1/",
    "http://192.0.0.192/",
    "http://168.63.129.16/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://public.test@127.0.0.1/",
    "http://127.0.0.1:80\\@public.test/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://198.18.0.1/",
    "http://240.0.0.1/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://localhost%2f@127.0.0.1/",
    "http://public.test:80@127.0.0.1:80/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1%0d%0aX:/",
    "https://127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "http:///path",
    "data:text/plain,hi",
]


class Recorder:
    """Leads to loopback only, and only when it is told to; everything else is written down and fails."""

    def __init__(self, port: int = 0) -> None:
        self.dialled: list[str] = []
        self.port = port

    def __call__(self, host: str, port: int) -> tuple[str, int]:
        self.dialled.append(host)
        if not self.port:
            raise ConnectionRefusedError("stubbed")
        return "127.0.0.1", self.port


async def names(host: str, port: int) -> Sequence[str]:
    """Resolve like the system, without leaving the machine."""
    if host == "public.test":
        return ["93.184.216.34"]
    if host == "mixed.test":
        return ["93.184.216.34", "127.0.0.1"]
    if host.rstrip(".").lower() == "localhost":
        return ["::1", "127.0.0.1"]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(entry[4][0]) for entry in found]


@contextlib.asynccontextmanager
async def reading(**options: Any) -> AsyncIterator[tuple[Server, Client]]:
    async with Server() as server:
        client = Client(FakeClock(), **options)
        try:
            yield server, client
        finally:
            await client.close()


async def failure(client: Client, url: str, **options: Any) -> StageError:
    with pytest.raises(StageError) as caught:
        await client.get(url, label="the feed", **options)
    assert url not in str(caught.value)
    return caught.value


# --- good answers


async def test_an_answer_is_complete() -> None:
    async with reading() as (server, client):
        answer = await client.get(server.put("/a", b"hello", headers={"X-Kind": "a"}), label="the feed")

        assert (200, b"hello", server.url("/a")) == (answer.status, answer.body, answer.url)
        assert "a" == answer.headers["x-kind"]
        assert [] == server.faults


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate", "two members"])
async def test_compressed_answers_are_unpacked(encoding: str) -> None:
    bare = zlib.compressobj(wbits=-15)
    bodies = {
        "gzip": gzip.compress(b"hello" * 9000),
        "x-gzip": gzip.compress(b"hello" * 9000),
        "deflate": zlib.compress(b"hello" * 9000),
        "raw deflate": bare.compress(b"hello" * 9000) + bare.flush(),
        "two members": gzip.compress(b"hello" * 4000) + gzip.compress(b"hello" * 5000),
    }
    name = {"raw deflate": "deflate", "two members": "gzip"}.get(encoding, encoding)
    async with reading() as (server, client):
        url = server.put("/a", bodies[encoding], headers={"Content-Encoding": name})
        assert b"hello" * 9000 == (await client.get(url, label="the feed")).body


@pytest.mark.parametrize("size", range(1, 60))
def test_members_are_unpacked_wherever_the_network_cuts_them(size: int) -> None:
    packed = (
        gzip.compress(b"one") + gzip.compress(b"two") + gzip.compress(b"") + gzip.compress(b"three") + b"\x1fjunk"
    )
    inflate = Inflate()
    pieces = [piece for at in range(0, len(packed), size) for piece in inflate(packed[at : at + size])]

    assert (b"onetwothree", True) == (b"".join(pieces), inflate.complete)


async def test_an_unchanged_page_answers_304() -> None:
    async with reading() as (server, client):
        url = server.put("/a", b"hello", etag='"1"')
        await client.get(url, label="the feed")
        answer = await client.get(url, label="the feed", headers={"If-None-Match": '"1"'})

        assert (304, b"") == (answer.status, answer.body)


async def test_a_stream_gives_all_of_a_file_in_pieces() -> None:
    async with reading() as (server, client):
        url = server.put("/film", b"x" * 3_000_000)
        async with client.stream(url, label="the film") as chunks:
            sizes = [len(chunk) async for chunk in chunks]

        assert 3_000_000 == sum(sizes)
        assert len(sizes) > 5


async def size(client: Client, url: str) -> int:
    async with client.stream(url, label="the film") as chunks:
        return sum([len(chunk) async for chunk in chunks])


async def test_a_stream_that_breaks_off_is_unavailable() -> None:
    async with reading() as (server, client):
        url = server.put("/film", b"x" * 3_000_000, fault="drop-body")
        with pytest.raises(Unavailable, match="the film broke off"):
            await size(client, url)


class Named(Server):
    """Goes by any name."""

    def _problem(self, asked: Asked, page: Page) -> str:
        return ""


async def test_cookies_are_not_kept() -> None:
    """Of a host with a name: libraries keep none of an address in any case."""
    recorder = Recorder()
    async with Named() as server:
        recorder.port = server.port
        client = Client(FakeClock(), network=detour(recorder), resolve=names)
        server.put("/a", b"", headers={"Set-Cookie": "who=me; Path=/"})
        for _ in range(2):
            await client.get("http://public.test/a", label="the feed")
        await client.send("POST", "http://public.test/a", label="the service", again=True)
        await client.close()

        assert [] == [asked for asked in server.asked if "cookie" in asked.headers]
        assert 3 == len(server.asked)


async def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would connect for us, past every check; nor is a password taken from where other programs keep theirs."""
    async with Server() as server, Server() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret")
        client, url = Client(FakeClock()), server.put("/a", b"hello")
        assert b"hello" == (await client.get(url, label="the feed")).body
        assert b"hello" == (await client.send("POST", url, label="the service", again=False)).body
        await client.close()

        assert ([], 2) == (proxy.asked, len(server.asked))
        assert [] == [asked for asked in server.asked if "authorization" in asked.headers]


async def test_an_address_that_two_libraries_read_differently_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broadcast.http.reading.URL", lambda url, encoded: URL(url.replace("public", "private")))
    recorder = Recorder()
    client = Client(FakeClock(), network=detour(recorder), resolve=names)
    raised = await failure(client, "http://public.test/")
    await client.close()

    assert "cannot be read" in str(raised)
    assert [] == recorder.dialled


# --- answers that are none


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, Rejected, "does not take this request"),
        (401, Refused, "check the credentials"),
        (403, Refused, "check the credentials"),
        (404, Rejected, "nothing at this address"),
        (410, Rejected, "nothing at this address"),
        (429, Unavailable, "too many requests"),
        (500, Unavailable, "out of order"),
        (503, Unavailable, "out of order"),
    ],
)
async def test_a_status_says_what_may_follow(status: int, error: type[StageError], words: str) -> None:
    async with reading() as (server, client):
        raised = await failure(client, server.put("/a", b"", status=status))

        assert error is type(raised)
        assert f"the feed answered {status}" in str(raised)
        assert words in str(raised)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Mon, 23 Nov 2026 17:01:00 GMT"}, 60.0),
        ({"retry-after": "Mon, 23 Nov 2026 17:01:00 GMT", "date": "Mon, 23 Nov 2026 17:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 16:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣"}, None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(headers: Mapping[str, str], seconds: float | None) -> None:
    error = judge(503, headers, "the feed", datetime(2026, 11, 23, 17, tzinfo=UTC))

    assert isinstance(error, Unavailable)
    assert seconds == error.retry_after


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("hang", Unavailable, "within 0.5 s"),
        ("hang-body", Unavailable, "within 0.5 s"),
        ("drip", Unavailable, "within 0.5 s"),
        ("drop", Unavailable, "broke off"),
        ("drop-body", Unavailable, "broke off"),
        ("liar", Unavailable, "broke off"),
        ("gibberish", Unavailable, "broke off"),
        ("flood", Unavailable, "broke off"),
        ("endless", Rejected, "more than the 1 MB"),
        ("bomb", Rejected, "more than the 1 MB"),
    ],
)
async def test_a_hostile_server_ends_in_time_with_a_reason(fault: Any, error: type[StageError], words: str) -> None:
    async with reading() as (server, client):
        url = server.put("/a", b"x" * 1000, fault=fault)
        raised = await failure(client, url, deadline=0.5 if "0.5 s" in words else 20, limit=1_000_000)

        assert error is type(raised)
        assert words in str(raised)


@pytest.mark.parametrize("fault", [None, "endless", "bomb"])
async def test_a_body_of_60_mb_is_refused_without_being_held(fault: Any) -> None:
    async with reading() as (server, client):
        url = server.put("/a", b"x" * 60_000_000 if fault is None else b"", fault=fault)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        raised = await failure(client, url)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

        assert "the feed answered more than the 10 MB that are read" == str(raised)
        assert grown < 40_000  # KB


async def test_an_announced_body_over_the_limit_is_not_read() -> None:
    async with reading() as (server, client):
        raised = await failure(client, server.put("/a", b"x" * 2000), limit=1000)

        assert Rejected is type(raised)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
async def test_an_encoding_that_was_not_asked_for_is_refused_by_name(encoding: str) -> None:
    async with reading() as (server, client):
        raised = await failure(client, server.put("/a", b"x", headers={"Content-Encoding": encoding}))

        assert Rejected is type(raised)
        assert encoding in str(raised)
        assert "gzip" == server.asked[0].headers["accept-encoding"]


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"hello" * 1000)[:-20]], ids=["other", "cut"])
async def test_a_damaged_compressed_body_is_unavailable(body: bytes) -> None:
    async with reading() as (server, client):
        raised = await failure(client, server.put("/a", body, headers={"Content-Encoding": "gzip"}))

        assert Unavailable is type(raised)


async def test_nobody_listening_is_said_so() -> None:
    async with reading() as (_, client):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            raised = await failure(client, f"http://127.0.0.1:{closed.getsockname()[1]}/a")

        assert "the feed cannot be reached (connection refused); check the address and the network" == str(raised)


async def test_a_deadline_of_the_caller_is_not_mistaken_for_ours() -> None:
    async with reading() as (server, client):
        url = server.put("/a", fault="hang")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.get(url, label="the feed", deadline=30)


@pytest.mark.parametrize("name", ["X-Key", "X Key", "X-Ключ"])
@pytest.mark.parametrize("value", ["s3cretключ", "s3cret\r\nX-More: 1", "s3cret\x00"])
async def test_a_header_that_none_can_have_is_refused_without_being_repeated(name: str, value: str) -> None:
    async with reading() as (server, client):
        raised = await failure(client, server.put("/a", b"x"), headers={name: value})
        with pytest.raises(Refused) as sent:
            await client.send("POST", server.url("/a"), label="the service", headers={name: value}, again=False)

        assert Refused is type(raised)
        assert "s3cret" not in f"{raised}{sent.value}"
        assert [] == server.asked


@pytest.mark.parametrize(
    "url", ["http://\\", "http://%2f127.0.0.1a\\++", "http://" + "a" * 64 + ".test/", "http://a..b/"]
)
async def test_an_address_that_cannot_be_read_is_said_so(url: str) -> None:
    client = Client(FakeClock())
    for trusted in (True, False):
        raised = await failure(client, url, trusted=trusted)
        assert type(raised) in (Rejected, Unavailable)
    await client.close()


async def test_a_header_that_comes_twice_is_a_list_and_may_hold_letters_of_any_kind() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write('HTTP/1.1 200 OK\r\nLink: a\r\nLink: b\r\nETag: "é"\r\n'.encode("latin-1"))
        writer.write("X-Name: ключ\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        client = Client(FakeClock())
        port = server.sockets[0].getsockname()[1]
        said = (await client.get(f"http://127.0.0.1:{port}/", label="the feed")).headers
        await client.close()

    assert ("a, b", '"é"', "ключ") == (said["link"], said["etag"], said["x-name"])


@pytest.mark.parametrize(
    ("known", "host", "says"),
    [
        (True, "127.0.0.1", ""),
        (True, "localhost", "its certificate is not good: Hostname mismatch"),
        (False, "127.0.0.1", "its certificate is not good: self-signed certificate"),
    ],
)
async def test_a_certificate_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, host: str, says: str
) -> None:
    authority, context = certified(tmp_path)
    if known:
        trusting = ssl.create_default_context(cafile=authority)
        monkeypatch.setattr("broadcast.http.certificates", lambda: trusting)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://{host}:{server.sockets[0].getsockname()[1]}/"
        client = Client(FakeClock())
        if says:
            assert says in str(await failure(client, url))
        else:
            assert b"hi" == (await client.get(url, label="the feed")).body
        await client.close()


# --- politeness


class Crowd(Server):
    """Counts how many requests it answers at once."""

    now = most = 0
    seconds = 0.02  #: for each

    async def respond(self, request: Request) -> Reply | Raw:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return await super().respond(request)


async def test_a_host_gets_two_requests_at_once_whoever_asks_and_others_more() -> None:
    async with Crowd() as here, Crowd() as there:
        client = Client(FakeClock())
        urls = [server.put(f"/{n}", b"x") for n in range(8) for server in (here, there)]
        await asyncio.gather(*(client.get(url, label="the feed") for url in urls))
        await client.close()

        assert (2, 2) == (here.most, there.most)


async def test_waiting_for_a_turn_does_not_count_against_the_deadline() -> None:
    async with Crowd() as server:
        server.seconds = 0.25
        client = Client(FakeClock())
        url = server.put("/a", b"x")
        answers = await asyncio.gather(*(client.get(url, label="the feed", deadline=3) for _ in range(40)))
        await client.close()

        assert 40 == len(answers)  # 20 turns of 250 ms


async def test_a_turn_is_given_back_by_whoever_fails() -> None:
    async with reading() as (server, client):
        url = server.put("/a", fault="hang")
        for _ in range(3):
            await failure(client, url, deadline=0.05)
        server.put("/a", b"x")

        assert b"x" == (await client.get(url, label="the feed", deadline=30)).body


# --- redirects


async def test_a_redirect_is_followed_to_its_end() -> None:
    async with reading() as (server, client):
        server.put("/new", b"here")
        server.move("/old", "/new", status=301)
        answer = await client.get(server.url("/old"), label="the feed")

        assert (b"here", server.url("/new")) == (answer.body, answer.url)


@pytest.mark.parametrize(
    ("statuses", "moved"), [((301,), True), ((308, 301), True), ((301, 302), False), ((307,), False), ((), False)]
)
async def test_an_answer_says_whether_it_has_moved_for_good(statuses: Sequence[int], moved: bool) -> None:
    async with reading() as (server, client):
        url = server.put("/end", b"here")
        for step, status in enumerate(statuses):
            url = server.move(f"/{step}", url, status=status)

        assert moved == (await client.get(url, label="the feed")).moved


async def test_a_redirect_loop_ends() -> None:
    async with reading() as (server, client):
        server.move("/a", "/b")
        raised = await failure(client, server.move("/b", "/a"))

        assert Rejected is type(raised)
        assert "redirected more than 5 times" in str(raised)
        assert 6 == len(server.asked)


async def test_credentials_stay_with_the_host_they_are_for() -> None:
    recorder = Recorder()
    async with reading(network=detour(recorder), resolve=names) as (server, client):
        recorder.port = server.port
        server.move("/a", "http://public.test/b")
        secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "text/xml"}
        await failure(client, server.url("/a"), headers=secrets)

        here, there = server.asked
        assert ("Bearer s3cret", "s3cret") == (here.headers["authorization"], here.headers["x-api-key"])
        assert ("public.test", "text/xml") == (there.headers["host"], there.headers["accept"])
        assert "s3cret" not in str(there.headers)


async def test_a_name_and_password_in_a_configured_address_are_sent_and_never_shown() -> None:
    async with reading() as (server, client):
        server.put("/a", b"hello")
        answer = await client.get(f"http://me:s3cret@127.0.0.1:{server.port}/a", label="the feed")

        assert server.asked[0].headers["authorization"].startswith("Basic ")
        assert server.url("/a") == answer.url


@pytest.mark.parametrize(
    "to", ["http://10.0.0.1/x", "http://localhost:1/x", "http://mixed.test/x", "http://[::1]/"]
)
async def test_a_redirect_to_another_host_reaches_public_addresses_only(to: str) -> None:
    recorder = Recorder()
    async with reading(network=detour(recorder), resolve=names) as (server, client):
        recorder.port = server.port
        raised = await failure(client, server.move("/a", to))

        assert Rejected is type(raised)
        assert "not public" in str(raised)
        assert ["127.0.0.1"] == recorder.dialled


# --- addresses


@pytest.mark.parametrize("address", SPECIAL)
def test_a_special_address_is_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_address_is_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("url", VECTORS)
async def test_content_never_leads_to_an_address_that_is_not_public(url: str) -> None:
    recorder = Recorder()
    client = Client(FakeClock(), network=detour(recorder), resolve=names)
    raised = await failure(client, url, trusted=False)
    await client.close()

    assert recorder.dialled in ([], ["93.184.216.34"])
    assert type(raised) in (Rejected, Unavailable)


async def test_a_name_that_answers_differently_the_second_time_gains_nothing() -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    recorder = Recorder()
    async with reading(network=detour(recorder), resolve=rebinding) as (server, client):
        recorder.port = server.port
        await failure(client, "http://public.test/a", trusted=False)  # a 400: the host is not ours
        server.faults.clear()
        raised = await failure(client, "http://other.test/a", trusted=False)

        assert ["93.184.216.34"] == recorder.dialled
        assert "not public" in str(raised)


async def test_a_kept_connection_of_the_configuration_does_not_serve_content() -> None:
    async with reading(resolve=names) as (server, client):
        url = server.put("/a", b"private")
        await client.get(url, label="the feed")
        raised = await failure(client, url, trusted=False)

        assert "not public" in str(raised)
        assert 1 == server.count("/a")


async def test_names_that_nobody_answers_for_hold_up_neither_others_nor_what_threads_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enough, real = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *args: Any, **more: Any) -> Any:
        if host == "dead.test":
            enough.wait(PATIENCE)
        return real("127.0.0.1", *args, **more)

    monkeypatch.setattr("socket.getaddrinfo", slow)
    dead = [asyncio.create_task(addresses("dead.test", 80)) for _ in range(64)]
    try:
        async with asyncio.timeout(PATIENCE / 2):
            assert ["127.0.0.1"] == await addresses("good.test", 80)
            assert 3 == await asyncio.to_thread(lambda: 3)
        dead[0].cancel()
        assert {False} == {one.done() for one in dead[1:]}
    finally:
        enough.set()
    assert [["127.0.0.1"]] * 63 == await asyncio.gather(*dead[1:])


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test", "nobody.test"])
async def test_a_name_that_is_none_has_no_address(host: str) -> None:
    with pytest.raises(socket.gaierror):
        await addresses(host, 80)


# --- secrets


async def test_logs_hold_no_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with reading() as (server, client):
        await client.get(server.put("/bot12345:s3cret/x", b"hello"), label="the feed")

    assert [] == [record for record in caplog.records if "s3cret" in record.getMessage()]
