import asyncio
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from broadcast.testing import FakeClock, Server


def ask(url: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_page_is_served_in_a_thread() -> None:
    with Server() as server:
        assert (200, b"hello") == ask(server.put("/a", "hello"))
        assert (404, b"there is no such page") == ask(server.url("/b"))
        assert (1, 1, 0) == (server.count("/a"), server.count("/b"), server.count("/c"))


def test_a_validator_is_honoured_where_it_was_given() -> None:
    with Server() as server:
        url = server.put("/a", "hello", etag='"1"')
        ask(url)

        assert 304 == ask(url, {"If-None-Match": '"1"'})[0]
        server.put("/a", "changed", etag='"2"')
        assert (200, b"changed") == ask(url, {"If-None-Match": '"1"'})
        assert [] == server.faults


def test_a_validator_that_was_never_given_is_a_fault() -> None:
    with Server() as server:
        assert 400 == ask(server.put("/a", "hello", etag='"1"'), {"If-None-Match": '"other"'})[0]
        assert ["GET /a: if-none-match holds '\"other\"', which was never given"] == server.faults


def test_a_page_may_move() -> None:
    with Server() as server:
        server.put("/new", "here")

        assert (200, b"here") == ask(server.move("/old", server.url("/new")))


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="'hnag' is not one of hang"):
        Server().put("/a", fault="hnag")  # type: ignore[arg-type]


async def test_a_sleep_takes_no_time_and_lets_others_run() -> None:
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    ran = []
    asyncio.get_running_loop().call_soon(ran.append, True)
    await clock.sleep(3600)

    assert datetime(2026, 1, 1, 1, tzinfo=UTC) == clock.now()
    assert ([True], [3600]) == (ran, clock.slept)


def test_a_fake_time_is_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))
    assert timedelta(0) == FakeClock().now().utcoffset()
